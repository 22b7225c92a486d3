"""Models come from the data, code and parameters that stand beside them in the commit, or the check says what does not."""

import json

import pytest


@pytest.fixture
def trained(pipeline):
    pipeline.git("tag", "-a", "v0.1.0", "-m", "First")
    pipeline.git("push", "--quiet", "origin", "v0.1.0")
    pipeline.save("More")
    return pipeline


def lineage(project, line="bump minor --dry-run --json", code=0):
    return project.release(line).fails_with(code).check("lineage")


def test_a_model_that_comes_from_its_commit_is_fine(trained):
    check = lineage(trained)
    assert (check["verdict"], check["message"]) == ("ok", "1 stage made from committed files")


def test_a_parameter_that_changed_after_the_training_is_named(trained):
    trained.write("params.yaml", "train:\n  seed: 1234\n  epochs: 4\n")
    trained.save("Try more epochs, one day")
    check = lineage(trained)
    assert check["verdict"] == "warning"
    assert check["message"].startswith("out/model.bin (and 1 more of stage train) was made before params.yaml: train")
    assert check["help"].startswith("dvc repro dvc.yaml:train")
    trained.dvc("repro", "--quiet")
    trained.dvc("push", "--quiet")
    trained.save("Train")
    assert lineage(trained)["verdict"] != "warning" or "stale-numbers" in lineage(trained)["message"]


def test_a_parameter_that_was_only_written_another_way_is_the_same(trained):
    trained.write("params.yaml", "# all of it\ntrain: {epochs: 3.0, seed: 1234}\n")
    trained.save("Tidy")
    assert lineage(trained)["verdict"] == "ok"


def test_a_command_that_changed_after_the_training_is_named(trained):
    text = trained.read("dvc.yaml").decode()
    trained.write("dvc.yaml", text.replace("cmd: ", "cmd: nice "))
    trained.save("Another command")
    check = lineage(trained)
    assert check["verdict"] == "warning"
    assert "was made before the command of stage train changed" in check["message"]
    assert "changed command" in trained.dvc("status")


def test_code_that_changed_after_the_training_is_named(trained):
    trained.write("train.sh", trained.read("train.sh") + b"# faster\n")
    trained.save("Faster")
    assert "before train.sh changed" in lineage(trained)["message"]


def test_data_that_changed_after_the_training_is_named(trained):
    trained.write("data/rows.csv", "x,y\n5,6\n")
    trained.dvc("add", "--quiet", "data/rows.csv")
    trained.dvc("push", "--quiet")
    trained.save("New data")
    assert "before data/rows.csv changed" in lineage(trained)["message"]


def test_numbers_that_were_edited_by_hand_are_named(trained):
    trained.write("scores.json", '{"accuracy": 0.99}\n')
    trained.save("Better")
    assert "scores.json" in lineage(trained)["message"]


def test_line_ends_of_another_system_are_no_change(trained):
    trained.write("train.sh", trained.read("train.sh").replace(b"\n", b"\r\n"))
    trained.save("From another system")
    assert lineage(trained)["verdict"] == "ok"


def test_code_that_git_gave_other_line_ends_when_it_was_run_is_no_change(trained):
    """As with `core.autocrlf` on Windows: the lock has the hash of what lay in the work tree."""
    code = trained.read("train.sh")
    trained.write("train.sh", code.replace(b"\n", b"\r\n"))
    trained.dvc("commit", "--quiet", "--force", "train")
    trained.write("train.sh", code)
    trained.save("Run on another system")
    assert lineage(trained)["verdict"] == "ok"


def test_configured_to_fail_it_refuses(trained):
    trained.write("params.yaml", "train:\n  seed: 7\n")
    trained.write(".release.toml", 'lineage = "fail"\n')
    trained.save("Seed")
    trained.release("bump minor --yes").fails_with(3).says("params.yaml: train").helps("dvc repro")
    assert trained.unchanged()
    trained.write(".release.toml", 'lineage = "off"\n')
    trained.save("Off")
    trained.release("bump minor --yes").succeeds().never_says("lineage")


def test_a_model_that_changed_while_no_number_did_is_told(released):
    before = released.read("model/performance.json").decode()
    released.train(b"other weights" * 500, before)
    check = lineage(released)
    assert check["verdict"] == "warning"
    assert check["message"] == "stale-numbers: model/model.pt changed since v0.1.0, but no metric did"


def test_status_has_the_check_too(trained):
    trained.write("params.yaml", "train:\n  seed: 7\n")
    trained.save("Seed")
    assert lineage(trained, "status --json")["verdict"] == "warning"


def _code(project):
    project.write("src/model.py", "layers = 3\n")
    project.write("src/deep/loss.py", "x = 1\n")
    project.write("src/deep/.gitkeep", "")
    project.write("src/notes/plan.md", "Later\n")
    project.write(".dvcignore", "/src/notes\n*.log\n")
    project.write("src/.gitignore", "*.pyc\n")
    text = project.read("dvc.yaml").decode()
    project.write("dvc.yaml", text.replace("deps: [data/rows.csv, train.sh]", "deps: [data/rows.csv, src]"))
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save("Code in a folder")


@pytest.fixture
def coded(templates, tmp_path):
    """A stage that depends on a folder of code, in which DVC ignores notes and git ignores compiled files."""
    return templates.grown("pipeline", _code, tmp_path / "world")


def modified(project):
    """What `dvc status` says of the stage's inputs."""
    said = json.loads(project.dvc("status", "--json")).get("train", [])
    return [path for each in said for path, state in each.get("changed deps", {}).items() if state == "modified"]


@pytest.mark.parametrize(
    ("edit", "is_changed"),
    [
        ("true", False),
        ("echo 'x = 2' > src/deep/loss.py", True),
        ("echo 'y = 1' > src/deep/more.py", True),
        ("touch src/empty.py", True),
        ("rm src/deep/loss.py", True),
        ("rm src/deep/.gitkeep", True),
        ("git mv src/deep/loss.py src/deep/cost.py", True),
        ("git mv src/deep src/shallow", True),
        ("cp src/model.py src/copy.py && rm src/deep/loss.py", True),
        ("rm src/deep/loss.py src/deep/.gitkeep && git commit --quiet -am Less && touch src/new.py", True),
        ("echo Now > src/notes/plan.md && echo 1 > src/notes/more.md && echo 1 > src/a.log", False),
        ("rm -r src/notes", False),
        ("chmod +x src/model.py", False),
    ],
)
def test_a_folder_of_code_has_changed_where_dvc_says_so(coded, edit, is_changed):
    coded.sh(edit)
    coded.write("README", edit)
    coded.save("Edit")
    assert modified(coded) == (["src"] if is_changed else [])
    check = lineage(coded)
    if is_changed:
        assert check["verdict"] == "warning"
        assert "before src changed" in check["message"]
    else:
        assert (check["verdict"], check["message"]) == ("ok", "1 stage made from committed files")


def test_a_folder_with_files_that_git_does_not_have_is_not_called_committed(coded):
    coded.write("src/__pycache__/model.pyc", "compiled\n")
    coded.dvc("commit", "--quiet", "--force", "train")
    coded.save("As Python leaves it")
    check = lineage(coded)
    assert (check["verdict"], check["message"]) == (
        "skipped",
        "stage train: src could not be compared with the commit",
    )
    coded.write("src/more.py", "z = 1\n")
    coded.write("src/again.py", "z = 2\n")
    coded.save("More code than there were files")
    assert "before src changed" in lineage(coded)["message"]


def test_a_folder_with_the_line_ends_of_another_system_is_the_same(coded):
    code = coded.read("src/deep/loss.py")
    for name in ("src/deep/loss.py", "src/model.py", "src/.gitignore"):
        coded.write(name, coded.read(name).replace(b"\n", b"\r\n"))
    coded.dvc("commit", "--quiet", "--force", "train")
    for name in ("src/deep/loss.py", "src/model.py", "src/.gitignore"):
        coded.write(name, coded.read(name).replace(b"\r\n", b"\n"))
    assert coded.read("src/deep/loss.py") == code
    coded.save("Run on another system")
    assert lineage(coded)["verdict"] == "ok"


def test_show_tells_what_a_model_was_made_from_and_how_to_get_it(trained):
    run = trained.release("show v0.1.0").succeeds()
    run.says("out/model.bin", "<- train", "data/rows.csv", "train.sh", "params.yaml: train")
    run.says("dvc get", "--rev v0.1.0")
    (made,) = trained.release("show v0.1.0 --json").succeeds().json["lineage"]
    assert made["stage"] == "train"
    assert made["outs"] == ["out/model.bin", "out/plots", "scores.json"]
    assert [dep["path"] for dep in made["deps"]] == ["data/rows.csv", "train.sh"]
    assert all(len(dep["oid"]) == 32 for dep in made["deps"])
    assert made["params"] == [{"file": "params.yaml", "key": "train", "value": {"seed": 1234, "epochs": 3}}]
    assert made["changed"] == []
