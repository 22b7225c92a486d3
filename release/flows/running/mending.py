"""Upload of data that only the local cache has, so that a release can be made."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from release.core.check import CheckName
from release.core.release import BumpPlan, BumpRequest
from release.core.text import OnProgress, ignore
from release.core.verification import Uploaded, Uploads, can_be_pushed, with_uploads
from release.flows.auditing.audit import Auditing
from release.flows.auditing.push_data import plan_uploads, upload
from release.flows.project import Project
from release.git.objects import Objects


def never(plan: BumpPlan, uploads: Uploads) -> bool:
    """Refuse the upload: nobody can be asked."""
    del plan, uploads
    return False


class Uploading(Struct, frozen=True, kw_only=True):
    """Decision about uploads that `--push-data` did not request, and their progress."""

    ask: Callable[[BumpPlan, Uploads], bool] = never
    on_progress: OnProgress = ignore


def is_asked_for(request: BumpRequest, project: Project) -> bool:
    """Return whether data is uploaded without a question."""
    return project.config.push_data if request.push_data is None else request.push_data


def upload_missing(request: BumpRequest, project: Project, plan: BumpPlan, uploading: Uploading) -> Uploaded | None:
    """Upload what a refused plan lacks, if nothing else blocks it; None if nothing was uploaded.

    A release that would still be refused uploads nothing.
    """
    if not _misses_only_data(plan):
        return None
    with Objects(project.repository.git) as objects, _audited(objects, project, plan) as auditing:
        planned = plan_uploads(auditing, uploading.on_progress)
        if not planned.uploads.whole:
            return None
        if not is_asked_for(request, project) and not uploading.ask(plan, planned.uploads):
            return None
        return upload(planned, uploading.on_progress)


def as_if_uploaded(project: Project, plan: BumpPlan) -> BumpPlan:
    """Return the plan as after an upload, if an upload would be enough."""
    if not _misses_only_data(plan):
        return plan
    with Objects(project.repository.git) as objects, _audited(objects, project, plan) as auditing:
        uploads = plan_uploads(auditing).uploads
    return replace(plan, checks=with_uploads(plan.checks, uploads)) if uploads.whole else plan


def noted(plan: BumpPlan, uploaded: Uploaded) -> BumpPlan:
    """Return a plan made after an upload, with a note about it."""
    done = replace(uploaded.planned, ready=uploaded.done)
    return replace(plan, notes=(*plan.notes, f"{done.words} uploaded from your cache", *uploaded.faults))


def _misses_only_data(plan: BumpPlan) -> bool:
    blocking = {check.name for check in plan.checks if check.blocks}
    return blocking == {CheckName.DATA_ON_REMOTE} and plan.audit is not None and can_be_pushed(plan.audit)


def _audited(objects: Objects, project: Project, plan: BumpPlan) -> Auditing:
    auditing = Auditing(objects, project.config, project.dvc)
    auditing.revisions([("HEAD", plan.base)])
    return auditing
