"""Command `release stages`, its text and its JSON document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from release.core.metric_deltas import is_number
from release.core.secrets import without_secrets
from release.core.text import many
from release.ui.json_documents import Document, Number, ObjectId, UtcTime, filled, utc
from release.ui.options import Call, a_day, changes_nothing, common, complete, examples, of_model, offline
from release.ui.release_text import column_names, metric_value
from release.ui.style import Shade, Style, aligned, plain, short

if TYPE_CHECKING:
    from release.commands.stages.work import StageLine, StagesReport


@click.command(
    name="stages",
    epilog=examples(
        "release stages                   which version is in prod, and since when",
        "release stages --at 2026-03-03   which one was it on that day",
        "release stages --model charCNN   only this model",
    ),
)
@click.option(
    "--at",
    "day",
    type=a_day,
    metavar="DATE",
    help="The stages at the end of DATE (YYYY-MM-DD, UTC) instead of now.",
)
@offline("Contact no remote; show only the tags of this clone.")
@changes_nothing
@complete
@of_model
@common
def command(call: Call, *, day: datetime | None, offline: bool) -> int:
    """Show which version of each model is in which stage.

    Reads the stage tags that `release promote`, GTO and DVC Studio write (`charCNN#prod#2`), by GTO's rules: since when,
    by whom, and the metrics of that version. The repository's own releases are the model `release`. Reads this clone; contacts the git remote only for the names of its tags.
    """
    from release.commands.stages.work import read_stages

    project = call.project(on_terminal=False)
    with call.progress("asking the git remote for its tags", quiet=offline):
        report = read_stages(project, day, offline=offline)
    code = call.end(report, partial(stages_document, day=day), stages_lines)
    if not call.as_json:
        call.console.say_lines(f"warning: {line}" for line in _warnings(report))
        if report.missing:
            call.console.say("help: release fetch\n")
        elif not report.lines:
            call.console.say(
                "no model is in a stage\nhelp: release promote VERSION prod\n"
                if day is None
                else f"no model was in a stage on {day:%Y-%m-%d}\n"
            )
    return code


def stages_lines(report: StagesReport, style: Style) -> list[str]:
    """Return a head and a line for each stage; nothing if there is none."""
    if not report.lines:
        return []
    named = [{name: key for key, name in column_names(line.headline).items()} for line in report.lines]
    names = list(dict.fromkeys(name for columns in named for name in columns))
    head = ["model", "stage", "version", "since", "by", *names]
    rows = [head]
    for line, columns in zip(report.lines, named, strict=True):
        rows.append(_row(line, [columns.get(name, "") for name in names], style))
    first, *others = aligned(rows, right=range(5, len(head)))
    return [
        style.paint(short(f"  {first}", style.span), Shade.FAINT),
        *(short(f"  {row}", style.span) for row in others),
    ]


def _row(line: StageLine, columns: Sequence[str], style: Style) -> list[str]:
    """Return the cells of a stage; `columns` are its metrics (`file:key`), "" for a column of other models."""
    since = "" if line.tag.when is None else f"{line.tag.when:%Y-%m-%d}"
    version = line.tag.ref.commit_id[:7] if line.version is None and line.tag.ref.commit_id else f"v{line.version}"
    by = "" if line.tagger is None else short(plain(line.tagger.name), style.cell(24))
    numbers = [metric_value(line.metrics[name]) if name in line.metrics else "" for name in columns]
    return [plain(line.model), plain(line.stage), plain(version), since, by, *numbers]


def _warnings(report: StagesReport) -> list[str]:
    if report.missing:
        return [
            f"{many(len(report.missing), 'tag')} of models on {plain(report.remote)} missing here: {plain(report.missing[-1])}"
        ]
    return [] if report.trouble is None else [without_secrets(report.trouble)]


class JsonStage(Struct, frozen=True, kw_only=True):
    """A version of a model in a stage. `tag` assigned it, at `since`, by the tagger `by`."""

    model: str
    stage: str
    version: str | None
    version_tag: str | None
    tag: str
    commit: ObjectId | None
    since: UtcTime | None
    by: str | None
    metrics: Mapping[str, Number]


class StagesDocument(Document, frozen=True, kw_only=True):
    """Answer of `stages`; `at` null: now. `warnings` say which tags are missing in this clone."""

    at: str | None
    stages: Sequence[JsonStage]
    warnings: Sequence[str]


def stages_document(report: StagesReport, day: datetime | None) -> StagesDocument:
    """Return what `release stages` answers."""
    return StagesDocument(
        command="stages",
        at=None if day is None else f"{day:%Y-%m-%d}",
        stages=[_json(line) for line in report.lines],
        warnings=_warnings(report),
    )


def _json(line: StageLine) -> JsonStage:
    return filled(
        JsonStage,
        line,
        tag=line.tag.ref.name,
        commit=line.tag.ref.commit_id,
        since=None if line.tag.when is None else utc(line.tag.when),
        by=None if line.tagger is None else line.tagger.name,
        metrics={name: value for name, value in line.metrics.items() if is_number(value)},
    )
