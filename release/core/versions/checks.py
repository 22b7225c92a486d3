"""Checks of a version and its tag, with help lines."""

from __future__ import annotations

from msgspec.structs import replace
from semver import Version

from release.core.check import Check, CheckName, Verdict
from release.core.shell import command_line, quote
from release.core.tags.tag import ReleaseTag
from release.core.versions.facts import VersionFacts
from release.core.versions.version import FIRST_BASE, Level, next_version, precedence
from release.errors import ExitCode

_SHOWN_DETAILS = 10


def order_check(
    facts: VersionFacts, others: list[ReleaseTag], version: Version, tag: str, base: ReleaseTag | None
) -> Check:
    """Check that the version is greater than every ancestor, smaller than every descendant, and not in conflict."""
    pool, rank = {one.name for one in facts.pool}, precedence(version)
    below = [one for one in others if one.name in pool and one.rank >= rank]
    if below:
        return _refused(
            f"{version} is not greater than {below[-1].name}, which it comes after",
            f"release bump {_free_patch(facts, below[-1].version)}",
        )
    above = [one for one in others if one.name in facts.descendants and one.rank <= rank]
    if above:
        return _refused(
            f"{version} is not smaller than {above[0].name}, which was made from this commit",
            _fitting(facts, above[0].version, facts.counted_from(base)),
        )
    unrelated = [one for one in facts.unrelated(others) if one.rank >= rank]
    if unrelated and facts.must_follow_all:
        highest = unrelated[-1]
        return _refused(
            f"{highest.name} is no ancestor of this commit (a squash or rebase may have lost it), and {version} is not greater",
            facts.command("--base", highest.name),
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
    if newer and facts.must_follow_all:
        message = f"{newer[-1].name} was released on {facts.remote} and is not here yet; {version} is not greater"
        return replace(_refused(message, f"git pull && {facts.command()}"), code=ExitCode.RACED)
    follows = f"follows {base.name}" if base else "is the first release"
    return Check(name=CheckName.VERSION, verdict=Verdict.OK, message=f"{version} {follows}")


def tag_check(facts: VersionFacts, tag: str, own: ReleaseTag | None) -> Check:
    """Check that git can make the tag, locally and on the remote."""
    remote = facts.remote_tags or {}
    names = {**remote, **facts.local_tags}
    blocking = sorted(name for name in names if name.startswith(f"{tag}/") or tag.startswith(f"{name}/"))
    if blocking:
        first = blocking[0]
        delete = command_line(
            *(("git", "push", "--delete") if first in remote else ("git", "tag", "-d")),
            names=(facts.remote, first) if first in remote else (first,),
        )
        message = f"git cannot keep {tag} beside the tag {first}: one would be a folder of the other"
        return _refused(message, delete, name=CheckName.TAG)
    if tag in remote and facts.local_tags.get(tag) != remote[tag]:
        message = f"{tag} is taken on {facts.remote}" + (
            ", by another object than here" if tag in facts.local_tags else ""
        )
        help = f"git pull && {facts.command()}"
        return replace(_refused(message, help, name=CheckName.TAG), code=ExitCode.RACED)
    if tag in names and own is None:
        where = facts.remote if tag in remote else "here"
        version = facts.tag_format.parse(tag) or FIRST_BASE
        return _refused(
            f"the tag {tag} exists {'on ' * (tag in remote)}{where}",
            f"release bump {_free_patch(facts, version)}",
            name=CheckName.TAG,
        )
    if facts.remote_tags is None:
        return Check(
            name=CheckName.TAG, verdict=Verdict.SKIPPED, message=f"{tag} is free here; {facts.remote} was not asked"
        )
    message = f"{tag} is free here and on {facts.remote}" if own is None else f"{tag} is free on {facts.remote}"
    return Check(name=CheckName.TAG, verdict=Verdict.OK, message=message)


def moved_check(facts: VersionFacts, release: ReleaseTag) -> Check | None:
    """Return a failed check if the remote's tag differs from ours, else None.

    A lightweight copy of an annotated tag, as CI checkouts make, names the same commit and is accepted.
    """
    tag = release.name
    remote, local = (facts.remote_tags or {}).get(tag), facts.local_tags.get(tag)
    if remote is None or local is None or remote == local or release.ref.commit_id in (remote, local):
        return None
    message = f"{tag} on {facts.remote} is another object than here"
    help = command_line("git", "ls-remote", "--tags", names=(facts.remote, tag))
    return replace(_refused(message, help, name=CheckName.TAG), code=ExitCode.RACED)


def already_check(facts: VersionFacts, here: ReleaseTag) -> Check:
    """Refuse a commit that has a release already; another one takes `--allow-empty`."""
    help = facts.command("--allow-empty")
    if facts.is_published(here):
        message = f"{here.name} is already released at this commit, and nothing has changed since"
    elif here.ref.annotated:
        ways = f"release bump {here.version} publishes it, git tag -d {quote(here.name)} drops it"
        message = f"{here.name} is here and not on {facts.remote}; {ways}"
        if here.name in facts.unpublished:
            ways = "release bump auto publishes it, release recover --undo takes it back"
            message = f"{here.name} is made but not published; {ways}"
        help = f"release bump {here.version}"
    else:
        message = f"{here.name} stands at this commit as a lightweight tag that was never published"
        help = command_line("git", "tag", "-d", names=(here.name,))
    return Check.failed(CheckName.ALREADY_RELEASED, message, help)


def _other_name(release: ReleaseTag, version: Version, tag: str) -> bool:
    return release.version == version and release.name != tag


def _refused(
    message: str, help: str | None, *, name: CheckName = CheckName.VERSION, details: tuple[str, ...] = ()
) -> Check:
    return Check.failed(name, message, help, details=details)


def _fitting(facts: VersionFacts, limit: Version, base: Version) -> str | None:
    """Return a call with a version between `base` and `limit`; None if no simple one fits."""
    patch, candidate = _free_patch(facts, base), limit.replace(prerelease="rc.1", build=None)
    fits = next((one for one in (patch, candidate) if base < one < limit), None)
    return f"release bump {fits}" if fits else None


def _free_patch(facts: VersionFacts, version: Version) -> Version:
    taken = set(facts.taken)
    version = next_version(version, Level.PATCH, pre=None, taken=())
    while version in taken:
        version = version.bump_patch()
    return version
