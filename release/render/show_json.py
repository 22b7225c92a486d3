"""What `show` answers, as a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from msgspec import Struct, field

from release.core.diff import ShowReport
from release.core.metrics import Param
from release.core.tag_message import TagSignature, Trailers
from release.core.tags import StageReport, TagRef, model_of
from release.core.text import Scalar
from release.render.as_json import Document, JsonCheck, JsonMetric, JsonTagger, ObjectId, UtcTime, filled
from release.render.chain import JsonLineage, chain_document

_Made = TypeVar("_Made", bound=Document)


class JsonPrevious(Struct, frozen=True, kw_only=True):
    """The release before, as a tag recorded it."""

    tag: str
    tag_object: ObjectId


class JsonTrailers(Struct, frozen=True, kw_only=True):
    """What the tag attests."""

    schema: int
    release_id: str = field(name="id")
    previous: JsonPrevious | None
    objects: int
    total_bytes: int = field(name="bytes")
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
    hash_name: str = field(name="hash")
    size_bytes: int | None
    nfiles: int | None = field(name="files")
    remote: str | None


class ShowDocument(Document, frozen=True, kw_only=True):
    """Answer of `show` for a release; `trailers` null: a tag of another tool."""

    tag: str
    version: str
    model: str | None
    commit: ObjectId | None
    tag_object: ObjectId | None
    annotated: bool
    previous_tag: str | None
    when: UtcTime | None = field(name="date")
    signature: TagSignature
    tagger: JsonTagger | None
    message: str
    commit_subject: str
    trailers: JsonTrailers | None
    metrics: Sequence[JsonMetric]
    changed_params: Sequence[Param] = field(name="params")
    params: Sequence[JsonParameterFile] = field(name="parameter_files")
    outs: Sequence[JsonOut] = field(name="pointers")
    data: JsonCheck = field(name="data_digest")
    lineage: Sequence[JsonLineage]
    problems: Sequence[str] = field(name="warnings")


def showing(report: ShowReport) -> ShowDocument:
    """Return what `release show` answers."""
    return of_tag(
        ShowDocument,
        report,
        report.tag.ref,
        version=str(report.tag.version),
        model=model_of(report.tag.name),
        previous_tag=report.previous.name if report.previous else None,
        trailers=None if report.trailers is None else _trailers(report.trailers),
        params=[filled(JsonParameterFile, file) for file in report.params],
        outs=[filled(JsonOut, out) for out in report.outs],
        lineage=chain_document(report.stages, report.stale),
    )


def of_tag(kind: type[_Made], report: ShowReport | StageReport, ref: TagRef, **more: object) -> _Made:
    """Return a document of `show`, with what every tag has and the fields in `more`."""
    return filled(
        kind,
        report,
        command="show",
        tag=ref.name,
        commit=ref.commit_id,
        tag_object=ref.object_id if ref.annotated else None,
        annotated=ref.annotated,
        **more,
    )


def _trailers(said: Trailers) -> JsonTrailers:
    previous = None if said.previous is None else JsonPrevious(tag=said.previous[0], tag_object=said.previous[1])
    return filled(JsonTrailers, said, previous=previous)
