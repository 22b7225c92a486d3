"""The commit that is audited is the one that is published: with the files that the release writes, at the moment of the push."""

import pytest
from project import Project
from project.truth import restores, tracked_files

PROJECT = '[project]\nname = "x"\nversion = "0.0.1"\n[tool.release]\nversion-files = ["pyproject.toml"]\n'
STAGE = "  train:\n    cmd: echo w > model-${v}.txt\n    outs: ['model-${v}.txt']\n"


def ran(project: Project, pipeline: str) -> None:
    project.write("pyproject.toml", PROJECT)
    project.write("dvc.yaml", pipeline)
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save("feat: a stage")


def test_a_path_that_the_version_file_names_is_refused_and_another_file_mends_it(project):
    ran(project, "vars:\n- pyproject.toml\nstages:\n" + STAGE.replace("${v}", "${project.version}"))
    run = project.release("bump minor --yes").fails_with(3).says("pyproject.toml, which DVC reads", "model-0.1.0.txt")
    run.helps("in dvc.yaml, read the values from another file than pyproject.toml")
    assert project.unchanged()
    project.write("names.yaml", "project:\n  version: first\n")
    project.write("dvc.yaml", project.read("dvc.yaml").decode().replace("pyproject.toml", "names.yaml"))
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save("fix: a file of its own")
    project.release("bump minor --yes").succeeds()
    assert restores(project, "v0.1.0", tracked_files(project, "v0.1.0"))


@pytest.mark.parametrize(
    "pipeline",
    [
        "vars:\n- pyproject.toml\nstages:\n  train:\n    cmd: echo ${project.version} > w.txt\n    outs: [w.txt]\n",
        "stages:\n  train:\n    cmd: echo w > w.txt\n    deps: [pyproject.toml]\n    outs: [w.txt]\n",
    ],
    ids=["in a command", "a dependency"],
)
def test_a_version_file_that_moves_no_data_is_written(project, pipeline):
    ran(project, pipeline)
    project.release("bump minor --yes").succeeds()
    assert restores(project, "v0.1.0", tracked_files(project, "v0.1.0"))


def test_a_changelog_inside_an_out_is_refused(project):
    project.write(".release.toml", 'changelog = "data/images/CHANGELOG.md"\n')
    project.write("data/images/cat.txt", "cat\n")
    project.dvc("add", "--quiet", "data/images")
    project.dvc("push", "--quiet")
    project.save("feat: images")
    project.release("bump minor --yes").fails_with(3).says("data/images/CHANGELOG.md")
    assert project.unchanged()
