"""`release verify` as documents."""

from __future__ import annotations

from release.core.audit.audit import Problem
from release.core.audit.uploads import Upload, Uploaded
from release.core.audit.verify import NeededObjects, Verified, VerifyReport
from release.core.check import Verdict
from release.core.secrets import without_secrets
from release.core.shell import shown
from release.render.as_json import Json, envelope, error, signature


def verified_document(report: VerifyReport) -> Json:
    """What `release verify --json` answers."""
    errors = [
        error(report.exit_code, f"{one.audit.rev}: {problem.message}", problem.help)
        for one in report.revisions
        for problem in one.audit.problems
        if problem.severity is not Verdict.WARNING and (report.include_foreign or not one.foreign)
    ]
    return {
        **envelope("verify", report.exit_code, errors),
        "revisions": [_document(one) for one in report.revisions],
        "push": None if report.uploaded is None else _push_document(report.uploaded),
    }


def objects_document(report: NeededObjects) -> Json:
    """What `release verify --objects --json` answers."""
    errors = [error(report.exit_code, without_secrets(fault), None) for fault in report.faults]
    rows = sorted({(key.layout, key.oid) for key in report.keys})
    objects = [{"layout": layout, "oid": oid.replace("\0", " ")} for layout, oid in rows]
    return {**envelope("verify", report.exit_code, errors), "objects": objects}


def _push_document(uploaded: Uploaded) -> Json:
    plan = uploaded.planned
    return {
        "dry_run": uploaded.foreseen,
        "planned": [_upload(one) for one in plan.ready],
        "uploaded": [_upload(one) for one in uploaded.done],
        "lost": list(plan.lost),
        "damaged": list(plan.damaged),
        "held": list(plan.held),
        "errors": [without_secrets(fault) for fault in uploaded.faults],
    }


def _upload(one: Upload) -> Json:
    return {
        "path": one.path,
        "oid": one.key.oid,
        "remote": one.remote,
        "size_bytes": one.size_bytes,
        "replaced": one.replaces,
    }


def _document(one: Verified) -> Json:
    audit = one.audit
    return {
        "rev": audit.rev,
        "commit": audit.commit or None,
        "verdict": audit.verdict.value,
        "foreign": one.foreign,
        "signature": None if one.signature is None else signature(one.signature),
        "uses_dvc": audit.uses_dvc,
        "pointers": audit.pointers,
        "objects": audit.objects,
        "bytes": audit.total_bytes,
        "digest": audit.digest,
        "remotes": list(audit.remotes),
        "excluded": list(audit.excluded),
        "problems": [_problem(problem) for problem in audit.problems],
    }


def _problem(problem: Problem) -> Json:
    return {
        "severity": problem.severity.value,
        "path": problem.path,
        "pointer": problem.pointer,
        "kind": problem.kind.value,
        "oid": problem.oid,
        "remote": problem.remote,
        "message": without_secrets(problem.message),
        "help": None if problem.help is None else shown(problem.help),
        "size_bytes": problem.size_bytes,
        "in_cache": problem.in_cache,
    }
