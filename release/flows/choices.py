"""What a person may choose from, told from this clone alone: the question must not wait for a network."""

from __future__ import annotations

from release.adapters.git.refs import local_tags, tags_in_history
from release.core.series import release_tags
from release.core.version import Level, TagFormat, next_version
from release.errors import UsageError
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
