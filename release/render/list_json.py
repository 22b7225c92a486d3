"""What `list` answers, as a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import UNSET, Struct, UnsetType, field

from release.core.metric_deltas import is_number
from release.core.metrics import MetricVerdict
from release.core.secrets import without_secrets
from release.core.tag_message import TagSignature
from release.core.tags import ListReport, ReleaseLine, describe_broken, model_of
from release.core.text import Scalar
from release.render.as_json import Document, Number, ObjectId, UtcTime, filled, signature


class JsonTrend(Struct, frozen=True, kw_only=True):
    """A metric against the release before."""

    before: Scalar
    delta: Number | None
    verdict: MetricVerdict


class JsonLine(Struct, frozen=True, kw_only=True):
    """One release. `here` false: only the remote has the tag; `on_remote` null: not asked, or no answer.

    `verified`: `release` made it, and so proved its data then. `unread` are metric files that could not be read, with
    the reason. With `--signatures`: `signature` and `warnings` (what later releases recorded otherwise); with
    `--trend`: `trend`.
    """

    tag: str
    version: str
    model: str | None
    commit: ObjectId | None
    when: UtcTime | None = field(name="date")
    message: str
    metrics: Mapping[str, Number]
    here: bool
    on_remote: bool | None
    verified: bool
    unread: Mapping[str, str] | UnsetType = UNSET
    signature: TagSignature | UnsetType = UNSET
    warnings: Sequence[str] | UnsetType = UNSET
    trend: Mapping[str, JsonTrend] | UnsetType = UNSET


class ListDocument(Document, frozen=True, kw_only=True):
    """Answer of `list`; `warnings` say why the git remote's tags are not known."""

    releases: Sequence[JsonLine]
    warnings: Sequence[str]


def listing(report: ListReport) -> ListDocument:
    """Return what `release list` answers; text, true and false among the metrics are left out, for it promises numbers."""
    numbers = {id(line.metrics): line.metrics for line in report.releases}  # releases share what did not change
    kept = {
        same: {name: value for name, value in metrics.items() if is_number(value)} for same, metrics in numbers.items()
    }
    trouble = [] if report.trouble is None else [without_secrets(report.trouble)]
    return ListDocument(
        command="list",
        releases=[_line(line, kept[id(line.metrics)]) for line in report.releases],
        warnings=[*(describe_broken(tag) for tag in report.broken), *trouble],
    )


def _line(line: ReleaseLine, numbers: Mapping[str, Scalar]) -> JsonLine:
    return filled(
        JsonLine,
        line,
        tag=line.tag.name,
        version=str(line.tag.version),
        model=model_of(line.tag.name),
        commit=line.tag.ref.commit_id,
        metrics=numbers,
        unread=line.unread or UNSET,
        signature=UNSET if line.signature is None else signature(line.signature),
        warnings=UNSET if line.signature is None else line.warnings,
        trend=UNSET if line.trend is None else {name: filled(JsonTrend, found) for name, found in line.trend.items()},
    )
