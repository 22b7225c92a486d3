"""A release whose git is killed in the middle of a rename, at every place where that can happen."""

import sys

import pytest
from faults.injection import CALLS, Injection
from project import Project

pytestmark = pytest.mark.system  # strace


@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_whatever_rename_git_dies_in_recover_settles_it_whole(released: Project, nth):
    released.save("More")
    before = (released.refs, released.origin, released.head)
    words = [sys.executable, "-m", "release", "bump", "minor", "-m", "charCNN", "--yes"]
    killing = ["strace", "-qq", "-f", "-o", "/dev/null", *Injection("rename", "KILL", nth).words]
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
    killing = ["strace", "-qq", "-f", "-o", "/dev/null", *Injection("rename", "KILL", 1).words]
    assert released.world.run([*killing, *words], folder=released.folder, ok=None).returncode != 0
    assert "refs/heads/new" not in released.refs


# The calls of a new architecture (aarch64, riscv64), as in the kernel's include/uapi/asm-generic/unistd.h.
GENERIC = {"renameat2", "linkat", "unlinkat", "fsync", "fdatasync", "write", "pwrite64", "mkdirat", "connect"}


@pytest.mark.parametrize("call", CALLS)
def test_each_fault_is_one_on_every_machine(call):
    """What a machine lacks is passed over; something is left everywhere."""
    names = CALLS[call].split(",")
    assert GENERIC & {name.removeprefix("?") for name in names}
    assert all(name.startswith("?") for name in names if name.removeprefix("?") not in GENERIC)


def test_strace_passes_over_a_call_that_the_machine_lacks(released: Project):
    words = ["strace", "-qq", "-o", "/dev/null", "-e", "inject=?no_such_call,?unlinkat,?unlink:error=EROFS", "rm"]
    assert released.world.run([*words, "README.md"], folder=released.folder, ok=None).returncode != 0
    assert (released.folder / "README.md").exists()
