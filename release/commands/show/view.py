"""Text and JSON of `release show`."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from release.core.diff import ShowReport
from release.core.documents import Timestamp
from release.core.lineage import StaleStage
from release.core.locate import StageRecord
from release.core.metrics import Param, ValueFile
from release.core.pointer import Out, pipeline_of
from release.core.stages import StageReport, model_of
from release.core.tag_message import SignatureState, TagSignature, Trailers
from release.core.tags import TagRef
from release.core.text import Scalar, columns_of, command_line, count, many, size
from release.ui.json_documents import Document, JsonCheck, JsonMetric, JsonTagger, ObjectId, UtcTime, check, filled, utc
from release.ui.release_text import metric_lines, param_value, thing_lines
from release.ui.style import (
    Shade,
    Style,
    aligned,
    and_more,
    first,
    pad,
    plain,
    short,
    short_path,
    spaced,
    wrapped,
)

_MOST_STAGES = 20
_MOST_ROWS = 12


class JsonDep(Struct, frozen=True, kw_only=True):
    """A file that a stage read."""

    path: str
    oid: str | None
    size_bytes: int | None


class JsonStageParam(Struct, frozen=True, kw_only=True):
    """A parameter that a stage used."""

    file: str
    key: str
    value: Any


class JsonLineage(Struct, frozen=True, kw_only=True):
    """One stage: its outs, what they were made from, and which of that is not what the commit has (`changed`)."""

    stage: str
    pipeline: str
    outs: Sequence[str]
    deps: Sequence[JsonDep]
    params: Sequence[JsonStageParam]
    changed: Sequence[str]


def _chain_lines(stages: Sequence[StageRecord], stale: Sequence[StaleStage], style: Style) -> list[str]:
    """Return a block for each stage: outs, then dependencies; those that changed since are marked."""
    shown = first(stages, style.most(_MOST_STAGES))
    lines = [line for stage in shown for line in _stage(stage, stale, style)]
    return [*lines, *and_more(len(stages) - len(shown), "more stages")]


def _stage(stage: StageRecord, stale: Sequence[StaleStage], style: Style) -> list[str]:
    changed, room = _changed(stage, stale), style.cell(40)
    made = ", ".join(short_path(plain(out.path), room) for out in stage.outs) or "nothing"
    rows = [(dep.path, dep.oid or "no hash", dep.path in changed) for dep in stage.deps]
    for file, values in stage.params.items():
        for key, value in values.items():
            name = f"{file}: {key}"
            rows.append((name, str(_printable(value)), name in changed or file in changed))
    shown = first(rows, style.most(_MOST_ROWS))
    widest = max((len(short_path(plain(name), room)) for name, _, _ in shown), default=0)
    lines = [f"  {short(f'{made} <- {plain(stage.name)}', style.span - 2)}"]
    for name, value, differs in shown:
        row = f"<- {pad(short_path(plain(name), room), widest)}   {plain(value)}"
        mark = "   not what the commit has" if differs else ""
        lines.append(f"      {short(row, style.span - 6 - len(mark))}{mark}")
    return [*lines, *and_more(len(rows) - len(shown), indent=6)]


def _changed(stage: StageRecord, stale: Sequence[StaleStage]) -> frozenset[str]:
    pipeline = pipeline_of(stage.lock)
    return frozenset(
        name for each in stale if (each.stage, each.pipeline) == (stage.name, pipeline) for name in each.changed
    )


def _printable(value: Any) -> Any:
    """Return a parameter value as JSON types; dates become text."""
    if isinstance(value, Mapping):
        return {str(key): _printable(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_printable(below) for below in value]
    if isinstance(value, Timestamp):
        return value.text
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


# Report of `show` as lines for a terminal

_MOST_OUTS = 40


def show_lines(report: ShowReport | StageReport, style: Style) -> list[str]:
    """Return tagger and date, message, metrics, parameters, data and models, and the commands to get them."""
    if isinstance(report, StageReport):
        return _stage_lines(report, style)
    previous = report.previous.name if report.previous else None
    data = report.data
    unproven = _wrapped(f"{plain(data.message)}: run {plain(data.help)}", style) if data.help else []
    return spaced(
        _head(report, style),
        # The rest of our own tags' messages is the table below.
        _body(report.message, style) if report.trailers is None else [],
        metric_lines(report.metrics, style, before=previous, now=report.tag.name),
        _changed_params(report, style),
        [line for file in report.params for line in _params(file, style)],
        [*_outs(report.outs, style), *unproven],
        _chain_lines(report.stages, report.stale, style),
        [line for problem in report.problems for line in _wrapped(f"warning: {plain(problem)}", style)],
        _get(report),
    )[:-1]


def _head(report: ShowReport, style: Style) -> list[str]:
    subject = plain(report.message.split("\n", 1)[0] or report.commit_subject)
    without = plain(report.without_previous or "none: the first release")
    said = report.tag.withdrawn
    rows = [
        *([(said.mark, plain(said.reason) or "no reason given")] if said is not None else []),
        *_tag_rows(report, report.tag.ref, lightweight="lightweight: no tagger, no message of its own"),
        *([("stage", plain(", ".join(report.in_stages)))] if report.in_stages else []),
        ("previous", plain(report.previous.name) if report.previous else without),
        *_facts(report.trailers),
    ]
    return _headed(subject, report.tag.name, rows, style)


def _headed(title: str, tag: str, rows: Sequence[tuple[str, str]], style: Style) -> list[str]:
    """Return the title with the tag, and a table of named facts."""
    widest = max(len(name) for name, _ in rows)
    return [
        f"{short(title, style.span - 20)}  {style.paint(plain(tag), Shade.STRONG)}",
        "",
        *(f"  {pad(name, widest)}   {short(value, style.span - widest - 5)}" for name, value in rows),
    ]


def _tag_rows(report: ShowReport | StageReport, ref: TagRef, *, lightweight: str) -> list[tuple[str, str]]:
    rows = [("commit", f"{ref.commit_id or ''}   {plain(report.commit_subject)}")]
    if report.tagger is not None:
        rows.append(("tag", f"{ref.object_id}   annotated"))
        rows.append(("tagger", plain(f"{report.tagger.name} <{report.tagger.email}>")))
    else:
        rows.append(("tag", lightweight))
    signature = report.signature
    if signature.state is not SignatureState.UNSIGNED:
        who = signature.signer or signature.key
        reason = f": {signature.reason}" if signature.reason else ""
        words = f"{signature.state.value}{f', {who}' if who else ''} ({signature.format}){reason}"
        rows.append(("signature", plain(words)))
    return [*rows, ("date", report.when.strftime("%Y-%m-%d %H:%M UTC") if report.when is not None else "no date")]


def _facts(trailers: Trailers | None) -> list[tuple[str, str]]:
    """Return the trailers that matter to readers, without the digests."""
    if trailers is None:
        return []
    total = f"{count(trailers.objects)}, {size(trailers.total_bytes)}, on the remote when it was released"
    facts = [("objects", total)]
    if trailers.excluded:
        facts.append(("excluded", many(trailers.excluded, "path")))
    if trailers.regression is not None:
        facts.append(("regression", f"accepted: {plain(trailers.regression)}"))
    return facts


def _body(message: str, style: Style) -> list[str]:
    lines = message.split("\n", 1)[1].strip("\n").split("\n") if message.strip("\n").count("\n") else []
    return [part for line in lines for part in _wrapped(plain(line), style)]


def _wrapped(text: str, style: Style) -> list[str]:
    """Return the text indented by two spaces; a text that someone wrote is never cut."""
    if columns_of(text) <= style.room - 2:
        return [f"  {text}".rstrip()]  # unchanged, with its spaces
    return [f"  {line}" for line in wrapped(text, style, 2)]


def _changed_params(report: ShowReport, style: Style) -> list[str]:
    lines = thing_lines((), report.changed_params, style)
    since = plain(report.previous.name) if report.previous else ""
    return (
        [f"  parameters changed since {since}:", *(short(f"  {line}", style.span) for line in lines)] if lines else []
    )


def _params(file: ValueFile, style: Style) -> list[str]:
    if file.problem is not None:
        return _wrapped(f"{plain(file.path)}: {plain(file.problem)}", style)
    words = ", ".join(f"{plain(key)} {param_value(value)}" for key, value in file.values.items())
    return [f"  {short(f'{plain(file.path)}: {words}', style.span - 2)}"]


def _outs(outs: Sequence[Out], style: Style) -> list[str]:
    room = max(style.span - 44, 20)
    rows = [
        [
            short_path(plain(out.path), room),
            "size unknown" if out.size_bytes is None else size(out.size_bytes),
            "" if out.nfiles is None else f"{out.nfiles:,} files",
            out.oid[:8] if out.oid else "not recorded",
        ]
        for out in first(outs, style.most(_MOST_OUTS))
    ]
    lines = [short(f"  {line}", style.span) for line in aligned(rows, right=(1, 2))]
    return [*lines, *and_more(len(outs) - len(rows))]


def _get(report: ShowReport) -> list[str]:
    checkout = command_line("release", "checkout", names=(report.tag.name,))
    if not report.outs:
        return [f"help: {checkout}"]
    out = report.outs[0]
    path = out.path
    stem, dot, end = posixpath.basename(path).partition(".")
    beside = f"{stem}-{report.tag.version}{dot}{end}"
    get = command_line("dvc", "get", names=(".", path), more=("--rev", report.tag.name, "-o", beside))
    kind = "folder" if out.is_dir else "file"
    return [
        f"help: {checkout}   (code and data)",
        f"help: {get}   (one {kind}, next to yours)",
    ]


# Report of `show` on a model's stage


def _stage_lines(report: StageReport, style: Style) -> list[str]:
    """Return the model's version, since when and by whom, whether it is current, and the next commands."""
    said, commit = report.said, report.ref.commit_id or ""
    what = plain(f"{said.model} {report.version}" if report.version else f"{said.model} at {commit[:7]}")
    rows = [
        ("version", plain(report.version_tag) if report.version_tag else "no tag of the model says one"),
        ("stage", plain(f"{said.stage}{_stage_state(report)}")),
        *_tag_rows(report, report.ref, lightweight="lightweight: GTO and DVC do not read it"),
    ]
    lines = [*_headed(f"{what} {_verb(report)} {plain(said.stage)}", report.ref.name, rows, style), ""]
    if report.message:
        lines += [*(part for line in report.message.split("\n") for part in _wrapped(plain(line), style)), ""]
    return [*lines, *_next(report)]


def _verb(report: StageReport) -> str:
    if not report.said.assigns:
        return "is taken from"
    return "is in" if report.counts else "was in" if report.ref.annotated else "is said to be in"


def _stage_state(report: StageReport) -> str:
    if report.after is None:
        if report.counts or not (report.said.assigns and report.ref.annotated):
            return ", now" if report.counts else ""
        return ", until the version was deregistered, or the model deprecated"
    until = f" of {report.after.when:%Y-%m-%d}" if report.after.when is not None else ""
    return f", until {report.after.ref.name}{until}"


def _next(report: StageReport) -> list[str]:
    def command(verb: str, tag: str) -> str:
        return command_line("release", verb, names=(tag,))

    lines = [] if report.after is None else [f"help: {command('show', report.after.ref.name)}   (what came after it)"]
    if report.version_tag is not None:
        lines.append(f"help: {command('show', report.version_tag)}   (its numbers, data and models)")
    return [*lines, f"help: {command('checkout', report.version_tag or report.ref.name)}   (code and data)"]


# What `show` answers, as a document


class TagDocument(Document, frozen=True, kw_only=True):
    """Fields that `show` gives for every tag."""

    tag: str
    version: str | None
    model: str | None
    commit: ObjectId | None
    tag_object: ObjectId | None
    annotated: bool
    date: UtcTime | None
    signature: TagSignature
    tagger: JsonTagger | None
    message: str
    commit_subject: str


class StageDocument(TagDocument, frozen=True, kw_only=True):
    """Answer of `show` for a model's stage, such as `charCNN#prod#2`.

    `assigned` false: the tag takes the stage away (`charCNN#prod!#3`). `current`: the stage has this version now, by
    the tags of this clone; `followed_by` is the tag that came next for this stage.
    """

    model: str
    stage: str
    assigned: bool
    current: bool
    followed_by: str | None
    version_tag: str | None


class JsonPrevious(Struct, frozen=True):
    """The release before, as a tag recorded it."""

    tag: str
    tag_object: ObjectId


class JsonTrailers(Struct, frozen=True, kw_only=True):
    """Attestations of the tag: its trailers."""

    schema: int
    id: str
    previous: JsonPrevious | None
    objects: int
    bytes: int
    excluded: int
    regression: str | None
    digest: str | None
    metrics_digest: str | None


class JsonParameterFile(Struct, frozen=True, kw_only=True):
    """A parameter file; `problem` says why it could not be read."""

    path: str
    values: Mapping[str, Scalar]
    problem: str | None


class JsonOut(Struct, frozen=True, kw_only=True):
    """One out of a pointer file or a stage."""

    path: str
    pointer: str
    stage: str | None
    oid: str | None
    hash: str
    size_bytes: int | None
    files: int | None
    remote: str | None


class ShowDocument(TagDocument, frozen=True, kw_only=True):
    """Answer of `show` for a release; `trailers` null: a tag of another tool. `withdrawn`: `yanked` or `undone`.

    `stages` are those that it is in now.
    """

    version: str
    withdrawn: str | None
    stages: Sequence[str]
    previous_tag: str | None
    trailers: JsonTrailers | None
    metrics: Sequence[JsonMetric]
    params: Sequence[Param]
    parameter_files: Sequence[JsonParameterFile]
    pointers: Sequence[JsonOut]
    data_digest: JsonCheck
    lineage: Sequence[JsonLineage]
    warnings: Sequence[str]


def show_document(report: ShowReport | StageReport) -> ShowDocument | StageDocument:
    """Return what `release show` answers."""
    ref, when = report.ref if isinstance(report, StageReport) else report.tag.ref, report.when
    about = {
        "command": "show",
        "tag": ref.name,
        "commit": ref.commit_id,
        "tag_object": ref.object_id if ref.annotated else None,
        "annotated": ref.annotated,
        "date": None if when is None else utc(when),
    }
    if isinstance(report, StageReport):
        after = None if report.after is None else report.after.ref.name
        return filled(
            StageDocument,
            report,
            report.said,
            assigned=report.said.assigns,
            current=report.counts,
            followed_by=after,
            **about,
        )
    said = report.trailers
    recorded = said.previous if said else None
    return filled(
        ShowDocument,
        report,
        version=str(report.tag.version),
        withdrawn=report.tag.withdrawn and report.tag.withdrawn.mark,
        stages=report.in_stages,
        model=model_of(report.tag.name),
        previous_tag=report.previous.name if report.previous else recorded[0] if recorded else None,
        trailers=said and _trailers(said),
        params=report.changed_params,
        parameter_files=[filled(JsonParameterFile, file) for file in report.params],
        pointers=[filled(JsonOut, out, hash=out.hash_name, files=out.nfiles) for out in report.outs],
        data_digest=check(report.data),
        warnings=list(report.problems),
        lineage=_lineage(report.stages, report.stale),
        **about,
    )


def _trailers(said: Trailers) -> JsonTrailers:
    previous = said.previous and JsonPrevious(*said.previous)
    return filled(JsonTrailers, said, id=said.release_id, bytes=said.total_bytes, previous=previous)


def _lineage(stages: Sequence[StageRecord], stale: Sequence[StaleStage]) -> list[JsonLineage]:
    return [
        JsonLineage(
            stage=stage.name,
            pipeline=pipeline_of(stage.lock),
            outs=[out.path for out in stage.outs],
            deps=[filled(JsonDep, dep) for dep in stage.deps],
            params=[
                JsonStageParam(file=file, key=key, value=_printable(value))
                for file, values in stage.params.items()
                for key, value in values.items()
            ],
            changed=sorted(_changed(stage, stale)),
        )
        for stage in stages
    ]
