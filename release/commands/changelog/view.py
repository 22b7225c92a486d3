"""Text and JSON of `release changelog`."""

from __future__ import annotations

from collections.abc import Sequence

from release.core.changelog import EntryReport, EntrySource, RebuildReport
from release.core.tags import describe_broken
from release.core.text import for_terminal
from release.ui.json_documents import Document, filled


def safe_lines(text: str) -> str:
    """Return the text escaped line by line, with a final newline if it is not empty."""
    if not text:
        return ""
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    return "".join(f"{for_terminal(line)}\n" for line in lines)


class EntryDocument(Document, frozen=True, kw_only=True):
    """Answer of `changelog`."""

    tag: str | None
    version: str | None
    entry: str
    source: EntrySource
    warnings: Sequence[str]


class RebuildDocument(Document, frozen=True, kw_only=True):
    """Answer of `changelog --rebuild`."""

    path: str
    added: Sequence[str]
    diff: str
    written: bool


def changelog_entry(report: EntryReport) -> EntryDocument:
    """Return what `release changelog [TAG]` answers."""
    warnings = [describe_broken(tag) for tag in report.broken]
    return filled(EntryDocument, report, command="changelog", entry=report.text, warnings=warnings)


def rebuilt(report: RebuildReport) -> RebuildDocument:
    """Return what `release changelog --rebuild` answers."""
    return filled(RebuildDocument, report, command="changelog")
