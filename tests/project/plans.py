"""Plans with one release, made for tests of what is shown."""

from typing import Any

from msgspec.structs import replace

from release.core.release import BumpPlan, PlannedRelease

_OF_RELEASE = frozenset(PlannedRelease.__struct_fields__)


def plan_of_one(**fields: Any) -> BumpPlan:
    """Return a plan of one release; the fields are those of both."""
    release = {name: value for name, value in fields.items() if name in _OF_RELEASE}
    others = {name: value for name, value in fields.items() if name not in _OF_RELEASE}
    return BumpPlan(releases=(PlannedRelease(**release),), **others)


def changed(plan: BumpPlan, **fields: Any) -> BumpPlan:
    """Return the plan with other fields, of itself or of its release."""
    release = {name: value for name, value in fields.items() if name in _OF_RELEASE}
    others = {name: value for name, value in fields.items() if name not in _OF_RELEASE}
    return replace(plan, releases=(replace(plan.release, **release),), **others)
