"""Text and JSON of `release verify`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Annotated

from msgspec import Struct

from release.core.check import Verdict
from release.core.pointer import Layout
from release.core.problems import Problem, ProblemKind, RevisionAudit
from release.core.secrets import without_secrets
from release.core.shards import ReadingReport
from release.core.tag_message import SignatureState, TagSignature
from release.core.text import count, many, size
from release.core.verification import NeededObjects, Upload, Uploaded, Verified, VerifyReport
from release.ui.json_documents import Count, Document, ObjectId, error, filled, help_of, only, signature
from release.ui.style import Shade, Style, and_more, first, marked, pad, plain, short, wrapped

_SHADES = {
    Verdict.OK: Shade.GOOD,
    Verdict.WARNING: Shade.DOUBTFUL,
    Verdict.FAILED: Shade.BAD,
    Verdict.UNKNOWN: Shade.BAD,
}
_WORST_FIRST = (Verdict.FAILED, Verdict.UNKNOWN, Verdict.WARNING)
_MOST = 20  # problems of one revision; the JSON has all, because `--all` means all releases
_MOST_HELPS = 5
_LONGEST_NAME = 40  # the id of a commit


def verified_lines(report: VerifyReport, style: Style) -> list[str]:
    """Return a row for each revision with its problems, the sum, and the help."""
    widest = max((len(plain(one.audit.rev)) for one in report.revisions), default=0)
    times = Counter(problem for one in report.revisions for problem in one.audit.problems)
    # A warning of several revisions is about the repository: it is shown once, below.
    common = {each: None for each in times if times[each] > 1 and each.severity is Verdict.WARNING}
    lines = [line for one in report.revisions for line in _revision(one, widest, style, common)]
    if not report.revisions:
        lines += ["No releases here to verify."]
    if len(report.revisions) > 1:
        lines += ["", _sum(report)]
    for problem in common:
        lines += ["", *marked("warning", Shade.DOUBTFUL, problem.sentence, style)]
        lines += [f"help: {plain(problem.help)}"] if problem.help else []
    return [*lines, *_pushed(report.uploaded), *_read(report.reading), *_helps(report)]


def object_lines(report: NeededObjects, style: Style) -> list[str]:
    """Return the objects' names, which are never cut."""
    del style
    return list(report.oids)


def fault_lines(report: NeededObjects) -> list[str]:
    """Return the reasons why a list of objects may be incomplete."""
    return [f"error: {plain(fault)}: the list is incomplete [data-on-remote]" for fault in report.faults]


def _pushed(uploaded: Uploaded | None) -> list[str]:
    """Return what an upload did, and what cannot be uploaded from here."""
    if uploaded is None:
        return []
    plan = uploaded.planned
    lines = [_upload_line(uploaded)]
    left_out = [
        *(f"{plain(path)}: neither the remote nor your cache has it" for path in plan.lost),
        *(f"{plain(path)}: your cache's copy is damaged" for path in plan.damaged),
        *(f"the directory object of {plain(path)}, until its files are there" for path in plan.held),
    ]
    shown = first(left_out, _MOST)
    lines += [f"not uploaded: {row}" for row in shown]
    lines += and_more(len(left_out) - len(shown), "more not uploaded", indent=0, by="--json")
    return ["", *lines, *(f"error: {plain(without_secrets(fault))} [data-on-remote]" for fault in uploaded.faults)]


def _read(reading: ReadingReport | None) -> list[str]:
    """Return what `--every` read, and how much of all bytes was read within its days."""
    if reading is None:
        return []
    planned = f"{size(reading.planned_bytes)} in {many(reading.planned, 'shard')}"
    if reading.preview:
        line = f"Would read {planned}: nothing was read."
    elif reading.stopped:
        line = f"Read {size(reading.read_bytes)}, {count(reading.done)} of {many(reading.planned, 'shard')}: the time is over, the next call goes on."
    elif reading.done:
        line = f"Read {size(reading.read_bytes)} in {many(reading.done, 'shard')}."
    else:
        line = "Nothing was due." if not reading.read_bytes else f"Read {size(reading.read_bytes)} that was damaged."
    names = " and ".join(f"`{plain(name)}`" for name in reading.private)
    private = [f"Only this clone knows what was read from {names}: no record can be written there."] if names else []
    return ["", line, coverage_line(reading), *private]


def coverage_line(reading: ReadingReport) -> str:
    """Return how much was read within the days, such as `81 % of 4.2 TB within 30 days, oldest 41 days`."""
    found = reading.coverage
    oldest = "" if found.oldest_days is None else f", oldest {many(found.oldest_days, 'day')}"
    never = f", {size(found.never_bytes)} never" if found.never_bytes else ""
    return (
        f"Coverage: {found.percent} % of {size(found.total_bytes)} within {many(reading.days, 'day')}{oldest}{never}."
    )


def _upload_line(uploaded: Uploaded) -> str:
    which = uploaded.planned.ready if uploaded.preview else uploaded.done
    if not which:
        return "Nothing would be uploaded." if uploaded.preview else "Nothing was uploaded."
    replaced = sum(one.replaces for one in which)
    instead = f", {replaced:,} of them replacing damaged ones" if replaced else ""
    total = sum(one.size_bytes for one in which)
    names = " and ".join(f"`{plain(name)}`" for name in dict.fromkeys(one.remote for one in which))
    what = f"{many(len(which), 'object')} ({size(total)}) to {names}{instead}"
    return f"Would upload {what}: nothing was changed." if uploaded.preview else f"Uploaded {what}, then checked again."


def _revision(one: Verified, widest: int, style: Style, common: Collection[Problem]) -> list[str]:
    """Return the row of a revision, with the problems that are not `common` to several."""
    audit = one.audit
    name = pad(short(plain(audit.rev), style.cell(_LONGEST_NAME)), min(widest, style.cell(_LONGEST_NAME)))
    verdict = style.paint(pad(audit.verdict.value, 7), _SHADES[audit.verdict])
    foreign = "   not made by release" if one.foreign else ""
    lines = [f"  {name}   {verdict}   {_size(audit)}{_signed(one.signature)}{foreign}"]
    start = " " * (widest + 15 if widest <= style.room // 3 else 13)
    own = (problem for problem in audit.problems if problem not in common)
    problems = sorted(own, key=lambda problem: _WORST_FIRST.index(problem.severity))
    shown = first(problems, _MOST)
    for problem in shown:
        rows = wrapped(plain(problem.sentence), style, len(start))
        lines += [f"{start}{row}" for row in rows]
    return [*lines, *and_more(len(problems) - len(shown), indent=len(start), by="--json")]


def _signed(found: TagSignature | None) -> str:
    """Return the state of the signature; "" for an unsigned tag."""
    if found is None or found.state is SignatureState.UNSIGNED:
        return ""
    by = f", {plain(found.signer)}" if found.signer else ""
    return f"   signature {found.state.value}{by}"


def _size(audit: RevisionAudit) -> str:
    if not audit.uses_dvc:
        return "no DVC in this commit; nothing to check"
    return f"{many(audit.objects, 'object')}, {size(audit.total_bytes)}"


def _sum(report: VerifyReport) -> str:
    verdicts = [one.audit.verdict for one in report.revisions]
    parts = [
        f"{verdicts.count(verdict)} {verdict.value}"
        for verdict in (Verdict.OK, Verdict.FAILED, Verdict.UNKNOWN)
        if verdict in verdicts
    ]
    return f"{many(len(verdicts), 'revision')}: {', '.join(parts)}."


def _helps(report: VerifyReport) -> list[str]:
    helps = (
        problem.help
        for one in report.revisions
        for problem in one.audit.problems
        if problem.help and problem.severity is not Verdict.WARNING
    )
    unique = list(dict.fromkeys(helps))
    shown = first(unique, _MOST_HELPS)
    rest = and_more(len(unique) - len(shown), "more such commands", indent=0, by="--json")
    return ["", *(f"help: {plain(help)}" for help in shown), *rest] if unique else []


# `release verify` as documents


class JsonProblem(Struct, frozen=True, kw_only=True):
    """A problem of one object, out or pointer."""

    severity: Annotated[Verdict, only(Verdict.FAILED, Verdict.UNKNOWN, Verdict.WARNING)]
    path: str
    pointer: str
    kind: ProblemKind
    oid: str | None
    remote: str | None
    message: str
    help: str | None
    size_bytes: int | None
    in_cache: bool | None


class JsonRevision(Struct, frozen=True, kw_only=True):
    """The verdict on one revision."""

    rev: str
    commit: ObjectId | None
    verdict: Annotated[Verdict, only(Verdict.OK, Verdict.FAILED, Verdict.UNKNOWN)]
    foreign: bool
    signature: TagSignature | None
    uses_dvc: bool
    pointers: Count
    objects: Count
    bytes: Count
    digest: str | None
    remotes: Sequence[str]
    excluded: Sequence[str]
    problems: Sequence[JsonProblem]


class JsonUpload(Struct, frozen=True, kw_only=True):
    """An object to upload; `replaced`: the remote had wrong bytes under its name."""

    path: str
    oid: str
    remote: str
    size_bytes: Count
    replaced: bool


class JsonPush(Struct, frozen=True, kw_only=True):
    """Result of `--push`, or its preview."""

    dry_run: bool
    planned: Sequence[JsonUpload]
    uploaded: Sequence[JsonUpload]
    lost: Sequence[str]
    damaged: Sequence[str]
    held: Sequence[str]
    errors: Sequence[str]


class JsonReading(Struct, frozen=True, kw_only=True):
    """Result of `--every`, or its preview.

    `covered_bytes` were read within `days`, `never_bytes` never; `oldest_days` is null if nothing was ever read.
    """

    dry_run: bool
    days: Count
    planned_shards: Count
    planned_bytes: Count
    read_shards: Count
    read_bytes: Count
    time_is_over: bool
    total_bytes: Count
    covered_bytes: Count
    never_bytes: Count
    oldest_days: Count | None
    private_records: Sequence[str]


class VerifyDocument(Document, frozen=True, kw_only=True):
    """Answer of `verify`."""

    revisions: Sequence[JsonRevision]
    push: JsonPush | None
    reading: JsonReading | None


class JsonNeeded(Struct, frozen=True):
    """An object that commits need."""

    layout: Annotated[str, only(*Layout)]
    oid: str


class ObjectsDocument(Document, frozen=True, kw_only=True):
    """Answer of `verify --objects`."""

    objects: Sequence[JsonNeeded]


def verified_document(report: VerifyReport) -> VerifyDocument:
    """Return what `release verify --json` answers."""
    return VerifyDocument(
        command="verify",
        exit_code=report.exit_code,
        errors=[
            error(report.exit_code, f"{one.audit.rev}: {problem.message}", problem.help, problem.section)
            for one in report.revisions
            for problem in one.audit.problems
            if problem.severity is not Verdict.WARNING and (report.include_foreign or not one.foreign)
        ],
        revisions=[_json_revision(one) for one in report.revisions],
        push=None if report.uploaded is None else _push(report.uploaded),
        reading=None if report.reading is None else _json_reading(report.reading),
    )


def objects_document(report: NeededObjects) -> ObjectsDocument:
    """Return what `release verify --objects --json` answers."""
    rows = sorted({(key.layout, key.oid) for key in report.keys})
    return ObjectsDocument(
        command="verify",
        exit_code=report.exit_code,
        errors=[error(report.exit_code, without_secrets(fault), None, "data-on-remote") for fault in report.faults],
        objects=[JsonNeeded(layout, oid.replace("\0", " ")) for layout, oid in rows],
    )


def _push(uploaded: Uploaded) -> JsonPush:
    return filled(
        JsonPush,
        uploaded.planned,
        dry_run=uploaded.preview,
        planned=[_upload(one) for one in uploaded.planned.ready],
        uploaded=[_upload(one) for one in uploaded.done],
        errors=[without_secrets(fault) for fault in uploaded.faults],
    )


def _json_reading(one: ReadingReport) -> JsonReading:
    return filled(
        JsonReading,
        one.coverage,
        dry_run=one.preview,
        days=one.days,
        planned_shards=one.planned,
        planned_bytes=one.planned_bytes,
        read_shards=one.done,
        read_bytes=one.read_bytes,
        time_is_over=one.stopped,
        covered_bytes=one.coverage.within_bytes,
        private_records=one.private,
    )


def _upload(one: Upload) -> JsonUpload:
    return filled(JsonUpload, one, oid=one.key.oid, replaced=one.replaces)


def _json_revision(one: Verified) -> JsonRevision:
    return filled(
        JsonRevision,
        one.audit,
        commit=one.audit.commit or None,
        bytes=one.audit.total_bytes,
        foreign=one.foreign,
        signature=one.signature and signature(one.signature),
        problems=[
            filled(JsonProblem, each, message=without_secrets(each.message), help=help_of(each.help))
            for each in one.audit.problems
        ],
    )
