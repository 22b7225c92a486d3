"""A bump as Markdown, for the summary page of a CI job."""

from __future__ import annotations

from release.core.check import Verdict
from release.core.escape import for_markdown
from release.core.report import BumpReport, Outcome
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
    title = {
        Outcome.RELEASED: f"Released {plan.tag}",
        Outcome.NOTHING: f"Nothing to release: {for_markdown(plan.nothing or '')}",
        Outcome.REFUSED: f"{plan.tag or 'The release'} was refused, nothing was changed",
        Outcome.PREVIEW: f"Would release {plan.tag}",
    }[report.outcome]
    parts = [f"## {title}", *filter(None, [reason_list(plan)])]
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
