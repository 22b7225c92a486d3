"""A branch that the host protects: its own words are shown, and the way that really gets past it is named."""

import pytest
from project import Project

pytestmark = pytest.mark.fast

WORDS = "GH006: Protected branch update failed"


@pytest.fixture
def protected(released: Project) -> Project:
    """A project whose origin takes nothing on main."""
    hook = released.world.origin / "hooks" / "update"
    released.save("More")
    hook.write_text(f'#!/bin/sh\n[ "$1" != refs/heads/main ] || {{ echo "{WORDS}" >&2; exit 1; }}\n')
    hook.chmod(0o755)
    return released


def test_without_own_commits_a_tag_alone_is_the_way(protected: Project):
    before = protected.origin, protected.refs
    protected.release("bump minor --yes").fails_with(3).says(WORDS).helps(
        "release prepare 0.2.0   (or release bump 0.2.0 --no-commit --yes)"
    )
    assert (protected.origin, protected.refs) == before
    protected.release("bump 0.2.0 --no-commit --yes").succeeds()
    assert protected.published("v0.2.0")


@pytest.mark.parametrize("option", ["", " --no-commit"])
def test_own_commits_need_a_pull_request_and_no_option_is_named_that_does_not_help(protected: Project, option):
    protected.commit("My own")
    before = protected.origin, protected.refs
    run = protected.release(f"bump minor --yes{option}").fails_with(3).says(WORDS)
    run.helps("release prepare 0.2.0   (its pull request includes your commits)").never_says("0.2.0 --no-commit")
    assert (protected.origin, protected.refs) == before
