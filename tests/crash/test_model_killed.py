"""A release of one model, killed after each step: tag, branch and changelog are there together, or none of them."""

import sys

import pytest
from faults.case import HEARD, MAIN
from project import Project

CONFIG = '[models.charCNN]\npath = "model/model.pt"\nmetrics = ["model/performance.json"]\n'
TAG = "refs/tags/charCNN@v0.2.0"


@pytest.fixture
def charcnn(project: Project) -> Project:
    """charCNN@v0.1.0, then a commit that is not released."""
    project.write(".release.toml", CONFIG)
    project.save("One model")
    project.release("bump --model charCNN minor --yes").succeeds()
    project.train(b"better", project.read("model/performance.json").decode())
    return project


@pytest.mark.parametrize("step", ["keep", "publish", "move refs", "update files"])
def test_a_release_of_a_model_that_is_killed_is_recovered(charcnn, step):
    before = charcnn.head
    words = ["bump", "--model", "charCNN", "minor", "-m", "better", "--yes", "-v"]
    python = [sys.executable, str(HEARD), step, "kill -KILL $RELEASE", *words]
    assert charcnn.world.run(python, folder=charcnn.folder, ok=None).returncode == -9
    charcnn.release("recover --yes").succeeds()
    if step == "keep":  # nothing was pushed
        assert TAG not in charcnn.origin
        assert charcnn.origin[MAIN] == charcnn.head == before
        charcnn.release("bump --model charCNN minor --yes").succeeds()
    assert charcnn.published("charCNN@v0.1.0", "charCNN@v0.2.0")
    assert charcnn.origin[MAIN] == charcnn.head == charcnn.git("rev-parse", "charCNN@v0.2.0^{commit}")
    assert "## [0.2.0]" in charcnn.read("CHANGELOG.charCNN.md").decode()
    assert charcnn.status == ""
    charcnn.release("verify charCNN@v0.2.0").succeeds()
    assert charcnn.release("bump --model charCNN auto --yes").succeeds().out.startswith("Nothing to release")
