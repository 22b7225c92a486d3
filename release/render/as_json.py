"""Reports as the JSON documents of `--json`; their schemas lie in `release/schemas`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from msgspec import json as fast_json

from release.core.bump.plan import BumpPlan
from release.core.bump.recovery import RecoverReport
from release.core.bump.report import BumpReport, Outcome
from release.core.check import Check
from release.core.escape import for_json_log
from release.core.gates.result import GateResult
from release.core.metrics.metric import Metric, Param
from release.core.numbers import json_safe
from release.core.pointers.pointer import PointerChange
from release.core.secrets import without_secrets
from release.core.shell import shown
from release.core.standing import StatusReport
from release.core.tags.signature import TagSignature
from release.errors import ExitCode

SCHEMA = 1
Json = dict[str, Any]

_STRAY = re.compile("[\ud800-\udfff]")  # bytes that were not UTF-8


def document(value: Json) -> str:
    """The text of a document, with its final newline; ASCII only, so that no locale and no CI log can spoil it."""
    text = _fast(value) or json.dumps(_plain(value), allow_nan=False)
    return for_json_log(fast_json.format(text, indent=2)) + "\n"


def _fast(value: Json) -> str | None:
    """By msgspec, ten times as fast as json; None if a value needs a replacement or json's care (see `_plain`)."""
    if not _all_finite(value):  # msgspec would write null
        return None
    try:
        text = fast_json.encode(value)
    except (TypeError, ValueError, OverflowError):  # stray bytes, numbers of more than 64 bits
        return None
    return text.decode() if text.isascii() else None


def _all_finite(value: Json) -> bool:
    waiting: list[Any] = [value]
    while waiting:
        inner = waiting.pop()
        for each in inner.values() if isinstance(inner, dict) else inner:
            if type(each) is float:
                if not math.isfinite(each):
                    return False
            elif isinstance(each, (dict, list, tuple)):
                waiting.append(each)
    return True


def recovered(report: RecoverReport) -> Json:
    """What `release recover` answers."""
    finished = report.finished
    return {
        **envelope("recover", report.exit_code, []),
        "outcome": report.outcome.value,
        "dry_run": report.foreseen,
        "message": report.message,
        "tag": report.tag,
        "moved": list(finished.moved) if finished else [],
        "files": list(finished.files) if finished else [],
        "warnings": list(finished.warnings) if finished else [],
        "unpublished": list(report.unpublished),
    }


def failed(command: str | None, code: ExitCode, message: str, help: str | None) -> Json:
    """A call that ended in an error before it had anything to report."""
    return envelope(command, code, [error(code, message, help)])


def bump(report: BumpReport) -> Json:
    """What `release bump` answers; for a refusal or a dry run, all that could be planned."""
    plan = report.plan
    made = report.outcome is Outcome.RELEASED
    release = _release(plan)
    releases = [release] if plan.version is not None and plan.nothing is None else []
    top = ("version", "tag", "tag_object", "previous_tag", "message", "metrics", "changelog_entry")
    return {
        **envelope("bump", report.exit_code, errors_of(plan.checks)),
        "released": made,
        "dry_run": report.outcome is Outcome.PREVIEW,
        "pushed": report.pushed,
        "commit": plan.commit or plan.base,
        "kind": plan.kind,
        "reasons": [*plan.reasons, *([plan.nothing] if plan.nothing is not None else [])],
        "checks": [check(found) for found in plan.checks],
        "steps": [step.text for step in plan.steps],
        "warnings": list(report.warnings),
        "params": [param(changed) for changed in plan.params],
        "pointers": [pointer(changed) for changed in plan.pointers],
        "releases": releases,
        **({name: release[name] for name in top} if releases else {}),
    }


def status(report: StatusReport, code: ExitCode) -> Json:
    """What `release status` answers; `code` is what it exits with."""
    plan = report.plan
    return {
        **envelope("status", code, errors_of(plan.checks) if code else []),
        "branch": plan.branch,
        "commit": plan.base,
        "previous_tag": plan.previous.name if plan.previous else None,
        "released": report.released is not None,
        "auto": plan.chosen,
        "version": str(plan.version) if plan.version is not None and plan.chosen not in (None, "none") else None,
        "reasons": list(plan.reasons),
        "commits": list(plan.commits),
        "metrics": [metric(found) for found in plan.metrics],
        "gates": [gate(found) for found in plan.gates],
        "params": [param(changed) for changed in plan.params],
        "pointers": [pointer(changed) for changed in plan.pointers],
        "checks": [check(found) for found in plan.checks],
    }


def errors_of(checks: Iterable[Check]) -> list[Json]:
    """The checks that block, as errors."""
    return [error(found.code, f"{found.name}: {found.message}", found.help) for found in checks if found.blocks]


def check(found: Check) -> Json:
    """One check."""
    return {
        "name": found.name,
        "verdict": found.verdict.value,
        "message": without_secrets(found.message),
        "help": None if found.help is None else shown(found.help),
        "details": [without_secrets(row) for row in found.details],
    }


def metric(found: Metric) -> Json:
    """One metric, before and after."""
    return {
        "file": found.file,
        "key": found.key,
        "before": found.before,
        "after": found.after,
        "delta": found.delta,
        "verdict": found.verdict.value,
    }


def gate(found: GateResult) -> Json:
    """One metric at one gate."""
    return {
        "key": found.key,
        "file": found.file,
        "before": found.before,
        "after": found.after,
        "limit": found.limit,
        "margin": found.margin,
        "verdict": found.verdict.value,
        "message": found.message,
    }


def param(found: Param) -> Json:
    """One parameter that changed."""
    return {
        "file": found.file,
        "key": found.key,
        "change": found.change.value,
        "before": found.before,
        "after": found.after,
    }


def pointer(found: PointerChange) -> Json:
    """One pointer that changed."""
    return {
        "path": found.path,
        "parent": found.parent,
        "change": found.change.value,
        "before": _object(found.before_oid, found.before_size_bytes),
        "after": _object(found.after_oid, found.after_size_bytes),
    }


def signature(found: TagSignature) -> Json:
    """A verdict on a tag's signature."""
    return {
        "state": found.state.value,
        "signer": found.signer,
        "key": found.key,
        "format": found.format,
        "reason": _without_secrets(found.reason),
    }


def utc(when: datetime) -> str:
    """ISO 8601 in UTC, to the second."""
    return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _release(plan: BumpPlan) -> Json:
    return {
        "model": None,
        "version": None if plan.version is None else str(plan.version),
        "tag": plan.tag,
        "tag_object": plan.tag_object,
        "previous_tag": plan.previous.name if plan.previous else None,
        "message": plan.message,
        "metrics": [metric(found) for found in plan.metrics],
        "gates": [gate(found) for found in plan.gates],
        "changelog_entry": plan.changelog_entry,
    }


def envelope(command: str | None, code: ExitCode, errors: list[Json]) -> Json:
    """What every document begins with."""
    return {"schema": SCHEMA, "command": command, "exit_code": int(code), "errors": errors}


def error(code: ExitCode, message: str, help: str | None) -> Json:
    """One error, without secrets."""
    return {"code": int(code), "message": without_secrets(message), "help": None if help is None else shown(help)}


def _without_secrets(text: str | None) -> str | None:
    return None if text is None else without_secrets(text)


def _object(oid: str | None, size_bytes: int | None) -> Json | None:
    return None if oid is None else {"oid": oid, "size_bytes": size_bytes}


def _plain(value: Any) -> Any:
    """The value with what JSON lacks replaced: numbers that are none by their names, stray bytes by U+FFFD."""
    if isinstance(value, float):
        return json_safe(value)
    if isinstance(value, str):
        return value if value.isascii() else _STRAY.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {_plain(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value
