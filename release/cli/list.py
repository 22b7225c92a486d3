"""`release list`."""

from __future__ import annotations

from datetime import datetime

import click

from release.cli.options import Call, common, examples, offline


@click.command(
    name="list",
    epilog=examples(
        "release list -n 5                            the five newest versions",
        "release list --since 2026-01-01 --json       for a script",
        "release list --metric overall.f1 --metric overall.loss",
    ),
)
@click.option("-n", "number", type=click.IntRange(min=1), metavar="N", help="Only the N newest versions.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Only those made on DATE or later.")
@click.option("--metric", "metrics", multiple=True, metavar="KEY", help="Show this metric; may be given again.")
@click.option("--signatures", is_flag=True, help="Check each tag's signature, and that none was replaced.")
@offline
@common
def command(
    call: Call,
    *,
    number: int | None,
    since: datetime | None,
    metrics: tuple[str, ...],
    signatures: bool,
    offline: bool,
) -> int:
    """List releases, newest version first.

    One line a release: version, date, message, and the headline metrics with their change since the release before.
    Everything is read from this clone; `git fetch --tags` brings what others released. Only metric files that DVC keeps,
    and that this machine does not have, are read from the DVC remote.
    """
    from release.cli.progress import progress
    from release.flows.inquiry import Reach
    from release.flows.kept_values import KeptValues
    from release.flows.listing import list_releases
    from release.flows.project import open_project

    project = open_project(call.folder, call.environment, on_terminal=False)
    day = since.date() if since else None
    with progress(call.console, quiet=call.quiet) as tell:
        kept = KeptValues(project, Reach.HERE if offline else Reach.EVERYWHERE, tell)
        report = list_releases(project, number=number, since=day, metrics=metrics, signatures=signatures, kept=kept)
    if call.as_json:
        from release.render import as_json, release_json

        call.console.answer(as_json.document(release_json.listing(report)))
        return 0
    from release.render.tables import list_lines

    call.console.answer("".join(f"{line}\n" for line in list_lines(report, call.console.look)))
    if not report.releases:
        call.console.say("no releases yet\nhelp: release bump minor\n")
    return 0
