"""The main job: make the next release, or show what it would be."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from release.adapters.git.scratch import Scratch
from release.core.audit.doubts import Unasked
from release.core.audit.uploads import Uploaded
from release.core.bump.plan import BumpPlan
from release.core.bump.record import Record
from release.core.bump.report import BumpReport, Outcome
from release.core.bump.request import BumpRequest
from release.errors import Cancelled, Raced
from release.flows.planning.plan import plan_release, without_change
from release.flows.project import Project
from release.flows.reach import Reach
from release.flows.running.mending import Uploading, as_if_uploaded, is_asked_for, noted, upload_lacking
from release.flows.running.run import run
from release.flows.running.steps import OnStep, ignore

_ATTEMPTS = 4

Confirm = Callable[[BumpPlan], bool]  # shows the plan; True: go on


def bump(
    request: BumpRequest,
    project: Project,
    confirm: Confirm,
    on_step: OnStep = ignore,
    uploading: Uploading | None = None,
) -> BumpReport:
    """Make the next release; a refusal is a report, too.

    Data that only the local cache has is uploaded if the request or `uploading` says so; then
    everything is read again, and what was uploaded stays, whatever comes of it.

    If somebody pushes meanwhile, a clone without commits of its own follows and plans anew; `confirm`
    is asked about each plan. Raises UsageError before anything is read, Cancelled if not confirmed,
    Refused or Raced if the remote refused (nothing was changed), Interrupted if it is not known what
    became of it.
    """
    notes: tuple[str, ...] = ()
    for _ in range(_ATTEMPTS - 1):
        attempt = _attempt(request, project, confirm, on_step, notes)
        if not isinstance(attempt, _Outrun):
            uploaded = upload_lacking(request, project, attempt.plan, uploading) if uploading else None
            return _again(request, project, confirm, on_step, uploaded) if uploaded else attempt
        from release.flows.running.catch_up import catch_up

        followed = catch_up(project, attempt.record)
        if followed is None:
            return attempt.told()
        project = followed
        notes = (f"somebody pushed to {project.config.git_remote} meanwhile: this clone followed, and planned anew",)
    last = _attempt(request, project, confirm, on_step, notes)
    return last.told() if isinstance(last, _Outrun) else last


def _again(request: BumpRequest, project: Project, confirm: Confirm, on_step: OnStep, uploaded: Uploaded) -> BumpReport:
    """The release after an upload, which is not tried twice."""
    report = bump(request, project, lambda plan: confirm(noted(plan, uploaded)), on_step)
    return replace(report, plan=noted(report.plan, uploaded))


class _Outrun(Struct, frozen=True):
    """An attempt that somebody was faster than: its record, and how that is told if it was the last one."""

    record: Record
    report: BumpReport | None
    error: Raced | None

    def told(self) -> BumpReport:
        if self.error is not None:
            raise self.error
        assert self.report is not None
        return self.report


def _attempt(
    request: BumpRequest, project: Project, confirm: Confirm, on_step: OnStep, notes: tuple[str, ...] = ()
) -> BumpReport | _Outrun:
    with Scratch(project.repository) as scratch:
        planned = plan_release(request, project, scratch)
        planned = replace(planned, plan=replace(planned.plan, notes=(*planned.plan.notes, *notes)))
        if planned.outrun is not None:
            return _Outrun(planned.outrun, without_change(planned), None)
        if planned.work is None:
            return without_change(planned)
        if not confirm(planned.plan):
            raise Cancelled("cancelled; nothing was changed")
        try:
            finished = run(project.repository, scratch, planned.work, on_step)
        except Raced as error:
            return _Outrun(planned.work.record, None, error)
    return BumpReport(plan=planned.plan, outcome=Outcome.RELEASED, pushed=planned.work.push, warnings=finished.warnings)


def preview(
    request: BumpRequest, project: Project, reach: Reach = Reach.EVERYWHERE, unasked: Unasked = Unasked.PROOF
) -> BumpReport:
    """The plan with every check, rehearsal included; nothing is changed and no hook is run."""
    with Scratch(project.repository) as scratch:
        planned = plan_release(request, project, scratch, reach, unasked=unasked)
    if is_asked_for(request, project):
        planned = replace(planned, plan=as_if_uploaded(project, planned.plan))
    return without_change(planned)
