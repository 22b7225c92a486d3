"""The main job: make the next release, or show what it would be."""

from __future__ import annotations

from collections.abc import Callable

from release.adapters.git.scratch import Scratch
from release.core.plan import BumpPlan
from release.core.report import BumpReport, Outcome
from release.core.request import BumpRequest
from release.errors import Cancelled
from release.flows.inquiry import Reach
from release.flows.planning import Planned, plan_release
from release.flows.project import Project
from release.flows.run import run
from release.flows.steps import OnStep, ignore

Confirm = Callable[[BumpPlan], bool]  # shows the plan; True: go on


def bump(request: BumpRequest, project: Project, confirm: Confirm, on_step: OnStep = ignore) -> BumpReport:
    """Make the next release; a refusal is a report, too.

    Raises UsageError before anything is read, Cancelled if not confirmed, Refused or Raced if the
    remote refused (nothing was changed), Interrupted if it is not known what became of it.
    """
    with Scratch(project.repository) as scratch:
        planned = plan_release(request, project, scratch)
        if planned.work is None:
            return _without_change(planned)
        if not confirm(planned.plan):
            raise Cancelled("cancelled; nothing was changed")
        finished = run(project.repository, scratch, planned.work, on_step)
    return BumpReport(plan=planned.plan, outcome=Outcome.RELEASED, pushed=planned.work.push, warnings=finished.warnings)


def preview(request: BumpRequest, project: Project, reach: Reach = Reach.EVERYWHERE) -> BumpReport:
    """The plan with every check, rehearsal included; nothing is changed and no hook is run."""
    with Scratch(project.repository) as scratch:
        planned = plan_release(request, project, scratch, reach)
    return _without_change(planned)


def _without_change(planned: Planned) -> BumpReport:
    if planned.plan.nothing is not None:
        return BumpReport(plan=planned.plan, outcome=Outcome.NOTHING)
    return BumpReport(plan=planned.plan, outcome=Outcome.REFUSED if planned.plan.refused else Outcome.PREVIEW)
