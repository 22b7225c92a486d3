"""Command `release report`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from release.errors import UsageError
from release.ui.options import Call, asks_nothing, common, examples, metric_names, of_model, offline
from release.ui.release_text import nothing_listed
from release.ui.style import plain

if TYPE_CHECKING:
    from release.core.report import HistoryReport

_PAGE, _PICTURE = "release-report.html", "release-report.svg"


@click.command(
    name="report",
    epilog=examples(
        "release report                            writes release-report.html",
        "release report -n 50 -o public/index.html",
        "release report --svg overall.f1 -o f1.svg   a chart for a README",
    ),
)
@click.option(
    "-o", "--output", "path", metavar="FILE", help="File to write (default release-report.html); - is stdout."
)
@click.option("-n", "number", type=click.IntRange(min=1), metavar="N", help="Only the N newest versions.")
@click.option(
    "--svg", "metric", metavar="KEY", shell_complete=metric_names, help="Write a chart of this metric instead, as SVG."
)
@offline("Contact no remote; show only the tags of this clone.")
@click.option("--dry-run", is_flag=True, help="Write no file; say what would be written.")
@asks_nothing
@of_model
@common
def command(
    call: Call, *, path: str | None, number: int | None, metric: str | None, offline: bool, dry_run: bool
) -> int:
    """Write all releases as one HTML page, with trends.

    It has charts of the metrics, a table to search and sort, and two releases side by side.
    The page contains everything that it shows and contacts no network: open it from a folder, a memory stick or as an
    artifact of a CI job. --svg writes a picture of one metric and needs the extra `svg` of this package.
    """
    path = path or (_PAGE if metric is None else _PICTURE)
    if call.as_json and path == "-":
        raise UsageError("--json and -o - both write to standard output", help="release report --json -o FILE")
    from release.commands.report import view, work
    from release.engine.release_list import ListRequest
    from release.system.environment import write_summary
    from release.ui.json_documents import document

    metrics = () if metric is None else (metric,)
    wanted = ListRequest(number=number, metrics=metrics, offline=offline, asking=("release", "report", "--svg"))
    with call.progress("reading the releases", quiet=offline) as tell:
        project = call.project(on_terminal=False)
        report = work.read_report(project, wanted, tell)
    text = view.page(report, work.part) if metric is None else _picture(report)
    if path == "-":
        call.console.answer(text, content=True)
    else:
        work.check_place(call.folder / path)
        if not dry_run:
            work.write_report(call.folder / path, text.encode())
            write_summary(view.summary(report), call.environment)
        found = view.written(report, path, len(text.encode()))
        call.console.answer(document(found) if call.as_json else view.sentence(found, dry_run=dry_run))
    if not call.as_json:
        call.console.say_lines(f"warning: {plain(note)}" for note in view.notes(report))
        if not report.listing.releases:
            call.console.say(
                nothing_listed(report.listing, project.config, remotes=project.repository.settings.remotes)
            )
    return 0


def _picture(report: HistoryReport) -> str:
    from release.commands.report import view, work

    colours = view.colours_of(work.part("page.css"))
    return work.svg(view.chart(report, report.listing.columns[0], work.part, colours))
