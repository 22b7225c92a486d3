"""Work of `release status`: a preview of the next release."""

from __future__ import annotations

from msgspec.structs import replace

from release.core.audit.doubts import Unasked
from release.core.bump.request import AUTO, BumpRequest
from release.core.standing import StatusReport
from release.core.versions.version import Level
from release.flows.bump import preview
from release.flows.project import Project
from release.flows.reach import Reach


def read_status(project: Project, reach: Reach = Reach.EVERYWHERE) -> StatusReport:
    """Return what `auto` would do, with every check, or the release at HEAD. Changes nothing."""
    plan = preview(BumpRequest(kind=AUTO, ask_for_key=False), project, reach, Unasked.LOOK).plan
    if plan.nothing is None:
        return StatusReport(plan=plan)
    if plan.version is not None:
        return StatusReport(plan=replace(plan, chosen=None, reasons=()), released=plan.tag)
    patch = preview(BumpRequest(kind=Level.PATCH.value, ask_for_key=False), project, reach, Unasked.LOOK).plan
    return StatusReport(plan=replace(patch, chosen=plan.chosen, reasons=plan.reasons))
