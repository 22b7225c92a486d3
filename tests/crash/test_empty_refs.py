"""Files of refs that a power cut has emptied: git skips them with a warning, and so would what comes after it."""

import pytest
from faults.case import MAIN, TAG, Case

EMPTY = {"empty": "", "zeros": "\0" * 41, "junk": "junk\n"}


@pytest.mark.parametrize("how", EMPTY)
@pytest.mark.parametrize("name", ["v0.1.0", "v0.2.0"])
def test_a_tag_whose_file_names_no_object_is_named_and_nothing_is_released_past_it(new_case, name, how):
    case: Case = new_case()
    (case.project.folder / f".git/refs/tags/{name}").write_text(EMPTY[how])
    case.world.variables["COLUMNS"] = "250"
    says = f"refs/tags/{name} cannot be read: its file has no object id"
    way_out = f'rm "$(git rev-parse --git-path refs/tags/{name})"'
    for line in ("bump minor --yes", "bump patch --dry-run", "status --check", "prepare minor --yes"):
        case.project.release(line).fails_with(3).says(says).helps(way_out)
        assert case.project.unchanged()
    for line in ("list", "status", "fetch --dry-run"):
        case.project.release(line).succeeds().says(says)
        assert case.project.unchanged()
    case.project.release("fetch").says(says).helps(way_out)
    case.project.release(f"show {name}").fails_with(3).helps(way_out)
    case.project.sh(way_out)
    case.project.release("fetch").succeeds()
    case.bump().succeeds()
    case.whole()


def test_one_that_is_no_release_stops_nothing(new_case):
    case: Case = new_case()
    (case.project.folder / ".git/refs/tags/nightly").write_text("")
    case.project.release("status --check").succeeds().says(
        "refs/tags/nightly cannot be read: its file has no object id"
    )


def test_a_tag_of_ours_that_was_emptied_is_made_again_by_recover(new_case):
    case: Case = new_case()
    case.bump(at="move refs", line="kill -KILL $RELEASE")
    (case.project.folder / ".git" / TAG).write_text("")
    case.recover().fails_with(0)
    case.whole()
    case.no_leftovers()


@pytest.mark.parametrize("how", EMPTY)
def test_a_branch_whose_file_names_no_object_is_no_repository_without_a_commit(new_case, how):
    case: Case = new_case()
    (case.project.folder / ".git" / MAIN).write_text(EMPTY[how])
    run = (
        case.project.release("bump minor --yes").fails_with(3).says(f"{MAIN} cannot be read: its file names no object")
    )
    case.project.sh(run.err.split("git fsck, then: ")[1])
    assert case.project.head == case.before.head
    case.nothing_of_mine_is_lost()
    case.second_try()


def test_a_repository_without_a_commit_is_still_told_as_that(new_case):
    case: Case = new_case()
    case.project.git("symbolic-ref", "HEAD", "refs/heads/new")
    case.project.release("bump minor --yes").fails_with(3).says("no commit yet").helps("git commit")
