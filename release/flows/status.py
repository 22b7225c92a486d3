"""`release status`: what a release would find now."""

from __future__ import annotations

from release.adapters.git.refs import local_tags, resolve_commit
from release.core.releases import StatusReport
from release.core.request import BumpRequest
from release.core.series import release_tags
from release.core.version import TagFormat
from release.flows.bump import preview
from release.flows.inquiry import Reach
from release.flows.project import Project


def read_status(project: Project, reach: Reach = Reach.EVERYWHERE) -> StatusReport:
    """The next patch release with every check, or the release that HEAD carries. Changes nothing."""
    here = _release_here(project)
    report = preview(BumpRequest(kind="patch" if here is None else here[1]), project, reach)
    released = here[0] if here is not None and report.plan.nothing is not None else None
    return StatusReport(plan=report.plan, released=released)


def _release_here(project: Project) -> tuple[str, str] | None:
    """Tag and version of the highest release tag at HEAD: asked for exactly, it answers whether it is published."""
    git, config = project.repository.git, project.config
    head = resolve_commit(git, "HEAD")
    found = release_tags(local_tags(git), TagFormat(config.tag_format), config.ignore_tags)
    here = [release for release in found.all if release.ref.commit_id == head]
    return (here[-1].name, str(here[-1].version)) if here else None
