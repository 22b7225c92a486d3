"""The next version: from the releases so far, the KIND and the options, with every check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace
from semver import Version

from release.core.check import Check, CheckName
from release.core.tags import ReleaseTag
from release.core.text import command_line, last_few, quote
from release.core.version import FIRST_BASE, BadVersion, Level, TagFormat, next_version, precedence
from release.errors import ExitCode, NotFound, ReleaseError


class VersionFacts(Struct, frozen=True, kw_only=True):
    """Input of `decide_version`.

    `commit` is the id of the commit to release. `releases` are the local and remote ones, each name once. Their names
    are in `ancestors` (the commit's own tags included; 0 is the nearest), in `descendants`, in `absent` (their commit is not in this
    repository, which was not fetched since), or in none: unrelated. `local_tags` and `remote_tags` map every tag's name
    to its object id; None: the remote was not asked, and then every local tag counts as published that is not `unpublished`. `static_version` is
    that of pyproject.toml. `base_override` is `--base TAG`. `unpublished` are the tags that `--no-push` made. `floor`
    is the highest version of a deleted release, which `auto` does not reuse. For help lines: `before_kind` and `options`
    are the call's other words (`release bump`, `-m`, `--at`), and `pull` the command that gets what others released. `elsewhere` are the tags with another prefix, whose versions are not used again, nor are those `undone`.
    """

    kind: Level | Version
    commit: str
    releases: tuple[ReleaseTag, ...]
    ancestors: Mapping[str, int]
    local_tags: Mapping[str, str]
    remote_tags: Mapping[str, str] | None
    descendants: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    pre: str | None = None
    tag_format: TagFormat = field(default_factory=TagFormat)
    static_version: Version | None = None
    base_override: str | None = None
    on_default_branch: bool = True
    allow_empty: bool = False
    remote: str = "origin"
    unpublished: frozenset[str] = frozenset()
    floor: Version | None = None
    before_kind: tuple[str, ...] = ("release", "bump")
    options: tuple[str, ...] = ()
    elsewhere: tuple[ReleaseTag, ...] = ()
    undone: frozenset[Version] = frozenset()
    pull: str = "git pull --tags"

    @property
    def must_follow_all(self) -> bool:
        """True if unrelated releases count, too: on the default branch (a rebase lost them), without `--base`."""
        return self.on_default_branch and self.base_override is None

    @property
    def pool(self) -> list[ReleaseTag]:
        """Releases to compare with: ancestors, and `--base`."""
        return [one for one in self.releases if one.name in self.ancestors or one.name == self.base_override]

    @property
    def taken(self) -> list[Version]:
        """Versions that have a tag, locally or on the remote, and the `floor`."""
        known = (*self.releases, *self.elsewhere)
        names = {*self.local_tags, *(self.remote_tags or ())} - {release.name for release in known}
        parsed = (self.tag_format.parse(name) for name in names)
        deleted = [self.floor] if self.floor else []
        versions = (release.version for release in known)
        return [*versions, *(version for version in parsed if version), *deleted, *self.undone]

    def counted_from(self, base: ReleaseTag | None) -> Version:
        """Return the version that the next one counts from."""
        version = base.version if base else self.static_version or FIRST_BASE
        return max(version, self.floor) if self.floor else version

    def is_published(self, release: ReleaseTag) -> bool:
        """Return True if the remote has the tag; of a remote that was not asked, if `--no-push` did not make it."""
        there = self.remote_tags
        return release.name not in self.unpublished if there is None else release.name in there

    def unrelated(self, releases: Iterable[ReleaseTag]) -> list[ReleaseTag]:
        """Return the releases on other lines of history."""
        known = {*self.ancestors, *self.descendants, *self.absent}
        return [release for release in releases if release.name not in known]

    def command(self, *options: str) -> str:
        """Return the command line of this call, with further options."""
        kind = self.kind.value if isinstance(self.kind, Level) else str(self.kind)
        pre = [] if self.pre is None else ["--pre", self.pre]
        return command_line(*self.before_kind, kind, *pre, *self._repeated(options), *options)

    def other_call(self, version: Version, *options: str) -> str:
        """Return the command line of this call with another version."""
        return command_line(*self.before_kind, str(version), *self._repeated(options), *options)

    def _repeated(self, options: tuple[str, ...]) -> tuple[str, ...]:
        base = () if self.base_override is None or "--base" in options else ("--base", self.base_override)
        return (*base, *self.options)


# Checks of a version and its tag, with help lines

_SHOWN_DETAILS = 10


def order_check(
    facts: VersionFacts, others: list[ReleaseTag], version: Version, tag: str, base: ReleaseTag | None
) -> Check:
    """Check that the version is greater than every ancestor, smaller than every descendant, and not in conflict."""
    pool, rank = {one.name for one in facts.pool}, precedence(version)
    below = [one for one in others if one.name in pool and one.rank >= rank]
    if below:
        name = below[-1].name
        again = f"{version} is released already: {name} is an ancestor of this commit"
        return _refused(
            again
            if below[-1].version == version
            else f"{version} is not greater than {name}, which is an ancestor of this commit",
            facts.other_call(_free_patch(facts, below[-1].version)),
        )
    above = [one for one in others if one.name in facts.descendants and one.rank <= rank]
    if above:
        fits = _free_patch(facts, facts.counted_from(base))
        help = facts.other_call(fits) if fits < above[0].version else None
        return _refused(f"{above[0].name} already contains this commit; {version} is not smaller", help)
    unrelated = [one for one in facts.unrelated(others) if one.rank >= rank]
    if unrelated and facts.must_follow_all:
        highest = unrelated[-1]
        return _refused(
            f"{highest.name} is not an ancestor of this commit (a squash or rebase may have lost it), and {version} is not greater",
            facts.command("--base", highest.name),
            details=tuple(one.name for one in unrelated[:-1][-_SHOWN_DETAILS:]),
        )
    equal = [one for one in unrelated if one.version == version]
    if equal:
        return _refused(
            f"{version} is already released as {equal[0].name} on another line of history",
            facts.other_call(_free_patch(facts, version)),
        )
    newer = [one for one in others if one.name in facts.absent and one.version >= version and one.name != tag]
    if newer and facts.must_follow_all:
        message = f"{newer[-1].name} was released on {facts.remote} and is not here yet; {version} is not greater"
        return replace(_refused(message, f"{facts.pull} && {facts.command()}"), code=ExitCode.RACED)
    follows = f"follows {base.name}" if base else "is the first release"
    return Check.ok(CheckName.VERSION, f"{version} {follows}")


def _elsewhere_check(facts: VersionFacts, version: Version) -> Check | None:
    """Return a failed check if a tag with another prefix has the version, or an undone release had it, else None."""
    if version in facts.undone:
        words = f"{version} was undone: it may have been fetched, so that version is not used again"
        return _refused(words, facts.other_call(_free_patch(facts, version)))
    same = [one for one in facts.elsewhere if one.version == version]
    if not same:
        return None
    return _refused(
        f"{version} is taken: there is a tag {same[-1].name}", facts.other_call(_free_patch(facts, version))
    )


def tag_check(facts: VersionFacts, tag: str, own: ReleaseTag | None) -> Check:
    """Check that git can make the tag, locally and on the remote."""
    remote = facts.remote_tags or {}
    names = {**remote, **facts.local_tags}
    blocking = sorted(name for name in names if name.startswith(f"{tag}/") or tag.startswith(f"{name}/"))
    if blocking:
        first = blocking[0]
        there = [command_line("git", "push", "--delete", names=(facts.remote, first))] if first in remote else []
        here = [command_line("git", "tag", "-d", names=(first,))] if first in facts.local_tags else []
        message = f"git cannot have both tags {tag} and {first}: one would be a folder of the other"
        return _refused(message, " && ".join([*there, *here]), name=CheckName.TAG)
    if tag in remote and facts.local_tags.get(tag) != remote[tag]:
        message, get = f"{tag} is taken on {facts.remote}", facts.pull
        if tag in facts.local_tags:
            message += " by a different object than here"
            get = command_line("git", "fetch", "--force", names=(facts.remote, "tag", tag))
        help = f"{get} && {facts.command()}"
        return replace(_refused(message, help, name=CheckName.TAG), code=ExitCode.RACED)
    if tag in names and own is None:
        where = facts.remote if tag in remote else "here"
        version = facts.tag_format.parse(tag) or FIRST_BASE
        return _refused(
            f"the tag {tag} already exists {'on ' * (tag in remote)}{where}",
            facts.other_call(_free_patch(facts, version)),
            name=CheckName.TAG,
        )
    if facts.remote_tags is None:
        return Check.skipped(CheckName.TAG, f"{tag} is free here; {facts.remote} was not checked")
    message = f"{tag} is free here and on {facts.remote}" if own is None else f"{tag} is free on {facts.remote}"
    return Check.ok(CheckName.TAG, message)


def moved_check(facts: VersionFacts, release: ReleaseTag) -> Check | None:
    """Return a failed check if the remote's tag differs from ours, else None.

    A lightweight copy of an annotated tag, as CI checkouts make, names the same commit and is accepted.
    """
    tag = release.name
    remote, local = (facts.remote_tags or {}).get(tag), facts.local_tags.get(tag)
    if local is None or remote in (None, local, release.ref.object_id, release.ref.commit_id):
        return None
    message = f"{tag} on {facts.remote} is a different object than here"
    get = command_line("git", "fetch", "--force", names=(facts.remote, "tag", tag))
    help = f"{get} && {facts.command()}   (if the one there is right)"
    return replace(_refused(message, help, name=CheckName.TAG), code=ExitCode.RACED)


def already_check(facts: VersionFacts, here: ReleaseTag, *, fits: bool) -> Check:
    """Refuse a commit that has a release already; another one takes `--allow-empty`. `fits`: KIND can follow it."""
    help = facts.command("--allow-empty")
    if {"prepare", "next"} & {*facts.before_kind[1:2]}:
        help = "release status"  # a pull request without a change has no use, and `next` makes nothing
    elif not fits:
        help = facts.other_call(_free_patch(facts, here.version), "--allow-empty")
    if facts.is_published(here):
        message = f"{here.name} is already released at this commit, and nothing has changed since"
    elif here.ref.annotated:
        ways = f"release bump {here.version} publishes it, git tag -d {quote(here.name)} deletes it"
        message = f"{here.name} is here but not on {facts.remote}; {ways}"
        if here.name in facts.unpublished:
            ways = "release bump auto publishes it, release recover --undo takes it back"
            message = f"{here.name} is made but not published; {ways}"
        help = f"release bump {here.version}"
    else:
        message = f"this commit has the lightweight tag {here.name}, which was never published"
        help = command_line("git", "tag", "-d", names=(here.name,))
    return Check.failed(CheckName.ALREADY_RELEASED, message, help)


def _refused(
    message: str, help: str | None, *, name: CheckName = CheckName.VERSION, details: tuple[str, ...] = ()
) -> Check:
    return Check.failed(name, message, help, details=details)


def _free_patch(facts: VersionFacts, version: Version) -> Version:
    taken = {precedence(each) for each in facts.taken}
    version = next_version(version, Level.PATCH, pre=None, taken=())
    while precedence(version) in taken:
        version = version.bump_patch()
    return version


# Decision about the version of a release: the version, its base, and its checks


class VersionDecision(Struct, frozen=True, kw_only=True):
    """The decided version.

    `version` and `tag` are None only if a check failed before one could be chosen. `base` is the release that the
    version counts from, `previous` the one that deltas, gates and the changelog compare with (for a final version the
    previous final); None: there is none. `base_version` is the version counted from, `file_version` the one that version
    files have before (lower after an undo, which takes the version out of them). `nothing` is the reason why there is
    nothing to release (None: there is something). `publish_only` is a release at the commit that only has to be
    pushed.
    """

    version: Version | None
    tag: str | None
    previous: ReleaseTag | None
    base: ReleaseTag | None
    base_version: Version
    file_version: Version | None = None
    checks: tuple[Check, ...] = ()
    nothing: str | None = None
    publish_only: ReleaseTag | None = None
    notes: tuple[str, ...] = ()


_COUNTING = (Level.MAJOR, Level.MINOR, Level.PATCH)


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
        older = _highest(facts, (release for release in facts.pool if release != here))
        decision = _decided(facts, older, here.version, here.name, own=here)
        return replace(decision, publish_only=here)
    try:
        version = _chosen(facts, base)
    except ReleaseError:  # `final` right after the final: "already released" is the answer
        version = None
    fits = version is not None and precedence(version) > max(one.rank for one in (here, *facts.pool))
    return VersionDecision(
        version=version,
        tag=None if version is None else facts.tag_format.format(version),
        previous=_previous(facts, version, None),
        base=base,
        base_version=facts.counted_from(base),
        checks=(already_check(facts, here, fits=fits),),
    )


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
    static = facts.static_version
    if base is None and static is not None and static != version:
        itself = facts.other_call(static)
        notes.append(f"no earlier release: counting from {static} in pyproject.toml ({itself} releases that version)")
    rank = precedence(version)
    greater = [release.name for release in facts.unrelated(others) if release.rank > rank]
    if greater and not facts.must_follow_all:
        notes.append(f"greater than {version} on another line of history: {last_few(greater)}")
    taken = _elsewhere_check(facts, version) if own is None else None
    checks: tuple[Check, ...] = (taken or order_check(facts, others, version, tag, base), tag_check(facts, tag, own))
    previous = _previous(facts, version, own)
    moved = (moved_check(facts, one) for one in dict.fromkeys((base, previous)) if one is not None)
    exists = tag in facts.local_tags or tag in (facts.remote_tags or {})
    if exists and all(check.blocks and check.code is ExitCode.REFUSED for check in checks):
        checks = checks[:1]  # one problem, one help
    return VersionDecision(
        version=version,
        tag=tag,
        previous=previous,
        base=base,
        base_version=facts.counted_from(base),
        file_version=replace(facts, floor=None).counted_from(base),
        checks=(*checks, *filter(None, moved)),
        notes=tuple(notes),
    )


def _base(facts: VersionFacts) -> ReleaseTag | None:
    if facts.base_override is None:
        return _highest(facts, (one for one in facts.releases if one.name in facts.ancestors))
    found = next((release for release in facts.releases if release.name == facts.base_override), None)
    if found is None:
        raise NotFound(
            f"--base {facts.base_override!r} is not a release tag here or on {facts.remote}",
            help=facts.command("--base", facts.releases[-1].name) if facts.releases else "git fetch --tags",
        )
    return found


def _chosen(facts: VersionFacts, base: ReleaseTag | None) -> Version:
    if isinstance(facts.kind, Version):
        if facts.pre is not None:
            raise BadVersion("--pre cannot be used with an exact version", help=facts.other_call(facts.kind))
        return facts.kind
    version = next_version(
        facts.counted_from(base), facts.kind, pre=facts.pre, taken=facts.taken, before=facts.before_kind
    )
    passed = [*facts.undone, *(each.version for each in facts.elsewhere)]
    while facts.kind in _COUNTING and any(each == version for each in passed):  # whatever their build metadata
        version = next_version(version, facts.kind, pre=facts.pre, taken=facts.taken)
    return _free_patch(facts, version) if version in facts.undone else version


def _previous(facts: VersionFacts, version: Version | None, own: ReleaseTag | None) -> ReleaseTag | None:
    final = version is not None and version.prerelease is None
    usable = (each for each in facts.pool if each != own and each.withdrawn is None)
    return _highest(facts, (each for each in usable if not (final and each.version.prerelease)))


def _release_here(facts: VersionFacts) -> ReleaseTag | None:
    """Return the release at the commit, None if there is none.

    For `final` and exact versions, published prereleases do not count.
    """
    here = [release for release in facts.releases if release.ref.commit_id == facts.commit]
    same = [release for release in here if release.version == facts.kind]
    if not same and (facts.kind is Level.FINAL or isinstance(facts.kind, Version)):
        here = [one for one in here if one.version.prerelease is None or _is_pending(facts, one)]
    return _highest(facts, same or here)


def _highest(facts: VersionFacts, releases: Iterable[ReleaseTag]) -> ReleaseTag | None:
    """Return the highest release; of those that differ in build metadata only, the nearest ancestor."""
    far = len(facts.ancestors)
    return max(releases, key=lambda each: (each.rank, -facts.ancestors.get(each.name, far)), default=None)
