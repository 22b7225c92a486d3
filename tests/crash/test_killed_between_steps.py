"""A release that is killed between its steps: afterwards `recover`, and all of it is there or nothing is."""

import sys

import pytest
from project import Project

from release.core.release import StepKind

KILLED = 77
# A program that releases through the Python API and dies, without any clean-up, after one step.
DIES = """
import os, sys
from pathlib import Path
from release.core.release import BumpRequest
from release.commands.bump.work import bump
from release.engine.project import project_in

def die(step):
    if getattr(step, "kind", step).value == sys.argv[1]:
        os._exit(77)

project = project_in(Path.cwd(), dict(os.environ), on_terminal=False)
bump(BumpRequest(kind="minor", message="charCNN"), project, lambda plan: True, die)
"""


@pytest.mark.parametrize(
    "step",
    [step for step in StepKind if step not in (StepKind.MOVE_DATA, StepKind.PROPOSE)],
    ids=lambda step: step.value,
)
def test_after_a_kill_recover_settles_it_whole(released: Project, step: StepKind):
    released.save("More")
    released.write("notes.txt", "mine, untracked\n")
    before = (released.refs, released.origin, released.head)
    _die_after(released, step)

    released.release("recover --yes").succeeds()

    _all_or_nothing(released, before)
    assert released.status == "?? notes.txt"
    assert released.read("notes.txt") == b"mine, untracked\n"
    released.save("Even more")
    released.release("bump patch --yes").succeeds()
    released.release("recover --yes").succeeds()


@pytest.mark.parametrize("step", [StepKind.KEEP, StepKind.PUBLISH, StepKind.MOVE_REFS], ids=lambda step: step.value)
def test_until_then_the_next_release_says_that_one_is_pending(released: Project, step: StepKind):
    released.save("More")
    _die_after(released, step)
    run = released.release("bump minor --yes").fails_with(8).says("v0.2.0").helps("release recover")
    run.never_says("is behind", "is taken", "git pull")  # by the release that is pending
    assert released.unchanged()
    assert run.code == released.release("bump minor --dry-run").code
    released.release("recover --yes").succeeds()
    released.release("recover --yes").succeeds()


def test_after_the_push_one_goes_forward(released: Project):
    released.save("More")
    _die_after(released, StepKind.PUBLISH)
    published = released.origin["refs/tags/v0.2.0"]
    released.release("recover --yes").succeeds().says("v0.2.0")
    assert released.published("v0.2.0")
    assert released.refs["refs/tags/v0.2.0"] == published
    assert released.head == released.origin["refs/heads/main"]
    assert released.status == ""
    assert released.git("ls-tree", "--name-only", "HEAD", "CHANGELOG.md") == "CHANGELOG.md"


def test_work_done_after_the_kill_is_never_lost(released: Project):
    released.save("More")
    _die_after(released, StepKind.PUBLISH)
    released.write("README.md", "# changed after the kill\n")
    mine = released.commit("Mine, made before anybody recovered")
    released.release("recover --yes").says("git pull --rebase")
    assert released.published("v0.2.0")
    assert released.head == mine
    assert released.read("README.md") == b"# changed after the kill\n"


def _die_after(released: Project, step: StepKind) -> None:
    done = released.world.run([sys.executable, "-c", DIES, step.value], folder=released.folder, ok=(KILLED,))
    assert b"Traceback" not in done.stderr


def _all_or_nothing(released: Project, before: tuple[dict[str, str], dict[str, str], str]) -> None:
    refs, origin, head = before
    if "refs/tags/v0.2.0" in released.origin:
        assert released.published("v0.2.0")
        assert released.head == released.origin["refs/heads/main"]
        assert released.git("rev-parse", "v0.2.0^{commit}") == released.head
        assert released.git("rev-parse", "HEAD^") == head
    else:
        assert (released.refs, released.origin, released.head) == (refs, origin, head)
