"""Command `release recover`, its text and its JSON document."""

from __future__ import annotations

from collections.abc import Sequence

import click

from release.core.release import RecoverOutcome, RecoverReport
from release.core.text import many
from release.errors import UsageError
from release.ui import ask
from release.ui.json_documents import Document, filled
from release.ui.options import Call, common, examples
from release.ui.style import Style, plain


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


@click.command(
    name="recover",
    epilog=examples(
        "release recover             query the remote, then finish or discard",
        "release recover --dry-run   show what would be done",
        "release recover --undo      take back a checkout, or bump --no-push",
    ),
)
@click.option("--undo", is_flag=True, help="Take back a checkout, or a release that is not published.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, change nothing.")
@click.option("-y", "--yes", is_flag=True, help="Answer yes to questions that the remote cannot settle.")
@common
def command(call: Call, *, undo: bool, dry_run: bool, yes: bool) -> int:
    """Finish or discard an interrupted release or checkout.

    The remote decides: if it has the release, this clone is updated to match; if the push can no longer arrive, the
    release is discarded. A checkout is finished, or taken back with --undo. Uncommitted changes are not touched. You
    can run the command again at any time.
    """
    from release.commands.recover.work import recover

    def confirm(question: str) -> bool:
        if yes:
            return True
        if not call.can_ask:
            raise UsageError(question, help=call.with_words("--yes"))

        return ask.confirm(question, call.console)

    project = call.project()
    with call.progress() as shown:
        call.announce("asking the git remote ...")
        report = recover(project, confirm, undo=undo, preview=dry_run, on_progress=shown)
    return call.end(report, _document, _lines)


def _lines(report: RecoverReport, style: Style) -> list[str]:
    """Return what `release recover` found and did."""
    del style
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


def _document(report: RecoverReport) -> RecoverDocument:
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
