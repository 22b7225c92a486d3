"""`fetch`, `delete`, `checkout`, `diff`, `changelog`, `completion` and `demo` as JSON documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from release.core.changelog import EntryReport, EntrySource, RebuildReport
from release.core.diff import Diff, Side
from release.core.metrics import Param
from release.core.secrets import without_secrets
from release.core.tag_changes import LOCAL, DeleteReport, Fate, FetchedTag, FetchReport, TagChange, TagDeletion, Where
from release.core.tags import describe_broken
from release.core.text import command_line
from release.core.work_tree import CheckoutReport, LeftOut
from release.errors import ExitCode
from release.render import checked_out as arrival
from release.render import deleted as deletion
from release.render.as_json import (
    Document,
    JsonCheck,
    JsonMetric,
    JsonPointer,
    ObjectId,
    error,
    errors_of,
    filled,
    only,
)
from release.render.fetched import bring_back

_DIFFERENT = tuple(change for change in TagChange if change is not TagChange.UNCHANGED)


class JsonFetchedTag(Struct, frozen=True, kw_only=True):
    """A tag that differs on a remote; `restore` is the command that brings a deleted tag back."""

    tag: str
    remote: str
    change: Annotated[TagChange, only(*_DIFFERENT)]
    before: ObjectId | None
    after: ObjectId | None
    restore: str | None


class JsonRemote(Struct, frozen=True, kw_only=True):
    """A git remote that was asked."""

    name: str
    verdict: Literal["ok", "unknown"]
    message: str | None


class FetchDocument(Document, frozen=True, kw_only=True):
    """Answer of `fetch`; `warnings` name tags here that a later release recorded as another object."""

    fetched: bool
    remotes: Sequence[JsonRemote]
    tags: Sequence[JsonFetchedTag]
    unchanged: int
    local_only: Sequence[str]
    warnings: Sequence[str]


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


class JsonSide(Struct, frozen=True, kw_only=True):
    """One side of a comparison; `revision` null: the work tree."""

    revision: str | None
    commit: ObjectId


class JsonCommit(Struct, frozen=True, kw_only=True):
    """A commit."""

    commit: ObjectId
    subject: str


class DiffDocument(Document, frozen=True, kw_only=True):
    """Answer of `diff`."""

    before: JsonSide
    after: JsonSide
    differs: bool
    metrics: Sequence[JsonMetric]
    params: Sequence[Param]
    pointers: Sequence[JsonPointer]
    commits: Sequence[JsonCommit]
    behind: int
    warnings: Sequence[str]


class JsonFetched(Struct, frozen=True, kw_only=True):
    """What came from remotes."""

    objects: int
    bytes: int


class CheckoutDocument(Document, frozen=True, kw_only=True):
    """Answer of `checkout`."""

    moved: bool
    tag: str
    commit: ObjectId
    branch: str | None
    left: str | None
    left_commit: ObjectId | None
    worktree: str | None
    fetched: JsonFetched
    written: int
    removed: int
    checks: Sequence[JsonCheck]
    warnings: Sequence[str]
    left_out: Sequence[LeftOut]
    back: str | None


class EntryDocument(Document, frozen=True, kw_only=True):
    """Answer of `changelog`."""

    tag: str | None
    version: str | None
    entry: str
    source: EntrySource
    warnings: Sequence[str]


class RebuildDocument(Document, frozen=True, kw_only=True):
    """Answer of `changelog --rebuild`."""

    path: str
    added: Sequence[str]
    diff: str
    written: bool


class CompletionDocument(Document, frozen=True, kw_only=True):
    """Answer of `completion`."""

    shell: Annotated[str, Meta(extra_json_schema={"enum": ("bash", "fish", "zsh")})]
    script: str


class JsonDemoStep(Struct, frozen=True, kw_only=True):
    """A command that was run, in a folder of the demo."""

    command: str
    folder: str
    exit_code: int
    output: str


class DemoDocument(Document, frozen=True, kw_only=True):
    """Answer of `demo`."""

    folder: str
    releases: Sequence[str]
    steps: Sequence[JsonDemoStep]


def fetched(report: FetchReport) -> FetchDocument:
    """Return what `release fetch` answers."""
    dead = [remote for remote in report.remotes if remote.trouble is not None]
    errors = [
        error(ExitCode.UNKNOWN, one.trouble or "", command_line("git", "ls-remote", names=(one.name,))) for one in dead
    ]
    if report.exit_code is ExitCode.RACED:
        errors = [
            error(ExitCode.RACED, f"{tag.tag} is another object on {tag.remote}; ours was kept", None)
            for tag in report.having(TagChange.MOVED)
        ]
    return filled(
        FetchDocument,
        report,
        command="fetch",
        errors=errors,
        remotes=[
            JsonRemote(name=each.name, verdict="ok" if each.trouble is None else "unknown", message=each.trouble)
            for each in report.remotes
        ],
        tags=[_tag(tag) for change in _DIFFERENT for tag in report.having(change)],
        unchanged=len(report.having(TagChange.UNCHANGED)),
        local_only=report.local,
    )


def deleted(report: DeleteReport) -> DeleteDocument:
    """Return what `release delete` answers."""
    plan = report.plan
    failed = [(one, spot) for one in plan.doomed for spot in one.spots if spot.fate not in (Fate.DELETED, Fate.PLANNED)]
    errors = [
        error(report.exit_code, f"{one.tag} {_where(spot.place)}: {spot.fate.value}, {spot.reason}", None)
        for one, spot in failed
    ]
    unasked = [found for found in plan.checks if found.code is ExitCode.UNKNOWN and not found.blocks]
    if report.deleted:
        errors += [error(ExitCode.UNKNOWN, found.message, found.help) for found in unasked]
    return filled(
        DeleteDocument,
        plan,
        command="delete",
        exit_code=report.exit_code,
        errors=[*errors_of(plan.checks), *errors],
        deleted=report.deleted,
        tags=[_deleted(one) for one in plan.doomed],
    )


def difference(diff: Diff, *, strict: bool) -> DiffDocument:
    """Return what `release diff` answers; `strict` as `--exit-code`."""
    code = diff.strict_code if strict else ExitCode.DONE
    words = f"{diff.before.label} and {diff.after.label} differ"
    return filled(
        DiffDocument,
        diff,
        command="diff",
        exit_code=code,
        errors=[error(code, words, None)] if code else (),
        before=_side(diff.before),
        after=_side(diff.after),
        commits=[JsonCommit(commit=commit, subject=subject) for commit, subject in diff.commits],
        warnings=[without_secrets(note) for note in diff.notes],
    )


def checked_out(report: CheckoutReport) -> CheckoutDocument:
    """Return what `release checkout` answers."""
    return filled(
        CheckoutDocument,
        report,
        command="checkout",
        errors=errors_of(report.checks),
        branch=None if report.refused else report.branch,
        worktree=report.folder,
        fetched=JsonFetched(objects=report.fetched, bytes=report.fetched_bytes),
        warnings=[without_secrets(warning) for warning in report.warnings],
        left_out=[replace(each, reason=without_secrets(each.reason)) for each in report.left_out],
        back=arrival.way_back(report) if report.moved else None,
    )


def changelog_entry(report: EntryReport) -> EntryDocument:
    """Return what `release changelog [TAG]` answers."""
    warnings = [describe_broken(tag) for tag in report.broken]
    return filled(EntryDocument, report, command="changelog", entry=report.text, warnings=warnings)


def rebuilt(report: RebuildReport) -> RebuildDocument:
    """Return what `release changelog --rebuild` answers."""
    return filled(RebuildDocument, report, command="changelog")


def completed(shell: str, script: str) -> CompletionDocument:
    """Return what `release completion` answers."""
    return CompletionDocument(command="completion", shell=shell, script=script)


def demonstrated(folder: str, releases: Sequence[str], steps: Sequence[Struct]) -> DemoDocument:
    """Return what `release demo` answers."""
    rows = [filled(JsonDemoStep, step) for step in steps]
    return DemoDocument(command="demo", folder=folder, releases=releases, steps=rows)


def _side(side: Side) -> JsonSide:
    return JsonSide(revision=None if side.work_tree else side.label, commit=side.commit)


def _where(place: str) -> str:
    return "here" if place == LOCAL else f"on {place}"


def _tag(tag: FetchedTag) -> JsonFetchedTag:
    return filled(JsonFetchedTag, tag, restore=bring_back(tag) if tag.change is TagChange.PRUNED else None)


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
    return JsonDeletedTag(tag=one.tag, message=one.subject, places=places, restore=deletion.bring_back(one) or None)
