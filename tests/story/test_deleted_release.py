"""A deleted release never comes back by itself; what its release commit left in the changelog is no prepared release."""

import pytest
from project.templates import performance


@pytest.fixture
def deleted(project):
    """v0.1.0 was the first release, and is gone again; its commit and entry stay."""
    project.write("pyproject.toml", '[project]\nname = "x"\nversion = "0.0.1"\n')
    project.save("build: package")
    project.release("bump minor --yes").succeeds()
    assert project.git("log", "-1", "--format=%B") == "Release v0.1.0\n\nRelease-Tag: v0.1.0\n"
    delete(project, "v0.1.0")
    return project


def delete(project, *tags):
    project.release("delete", *tags, "--local", "--remote", "--yes").succeeds().never_says("makes it again")


def entry(project, version):
    """The bytes of a version's section, down to the next one."""
    return project.read("CHANGELOG.md").decode().partition(f"## [{version}]")[2].partition("\n## ")[0]


def old_style(project, tag):
    """The release commit as it was written before there were trailers; the tag is gone."""
    commit = project.git("commit-tree", "HEAD^{tree}", "-p", "HEAD^", "-m", f"Release {tag}")
    project.git("reset", "--quiet", "--hard", commit)
    project.git("push", "--quiet", "--force", "origin", "main")


@pytest.mark.parametrize("message", [None, "docs: x"])
@pytest.mark.parametrize("style", ["trailer", "before there were trailers"])
def test_auto_does_not_bring_it_back(deleted, message, style):
    if style != "trailer":
        old_style(deleted, "v0.1.0")
    if message is not None:
        deleted.save(message)
    run = deleted.release("bump auto --yes --json").succeeds().json
    assert run["released"] is False
    assert deleted.unchanged()
    run = deleted.release("bump auto --yes").succeeds().says("Nothing to release", "v0.1.0")
    clone = deleted.clone()
    clone.release("bump auto --yes").succeeds().says("Nothing to release")
    assert clone.unchanged()


def test_a_clone_that_still_has_the_tag_does_not_bring_it_back(project):
    project.release("bump minor --yes").succeeds()
    other = project.clone()
    delete(project, "v0.1.0")
    other.release("bump auto --yes").succeeds().says("Nothing to release", "v0.1.0 was deleted on origin")
    assert other.unchanged()
    for form in ("--yes", "--dry-run"):
        run = other.release(f"bump minor {form}").fails_with(3).says("v0.1.0 was deleted on origin")
        run.helps("release bump 0.1.0")
    assert other.unchanged()
    assert other.release("bump 0.1.0 --dry-run --json").succeeds().json["version"] == "0.1.0"
    other.release("status").succeeds().says("v0.1.0 is here but not on origin")
    other.save("docs: x")
    other.release("bump auto --yes").succeeds().says("Nothing to release")
    assert "refs/tags/v0.1.0" not in other.origin


@pytest.mark.parametrize(("message", "version"), [("fix: y", "0.1.1"), ("feat: y", "0.2.0")])
def test_what_comes_later_gets_the_next_number_and_the_old_entry_stays(deleted, message, version):
    left = entry(deleted, "0.1.0")
    deleted.save("docs: x")
    deleted.save(message)
    deleted.release("bump auto --yes").succeeds().says(f"Released v{version}", "v0.1.0 was deleted")
    assert deleted.published(f"v{version}")
    assert "v0.1.0" not in deleted.git("tag")
    assert entry(deleted, "0.1.0") == left
    assert "Release v0.1.0" not in entry(deleted, version)
    assert f'version = "{version}"' in deleted.read("pyproject.toml").decode()


def test_its_changes_are_in_the_next_release_though_its_level_does_not_count_again(released):
    released.train(b"better", performance(f1=0.9))
    released.release("bump auto --yes").succeeds().says("Released v0.2.0")
    delete(released, "v0.2.0")
    released.save("ci: x")
    assert released.release("bump auto --yes --json").succeeds().json["released"] is False
    released.save("fix: y")
    run = released.release("bump auto --yes --json").succeeds().json
    assert (run["version"], run["previous_tag"]) == ("0.2.1", "v0.1.0")
    assert "model/model.pt" in run["changelog_entry"]


def test_who_names_it_gets_it_and_one_entry(deleted):
    deleted.save("docs: x")
    deleted.release("bump 0.1.0 --yes").succeeds()
    assert deleted.published("v0.1.0")
    assert deleted.read("CHANGELOG.md").decode().count("## [0.1.0]") == 1
    deleted.release("bump auto --yes").succeeds().says("Nothing to release")


def test_with_other_numbers_the_old_entry_is_not_released(deleted):
    deleted.train(b"better", performance(f1=0.9))
    deleted.release("bump 0.1.0 --yes").fails_with(3).says("already has an entry for 0.1.0").helps("take the entry")
    assert deleted.unchanged()


def test_a_deleted_candidate_does_not_come_back(released):
    released.save("feat: x")
    released.release("bump auto --pre rc --yes").succeeds().says("v0.2.0-rc.1")
    delete(released, "v0.2.0-rc.1")
    released.save("docs: x")
    for words in ("bump auto --yes --json", "bump auto --pre rc --yes --json"):
        assert released.release(words).succeeds().json["released"] is False
    released.save("fix: y")
    assert released.release("bump auto --pre rc --dry-run --json").succeeds().json["version"] == "0.2.0-rc.2"
    assert released.release("bump auto --dry-run --json").succeeds().json["version"] == "0.2.0"


@pytest.mark.parametrize("how", ["reverted", "reverted and brought back", "rebased", "reworded"])
def test_whatever_became_of_its_commit(deleted, how):
    if how.startswith("reverted"):
        deleted.git("revert", "--no-edit", "HEAD")
    if how == "reverted and brought back":
        deleted.git("revert", "--no-edit", "HEAD")
    if how == "rebased":
        deleted.git("commit", "--quiet", "--amend", "--no-edit", "--reset-author")
    if how == "reworded":
        deleted.git("commit", "--quiet", "--amend", "-m", "chore: the release\n\nRelease-Tag: v0.1.0")
    deleted.git("push", "--quiet", "--force", "origin", "main")
    deleted.save("docs: x")
    deleted.release("bump auto --yes").succeeds()
    assert "v0.1.0" not in deleted.git("tag")


@pytest.mark.parametrize("form", ["* %s%n%n%b", "    %s%n    %n    %b"])  # of forges, and of git
def test_a_candidate_that_came_squashed_with_its_branch_does_not_come_back(released, form):
    released.git("switch", "--quiet", "--create", "topic")
    released.save("feat: x")
    released.release("bump minor --pre rc --yes").succeeds()
    delete(released, "v0.2.0-rc.1")
    words = released.git("log", f"--format={form}", "main..topic")
    released.git("switch", "--quiet", "main")
    released.git("merge", "--quiet", "--squash", "topic")
    released.git("commit", "--quiet", "-m", f"feat: a topic (#3)\n\n{words}\n\n* docs: more")
    released.git("push", "--quiet", "origin", "main")
    assert "## [0.2.0-rc.1]" in released.read("CHANGELOG.md").decode()
    assert released.release("bump auto --dry-run --json").succeeds().json["version"] == "0.2.0"


@pytest.mark.parametrize("times", [1, 2])
def test_the_revert_of_its_commit_asks_for_no_release_either(deleted, times):
    for _ in range(times):
        deleted.git("revert", "--no-edit", "HEAD")
    deleted.git("push", "--quiet", "origin", "main")
    run = deleted.release("bump auto --yes --json").succeeds().json
    assert run["released"] is False
    deleted.save("fix: y")
    assert deleted.release("bump auto --dry-run --json").succeeds().json["version"] == "0.1.1"


def test_a_copy_on_another_branch_does_not_hide_what_that_branch_has(released):
    """A hotfix's release commit that was picked, and whose tag is gone, says nothing about the commits before it."""
    released.git("switch", "--quiet", "--create", "hotfix/0.1")
    released.save("fix: urgent")
    released.release("bump patch --yes").succeeds()
    released.git("switch", "--quiet", "main")
    released.save("feat: beam search")
    released.git("cherry-pick", "-x", "hotfix/0.1")
    released.git("push", "--quiet", "origin", "main")
    delete(released, "v0.1.1")
    assert released.release("bump auto --dry-run --json").succeeds().json["version"] == "0.2.0"


def squash(project, message):
    project.git("switch", "--quiet", "main")
    project.git("merge", "--quiet", "--squash", "topic")
    project.git("commit", "--quiet", "-m", message)
    project.git("push", "--quiet", "origin", "main")


@pytest.mark.parametrize(
    "message",
    [
        "A better model (#7)",
        "Release v0.2.0 (#7)",
        "Prepare (#7)\n\nThe tool writes:\n\nRelease-Tag: v0.2.0",
        "Prepare (#7)\n\n* Prepare\n\nRelease-Tag: v0.1.0\n\nCo-authored-by: Ada <ada@example.org>",
    ],
)
def test_a_squashed_prepare_is_still_prepared(released, message):
    released.git("switch", "--quiet", "--create", "topic")
    released.train(b"better", performance(f1=0.9))
    released.release("prepare minor --yes").succeeds()
    released.commit("Prepare")
    squash(released, message)
    released.save("docs: a page\n\nRelease-Tag: v0.2.0")  # quoted: this commit wrote no entry
    run = released.release("bump auto --yes --json").succeeds().json
    assert (run["released"], run["version"]) == (True, "0.2.0")


@pytest.mark.parametrize("heading", ["## [0.2.0] - 2026-01-05 (unreleased)", "## [0.2.0] - TBD"])
def test_a_heading_that_says_unreleased_is_never_released_as_it_stands(released, heading):
    released.write("CHANGELOG.md", f"# Changelog\n\n{heading}\n\nWords\n")
    released.save("feat: words")
    released.release("bump minor --yes").fails_with(3).says("says that 0.2.0 is not released yet").helps("[0.2.0] - ")
    assert released.unchanged()


def test_an_entry_that_the_last_release_had_already_is_not_prepared(released):
    released.write("CHANGELOG.md", "# Changelog\n\n## [0.4.0] - 2021-05-05\n\nNobody tagged it.\n")
    released.save("fix: words")
    released.release("bump 0.2.0 --at HEAD --yes").succeeds()
    released.save("fix: more")
    assert released.release("bump auto --dry-run --json").succeeds().json["version"] == "0.2.1"


def test_an_unpublished_release_whose_tag_was_pruned_is_restored_by_recover(released):
    released.save("feat: x")
    released.release("bump auto --no-push --yes").succeeds()
    released.git("tag", "--delete", "v0.2.0")
    released.release("bump auto --yes").succeeds().says("Nothing to release", "release recover restores it")
    released.release("recover --yes").succeeds()
    released.release("bump auto --yes").succeeds()
    assert released.published("v0.2.0")


def test_one_that_was_taken_back_leaves_no_trace(released):
    released.save("feat: x")
    released.release("bump auto --no-push --yes").succeeds()
    released.release("recover --undo --yes").succeeds()
    released.release("bump auto --yes").succeeds().says("Released v0.2.0")


def test_a_rollback_is_a_release_like_any_other(released):
    released.train(b"worse", performance(f1=0.7))
    released.release("bump minor --yes").succeeds()
    released.release("rollback v0.1.0 --yes").succeeds()
    assert released.git("log", "-1", "--format=%B") == "Release v0.2.1: Rollback to v0.1.0\n\nRelease-Tag: v0.2.1\n"
    delete(released, "v0.2.1")
    released.save("docs: x")
    assert released.release("bump auto --yes --json").succeeds().json["released"] is False
