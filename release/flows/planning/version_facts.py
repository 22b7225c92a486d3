"""Facts for the version decision, assembled from what was read."""

from __future__ import annotations

from release.core.next_version import VersionFacts
from release.core.tags import Releases, merged_tags, release_tags
from release.flows.planning.commit import read_static_version
from release.flows.planning.inquiry import PlanContext


def releases_of(inquiry: PlanContext) -> Releases:
    """Return the releases here and on the remote."""
    facts, config = inquiry.facts, inquiry.project.config
    tags = merged_tags(facts.local_tags, facts.remote.tags if facts.remote else ())
    return release_tags(tags, config.tag_format, config.ignore_tags)


def version_facts(inquiry: PlanContext, releases: Releases) -> VersionFacts:
    """Return the facts for the version decision of a plan."""
    facts, config, request = inquiry.facts, inquiry.project.config, inquiry.request
    remote, branch = facts.remote, facts.branch
    default = remote.default_branch if remote else None
    return VersionFacts(
        kind=inquiry.kind,
        commit=facts.commit,
        releases=releases.all,
        ancestors=facts.ancestors,
        descendants=facts.descendants,
        absent=facts.absent,
        local_tags={tag.name: tag.object_id for tag in facts.local_tags},
        remote_tags=None if remote is None else {tag.name: tag.object_id for tag in remote.tags},
        pre=request.pre,
        tag_format=config.tag_format,
        static_version=read_static_version(inquiry),
        base_override=request.base,
        on_default_branch=branch is not None and default in (None, branch.remote_name),
        allow_empty=request.allow_empty,
        remote=facts.remote_name,
        unpublished=frozenset(record.tag for record in facts.unpublished),
        options=request.options,
    )
