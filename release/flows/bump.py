"""The main command: make the next release, or preview it."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from release.core.release import BumpReport, BumpRequest, Outcome, Record
from release.core.verification import Uploaded
from release.engine.plan import Confirm, plan_release, without_change
from release.engine.project import Project
from release.engine.publish import OnStep, ignore, run
from release.engine.push_missing import Uploading, noted, upload_missing
from release.errors import Cancelled, Raced
from release.git.scratch import Scratch

_ATTEMPTS = 4


def bump(
    request: BumpRequest,
    project: Project,
    confirm: Confirm,
    on_step: OnStep = ignore,
    uploading: Uploading | None = None,
) -> BumpReport:
    """Make the next release; return a report, also if it is refused.

    Data that only the local cache has is uploaded if the request or `uploading` says so. Then everything is
    read again; uploaded data stays, whatever the result.

    If someone pushes in the meantime, a clone without commits of its own fast-forwards and plans again;
    `confirm` is called for each plan. Raises UsageError before anything is read, Cancelled if not confirmed,
    Refused or Raced if the remote refused (nothing was changed), Interrupted if the result is unknown.
    """
    notes: tuple[str, ...] = ()
    for _ in range(_ATTEMPTS - 1):
        attempt = _attempt(request, project, confirm, on_step, notes)
        if not isinstance(attempt, _RaceLost):
            uploaded = upload_missing(request, project, attempt.plan, uploading) if uploading else None
            return _again(request, project, confirm, on_step, uploaded) if uploaded else attempt
        from release.flows.running.catch_up import catch_up

        followed = catch_up(project, attempt.record)
        if followed is None:
            return attempt.told()
        project = followed
        notes = (f"somebody pushed to {project.config.git_remote} meanwhile: this clone followed, and planned anew",)
    last = _attempt(request, project, confirm, on_step, notes)
    return last.told() if isinstance(last, _RaceLost) else last


def _again(request: BumpRequest, project: Project, confirm: Confirm, on_step: OnStep, uploaded: Uploaded) -> BumpReport:
    """Make the release after an upload, which is not repeated."""
    report = bump(request, project, lambda plan: confirm(noted(plan, uploaded)), on_step)
    return replace(report, plan=noted(report.plan, uploaded))


class _RaceLost(Struct, frozen=True):
    """An attempt that lost a race: its record, and the report or error to use if it was the last attempt."""

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
) -> BumpReport | _RaceLost:
    with Scratch(project.repository) as scratch:
        planned = plan_release(request, project, scratch)
        planned = replace(planned, plan=replace(planned.plan, notes=(*planned.plan.notes, *notes)))
        if planned.outrun is not None:
            return _RaceLost(planned.outrun, without_change(planned), None)
        if planned.work is None:
            return without_change(planned)
        if not confirm(planned.plan):
            raise Cancelled("cancelled; nothing was changed")
        try:
            finished = run(project.repository, scratch, planned.work, on_step)
        except Raced as error:
            return _RaceLost(planned.work.record, None, error)
    return BumpReport(plan=planned.plan, outcome=Outcome.RELEASED, pushed=planned.work.push, warnings=finished.warnings)
