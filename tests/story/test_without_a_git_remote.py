"""A repository that has no git remote yet: everything but publishing works, and says what it could not look at."""

import pytest


@pytest.fixture
def alone(project):
    project.git("remote", "remove", "origin")
    return project


def test_what_would_be_released_is_shown_with_what_is_not_checked(alone):
    run = alone.release("status").succeeds().says("auto would release v0.1.0", "no git remote `origin`")
    run.says("skipped tag v0.1.0 is free here; origin was not checked").helps("git remote add origin URL")
    alone.release("status --check").fails_with(2)
    alone.release("list").succeeds().says("no releases yet")
    assert alone.release("next").succeeds().out == "0.1.0\n"
    alone.release("bump minor --yes").fails_with(2).says("Nothing was changed").helps("git remote add origin URL")


def test_a_release_stays_here_and_is_published_once_there_is_a_remote(alone):
    alone.release("bump minor --yes --no-push").succeeds().says("warning remote", "Released v0.1.0")
    alone.release("list").succeeds().says("v0.1.0")
    alone.release("show latest").succeeds()
    alone.release("verify latest").succeeds()
    alone.release("recover --undo --yes").succeeds().says("taken back")
    alone.release("bump minor --yes --no-push").succeeds()
    alone.git("remote", "add", "origin", str(alone.world.root / "origin.git"))
    alone.git("fetch", "--quiet", "origin")
    alone.release("bump minor --yes").succeeds()
    assert alone.published("v0.1.0")
