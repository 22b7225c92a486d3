"""Clock and CI service: time, branch of the job, and its output files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone

from release.core.release import BumpReport, Outcome
from release.core.text import command_line, for_terminal, quote
from release.errors import PartlyDone, UsageError


def now() -> datetime:
    """Return the current time as an aware datetime in UTC."""
    return datetime.now(timezone.utc)


# CI services: the branch of a detached checkout, and files that a service reads after a step


def branch_of_checkout(environment: Mapping[str, str]) -> str | None:
    """Return the short branch name of a CI job whose checkout is detached; None if unknown."""
    ref = environment.get("GITHUB_REF", "")
    if ref.startswith("refs/heads/"):
        return ref[len("refs/heads/") :]
    return environment.get("CI_COMMIT_BRANCH") or None


def append_lines(path: str, text: str) -> None:
    """Append text to a file that a CI service reads after the step; "" is no file. Raises OSError."""
    if not path:
        return
    with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123 - the service's own path
        file.write(text)


# Outputs of `bump` for CI jobs: `name=value` lines, and a page for readers

_PLAIN = re.compile(r"[\w@%+=:,./-]*")  # characters that a shell needs no quotes for


def write_outputs(report: BumpReport, page: str, environment: Mapping[str, str], *, file: str | None) -> None:
    """Write to `file` (`--outputs`), and in GitHub Actions to `GITHUB_OUTPUT` and `GITHUB_STEP_SUMMARY`.

    A shell may read `file` (`. ./release.env`), so values there are quoted where needed. Raises PartlyDone if a
    file cannot be written: the release itself is made.
    """
    values = outputs(report).items()
    lines = "".join(f"{name}={value}\n" for name, value in values)
    to_source = "".join(f"{name}={value if _PLAIN.fullmatch(value) else quote(value)}\n" for name, value in values)
    path = ""
    try:
        for path, text in zip(_files(environment, file), (to_source, lines, page), strict=True):
            append_lines(path, text)
    except OSError as error:
        done = f"{report.plan.release.tag} is released, but " if report.outcome is Outcome.RELEASED else ""
        raise PartlyDone(f"{done}{path} cannot be written: {error.strerror}", help="release list") from error


def write_failure(page: str, environment: Mapping[str, str]) -> None:
    """Write the page alone, if there is only an error; a failure to write must not hide that error."""
    with suppress(OSError):
        append_lines(_files(environment, None)[2], page)


def check_outputs(environment: Mapping[str, str], *, file: str | None) -> None:
    """Check that the files can be written, before anything is released. Raises UsageError."""
    path = ""
    try:
        for path in _files(environment, file):
            append_lines(path, "")
    except OSError as error:
        where = command_line("ls", "-ld", names=(path,))
        raise UsageError(f"{path} cannot be written: {error.strerror}", help=where) from error


def _files(environment: Mapping[str, str], file: str | None) -> tuple[str, str, str]:
    """Return the files of `--outputs`, of the step's outputs and of its summary; "" for none."""
    in_actions = environment.get("GITHUB_ACTIONS") == "true"
    output, summary = (environment.get(name, "") for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"))
    return (file or "", output, summary) if in_actions else (file or "", "", "")


def outputs(report: BumpReport) -> dict[str, str]:
    """Return names and values, without line breaks, so that no value can forge another."""
    plan = report.plan
    values = {
        "released": "true" if report.outcome is Outcome.RELEASED else "false",
        "version": str(plan.release.version or ""),
        "tag": plan.release.tag or "",
        "previous_tag": plan.release.previous.name if plan.release.previous else "",
        "commit": plan.commit or plan.base,
    }
    return {name: for_terminal(value) for name, value in values.items()}
