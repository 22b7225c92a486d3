"""Killed, interrupted, terminated, interrupted twice: right after each step of a release, over every transport."""

import time

import pytest
from faults.case import PATIENCE_S

STEPS = ("keep", "publish", "move refs", "update files")
ENDS = {
    "SIGKILL": "kill -KILL $RELEASE",
    "SIGINT": "kill -INT $RELEASE",
    "SIGTERM": "kill -TERM $RELEASE",
    # the second one comes while the first is being dealt with
    "SIGINT twice": "kill -INT $RELEASE; (sleep 0.004; kill -INT $RELEASE) >/dev/null 2>&1 &",
}
TRANSPORTS = ["file", "git", "http", pytest.param("ssh", marks=pytest.mark.system)]


@pytest.mark.fast("keep-SIGKILL-file", "publish-SIGKILL-file", "update files-SIGINT-file")
@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("step", STEPS)
def test_a_release_that_is_stopped_after_a_step_is_whole_or_nothing(new_case, transport, end, step):
    case = new_case(transport)
    run = case.bump(at=step, line=ENDS[end])
    assert run.code != 0, "it was not stopped"
    may = (-9,) if end == "SIGKILL" else (130, 8) if step == "keep" else (8,)
    ended = case.settled(run, end, f"after {step}", may=may)
    assert ended.endswith("whole") == (step != "keep")


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("step", ["keep", "move refs", "update files"])
def test_a_release_that_is_to_stay_here_is_whole_or_nothing_too(new_case, end, step):
    case = new_case()
    run = case.bump("--no-push", at=step, line=ENDS[end])
    assert run.code != 0, "it was not stopped"
    ended = case.settled(run, end, f"--no-push, after {step}", unpublished=True)
    assert ended.endswith("whole") == (step != "keep")


@pytest.mark.parametrize("step", STEPS[1:])
def test_auto_never_says_that_there_is_nothing_while_a_release_is_pending(new_case, step):
    """The remote branch has it by now, so that nothing would be left to release."""
    case = new_case()
    assert case.bump(at=step, line=ENDS["SIGKILL"]).code == -9
    end = time.monotonic() + PATIENCE_S
    while (run := case.project.release("bump auto --yes")).code == 7 and time.monotonic() < end:
        time.sleep(0.1)  # what stood before a killed git may hold the lock for a moment
    run.fails_with(8).helps("release recover")
    case.project.release("recover --yes").succeeds()
    case.project.release("bump auto --yes").succeeds().says("Nothing to release")
    case.note("SIGKILL", "file", f"after {step}, then `bump auto`", "8, recovered whole")
