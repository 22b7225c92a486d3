"""Stopped while the server has the push and has not answered: what it does then is its own affair."""

import time

import pytest
from faults.hooks import install, while_the_server_thinks

TRANSPORTS = ["file", "git", "http", pytest.param("ssh", marks=pytest.mark.system)]
PID = "echo $RELEASE > {armed}"
# What happens while `pre-receive` runs, and the exit codes that `release` may have then.
ENDS = {
    "one SIGINT": ("kill -INT $P; sleep 0.2", (0,)),
    "one SIGTERM": ("kill -TERM $P; sleep 0.2", (0,)),
    "two SIGINTs": ("kill -INT $P; sleep 0.2; kill -INT $P; sleep 0.3", (8,)),
    "SIGINT and SIGTERM": ("kill -INT $P; sleep 0.2; kill -TERM $P; sleep 0.3", (8,)),
    "SIGKILL of release": ("kill -KILL $P; sleep 0.2", (-9,)),
    "SIGKILL of git push": ("kill -KILL $(cat /proc/$P/task/$P/children); sleep 0.3", (8,)),
}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("end", ENDS)
def test_a_push_that_is_stopped_is_settled(new_case, transport, end):
    case = new_case(transport)
    line, may = ENDS[end]
    armed = while_the_server_thinks(case, line)
    run = case.bump(at="keep", line=PID.format(armed=armed))
    assert not armed.exists(), "the hook did not run"
    ended = case.settled(run, end, "while pre-receive runs", may=may)
    assert ended.endswith(("whole", "whole at once"))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_server_that_applies_the_push_long_after_the_client_was_killed_is_found_out(new_case, transport):
    case = new_case(transport)
    done = case.world.root / "home" / "done"
    armed = while_the_server_thinks(case, f"kill -KILL $P $(cat /proc/$P/task/$P/children); sleep 0.8; touch {done}")
    run = case.bump(at="keep", line=PID.format(armed=armed))
    assert run.code == -9
    assert case.recover().code == 0  # while the first push still sleeps there
    _wait_for(done)
    time.sleep(0.2)
    assert not armed.exists()
    case.whole()
    case.settled(run, "SIGKILL of both", "while pre-receive runs, recovered before it ends", may=(-9,))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_server_that_hangs_is_given_up_on_and_what_it_does_later_is_found_out(new_case, transport):
    case = new_case(transport)
    limit_s = 5 if transport == "ssh" else 2
    armed = while_the_server_thinks(case, f"sleep {limit_s + 1}")
    case.world.variables["RELEASE_PUSH_LIMIT"] = f"{limit_s}"
    run = case.bump(at="keep", line=PID.format(armed=armed))
    run.says(f"did not answer within {limit_s} s")
    assert not armed.exists()
    del case.world.variables["RELEASE_PUSH_LIMIT"]
    case.settled(run, "a server that hangs", "pre-receive", may=(8,))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_reply_that_is_lost_after_the_push_was_applied_is_found_out(new_case, transport):
    case = new_case(transport)
    fired = case.world.root / "home" / "fired"
    hook = install(case.world.origin, "post-receive", f"touch {fired}; kill -9 $PPID")
    run = case.bump()
    assert fired.exists()
    hook.unlink()
    ended = case.settled(run, "reply lost", "post-receive kills its server", may=(0, 8))
    assert ended.endswith(("whole", "whole at once"))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_time_that_pre_push_takes_does_not_count(new_case, transport):
    case = new_case(transport)
    fired = case.world.root / "home" / "fired"
    install(case.project.folder / ".git", "pre-push", f"cat >/dev/null; sleep 3; touch {fired}")
    case.world.variables["RELEASE_PUSH_LIMIT"] = "2.5"
    run = case.bump()
    assert fired.exists()
    (case.project.folder / ".git" / "hooks" / "pre-push").unlink()
    case.settled(run, "slow pre-push", "longer than the limit", may=(0,))


TWICE = "kill -INT $P; sleep 0.2; kill -{second} $P; sleep 30"


@pytest.mark.parametrize("second", ["INT", "TERM"])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_is_stopped_while_pre_push_runs_has_sent_nothing(new_case, transport, second):
    case = new_case(transport)
    hook = _while_pre_push_runs(case, TWICE.format(second=second))
    run = case.bump(at="keep", line=PID.format(armed=case.armed))
    assert not case.armed.exists(), "the hook did not run"
    run.fails_with(130).says("while the pre-push hook ran", "nothing was sent", "nothing was changed")
    case.no_leftovers()
    hook.unlink()
    case.settled(run, f"SIGINT and SIG{second}", "while pre-push runs", may=(130,))


def test_one_that_was_not_answered_before_stays_pending_when_recover_is_stopped_in_the_hook(new_case):
    case = new_case()
    run = case.bump(at="keep", line="kill -KILL $RELEASE")
    record = case.project.folder / ".git" / "release" / "pending.json"
    record.write_text(record.read_text().replace('"preparing"', '"pushing"').replace('"asked": 0', '"asked": 1'))
    hook = _while_pre_push_runs(case, TWICE.format(second="INT"))
    stopped = case.command("recover", "--yes", under=("sh", "-c", f'echo $$ >{case.armed}; exec "$@"', "-"))
    assert not case.armed.exists(), "the hook did not run"
    stopped.fails_with(130).says("v0.2.0 is still pending").helps("release recover")
    hook.unlink()
    case.settled(run, "SIGINT x2, recover", "while pre-push runs", may=(-9,))


def _on_a_host_without_atomic(new_case):
    case = new_case()
    case.world.git(case.world.origin, "config", "receive.advertiseAtomic", "false")
    pyproject = case.project.read("pyproject.toml").decode()
    case.project.write("pyproject.toml", f"{pyproject}atomic-push = false\n")
    case.project.git("commit", "-q", "-m", "A host without it", "pyproject.toml")
    case.project.git("push", "-q", "origin", "main")
    case.before = case._now()
    return case


def test_without_atomic_a_hook_that_is_stopped_at_the_tag_leaves_the_branch_that_was_sent(new_case):
    case = _on_a_host_without_atomic(new_case)
    hook = _while_pre_push_runs(case, TWICE.format(second="INT"), only="refs/tags/")
    run = case.bump(at="keep", line=PID.format(armed=case.armed))
    assert not case.armed.exists(), "the hook did not run"
    run.fails_with(8).says("origin has the commit of v0.2.0 on main, and not the tag")
    hook.unlink()
    case.settled(run, "SIGINT x2", "while pre-push runs for the tag", may=(8,))


def test_deleting_that_is_stopped_while_pre_push_runs_has_deleted_nothing(new_case):
    case = new_case()
    _while_pre_push_runs(case, TWICE.format(second="INT"))
    words = ("delete", "v0.1.0", "--local", "--remote", "--yes")
    run = case.command(*words, under=("sh", "-c", f'echo $$ >{case.armed}; exec "$@"', "-"))
    assert not case.armed.exists(), "the hook did not run"
    run.fails_with(3).says("while the pre-push hook ran: nothing was sent")
    case.nothing_changed()
    case.no_leftovers()


def test_without_atomic_a_hook_that_refuses_the_tag_is_named_and_not_the_host(new_case):
    case = _on_a_host_without_atomic(new_case)
    case.armed.touch()
    hook = _while_pre_push_runs(case, "echo no tags today >&2; exit 1", only="refs/tags/")
    run = case.bump().fails_with(8).says("but the pre-push hook refused the tag", "no tags today").helps("as the hook")
    hook.unlink()
    case.settled(run, "pre-push refuses the tag, no `atomic`", "exit 1", may=(8,))


def _wait_for(path):
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not come"
        time.sleep(0.02)


def _while_pre_push_runs(case, line, *, only=""):
    """The clone's `pre-push` runs a shell line, once, where a ref of that beginning is pushed; `$P` is who pushes."""
    script = (
        f"grep -q ' {only}' || exit 0\n[ -e {case.armed} ] || exit 0\nP=$(cat {case.armed}); rm {case.armed}\n{line}"
    )
    return install(case.project.folder / ".git", "pre-push", script)
