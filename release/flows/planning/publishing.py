"""Plan of a `--no-push` release that only has to be published: shown as it was made."""

from __future__ import annotations

from msgspec.structs import replace

from release.core.changelog import entry_of
from release.core.next_version import VersionDecision
from release.core.release import BumpPlan
from release.core.tag_message import parse_object
from release.errors import ReleaseError
from release.flows.planning.inquiry import PlanContext


def as_made(inquiry: PlanContext, decision: VersionDecision, plan: BumpPlan, changelog: bytes | None) -> BumpPlan:
    """Return the plan with message and entry of the existing tag and changelog; other plans unchanged."""
    if decision.publish_only is None or decision.tag is None:
        return plan
    message = parse_object(inquiry.objects.read(decision.publish_only.ref.object_id))
    notes = plan.notes
    if inquiry.request.message not in (None, message.subject):
        notes = (*notes, f"-m is not used: {decision.tag} has its message already")
    return replace(
        plan,
        message=message.subject,
        changelog_entry=_entry(changelog, str(decision.version)) or message.body or plan.changelog_entry,
        notes=notes,
    )


def _entry(changelog: bytes | None, version: str) -> str | None:
    try:
        return entry_of(changelog, version) if changelog is not None else None
    except ReleaseError:
        return None
