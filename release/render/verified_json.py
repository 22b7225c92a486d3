"""`release verify` as documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Struct, field

from release.core.check import Verdict
from release.core.pointer import Layout
from release.core.problems import Problem, ProblemKind
from release.core.secrets import without_secrets
from release.core.tag_message import TagSignature
from release.core.verification import NeededObjects, Upload, Uploaded, Verified, VerifyReport
from release.render.as_json import Count, Document, ObjectId, error, filled, help_of, only, signature


class JsonProblem(Struct, frozen=True, kw_only=True):
    """What is wrong with one object, out or pointer."""

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
    total_bytes: Count = field(name="bytes")
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
    replaces: bool = field(name="replaced")


class JsonPush(Struct, frozen=True, kw_only=True):
    """What `--push` did, or would do."""

    dry_run: bool
    planned: Sequence[JsonUpload]
    uploaded: Sequence[JsonUpload]
    lost: Sequence[str]
    damaged: Sequence[str]
    held: Sequence[str]
    errors: Sequence[str]


class VerifyDocument(Document, frozen=True, kw_only=True):
    """Answer of `verify`."""

    revisions: Sequence[JsonRevision]
    push: JsonPush | None


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
            error(report.exit_code, f"{one.audit.rev}: {problem.message}", problem.help)
            for one in report.revisions
            for problem in one.audit.problems
            if problem.severity is not Verdict.WARNING and (report.include_foreign or not one.foreign)
        ],
        revisions=[_json_revision(one) for one in report.revisions],
        push=None if report.uploaded is None else _push(report.uploaded),
    )


def objects_document(report: NeededObjects) -> ObjectsDocument:
    """Return what `release verify --objects --json` answers."""
    rows = sorted({(key.layout, key.oid) for key in report.keys})
    return ObjectsDocument(
        command="verify",
        exit_code=report.exit_code,
        errors=[error(report.exit_code, without_secrets(fault), None) for fault in report.faults],
        objects=[JsonNeeded(layout, oid.replace("\0", " ")) for layout, oid in rows],
    )


def _push(uploaded: Uploaded) -> JsonPush:
    return filled(
        JsonPush,
        uploaded.planned,
        dry_run=uploaded.foreseen,
        planned=[_upload(one) for one in uploaded.planned.ready],
        uploaded=[_upload(one) for one in uploaded.done],
        errors=[without_secrets(fault) for fault in uploaded.faults],
    )


def _upload(one: Upload) -> JsonUpload:
    return filled(JsonUpload, one, oid=one.key.oid)


def _json_revision(one: Verified) -> JsonRevision:
    return filled(
        JsonRevision,
        one.audit,
        commit=one.audit.commit or None,
        foreign=one.foreign,
        signature=one.signature and signature(one.signature),
        problems=[_problem(problem) for problem in one.audit.problems],
    )


def _problem(problem: Problem) -> JsonProblem:
    return filled(JsonProblem, problem, message=without_secrets(problem.message), help=help_of(problem.help))
