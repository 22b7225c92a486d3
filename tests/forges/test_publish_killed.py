"""Killed at each request, answers that are lost, two at once: the end is that of one clean run."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from forge_server import AFTER, BEFORE, File, ForgeServer
from project import Project

WORDS = ("publish", "--asset", "model.onnx", "--asset", "notes.txt")


@pytest.fixture
def clean(charcnn: Project, forge: ForgeServer) -> tuple[Any, int]:
    """What one undisturbed run makes of the forge, and the number of its requests."""
    charcnn.write("model.onnx", b"onnx" * 1000)
    charcnn.write("notes.txt", b"read me")
    charcnn.release(*WORDS).succeeds()
    found = forge.state(), len(forge.requests)
    forge.reset()
    return found


def started(project: Project) -> subprocess.Popen[bytes]:
    """The command, running in a process of its own."""
    words = [sys.executable, "-m", "release", *WORDS]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(words, cwd=project.folder, env=project.world.environment(), **pipes)  # type: ignore[call-overload]


def nothing() -> None:
    """The connection is cut, and no more."""


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
def test_killed_at_any_request_the_same_command_goes_on(charcnn, forge, clean, moment):
    wanted, number = clean
    for at in range(1, number + 1):
        forge.reset()
        running: list[subprocess.Popen[bytes]] = []

        def kill(running: list[subprocess.Popen[bytes]] = running) -> None:
            running[0].kill()
            running[0].wait()

        forge.faults[at, moment] = kill
        with started(charcnn) as process:
            running.append(process)
            process.communicate(timeout=120)
        assert process.returncode == -9, f"request {at} was not reached"
        charcnn.release(*WORDS).succeeds()
        assert forge.state() == wanted, f"killed {moment} request {at} of {forge.requests}"
    assert charcnn.unchanged()


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
def test_one_lost_answer_is_no_failure(charcnn, forge, clean, moment, monkeypatch):
    monkeypatch.setattr("release.forge.http._WAITS_S", (0,))
    wanted, number = clean
    for at in range(1, number + 1):
        forge.reset()
        forge.faults[at, moment] = nothing
        charcnn.release(*WORDS).succeeds().says("trying again")
        assert forge.state() == wanted, f"lost {moment} request {at} of {forge.requests}"


def test_one_overloaded_moment_is_no_failure(charcnn, forge, clean):
    wanted, number = clean
    for at in range(1, number + 1):
        forge.reset()
        forge.answers[at] = (503, {"Retry-After": "0"}, b"<html>")
        charcnn.release(*WORDS).succeeds().says("answered 503", "trying again")
        assert forge.state() == wanted, f"overloaded at request {at} of {forge.requests}"


def test_a_list_that_lags_behind_makes_no_second_page(charcnn, forge, clean):
    wanted, _ = clean
    forge.reset()
    forge.answers = {3: (200, {}, b"[]")} if forge.kind != "gitlab" else {}
    charcnn.release(*WORDS).succeeds()
    assert forge.state() == wanted, forge.requests


@pytest.mark.parametrize("forge", ["forgejo"], indirect=True)
def test_a_file_that_another_run_replaces_while_it_is_read_is_looked_for_again(charcnn, forge, clean):
    """Forgejo has no digests, so files are read; of a file that is there twice, each run deletes one."""
    wanted, _ = clean
    charcnn.release(*WORDS).succeeds()
    at = next(at for at, each in enumerate(forge.requests, 1) if "/attachments/" in each)
    forge.reset()

    def replaced() -> None:
        (entry,) = forge.entries
        entry.files = [File(forge.new_id(), each.name, each.data) for each in entry.files]

    forge.pauses[at] = replaced
    charcnn.release(*WORDS).succeeds()
    assert forge.state() == wanted, forge.requests


def test_two_at_once_make_one_page(charcnn, forge, clean):
    wanted, number = clean
    other = charcnn.clone("other")
    for name in ("model.onnx", "notes.txt"):
        other.write(name, charcnn.read(name))
    url = charcnn.git("remote", "get-url", "origin")
    raw = charcnn.git("config", "remote.origin.url")
    other.git("config", f"url.{url}.insteadOf", raw)
    other.git("config", "remote.origin.url", raw)
    for at in range(1, number + 1):
        forge.reset()
        ends: list[tuple[str, int]] = []

        def second(ends: list[tuple[str, int]] = ends) -> None:
            if not ends:
                process = started(other)
                ends.append((process.communicate(timeout=120)[0].decode(), process.returncode))

        forge.pauses[at] = second
        charcnn.release(*WORDS).succeeds()
        ((said, code),) = ends
        assert code == 0, said
        assert forge.state() == wanted, f"the second ran within request {at} of {forge.requests}"
    for _ in range(4):
        forge.reset()
        both = [started(charcnn), started(other)]
        for process in both:
            said = process.communicate(timeout=120)[0].decode()
            assert process.returncode == 0, said
        assert forge.state() == wanted, forge.requests
