"""What `list` answers, as a document."""

from __future__ import annotations

from collections.abc import Mapping

from release.core.metrics.deltas import is_number
from release.core.metrics.metric import Metric, Scalar
from release.core.secrets import without_secrets
from release.core.tags.broken import told
from release.core.tags.gto import model_of
from release.core.tags.releases import ListReport, ReleaseLine
from release.core.tags.tag import ReleaseTag
from release.errors import ExitCode
from release.render.as_json import Json, envelope, signature, utc


def listing(report: ListReport) -> Json:
    """What `release list` answers; text, true and false among the metrics are left out, for it promises numbers."""
    numbers = {id(line.metrics): line.metrics for line in report.releases}  # releases share what did not change
    kept = {
        same: {name: value for name, value in metrics.items() if is_number(value)} for same, metrics in numbers.items()
    }
    return {
        **envelope("list", ExitCode.DONE, []),
        "releases": [_line(line, kept[id(line.metrics)]) for line in report.releases],
        "warnings": [
            *(told(tag) for tag in report.broken),
            *([] if report.trouble is None else [without_secrets(report.trouble)]),
        ],
    }


def _line(line: ReleaseLine, numbers: Mapping[str, Scalar]) -> Json:
    return {
        **identity(line.tag),
        "date": None if line.when is None else utc(line.when),
        "message": line.message,
        "metrics": numbers,
        "here": line.here,
        "on_remote": line.on_remote,
        "verified": line.verified,
        **({"unread": dict(line.unread)} if line.unread else {}),
        **_looked_at(line),
        **({} if line.trend is None else {"trend": {name: _trend(found) for name, found in line.trend.items()}}),
    }


def _looked_at(line: ReleaseLine) -> Json:
    if line.signature is None:
        return {}
    return {"signature": signature(line.signature), "warnings": list(line.warnings)}


def _trend(found: Metric) -> Json:
    return {"before": found.before, "delta": found.delta, "verdict": found.verdict.value}


def identity(tag: ReleaseTag) -> Json:
    """What a release is called, and where it lies."""
    return {"tag": tag.name, "version": str(tag.version), "model": model_of(tag.name), "commit": tag.ref.commit_id}
