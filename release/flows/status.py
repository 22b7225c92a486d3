"""Work of `release status`: a preview of the next release."""

from __future__ import annotations

from msgspec.structs import replace

from release.core.audit_rules import ReadBudget
from release.core.release import AUTO, BumpReport, BumpRequest, StatusReport
from release.core.version import Level
from release.flows.planning.plan import plan_release, without_change
from release.flows.project import Project
from release.flows.reach import Access
from release.flows.running.mending import as_if_uploaded, is_asked_for
from release.git.scratch import Scratch


def preview(
    request: BumpRequest, project: Project, reach: Access = Access.EVERYWHERE, unasked: ReadBudget = ReadBudget.PROOF
) -> BumpReport:
    """Return the plan with every check, including the rehearsal; change nothing and run no hook."""
    with Scratch(project.repository) as scratch:
        planned = plan_release(request, project, scratch, reach, unasked=unasked)
    if is_asked_for(request, project):
        planned = replace(planned, plan=as_if_uploaded(project, planned.plan))
    return without_change(planned)


def read_status(project: Project, reach: Access = Access.EVERYWHERE) -> StatusReport:
    """Return what `auto` would do, with every check, or the release at HEAD. Changes nothing."""
    plan = preview(BumpRequest(kind=AUTO, ask_for_key=False), project, reach, ReadBudget.LOOK).plan
    if plan.nothing is None:
        return StatusReport(plan=plan)
    if plan.version is not None:
        return StatusReport(plan=replace(plan, chosen=None, reasons=()), released=plan.tag)
    patch = preview(BumpRequest(kind=Level.PATCH.value, ask_for_key=False), project, reach, ReadBudget.LOOK).plan
    return StatusReport(plan=replace(patch, chosen=plan.chosen, reasons=plan.reasons))
