"""Releases that were made with `--no-push`: taken back, half taken back, pruned, published by hand."""

import pytest
from faults.case import MAIN, TAG
from faults.injection import Injection, inside_git, over

MOST = 40


def test_an_unpublished_release_is_taken_back_without_a_trace(new_case):
    case = _unpublished(new_case)
    case.project.release("recover --undo").fails_with(0).says("taken back")
    case.nothing_changed()
    case.nothing_of_mine_is_lost()
    case.no_leftovers()
    case.second_try()


@pytest.mark.system  # strace
@pytest.mark.parametrize(
    ("verb", "call"),
    [("read-tree", "rename"), ("read-tree", "unlink"), ("update-ref", "rename"), ("update-ref", "unlink")],
)
def test_taking_back_that_is_killed_goes_on_the_next_time(new_case, verb, call):
    for nth in range(1, MOST):
        case = _unpublished(new_case)
        injection = Injection(call, "KILL all", nth)
        log = inside_git(case, verb, injection)
        case.armed.touch()
        run = case.project.release_process("recover --undo")
        over(case)
        if not injection.fired(log):
            break
        assert run.code == -9, str(run)
        case.recover().fails_with(0).says("taken back")
        case.nothing_changed()
        case.nothing_of_mine_is_lost()
        case.no_leftovers()
        case.note(f"KILL all at {call}", "file", f"--undo, git {verb}, call {nth}", "killed, recovered to nothing")
    assert nth > 1, f"git {verb} makes no {call}"
    run.fails_with(0)
    case.nothing_changed()


def test_work_that_came_after_it_is_never_taken_back(new_case):
    case = _unpublished(new_case)
    case.project.git("commit", "--quiet", "--allow-empty", "-m", "Mine")
    head = case.project.head
    run = case.project.release("recover --undo").fails_with(3).says("has moved on")
    assert case.project.head == head
    assert case.project.refs[TAG]
    case.project.git("stash", "--quiet")
    case.project.sh(run.err.partition("help: ")[2].partition("   (")[0])
    assert case.project.git("log", "--format=%s %P", "-1") == f"Mine {case.before.head}"
    assert TAG not in case.project.refs
    case.recover().fails_with(0).says("no release was interrupted")
    case.no_leftovers()


def test_made_here_twice_it_is_still_taken_back_as_a_whole(new_case):
    case = _unpublished(new_case)
    case.bump("--no-push").fails_with(0)
    case.whole(unpublished=True)
    case.project.release("recover").succeeds().says("not published yet: v0.2.0.")
    case.project.release("recover --undo").fails_with(0).says("tag and release commit are removed here")
    case.nothing_changed()
    case.no_leftovers()


def test_edits_of_a_file_that_it_wrote_are_never_taken_back(new_case):
    case = _unpublished(new_case)
    case.project.write("CHANGELOG.md", "mine\n")
    case.project.release("recover --undo").fails_with(3).helps()
    assert case.project.read("CHANGELOG.md") == b"mine\n"
    assert case.project.refs[TAG]


def test_a_tag_that_fetch_pruned_is_set_again_for_its_objects_were_kept(new_case):
    case = _unpublished(new_case)
    case.project.git("config", "fetch.pruneTags", "true")
    tag = case.project.refs[TAG]
    case.project.git("fetch", "--quiet", "--prune")
    assert TAG not in case.project.refs
    case.project.git("gc", "--quiet", "--prune=now")
    case.recover().fails_with(0).says("set here again: v0.2.0")
    assert case.project.refs[TAG] == tag
    case.second_try()
    assert case.project.origin[TAG] == tag


def test_one_that_was_taken_back_by_hand_is_forgotten(new_case):
    case = _unpublished(new_case)
    case.project.git("tag", "-d", "v0.2.0")
    case.project.git("reset", "--quiet", "--soft", "HEAD~1")
    case.project.git("rm", "--quiet", "-f", "CHANGELOG.md")
    case.project.git("checkout", "--quiet", "HEAD", "--", "pyproject.toml")
    case.recover().fails_with(0)
    case.no_leftovers()
    case.second_try()


def test_one_that_was_published_by_hand_cannot_be_taken_back(new_case):
    case = _unpublished(new_case)
    case.project.git("push", "--quiet", "origin", "main", "v0.2.0")
    case.project.release("recover --undo").fails_with(3).says("is already published")
    assert case.project.refs[TAG] == case.project.origin[TAG]
    assert case.project.head == case.project.origin[MAIN]
    case.no_leftovers()


@pytest.mark.parametrize("more", ["", "and more"])
def test_one_whose_branch_was_pushed_by_hand_is_not_taken_back_but_finished(new_case, more):
    """`git push` takes the commit along, and not the tag."""
    case = _unpublished(new_case)
    if more:
        case.project.git("commit", "--quiet", "--allow-empty", "-m", "Mine")
    case.project.git("push", "--quiet", "origin", "main")
    if more:
        case.project.git("reset", "--quiet", "--soft", "HEAD~1")
    head = case.project.head
    for form in ("--yes", "--dry-run"):
        run = case.project.release(f"recover --undo {form}").fails_with(3)
        run.says("the commit of v0.2.0 is already on main of origin").helps("release bump 0.2.0")
    assert case.project.head == head
    assert TAG in case.project.refs
    if more:
        case.project.git("merge", "--quiet", "--ff-only", "origin/main")
        return
    case.project.release("bump 0.2.0 --yes").succeeds()
    assert case.project.origin[TAG] == case.project.refs[TAG]
    case.no_leftovers()


def test_an_unpublished_release_goes_along_with_the_next(new_case):
    case = _unpublished(new_case)
    case.project.release("bump minor -m next --allow-empty --yes").succeeds()
    assert case.project.origin[TAG] == case.project.refs[TAG]
    assert case.project.origin["refs/tags/v0.3.0"] == case.project.refs["refs/tags/v0.3.0"]
    case.no_leftovers()


def _unpublished(new_case):
    case = new_case()
    case.bump("--no-push").fails_with(0)
    case.whole(unpublished=True)
    return case
