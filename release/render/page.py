"""Report of a bump as Markdown, for the summary page of a CI job."""

from __future__ import annotations

from release.core.check import Check, CheckName, Verdict
from release.core.release import BumpReport, Outcome, StatusReport
from release.core.text import for_markdown
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
_MOST_PAGE_ROWS = 50  # of one check: the size of a GitHub page is limited


def bump_page(report: BumpReport) -> str:
    """Return the release or the refusal, every check, and the changelog entry."""
    plan = report.plan
    parts = [f"## {_title(report)}"]
    if plan.previous is not None and plan.nothing is None:
        parts.append(f"The release before is {for_markdown(plan.previous.name)}.")
    if plan.nothing is None or plan.chosen == "none":  # else the title has the reason
        parts += filter(None, [reason_list(plan)])
    if plan.checks:
        rows = [f"| {_SIGNS[check.verdict]} | {check.title} | {for_markdown(check.message)} |" for check in plan.checks]
        parts.append("\n".join(["| | Check | |", "| --- | --- | --- |", *rows]))
    for check in plan.checks:
        parts += _told(check)
    if plan.changelog_entry and report.outcome is not Outcome.NOTHING:
        parts.append(plan.changelog_entry.rstrip())
    return "\n\n".join(parts) + "\n"


def failure_page(code: ExitCode, message: str, help: str | None) -> str:
    """Return the page for an error without a plan, such as a wrong configuration or an interrupted release."""
    parts = [f"## {_ENDINGS.get(code, 'No release')}", for_markdown(message)]
    if help:
        parts.append(f"To mend it: {for_markdown(help)}")
    return "\n\n".join(parts) + "\n"


def status_page(report: StatusReport) -> str:
    """Return a preview of the release, for a pull request."""
    if report.released is not None:
        return f"## {for_markdown(report.released)} is released here already\n"
    return bump_page(BumpReport(plan=report.plan, outcome=Outcome.PREVIEW))


def _told(check: Check) -> list[str]:
    """Return the details of a check: all rows if it is not ok; the rows of ok gates are folded."""
    rows = "\n".join(f"- {for_markdown(row)}" for row in check.details[:_MOST_PAGE_ROWS])
    rest = len(check.details) - _MOST_PAGE_ROWS
    if rest > 0:
        rows += f"\n- ... {rest} more"
    help = f"To mend it: {for_markdown(check.help)}" if check.blocks and check.help else ""
    if check.verdict in (Verdict.FAILED, Verdict.UNKNOWN, Verdict.WARNING) and (rows or help):
        return [f"**{check.title}**", *filter(None, [rows, help])]
    if rows and check.name == CheckName.GATES:
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
