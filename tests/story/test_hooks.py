"""Hooks of the user and of the remote: which run, and what their refusal leaves; the table of docs/adr/0004."""

import pytest
from project import Project

pytestmark = pytest.mark.fast

COMMIT_HOOKS = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-checkout", "post-merge")


def test_commit_and_checkout_hooks_do_not_run(released: Project):
    _hooks(released, COMMIT_HOOKS, "exit 1")
    _commit_without_hooks(released)
    released.release("bump minor --yes").succeeds()
    assert _ran(released) == []


def test_pre_push_runs_once_in_the_real_push_and_never_in_a_dry_run(released: Project):
    _commit_without_hooks(released)
    _hooks(released, ("pre-push",), "cat >/dev/null")
    released.release("bump minor --dry-run").succeeds()
    assert released.unchanged()
    released.release("bump minor --yes").succeeds()
    assert _ran(released) == ["pre-push"]


def test_a_pre_push_hook_that_refuses_leaves_nothing_behind(released: Project):
    _commit_without_hooks(released)
    _hooks(released, ("pre-push",), "cat >/dev/null; echo not on a Friday >&2; exit 1", leave_trace=False)
    before = released.refs, released.origin, released.head
    run = released.release("bump minor --yes")
    # Git's exit code does not tell a refused push from a broken one: what is said has to be true of both.
    assert run.code in (3, 8), str(run)
    run.says("not on a Friday")
    assert released.origin == before[1]
    if run.code == 8:
        (released.folder / ".git" / "hooks" / "pre-push").unlink()
        released.release("recover --yes").succeeds()
        assert released.published("v0.2.0")
    else:
        assert (released.refs, released.head) == (before[0], before[2])


@pytest.mark.parametrize("hook", ["pre-receive", "update"])
def test_a_remote_that_refuses_is_believed_and_nothing_is_left(released: Project, hook):
    _commit_without_hooks(released)
    script = released.world.origin / "hooks" / hook
    script.write_text("#!/bin/sh\necho 'GH006: Protected branch update failed' >&2\nexit 1\n")
    script.chmod(0o755)
    before = released.refs, released.origin, released.head, released.status
    released.release("bump minor --yes").fails_with(3).says("GH006").helps()
    assert (released.refs, released.origin, released.head, released.status) == before
    script.unlink()
    released.release("bump minor --yes").succeeds()
    assert released.published("v0.2.0")


def test_a_remote_that_applies_the_push_and_loses_the_reply_is_recovered_from(released: Project):
    _commit_without_hooks(released)
    script = released.world.origin / "hooks" / "post-receive"
    script.write_text("#!/bin/sh\nkill -9 $PPID\n")
    script.chmod(0o755)
    run = released.release_process("bump minor --yes")
    assert "refs/tags/v0.2.0" in released.origin
    assert run.code in (0, 8), str(run)
    script.unlink()
    if run.code == 8:
        released.release("bump minor --yes").fails_with(8).helps("release recover")
        released.release("recover --yes").succeeds().says("v0.2.0")
    assert released.published("v0.2.0")
    assert released.status == ""
    assert released.head == released.origin["refs/heads/main"]


def _commit_without_hooks(released: Project) -> None:
    released.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "--allow-empty", "-m", "More")


def _hooks(released: Project, names: tuple[str, ...], script: str, *, leave_trace: bool = True) -> None:
    for name in names:
        trace = f'echo {name} >> "{released.world.root}/home/ran"\n' if leave_trace else ""
        released.write(f".git/hooks/{name}", f"#!/bin/sh\n{trace}{script}\n").chmod(0o755)


def _ran(released: Project) -> list[str]:
    file = released.world.root / "home" / "ran"
    return file.read_text().split() if file.exists() else []
