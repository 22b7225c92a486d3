"""The terminal is closed, or the connection to it breaks: the most common way to leave a release in the middle."""

import os
import sys
import time

import pexpect
import pytest
from faults.case import TAG, Case
from faults.hooks import install

STEPS = ("keep", "publish", "move refs", "update files")


@pytest.mark.parametrize("step", STEPS)
def test_a_hangup_after_a_step_ends_as_ctrl_c_does(new_case, step):
    case: Case = new_case()
    run = case.bump(at=step, line="kill -HUP $RELEASE")
    assert not list(case.world.scratch.iterdir()), "temporary files were left"
    ended = case.settled(run, "SIGHUP", f"after {step}", may=(130, 8) if step == "keep" else (8,))
    assert ended.endswith("whole") == (step != "keep")


def test_a_terminal_that_is_closed_while_the_server_has_the_push_leaves_the_release_to_end(new_case):
    case: Case = new_case()
    reached = case.world.root / "home" / "reached"
    install(case.world.origin, "pre-receive", f"touch {reached}; sleep 2")
    environment = {**case.world.environment(), "TERM": "xterm"}
    line = f"{sys.executable} -m release bump minor -m charCNN --yes; :"
    child = pexpect.spawn("sh", ["-c", line], cwd=case.project.folder, env=environment)
    _wait(reached.exists)
    os.close(child.child_fd)  # the shell ends by it, and with it everybody at the terminal is told
    _wait(lambda: TAG in case.project.origin)
    _wait(lambda: not list(case.world.scratch.iterdir()))
    (case.world.origin / "hooks" / "pre-receive").unlink()
    recovered = case.recover().fails_with(0)
    assert "no release was interrupted" in recovered.out, "it had been left to be recovered"
    case.whole()
    case.nothing_of_mine_is_lost()
    case.no_leftovers()
    case.note("terminal closed", "file", "while pre-receive runs", "whole at once")


@pytest.mark.parametrize("number", ["HUP", "INT", "TERM"])
def test_a_signal_that_the_caller_ignores_stays_ignored(new_case, number):
    case: Case = new_case()
    under = ("nohup",) if number == "HUP" else ("sh", "-c", f"trap '' {number}; exec \"$@\"", "sh")
    run = case.bump(at="keep", line=f"kill -{number} $RELEASE", under=under)
    case.settled(run, f"SIG{number}, which the caller ignores", "after keep", may=(0,))


def test_a_caller_that_ignores_the_end_of_its_children_hides_no_failure_of_git(new_case):
    """With SIGCHLD ignored, a program that has failed seems to have ended with 0."""
    case: Case = new_case()
    script = install(case.project.folder / ".git", "pre-push", "exit 1")
    ignoring = (
        "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    )
    run = case.bump(under=(sys.executable, "-c", ignoring))
    script.unlink()
    case.settled(run, "SIGCHLD, which the caller ignores", "a pre-push hook that refuses", may=(3,))


def _wait(happens) -> None:
    end = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.05)
