"""A bump as Markdown, for the summary page of a CI job."""

from __future__ import annotations

from release.core.check import Verdict
from release.core.escape import for_markdown
from release.core.report import BumpReport, Outcome
from release.core.standing import StatusReport
from release.render.reasons import reason_list

_SIGNS = {
    Verdict.OK: "ok",
    Verdict.WARNING: "**warning**",
    Verdict.FAILED: "**failed**",
    Verdict.UNKNOWN: "**unknown**",
    Verdict.SKIPPED: "skipped",
}


def bump_page(report: BumpReport) -> str:
    """What was released, or why not; every check; the changelog entry."""
    plan = report.plan
    parts = [f"## {_title(report)}", *filter(None, [reason_list(plan)])]
    if plan.checks:
        rows = [f"| {_SIGNS[check.verdict]} | {check.name} | {for_markdown(check.message)} |" for check in plan.checks]
        parts.append("\n".join(["| | Check | |", "| --- | --- | --- |", *rows]))
    for check in plan.checks:
        if check.blocks and check.details:
            parts.append("\n".join(f"- {for_markdown(row)}" for row in check.details[:50]))
        if check.blocks and check.help:
            parts.append(f"To mend it: {for_markdown(check.help)}")
    if plan.changelog_entry and report.outcome is not Outcome.NOTHING:
        parts.append(plan.changelog_entry.rstrip())
    return "\n\n".join(parts) + "\n"


def status_page(report: StatusReport) -> str:
    """What a release would be, for a pull request."""
    if report.released is not None:
        return f"## {for_markdown(report.released)} is released here already\n"
    return bump_page(BumpReport(plan=report.plan, outcome=Outcome.PREVIEW))


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
