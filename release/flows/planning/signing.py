"""Signatures, made in the prepare phase: a key that fails is found before anything changes."""

from __future__ import annotations

from collections.abc import Mapping

from release.core.check import Check
from release.core.draft import Draft
from release.core.next_version import VersionDecision
from release.core.release import BumpPlan
from release.core.tag_message import failed_check, signed_check, unsigned_check, what_to_sign
from release.flows.planning.inquiry import PlanContext
from release.flows.planning.rehearsal import Prepared, prepare
from release.git.signatures import SigningFailed, signing_key


def prepare_signed(
    inquiry: PlanContext, decision: VersionDecision, draft: Draft, also: Mapping[str, str], *, plan: BumpPlan
) -> tuple[Prepared, tuple[Check, ...]]:
    """Make commit and tag, signed as requested; return them with the check of the signature.

    If signing fails they are made unsigned, so that the later phases can still be rehearsed.
    """
    facts, request = inquiry.facts, inquiry.request
    signed = what_to_sign(facts.signing, request.sign, writes=bool(draft.contents))
    if not signed or decision.publish_only is not None:
        return prepare(inquiry, decision, draft, also=also), ()
    key = signing_key(inquiry.project.repository.settings)
    reason = _why_not_yet(inquiry, plan)
    if reason is not None:
        check = unsigned_check(signed, reason)
    else:
        try:
            return prepare(inquiry, decision, draft, also=also, signed=signed), (signed_check(signed, key),)
        except SigningFailed as error:
            check = failed_check(signed, key, error.message)
    return prepare(inquiry, decision, draft, also=also), (check,)


def _why_not_yet(inquiry: PlanContext, plan: BumpPlan) -> str | None:
    """Return the reason not to sign yet; None: sign.

    A passphrase or a touch is requested only if a release can follow.
    """
    if not inquiry.request.ask_for_key:
        return "`release bump` signs"
    return "other checks failed" if plan.refused and inquiry.project.repository.git.on_terminal else None
