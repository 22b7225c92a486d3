"""Choices for the KIND prompt, each with the version that it leads to; queries the git remote."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from release.core.next_version import VersionFacts, decide_version
from release.core.release import AUTO, BumpRequest
from release.core.version import Level
from release.errors import ReleaseError
from release.flows.planning.choosing import choose_kind
from release.flows.planning.facts import read_repository
from release.flows.planning.inquiry import PlanContext
from release.flows.planning.version_facts import releases_of, version_facts
from release.flows.project import Project
from release.flows.reach import Access
from release.flows.reading.kept_values import CachedMetrics
from release.git.objects import Objects
from release.git.repository import copy_index
from release.git.scratch import Scratch

_PATIENCE_S = 5.0  # short, because the prompt waits for it; the plan queries again with the full limit


class Choices(Struct, frozen=True, kw_only=True):
    """The possible levels with their versions; `auto` is the version of `auto` with its first reason.

    `auto` None: unknown. `auto` ("", reason): nothing to release. `asked`: the remote answered; otherwise
    versions are counted from the local tags.
    """

    versions: Mapping[str, str]
    auto: tuple[str, str] | None
    asked: bool


def read_choices(project: Project, request: BumpRequest) -> Choices:
    """Compute the versions as the plan of `request` will. Raises UsageError and Refused if no plan is possible."""
    repository = project.repository
    git = replace(repository.git, ask_limit_s=min(repository.git.ask_limit_s, _PATIENCE_S))
    project = replace(project, repository=replace(repository, git=git))
    request = replace(request, kind=AUTO, ask_for_key=False)
    with Scratch(project.repository) as scratch, Objects(git) as objects:
        index_copy = copy_index(project.repository, scratch.folder)
        facts = read_repository(project, index_copy, at=request.at, ask=True)
        inquiry = PlanContext(
            request=request,
            kind=Level.PATCH,
            project=project,
            scratch=scratch,
            index_copy=index_copy,
            objects=objects,
            facts=facts,
            tree=objects.tree_of(facts.commit),
            reach=Access.HERE,
            kept=CachedMetrics(project, Access.HERE),
        )
        counted = version_facts(inquiry, releases_of(inquiry))
        found = {level.value: _version(replace(counted, kind=level)) for level in Level}
        return Choices(
            versions={name: version for name, version in found.items() if version is not None},
            auto=_auto(inquiry, counted),
            asked=facts.remote is not None,
        )


def _version(facts: VersionFacts) -> str | None:
    """Return the version of a kind; None if it is impossible (`pre` and `final` after a final version)."""
    try:
        version = decide_version(facts).version
    except ReleaseError:
        return None
    return None if version is None else str(version)


def _auto(inquiry: PlanContext, facts: VersionFacts) -> tuple[str, str] | None:
    try:
        choice = choose_kind(inquiry, facts)
        decision = None if choice.kind is None else decide_version(replace(facts, kind=choice.kind, floor=choice.floor))
    except ReleaseError:  # the plan of any other kind has a better message
        return None
    if decision is None or decision.nothing is not None or decision.version is None:
        return "", "nothing to release"
    return str(decision.version), next(iter(choice.reasons), "")
