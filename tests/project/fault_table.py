"""A plugin: the table that all cases of the matrix make, and how many there have to be."""

from __future__ import annotations  # pytest 8.0 does not name its TerminalReporter

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROWS = os.environ.get("CRASH_ROWS")  # a file in which several runs add up
TABLE = os.environ.get("CRASH_TABLE")  # a file that the whole table is written to, for the docs
AT_LEAST = int(os.environ.get("CRASH_AT_LEAST", "0"))  # fewer cases fail the run
_CONTROLS = "PYTEST_XDIST_WORKER" not in os.environ
_ROWS: list[tuple[str, str, str, str]] = []


def pytest_sessionstart() -> None:
    if ROWS and _CONTROLS and Path(ROWS).exists():
        _ROWS.extend(tuple(row) for row in json.loads(Path(ROWS).read_text()))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        rows: list[tuple[str, Any]] = report.user_properties
        _ROWS.extend(tuple(row) for name, row in rows if name == "crash")


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
    if not _CONTROLS:
        return
    if ROWS:
        Path(ROWS).write_text(json.dumps(_ROWS))
    if len(_ROWS) < AT_LEAST:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _lines() -> Iterator[str]:
    """The table, cases that differ in nothing but the place put together."""
    widths = [max(len(row[column]) for row in _ROWS) for column in (0, 1)]
    groups = Counter((row[0], row[1], row[3]) for row in _ROWS)
    for (fault, transport, ended), count in sorted(groups.items()):
        places = sorted({row[2] for row in _ROWS if (row[0], row[1], row[3]) == (fault, transport, ended)})
        shown = ", ".join(places[:4]) + (f" and {len(places) - 4} more" if len(places) > 4 else "")
        yield f"{fault.ljust(widths[0])}  {transport.ljust(widths[1])}  {count:3} x {ended}   ({shown})"
