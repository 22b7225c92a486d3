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


def test_what_nobody_looked_for_is_said_beside_a_release_too(alone):
    alone.release("list").succeeds().says("there is no git remote `origin`")
    alone.release("bump minor --yes --no-push").succeeds()
    alone.release("list").succeeds().says("there is no git remote `origin`", "tags that only origin has are not listed")
    alone.release("list --offline").succeeds().never_says("no git remote")
    alone.release("status").succeeds().says("no git remote `origin`").never_says("nothing to release")
    for words in ("bump 0.1.0 --yes", "bump auto --yes"):
        alone.release(words).fails_with(2).says("no git remote `origin`").helps("git remote add origin URL")
    alone.git("tag", "-a", "-m", "by hand", "v0.2.0")
    alone.release("status").succeeds().says("is at v0.2.0", "warning", "no git remote `origin`")


@pytest.fixture
def to_an_empty_remote(without_dvc):
    bare = without_dvc.world.root / "empty.git"
    without_dvc.git("init", "--quiet", "--bare", str(bare))
    without_dvc.git("remote", "set-url", "origin", str(bare))
    without_dvc.git("update-ref", "-d", "refs/remotes/origin/main")
    return without_dvc


def test_the_first_final_release_into_an_empty_remote_comes_from_its_coming_default(to_an_empty_remote):
    project = to_an_empty_remote
    project.git("switch", "--quiet", "--create", "feature/x")
    run = project.release("bump minor --yes").fails_with(3)
    run.says("final releases come from main, release/*, hotfix/*; this is feature/x").helps("git switch main")
    project.release("bump minor --pre rc --yes --dry-run").succeeds()
    project.git("switch", "--quiet", "main")
    project.release("bump minor --yes").succeeds()


def test_a_clone_without_a_usual_branch_releases_from_the_one_it_has(to_an_empty_remote):
    to_an_empty_remote.git("branch", "--move", "work")
    to_an_empty_remote.release("bump minor --yes").succeeds()


def test_a_branch_that_a_release_pushed_as_a_new_one_has_its_upstream(to_an_empty_remote):
    project = to_an_empty_remote
    project.release("bump minor --yes").succeeds()
    assert project.git("rev-parse", "--abbrev-ref", "@{upstream}") == "origin/main"
    assert project.status == ""
    project.git("switch", "--quiet", "--create", "hotfix/y")
    project.git("config", "branch.hotfix/y.remote", "elsewhere")
    project.commit("fix: more")
    project.release("bump patch --yes").succeeds()
    assert project.git("config", "branch.hotfix/y.remote") == "elsewhere"
