"""What a CI job learns of a bump: `name=value` lines, and a page for people."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from release.adapters.ci import append_lines
from release.core.bump.report import BumpReport, Outcome
from release.core.shell import command_line
from release.errors import PartlyDone, UsageError


def write_outputs(report: BumpReport, page: str, environment: Mapping[str, str], *, file: str | None) -> None:
    """In GitHub Actions to `GITHUB_OUTPUT` and `GITHUB_STEP_SUMMARY`; to `file` (`--outputs`) anywhere.

    Raises PartlyDone if a file cannot be written: the release itself is made.
    """
    lines = "".join(f"{name}={value}\n" for name, value in outputs(report).items())
    in_actions = environment.get("GITHUB_ACTIONS") == "true"
    wanted = [(file, lines)]
    if in_actions:
        wanted += [(environment.get("GITHUB_OUTPUT"), lines), (environment.get("GITHUB_STEP_SUMMARY"), page)]
    for path, text in wanted:
        if not path:
            continue
        try:
            append_lines(path, text)
        except OSError as error:
            done = f"{report.plan.tag} is released, but " if report.outcome is Outcome.RELEASED else ""
            raise PartlyDone(f"{done}{path} cannot be written: {error.strerror}", help="release list") from error


def write_failure(page: str, environment: Mapping[str, str]) -> None:
    """The page alone, where there is nothing but an error to tell; what cannot be written must not hide that error."""
    path = environment.get("GITHUB_STEP_SUMMARY")
    if path and environment.get("GITHUB_ACTIONS") == "true":
        with suppress(OSError):
            append_lines(path, page)


def check_outputs(environment: Mapping[str, str], *, file: str | None) -> None:
    """Whether the files can be written, before anything is released. Raises UsageError."""
    in_actions = environment.get("GITHUB_ACTIONS") == "true"
    names = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY") if in_actions else ()
    paths = [path for path in (file, *(environment.get(name) for name in names)) if path]
    try:
        for path in paths:
            append_lines(path, "")
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}", help=command_line("ls", "-ld", names=(path,))
        ) from error


def outputs(report: BumpReport) -> dict[str, str]:
    """Names and values; versions and ids hold no line break, so that no value can forge another."""
    plan = report.plan
    return {
        "released": "true" if report.outcome is Outcome.RELEASED else "false",
        "version": str(plan.version or ""),
        "tag": plan.tag or "",
        "previous_tag": plan.previous.name if plan.previous else "",
        "commit": plan.commit or plan.base,
    }
