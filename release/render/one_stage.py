"""Report of `show` on a model's stage: as lines for a terminal, and as a document."""

from __future__ import annotations

from msgspec import field

from release.core.tag_message import TagSignature
from release.core.tags import StageReport
from release.core.text import command_line
from release.render.as_json import Document, JsonTagger, ObjectId, UtcTime
from release.render.look import Shade, Style, pad, plain, short, wrapped
from release.render.one_release import describe_signature
from release.render.show_json import of_tag


class StageDocument(Document, frozen=True, kw_only=True):
    """Answer of `show` for a model's stage, such as `charCNN#prod#2`.

    `assigned` false: the tag takes the stage away (`charCNN#prod!#3`). `current`: the stage has this version now, by
    the tags of this clone; `followed_by` is the tag that came next for this stage.
    """

    tag: str
    model: str
    stage: str
    assigned: bool
    counts: bool = field(name="current")
    followed_by: str | None
    version: str | None
    version_tag: str | None
    commit: ObjectId | None
    tag_object: ObjectId | None
    annotated: bool
    when: UtcTime | None = field(name="date")
    signature: TagSignature
    tagger: JsonTagger | None
    message: str
    commit_subject: str


def stage_lines(report: StageReport, look: Style) -> list[str]:
    """Return the model's version, since when and by whom, whether it is current, and the next commands."""
    said, ref, commit = report.said, report.ref, report.ref.commit_id or ""
    what = plain(f"{said.model} {report.version}" if report.version else f"{said.model} at {commit[:7]}")
    rows = [
        ("version", plain(report.version_tag) if report.version_tag else "no tag of the model says one"),
        ("stage", plain(f"{said.stage}{_stage_state(report)}")),
        ("commit", f"{commit}   {plain(report.commit_subject)}"),
    ]
    if report.tagger is not None:
        rows.append(("tag", f"{ref.object_id}   annotated"))
        rows.append(("tagger", plain(f"{report.tagger.name} <{report.tagger.email}>")))
    else:
        rows.append(("tag", "lightweight: GTO and DVC do not read it"))
    rows += [("signature", plain(words))] if (words := describe_signature(report.signature)) else []
    rows.append(("date", report.when.strftime("%Y-%m-%d %H:%M %z") if report.when is not None else "no date"))
    widest = max(len(name) for name, _ in rows)
    tag = look.paint(plain(ref.name), Shade.STRONG)
    lines = [
        f"{short(f'{what} {_verb(report)} {plain(said.stage)}', look.room - 20)}  {tag}",
        "",
        *(f"  {pad(name, widest)}   {short(value, look.room - widest - 5)}" for name, value in rows),
        "",
    ]
    if report.message:
        body = [part for line in report.message.split("\n") for part in wrapped(plain(line), look.room - 2) or [""]]
        lines += [*(f"  {line}".rstrip() for line in body), ""]
    return [*lines, *_next(report)]


def stage_document(report: StageReport) -> StageDocument:
    """Return the document of `release show --json` for a stage."""
    return of_tag(
        StageDocument,
        report,
        report.ref,
        model=report.said.model,
        stage=report.said.stage,
        assigned=report.said.assigns,
        followed_by=None if report.after is None else report.after.ref.name,
    )


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
    lines = []
    if report.after is not None:
        lines.append(f"help: {_command('show', report.after.ref.name)}   (what came after it)")
    if report.version_tag is not None:
        lines.append(f"help: {_command('show', report.version_tag)}   (its numbers, data and models)")
        lines.append(f"help: {_command('checkout', report.version_tag)}   (code and data)")
        return lines
    return [*lines, f"help: {_command('checkout', report.ref.name)}   (code and data)"]


def _command(verb: str, tag: str) -> str:
    return command_line("release", verb, names=(tag,))
