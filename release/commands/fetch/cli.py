"""Command `release fetch`."""

from __future__ import annotations

import click

from release.ui.options import Call, asks_nothing, common, examples


@click.command(
    name="fetch",
    epilog=examples(
        "release fetch             branches and tags of every remote",
        "release fetch --dry-run   what it would find; nothing is fetched",
        "release fetch --prune     deletes here what vanished there",
    ),
)
@click.option("--prune", is_flag=True, help="Delete tags here that a remote had and no remote has now.")
@click.option("--dry-run", is_flag=True, help="Ask the remotes, fetch nothing; the real exit code.")
@asks_nothing
@common
def command(call: Call, *, prune: bool, dry_run: bool) -> int:
    """Fetch all tags of all git remotes.

    As `git fetch --all --tags`, but a tag that is another one on a remote is reported and ours kept, tags that a CI
    checkout made lightweight are annotated again, and one dead remote does not stop the others. A tag that no remote
    ever had is never deleted.
    """
    from release.commands.fetch.work import Vanished, fetch, plan_fetch
    from release.ui.console import announce

    project = call.project()
    announce(call.console, "asking the git remotes ...", quiet=call.silent)
    report = plan_fetch(project) if dry_run else fetch(project, Vanished.PRUNE if prune else Vanished.KEEP)
    if call.as_json:
        from release.commands.fetch import view as fetch_view
        from release.ui import json_documents

        call.console.answer(json_documents.document(fetch_view.fetched(report)))
    else:
        from release.commands.fetch.view import fetch_lines

        lines = fetch_lines(report, call.console.look)
        call.console.answer_lines(lines)
    return int(report.exit_code)
