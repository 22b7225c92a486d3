"""A release of one model, killed after each step: tag, branch and changelog are there together, or none of them."""

import sys
import time

import pytest
from faults.case import HEARD, MAIN, PATIENCE_S
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


BOTH = ("charCNN@v0.2.0", "ranker@v0.2.0")
OTHER = f'{CONFIG}\n[models.ranker]\npath = "model/ranker.pt"\n'


def _better(project: Project, what: str) -> None:
    project.write("model/ranker.pt", f"ranker {what}")
    project.dvc_each("add --quiet model/ranker.pt")
    project.train(what.encode(), project.read("model/performance.json").decode())


@pytest.fixture
def both(project: Project) -> Project:
    """Two models of 0.1.0, then a commit with both of them changed."""
    project.write(".release.toml", OTHER)
    _better(project, "first")
    project.release("bump --all-models minor --yes").succeeds()
    _better(project, "better")
    project.git("push", "--quiet", "origin", "main")
    return project


@pytest.mark.parametrize("step", ["keep", "publish", "move refs", "update files"])
def test_a_release_of_all_models_that_is_killed_is_whole_or_nothing(both, step, note):
    before = both.head
    words = ["bump", "--all-models", "minor", "--yes", "-v"]
    python = [sys.executable, str(HEARD), step, "kill -KILL $RELEASE", *words]
    assert both.world.run(python, folder=both.folder, ok=None).returncode == -9
    both.release("bump --all-models minor --yes").fails_with(8).helps("release recover")
    both.release("recover --yes").succeeds()
    if step == "keep":  # nothing was pushed
        assert not {f"refs/tags/{tag}" for tag in BOTH} & {*both.origin, *both.refs}
        assert both.origin[MAIN] == both.head == before
        both.release("bump --all-models minor --yes").succeeds()
    assert both.published("charCNN@v0.1.0", "ranker@v0.1.0", *BOTH)
    assert {both.git("rev-parse", f"{tag}^{{commit}}") for tag in BOTH} == {both.head} == {both.origin[MAIN]}
    for model in ("charCNN", "ranker"):
        assert "## [0.2.0]" in both.read(f"CHANGELOG.{model}.md").decode()
    assert both.status == ""
    both.release("verify", *BOTH).succeeds()
    assert both.release("bump --all-models --yes").succeeds().out.startswith("Nothing to release")
    note("SIGKILL", "file", f"`bump --all-models`, after {step}", "recovered whole" if step != "keep" else "nothing")


@pytest.mark.parametrize("other", ["--all-models", "--model ranker"])
def test_of_two_jobs_that_release_all_models_one_is_refused_whole(both, other, note):
    clone = both.clone("other")
    head, tags = both.head, {ref for ref in both.refs if ref.startswith("refs/tags/")}
    theirs = f"[ -e {clone.folder}/CHANGELOG.new ] || {{ cd {clone.folder}; touch CHANGELOG.new; {sys.executable} -m release bump {other} minor --yes; }} >/dev/null 2>&1"
    words = ["bump", "--all-models", "minor", "-m", "mine", "--yes", "-v"]
    done = both.world.run([sys.executable, str(HEARD), "keep", theirs, *words], folder=both.folder, ok=None)
    assert done.returncode == 7, done
    assert b"someone released ranker@v0.2.0" in done.stderr
    assert (both.head, {ref for ref in both.refs if ref.startswith("refs/tags/")}) == (head, tags)
    released = {tag for tag in BOTH if f"refs/tags/{tag}" in both.origin}
    assert released == ({*BOTH} if other == "--all-models" else {"ranker@v0.2.0"})
    both.git("pull", "--quiet", "--ff-only", "--tags", "origin", "main")
    run = both.release("bump --all-models minor --yes").succeeds()
    assert run.out.startswith("Nothing to release") == (other == "--all-models")
    assert both.published(*BOTH)
    note("two `bump --all-models`", "file", f"the other one is {other}", "one whole, exit 7 for the other")


def test_a_checkout_of_a_model_that_is_killed_is_finished_with_its_data_alone(both, note):
    """Git's own hook kills git and `release`; the other model of that version is lost by then."""
    both.git("switch", "--quiet", "--detach", "charCNN@v0.1.0")
    lost = both.object_path(both.read("model/ranker.pt.dvc").decode().partition("md5: ")[2].split()[0])
    both.git("switch", "--quiet", "main")
    mine = both.read("model/ranker.pt")
    both.lose(lost)
    both.empty_cache()
    hook = both.folder / ".git/hooks/post-checkout"
    hook.write_text("#!/bin/sh\nrm .git/hooks/post-checkout\nkill -KILL $(ps -o ppid= -p $PPID)\nsleep 0.2\n")
    hook.chmod(0o755)
    words = [sys.executable, "-m", "release", "checkout", "charCNN@v0.1.0"]
    assert both.world.run(words, folder=both.folder, ok=None).returncode == -9
    end = time.monotonic() + PATIENCE_S
    while (run := both.release("recover --yes")).code == 7 and time.monotonic() < end:
        time.sleep(0.1)  # git still runs, and holds the lock
    run.succeeds()
    assert (both.read("model/model.pt"), both.read("model/ranker.pt")) == (b"first", mine)
    assert both.git("rev-parse", "HEAD") == both.git("rev-parse", "charCNN@v0.1.0^{commit}")
    note("SIGKILL", "file", "checkout of a model, inside git", "recovered whole")


@pytest.mark.parametrize("step", ["keep", "publish", "move refs"])
def test_an_undo_of_all_models_that_is_killed_is_whole_or_nothing(both, step, note):
    both.release("bump --all-models minor --yes").succeeds()
    released = both.head
    python = [sys.executable, str(HEARD), step, "kill -KILL $RELEASE", "undo", BOTH[1], "--yes", "-v"]
    assert both.world.run(python, folder=both.folder, ok=None).returncode == -9
    both.release("bump --all-models minor --yes").fails_with(8).helps("release recover")
    both.release("recover --yes").succeeds()
    tags = {f"refs/tags/{tag}" for tag in BOTH}
    if step == "keep":  # nothing was pushed
        assert both.published("charCNN@v0.1.0", "ranker@v0.1.0", *BOTH)
        assert both.head == both.origin[MAIN] == released
    else:
        assert not tags & {*both.origin, *both.refs}
        assert both.head == both.origin[MAIN] != released
        for model in ("charCNN", "ranker"):
            assert "## [0.2.0]" not in both.read(f"CHANGELOG.{model}.md").decode()
    assert both.status == ""
    note("SIGKILL", "file", f"undo of two models, after {step}", "nothing" if step == "keep" else "recovered whole")
