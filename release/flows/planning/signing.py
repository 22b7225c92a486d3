"""Signatures belong to preparing: a key that does not sign is found before anything happens."""

from __future__ import annotations

from collections.abc import Mapping

from release.adapters.git.signing import SigningFailed, signing_key
from release.core.bump.draft import Draft
from release.core.bump.plan import BumpPlan
from release.core.check import Check
from release.core.tags.signing import failed_check, signed_check, unsigned_check, what_to_sign
from release.core.versions.decision import VersionDecision
from release.flows.planning.inquiry import Inquiry
from release.flows.planning.rehearsal import Prepared, prepare


def prepare_signed(
    inquiry: Inquiry, decision: VersionDecision, draft: Draft, also: Mapping[str, str], *, plan: BumpPlan
) -> tuple[Prepared, tuple[Check, ...]]:
    """Make commit and tag, signed as asked for, and say what became of it.

    Without a signature they are made unsigned, so that the later moments can be rehearsed all the same.
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


def _why_not_yet(inquiry: Inquiry, plan: BumpPlan) -> str | None:
    """A passphrase, or a touch, is asked for where a release can come of it, and only there."""
    if not inquiry.request.ask_for_key:
        return "`release bump` signs"
    return "other checks failed" if plan.refused and inquiry.project.repository.git.on_terminal else None
