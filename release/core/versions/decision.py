"""Decision about the version of a release: the version, its base, and its checks."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace
from semver import Version

from release.core.check import Check
from release.core.shell import command_line
from release.core.tags.tag import ReleaseTag
from release.core.versions.checks import already_check, moved_check, order_check, tag_check
from release.core.versions.facts import VersionFacts
from release.core.versions.version import Level, next_version, precedence
from release.errors import ReleaseError, UsageError


class VersionDecision(Struct, frozen=True, kw_only=True):
    """The decided version.

    `version` and `tag` are None only if a check failed before one could be chosen. `base` is the release that the
    version counts from, `previous` the one that deltas, gates and the changelog compare with (for a final version the
    previous final); None: there is none. `base_version` is the version counted from. `nothing` is the reason why there
    is nothing to release (None: there is something). `publish_only` is a release at the commit that only has to be
    pushed.
    """

    version: Version | None
    tag: str | None
    previous: ReleaseTag | None
    base: ReleaseTag | None
    base_version: Version
    checks: tuple[Check, ...] = ()
    nothing: str | None = None
    publish_only: ReleaseTag | None = None
    notes: tuple[str, ...] = ()


def decide_version(facts: VersionFacts) -> VersionDecision:
    """Choose the version and check it. Raises `UsageError` for an invalid KIND."""
    base = _base(facts)
    here = _release_here(facts)
    if here is not None:
        if here.version == facts.kind and facts.is_published(here):
            return nothing_to_release(facts, here, f"{here.name} is already released at this commit")
        if not facts.allow_empty or here.version == facts.kind:
            return _released_already(facts, base, here)
    version = _chosen(facts, base)
    return _decided(facts, base, version, facts.tag_format.format(version))


def nothing_to_release(facts: VersionFacts, here: ReleaseTag, why: str) -> VersionDecision:
    """Return the decision for a commit whose release `here` is published; RACED if the remote's tag moved."""
    moved = moved_check(facts, here)
    return VersionDecision(
        version=here.version,
        tag=here.name,
        previous=_previous(facts, here.version, here),
        base=_base(facts),
        base_version=here.version,
        checks=(moved,) if moved else (),
        nothing=None if moved else why,
    )


def not_known(decision: VersionDecision, behind: Check) -> VersionDecision:
    """Return the decision if the remote branch has later commits: what to release must be decided there."""
    return replace(decision, version=None, tag=None, checks=(behind,), nothing=None, notes=())


def _released_already(facts: VersionFacts, base: ReleaseTag | None, here: ReleaseTag) -> VersionDecision:
    if _is_pending(facts, here) and _is_asked_for(facts, here):
        older = _highest(release for release in facts.pool if release != here)
        decision = _decided(facts, older, here.version, here.name, own=here)
        return replace(decision, publish_only=here)
    decision = VersionDecision(
        version=None,
        tag=None,
        previous=_previous(facts, None, None),
        base=base,
        base_version=facts.counted_from(base),
        checks=(already_check(facts, here),),
    )
    try:
        version = _chosen(facts, base)
        return replace(
            decision,
            version=version,
            tag=facts.tag_format.format(version),
            previous=_previous(facts, version, None),
        )
    except ReleaseError:  # `final` right after the final: "already released" is the answer
        return decision


def _is_pending(facts: VersionFacts, here: ReleaseTag) -> bool:
    return here.ref.annotated and not facts.is_published(here)


def _is_asked_for(facts: VersionFacts, here: ReleaseTag) -> bool:
    """Return True if KIND leads to an unpublished release, counted as if that did not exist yet."""
    if isinstance(facts.kind, Version):
        return facts.kind == here.version
    others = tuple(release for release in facts.releases if release != here)
    local = {name: id for name, id in facts.local_tags.items() if name != here.name}
    before = replace(facts, releases=others, local_tags=local)
    base = _base(before)
    if base is None and facts.static_version is not None:  # the release has written it
        level = Level.PATCH if here.version.patch else Level.MINOR if here.version.minor else Level.MAJOR
        return facts.kind is level and (facts.pre is None) == (here.version.prerelease is None)
    try:
        return _chosen(before, base) == here.version
    except ReleaseError:  # `pre` or `final` after a final version
        return False


def _decided(
    facts: VersionFacts, base: ReleaseTag | None, version: Version, tag: str, own: ReleaseTag | None = None
) -> VersionDecision:
    others = [release for release in facts.releases if release != own]
    notes = []
    if base is not None and not base.ref.annotated:
        notes.append(f"{base.name} is a lightweight tag")
    if base is None and facts.static_version is not None:
        notes.append(f"no earlier release: counted from pyproject.toml's {facts.static_version}")
    rank = precedence(version)
    greater = [release.name for release in facts.unrelated(others) if release.rank > rank]
    if greater and not facts.must_follow_all:
        notes.append(f"{_some(greater)}, greater than {version}, on another line of history")
    return VersionDecision(
        version=version,
        tag=tag,
        previous=_previous(facts, version, own),
        base=base,
        base_version=facts.counted_from(base),
        checks=(order_check(facts, others, version, tag, base), tag_check(facts, tag, own)),
        notes=tuple(notes),
    )


def _base(facts: VersionFacts) -> ReleaseTag | None:
    if facts.base_override is None:
        return _highest(one for one in facts.releases if one.name in facts.ancestors)
    found = next((release for release in facts.releases if release.name == facts.base_override), None)
    if found is None:
        raise UsageError(
            f"--base {facts.base_override!r} is no release tag here or on {facts.remote}",
            help=facts.command("--base", facts.releases[-1].name) if facts.releases else "git fetch --tags",
        )
    return found


def _chosen(facts: VersionFacts, base: ReleaseTag | None) -> Version:
    if isinstance(facts.kind, Version):
        if facts.pre is not None:
            raise UsageError(
                "an exact version goes without --pre", help=command_line("release", "bump", str(facts.kind))
            )
        return facts.kind
    return next_version(facts.counted_from(base), facts.kind, pre=facts.pre, taken=facts.taken)


def _previous(facts: VersionFacts, version: Version | None, own: ReleaseTag | None) -> ReleaseTag | None:
    final = version is not None and version.prerelease is None
    return _highest(release for release in facts.pool if release != own and not (final and release.version.prerelease))


def _release_here(facts: VersionFacts) -> ReleaseTag | None:
    """Return the release at the commit, None if there is none.

    For `final` and exact versions, published prereleases do not count.
    """
    here = [release for release in facts.releases if release.ref.commit_id == facts.commit]
    same = [release for release in here if release.version == facts.kind]
    if not same and (facts.kind is Level.FINAL or isinstance(facts.kind, Version)):
        here = [one for one in here if one.version.prerelease is None or _is_pending(facts, one)]
    return _highest(same or here)


def _highest(releases: Iterable[ReleaseTag]) -> ReleaseTag | None:
    return max(releases, key=lambda release: release.rank, default=None)


def _some(names: list[str]) -> str:
    return ", ".join(names[-3:]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
