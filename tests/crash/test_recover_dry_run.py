"""`recover --dry-run` says what `recover` then does, and changes nothing."""

import pytest
from faults.case import MAIN, TAG

KILL = "kill -KILL $RELEASE"
COMES_TRUE = {"push again": "finished"}  # what the remote says to the push is not known before


@pytest.mark.parametrize("step", ["keep", "publish", "move refs", "update files"])
@pytest.mark.parametrize("more", [(), ("--no-push",)])
def test_the_dry_run_comes_true_and_nothing_changed_before(new_case, more, step):
    case = new_case()
    killed = case.bump(*more, at=step, line=KILL)
    assert killed.code == (0 if more and step == "publish" else -9)  # what is not pushed has no such step
    dry_run = _dry_run_of(case)
    real = case.project.release("recover --json --yes").fails_with(dry_run["exit_code"]).json
    assert (real["outcome"], real["tag"]) == (
        COMES_TRUE.get(dry_run["outcome"], dry_run["outcome"]),
        dry_run["tag"],
    )


def test_a_tag_that_somebody_else_made_meanwhile_is_dry_run_of(new_case):
    case = _cut_off(new_case)
    case.project.git("push", "--quiet", "origin", "HEAD^{commit}:refs/tags/v0.2.0")
    assert _dry_run_of(case)["outcome"] == "forgotten"
    case.recover().fails_with(0).says("origin has another v0.2.0")


def test_a_main_that_went_elsewhere_is_dry_run_of(new_case):
    case = _cut_off(new_case)
    other = case.project.git("commit-tree", "-m", "Other", "-p", "v0.1.0^{commit}", "HEAD^{tree}")
    case.project.git("push", "--quiet", "--force", "origin", f"{other}:{MAIN}")
    assert _dry_run_of(case)["outcome"] == "forgotten"
    case.recover().fails_with(0).says("main on origin has moved")


def test_a_remote_as_it_was_gets_the_same_ids_again(new_case):
    case = _cut_off(new_case)
    assert _dry_run_of(case)["outcome"] == "push again"
    case.recover().fails_with(0)
    case.whole()


def test_a_release_that_somebody_deleted_is_dry_run_of(new_case):
    case = new_case()
    case.bump(at="publish", line=KILL)
    case.project.git("push", "--quiet", "origin", f":{TAG}")
    dry_run = _dry_run_of(case, code=9)
    assert dry_run["outcome"] == case.project.release("recover --json").fails_with(9).json["outcome"] == "deleted"


def test_a_remote_that_is_gone_leaves_it_pending(new_case):
    case = _cut_off(new_case)
    origin = case.project.world.root / "origin.git"
    origin.rename(origin.with_name("away.git"))
    case.project.release("recover --dry-run").fails_with(8).says("could not be queried").helps("release recover")
    assert case.project.unchanged()


def test_the_dry_run_of_undo_tells_what_prevents_it(new_case):
    case = new_case()
    case.project.release("recover --undo --dry-run").fails_with(3).says("no unpublished release").helps()
    case.bump("--no-push").fails_with(0)
    shown = case.project.release("recover --undo --dry-run").fails_with(0).says("v0.2.0 is taken back")
    assert "this was a dry run" in shown.out
    assert case.project.unchanged()
    case.project.write("CHANGELOG.md", "mine\n")
    case.project.release("recover --undo --dry-run").fails_with(3).says("CHANGELOG.md has changed since").helps()
    assert case.project.unchanged()


def test_nothing_pending_is_said_of_a_clone_that_never_released(new_case):
    case = new_case()
    assert _dry_run_of(case)["outcome"] == "nothing"


def _dry_run_of(case, code=0):
    run = case.project.release("recover --dry-run --json").fails_with(code)
    assert case.project.unchanged()
    assert run.json["dry_run"] is True
    return run.json


def _cut_off(new_case):
    """A release whose push never reached the remote: killed while the server was asked, and nothing was applied."""
    case = new_case()
    hook = case.project.world.root / "origin.git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nkill -9 $PPID\nexit 1\n")
    hook.chmod(0o755)
    case.bump().fails_with(8)
    hook.unlink()
    return case
