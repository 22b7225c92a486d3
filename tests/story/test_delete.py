"""`release delete` on real remotes: what is shown goes, only that, and it can be brought back."""

from __future__ import annotations

import json
import sys
from importlib.resources import files

import jsonschema
import pexpect
import pytest


def follows(name, run):
    jsonschema.validate(run.json, json.loads(files("release").joinpath(f"schemas/{name}.json").read_text()))
    return run.json


def fates(found):
    return {(row["tag"], place["remote"]): place["fate"] for row in found["tags"] for place in row["places"]}


@pytest.fixture
def two(templates, tmp_path):
    """v0.1.0 and v0.2.0, each with a model of its own, both published."""
    return templates.grown("released", _two, tmp_path / "world")


def _two(released):
    released.train(b"better" * 1000, '{"overall": {"f1": 0.9}}\n')
    released.git("tag", "-a", "v0.2.0", "-m", "Second")
    released.git("push", "--quiet", "origin", "v0.2.0")


def protect(project, hook="exit 1"):
    """The origin refuses to delete tags."""
    script = project.world.origin / "hooks" / "pre-receive"
    script.parent.mkdir(exist_ok=True)
    script.write_text(f"#!/bin/sh\n{hook}\n")
    script.chmod(0o755)


@pytest.mark.fast
def test_a_tag_goes_here_and_there_and_comes_back_with_the_printed_command(two):
    before = two.refs["refs/tags/v0.2.0"]
    found = follows("delete", two.release("delete v0.2.0 --local --remote --yes --json").succeeds())
    assert fates(found) == {("v0.2.0", "origin"): "deleted", ("v0.2.0", None): "deleted"}
    assert "refs/tags/v0.2.0" not in two.refs | two.origin
    two.sh(found["tags"][0]["restore"])
    assert two.refs["refs/tags/v0.2.0"] == two.origin["refs/tags/v0.2.0"] == before


def test_the_newest_release_and_the_last_tag_of_data_are_warned_of_with_bytes(two):
    run = two.release("delete v0.2.0 --local --remote --dry-run").succeeds()
    run.says("v0.2.0 is the newest release: v0.1.0 will be the newest one", "6.0 kB in 1 object lose their last tag")
    assert two.unchanged()
    two.release("delete v0.1.0 --local --remote --dry-run").succeeds().never_says("newest")
    two.release("delete v0.2.0 --local --dry-run").succeeds().says("lose their last tag")
    assert two.unchanged()


def test_a_tag_deleted_on_one_side_only_stays_on_the_other(two):
    two.release("delete v0.2.0 --local --yes").succeeds().helps("git update-ref refs/tags/v0.2.0")
    assert "refs/tags/v0.2.0" not in two.refs
    assert "refs/tags/v0.2.0" in two.origin
    two.release("fetch").succeeds()
    two.release("delete v0.2.0 --remote --yes").succeeds().never_says("lose their last tag")
    assert "refs/tags/v0.2.0" in two.refs
    assert "refs/tags/v0.2.0" not in two.origin


def test_a_tag_that_only_the_remote_has_can_be_brought_back_too(two):
    clone = two.clone("stale", "--no-tags")
    before = two.origin["refs/tags/v0.2.0"]
    run = clone.release("delete v0.2.0 --remote --yes --json").succeeds()
    assert "refs/tags/v0.2.0" not in two.origin
    clone.sh(run.json["tags"][0]["restore"])
    assert two.origin["refs/tags/v0.2.0"] == before


def test_a_tag_that_moved_since_it_was_shown_is_not_deleted(two):
    colleague = two.clone("colleague")
    colleague.git("tag", "-f", "-a", "v0.2.0", "-m", "Another")
    hook = two.folder / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ncd '{colleague.folder}' && unset GIT_DIR && git push -q --force origin v0.2.0\n")
    hook.chmod(0o755)
    found = follows("delete", two.release("delete v0.2.0 --local --remote --yes --json").fails_with(7))
    assert fates(found) == {("v0.2.0", "origin"): "moved", ("v0.2.0", None): "kept"}
    assert two.origin["refs/tags/v0.2.0"] == colleague.refs["refs/tags/v0.2.0"]
    assert "refs/tags/v0.2.0" in two.refs


def test_a_remote_that_refuses_is_3_and_ours_stays(two):
    protect(two, "echo protected >&2; exit 1")
    found = follows("delete", two.release("delete v0.2.0 --local --remote --yes --json").fails_with(3))
    assert fates(found) == {("v0.2.0", "origin"): "refused", ("v0.2.0", None): "kept"}
    assert two.published("v0.2.0")


def test_a_partial_failure_is_9_and_told_per_tag_and_remote(two):
    two.world.git(two.world.root, "init", "--quiet", "--bare", "mirror.git")
    two.git("remote", "add", "mirror", "../mirror.git")
    two.git("push", "--quiet", "mirror", "v0.1.0", "v0.2.0")
    protect(two)
    run = two.release("delete v0.1.0 v0.2.0 --remote --yes").fails_with(9)
    run.says("v0.1.0 on origin: refused", "v0.2.0 on origin: refused", "Deleted 2 tags, but not everything")
    assert two.world.git(two.world.root / "mirror.git", "tag") == ""
    assert two.published("v0.1.0", "v0.2.0")


def test_a_dead_remote_does_not_stop_the_others_but_alone_it_changes_nothing(two):
    two.git("remote", "add", "attic", "file:///nowhere/at/all")
    follows("delete", two.release("delete v0.1.0 --local --remote --yes --json").fails_with(9))
    assert "refs/tags/v0.1.0" not in two.refs | two.origin
    two.git("remote", "set-url", "origin", "file:///nowhere/either")
    follows("delete", two.release("delete v0.2.0 --local --remote --yes --json").fails_with(6))
    assert two.unchanged()


def test_a_glob_means_what_git_tag_lists_and_is_shown_first(two):
    for name in ("v0.3.0-rc.1", "v0.3.0-rc.2"):
        two.git("tag", "-a", name, "-m", "Candidate")
    run = two.release("delete", "v0.3.0-rc.*", "--local", "--dry-run").succeeds()
    run.says("v0.3.0-rc.1", "v0.3.0-rc.2").never_says("v0.1.0")
    assert two.unchanged()
    two.release("delete", "v0.3.0-rc.*", "--local", "--yes").succeeds()
    assert two.git("tag").split() == ["v0.1.0", "v0.2.0"]


def test_the_command_that_brings_a_tag_back_is_printed_for_each_of_very_many(two):
    for number in range(80):
        two.git("update-ref", f"refs/tags/v0.3.0-rc.{number}", two.refs["refs/tags/v0.2.0"])
    said = two.release("delete", "v0.3.0-rc.*", "--local", "--yes").succeeds().out
    assert said.count("help: git update-ref") == 80


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("delete v9 --local --yes", 2, "no tag v9 "),
        ("delete v0.1.1 --local --yes", 2, "did you mean v0.1.0?"),
        ("delete 'x*' --local --yes", 2, "no tag x* "),
        ("delete v0.1.0", 2, "--local, --remote, or both"),
        ("delete --local --yes", 2, "missing argument TAG"),
        ("delete v0.1.0 --local", 2, "--yes"),
        ("delete -- --local", 2, "--local, --remote, or both"),
    ],
)
def test_what_is_missing_or_wrong_is_usage_and_changes_nothing(two, words, code, said):
    two.release(words).fails_with(code).says(said).helps()
    assert two.unchanged()


def test_a_version_names_its_tag(two):
    two.release("delete 0.2.0 --local --yes").succeeds()
    assert "refs/tags/v0.2.0" not in two.refs


def test_a_model_version_names_the_stages_that_it_leaves_behind(two):
    two.git("tag", "-a", "charCNN@v1.0.0", "-m", "m")
    two.git("tag", "-a", "charCNN#prod#1", "-m", "s")
    two.git("tag", "-a", "other#prod#1", "-m", "s")
    two.git("tag", "-a", "charCNN#dev#2", "-m", "s", "HEAD~1")
    found = follows("delete", two.release("delete charCNN@v1.0.0 --local --yes --json").succeeds())
    assert found["stages"] == ["charCNN#prod#1"]
    assert "refs/tags/charCNN#prod#1" in two.refs
    two.git("tag", "-a", "charCNN@v1.0.0", "-m", "m")
    two.release("delete charCNN@v1.0.0 --local --yes").succeeds().helps("release delete --local 'charCNN#prod#1'")


@pytest.mark.fast
def test_a_release_of_the_repository_names_its_stages_too(two):
    for stage in ("release#prod#1", "other#prod#1"):
        two.git("tag", "-a", stage, "-m", "s", "v0.2.0")
    two.git("tag", "-a", "release#prod#2", "-m", "s", "v0.1.0")
    two.release("delete v0.2.0 --local --dry-run").succeeds().says("stages of it stay: release#prod#1")
    assert two.release("delete v0.2.0 --local --yes --json").succeeds().json["stages"] == ["release#prod#1"]


def test_a_stage_of_another_version_at_that_commit_is_not_offered(two):
    for version in ("1.0.0", "1.1.0"):
        two.git("tag", "-a", f"charCNN@v{version}", "-m", "m")
    two.git("tag", "-a", "charCNN#prod#1", "-m", "s")
    assert two.release("delete charCNN@v1.0.0 --local --dry-run --json").succeeds().json["stages"] == []
    both = two.release("delete charCNN@v1.0.0 charCNN@v1.1.0 --local --dry-run --json").succeeds().json
    assert both["stages"] == ["charCNN#prod#1"]


def test_an_unpublished_release_is_taken_back_by_recover(two):
    two.save("More")
    two.release("bump minor --no-push --yes").succeeds()
    two.release("delete v0.3.0 --local --yes").fails_with(3).helps("release recover --undo")
    assert two.unchanged()


def test_hostile_names_are_words_to_git_and_text_to_a_terminal(two):
    names = ["x$(touch${IFS}hacked)", "-d", "a;b", "é\u202etxt", "deep/er"]
    for name in names:
        two.git("update-ref", f"refs/tags/{name}", "HEAD")
    two.git("push", "--quiet", "origin", "--tags")
    run = two.release("delete --local --remote --yes --", *names).succeeds()
    assert "\u202e" not in run.out
    assert two.git("tag").split() == ["v0.1.0", "v0.2.0"]
    assert not (two.folder / "hacked").exists()


def terminal(project, *words):
    environment = {**project.world.environment(), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
    program = ["-m", "release", *words]
    return pexpect.spawn(
        sys.executable, program, cwd=str(project.folder), env=environment, timeout=60, dimensions=(30, 100)
    )


def ended(child):
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def test_a_person_is_shown_the_plan_and_asked_once(two):
    child = terminal(two, "delete", "v0.2.0", "--local", "--remote")
    child.expect_exact("newest release")
    child.expect_exact("Delete v0.2.0?")
    child.send("n\r")
    assert ended(child) == 130
    assert two.published("v0.2.0")
    child = terminal(two, "delete", "v0.2.0", "--local", "--remote")
    child.expect_exact("(y/N)")
    child.send("y\r")
    assert ended(child) == 0
    assert "refs/tags/v0.2.0" not in two.refs | two.origin


def test_a_person_chooses_tags_and_places_and_ctrl_c_changes_nothing(two):
    child = terminal(two, "delete")
    child.expect_exact("Which tags?")
    child.expect_exact("v0.2.0")
    child.send(" \r")  # the first one, which is the newest
    child.expect_exact("only here")
    child.send("\x1b[B\r")  # the second choice: only here
    child.expect_exact("Delete v0.2.0 here?")
    child.send("\x03")
    assert ended(child) == 130
    assert two.published("v0.1.0", "v0.2.0")


def test_a_person_is_offered_the_stages_of_a_model_version(two):
    two.git("tag", "-a", "charCNN@v1.0.0", "-m", "m")
    two.git("tag", "-a", "charCNN#prod#1", "-m", "s")
    child = terminal(two, "delete", "charCNN@v1.0.0", "--local")
    child.expect_exact("Delete its stages, too: charCNN#prod#1?")
    child.send("y\r")
    child.expect_exact("Delete 2 tags here?")
    child.send("y\r")
    assert ended(child) == 0
    assert two.git("tag").split() == ["v0.1.0", "v0.2.0"]


def test_several_push_urls_are_refused_for_what_became_of_each_could_not_be_told(two):
    mirror = two.world.root / "mirror.git"
    two.git("clone", "--quiet", "--mirror", two.world.origin, mirror)
    for url in (two.world.origin, mirror):
        two.git("remote", "set-url", "--add", "--push", "origin", url)
    for how in ("--remote --yes", "--remote --local --yes", "--remote --dry-run"):
        run = two.release(f"delete v0.2.0 {how}").fails_with(2).says("origin has 2 push URLs")
        run.helps("git config --replace-all remote.origin.pushurl URL").helps("git push URL :refs/tags/v0.2.0")
        assert two.unchanged()
    two.sh(f"git push --quiet {mirror} :refs/tags/v0.2.0")  # what the help says
    two.release("delete v0.2.0 --local --yes").succeeds()
    two.git("config", "--unset-all", "remote.origin.pushurl")
    two.release("delete v0.1.0 --remote --yes").succeeds()


def test_a_push_url_that_leads_elsewhere_is_told_where_the_tag_still_is(two):
    """As people have it who fetch from one repository and push to their copy of it."""
    mirror = two.world.root / "mirror.git"
    two.git("clone", "--quiet", "--mirror", two.world.origin, mirror)
    two.git("remote", "set-url", "--push", "origin", mirror)
    run = two.release("delete v0.2.0 --remote --local --yes").fails_with(6)
    run.says("at its push URL", "its URL still has the tag")
    assert "refs/tags/v0.2.0" in two.refs
    assert two.git("-C", mirror, "tag", "--list") == "v0.1.0"
