"""A release whose git is killed in the middle of a rename, at every place where that can happen."""

import sys

import pytest
from project import Project

pytestmark = pytest.mark.system  # strace

RENAMES = "rename,renameat,renameat2,link,linkat"


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_whatever_rename_git_dies_in_recover_settles_it_whole(released: Project, nth):
    released.save("More")
    before = (released.refs, released.origin, released.head)
    words = [sys.executable, "-m", "release", "bump", "minor", "-m", "charCNN", "--yes"]
    killing = [
        "strace",
        "-qq",
        "-f",
        "-o",
        "/dev/null",
        "-e",
        f"trace={RENAMES}",
        "-e",
        f"inject={RENAMES}:signal=KILL:when={nth}",
    ]
    done = released.world.run([*killing, *words], folder=released.folder, ok=None)
    assert b"Traceback" not in done.stdout + done.stderr

    recovered = released.release("recover --yes")
    if recovered.code != 0:  # a lock of a git that is dead for less time than is safe to judge
        recovered.fails_with(8).helps()
        released.release("recover --yes").succeeds()

    if "refs/tags/v0.2.0" in released.origin:
        assert released.published("v0.2.0")
        assert released.head == released.origin["refs/heads/main"]
    else:
        assert (released.origin, released.head) == before[1:]
        assert "refs/tags/v0.2.0" not in released.refs
    assert released.status == ""
    released.save("Even more")
    released.release("bump patch --yes").succeeds()


def test_strace_does_kill(released: Project):
    """Else the test above would prove nothing."""
    words = ["git", "update-ref", "refs/heads/new", "HEAD"]
    killing = [
        "strace",
        "-qq",
        "-f",
        "-o",
        "/dev/null",
        "-e",
        f"trace={RENAMES}",
        "-e",
        f"inject={RENAMES}:signal=KILL:when=1",
    ]
    assert released.world.run([*killing, *words], folder=released.folder, ok=None).returncode != 0
    assert "refs/heads/new" not in released.refs
