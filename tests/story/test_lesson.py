"""The lesson's local set-up, its add and push commands word for word, and then a release."""

import json

from project import Project, World

# From the lesson "Versioning code, data and models"; `dvc add model/model.pt` stands where the copy says
# `dvc add model/`, which DVC refuses as overlapping with the files that were added before.
SET_UP = """\
dvc init
dvc remote add -d storage stores/blob
dvc add data/projects.json
dvc add data/tags.json
dvc add model/label_encoder.json
dvc add model/tokenizer.json
dvc add model/model.pt
dvc push
"""


def test_the_lessons_project_is_released_with_a_warning_about_its_store(empty_world: World):
    project = _lesson(empty_world)
    run = project.release('bump minor -m "charCNN"', "--yes").succeeds()
    run.says("v0.1.0", "stores/blob", "warning")
    assert project.published("v0.1.0")
    assert project.message_of("v0.1.0").startswith("charCNN\n")
    assert project.status == ""


def test_the_warning_says_that_a_clone_cannot_pull_and_how_to_move_the_store(empty_world: World):
    project = _lesson(empty_world)
    checks = project.release('bump minor -m "charCNN" --dry-run --json').succeeds().json["checks"]
    warnings = [check for check in checks if check["verdict"] == "warning" and "stores/blob" in json.dumps(check)]
    assert len(warnings) == 1
    assert "clone" in json.dumps(warnings[0])
    assert "dvc remote" in warnings[0]["help"]
    assert project.unchanged()


def test_of_several_releases_the_warning_is_given_once(empty_world: World):
    project = _lesson(empty_world)
    for kind in ("minor", "patch"):
        project.release("bump --yes", kind, "-m x").succeeds()
        project.save("fix: more")
    run = project.release("verify --all").succeeds().says("2 revisions: 2 ok.")
    assert run.out.count("no clone can pull") == 1
    assert run.out.index("2 ok.") < run.out.index("warning") < run.out.index("help: ")
    assert [len(row["problems"]) for row in project.release("verify --all --json").json["revisions"]] == [1, 1]


def test_the_configuration_can_make_it_a_failure(empty_world: World):
    project = _lesson(empty_world)
    project.write(".release.toml", '[audit]\nin-tree-remote = "fail"\n')
    project.save("Strict")
    project.release("bump minor --yes").fails_with(4).says("stores/blob").helps("dvc remote")
    assert project.unchanged()


def test_in_a_clone_the_objects_are_simply_missing(empty_world: World):
    clone = _lesson(empty_world).clone()
    clone.release("bump minor --yes").fails_with(4).says("model/model.pt")
    assert clone.unchanged()


def _lesson(world: World) -> Project:
    world.git(world.root, "init", "--quiet", "--bare", "origin.git")
    folder = world.root / "project"
    folder.mkdir()
    project = Project(world, folder)
    project.sh("git init && git remote add origin ../origin.git")
    project.write("data/projects.json", '[{"id": 1}]\n')
    project.write("data/tags.json", '["mlops"]\n')
    project.write("model/label_encoder.json", '{"mlops": 0}\n')
    project.write("model/tokenizer.json", '{"a": 1}\n')
    project.write("model/model.pt", b"weights" * 100)
    project.write("model/params.json", '{"seed": 1234}\n')
    project.write("model/performance.json", '{"overall": {"f1": 0.84}}\n')
    project.write(".gitignore", "stores/\n")  # "which won't be checked into our remote repository"
    for line in SET_UP.splitlines():
        project.sh(line)
    project.sh("git add --all && git commit -m 'Set up' && git push -u origin main")
    return project
