"""Killed, or told that the disk is full or read-only, at every single call inside git and inside ourselves.

Each test counts up: the first call, the second..., until a release comes through in which none was left to strike.
"""

import pytest
from faults.injection import Injection, inside_git, inside_us, over

pytestmark = pytest.mark.system  # strace

TRANSPORTS = ["file", "git", "http", "ssh"]
MOST = 40  # a program that makes more such calls is not what these tests are about
# The git of each moment, and the step after which it comes.
MOMENTS = {"index-pack": "", "push": "keep", "update-ref": "publish", "read-tree": "move refs"}
# The calls that each of them makes.
KILLED = {
    "index-pack": ("rename", "unlink", "fsync"),
    "push": ("rename",),
    "update-ref": ("rename", "unlink", "fsync"),
    "read-tree": ("rename", "unlink", "fsync"),
}
REFUSED = {
    "index-pack": (("rename", "EROFS"), ("fsync", "EIO"), ("write", "ENOSPC")),
    "update-ref": (("rename", "EROFS"), ("fsync", "EIO"), ("write", "ENOSPC"), ("mkdir", "EROFS")),
    "read-tree": (("rename", "EROFS"), ("fsync", "EIO"), ("write", "ENOSPC")),
}


@pytest.mark.parametrize(("verb", "call"), [(verb, call) for verb, calls in KILLED.items() for call in calls])
@pytest.mark.parametrize("what", ["KILL", "KILL all"])
def test_a_git_that_is_killed_at_any_call_leaves_all_or_nothing(new_case, verb, what, call):
    # Over git:// the server is no child of ours: one that dies with a lock is its owner's to mend.
    _every_call_of_git(new_case, verb, call, what, "git" if verb == "push" else "file")


@pytest.mark.parametrize(("verb", "fault"), [(verb, fault) for verb, faults in REFUSED.items() for fault in faults])
def test_a_git_that_is_refused_any_write_leaves_all_or_nothing(new_case, verb, fault):
    _every_call_of_git(new_case, verb, *fault)


@pytest.mark.parametrize("verb", ["hash-object", "mktree", "commit-tree", "mktag", "pack-objects"])
def test_a_disk_that_is_full_while_objects_are_prepared_changes_nothing(new_case, verb):
    _every_call_of_git(new_case, verb, "write", "ENOSPC")


@pytest.mark.parametrize("transport", ["git", "http", "ssh"])
@pytest.mark.parametrize("what", ["KILL all", "ENETUNREACH"])
def test_a_push_that_dies_while_it_connects_leaves_all_or_nothing(new_case, transport, what):
    _every_call_of_git(new_case, "push", "connect", what, transport)


@pytest.mark.parametrize(
    ("call", "transport"),
    [("rename", each) for each in TRANSPORTS] + [("unlink", "file"), ("fsync", "file"), ("fsync", "git")],
)
def test_we_are_killed_at_any_call_and_leave_all_or_nothing(new_case, transport, call):
    _every_call_of_ours(new_case, call, "KILL", transport)


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ("rename", "ENOSPC"),
        ("rename", "EROFS"),
        ("fsync", "EIO"),
        ("fsync", "ENOSPC"),
        ("unlink", "EROFS"),
        ("mkdir", "EROFS"),
    ],
)
def test_we_are_refused_any_write_and_leave_all_or_nothing(new_case, call, what):
    _every_call_of_ours(new_case, call, what, "file")


def _every_call_of_git(new_case, verb, call, what, transport="file"):
    before = MOMENTS.get(verb, "")
    for nth in range(1, MOST):
        case = new_case(transport)
        injection = Injection(call, what, nth)
        log = inside_git(case, verb, injection)
        if before:
            run = case.bump(at=before, line=f"touch {case.armed}")
        else:
            case.armed.touch()
            run = case.bump()
        assert log.exists(), f"git {verb} did not run under strace: {run}"
        over(case)
        if not injection.fired(log):
            break
        case.settled(run, f"{what} at {call}", f"git {verb}, call {nth}")
    assert nth > 1, f"git {verb} makes no {call}"
    assert run.code == 0, str(run)
    case.whole()


def _every_call_of_ours(new_case, call, what, transport):
    for nth in range(1, MOST):
        case = new_case(transport)
        injection = Injection(call, what, nth)
        words, log = inside_us(case, injection)
        run = case.bump(under=words)
        if not injection.fired(log):
            break
        case.settled(run, f"{what} at {call}", f"our call {nth}")
    assert nth > 1, f"no {call} of ours was struck"
    assert run.code == 0, str(run)
    case.whole()
