"""Command `release checkout`."""

from __future__ import annotations

import posixpath

import click

from release.commands.checkout.view import checked_out, checkout_lines
from release.core.work_tree import CheckoutRequest, Data, Head
from release.errors import UsageError
from release.ui.ask import release_of
from release.ui.options import Call, asks_nothing, common, examples, tag_names


@click.command(
    name="checkout",
    epilog=examples(
        "release checkout v1.4.0                     code and data, on from/v1.4.0",
        "release checkout v1.4.0 --worktree ../old   in a new folder",
        "release checkout v1.4.0 --detach            no branch",
    ),
)
@click.argument("tag", metavar="TAG", required=False, shell_complete=tag_names)
@click.option("-b", "branch", metavar="NAME", help="The branch to create (default: from/TAG).")
@click.option("--detach", is_flag=True, help="Create no branch; detach HEAD at the tag's commit.")
@click.option("--worktree", "folder", metavar="DIR", help="Use a new work tree in DIR; this one is not changed.")
@click.option("--dry-run", is_flag=True, help="Run every check, change nothing; exit code as in a real run.")
@click.option("--no-data", is_flag=True, help="Check out only the code; data is not changed.")
@asks_nothing
@common
def command(
    call: Call,
    *,
    tag: str | None,
    branch: str | None,
    detach: bool,
    folder: str | None,
    no_data: bool,
    dry_run: bool,
) -> int:
    """Check out a release: its code and data.

    Checks that none of your changes would be lost and that every object of the release is available, fetches the objects
    and verifies their content, and only then switches branch and data. If a step fails, everything is restored; after a kill, release recover finishes
    it or goes back.
    """
    if detach and branch is not None:
        raise UsageError("--detach and -b cannot be combined", help="leave one of them out")
    if tag is None and not call.can_ask:
        raise UsageError("missing argument TAG", help=call.with_words("TAG"))
    from release.commands.checkout.work import checkout

    project = call.project()
    if tag is None:
        tag = release_of(project, "Which release?")
    request = CheckoutRequest(
        tag=tag,
        branch=branch,
        head=Head.DETACHED if detach else Head.BRANCH,
        folder=None if folder is None else posixpath.normpath(call.folder.absolute() / folder),
        data=Data.STAYS if no_data else Data.FOLLOWS,
    )
    with call.progress() as shown:
        call.announce(f"checking {tag} and the files here ...")
        report = checkout(request, project, shown, lambda _: not dry_run)
    return call.end(report, checked_out, checkout_lines)
