"""`release status` plans once, also where `auto` finds nothing to release: the remote is asked once."""

from __future__ import annotations

import os
import shutil

import pytest


@pytest.fixture
def questions(released):
    """The calls of `git ls-remote` so far: a git in front of the real one writes down how it was called."""
    folder = released.world.root / "watching"
    folder.mkdir()
    log, git = folder / "log", folder / "git"
    git.write_text(f'#!/bin/sh\necho "$*" >>{log}\nexec {shutil.which("git")} "$@"\n')
    git.chmod(0o755)
    released.world.variables["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return lambda: sum(" ls-remote " in f" {line} " for line in log.read_text().splitlines())


@pytest.mark.fast
@pytest.mark.parametrize("subject", ["chore: nothing", "feat: something"])
def test_the_remote_is_asked_once(released, questions, subject):
    released.git("commit", "-q", "--allow-empty", "-m", subject)
    released.release("status").succeeds()
    assert questions() == 1


@pytest.mark.fast
def test_where_there_is_nothing_to_release_the_checks_are_those_of_a_patch(released):
    released.git("commit", "-q", "--allow-empty", "-m", "chore: nothing")
    status = released.release("status --json").succeeds().json
    patch = released.release("bump patch --dry-run --json").succeeds().json
    assert (status["auto"], status["version"]) == ("none", None)
    assert [check["name"] for check in status["checks"]] == [check["name"] for check in patch["checks"]]
    assert released.release("status").succeeds().says("auto: nothing to release").helps("release bump patch")


def test_a_branch_that_is_behind_is_told_at_a_release_too(released):
    other = released.clone()
    other.commit("feat: more")
    other.git("push", "--quiet", "origin", "main")
    run = released.release("status").succeeds().says("v0.1.0 is the latest release", "main is behind origin: someone")
    run.never_says("auto would release").helps("git pull")
    released.git("fetch", "--quiet")
    released.release("status").succeeds().says("main is behind origin by 1 commit").helps("git pull --ff-only")
    status = released.release("status --json").succeeds().json
    assert (status["previous_tag"], status["auto"], status["version"]) == ("v0.1.0", None, None)
    released.release("status --check").fails_with(7)
