"""What `list` and `show` answer, as documents."""

from __future__ import annotations

from collections.abc import Mapping

from release.core.metrics.deltas import is_number
from release.core.metrics.metric import Metric, Scalar
from release.core.one_release import ShowReport
from release.core.pointers.pointer import Out
from release.core.secrets import without_secrets
from release.core.tags.broken import told
from release.core.tags.gto import model_of
from release.core.tags.message import Trailers
from release.core.tags.releases import ListReport, ReleaseLine
from release.core.tags.tag import ReleaseTag
from release.errors import ExitCode
from release.render.as_json import Json, check, envelope, metric, param, signature, utc
from release.render.chain import chain_document


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
        **_identity(line.tag),
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


def showing(report: ShowReport) -> Json:
    """What `release show` answers."""
    who = report.tagger
    return {
        **envelope("show", ExitCode.DONE, []),
        **_identity(report.tag),
        "tag_object": report.tag.ref.object_id if report.tag.ref.annotated else None,
        "annotated": report.tag.ref.annotated,
        "previous_tag": report.previous.name if report.previous else None,
        "date": None if report.when is None else utc(report.when),
        "signature": signature(report.signature),
        "tagger": None if who is None else {"name": who.name, "email": who.email},
        "message": report.message,
        "commit_subject": report.commit_subject,
        "trailers": None if report.trailers is None else _trailers(report.trailers),
        "metrics": [metric(found) for found in report.metrics],
        "params": [param(changed) for changed in report.changed_params],
        "parameter_files": [
            {"path": file.path, "values": dict(file.values), "problem": file.problem} for file in report.params
        ],
        "pointers": [_out(out) for out in report.outs],
        "data_digest": check(report.data),
        "lineage": chain_document(report.stages, report.stale),
        "warnings": list(report.problems),
    }


def _looked_at(line: ReleaseLine) -> Json:
    if line.signature is None:
        return {}
    return {"signature": signature(line.signature), "warnings": list(line.warnings)}


def _trend(found: Metric) -> Json:
    return {"before": found.before, "delta": found.delta, "verdict": found.verdict.value}


def _identity(tag: ReleaseTag) -> Json:
    return {"tag": tag.name, "version": str(tag.version), "model": model_of(tag.name), "commit": tag.ref.commit_id}


def _trailers(said: Trailers) -> Json:
    tag, object_id = said.previous or (None, None)
    return {
        "schema": said.schema,
        "id": said.release_id,
        "previous": None if tag is None else {"tag": tag, "tag_object": object_id},
        "objects": said.objects,
        "bytes": said.total_bytes,
        "excluded": said.excluded,
        "regression": said.regression,
        "digest": said.digest,
        "metrics_digest": said.metrics_digest,
    }


def _out(out: Out) -> Json:
    return {
        "path": out.path,
        "pointer": out.pointer,
        "stage": out.stage,
        "oid": out.oid,
        "hash": out.hash_name,
        "size_bytes": out.size_bytes,
        "files": out.nfiles,
        "remote": out.remote,
    }
