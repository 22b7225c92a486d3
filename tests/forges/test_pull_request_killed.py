"""The pull request, killed at each request, with answers that are lost, two at once: the end is that of one clean run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from forge_server import AFTER, BEFORE, ForgeServer, Request, forge_server, settle
from project import Project

REF = "refs/heads/release-pr/main"
WORDS = ("prepare", "auto", "--pull-request", "--yes")


@dataclass
class Scene:
    """A project and its forge at a moment to which they can be taken back."""

    project: Project
    forge: ForgeServer
    tip: str | None = None
    pulls: list[Request] = field(default_factory=list)

    def keep(self) -> Scene:
        """Remember this moment."""
        self.tip, self.pulls = self.project.origin.get(REF), deepcopy(self.forge.pulls)
        self.rewind()
        return self

    def rewind(self) -> None:
        """Take forge and origin back."""
        self.forge.reset()
        self.forge.pulls = deepcopy(self.pulls)
        words = ("update-ref", REF, self.tip) if self.tip else ("update-ref", "-d", REF)
        self.project.world.git(self.project.world.origin, *words)

    def state(self) -> Any:
        """Pull requests, and content and parent of the branch's one commit."""
        world, refs = self.project.world, self.project.origin
        content = world.git(world.origin, "log", "-1", "--format=%T %P%n%B", REF) if REF in refs else None
        return self.forge.state(), content, {name for name in refs if name != REF}

    def run(self) -> Any:
        """One clean run, in this process."""
        return self.project.release(*WORDS).succeeds()


# GitHub's with every request; the others have the same steps, and other requests for the update.
SCENES = ("github open", "github update", "github close", "gitlab update", "forgejo update")


@pytest.fixture(params=SCENES)
def scene(request: pytest.FixtureRequest, charcnn: Project) -> Iterator[Scene]:
    """A pull request to be opened, updated or closed."""
    kind, what = request.param.split()
    with forge_server(kind) as forge:
        settle(charcnn, forge)
        yield _scene(charcnn, forge, what)


def _scene(charcnn: Project, forge: ForgeServer, what: str) -> Scene:
    charcnn.train(b"third", '{"f1": 0.9}')
    if what != "open":
        charcnn.release(*WORDS).succeeds()
    if what == "update":
        charcnn.write("a.py", "x = 1\n")
        charcnn.save("feat: beam search")
    if what == "close":
        charcnn.git("revert", "--no-edit", "HEAD")
        charcnn.git("push", "--quiet", "origin", "main")
        charcnn.dvc("checkout", "--quiet")
    return Scene(charcnn, forge).keep()


@pytest.fixture
def clean(scene: Scene) -> tuple[Any, int]:
    """What one undisturbed run leaves, and the number of its requests."""
    scene.run()
    found = scene.state(), len(scene.forge.requests)
    scene.rewind()
    return found


def started(project: Project) -> subprocess.Popen[bytes]:
    """The command, running in a process of its own."""
    words = [sys.executable, "-m", "release", *WORDS]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(words, cwd=project.folder, env=project.world.environment(), **pipes)  # type: ignore[call-overload]


def nothing() -> None:
    """The connection is cut, and no more."""


def second(project: Project, name: str = "other") -> Project:
    """Another clone, whose origin is on the same forge."""
    other = project.clone(name)
    raw = project.git("config", "remote.origin.url")
    other.git("config", f"url.{project.git('remote', 'get-url', 'origin')}.insteadOf", raw)
    other.git("config", "remote.origin.url", raw)
    return other


def hooked(project: Project, name: str, text: str) -> Callable[[], None]:
    """Give the origin a hook; returns what takes it away."""
    hook = project.world.origin / "hooks" / name
    hook.write_text(f"#!/bin/sh\n{text}\n")
    hook.chmod(0o755)
    return hook.unlink


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
def test_killed_at_any_request_the_same_command_goes_on(scene, clean, moment):
    wanted, number = clean
    for at in range(1, number + 1):
        scene.rewind()
        running: list[subprocess.Popen[bytes]] = []

        def kill(running: list[subprocess.Popen[bytes]] = running) -> None:
            running[0].kill()
            running[0].wait()

        scene.forge.faults[at, moment] = kill
        with started(scene.project) as process:
            running.append(process)
            process.communicate(timeout=120)
        assert process.returncode == -9, f"request {at} was not reached"
        scene.run()
        assert scene.state() == wanted, f"killed {moment} request {at} of {scene.forge.requests}"
    assert scene.project.status == ""


@pytest.mark.parametrize("hook", ["pre-receive", "post-receive"])
def test_killed_in_the_push_the_same_command_goes_on(scene, clean, hook):
    wanted, _ = clean
    home = scene.project.world.root / "home"
    away = hooked(scene.project, hook, f'kill -9 "$(cat {home}/pid)"; sleep 0.2')
    with started(scene.project) as process:
        (home / "pid").write_text(str(process.pid))
        process.communicate(timeout=120)
    assert process.returncode == -9, "nothing was pushed"
    away()
    scene.run()
    assert scene.state() == wanted


def test_a_push_whose_answer_is_lost_is_no_failure(scene, clean, monkeypatch):
    monkeypatch.setattr("release.forge.http._WAITS_S", (0,))
    wanted, _ = clean
    away = hooked(scene.project, "post-receive", "kill -9 $PPID")
    scene.run()
    assert scene.state() == wanted
    away()


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
def test_one_lost_answer_is_no_failure(scene, clean, moment, monkeypatch):
    monkeypatch.setattr("release.forge.http._WAITS_S", (0,))
    wanted, number = clean
    for at in range(1, number + 1):
        scene.rewind()
        scene.forge.faults[at, moment] = nothing
        scene.run().says("trying again")
        assert scene.state() == wanted, f"lost {moment} request {at} of {scene.forge.requests}"


def test_one_overloaded_moment_is_no_failure(scene, clean):
    wanted, number = clean
    for at in range(1, number + 1):
        scene.rewind()
        scene.forge.answers[at] = (503, {"Retry-After": "0"}, b"<html>")
        scene.run().says("answered 503", "trying again")
        assert scene.state() == wanted, f"overloaded at request {at} of {scene.forge.requests}"


def test_a_list_that_lags_behind_opens_no_second_one(scene, clean, monkeypatch):
    monkeypatch.setattr("release.forge.http._WAITS_S", (0,))
    wanted, number = clean
    scene.forge.answers = {at: (200, {}, b"[]") for at in (number, number + 1) if not scene.pulls}
    scene.run()
    assert scene.state() == wanted, scene.forge.requests


def test_the_same_delivery_twice_changes_nothing(scene, clean):
    wanted, _ = clean
    scene.run()
    tip, before = scene.project.origin.get(REF), len([each for each in scene.forge.requests if "GET" not in each])
    second(scene.project).release(*WORDS).succeeds()
    assert scene.state() == wanted
    assert scene.project.origin.get(REF) == tip
    assert len([each for each in scene.forge.requests if "GET" not in each]) == before


def test_two_at_once_make_one(scene, clean):
    wanted, number = clean
    other = second(scene.project)
    for at in range(1, number + 1):
        scene.rewind()
        ends: list[tuple[str, int]] = []

        def between(ends: list[tuple[str, int]] = ends) -> None:
            if not ends:
                process = started(other)
                ends.append((process.communicate(timeout=120)[0].decode(), process.returncode))

        scene.forge.pauses[at] = between
        scene.run()
        ((said, code),) = ends
        assert code == 0, said
        assert scene.state() == wanted, f"the second ran within request {at} of {scene.forge.requests}"
    for _ in range(3):
        scene.rewind()
        both = [started(scene.project), started(other)]
        for process in both:
            said = process.communicate(timeout=120)[0].decode()
            assert process.returncode == 0, said
        assert scene.state() == wanted, scene.forge.requests


def test_of_two_at_once_the_one_of_an_older_commit_ends_with_7(scene, clean):
    """Somebody pushes and runs within each request; the older run follows main, as its job does, and runs again."""
    wanted, number = clean
    del wanted
    other = second(scene.project)
    start = scene.project.head
    other.write("b.py", "y = 1\n")
    other.save("fix: newer")
    scene.project.world.git(scene.project.world.origin, "update-ref", "refs/heads/main", start)
    scene.run()
    scene.rewind()
    newer = other.head
    for at in range(1, number + 1):
        scene.rewind()
        scene.project.git("reset", "--quiet", "--hard", start)
        scene.project.world.git(scene.project.world.origin, "update-ref", "refs/heads/main", start)
        ends: list[int] = []

        def between(ends: list[int] = ends) -> None:
            if not ends:
                world = scene.project.world
                world.git(world.origin, "update-ref", "refs/heads/main", newer)
                with started(other) as process:
                    process.communicate(timeout=120)
                ends.append(process.returncode)

        scene.forge.pauses[at] = between
        scene.project.release(*WORDS).fails_with(7).says("has moved meanwhile").helps("git pull origin main")
        assert ends == [0]
        scene.project.git("pull", "--quiet", "--ff-only", "origin", "main")
        scene.run()
        pulls = [each for each in scene.forge.pulls if each.state == "open"]
        assert len(pulls) == 1
        assert "newer" in pulls[0].body
        parent = scene.project.world.git(scene.project.world.origin, "log", "-1", "--format=%P", REF)
        assert parent == newer
