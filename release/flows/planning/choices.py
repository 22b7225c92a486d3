"""What a person may choose from, told from this clone alone: the question must not wait for a network."""

from __future__ import annotations

from release.adapters.git.refs import local_tags, tags_in_history
from release.core.bump.request import AUTO, BumpRequest
from release.core.tags.series import release_tags
from release.core.versions.version import Level, TagFormat, next_version
from release.errors import ReleaseError, UsageError
from release.flows.planning.inquiry import Reach
from release.flows.project import Project


def next_versions(project: Project) -> dict[str, str]:
    """Each level that is possible, with the version that it would make; "" where no release tells (the first one).

    The plan may come to another version, for it asks the remote.
    """
    git, config = project.repository.git, project.config
    tags = local_tags(git)
    releases = release_tags(tags, TagFormat(config.tag_format), config.ignore_tags).all
    merged = tags_in_history(git, "HEAD", tags)
    base = next((release.version for release in reversed(releases) if release.name in merged), None)
    if base is None:
        return {level.value: "" for level in (Level.PATCH, Level.MINOR, Level.MAJOR)}
    found = {}
    for level in Level:
        try:
            version = next_version(base, level, pre=None, taken=[release.version for release in releases])
        except UsageError:  # `pre` and `final` after a final version
            continue
        found[level.value] = str(version)
    return found


def auto_version(project: Project) -> tuple[str, str] | None:
    """The version that `auto` would make, with its first reason; "" and why it would make none. None: not to be told."""
    from release.flows.bump import preview  # the whole plan, for one of the answers

    try:
        plan = preview(BumpRequest(kind=AUTO, ask_for_key=False), project, Reach.HERE).plan
    except ReleaseError:  # the plan of any other kind says it better
        return None
    if plan.nothing is not None:
        return "", "nothing to release"
    return str(plan.version or ""), next(iter(plan.reasons), "")
