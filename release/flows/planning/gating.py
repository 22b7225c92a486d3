"""Gates of a release: their comparisons, results, and the reason that overrides a failed one."""

from __future__ import annotations

from msgspec import Struct

from release.core.check import Check
from release.core.gates import (
    Compared,
    GateResult,
    GateVerdict,
    allow,
    gates_check,
    judge_gates,
    unmeasured_gates,
    with_unmeasured,
)
from release.core.next_version import VersionDecision
from release.core.release import CommitFacts
from release.core.tag_message import parse_object
from release.core.tags import ReleaseTag
from release.core.text import command_line
from release.flows.planning.inquiry import PlanContext


class JudgedGates(Struct, frozen=True, kw_only=True):
    """The results and their check (None: no gate is configured).

    `regression` is the reason for the override; None if no gate needed one.
    """

    results: tuple[GateResult, ...] = ()
    check: Check | None = None
    regression: str | None = None
    notes: tuple[str, ...] = ()


def judge(inquiry: PlanContext, decision: VersionDecision, commit: CommitFacts) -> JudgedGates:
    """Judge every gate. If the release only has to be published, the reason in its own tag counts, too."""
    config, request = inquiry.project.config, inquiry.request
    previous = decision.previous.name if decision.previous else None
    compared = Compared(
        after=commit.metrics,
        before=commit.metrics_before,
        previous=previous,
        baselines=commit.baselines,
        folder=config.folder,
    )
    judged = judge_gates(config.gates, compared)
    skipped = unmeasured_gates(judged, compared)
    results = tuple(one for one in judged if one not in skipped)
    reason: str | None = request.allow_regression
    if reason is None and decision.publish_only is not None:
        reason = _reason_of(inquiry, decision.publish_only)
    notes: tuple[str, ...] = ()
    if reason is not None:
        results = allow(results)
        if not any(one.verdict is GateVerdict.ALLOWED for one in results):
            # a rollback sets the reason itself
            unused = request.allow_regression is not None and request.back_to is None
            reason, notes = None, ("no gate failed: --allow-regression was not needed",) if unused else ()
    command = command_line("release", "bump", request.kind)
    check = with_unmeasured(gates_check(results, reason=reason, command=command), skipped)
    return JudgedGates(results=results, check=check, regression=reason, notes=notes)


def _reason_of(inquiry: PlanContext, release: ReleaseTag) -> str | None:
    found = inquiry.objects.get(release.ref.object_id)
    if found is None or found.kind != "tag":
        return None
    message = parse_object(found.data)
    return message.trailers.regression if message.trailers else None
