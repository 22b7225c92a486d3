"""A main branch that only takes pull requests: files in one, the tag after its merge."""

import json
import re
from importlib.resources import files

import jsonschema
import pytest
from project.templates import performance


def valid(run):
    jsonschema.validate(run.json, json.loads(files("release").joinpath("schemas/prepare.json").read_text()))
    return run.json


@pytest.fixture
def topic(templates, tmp_path):
    """A branch with a better model, and a package whose version is that of the last release."""
    return templates.grown("released", _topic, tmp_path / "world")


def _topic(released):
    released.write("pyproject.toml", '[project]\nname = "x"\nversion = "0.1.0"\n')
    released.save("build: package")
    released.git("switch", "--quiet", "--create", "topic")
    released.train(b"better", performance(f1=0.9))


def squash(project):
    """Merge the branch as forges do: one commit with other words, made on the server."""
    project.save("Prepare")
    project.git("switch", "--quiet", "main")
    project.git("merge", "--quiet", "--squash", "topic")
    project.git("commit", "--quiet", "-m", "A better model (#7)")
    project.git("push", "--quiet", "origin", "main")
    return project.head


@pytest.mark.fast
def test_the_files_are_written_and_nothing_is_committed_tagged_or_pushed(topic):
    refs, origin = topic.refs, topic.origin
    run = topic.release("prepare minor -m charCNN --yes --json").succeeds()
    found = valid(run)
    assert (found["version"], found["released"], found["files"]) == ("0.2.0", False, ["CHANGELOG.md", "pyproject.toml"])
    assert (topic.refs, topic.origin) == (refs, origin)
    assert 'version = "0.2.0"' in topic.read("pyproject.toml").decode()
    assert "## [0.2.0] - 2026-01-05\n\ncharCNN\n" in topic.read("CHANGELOG.md").decode()
    assert topic.git("diff", "--cached", "--name-only") == ""


def test_on_main_its_help_begins_with_a_branch(released):
    released.train(b"better", performance(f1=0.9))
    run = released.release("prepare minor -m charCNN --yes").succeeds()
    run.helps("git switch -c prepare-0.2.0 && git add CHANGELOG.md && git commit -m 'Prepare 0.2.0'")


@pytest.mark.parametrize("kind", ["auto", "minor", "0.2.0"])
def test_after_a_squashed_merge_bump_makes_only_the_tag(topic, kind):
    topic.release("prepare minor -m charCNN --yes").succeeds()
    commit = squash(topic)
    run = topic.release(f"bump {kind} -m charCNN --yes --json").succeeds().json
    assert (run["released"], run["version"], run["commit"]) == (True, "0.2.0", commit)
    assert topic.published("v0.2.0")
    assert topic.head == commit == topic.origin["refs/heads/main"]
    assert "## [0.2.0]" in run["changelog_entry"]
    assert topic.status == ""
    topic.release("bump auto --yes --json").succeeds()
    assert topic.unchanged()


def test_the_message_reaches_the_tag_after_the_merge(topic):
    words = "charCNN *small* [x] <b> a_b_c, thanks to @someone"
    run = topic.release("prepare minor --yes -m", words).succeeds()
    run.says("without commit or tag", "Wrote CHANGELOG.md, pyproject.toml for v0.2.0. Nothing is committed or tagged.")
    run.helps("git add CHANGELOG.md pyproject.toml && git commit -m 'Prepare 0.2.0'").never_says("git switch")
    squash(topic)
    run = topic.release("bump auto --yes --json").succeeds().json
    assert run["message"] == words
    assert topic.message_of("v0.2.0").startswith(f"{words}\n")


def test_an_upload_that_is_missing_has_a_help_line_of_its_own(topic):
    topic.train(b"kept back", performance(f1=0.95), push=False)
    topic.release("prepare minor --yes").fails_with(4).helps("release verify --push").never_says("--push-data")


def test_auto_says_that_the_version_was_prepared(topic):
    topic.release("prepare auto --yes").succeeds()
    squash(topic)
    run = topic.release("bump auto --dry-run --json").succeeds().json
    assert run["reasons"] == ["0.2.0: CHANGELOG.md already has its entry (prepared)"]


def test_with_no_commit_the_prepared_version_passes_the_check_of_version_files(topic):
    topic.release("prepare auto --yes").succeeds()
    squash(topic)
    topic.release("bump auto --no-commit --yes").succeeds()
    assert topic.published("v0.2.0")


@pytest.mark.parametrize("words", ["bump auto --yes", "bump 0.2.0 --no-commit --yes", "bump minor --yes"])
def test_numbers_that_changed_after_it_was_prepared_are_not_released_with_the_old_ones(topic, words):
    topic.release("prepare minor -m charCNN --yes").succeeds()
    squash(topic)
    topic.train(b"other", performance(f1=0.7))
    run = topic.release(words).fails_with(3).says("already has an entry for 0.2.0", "its numbers, parameters or data")
    run.helps("take the entry of 0.2.0 out of CHANGELOG.md")
    assert topic.unchanged()


@pytest.mark.parametrize("what", ["parameters", "data"])
@pytest.mark.parametrize("words", ["bump auto --yes", "bump 0.2.0 --no-commit --yes"])
def test_what_else_changed_after_it_was_prepared_is_not_released_as_it_was(topic, words, what):
    topic.write("params.yaml", "lr: 0.1\n")
    topic.save("Slower")
    topic.release("prepare minor -m charCNN --yes").succeeds()
    squash(topic)
    if what == "data":
        topic.train(b"much larger" * 1000, performance(f1=0.9))
    else:
        topic.write("params.yaml", "lr: 0.5\n")
        topic.save("Faster")
    run = topic.release(words).fails_with(3).says("data are not those of this commit")
    run.helps("take the entry of 0.2.0 out of CHANGELOG.md")
    assert topic.unchanged()


def test_what_people_write_under_our_headings_stays_and_is_no_claim(topic):
    topic.write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n### Parameters\n\n- the learning rate is lower\n")
    topic.save("By hand")
    topic.release("prepare minor -m charCNN --yes").succeeds()
    squash(topic)
    topic.release("bump auto --yes").succeeds()
    assert topic.published("v0.2.0")
    assert "- the learning rate is lower" in topic.read("CHANGELOG.md").decode()


def test_a_formatter_may_align_the_table_of_a_prepared_entry(topic):
    topic.release("prepare minor -m charCNN --yes").succeeds()
    text = topic.read("CHANGELOG.md").decode()
    assert "| 0.9" in text
    topic.write("CHANGELOG.md", re.sub(r"\|(?=[^\n])", "|   ", text).replace("| ---", "| ----------"))
    squash(topic)
    topic.release("bump auto --yes").succeeds()
    assert topic.published("v0.2.0")


def test_a_line_that_a_formatter_wrapped_is_no_longer_known_and_refused(topic):
    topic.release("prepare minor -m charCNN --yes").succeeds()
    text = topic.read("CHANGELOG.md").decode()
    assert "\n- model/model.pt: " in text
    topic.write("CHANGELOG.md", text.replace("\n- model/model.pt: ", "\n- model/model.pt:\n  "))
    squash(topic)
    topic.release("bump auto --yes").fails_with(3).helps("take the entry of 0.2.0 out of CHANGELOG.md")


def test_the_tag_can_be_made_where_main_takes_no_push(topic):
    topic.release("prepare auto --yes").succeeds()
    squash(topic)
    hook = topic.world.origin / "hooks" / "update"
    hook.write_text('#!/bin/sh\ncase $1 in refs/heads/*) echo "GH006: Protected branch"; exit 1;; esac\n')
    hook.chmod(0o755)
    topic.release("bump auto --yes").succeeds()
    assert topic.published("v0.2.0")


def test_text_written_by_hand_moves_into_the_entry(topic):
    topic.commit("Words", **{"CHANGELOG.md": "# Changelog\n\n## [Unreleased]\n\nFaster.\n"})
    topic.release("prepare minor --yes").succeeds()
    log = topic.read("CHANGELOG.md").decode()
    assert log.index("## [Unreleased]") < log.index("## [0.2.0]") < log.index("Faster.")


def test_a_second_call_after_the_commit_changes_nothing(topic):
    topic.release("prepare auto --yes").succeeds().says("without commit or tag").never_says("tag only")
    topic.commit("Prepare")
    topic.release("prepare auto --yes").succeeds().says("is already prepared", "Will change nothing")
    assert topic.unchanged()


@pytest.mark.parametrize("words", ["prepare minor --dry-run", "prepare minor --dry-run --json"])
def test_a_dry_run_writes_nothing(topic, words):
    topic.release(words).succeeds().says("0.2.0")
    assert topic.unchanged()


def test_without_a_terminal_it_needs_yes(topic):
    topic.release("prepare minor").fails_with(2).helps("release prepare minor --yes")
    assert topic.unchanged()


def test_what_would_be_refused_after_the_merge_is_refused_now(topic):
    topic.write(".release.toml", '[gate."overall.f1"]\nmax-regression = 0.01\n')
    topic.train(b"worse", performance(f1=0.7))
    found = valid(topic.release("prepare minor --yes --json").fails_with(5))
    assert found["files"] == []
    assert topic.unchanged()
    topic.release('prepare minor --yes --allow-regression "known"').succeeds()


def test_data_that_is_not_on_its_remote_is_refused(topic):
    topic.train(b"forgotten", performance(f1=0.9), push=False)
    topic.release("prepare minor --yes").fails_with(4).says("model/model.pt")
    assert topic.unchanged()


def test_unsaved_changes_of_a_file_to_be_written_are_not_lost(topic):
    topic.write("pyproject.toml", '[project]\nname = "y"\nversion = "0.1.0"\n')
    topic.release("prepare minor --yes").fails_with(3).says("pyproject.toml")
    assert topic.unchanged()


@pytest.mark.parametrize(
    "heading", ["## [0.9.0]", "## [0.9.0] - unreleased", "## [0.1.0] - 2026-01-05", "## [nonsense] - 2026-01-05"]
)
def test_an_entry_that_is_no_prepared_release_is_not_taken_for_one(released, heading):
    released.write("CHANGELOG.md", f"# Changelog\n\n{heading}\n\nWords\n")
    released.save("fix: words")
    assert released.release("bump auto --dry-run --json").succeeds().json["version"] == "0.1.1"


def test_nothing_to_release_is_nothing_to_prepare(released):
    released.save("docs: words")
    released.release("prepare auto --yes").succeeds().says("Nothing to release")
    assert released.unchanged()


@pytest.mark.fast
@pytest.mark.parametrize("said", ["(in development)", "- XXXX-XX-XX", "- not released", "(WIP)", ""])
def test_an_entry_that_is_not_released_yet_is_not_taken_as_prepared(released, said):
    text = released.read("CHANGELOG.md").decode() if (released.folder / "CHANGELOG.md").exists() else "# Changelog\n"
    released.write("CHANGELOG.md", text.replace("# Changelog\n", f"# Changelog\n\n## [0.2.0] {said}\n\n- by hand\n", 1))
    released.train(b"newer", "{}")
    chosen = released.release("bump auto --dry-run").never_says("(prepared)")
    if "v0.2.0" in chosen.out:
        chosen.fails_with(3)
    released.release("bump minor --yes").fails_with(3).says("0.2.0").helps("write '[0.2.0] - ")


@pytest.mark.fast
def test_a_version_that_exists_has_one_check_and_one_help(released):
    text = "# Changelog\n\n## [0.3.0] - 2026-01-01\n\n- x\n\n## [0.1.0] - 2026-01-01\n\n- y\n"
    released.write("CHANGELOG.md", text)
    released.train(b"newer", "{}")
    for command in ("bump", "prepare"):
        run = released.release(f"{command} 0.1.0 --yes").fails_with(3).helps(f"release {command} 0.1.1")
        run.never_says("take the entry", "has an entry")
        assert len([line for line in run.out.splitlines() if line.startswith("help: ")]) == 1
