"""Command `release list`."""

from __future__ import annotations

from typing import Any

import click

from release.commands.list.view import list_lines, list_warnings, listing
from release.ui.options import Call, a_day, changes_nothing, common, complete, examples, metric_names, of_model, offline
from release.ui.release_text import nothing_listed
from release.ui.style import Style

_UNBOUNDED = Style(width=10_000)  # into a pipe or a file: nothing is cut


@click.command(
    name="list",
    epilog=examples(
        "release list -n 5 --trend                 the five newest, with trends",
        "release list --since 2026-01-01 --json    for a script",
        "release list --metric overall.f1 --metric overall.loss",
    ),
)
@click.option("-n", "number", type=click.IntRange(min=1), metavar="N", help="Only the N newest versions.")
@click.option(
    "--since",
    type=a_day,
    metavar="DATE",
    help="Only releases from DATE (YYYY-MM-DD, UTC) or later.",
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="KEY",
    shell_complete=metric_names,
    help="Show this metric (repeatable).",
)
@click.option("--trend", is_flag=True, help="Show the change of each metric since the previous release.")
@click.option("--signatures", is_flag=True, help="Check each tag's signature, and that no tag was replaced.")
@offline("Contact no remote; show only the tags of this clone.")
@changes_nothing
@complete
@of_model
@common
def command(call: Call, **options: Any) -> int:
    """List releases, newest version first.

    One line per release: version, date, message, and the headline metrics with their change since the previous release.
    Reads this clone; contacts the git remote only for the names of its tags, and the DVC remote only for metric files
    tracked by DVC that are not on this machine. Marks tags that are only on the remote or only here, and tags that
    `release` did not make (unverified).
    """
    from release.engine.release_list import ListRequest, list_releases

    project = call.project(on_terminal=False)
    fixed = call.console.out_is_terminal or bool(call.environment.get("COLUMNS"))
    with call.progress("asking the git remote for its tags", quiet=options["offline"]) as tell:
        report = list_releases(project, ListRequest(**options), tell)
    code = call.end(report, listing, lambda found, style: list_lines(found, style if fixed else _UNBOUNDED))
    if call.as_json:
        return code
    call.console.say_lines(f"warning: {line}" for line in list_warnings(report))
    if not report.releases:
        call.console.say(nothing_listed(report, project.config, remotes=project.repository.settings.remotes))
    elif not call.quiet and any(not line.here for line in report.releases):
        call.console.say("help: release fetch\n")
    return code
