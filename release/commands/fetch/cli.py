"""Command `release fetch`."""

from __future__ import annotations

import click

from release.commands.fetch.view import fetch_lines, fetched
from release.ui.options import Call, asks_nothing, common, examples


@click.command(
    name="fetch",
    epilog=examples(
        "release fetch             branches and tags of every remote",
        "release fetch --dry-run   what would change; nothing is fetched",
        "release fetch --prune     also delete tags that are gone from the remotes",
    ),
)
@click.option("--prune", is_flag=True, help="Delete local tags that a remote once had and no remote has now.")
@click.option("--dry-run", is_flag=True, help="Query the remotes, fetch nothing; exit code as in a real run.")
@asks_nothing
@common
def command(call: Call, *, prune: bool, dry_run: bool) -> int:
    """Fetch all tags of all git remotes.

    Like `git fetch --all --tags`, but reports tags that differ on a remote without changing yours, restores annotated
    tags that a CI checkout replaced with lightweight ones, and continues if a remote does not answer. A tag that no remote ever had
    is never deleted.
    """
    from release.commands.fetch.work import fetch, plan_fetch

    project = call.project()
    call.announce("asking the git remotes ...")
    report = plan_fetch(project) if dry_run else fetch(project, prune=prune)
    return call.end(report, fetched, fetch_lines)
