"""Text and JSON of `release recover`."""

from __future__ import annotations

from collections.abc import Sequence

from release.core.release import RecoverOutcome, RecoverReport
from release.core.text import many
from release.ui.json_documents import Document, filled
from release.ui.style import plain


def recovered_lines(report: RecoverReport) -> list[str]:
    """Return what `release recover` found and did."""
    lines = [f"{plain(report.message)}."]
    if report.preview:
        return [*lines, "Nothing was changed: this was a dry run."]
    if report.finished is None:
        return [*lines, "Nothing of yours was touched."] if report.tag is not None else lines
    moved = [ref.split("/", 2)[2] for ref in report.finished.moved]
    done = [f"Moved {' and '.join(dict.fromkeys(map(plain, moved)))} here"] if moved else []
    if report.finished.files:
        done.append(f"updated {many(len(report.finished.files), 'file')}")
    lines.append(f"{', '.join(done)}. Nothing of yours was touched." if done else "Nothing of yours was touched.")
    return [*lines, *(f"warning: {plain(words)}" for words in report.finished.warnings)]


# The structs that `--json` documents are made of; `release/schemas` is generated from them (tests/rules/test_schemas.py)


class RecoverDocument(Document, frozen=True, kw_only=True):
    """Answer of `recover`."""

    outcome: RecoverOutcome
    dry_run: bool
    message: str
    tag: str | None
    moved: Sequence[str]
    files: Sequence[str]
    warnings: Sequence[str]
    unpublished: Sequence[str]


def recovered(report: RecoverReport) -> RecoverDocument:
    """Return what `release recover` answers."""
    done = report.finished
    return filled(
        RecoverDocument,
        report,
        command="recover",
        dry_run=report.preview,
        moved=done.moved if done else (),
        files=done.files if done else (),
        warnings=done.warnings if done else (),
    )
