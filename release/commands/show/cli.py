"""Command `release show`."""

from __future__ import annotations

import click

from release.commands.show import view as show_view
from release.core.diff import ShowReport
from release.core.tags import StageReport
from release.errors import UsageError
from release.ui import json_documents
from release.ui.ask import release_of
from release.ui.console import progress
from release.ui.options import Call, changes_nothing, common, examples, offline, tag_names
from release.ui.style import Style


@click.command(
    name="show",
    epilog=examples(
        "release show v1.4.0           one release, compared with the previous",
        "release show 1.4.0 --json     the same for a script",
        "release show 'charCNN#prod'   the model version that is in production",
    ),
)
@click.argument("tag", metavar="TAG", required=False, shell_complete=tag_names)
@offline
@changes_nothing
@common
def command(call: Call, *, tag: str | None, offline: bool) -> int:
    """Show everything about one release.

    Shows commit, tagger, message, metrics compared with the previous release, parameters, data and models with their
    sizes, and the commands to get them. TAG is a tag, its version, or a model's stage. Reads this clone; contacts the DVC
    remote only for metric files tracked by DVC that are not on this machine.
    """
    if tag is None and not call.can_ask:
        raise UsageError("missing argument TAG (a tag or its version)", help="release list")
    from release.commands.show.work import show
    from release.engine.project import Access, open_project

    project = open_project(call.folder, call.environment, on_terminal=False)
    if tag is None:
        tag = release_of(project, "Which release?")
    with progress(call.console, quiet=call.silent, what="reading the release"):
        report = show(project, tag, Access.OFFLINE if offline else Access.ALL)
    call.console.answer(_document(report) if call.as_json else _screen(report, call.console.style))
    return 0


def _document(report: ShowReport | StageReport) -> str:
    answer = show_view.stage_document(report) if isinstance(report, StageReport) else show_view.showing(report)
    return json_documents.document(answer)


def _screen(report: ShowReport | StageReport, style: Style) -> str:
    lines = (
        show_view.stage_lines(report, style) if isinstance(report, StageReport) else show_view.show_lines(report, style)
    )
    return "".join(f"{line}\n" for line in lines)
