"""A bump as Markdown, for the summary page of a CI job."""

from __future__ import annotations

from release.core.bump.report import BumpReport, Outcome
from release.core.check import Check, Verdict
from release.core.escape import for_markdown
from release.core.standing import StatusReport
from release.errors import ExitCode
from release.render.reasons import reason_list

_SIGNS = {
    Verdict.OK: "ok",
    Verdict.WARNING: "**warning**",
    Verdict.FAILED: "**failed**",
    Verdict.UNKNOWN: "**unknown**",
    Verdict.SKIPPED: "skipped",
}
_ENDINGS = {
    ExitCode.BUG: "Something went wrong",
    ExitCode.PENDING: "An interrupted release is pending",
    ExitCode.PARTIAL: "Done in part",
    ExitCode.UNKNOWN: "Something could not be asked or done",
}
_MOST_ROWS = 50  # of one check: a page of GitHub holds no endless list


def bump_page(report: BumpReport) -> str:
    """What was released, or why not; every check; the changelog entry."""
    plan = report.plan
    parts = [f"## {_title(report)}"]
    if plan.previous is not None and plan.nothing is None:
        parts.append(f"The release before is {for_markdown(plan.previous.name)}.")
    if plan.nothing is None or plan.chosen == "none":  # else the title says all of it
        parts += filter(None, [reason_list(plan)])
    if plan.checks:
        rows = [f"| {_SIGNS[check.verdict]} | {check.name} | {for_markdown(check.message)} |" for check in plan.checks]
        parts.append("\n".join(["| | Check | |", "| --- | --- | --- |", *rows]))
    for check in plan.checks:
        parts += _told(check)
    if plan.changelog_entry and report.outcome is not Outcome.NOTHING:
        parts.append(plan.changelog_entry.rstrip())
    return "\n\n".join(parts) + "\n"


def failure_page(code: ExitCode, message: str, help: str | None) -> str:
    """Why there is no plan to show: a mistake in the configuration, an interrupted release."""
    parts = [f"## {_ENDINGS.get(code, 'No release')}", for_markdown(message)]
    if help:
        parts.append(f"To mend it: {for_markdown(help)}")
    return "\n\n".join(parts) + "\n"


def status_page(report: StatusReport) -> str:
    """What a release would be, for a pull request."""
    if report.released is not None:
        return f"## {for_markdown(report.released)} is released here already\n"
    return bump_page(BumpReport(plan=report.plan, outcome=Outcome.PREVIEW))


def _told(check: Check) -> list[str]:
    """The rows below a check: all of one that is not fine, those of gates folded away where they are."""
    rows = "\n".join(f"- {for_markdown(row)}" for row in check.details[:_MOST_ROWS])
    rest = len(check.details) - _MOST_ROWS
    if rest > 0:
        rows += f"\n- ... {rest} more"
    help = f"To mend it: {for_markdown(check.help)}" if check.blocks and check.help else ""
    if check.verdict in (Verdict.FAILED, Verdict.UNKNOWN, Verdict.WARNING) and (rows or help):
        return [f"**{check.name}**", *filter(None, [rows, help])]
    if rows and check.name == "gates":
        return [f"<details>\n<summary>Each gate</summary>\n\n{rows}\n\n</details>"]
    return []


def _title(report: BumpReport) -> str:
    plan = report.plan
    tag = for_markdown(plan.tag) if plan.tag else "The release"
    match report.outcome:
        case Outcome.RELEASED:
            return f"Released {tag}"
        case Outcome.REFUSED:
            return f"{tag} was refused, nothing was changed"
        case Outcome.PREVIEW if plan.nothing is None and (plan.refused or plan.tag is None):
            return f"{tag} would be refused"
        case Outcome.PREVIEW if plan.nothing is None:
            return f"Would release {tag}"
        case Outcome.PREVIEW | Outcome.NOTHING:
            return f"Nothing to release: {for_markdown(plan.nothing or '')}"
