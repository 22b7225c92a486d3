"""What takes longer than a second is told on a terminal's stderr while it lasts, and gone when the answer comes."""

from __future__ import annotations

import sys
import time

import pexpect
import pytest

LOOKING = "checking the repository and its remotes ..."


@pytest.fixture
def slow(released):
    """A git remote that takes two seconds to answer; something is to be released."""
    released.write("model/performance.json", '{"overall": {"f1": 0.9, "loss": 0.2}}\n')
    released.save("Better")
    program = released.world.root / "slow-upload-pack"
    program.write_text('#!/bin/sh\nsleep 2\nexec git-upload-pack "$@"\n')
    program.chmod(0o755)
    released.git("config", "remote.origin.uploadpack", str(program))
    return released


@pytest.fixture
def unhurried(released):
    """A git remote that accepts a push when `go` is there, and a hook here that waits for it, too."""
    for folder, name in ((released.world.origin, "pre-receive"), (released.folder / ".git", "pre-push")):
        hook = folder / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        _waits_for_go(hook, released)
    return released


@pytest.fixture
def unanswered(released):
    """A push whose answer never came; the release is pending."""
    released.save("More")
    hook = released.world.origin / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nsleep 4\nexit 1\n")
    hook.chmod(0o755)
    released.world.variables["RELEASE_PUSH_LIMIT"] = "1"
    released.release("bump minor --yes").fails_with(8)
    del released.world.variables["RELEASE_PUSH_LIMIT"]
    time.sleep(4)  # what the server still does is over
    hook.unlink()
    return released


def started(project, *words):
    environment = project.world.environment() | {"TERM": "xterm"}
    return pexpect.spawn(
        sys.executable,
        ["-m", "release", *words],
        env=environment,
        cwd=str(project.folder),
        timeout=60,
        encoding="utf-8",
    )


def shown(project, *words):
    child = started(project, *words)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, child.before
    return child.before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["list"], "asking the git remote for its tags ..."),
        (["fetch"], "asking the git remotes ..."),
        (["status"], LOOKING),
        (["bump", "minor", "--yes"], LOOKING),
        (["rollback", "v0.1.0", "--yes", "--dry-run"], LOOKING),
        (["prepare", "minor", "--yes"], LOOKING),
        (["delete", "v0.1.0", "--remote", "--yes"], "asking the git remotes ..."),
    ],
)
def test_waiting_for_a_remote_is_told_and_taken_away(slow, words, told):
    text = shown(slow, *words)
    assert told in text
    assert "\r\x1b[K" in text.partition(told)[2], "it stands there still"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["bump", "minor", "--yes", "--allow-empty"], "publishing v0.2.0 to origin ..."),
        (["delete", "v0.1.0", "--local", "--remote", "--yes"], "deleting on origin ..."),
    ],
)
def test_waiting_for_a_push_and_its_hooks_is_told_before_it_begins(unhurried, words, told):
    stands_until_go(started(unhurried, *words), told, unhurried)


def test_waiting_for_the_remote_of_an_interrupted_release_is_told(unanswered):
    hook = unanswered.world.origin / "hooks" / "pre-receive"
    _waits_for_go(hook, unanswered)
    stands_until_go(started(unanswered, "recover", "--yes"), "asking the git remote ...", unanswered)
    assert unanswered.published("v0.2.0")


def test_a_checklist_begins_on_a_line_of_its_own(slow):
    child = started(slow, "delete")
    child.expect_exact("asking the git remotes ...")
    child.expect_exact("\r\x1b[K")
    child.expect_exact("Which tags?")
    child.send("\x03")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130


def stands_until_go(child, told, project):
    """The line comes while the other side waits, and is taken away only after that."""
    child.expect_exact(told)
    assert child.expect_exact([pexpect.TIMEOUT, "\r\x1b[K"], timeout=1.5) == 0, "it is gone before the wait is over"
    _go(project).touch()
    child.expect_exact("\r\x1b[K")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, child.before


def _waits_for_go(hook, project):
    hook.write_text(f"#!/bin/sh\nwhile [ ! -e {_go(project)} ]; do sleep 0.05; done\n")
    hook.chmod(0o755)


def _go(project):
    return project.world.root / "go"


SILENT = [
    ["list"],
    ["fetch"],
    ["status"],
    ["bump", "minor", "--yes", "--dry-run"],
    ["prepare", "minor", "--yes", "--dry-run"],
    ["delete", "v0.1.0", "--local", "--remote", "--yes", "--dry-run"],
    ["recover"],
    ["verify", "v0.1.0"],
    ["verify", "--objects"],
    ["checkout", "v0.1.0", "--dry-run"],
    ["init", "--dry-run"],
    ["changelog", "--rebuild", "--dry-run"],
]


@pytest.mark.parametrize("option", ["-q", "--json"])
@pytest.mark.parametrize("words", SILENT, ids=" ".join)
def test_it_is_not_told_to_who_wants_only_the_answer(slow, words, option):
    text = shown(slow, *words, option)
    assert "asking" not in text
    assert "looking" not in text
    assert "\x1b[K" not in text


@pytest.mark.parametrize("words", SILENT, ids=" ".join)
def test_it_is_not_told_where_no_person_reads(slow, words):
    run = slow.release_process(" ".join(words)).succeeds()
    assert "asking" not in run.out + run.err
    assert "looking" not in run.out + run.err
    assert "\x1b" not in run.out + run.err


def test_colour_is_for_terminals_without_no_color(released):
    released.world.variables["NO_COLOR"] = ""  # set and empty is not set (no-color.org)
    assert "\x1b[1m" in shown(released, "list")
    released.world.variables["NO_COLOR"] = "1"
    assert "\x1b[" not in shown(released, "list", "--offline")
