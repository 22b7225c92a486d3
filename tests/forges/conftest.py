"""A project with a release, and a forge that its origin is on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from forge_server import ForgeServer, forge_server, settle
from project import Project, Templates

KINDS = ("github", "gitlab", "forgejo")


@pytest.fixture
def charcnn(templates: Templates, tmp_path: Path) -> Project:
    """v0.2.0 `charCNN` is released; v0.1.0 was tagged by hand."""
    return templates.grown("released", _grow, tmp_path / "world")


def _grow(project: Project) -> None:
    project.train(b"second", '{"f1": 0.86}')
    project.release("bump minor --yes -m charCNN").succeeds()


@pytest.fixture(params=KINDS)
def forge(request: pytest.FixtureRequest, charcnn: Project) -> Iterator[ForgeServer]:
    """The forge of the project's origin: git goes to the bare repository, the API to a server on loopback."""
    with forge_server(request.param) as server:
        settle(charcnn, server)
        yield server
