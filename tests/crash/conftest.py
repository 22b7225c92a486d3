"""What every case of the matrix starts from."""

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults.case import Case, build, copy
from project import git_servers
from project.git_servers import Server


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    finished = shared / "crash-template"
    with (shared / "crash-template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.is_dir():
            building = shared / "crash-template.building"
            build(building)
            building.rename(finished)
    return finished


@pytest.fixture(scope="session")
def git_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with git_servers.git_daemon(tmp_path_factory.mktemp("git-daemon")) as server:
        yield server


@pytest.fixture(scope="session")
def http_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with git_servers.http(tmp_path_factory.mktemp("http")) as server:
        yield server


@pytest.fixture(scope="session")
def ssh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with git_servers.sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Callable[[str, str, str, str], None]:
    """Writes a row of the table: fault, transport, where, and how it ended."""

    def noting(fault: str, transport: str, where: str, ended: str) -> None:
        request.node.user_properties.append(("crash", (fault, transport, where, ended)))

    return noting


@pytest.fixture
def new_case(
    template: Path, tmp_path: Path, request: pytest.FixtureRequest, note: Callable[[str, str, str, str], None]
) -> Callable[..., Case]:
    """Makes a case over a transport: `file`, `git`, `http` or `ssh`; `port` is that of a proxy before the server."""
    made = 0

    def make(transport: str = "file", port: int | None = None) -> Case:
        nonlocal made
        made += 1
        project = copy(template, tmp_path / f"world-{made}")
        if transport != "file":
            server = request.getfixturevalue(f"{transport}_server")
            project.world.variables |= server.variables
            project.git("remote", "set-url", "origin", server.url(project.world.origin, port))
        return Case(project, transport, note)

    return make
