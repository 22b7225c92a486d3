"""Report of `release prepare`: the written files, and the next steps; also as a JSON document."""

from __future__ import annotations

from collections.abc import Sequence

from release.core.draft import PrepareReport
from release.core.release import BumpReport, Outcome
from release.core.text import command_line
from release.ui import json_documents
from release.ui.release_text import outcome_lines
from release.ui.style import Style, plain, wrapped


class PrepareDocument(json_documents.BumpDocument, frozen=True, kw_only=True):
    """Answer of `prepare`: as `bump`, and the files that were written."""

    files: Sequence[str]


def prepared_lines(report: PrepareReport, style: Style, *, quiet: bool = False) -> list[str]:
    """Return the outcome and, unless `quiet`, the next commands."""
    plan = report.plan
    if plan.refused or plan.nothing is not None or report.preview:
        return outcome_lines(BumpReport(plan=plan, outcome=Outcome.PREVIEW), style)
    if not report.written:
        return [f"{plain(plan.release.tag or '')} is already prepared; nothing was changed.", "help: release bump auto"]
    written = ", ".join(plain(path) for path in report.written)
    add = command_line("git", "add", names=report.written)
    wrote = wrapped(f"Wrote {written} for {plain(plan.release.tag or '')}. Nothing is committed or tagged.", style.room)
    if quiet:
        return wrote
    return [
        *wrote,
        f"help: git switch -c prepare-{plan.release.version} && {add} && git commit -m 'Prepare {plan.release.version}'",
        "After the merge: release bump auto   (makes only the tag)",
    ]


def prepare_document(report: PrepareReport) -> PrepareDocument:
    """Return the document of `release prepare --json`: as `bump`, with the files that were written."""
    outcome = Outcome.PREVIEW if report.preview else Outcome.NOTHING
    planned = json_documents.bump_document(BumpReport(plan=report.plan, outcome=outcome), "prepare")
    return json_documents.filled(PrepareDocument, planned, files=report.written)
