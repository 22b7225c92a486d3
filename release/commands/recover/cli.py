"""Command `release recover`."""

from __future__ import annotations

import click

from release.errors import UsageError
from release.ui.options import Call, common, examples


@click.command(
    name="recover",
    epilog=examples(
        "release recover             ask the remote; go on, or forget",
        "release recover --dry-run   say what would be done",
        "release recover --undo      take back a release made with --no-push",
    ),
)
@click.option("--undo", is_flag=True, help="Take an unpublished release back.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, change nothing.")
@click.option("-y", "--yes", is_flag=True, help="Answer yes where the remote alone cannot tell.")
@common
def command(call: Call, *, undo: bool, dry_run: bool, yes: bool) -> int:
    """Finish, or forget, a release that was interrupted.

    The remote decides: if it has the release, this clone follows; if it never can have it, the release is forgotten.
    Unsaved work is not touched. It can be run again at any time.
    """
    from release.commands.recover.work import preview_recovery, recover
    from release.ui.console import announce, progress

    def confirm(question: str) -> bool:
        if yes:
            return True
        if not call.can_ask:
            raise UsageError(question, help=call.with_words("--yes"))
        from release.ui import ask

        return ask.confirm(question, call.console)

    project = call.project()
    quiet = call.silent
    with progress(call.console, quiet=quiet) as shown:
        announce(call.console, "asking the git remote ...", quiet=quiet)
        report = (
            preview_recovery(project, undo=undo) if dry_run else recover(project, confirm, undo=undo, on_progress=shown)
        )
    if call.as_json:
        from release.commands.recover import view
        from release.ui import json_documents

        call.console.answer(json_documents.document(view.recovered(report)))
    else:
        from release.commands.recover.view import recovered_lines

        call.console.answer_lines(recovered_lines(report))
    return int(report.exit_code)
