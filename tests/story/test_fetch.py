"""`release fetch` on real remotes: news arrive, ours stay, what is gone is told."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema
import pytest

pytestmark = pytest.mark.fast


def follows(name, run):
    jsonschema.validate(run.json, json.loads(files("release").joinpath(f"schemas/{name}.json").read_text()))
    return run.json


def changes(found):
    return {row["tag"]: row["change"] for row in found["tags"]}


@pytest.fixture
def colleague(released):
    """A clone of someone else, beside `released`."""
    return released.clone("colleague")


def test_new_tags_and_branches_of_a_colleague_arrive(released, colleague):
    colleague.commit("Theirs")
    colleague.git("tag", "-a", "v0.2.0", "-m", "Second")
    colleague.git("push", "--quiet", "origin", "main", "v0.2.0")
    found = follows("fetch", released.release("fetch --json").succeeds())
    assert changes(found) == {"v0.2.0": "new"}
    assert found["unchanged"] == 1
    assert released.published("v0.1.0", "v0.2.0")
    assert released.refs["refs/remotes/origin/main"] == colleague.head
    released.release("fetch").succeeds().says("2 tags unchanged")


def test_every_new_tag_has_a_row_because_no_later_call_can_tell_it(released, colleague):
    for number in range(60):
        colleague.git("tag", "-a", f"v0.2.0-rc.{number}", "-m", "Candidate")
    colleague.git("push", "--quiet", "--tags", "origin")
    assert released.release("fetch").succeeds().out.count("  new   v0.2.0-rc.") == 60


def test_a_tag_that_moved_there_is_reported_and_ours_is_kept(released, colleague):
    ours = released.refs["refs/tags/v0.1.0"]
    colleague.commit("Other")
    colleague.git("tag", "-f", "-a", "v0.1.0", "-m", "Again")
    colleague.git("tag", "-a", "v0.2.0", "-m", "Second")
    colleague.git("push", "--quiet", "--force", "origin", "v0.1.0", "v0.2.0")
    for words in ("fetch", "fetch --prune"):
        released.release(words).fails_with(7).says("moved", "v0.1.0", "is unchanged").helps("git fetch origin")
        assert released.refs["refs/tags/v0.1.0"] == ours
        assert released.published("v0.2.0")
    assert changes(follows("fetch", released.release("fetch --json").fails_with(7)))["v0.1.0"] == "moved"


@pytest.mark.parametrize("spec", ["+refs/tags/*:refs/tags/*", "+refs/*:refs/*"])
def test_a_configured_refspec_moves_no_tag_and_prunes_none(released, colleague, spec):
    ours = released.refs["refs/tags/v0.1.0"]
    released.git("config", "--add", "remote.origin.fetch", spec)
    released.git("config", "fetch.prune", "true")
    released.git("config", "fetch.pruneTags", "true")
    released.git("config", "remote.origin.pruneTags", "true")
    released.git("tag", "-a", "v0.9.0", "-m", "Unpublished")
    colleague.git("tag", "-f", "-a", "v0.1.0", "-m", "Again", "HEAD")
    colleague.git("tag", "-a", "v0.2.0", "-m", "Second")
    colleague.git("push", "--quiet", "--force", "origin", "v0.1.0", "v0.2.0")
    found = released.release("fetch --json").fails_with(7).json
    assert changes(found) == {"v0.1.0": "moved", "v0.2.0": "new"}
    assert found["local_only"] == ["v0.9.0"]
    assert released.refs["refs/tags/v0.1.0"] == ours
    assert "refs/tags/v0.9.0" in released.refs


def test_branches_are_pruned_as_git_is_configured(released, colleague):
    colleague.git("push", "--quiet", "origin", "HEAD:refs/heads/topic")
    released.release("fetch").succeeds()
    colleague.git("push", "--quiet", "origin", ":refs/heads/topic")
    released.release("fetch").succeeds()
    assert "refs/remotes/origin/topic" in released.refs
    released.git("config", "fetch.prune", "true")
    released.release("fetch").succeeds()
    assert "refs/remotes/origin/topic" not in released.refs
    assert "refs/tags/v0.1.0" in released.refs


def test_what_vanished_is_told_and_pruned_only_if_a_remote_had_it(released, colleague):
    released.git("tag", "-a", "v0.9.0", "-m", "Mine alone")
    released.release("fetch").succeeds().says("1 only here")
    colleague.git("push", "--quiet", "origin", ":refs/tags/v0.1.0")
    run = released.release("fetch").succeeds().says("vanished", "v0.1.0").helps("release fetch --prune")
    before = released.refs["refs/tags/v0.1.0"]
    assert run.err == ""
    found = follows("fetch", released.release("fetch --prune --json").succeeds())
    assert changes(found) == {"v0.1.0": "pruned"}
    assert "refs/tags/v0.1.0" not in released.refs
    assert "refs/tags/v0.9.0" in released.refs
    released.sh(found["tags"][0]["restore"])
    assert released.refs["refs/tags/v0.1.0"] == before


def test_a_tag_that_was_made_anew_here_is_never_pruned(released, colleague):
    released.release("fetch").succeeds()
    colleague.git("push", "--quiet", "origin", ":refs/tags/v0.1.0")
    released.git("tag", "-f", "-a", "v0.1.0", "-m", "Mine, again")
    released.release("fetch --prune").succeeds()
    assert "refs/tags/v0.1.0" in released.refs


def test_an_unpublished_release_is_only_here_and_stays(released):
    released.save("More")
    released.release("bump minor --no-push --yes").succeeds()
    found = released.release("fetch --prune --json").succeeds().json
    assert found["local_only"] == ["v0.2.0"]
    assert "refs/tags/v0.2.0" in released.refs


def test_a_tag_that_ci_made_lightweight_is_annotated_again(released):
    there = released.origin["refs/tags/v0.1.0"]
    commit = released.git("rev-parse", "v0.1.0^{commit}")
    clone = released.clone("ci", "--no-tags", "--depth=1")
    clone.git("update-ref", "refs/tags/v0.1.0", commit)
    assert changes(clone.release("fetch --dry-run --json").succeeds().json) == {"v0.1.0": "repaired"}
    assert clone.unchanged()
    found = follows("fetch", clone.release("fetch --json").succeeds())
    assert changes(found) == {"v0.1.0": "repaired"}
    assert clone.refs["refs/tags/v0.1.0"] == there
    assert clone.git("cat-file", "-t", "v0.1.0") == "tag"


def test_one_dead_remote_does_not_stop_the_others(released, colleague):
    colleague.git("tag", "-a", "v0.2.0", "-m", "Second")
    colleague.git("push", "--quiet", "origin", "v0.2.0")
    released.git("remote", "add", "attic", "file:///nowhere/at/all")
    run = released.release("fetch").fails_with(9).says("new", "v0.2.0", "attic").helps("git ls-remote attic")
    assert "Traceback" not in run.err
    assert released.published("v0.2.0")
    found = follows("fetch", released.release("fetch --json").fails_with(9))
    assert [remote["verdict"] for remote in found["remotes"]] == ["ok", "unknown"]


def test_with_all_remotes_dead_nothing_is_known(released):
    released.git("remote", "set-url", "origin", "file:///nowhere/at/all")
    follows("fetch", released.release("fetch --prune --json").fails_with(6))
    assert "refs/tags/v0.1.0" in released.refs


def test_a_dead_remote_may_still_have_what_another_lost(released, colleague):
    released.git("remote", "add", "mirror", "../mirror.git")
    released.world.git(released.world.root, "init", "--quiet", "--bare", "mirror.git")
    released.git("push", "--quiet", "mirror", "v0.1.0")
    released.release("fetch").succeeds()
    colleague.git("push", "--quiet", "origin", ":refs/tags/v0.1.0")
    assert changes(released.release("fetch --json").succeeds().json) == {}
    (released.world.root / "mirror.git").rename(released.world.root / "away.git")
    assert changes(released.release("fetch --prune --json").fails_with(9).json) == {}
    assert "refs/tags/v0.1.0" in released.refs


def test_nothing_is_pruned_while_a_remote_was_never_heard(released, colleague):
    released.release("fetch").succeeds()
    colleague.git("push", "--quiet", "origin", ":refs/tags/v0.1.0")
    released.git("remote", "add", "attic", "file:///nowhere/at/all")
    run = released.release("fetch --prune").fails_with(9)
    run.says("vanished v0.1.0 origin", "is on no remote that answered").never_says("brings it back")
    assert "refs/tags/v0.1.0" in released.refs
    released.git("remote", "remove", "attic")
    released.release("fetch --prune").succeeds().says("pruned v0.1.0")
    assert "refs/tags/v0.1.0" not in released.refs


def test_with_all_remotes_dead_no_tag_is_called_local(released):
    released.git("remote", "set-url", "origin", "file:///nowhere/at/all")
    released.release("fetch").fails_with(6).says("No remote answered").never_says("only here")


def test_a_tag_that_two_remotes_have_is_one_tag(released):
    released.world.git(released.world.root, "init", "--quiet", "--bare", "mirror.git")
    released.git("remote", "add", "mirror", "../mirror.git")
    released.git("push", "--quiet", "mirror", "v0.1.0")
    released.release("fetch").succeeds().says("1 tag unchanged")


def test_a_dry_run_only_asks(released, colleague):
    colleague.git("tag", "-a", "v0.2.0", "-m", "Second")
    colleague.git("push", "--quiet", "origin", "v0.2.0")
    found = follows("fetch", released.release("fetch --dry-run --json").succeeds())
    assert (found["fetched"], changes(found)) == (False, {"v0.2.0": "new"})
    assert released.unchanged()


def test_without_any_tag_it_says_so_in_the_words_of_git(released):
    released.git("push", "--quiet", "--delete", "origin", "v0.1.0")
    released.git("tag", "--delete", "v0.1.0")
    released.release("fetch").succeeds().says("Already up to date.")


def test_without_a_remote_there_is_nothing_to_fetch(released):
    released.git("remote", "remove", "origin")
    released.release("fetch").fails_with(2).helps("git remote add origin")


def test_hostile_tag_names_are_shown_escaped_and_fetched(released, colleague):
    for name in ("x$(touch${IFS}hacked)", "-dash", "é\u202etxt", "a;b'c", "deep/er/x"):
        colleague.git("update-ref", f"refs/tags/{name}", "HEAD")
    colleague.git("push", "--quiet", "origin", "--tags")
    run = released.release("fetch").succeeds()
    assert "\u202e" not in run.out
    assert released.refs.keys() >= {"refs/tags/-dash", "refs/tags/x$(touch${IFS}hacked)"}


def test_git_variables_of_the_caller_do_not_lead_elsewhere(released, colleague):
    colleague.git("tag", "-a", "v0.2.0", "-m", "Second")
    colleague.git("push", "--quiet", "origin", "v0.2.0")
    released.world.variables |= {"GIT_DIR": str(colleague.folder / ".git"), "GIT_OBJECT_DIRECTORY": "/nowhere"}
    run = released.release("fetch --json")
    released.world.variables.clear()
    assert changes(run.succeeds().json) == {"v0.2.0": "new"}
    assert released.published("v0.2.0")


def test_a_record_of_seen_tags_that_is_broken_is_an_empty_one(released):
    released.release("fetch").succeeds()
    record = released.folder / ".git" / "release" / "seen-tags.json"
    for text in ("", "[[[[", '{"schema": 1, "remotes": {"origin": 3}}', '{"schema": 1, "remotes": []}'):
        record.write_text(text)
        released.release("fetch --prune").succeeds()
        assert "refs/tags/v0.1.0" in released.refs
