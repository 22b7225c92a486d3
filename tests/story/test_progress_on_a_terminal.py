"""What takes longer than a second is told on a terminal's stderr while it lasts, and gone when the answer comes."""

from __future__ import annotations

import sys

import pexpect
import pytest


@pytest.fixture
def slow(released):
    """A git remote that takes three seconds to answer."""
    program = released.world.root / "slow-upload-pack"
    program.write_text('#!/bin/sh\nsleep 3\nexec git-upload-pack "$@"\n')
    program.chmod(0o755)
    released.git("config", "remote.origin.uploadpack", str(program))
    return released


def shown(project, *words):
    environment = project.world.environment() | {"TERM": "xterm"}
    child = pexpect.spawn(
        sys.executable,
        ["-m", "release", *words],
        env=environment,
        cwd=str(project.folder),
        timeout=60,
        encoding="utf-8",
    )
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, child.before
    return child.before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["list"], "asking the git remote for its tags   1 s"),
        (["fetch"], "asking the git remotes ..."),
        (["status"], "looking at the repository and its remotes ..."),
    ],
)
def test_waiting_for_a_remote_is_told_and_taken_away(slow, words, told):
    text = shown(slow, *words)
    assert told in text
    assert "\r\x1b[K" in text.partition(told)[2], "it stands there still"


@pytest.mark.parametrize("words", [["list", "-q"], ["list", "--json"], ["fetch", "-q"], ["status", "--json"]])
def test_it_is_not_told_to_who_wants_only_the_answer(slow, words):
    assert "asking" not in shown(slow, *words)
    assert "\x1b[K" not in shown(slow, *words)


def test_it_is_not_told_where_no_person_reads(slow):
    run = slow.release_process("list").succeeds()
    assert "asking" not in run.out + run.err
    assert "\x1b" not in run.out + run.err


def test_colour_is_for_terminals_without_no_color(released):
    released.world.variables["NO_COLOR"] = ""  # set and empty is not set (no-color.org)
    assert "\x1b[1m" in shown(released, "list")
    released.world.variables["NO_COLOR"] = "1"
    assert "\x1b[" not in shown(released, "list", "--offline")
