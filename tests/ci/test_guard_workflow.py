"""The jobs of `init --guard`, run by act and gitlab-ci-local: one issue is opened for lost data, and closed when it is back."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from forge import Forge, GitLab
from forge_server import REPOSITORY, TOKEN, forge_server
from project import Project
from project.templates import performance

pytestmark = pytest.mark.system


@pytest.fixture
def server():
    with forge_server("github") as found:
        yield found


def guarded(project: Project, service: str) -> Path:
    """Release v0.2.0 with the guard on main, and a store that every machine sees; returns an object of it."""
    project.dvc("remote", "modify", "--quiet", "storage", "url", str(project.world.store))
    project.release(f"init --yes --ci {service} --guard --package dvc-release==0.1.0 --no-hooks").succeeds()
    project.train(b"better", performance(f1=0.9))
    project.release("bump minor --yes").succeeds()
    return next(path for path in project.objects_on_store() if path.read_bytes() == b"better")


@pytest.fixture
def forge(released: Project, server) -> Forge:
    guarded(released, "github")
    return Forge(released, pages=server)


def test_the_guard_opens_an_issue_and_closes_it(forge, server):
    path = next(path for path in forge.project.objects_on_store() if path.read_bytes() == b"better")
    forge.project.lose(path)
    forge.schedule("release-guard.yml", "17 6 * * *").fails().shows("## release verify", "v0.2.0   failed")
    (issue,) = server.tickets
    assert "model/model.pt" in issue.body
    path.write_bytes(b"better")
    forge.schedule("release-guard.yml", "17 6 * * *").passes()
    assert issue.state == "closed"
    assert not [each for each in server.requests if "/issues" not in each]


def test_the_job_of_gitlab_opens_an_issue_and_closes_it(released):
    """The schedule of each day sees what is lost, that of each night what is rotten; none of them releases."""
    path = guarded(released, "gitlab")
    released.save("feat: not released by a schedule of the guard")
    before = released.origin
    with forge_server("gitlab") as server:
        with (released.world.root / "home" / "gitconfig").open("a") as git:
            git.write(f'[url "{released.world.origin.as_uri()}"]\n\tinsteadOf = {server.url}/{REPOSITORY}.git\n')
        places = {"CI_SERVER_URL": server.url, "CI_PROJECT_PATH": REPOSITORY, "CI_API_V4_URL": server.api}
        ci = GitLab(released, more=places | {"GITLAB_TOKEN": TOKEN, "CI_JOB_TOKEN": "x"})
        released.lose(path)
        ci.schedule(RELEASE_GUARD="verify").fails().shows("v0.2.0   failed")
        (issue,) = server.tickets
        assert "model/model.pt" in (issue.body or "")
        path.write_bytes(b"better")
        ci.schedule(RELEASE_GUARD="verify").passes()
        assert issue.state == "closed"
        path.write_bytes(b"rotten")
        ci.schedule(RELEASE_GUARD="verify").passes()
        assert len(server.tickets) == 1
        ci.schedule(RELEASE_GUARD="deep").fails().shows("its content is")
        assert [each.state for each in server.tickets] == ["closed", "open"]
        path.write_bytes(b"better")
        ci.schedule(RELEASE_GUARD="deep").passes().shows("100 % of")
        assert [each.state for each in server.tickets] == ["closed", "closed"]
        assert {each.headers.get("private-token") for each in server.seen} == {TOKEN}
    assert released.origin == before


def test_zizmor_finds_nothing(forge):
    words = ["zizmor", "--offline", "--no-progress", "--persona", "pedantic", str(forge.project.folder / ".github")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
