"""Undo and yank: two words for second thoughts about a release."""

import json
import sys

import pytest

OLD = b"[project]\nname = 'x'\nversion = '0.1.0'\n"


@pytest.fixture
def second(released):
    """v0.2.0 is released from hand-written text, and a version file says so."""
    released.write("pyproject.toml", OLD)
    released.write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n- By hand\n\n## [0.1.0] - 2026-01-01\n\nFirst\n")
    released.train(b"second", "{}")
    released.release("bump minor --yes -m second").succeeds()
    assert b"0.2.0" in released.read("pyproject.toml")
    return released


def pasted(project, run):
    """Paste the command that brings a release back."""
    way = run.out.partition(" back: ")[2].strip()
    project.sh(way.replace("&& release ", f"&& {sys.executable} -m release "))


def test_a_published_release_is_gone_with_its_entry_and_version_and_the_rest_stays(second):
    commits = second.git("rev-list", "--count", "HEAD")
    before = second.read("CHANGELOG.md")
    released = before, second.read("pyproject.toml")
    run = second.release("undo -m", "wrong data", "--yes").succeeds().says("v0.2.0 is undone", "To bring it back")
    assert "refs/tags/v0.2.0" not in second.origin
    assert "refs/tags/v0.2.0" not in second.refs
    assert second.origin["refs/heads/main"] == second.head
    assert second.status == ""
    assert second.git("rev-list", "--count", "HEAD") == str(int(commits) + 1)
    text = second.read("CHANGELOG.md")
    assert b"[0.2.0]" not in text
    assert text.index(b"- By hand") < text.index(b"[0.1.0]")
    assert before != text
    assert second.read("pyproject.toml") == OLD
    assert "Release-Undone: v0.2.0 " in second.git("log", "-1", "--format=%B")
    assert "Undo v0.2.0: wrong data" in second.git("log", "-1", "--format=%s")
    pasted(second, run)
    assert "refs/tags/v0.2.0" in second.origin
    assert (second.read("CHANGELOG.md"), second.read("pyproject.toml")) == released
    assert second.status == ""
    assert second.origin["refs/heads/main"] == second.head
    second.release("show latest").succeeds().says("v0.2.0")
    second.release("list").succeeds().never_says("undone")
    second.release("bump auto --yes").succeeds().says("Nothing to release")
    second.save("fix: data")
    second.release("bump auto --yes").succeeds().says("v0.2.1")
    assert b"ndo v0.2.0" not in second.read("CHANGELOG.md")


def test_text_of_a_person_is_never_lost_and_never_there_twice(second):
    log = second.read("CHANGELOG.md").decode()
    second.write("CHANGELOG.md", log.replace("## [Unreleased]\n\n", ""))
    second.save("docs: no empty section")
    second.release("undo --yes").succeeds()
    assert "## [Unreleased]\n\n- By hand\n" in second.read("CHANGELOG.md").decode()
    second.save("fix: more")
    second.release("bump minor --pre rc --yes").succeeds()
    second.release("undo --yes").succeeds()
    assert second.read("CHANGELOG.md").count(b"- By hand") == 1


def test_text_that_was_added_to_a_prepared_entry_goes_back_to_unreleased(released):
    released.save("feat: more")
    released.release("prepare minor -m charCNN --yes").succeeds()
    text = released.read("CHANGELOG.md").decode()
    released.write("CHANGELOG.md", text.replace("charCNN\n", "charCNN\n\nWritten in the review.\n"))
    released.save("Release 0.2.0")
    released.release("bump auto --yes").succeeds()
    released.release("undo --yes").succeeds()
    text = released.read("CHANGELOG.md").decode()
    assert "[0.2.0]" not in text
    assert text.index("[Unreleased]") < text.index("Written in the review.")


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_of_a_prepared_entry_only_the_text_of_a_person_goes_back(released, eol):
    head = "# Changelog\n\n## [Unreleased]\n\n"
    hand = "### Changes\n\n- By hand\n\n```\n### Changes\n- in a block\n```\n"
    released.write("CHANGELOG.md", (head + hand + "\n## [0.1.0] - 2026-01-01\n\nFirst\n").replace("\n", eol))
    released.write("model/params.json", '{"seed": 2}')
    released.train(b"second", '{"f1": 0.9}')
    released.save("feat: more")
    released.git("switch", "--quiet", "-c", "next")
    released.release("prepare minor -m charCNN --yes").succeeds()
    text = released.read("CHANGELOG.md").decode()
    for section in ("Performance", "Parameters", "Data and models", "Features"):
        assert f"# {section}{eol}" in text
    text = text.replace(f"- more{eol}", f"- more{eol}- added in the review{eol}{eol}A last word.{eol}")
    released.write("CHANGELOG.md", text)
    released.commit("Release 0.2.0")
    released.git("switch", "--quiet", "main")
    released.git("merge", "--quiet", "--squash", "next")
    released.save("chore: next release (#3)")
    released.release("bump auto --yes").succeeds().says("v0.2.0")
    released.release("undo --yes").succeeds()
    now = released.read("CHANGELOG.md").decode().replace(eol, "\n")
    left, _, old = now.partition("## [0.1.0]")
    assert old.startswith(" - 2026-01-01\n\nFirst")
    assert left == head + hand + "\n- added in the review\n\nA last word.\n\n"
    released.save("fix: data")
    released.release("bump auto --yes").succeeds()
    entry = released.read("CHANGELOG.md").decode().replace(eol, "\n").partition("## [0.1.0]")[0]
    for section in ("### Parameters", "### Data and models", "#### Features"):
        assert entry.count(section) == 1


def test_a_message_that_reads_like_a_mark_stays(second):
    second.save("fix: more")
    second.release("bump patch --yes -m", "Yanked: the old tokenizer").succeeds()
    before = second.read("CHANGELOG.md")
    second.release("yank -m x --yes").succeeds()
    second.release("yank v0.2.1 --restore --yes").succeeds()
    assert second.read("CHANGELOG.md") == before


def test_links_days_and_lock_files_are_as_before(released):
    cff = b"cff-version: 1.2.0\nversion: 0.1.0\ndate-released: 2020-01-01\n"
    links = "[Unreleased]: https://example.org/compare/v0.1.0...HEAD\n[0.1.0]: https://example.org/compare/v0.0.9...v0.1.0\n"
    released.write("CITATION.cff", cff)
    released.write("uv.lock", "version = 1\n\n[[package]]\nname = 'x'\nversion = '0.1.0'\nsource = { virtual = '.' }\n")
    released.write("pyproject.toml", OLD)
    released.write(
        "CHANGELOG.md", f"# Changelog\n\n## [Unreleased]\n\n- By hand\n\n## [0.1.0] - 2026-01-01\n\nFirst\n\n{links}"
    )
    released.write("release.toml", 'version-files = ["pyproject.toml", "CITATION.cff"]\n')
    released.save("feat: More")
    before = released.git("rev-parse", "HEAD^{tree}")
    released.release("bump minor --yes").succeeds()
    assert released.git("diff", "--name-only", "HEAD~").split() == [
        "CHANGELOG.md",
        "CITATION.cff",
        "pyproject.toml",
        "uv.lock",
    ]
    released.release("undo --yes").succeeds()
    assert released.git("rev-parse", "HEAD^{tree}") == before


def test_a_version_that_was_edited_since_is_not_taken_back(second):
    second.write("pyproject.toml", OLD.replace(b"0.1.0", b"0.3.0.dev0"))
    second.save("chore: on we go")
    second.before = second.snapshot()
    run = second.release("undo --yes").fails_with(3).says("the version in pyproject.toml was edited since v0.2.0")
    run.helps("release yank v0.2.0 -m REASON")
    assert second.unchanged()


def test_its_version_is_not_used_again_and_auto_waits_for_a_change(second):
    second.release("undo --yes").succeeds()
    second.release("bump auto --yes").succeeds().says("no change since v0.2.0 was undone")
    second.release("bump 0.2.0 --yes").fails_with(3).says("0.2.0 was undone").helps("release bump 0.2.1")
    assert second.release("next minor").succeeds().out == "0.3.0\n"
    second.save("fix: data")
    second.release("bump auto --yes").succeeds()
    assert second.published("v0.2.1")
    assert b"- By hand" in second.read("CHANGELOG.md")


def test_a_clone_that_still_has_the_tag_knows_it_and_does_not_publish_it(second):
    other = second.clone("other")
    assert "refs/tags/v0.2.0" in other.refs
    second.release("undo --yes").succeeds()
    other.git("pull", "--quiet")
    row = next(each for each in other.release("list --json").succeeds().json["releases"] if each["tag"] == "v0.2.0")
    assert row["withdrawn"] == "undone"
    other.release("list").succeeds().says("undone")
    other.save("fix: more")
    other.release("bump auto --yes").succeeds().says("v0.2.1")
    assert "refs/tags/v0.2.0" not in other.origin


@pytest.mark.parametrize("fetched", [True, False])
def test_from_another_branch_no_clone_publishes_it_again(second, fetched):
    other = second.clone("other")
    second.release("undo --yes").succeeds()
    if fetched:
        other.git("fetch", "--quiet")
    run = other.release("bump auto --yes").fails_with(7).says("main is behind origin").helps("git pull")
    run.never_says("publishes it again")
    other.git("switch", "--quiet", "-c", "feature/y")
    other.release("bump 0.2.0 --yes").fails_with(3).says("0.2.0 was undone")
    other.commit("feat: y")
    run = other.release("bump minor --pre rc --yes").succeeds()
    run.says("note: v0.2.0 is not pushed along: it was undone on origin").never_says("also pushed to origin: v0.2.0")
    assert "refs/tags/v0.2.0" not in second.origin
    other.release("bump 0.2.0 --pre rc --yes").fails_with(2)
    assert "refs/tags/v0.2.0" in other.refs


def test_a_tag_that_was_deleted_there_is_not_pushed_along_and_one_of_unpushed_commits_is(second):
    other = second.clone("other")
    second.release("delete v0.2.0 --local --remote --yes").succeeds()
    other.git("switch", "--quiet", "-c", "feature/y")
    other.commit("feat: y")
    other.git("tag", "v0.2.1-rc.1")
    other.commit("feat: z")
    run = other.release("bump minor --pre rc --yes").succeeds()
    run.says("note: v0.2.0 is not pushed along: it was deleted on origin, or never pushed")
    assert "refs/tags/v0.2.0" not in other.origin
    assert "refs/tags/v0.2.1-rc.1" in other.origin


def test_a_release_that_only_this_clone_had_is_not_pushed_along_once_it_is_undone(second):
    other = second.clone("other")
    other.save("fix: more")
    other.release("bump patch --no-push --yes").succeeds()
    other.git("push", "--quiet", "origin", "HEAD", "v0.2.1")
    second.git("pull", "--quiet", "--tags", "origin", "main")
    second.release("undo v0.2.1 --yes").succeeds()
    other.git("switch", "--quiet", "-c", "feature/y")
    other.commit("feat: y")
    other.release("bump minor --pre rc --yes").succeeds().says("v0.2.1 is not pushed along: it was undone")
    assert "refs/tags/v0.2.1" not in other.origin


def test_what_is_not_published_is_taken_back_here(released):
    released.save("More")
    released.release("bump minor --no-push --yes").succeeds()
    released.before = released.snapshot()
    released.release("undo --dry-run").succeeds().says("remove the tag v0.2.0 and its commit here")
    assert released.unchanged()
    assert released.release("undo --yes --json").succeeds().json["done"] is True
    assert "refs/tags/v0.2.0" not in released.refs


def test_a_release_that_another_builds_on_is_not_undone(second):
    second.save("fix: more")
    second.release("bump patch --yes").succeeds()
    second.before = second.snapshot()
    run = second.release("undo v0.2.0 --yes").fails_with(3).says("v0.2.1 builds on v0.2.0", "Nothing was changed")
    run.helps("release yank v0.2.0 -m REASON")
    assert second.unchanged()
    second.release("undo nonsense --yes").fails_with(2).helps("release list")
    second.release("undo").fails_with(2).helps("--yes")


def test_on_a_hotfix_branch_it_is_the_hotfix(second):
    second.release("checkout v0.1.0 -b hotfix/0.1").succeeds()
    second.save("fix: old")
    second.release("bump patch --yes").succeeds().says("To take it back: release undo")
    second.release("undo --yes").succeeds().says("v0.1.1 is undone")
    assert second.published("v0.2.0")


def test_an_entry_that_was_edited_since_is_not_taken_out(second):
    second.write("CHANGELOG.md", second.read("CHANGELOG.md").replace(b"- By hand", b"- By hand, and more"))
    second.save("docs: more")
    second.before = second.snapshot()
    second.release("undo --yes").fails_with(3).says("was edited since v0.2.0")
    assert second.unchanged()


@pytest.mark.parametrize("how", ["--no-commit", "--at HEAD"])
def test_a_release_without_a_commit_has_only_its_tag_to_undo(released, how):
    released.save("More")
    released.release(f"bump minor --yes {how}").succeeds()
    run = released.release("undo --yes").succeeds()
    assert "refs/tags/v0.2.0" not in released.origin
    pasted(released, run)
    assert "refs/tags/v0.2.0" in released.origin
    released.release("undo --yes").succeeds()
    released.release("bump auto --yes").succeeds().says("was undone")
    released.save("fix: x")
    released.release("bump auto --yes").succeeds()
    assert released.published("v0.2.1")


def test_a_yanked_release_stays_and_nothing_counts_with_it(second):
    run = second.release("yank v0.2.0 -m", "trained on <test> data", "--yes").succeeds()
    run.says("v0.2.0 is yanked").says("release yank --restore v0.2.0")
    assert second.published("v0.2.0")
    text = second.read("CHANGELOG.md").decode()
    assert "[YANKED]\n\nYanked: trained on" in text
    assert "Release-Yanked: v0.2.0 " in second.git("log", "-1", "--format=%B")
    second.release("list").succeeds().says("yanked")
    second.release("show v0.2.0").succeeds().says("trained on <test> data")
    second.release("show latest").succeeds().says("v0.1.0")
    second.release("status").succeeds().says("v0.1.0 is the latest release")
    second.release("bump auto --yes").succeeds().says("Nothing to release")
    second.save("fix: data")
    assert second.release("bump auto --yes --json").succeeds().json["previous_tag"] == "v0.1.0"
    assert second.published("v0.2.1")


def test_undo_means_the_newest_release_even_if_it_is_yanked(second):
    second.release("yank v0.2.0 -m x --yes").succeeds()
    second.before = second.snapshot()
    run = second.release("undo --yes").fails_with(3).says("v0.2.0 is yanked already")
    run.helps("release yank --restore v0.2.0").never_says("was edited since")
    second.release("undo v0.1.0 --yes").fails_with(3).says("v0.2.0 builds on v0.1.0").never_says("or first")
    assert second.unchanged()
    text = second.release("changelog").succeeds().out
    assert "Yank" not in text


@pytest.mark.parametrize("how", ["", "--no-commit"])
def test_it_can_count_again(second, how):
    before, head = second.read("CHANGELOG.md"), second.head
    second.release(f"yank -m x --yes {how}").succeeds()
    assert ("refs/tags/yanked/v0.2.0" in second.origin) is bool(how)
    assert (second.head == head) is bool(how)
    second.release("show latest").succeeds().says("v0.1.0")
    second.release("yank v0.2.0 -m x --yes").fails_with(3).says("yanked already").helps("release yank --restore v0.2.0")
    second.release("yank v0.2.0 --restore --yes").succeeds().says("counts again")
    assert second.read("CHANGELOG.md") == before
    assert "refs/tags/yanked/v0.2.0" not in second.origin
    second.release("show latest").succeeds().says("v0.2.0")
    second.release("list").succeeds().never_says("yanked")
    second.release("yank v0.2.0 --restore --yes").fails_with(3).says("is not yanked")


def test_the_next_entry_brings_the_heading_of_a_release_that_a_tag_marks(second):
    second.release("yank -m", "trained on test data", "--no-commit", "--yes").succeeds()
    assert b"[YANKED]" not in second.read("CHANGELOG.md")
    second.save("fix: data")
    second.git("checkout", "--quiet", "-b", "next")
    second.release("prepare patch --yes").succeeds()
    text = second.read("CHANGELOG.md").decode()
    assert text.index("[0.2.1]") < text.index("[YANKED]\n\nYanked: trained on test data\n")
    assert text.count("[YANKED]") == 1


@pytest.mark.parametrize("word", ["Undone", "Yanked"])
def test_a_commit_on_any_other_branch_withdraws_nothing(second, word):
    """Whoever may push a branch, or open a pull request from one, may not release."""
    other = second.clone("other")
    other.git("switch", "--quiet", "-c", "feature")
    id = second.git("rev-parse", "refs/tags/v0.2.0").strip()
    other.git("commit", "--quiet", "--allow-empty", "-m", f"F\n\nRelease-{word}: v0.2.0 {id}")
    other.git("push", "--quiet", "origin", "feature")
    second.git("fetch", "--quiet")
    second.release("show latest").succeeds().says("v0.2.0").never_says(word.lower())
    second.release("undo --dry-run").succeeds().says("delete the tag v0.2.0")


def test_an_undone_release_whose_tag_is_there_is_settled_first(second):
    id = second.git("rev-parse", "refs/tags/v0.2.0").strip()
    second.git("commit", "--quiet", "--allow-empty", "-m", f"F\n\nRelease-Undone: v0.2.0 {id}")
    second.git("push", "--quiet", "origin", "HEAD")
    second.before = second.snapshot()
    for tag in ("", "v0.2.0"):
        second.release(f"undo {tag} --yes").fails_with(3).says("v0.2.0").helps("release yank --restore v0.2.0")
        assert second.unchanged()
    second.release("yank --restore v0.2.0 --yes").succeeds()
    second.release("undo --yes").succeeds().says("v0.2.0 is undone")


def test_a_lightweight_release_and_a_lightweight_copy_are_yanked_too(second):
    second.git("tag", "v0.3.0")
    second.git("push", "--quiet", "origin", "v0.3.0")
    second.release("yank v0.3.0 -m bad --yes").succeeds()
    second.release("show latest").succeeds().says("v0.2.0")
    second.release("yank v0.2.0 -m bad --yes").succeeds()
    second.git("tag", "-f", "v0.2.0", "v0.2.0^{}")  # as some CI jobs have it
    second.release("show latest").succeeds().says("v0.1.0")


def test_a_mark_is_taken_away_as_it_was_made(second):
    second.release("yank v0.2.0 -m bad --yes").succeeds()
    second.git("tag", "-a", "yanked/v0.2.0", "-m", "a note", "v0.1.0")
    second.git("push", "--quiet", "origin", "yanked/v0.2.0")
    second.release("yank v0.2.0 --restore --no-commit --yes").fails_with(3).helps("release yank --restore v0.2.0")
    second.release("yank v0.2.0 --restore --yes").succeeds()
    assert "refs/tags/yanked/v0.2.0" in second.origin
    second.release("show latest").succeeds().says("v0.2.0")


def test_a_mark_of_the_remote_counts_in_every_clone_and_one_that_is_gone_does_not(second):
    other = second.clone("other")
    second.release("yank v0.2.0 -m bad --no-commit --yes").succeeds()
    other.save("fix: more")
    assert other.release("bump patch --dry-run --json").succeeds().json["previous_tag"] == "v0.1.0"
    other.git("fetch", "--quiet", "--tags")
    other.release("show latest").succeeds().says("v0.1.0")
    second.git("pull", "--quiet", "origin", "main")
    second.release("yank v0.2.0 --restore --yes").succeeds()
    assert other.release("bump patch --dry-run --json").succeeds().json["previous_tag"] == "v0.2.0"


def test_commits_that_are_not_pushed_are_not_pushed_along(second):
    second.commit("fix: more")
    second.before = second.snapshot()
    for words in ("undo --yes", "yank -m bad --yes"):
        second.release(words).fails_with(3).says("1 commit", "pushed along").helps(
            "git push origin HEAD:refs/heads/main"
        )
        assert second.unchanged()
    second.release("yank -m bad --no-commit --yes").succeeds()


def test_during_a_merge_nothing_is_undone_or_marked(second):
    second.git("switch", "--quiet", "-c", "topic", "HEAD~")
    second.save("docs: more")
    second.git("switch", "--quiet", "main")
    second.git("merge", "--quiet", "--no-commit", "--no-ff", "topic")
    second.before = second.snapshot()
    for words in ("undo --yes", "yank -m bad --yes"):
        second.release(words).fails_with(3).says("merge").helps("git merge --abort")
        assert second.unchanged()


def test_wrong_calls_change_nothing(second):
    second.before = second.snapshot()
    second.release("yank --yes").fails_with(2).helps("release yank --yes -m REASON")
    second.release("yank -m x").fails_with(2).helps("--yes")
    second.release("yank v9.9.9 -m x --yes").fails_with(2).helps("release list")
    shown = second.release("yank -m x --dry-run --json").succeeds()
    assert (json.loads(shown.out)["done"], json.loads(shown.out)["dry_run"]) == (False, True)
    second.release("undo --dry-run").succeeds().says("delete the tag v0.2.0")
    assert second.unchanged()
    other = second.clone("other")
    other.save("Theirs")
    other.git("push", "--quiet")
    second.release("undo --yes").fails_with(7)
    second.release("yank -m x --yes").fails_with(7)
    assert second.unchanged()


@pytest.mark.parametrize("tags", [("charCNN#prod#1",), ("charCNN@v1.0.0", "charCNN#prod#1", "charCNN#dev#2")])
def test_a_release_that_a_stage_refers_to_is_not_undone(second, tags):
    for tag in tags:
        second.git("tag", "-a", tag, "-m", tag)
        second.git("push", "--quiet", "origin", tag)
    stages = [tag for tag in sorted(tags) if "#" in tag]
    second.git("tag", "-d", stages[-1])
    second.before = second.snapshot()
    meant = "v0.2.0" if len(tags) == 1 else "charCNN@v1.0.0, at the same commit"
    run = second.release("undo --yes").fails_with(3).says(f"{stages[-1]} refers to {meant}: a stage builds on it")
    leave = "release promote --unassign charCNN@v1.0.0 prod" if len(tags) > 1 else "release delete --local --remote"
    run.helps("release yank v0.2.0 -m REASON").helps(leave)
    assert second.unchanged()
    second.release("delete --local --remote --yes", *stages).succeeds()
    second.release("undo --yes").succeeds().says("v0.2.0 is undone")


def test_a_marking_tag_counts_whatever_commits_said_before(second):
    second.release("yank v0.2.0 -m one --yes").succeeds()
    second.release("yank v0.2.0 --restore --yes").succeeds()
    second.release("yank v0.2.0 -m two --no-commit --yes").succeeds().says("v0.2.0 is yanked")
    other = second.clone("other")
    for each in (second, other):
        each.release("show latest").succeeds().says("v0.1.0")
        row = each.release("list --json").succeeds().json["releases"][0]
        assert (row["tag"], row["withdrawn"]) == ("v0.2.0", "yanked")
    other.release("yank v0.2.0 --restore --yes").succeeds().says("counts again")
    assert "refs/tags/yanked/v0.2.0" not in other.origin
    other.release("show latest").succeeds().says("v0.2.0")


def test_a_release_that_is_not_published_is_not_yanked_and_its_commit_not_pushed(second):
    second.save("fix: more")
    second.release("bump patch --no-push --yes").succeeds()
    second.before = second.snapshot()
    for how in ("", "--no-commit"):
        run = second.release(f"yank v0.2.1 -m bad --yes {how}").fails_with(3).says("is not on origin yet")
        run.helps("release recover --undo").never_says("git push", "pushed along")
    assert second.unchanged()


@pytest.mark.parametrize("reason", ["wrong data", "The data of the year before. It was " + "x y " * 60 + "z."])
def test_its_commits_follow_the_template_and_git_s_sign_off(released, reason):
    released.write(".release.toml", 'commit-message = "chore(release): {tag} {message}"\n')
    released.save("feat: more")
    released.git("config", "format.signOff", "true")
    released.release("bump minor --yes").succeeds()
    log = released.read("CHANGELOG.md")
    for call, subject in (
        (["yank", "-m", reason], "chore(release): yank v0.2.0"),
        (["yank", "--restore", "v0.2.0"], "chore(release): restore v0.2.0"),
        (["undo", "-m", reason], "chore(release): undo v0.2.0"),
    ):
        released.release(*call, "--yes").succeeds()
        message = released.git("log", "-1", "--format=%B")
        assert message.startswith(subject)
        assert max(map(len, message.splitlines())) <= 100
        assert message.strip().splitlines()[-1].startswith("Signed-off-by: ")
        if "yank" in subject:
            released.release("show v0.2.0").succeeds().says(reason[:60].strip())
        if "restore" in subject:
            assert released.read("CHANGELOG.md") == log
    released.release("bump auto --yes").succeeds().says("was undone")
    released.save("fix: more")
    released.release("bump auto --yes").succeeds().says("v0.2.1")
    assert b"undo" not in released.read("CHANGELOG.md")


def test_if_each_release_is_yanked_none_is_the_latest(second):
    for tag in ("v0.2.0", "v0.1.0"):
        second.release("yank", tag, "-m", "bad", "--yes").succeeds()
    run = second.release("show latest").fails_with(2).says("no latest release: each one here is yanked or undone")
    run.helps("release list").never_says("release show")
    second.release("show 0.9").fails_with(2).says("no release 0.9 here")


def test_several_releases_of_one_commit_are_undone_together(second):
    second.save("fix: more")
    second.release("bump patch --yes").succeeds()
    second.git("tag", "-a", "-m", "x", "v0.3.0")
    second.git("push", "--quiet", "origin", "v0.3.0")
    run = second.release("undo --yes").succeeds().says("v0.2.1, v0.3.0 are undone").says("To bring them back")
    assert second.published("v0.2.0")
    pasted(second, run)
    assert {"refs/tags/v0.2.1", "refs/tags/v0.3.0"} <= second.origin.keys()
    second.release("list").succeeds().never_says("undone")
