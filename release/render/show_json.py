"""What `show` answers, as a document."""

from __future__ import annotations

from release.core.one_release import ShowReport
from release.core.pointers.pointer import Out
from release.core.tags.message import Trailers
from release.errors import ExitCode
from release.render.as_json import Json, check, envelope, metric, param, signature, utc
from release.render.chain import chain_document
from release.render.list_json import identity


def showing(report: ShowReport) -> Json:
    """What `release show` answers."""
    who = report.tagger
    return {
        **envelope("show", ExitCode.DONE, []),
        **identity(report.tag),
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
