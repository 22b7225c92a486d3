"""What every case of the matrix starts from, and the table that all of them make."""

import fcntl
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults.case import Case, build, copy
from project import git_servers
from project.git_servers import Server

TABLE = os.environ.get("CRASH_TABLE")  # a file that the whole table is written to, for the docs
AT_LEAST = int(os.environ.get("CRASH_AT_LEAST", "0"))  # fewer cases fail the run
_ROWS: list[tuple[str, str, str, str]] = []


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


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        _ROWS.extend(tuple(row) for name, row in report.user_properties if name == "crash")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _ROWS:
        return
    terminalreporter.section(f"{len(_ROWS)} faults, each fired, each settled: all or nothing")
    for line in _lines():
        terminalreporter.write_line(line)
    if TABLE:
        rows = [f"| {' | '.join((*row[:3], 'yes', row[3]))} |" for row in sorted(_ROWS)]
        head = ["| fault | transport | where | fired | outcome |", "| --- | --- | --- | --- | --- |"]
        Path(TABLE).write_text("\n".join([*head, *rows]) + "\n")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ and len(_ROWS) < AT_LEAST:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _lines() -> Iterator[str]:
    """The table, cases that differ in nothing but the place put together."""
    widths = [max(len(row[column]) for row in _ROWS) for column in (0, 1)]
    groups = Counter((row[0], row[1], row[3]) for row in _ROWS)
    for (fault, transport, ended), count in sorted(groups.items()):
        places = sorted({row[2] for row in _ROWS if (row[0], row[1], row[3]) == (fault, transport, ended)})
        shown = ", ".join(places[:4]) + (f" and {len(places) - 4} more" if len(places) > 4 else "")
        yield f"{fault.ljust(widths[0])}  {transport.ljust(widths[1])}  {count:3} x {ended}   ({shown})"
