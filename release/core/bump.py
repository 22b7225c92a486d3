"""Which version is released, what it counts from, and whether it may: the contract's "Versions, tags, bases"."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from semver import Version

from release.core.check import Check, Verdict
from release.core.tag import ReleaseTag
from release.core.version import FIRST_BASE, Level, TagFormat, next_version
from release.errors import ExitCode, ReleaseError, UsageError

_SHOWN_DETAILS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFacts:
    """All that the decision needs.

    `commit` (id) is released. `releases` are those known here and on the remote, each name once.
    Their names stand in `ancestors` (the commit's own tags included), in `descendants`, in `absent`
    (their commit is not in this repository: fetched too long ago), or in none: unrelated.
    `local_tags` and `remote_tags` map every tag's name to its object id; None: the remote was not
    asked, and then every tag here counts as published. `static_version` is that of pyproject.toml.
    `base_override` is `--base TAG`.
    """

    kind: Level | Version
    commit: str
    releases: tuple[ReleaseTag, ...]
    ancestors: frozenset[str]
    local_tags: Mapping[str, str]
    remote_tags: Mapping[str, str] | None
    descendants: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    pre: str | None = None
    tag_format: TagFormat = TagFormat()
    static_version: Version | None = None
    base_override: str | None = None
    on_default_branch: bool = True
    allow_empty: bool = False
    remote: str = "origin"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionDecision:
    """What was decided.

    `version` and `tag` are None only if a check failed before one could be chosen. `base` is the
    release that the version counts from, `previous` the one that deltas, gates and the changelog
    compare with (for a final version the previous final); None: there is none. `base_version` is
    the number counted from. `nothing` says why there is nothing to release. `publish_only` is a
    release at the commit that only has to be pushed.
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
    """Choose the version and say what stands against it. Raises `UsageError` for a KIND that cannot be."""
    base = _base(facts)
    here = _release_here(facts)
    if here is not None:
        if here.version == facts.kind and _is_published(facts, here):
            return _nothing_to_release(facts, base, here)
        if not facts.allow_empty or here.version == facts.kind:
            return _released_already(facts, base, here)
    version = _chosen(facts, base)
    return _decided(facts, base, version, facts.tag_format.format(version))


def _nothing_to_release(facts: VersionFacts, base: ReleaseTag | None, here: ReleaseTag) -> VersionDecision:
    moved = _moved(facts, here.name)
    return VersionDecision(
        version=here.version,
        tag=here.name,
        previous=_previous(facts, here.version, here),
        base=base,
        base_version=here.version,
        checks=(moved,) if moved else (),
        nothing=None if moved else f"{here.name} is already released at this commit",
    )


def _released_already(facts: VersionFacts, base: ReleaseTag | None, here: ReleaseTag) -> VersionDecision:
    if not _is_published(facts, here) and here.ref.annotated and facts.kind in (here.version, *Level):
        older = _highest(release for release in _pool(facts) if release != here)
        decision = _decided(facts, older, here.version, here.name, own=here)
        return replace(decision, publish_only=here)
    decision = VersionDecision(
        version=None,
        tag=None,
        previous=_previous(facts, None, None),
        base=base,
        base_version=_counted_from(facts, base),
        checks=(_already_check(facts, here),),
    )
    try:
        version = _chosen(facts, base)
        return replace(
            decision,
            version=version,
            tag=facts.tag_format.format(version),
            previous=_previous(facts, version, None),
        )
    except ReleaseError:  # `final` right after the final: that it is released already is the answer
        return decision


def _decided(
    facts: VersionFacts, base: ReleaseTag | None, version: Version, tag: str, own: ReleaseTag | None = None
) -> VersionDecision:
    others = [release for release in facts.releases if release != own]
    notes = []
    if base is not None and not base.ref.annotated:
        notes.append(f"{base.name} is a lightweight tag")
    if base is None and facts.static_version is not None:
        notes.append(f"no earlier release: counted from pyproject.toml's {facts.static_version}")
    greater = [release.name for release in _unrelated(facts, others) if release.version > version]
    if greater and not _must_follow_all(facts):
        notes.append(f"{_some(greater)}, greater than {version}, on another line of history")
    return VersionDecision(
        version=version,
        tag=tag,
        previous=_previous(facts, version, own),
        base=base,
        base_version=_counted_from(facts, base),
        checks=(_order_check(facts, others, version, tag, base), _tag_check(facts, tag, own)),
        notes=tuple(notes),
    )


def _base(facts: VersionFacts) -> ReleaseTag | None:
    if facts.base_override is None:
        return _highest(_ancestors(facts))
    found = next((release for release in facts.releases if release.name == facts.base_override), None)
    if found is None:
        raise UsageError(
            f"--base {facts.base_override!r} is no release tag here or on {facts.remote}",
            help=_command(facts, f"--base {_quoted(facts.releases[-1].name)}")
            if facts.releases
            else "git fetch --tags",
        )
    return found


def _chosen(facts: VersionFacts, base: ReleaseTag | None) -> Version:
    if isinstance(facts.kind, Version):
        if facts.pre is not None:
            raise UsageError("an exact version goes without --pre", help=f"release bump {facts.kind}")
        return facts.kind
    return next_version(_counted_from(facts, base), facts.kind, pre=facts.pre, taken=_taken(facts))


def _counted_from(facts: VersionFacts, base: ReleaseTag | None) -> Version:
    return base.version if base else facts.static_version or FIRST_BASE


def _previous(facts: VersionFacts, version: Version | None, own: ReleaseTag | None) -> ReleaseTag | None:
    final = version is not None and version.prerelease is None
    return _highest(
        release for release in _pool(facts) if release != own and not (final and release.version.prerelease)
    )


def _release_here(facts: VersionFacts) -> ReleaseTag | None:
    """The release that the commit carries; for `final` and exact versions a prerelease is none."""
    here = [release for release in facts.releases if release.ref.commit_id == facts.commit]
    same = [release for release in here if release.version == facts.kind]
    if not same and (facts.kind is Level.FINAL or isinstance(facts.kind, Version)):
        here = [release for release in here if release.version.prerelease is None]
    return _highest(same or here)


def _already_check(facts: VersionFacts, here: ReleaseTag) -> Check:
    help = _command(facts, "--allow-empty")
    if _is_published(facts, here):
        message = f"{here.name} is already released at this commit, and nothing has changed since"
    elif here.ref.annotated:
        message, help = f"{here.name} stands at this commit and is not published yet", f"release bump {here.version}"
    else:
        message = f"{here.name} stands at this commit as a lightweight tag that was never published"
        help = f"git tag -d {_quoted(here.name)}"
    return Check(name="already released", verdict=Verdict.FAILED, message=message, help=help)


def _order_check(
    facts: VersionFacts, others: list[ReleaseTag], version: Version, tag: str, base: ReleaseTag | None
) -> Check:
    """Greater than every ancestor, smaller than every descendant, and no unrelated one in the way."""
    below = [one for one in others if one.name in facts.ancestors and one.version >= version]
    if below:
        return _refused(
            f"{version} is not greater than {below[-1].name}, which this commit already contains",
            f"release bump {_free_patch(facts, below[-1].version)}",
        )
    above = [one for one in others if one.name in facts.descendants and one.version <= version]
    if above:
        return _refused(
            f"{version} is not smaller than {above[0].name}, which was made from this commit",
            _fitting(facts, above[0].version, _counted_from(facts, base)),
        )
    unrelated = [one for one in _unrelated(facts, others) if one.version >= version]
    if unrelated and _must_follow_all(facts):
        highest = unrelated[-1]
        return _refused(
            f"{highest.name} is no ancestor of this commit (a squash or rebase may have lost it), and {version} is not greater",
            _command(facts, f"--base {_quoted(highest.name)}"),
            details=tuple(one.name for one in unrelated[:-1][-_SHOWN_DETAILS:]),
        )
    equal = [one for one in unrelated if one.version == version]
    if equal:
        return _refused(
            f"{version} is released already, as {equal[0].name} on another line of history",
            f"release bump {_free_patch(facts, version)}",
        )
    newer = [
        one for one in others if one.name in facts.absent and (one.version > version or _other_name(one, version, tag))
    ]
    if newer and _must_follow_all(facts):
        message = f"{newer[-1].name} was released on {facts.remote} and is not here yet; {version} is not greater"
        return replace(_refused(message, f"git pull && {_command(facts)}"), code=ExitCode.RACED)
    follows = f"follows {base.name}" if base else "is the first release"
    return Check(name="version", verdict=Verdict.OK, message=f"{version} {follows}")


def _other_name(release: ReleaseTag, version: Version, tag: str) -> bool:
    return release.version == version and release.name != tag


def _tag_check(facts: VersionFacts, tag: str, own: ReleaseTag | None) -> Check:
    """Whether git can make the tag, here and on the remote."""
    remote = facts.remote_tags or {}
    names = {**remote, **facts.local_tags}
    blocking = sorted(name for name in names if name.startswith(f"{tag}/") or tag.startswith(f"{name}/"))
    if blocking:
        first = blocking[0]
        where = f"git push --delete {_quoted(facts.remote)}" if first in remote else "git tag -d"
        message = f"git cannot keep {tag} beside the tag {first}: one would be a folder of the other"
        return _refused(message, f"{where} {_quoted(first)}", name="tag")
    if tag in remote and facts.local_tags.get(tag) != remote[tag]:
        message = f"{tag} is taken on {facts.remote}" + (
            ", by another object than here" if tag in facts.local_tags else ""
        )
        help = f"git pull && {_command(facts)}"
        return replace(_refused(message, help, name="tag"), code=ExitCode.RACED)
    if tag in names and own is None:
        where = facts.remote if tag in remote else "here"
        version = facts.tag_format.parse(tag) or FIRST_BASE
        return _refused(
            f"the tag {tag} exists {'on ' * (tag in remote)}{where}",
            f"release bump {_free_patch(facts, version)}",
            name="tag",
        )
    if facts.remote_tags is None:
        return Check(name="tag", verdict=Verdict.SKIPPED, message=f"{tag} is free here; {facts.remote} was not asked")
    message = f"{tag} is free here and on {facts.remote}" if own is None else f"{tag} is free on {facts.remote}"
    return Check(name="tag", verdict=Verdict.OK, message=message)


def _moved(facts: VersionFacts, tag: str) -> Check | None:
    """Whether the remote's tag is another than ours; CI checkouts make an annotated tag lightweight: the same commit."""
    remote, local = (facts.remote_tags or {}).get(tag), facts.local_tags.get(tag)
    if remote is None or local is None or remote == local or facts.commit in (remote, local):
        return None
    message = f"{tag} on {facts.remote} is another object than here"
    help = f"git ls-remote --tags {_quoted(facts.remote)} {_quoted(tag)}"
    return replace(_refused(message, help, name="tag"), code=ExitCode.RACED)


def _refused(message: str, help: str | None, *, name: str = "version", details: tuple[str, ...] = ()) -> Check:
    return Check(name=name, verdict=Verdict.FAILED, message=message, help=help, details=details)


def _fitting(facts: VersionFacts, limit: Version, base: Version) -> str | None:
    """A call that fits between `base` and `limit`, if there is one at hand."""
    patch, candidate = _free_patch(facts, base), limit.replace(prerelease="rc.1", build=None)
    fits = next((one for one in (patch, candidate) if base < one < limit), None)
    return f"release bump {fits}" if fits else None


def _free_patch(facts: VersionFacts, version: Version) -> Version:
    taken = set(_taken(facts))
    version = next_version(version, Level.PATCH, pre=None, taken=())
    while version in taken:
        version = version.bump_patch()
    return version


def _taken(facts: VersionFacts) -> list[Version]:
    names = {*facts.local_tags, *(facts.remote_tags or ())}
    parsed = (facts.tag_format.parse(name) for name in names)
    return [*(release.version for release in facts.releases), *(version for version in parsed if version)]


def _must_follow_all(facts: VersionFacts) -> bool:
    """On the default branch a release that is no ancestor was lost, unless `--base` says what to count from."""
    return facts.on_default_branch and facts.base_override is None


def _is_published(facts: VersionFacts, release: ReleaseTag) -> bool:
    return facts.remote_tags is None or release.name in facts.remote_tags


def _ancestors(facts: VersionFacts) -> list[ReleaseTag]:
    return [release for release in facts.releases if release.name in facts.ancestors]


def _pool(facts: VersionFacts) -> list[ReleaseTag]:
    """What the release can be compared with: its ancestors, and `--base`."""
    return [one for one in facts.releases if one.name in facts.ancestors or one.name == facts.base_override]


def _unrelated(facts: VersionFacts, others: Iterable[ReleaseTag]) -> list[ReleaseTag]:
    known = facts.ancestors | facts.descendants | facts.absent
    return [release for release in others if release.name not in known]


def _highest(releases: Iterable[ReleaseTag]) -> ReleaseTag | None:
    return max(releases, key=lambda release: release.version, default=None)


def _command(facts: VersionFacts, *options: str) -> str:
    kind = facts.kind.value if isinstance(facts.kind, Level) else str(facts.kind)
    pre = [] if facts.pre is None else ["--pre", _quoted(facts.pre)]
    return " ".join(["release", "bump", kind, *pre, *options])


def _quoted(name: str) -> str:
    return shlex.quote(name)


def _some(names: list[str]) -> str:
    return ", ".join(names[-3:]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
