"""Clock and CI service: time, branch of the job, and its output files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone
from urllib.parse import quote as quote_url

from release.core.draft import PrepareReport
from release.core.job import Job
from release.core.release import BumpPlan, BumpReport, Outcome
from release.core.text import command_line, for_terminal, quote
from release.errors import PartlyDone, UsageError


def now() -> datetime:
    """Return the current time as an aware datetime in UTC."""
    return datetime.now(timezone.utc)


# CI services: the branch of a detached checkout, and files that a service reads after a step


def job_of(environment: Mapping[str, str]) -> Job | None:
    """Return the CI service whose job this is; None if it is none."""
    if environment.get("GITHUB_ACTIONS") == "true":
        return Job.GITHUB
    if environment.get("GITLAB_CI") == "true":
        return Job.GITLAB
    return Job.OTHER if environment.get("CI", "").lower() in ("true", "1") else None


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
    done = f"{', '.join(report.plan.tags)} is released, but " if report.outcome is Outcome.RELEASED else ""
    write_values(outputs(report), page + job_links(report, environment), environment, file=file, done=done)


def write_values(
    values: Mapping[str, str], page: str, environment: Mapping[str, str], *, file: str | None, done: str
) -> None:
    """Write other values as `write_outputs` does; `done` begins the message of a file that cannot be written."""
    pairs = values.items()
    lines = "".join(f"{name}={value}\n" for name, value in pairs)
    to_source = "".join(f"{name}={value if _PLAIN.fullmatch(value) else quote(value)}\n" for name, value in pairs)
    path = ""
    try:
        for path, text in zip(_files(environment, file), (to_source, lines, page), strict=True):
            append_lines(path, text)
    except OSError as error:
        raise PartlyDone(f"{done}{path} cannot be written: {error.strerror}", help="release list") from error


def write_summary(page: str, environment: Mapping[str, str]) -> None:
    """Write the page alone; that it cannot be written is no error."""
    with suppress(OSError):
        append_lines(_files(environment, None)[2], page)


def write_failure(page: str, message: str, environment: Mapping[str, str]) -> None:
    """Write the page and the output `error`, if there is only an error; a failure to write must not hide that error."""
    _, outputs, summary = _files(environment, None)
    first = for_terminal(message.split("\n", 1)[0])
    with suppress(OSError):
        append_lines(summary, page + job_links(None, environment))
        append_lines(outputs, f"error={first}\n")


def check_outputs(environment: Mapping[str, str], *, file: str | None) -> None:
    """Check that the files can be written, before anything is released. Raises UsageError."""
    path = ""
    try:
        for path in _files(environment, file):
            append_lines(path, "")
    except OSError as error:
        where = command_line("ls", "-ld", names=(path,))
        raise UsageError(f"{path} cannot be written: {error.strerror}", help=where, section="system") from error


def _files(environment: Mapping[str, str], file: str | None) -> tuple[str, str, str]:
    """Return the files of `--outputs`, of the step's outputs and of its summary; "" for none."""
    in_actions = environment.get("GITHUB_ACTIONS") == "true"
    output, summary = (environment.get(name, "") for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"))
    return (file or "", output, summary) if in_actions else (file or "", "", "")


def job_links(report: BumpReport | None, environment: Mapping[str, str]) -> str:
    """Return a line of Markdown for the page of a job on GitHub: run, commit, tag, comparison; "" elsewhere."""
    server, path, run = (environment.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    if not (server.startswith(("https://", "http://")) and path):
        return ""
    found = {"run": f"actions/runs/{run}"} if run else {}
    if report is not None:
        plan, released = report.plan, report.outcome is Outcome.RELEASED
        found["commit"] = f"commit/{(plan.commit if released else None) or plan.base}"
        for release in plan.releases:
            of = f" of {release.model}" if len(plan.releases) > 1 else ""
            now = release.tag if released and release.tag else plan.base
            if now == release.tag:
                found[f"tag{of}"] = f"releases/tag/{quote_url(now)}"
            if release.previous is not None:
                found[f"comparison{of}"] = f"compare/{quote_url(release.previous.name)}...{quote_url(now)}"
    links = (f"[{word}]({server}/{quote_url(path)}/{there})" for word, there in found.items())
    return f"\n{' - '.join(links)}\n" if found else ""


def outputs(report: BumpReport) -> dict[str, str]:
    """Return names and values, without line breaks, so that no value can forge another.

    Of several releases, a value is that of each, with a space between them.
    """
    plan = report.plan
    before = [release.previous.name for release in plan.releases if release.previous is not None]
    values = {
        "released": "true" if report.outcome is Outcome.RELEASED else "false",
        "version": " ".join(str(release.version) for release in plan.releases if release.version is not None),
        "tag": " ".join(plan.tags),
        "previous_tag": " ".join(before),
        "commit": plan.commit or plan.base,
        "error": _error(plan),
    }
    return {name: for_terminal(value) for name, value in values.items()}


def request_outputs(report: PrepareReport) -> dict[str, str]:
    """Return the outputs of `prepare --pull-request`; `prepared`: `release bump auto` makes the tag now."""
    release, made = report.plan.release, report.request
    values = {
        "released": "false",
        "pull_request": made.request.url if made is not None else "",
        "prepared": "true" if made is not None and made.prepared else "false",
        "version": str(release.version or ""),
        "tag": release.tag or "",
        "error": _error(report.plan),
    }
    return {name: for_terminal(value) for name, value in values.items()}


def _error(plan: BumpPlan) -> str:
    return "; ".join(f"{check.title}: {check.message}" for check in plan.checks if check.blocks)
