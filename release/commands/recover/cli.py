"""Command `release recover`."""

from __future__ import annotations

import click

from release.commands.recover import view
from release.commands.recover.view import recovered_lines
from release.errors import UsageError
from release.ui import ask, json_documents
from release.ui.console import announce, progress
from release.ui.options import Call, common, examples


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
    quiet = call.silent
    with progress(call.console, quiet=quiet) as shown:
        announce(call.console, "asking the git remote ...", quiet=quiet)
        report = recover(project, confirm, undo=undo, preview=dry_run, on_progress=shown)
    if call.as_json:
        call.console.answer(json_documents.document(view.recovered(report)))
    else:
        call.console.answer_lines(recovered_lines(report))
    return int(report.exit_code)
