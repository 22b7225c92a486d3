"""The record of a release: what it says while it is on its way, and a record that nobody can read."""

import json
import os
import subprocess
import sys

import pytest
from faults.case import TAG, Case

from release.commands.delete.work import delete, plan_deletion, read_known
from release.core.tag_changes import Where
from release.engine.project import project_in
from release.errors import ExitCode

# The superuser reads everything: where tests run as that, the privilege is given up.
WITHOUT_PRIVILEGES = (
    ()
    if os.geteuid()
    else ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")
)
UNREADABLE = {
    "cut short": lambda text: text[: len(text) // 2],
    "of a newer release": lambda text: text.replace('"schema": 2', '"schema": 3'),
    "with a field more": lambda text: text.replace('"schema": 2', '"schema": 2, "more": 1'),
    "no document": lambda _: "[]",
    "empty": lambda _: "",
    "of other types": lambda text: text.replace('"blobs": {', '"blobs": [], "data": {'),
    "not UTF-8": lambda text: text.replace("charCNN", "char\udcff"),
    "nested without end": lambda _: "[" * 100_000,
}
# What can be in the place of a file or folder of ours, and what is told of it.
IN_THE_WAY = ["release", "release/lock", "release/unpublished"]


@pytest.mark.parametrize("how", UNREADABLE)
def test_a_record_that_cannot_be_read_stops_everything_that_changes_and_is_named(new_case, how):
    case: Case = new_case()
    case.bump(at="publish", line="kill -KILL $RELEASE")
    record = case.project.folder / ".git" / "release" / "pending.json"
    whole = record.read_text()
    record.write_text(UNREADABLE[how](whole), errors="surrogateescape")
    for line in ("bump minor --yes", "recover --yes", "bump minor --dry-run"):
        case.project.release(line).fails_with(8).says(str(record)).helps(f"mv {record} {record}.old")
        assert case.project.unchanged()
    record.write_text(whole)
    case.recover().fails_with(0)
    case.whole()
    case.no_leftovers()


def in_the_first_format(record):
    """Write a record as the first version wrote it: with the one release among its own fields."""
    fields = json.loads(record.read_text())
    (release,) = fields.pop("releases")
    record.write_text(json.dumps({**fields, **release, "schema": 1}))


@pytest.mark.parametrize("at", ["keep", "publish", "move refs"])
def test_a_record_of_the_first_format_recovers(new_case, at):
    case: Case = new_case()
    case.bump(at=at, line="kill -KILL $RELEASE")
    in_the_first_format(case.project.folder / ".git" / "release" / "pending.json")
    case.recover().fails_with(0)
    if at == "keep":
        case.nothing_changed()
    else:
        case.whole()
    case.no_leftovers()


def test_an_unpublished_release_of_the_first_format_is_published(new_case):
    case: Case = new_case()
    case.project.release("bump minor -m charCNN --no-push --yes").succeeds()
    (record,) = (case.project.folder / ".git" / "release" / "unpublished").iterdir()
    in_the_first_format(record)
    case.project.release("recover").succeeds().says("not published yet: v0.2.0")
    case.project.release("bump minor --yes").succeeds()
    case.whole()
    case.no_leftovers()


@pytest.mark.parametrize("what", ["a folder", "a link to itself", "no file of mine"])
def test_a_record_that_cannot_be_opened_stops_everything_that_changes_and_is_not_written_over(new_case, what):
    case: Case = new_case()
    case.bump(at="publish", line="kill -KILL $RELEASE")
    record = case.project.folder / ".git" / "release" / "pending.json"
    aside = record.with_name("aside")
    record.rename(aside)
    if what == "a folder":
        record.mkdir()
    elif what == "a link to itself":
        record.symlink_to(record.name)
    else:
        aside.rename(record)
        record.chmod(0)
    for words in (("bump", "minor", "--yes"), ("recover", "--yes"), ("bump", "minor", "--dry-run")):
        run = case.command(*words, under=WITHOUT_PRIVILEGES).fails_with(8).says(str(record))
        run.helps(f"mv {record} {record}.old" if what != "no file of mine" else "release recover, as ")
    if what == "no file of mine":
        record.chmod(0o600)
    else:
        record.rename(record.with_name("pending.json.old"))
        aside.rename(record)
    case.recover().fails_with(0)
    case.whole()


@pytest.mark.parametrize("name", IN_THE_WAY)
@pytest.mark.parametrize("line", ["bump minor --no-push --yes", "recover --yes", "recover --dry-run", "fetch"])
def test_what_is_in_the_place_of_our_folder_is_named_and_left_alone(new_case, name, line):
    case: Case = new_case()
    place = case.project.folder / ".git" / name
    if name == "release/lock":
        place.mkdir(parents=True)
    else:
        place.parent.mkdir(exist_ok=True)
        place.write_text("mine\n")
    if line == "fetch" and name == "release/lock":  # it takes none
        case.project.release(line).succeeds()
        return
    run = case.project.release(line).fails_with(3).says(f"{place} is in the way").helps(f"mv {place} {place}.old")
    assert line == "fetch" or case.project.unchanged()
    assert place.is_dir() or place.read_text() == "mine\n"
    case.project.sh(run.err.split("help: check it, then: ")[1])
    case.project.release(line).succeeds()


def test_fetches_at_once_in_one_clone_do_not_meet(new_case):
    case: Case = new_case()
    python = [sys.executable, "-m", "release", "fetch"]
    environment = case.world.environment()
    runs = [subprocess.Popen(python, cwd=case.project.folder, env=environment) for _ in range(6)]
    assert [run.wait() for run in runs] == [0] * 6
    assert [path.name for path in (case.project.folder / ".git" / "release").iterdir()] == ["seen-tags.json"]


def test_what_is_pending_is_told_with_its_tag_time_and_folder(new_case):
    case: Case = new_case()
    case.bump(at="publish", line="kill -KILL $RELEASE")
    record = json.loads((case.project.folder / ".git" / "release" / "pending.json").read_text())
    assert record["state"] == "pushing"
    assert record["asked"] == 1
    assert case.project.origin[TAG] == record["releases"][0]["tag_object"]
    run = case.project.release("bump minor --yes").fails_with(8).helps("release recover")
    run.says("v0.2.0, started", record["started"])
    told = case.project.release("status --json").json["checks"]
    assert [record["worktree"] in check["message"] for check in told if check["name"] == "interrupted"] == [True]
    case.recover().fails_with(0)


def test_an_unpublished_release_is_no_interruption(new_case):
    case: Case = new_case()
    case.bump("--no-push").fails_with(0)
    case.project.release("bump minor --allow-empty --dry-run").succeeds().never_says("interrupted")
    case.project.release("recover").succeeds().says("not published yet: v0.2.0")


@pytest.mark.parametrize("places", ["there", "here and there"])
def test_a_tag_that_somebody_deleted_meanwhile_is_deleted(new_case, places):
    case: Case = new_case()
    project = project_in(case.project.folder, case.world.environment(), on_terminal=False)
    plan = plan_deletion(project, ("v0.1.0",), Where.BOTH, read_known(project, ask=True))

    def answer(_):
        case.world.git(case.world.origin, "tag", "-d", "v0.1.0")
        if places != "there":
            case.project.git("tag", "-d", "v0.1.0")
        return True

    report = delete(project, plan, answer)
    assert report.exit_code is ExitCode.DONE
    assert "refs/tags/v0.1.0" not in case.project.refs


def test_a_tag_that_moved_here_while_the_question_was_open_is_not_deleted_here(new_case):
    case: Case = new_case()
    project = project_in(case.project.folder, case.world.environment(), on_terminal=False)
    plan = plan_deletion(project, ("v0.1.0",), Where.LOCAL, read_known(project, ask=False))

    def answer(_):
        case.project.git("tag", "-f", "v0.1.0")
        return True

    assert delete(project, plan, answer).exit_code is ExitCode.RACED
    assert case.project.refs["refs/tags/v0.1.0"] == case.project.head


def test_a_tag_that_a_remote_keeps_stays_here(new_case):
    case: Case = new_case()
    hook = case.world.origin / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho protected; exit 1\n")
    hook.chmod(0o755)
    case.project.release("delete v0.1.0 --local --remote --yes").fails_with(3).says("remote: protected")
    case.nothing_changed()


def test_a_tag_that_only_a_remote_has_is_deleted_there_and_can_be_brought_back(new_case):
    case: Case = new_case()
    before = case.project.origin
    clone = case.project.clone("stale", "--no-tags")
    run = clone.release("delete v0.1.0 --remote --yes --json").succeeds()
    assert "refs/tags/v0.1.0" not in case.project.origin
    clone.sh(run.json["tags"][0]["restore"])
    assert case.project.origin == before


def test_a_tag_is_not_deleted_while_a_release_is_pending(new_case):
    case: Case = new_case()
    case.bump(at="publish", line="kill -KILL $RELEASE")
    origin = case.project.origin
    case.project.release("delete v0.2.0 --remote --yes").fails_with(8).helps("release recover")
    assert case.project.origin == origin
    case.recover().fails_with(0)


def test_an_unpublished_release_is_more_than_its_tag(new_case):
    case: Case = new_case()
    case.bump("--no-push").fails_with(0)
    case.project.release("delete v0.2.0 --local --yes").fails_with(3).helps("release recover --undo")
    assert TAG in case.project.refs
