"""The workflow of `init --guard`, run by act: one issue is opened for lost data, and closed when it is back."""

from __future__ import annotations

import subprocess

import pytest
from forge import Forge
from forge_server import forge_server
from project import Project
from project.templates import performance

pytestmark = pytest.mark.system


@pytest.fixture
def server():
    with forge_server("github") as found:
        yield found


@pytest.fixture
def forge(released: Project, server) -> Forge:
    """v0.2.0 is released, its store is one that every machine sees, and the guard is on main."""
    released.dvc("remote", "modify", "--quiet", "storage", "url", str(released.world.store))
    released.release("init --yes --ci github --guard --package dvc-release==0.1.0 --no-hooks").succeeds()
    released.train(b"better", performance(f1=0.9))
    released.release("bump minor --yes").succeeds()
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


def test_zizmor_finds_nothing(forge):
    words = ["zizmor", "--offline", "--no-progress", "--persona", "pedantic", str(forge.project.folder / ".github")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
