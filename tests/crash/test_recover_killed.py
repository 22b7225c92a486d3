"""`recover` itself is killed, at every call of its own and of its gits; the next one settles it."""

import pytest
from faults.case import Case
from faults.injection import Injection, inside_git, inside_us, over
from project.run import Run

pytestmark = pytest.mark.system  # strace

MOST = 40
# What had happened before, and how it ends: published already, not answered, not pushed.
BEFORE = {
    "published": ("publish", "kill -KILL $RELEASE", "whole"),
    "not answered": ("keep", "mv {origin} {away}", "whole"),
    "not pushed": ("keep", "kill -KILL $RELEASE", "to nothing"),
}


# Only a push renames a record: the one that says so.
CALLS = [("not answered", "rename"), *((before, call) for before in BEFORE for call in ("unlink", "fsync"))]


@pytest.mark.parametrize(("before", "call"), CALLS)
def test_it_is_killed_at_any_call_of_its_own(new_case, before, call):
    for nth in range(1, MOST):
        case, run = _interrupted(new_case, before)
        injection = Injection(call, "KILL", nth)
        words, log = inside_us(case, injection)
        again = case.command("recover", "--yes", under=words)
        if not injection.fired(log):
            break
        ended = case.settled(run, f"KILL at {call}", f"recover of one {before}, our call {nth}")
        assert ended.endswith(BEFORE[before][2])
    assert again.code == 0, str(again)
    assert nth > 1, f"recover makes no {call}"


@pytest.mark.parametrize("before", ["published", "not answered"])
@pytest.mark.parametrize("verb", ["update-ref", "read-tree"])
def test_its_git_is_killed_at_any_rename(new_case, before, verb):
    for nth in range(1, MOST):
        case, run = _interrupted(new_case, before)
        injection = Injection("rename", "KILL all", nth)
        log = inside_git(case, verb, injection)
        case.armed.touch()
        again = case.command("recover", "--yes")
        over(case)
        if not injection.fired(log):
            break
        ended = case.settled(run, "KILL all at rename", f"recover of one {before}, git {verb}, call {nth}")
        assert ended.endswith("whole")
    assert again.code == 0, str(again)
    assert nth > 1, f"git {verb} makes no rename"


def _interrupted(new_case, before: str) -> tuple[Case, Run]:
    case: Case = new_case()
    away = case.world.root / "away.git"
    at, line, _ = BEFORE[before]
    run = case.bump(at=at, line=line.format(origin=case.world.origin, away=away))
    assert run.code in (-9, 8), str(run)
    if away.exists():
        away.rename(case.world.origin)
    return case, run
