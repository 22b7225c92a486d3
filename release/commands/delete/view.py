"""Text and JSON of `release delete`."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from release.core.secrets import without_secrets
from release.core.tag_changes import LOCAL, DeletePlan, DeleteReport, Fate, TagDeletion, Where
from release.core.text import command_line, many, quote
from release.errors import ExitCode
from release.ui.json_documents import Document, JsonCheck, ObjectId, error, errors_of, filled
from release.ui.release_text import check_lines, help_lines
from release.ui.style import Shade, Style, aligned, marked, plain, short, wrapped


def deletion_lines(plan: DeletePlan, style: Style) -> list[str]:
    """Return a row for each tag with its places, then checks and warnings."""
    rows = [[plain(one.tag), _places(one), plain(one.subject)] for one in plan.doomed]
    lines = [short(f"  {line}", style.span) for line in aligned(rows)]
    if plan.checks:
        lines += [*([""] if lines else []), *check_lines(plan.checks, style)]
    notes = list(plan.warnings)
    if plan.stages:
        notes.append(f"stages of it stay: {', '.join(plan.stages)}")
    if notes and lines:
        lines.append("")
    for note in notes:
        lines += marked("warning", Shade.DOUBTFUL, note, style)
    return lines


def deleted_lines(report: DeleteReport, style: Style) -> list[str]:
    """Return the outcome for each tag and place, then the command that restores each tag."""
    plan = report.plan
    if plan.refused:
        return ["Nothing was changed.", *help_lines(plan.checks)]
    if not report.deleted:
        return ["", "Nothing was changed: this was a dry run.", *_stage_help(plan)]
    failed = [(one, spot) for one in plan.doomed for spot in one.spots if spot.fate is not Fate.DELETED]
    done = [one for one in plan.doomed if any(spot.fate is Fate.DELETED for spot in one.spots)]
    lines = [""]
    if done:
        ends = ", but not everything:" if failed else "."
        lines.append(style.paint(f"Deleted {many(len(done), 'tag')}", Shade.GOOD) + ends)
    for one, spot in failed:
        where = "here" if spot.place == LOCAL else f"on {plain(spot.place)}"
        text = f"{plain(one.tag)} {where}: {spot.fate.value}, {plain(spot.reason)}"
        first, *rest = wrapped(text, style, 2)
        lines += [style.paint(f"  {first}", Shade.BAD), *(f"    {line}" for line in rest)]
    lines += [f"help: {restore_command(one)}   (brings {quote(one.tag)} back)" for one in done]
    return [*lines, *_stage_help(plan)]


def restore_command(one: TagDeletion) -> str:
    """Return the command that restores the tag where it was deleted; git keeps its objects for at least two weeks."""
    words: list[str] = []
    for spot in one.spots:
        if spot.fate not in (Fate.DELETED, Fate.PLANNED):
            continue
        ref = f"refs/tags/{one.tag}"
        if spot.place == LOCAL:
            words.insert(0, command_line("git", "update-ref", ref, spot.object_id))
        else:
            words.append(command_line("git", "push", names=(spot.place, f"{spot.object_id}:{ref}")))
    return " && ".join(words)


def describe_deletion(plan: DeletePlan) -> str:
    """Return the question to confirm."""
    what = plan.doomed[0].tag if len(plan.doomed) == 1 else many(len(plan.doomed), "tag")
    where = {Where.LOCAL: " here", Where.REMOTE: " on the remote", Where.BOTH: ""}[plan.where]
    return f"Delete {plain(what)}{where}?"


def _places(one: TagDeletion) -> str:
    return ", ".join(
        f"{'here' if spot.place == LOCAL else plain(spot.place)} {spot.object_id[:7]}" for spot in reversed(one.spots)
    )


def _stage_help(plan: DeletePlan) -> list[str]:
    if not plan.stages:
        return []
    flags = {Where.LOCAL: ["--local"], Where.REMOTE: ["--remote"], Where.BOTH: ["--local", "--remote"]}[plan.where]
    return [f"help: {command_line('release', 'delete', *flags, names=plan.stages)}   (its stages)"]


# What `delete` answers, as a document


class JsonPlace(Struct, frozen=True, kw_only=True):
    """A tag at one place; `remote` null: this clone."""

    remote: str | None
    object: ObjectId
    fate: Fate
    reason: str


class JsonDeletedTag(Struct, frozen=True, kw_only=True):
    """A tag that is deleted, with the command that restores it."""

    tag: str
    message: str
    places: Sequence[JsonPlace]
    restore: str | None


class DeleteDocument(Document, frozen=True, kw_only=True):
    """Answer of `delete`."""

    deleted: bool
    where: Where
    checks: Sequence[JsonCheck]
    warnings: Sequence[str]
    stages: Sequence[str]
    tags: Sequence[JsonDeletedTag]


def deleted(report: DeleteReport) -> DeleteDocument:
    """Return what `release delete` answers."""
    plan = report.plan
    failed = [(one, spot) for one in plan.doomed for spot in one.spots if spot.fate not in (Fate.DELETED, Fate.PLANNED)]
    errors = [
        error(report.exit_code, f"{one.tag} {_where(spot.place)}: {spot.fate.value}, {spot.reason}", None, "partial")
        for one, spot in failed
    ]
    budget = [found for found in plan.checks if found.code is ExitCode.UNKNOWN and not found.blocks]
    if report.deleted:
        errors += [error(ExitCode.UNKNOWN, found.message, found.help, found.section) for found in budget]
    return filled(
        DeleteDocument,
        plan,
        command="delete",
        exit_code=report.exit_code,
        errors=[*errors_of(plan.checks), *errors],
        deleted=report.deleted,
        tags=[_deleted(one) for one in plan.doomed],
    )


def _where(place: str) -> str:
    return "here" if place == LOCAL else f"on {place}"


def _deleted(one: TagDeletion) -> JsonDeletedTag:
    places = [
        JsonPlace(
            remote=None if spot.place == LOCAL else spot.place,
            object=spot.object_id,
            fate=spot.fate,
            reason=without_secrets(spot.reason),
        )
        for spot in one.spots
    ]
    return JsonDeletedTag(tag=one.tag, message=one.subject, places=places, restore=restore_command(one) or None)
