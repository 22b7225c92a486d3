"""A program that uses the Python API, for mypy: also where only the wheel is, so it imports nothing of the tests."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Literal

from typing_extensions import assert_type

from release import (
    BumpDocument,
    ExitCode,
    JsonCheck,
    JsonLine,
    JsonMetric,
    JsonOut,
    JsonProblem,
    JsonRevision,
    ListDocument,
    Project,
    ReleaseError,
    ShowDocument,
    UsageError,
    Verdict,
    VerifyDocument,
    __version__,
    open_project,
    records,
)


def look(folder: str) -> None:
    """Call everything."""
    project = assert_type(open_project(folder, offline=False), Project)
    listed = assert_type(project.releases(number=3, since=datetime(2020, 1, 1, tzinfo=timezone.utc)), ListDocument)
    assert_type(listed.releases, Sequence[JsonLine])
    assert_type(listed.releases[0].metrics, Mapping[str, float | Literal["NaN", "Infinity", "-Infinity"]])
    assert_type(listed.releases[0].on_remote, bool | None)
    assert_type(listed.releases[0].date, str | None)
    assert_type(records(listed), list[dict[str, object]])
    assert_type(project.metrics("latest")["overall.f1"], float)
    shown = assert_type(project.release("latest"), ShowDocument)
    assert_type(shown.pointers, Sequence[JsonOut])
    assert_type(shown.metrics, Sequence[JsonMetric])
    proven = assert_type(project.verify("latest", deep=True), VerifyDocument)
    assert_type(proven.revisions, Sequence[JsonRevision])
    assert_type(proven.revisions[0].verdict, Verdict)
    assert_type(proven.revisions[0].problems, Sequence[JsonProblem])
    assert_type(project.next_version("minor"), str | None)
    plan = assert_type(project.plan_bump("minor", message="faster"), BumpDocument)
    assert_type(plan.checks, Sequence[JsonCheck])


def main() -> None:
    """Look, and see that an error has a code."""
    assert_type(__version__, str)
    look(sys.argv[1])
    try:
        open_project("/")
    except UsageError as error:
        assert_type(error.help, str | None)
        assert_type(error.code, ExitCode)
    except ReleaseError as error:
        assert_type(error.message, str)
        raise
    Project.bump  # type: ignore[attr-defined]  # noqa: B018 - unused, and so an error, if names were not checked


if __name__ == "__main__":
    try:
        main()
    except AttributeError as error:
        sys.exit(0 if error.name == "bump" else 1)
    sys.exit(1)
