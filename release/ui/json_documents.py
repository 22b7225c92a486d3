"""Parts of JSON documents that several commands share, and their encoder."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timezone
from enum import Enum
from functools import partial
from typing import Annotated, Any, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType, to_builtins
from msgspec import json as fast_json
from msgspec.structs import replace

from release.core.check import Change, Check, Verdict
from release.core.gates import GateResult, GateVerdict
from release.core.metrics import Metric, MetricVerdict, Param
from release.core.pointer import PointerChange
from release.core.release import BumpPlan, BumpReport, ChangeReport, Outcome
from release.core.secrets import without_secrets
from release.core.tag_message import TagSignature
from release.core.tags import Signature
from release.core.text import Scalar, for_json_log, json_safe, shown_path
from release.errors import ExitCode

_STRAY = "[\ud800-\udfff]"  # bytes that were not UTF-8
_Made = TypeVar("_Made", bound=Struct)

Number = float | Literal["NaN", "Infinity", "-Infinity"]  # JSON lacks the last three: `document` writes the words
Count = Annotated[int, Meta(ge=0)]
ObjectId = Annotated[str, Meta(pattern="^[0-9a-f]{40}([0-9a-f]{24})?$")]
UtcTime = Annotated[str, Meta(pattern="^-?[0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")]


def only(*members: Enum) -> Meta:
    """Return what narrows a field's schema to some members of an enum."""
    return Meta(extra_json_schema={"enum": [member.value for member in members]})


_Failure = Annotated[int, only(*(code for code in ExitCode if code is not ExitCode.DONE))]


class JsonError(Struct, frozen=True, kw_only=True):
    """An error: `code` is the exit code that it alone gives, `help` the command that helps.

    `section` is the section of docs/troubleshooting.md that explains it.
    """

    code: int
    message: str
    help: str | None
    section: str


class Document(Struct, frozen=True, kw_only=True):
    """Fields that every document begins with."""

    schema: Literal[1] = 1
    command: str | None
    exit_code: int = ExitCode.DONE
    errors: Sequence[JsonError] = ()


class FailureDocument(Document, frozen=True, kw_only=True):
    """A call that ended in an error before it had anything to report."""

    exit_code: _Failure
    errors: Annotated[Sequence[JsonError], Meta(min_length=1)]


class JsonCheck(Struct, frozen=True, kw_only=True):
    """One check, with further rows in `details`."""

    name: str
    verdict: Verdict
    message: str
    help: str | None
    details: Sequence[str]


class JsonMetric(Struct, frozen=True, kw_only=True):
    """One metric, before and after; numbers that JSON lacks are strings."""

    file: str
    key: str
    before: Scalar
    after: Scalar
    delta: Number | None
    verdict: MetricVerdict


class JsonGate(Struct, frozen=True, kw_only=True):
    """One metric at one gate.

    `limit` is the nearest bound (null: nothing to compare with), `margin` the distance to it, negative beyond it.
    """

    key: str
    file: str | None
    before: Scalar
    after: Scalar
    limit: Number | None
    margin: Number | None
    verdict: GateVerdict
    message: str


class ChangeDocument(Document, frozen=True, kw_only=True):
    """Answer of `undo` and `yank`. `done`: it was carried out; `commit` is the one that says so."""

    done: bool
    dry_run: bool
    tags: Sequence[str]
    reason: str | None
    commit: ObjectId | None
    files: Sequence[str]
    checks: Sequence[JsonCheck]
    steps: Sequence[str]
    warnings: Sequence[str]


class JsonObject(Struct, frozen=True, kw_only=True):
    """An object that a pointer names."""

    oid: str
    size_bytes: int | None


class JsonPointer(Struct, frozen=True, kw_only=True):
    """One pointer that changed; `parent` is the directory that the file is in."""

    path: str
    parent: str | None
    change: Change
    before: JsonObject | None
    after: JsonObject | None


class JsonTagger(Struct, frozen=True, kw_only=True):
    """Author of a tag."""

    name: str
    email: str


class JsonRelease(Struct, frozen=True, kw_only=True):
    """One release, made or planned."""

    model: str | None
    version: str
    tag: str
    tag_object: ObjectId | None
    previous_tag: str | None
    message: str
    reasons: Sequence[str]
    metrics: Sequence[JsonMetric]
    gates: Sequence[JsonGate]
    params: Sequence[Param]
    pointers: Sequence[JsonPointer]
    changelog_entry: str


class BumpDocument(Document, frozen=True, kw_only=True):
    """Answer of `bump` and `rollback`; a refusal or a dry run has all that could be planned.

    `released`: this call made a release; `pushed`: the remote has it. `commit` is the release commit, or the commit
    that would be released if none was prepared. `page` is the address of the first release page (null: none was made).
    A single release is repeated at the top level; of several (`--all-models`), `params` and `pointers` there are of all.
    """

    released: bool
    dry_run: bool
    pushed: bool
    page: str | None
    commit: ObjectId | None
    kind: str
    reasons: Sequence[str]
    checks: Sequence[JsonCheck]
    steps: Sequence[str]
    warnings: Sequence[str]
    params: Sequence[Param]
    pointers: Sequence[JsonPointer]
    releases: Sequence[JsonRelease]
    version: str | UnsetType = UNSET
    tag: str | UnsetType = UNSET
    tag_object: ObjectId | UnsetType | None = UNSET
    previous_tag: str | UnsetType | None = UNSET
    message: str | UnsetType = UNSET
    metrics: Sequence[JsonMetric] | UnsetType = UNSET
    changelog_entry: str | UnsetType = UNSET


def document(value: object) -> str:
    """Return the text of a document, with its final newline; ASCII only, so that no locale and no CI log can spoil it."""
    plain = to_builtins(value)
    try:
        text = json.dumps(plain, allow_nan=False)
    except ValueError:
        text = ""
    if not text or r"\ud" in text:  # a number that JSON lacks, a byte that was not UTF-8, or only an emoji
        text = json.dumps(_plain(plain))
    return for_json_log(fast_json.format(text, indent=2)) + "\n"


def filled(kind: type[_Made], *sources: object, **more: object) -> _Made:
    """Return a struct of `kind` with the fields in `more`; each other is an attribute of one source, as documents have it."""
    found = {
        name: _shaped(getattr(one, name)) for one in sources for name in kind.__struct_fields__ if hasattr(one, name)
    }
    return kind(**{**found, **more})


def _shaped(value: object) -> object:
    """Return a value of the core, or each of several, as documents have it (`_SHAPES`)."""
    if isinstance(value, tuple):
        return [_shaped(each) for each in value]
    shape = next((_SHAPES[kind] for kind in type(value).__mro__ if kind in _SHAPES), None)
    return value if shape is None else shape(value)


def failed(command: str | None, code: ExitCode, message: str, help: str | None, section: str) -> FailureDocument:
    """Return the document of a call that ended in an error before it had anything to report."""
    return FailureDocument(command=command, exit_code=code, errors=[error(code, message, help, section)])


def bump_document(report: BumpReport, command: str = "bump") -> BumpDocument:
    """Return what `release bump` answers, or another `command` that plans a release."""
    plan, releases = report.plan, _releases(report.plan)
    one = releases[0] if len(releases) == 1 else None
    lost, words = report.without_page, "the release page is not made"
    without_page = (
        [] if lost is None else [error(report.exit_code, f"{words}: {lost.message}", lost.help, lost.section)]
    )
    top = ("version", "tag", "tag_object", "previous_tag", "message", "metrics", "changelog_entry")
    return filled(
        BumpDocument,
        plan,
        plan.release,
        command=command,
        errors=[*errors_of(plan.checks), *without_page],
        exit_code=report.exit_code,
        page=next(iter(report.pages), None),
        released=report.outcome is Outcome.RELEASED,
        dry_run=report.outcome is Outcome.PREVIEW,
        pushed=report.pushed,
        commit=plan.commit or plan.base,
        reasons=[*_of_each(plan, "reasons"), *([plan.nothing] if plan.nothing is not None else [])],
        params=_of_each(plan, "params"),
        pointers=_shaped(_of_each(plan, "pointers")),
        steps=[step.text for step in plan.steps],
        warnings=[*map(without_secrets, plan.notes), *report.warnings],
        releases=releases,
        **{name: getattr(one, name) if one is not None else UNSET for name in top},
    )


def _of_each(plan: BumpPlan, name: str) -> tuple[object, ...]:
    """Return what the releases of a plan have, each value once."""
    return tuple(dict.fromkeys(value for release in plan.releases for value in getattr(release, name)))


def changed(report: ChangeReport, command: str) -> ChangeDocument:
    """Return what `release undo` or `release yank` answers."""
    plan = report.plan
    return filled(
        ChangeDocument,
        plan,
        command=command,
        errors=errors_of(plan.checks),
        done=report.done,
        dry_run=not report.done and plan.exit_code is ExitCode.DONE,
        tags=[release.name for release in plan.releases],
        steps=[step.text for step in plan.steps],
        warnings=list(map(without_secrets, report.warnings)),
    )


def errors_of(checks: Iterable[Check]) -> list[JsonError]:
    """Return the checks that block, as errors."""
    return [
        error(found.code, f"{found.title}: {found.message}", found.help, found.section)
        for found in checks
        if found.blocks
    ]


def check(found: Check) -> JsonCheck:
    """Return one check, without secrets."""
    return filled(
        JsonCheck,
        found,
        name=found.title,
        message=without_secrets(found.message),
        help=help_of(found.help),
        details=[without_secrets(row) for row in found.details],
    )


def pointer(found: PointerChange) -> JsonPointer:
    """Return one pointer that changed."""
    return filled(
        JsonPointer,
        found,
        before=_object(found.before_oid, found.before_size_bytes),
        after=_object(found.after_oid, found.after_size_bytes),
    )


def signature(found: TagSignature) -> TagSignature:
    """Return the verdict on a tag's signature, without secrets."""
    return found if found.reason is None else replace(found, reason=without_secrets(found.reason))


def utc(when: datetime) -> str:
    """Return ISO 8601 in UTC, to the second."""
    return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def error(code: ExitCode, message: str, help: str | None, section: str) -> JsonError:
    """Return one error, without secrets."""
    return JsonError(code=code, message=without_secrets(message), help=help_of(help), section=section)


def help_of(text: str | None) -> str | None:
    """Return a help line as it is shown; None if there is none."""
    return None if text is None else shown_path(text)


def _releases(plan: BumpPlan) -> list[JsonRelease]:
    """Return the planned releases; none if there is nothing to release, or no version yet."""
    return [
        filled(
            JsonRelease,
            release,
            version=str(release.version),
            previous_tag=release.previous.name if release.previous else None,
        )
        for release in plan.releases
        if release.version is not None and release.tag is not None and plan.nothing is None
    ]


def _object(oid: str | None, size_bytes: int | None) -> JsonObject | None:
    return None if oid is None else JsonObject(oid=oid, size_bytes=size_bytes)


def _plain(value: Any) -> Any:
    """Replace what JSON cannot express: NaN and infinities with their names, undecodable bytes with U+FFFD."""
    if isinstance(value, float):
        return json_safe(value)
    if isinstance(value, str):
        return value if value.isascii() else re.sub(_STRAY, "\ufffd", value)
    if isinstance(value, dict):
        return {_plain(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value


# Values of the core in the form of a document.
_SHAPES: dict[type, Callable[[Any], object]] = {
    Check: check,
    GateResult: partial(filled, JsonGate),
    Metric: partial(filled, JsonMetric),
    PointerChange: pointer,
    Signature: partial(filled, JsonTagger),
    TagSignature: signature,
    datetime: utc,
}
