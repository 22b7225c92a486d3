"""Work of `release rollback`: a new release with the data, parameters and metrics of an older one."""

from __future__ import annotations

from functools import partial
from time import monotonic

from release.core.release import BumpReport, BumpRequest, Message, Outcome, validate_message
from release.core.text import OnProgress
from release.core.text import no_progress as show_nothing
from release.engine.checkout_move import fetch_objects, find_target, save_before
from release.engine.plan import Confirm, plan_release, prove_if_old, without_change
from release.engine.project import Project
from release.engine.publish import OnStep, no_step, run
from release.engine.rollback_data import BY_HAND, RollbackContent, follow_data
from release.errors import Cancelled, PartlyDone, UsageError
from release.git.scratch import Scratch


def request_of(tag: str, *, message: str | None, kind: str, with_code: bool, push: bool) -> BumpRequest:
    """Return the request of a rollback.

    Its reason overrides the gates, and HEAD may be released already.
    """
    return BumpRequest(
        kind=kind,
        message=validate_message(message) if message else Message(f"Rollback to {tag}"),
        commit=True,
        push=push,
        allow_empty=True,
        allow_regression=Message(f"rollback to {tag}"),
        back_to=tag,
        with_code=with_code,
    )


def preview_rollback(request: BumpRequest, project: Project) -> BumpReport:
    """Return the plan with every check; change nothing."""
    with Scratch(project.repository) as scratch:
        return without_change(plan_release(request, project, scratch, read_content=_content(request, project)))


def rollback(
    request: BumpRequest,
    project: Project,
    confirm: Confirm,
    on_step: OnStep = no_step,
    on_progress: OnProgress = show_nothing,
) -> BumpReport:
    """Make the rollback release.

    Data is confirmed to be in the cache before anything is published; the work tree follows afterwards.

    Raises what `bump` raises, DataMissing or Unknown if an object cannot be fetched (nothing was changed), PartlyDone if
    it is released but the data here could not follow.
    """
    with Scratch(project.repository) as scratch:
        planned = plan_release(request, project, scratch, read_content=_content(request, project))
        if planned.work is None:
            return without_change(planned)
        asked_s = monotonic()
        if not confirm(planned.plan):
            raise Cancelled("cancelled; nothing was changed")
        data = planned.data
        assert data is not None, "a rollback has read the data that it moves"
        fetch_objects(data, on_progress)
        prove_if_old(planned, planned.work, project, scratch, asked_s)
        save_before(project.repository.work_tree, data)
        work = planned.work
        follow = partial(follow_data, project, on_progress)
        finished = run(project.repository, scratch, work, on_step, follow)
    if finished.data_trouble is not None:
        words = f"{work.record.tag} is released, but data here could not follow: {finished.data_trouble}"
        raise PartlyDone(words, help=BY_HAND)
    return BumpReport(plan=planned.plan, outcome=Outcome.RELEASED, pushed=planned.plan.push, warnings=finished.warnings)


def _content(request: BumpRequest, project: Project) -> RollbackContent:
    if request.back_to is None:
        raise UsageError("missing argument TAG", help="release rollback TAG")
    target = find_target(project, request.back_to)
    validate_message(request.allow_regression or "")  # git allows characters in a tag that no message may have
    return RollbackContent(project=project, request=request, target=target)
