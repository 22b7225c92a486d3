"""Work of `release prepare`: entry and version files of the next release, in the work tree or in a pull request."""

from __future__ import annotations

from msgspec.structs import replace

from release.core.draft import PrepareReport, later
from release.core.forge import rights_for
from release.core.release import BumpRequest, Step, StepKind
from release.engine.plan import Confirm, Planned, plan_release
from release.engine.project import Project
from release.engine.pull_requests import RequestChange, Spoken, forge_with_token, plan_request
from release.errors import Cancelled
from release.forge.pages import open_pages
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


def propose_release(
    request: BumpRequest, project: Project, confirm: Confirm, spoken: Spoken, *, preview: bool = False
) -> PrepareReport:
    """Bring the pull request of the next release up to date; return a report, even if refused. Leaves the clone alone.

    Raises UsageError (no token), Refused (somebody else pushed to its branch), Raced (the branch to merge into has
    moved), Unknown, Cancelled, or PartlyDone if it failed after a step.
    """
    forge, token = forge_with_token(project, request)
    rights = rights_for(forge.kind, pull_requests=True)
    with Scratch(project.repository) as scratch:
        planned = plan_release(replace(request, commit=True, push=False, ask_for_key=False), project, scratch)
        plan = replace(planned.plan, steps=(), branch=None)
        if plan.refused:
            return PrepareReport(plan=plan)
        wanted = plan_request(planned, request, project, scratch, forge.kind, spoken)
        with open_pages(forge, token, wanted.wanted.help, rights) as pages:
            change = RequestChange(wanted, project, scratch, pages, spoken)
            steps = change.look()
            plan = replace(plan, steps=tuple(Step(kind=StepKind.PROPOSE, text=step.text) for step in steps))
            if preview:
                return PrepareReport(plan=plan, preview=True, request=change.report(steps))
            if steps and not confirm(plan):
                raise Cancelled("cancelled; nothing was changed")
            files = tuple(file.path for file in plan.files) if wanted.commit else ()
            return PrepareReport(plan=plan, written=files, request=change.run())
