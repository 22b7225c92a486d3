"""Work of `release prepare`: write entry and version files of the next release, for a pull request."""

from __future__ import annotations

from msgspec.structs import replace

from release.core.draft import PrepareReport, later
from release.core.release import BumpRequest
from release.engine.plan import Confirm, Planned, plan_release
from release.engine.project import Project
from release.errors import Cancelled
from release.git.scratch import Scratch
from release.system.files import read_file, write_files


def prepare_release(request: BumpRequest, project: Project, confirm: Confirm) -> PrepareReport:
    """Write the files; return a report, even if refused.

    Raises Cancelled, or PartlyDone if a file could not be written.
    """
    planned = _plan(request, project)
    plan, root = planned.plan, project.repository.work_tree
    if plan.refused or plan.nothing is not None or planned.draft is None:
        return PrepareReport(plan=plan)
    if not confirm(plan):
        raise Cancelled("cancelled; nothing was changed")
    contents = planned.draft.contents
    write_files(root, [(path, read_file(root, path), data) for path, data in contents.items()])
    return PrepareReport(plan=plan, written=tuple(contents))


def preview_prepare(request: BumpRequest, project: Project) -> PrepareReport:
    """Return the plan without writing."""
    return PrepareReport(plan=_plan(request, project).plan, preview=True)


def _plan(request: BumpRequest, project: Project) -> Planned:
    with Scratch(project.repository) as scratch:
        planned = plan_release(replace(request, commit=True, push=False, ask_for_key=False), project, scratch)
    checks = tuple(later(check) for check in planned.plan.checks)
    return replace(planned, plan=replace(planned.plan, checks=checks, steps=(), branch=None))
