"""Data of `release verify --objects`: every object that tags need, which `dvc gc` must keep."""

from __future__ import annotations

from msgspec.structs import replace

from release.core.tags import describe_broken
from release.core.verification import NeededObjects
from release.engine.audit import Auditing
from release.engine.project import Project
from release.flows.verify import VerifyRequest, revisions_of, settings_of
from release.git.objects import Objects
from release.git.refs import local_tags


def needed_objects(request: VerifyRequest, project: Project) -> NeededObjects:
    """Return the objects of the requested revisions; without any, of every tag of a commit, release or not.

    An object missing from this list could be deleted, so whatever cannot be read is reported as a fault. Does
    not check that the objects are on their remotes; reads only directory objects, from the cache or the remote.
    """
    git = project.repository.git
    tags = {tag.name: tag for tag in local_tags(git)}
    if request.every or request.revisions:
        asked = revisions_of(request, project, tags)
    else:
        asked = [(tag.name, tag.commit_id) for tag in tags.values() if tag.commit_id is not None or tag.broken]
    revisions = [(name, commit) for name, commit in asked if commit is not None]
    with Objects(git) as objects, Auditing(objects, project.config, settings_of(request, project)) as auditing:
        found = auditing.needed(revisions)
    broken = [describe_broken(tags[name]) for name, commit in asked if commit is None]
    return replace(found, faults=(*broken, *found.faults)) if broken else found
