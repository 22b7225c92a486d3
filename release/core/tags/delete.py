"""Selection of tags to delete, their places, and the consequences; pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from fnmatch import fnmatchcase

from msgspec import Struct

from release.core.check import Check, exit_code
from release.core.nearest import nearest
from release.core.shell import command_line
from release.core.tags.gto import MODEL_VERSION, STAGE
from release.core.tags.series import release_tags
from release.core.tags.tag import TagRef
from release.core.versions.version import TagFormat, parse_semver
from release.errors import ExitCode, UsageError

LOCAL = ""  # the place that is this clone; all others are remotes' names

_GLOB = re.compile(r"[*?\[]")  # characters that no tag name contains


class Where(Enum):
    """Places where tags are deleted."""

    LOCAL = "local"
    REMOTE = "remote"
    BOTH = "both"


class Fate(Enum):
    """Outcomes for a tag at one place, as printed."""

    PLANNED = "planned"
    DELETED = "deleted"
    KEPT = "kept"  # left alone, because it could not be deleted elsewhere
    MOVED = "moved"  # its object changed meanwhile: left alone
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Spot(Struct, frozen=True, kw_only=True):
    """A tag at one place: `place` is LOCAL or a remote's name, `object_id` the tag's object there.

    `reason` is the message of git or the remote, for a fate other than DELETED.
    """

    place: str
    object_id: str
    fate: Fate = Fate.PLANNED
    reason: str = ""


class TagDeletion(Struct, frozen=True, kw_only=True):
    """A tag to delete, with the subject of its message ("" if the tag is only on a remote)."""

    tag: str
    subject: str
    spots: tuple[Spot, ...]

    @property
    def places(self) -> tuple[str, ...]:
        """The places to delete it at."""
        return tuple(spot.place for spot in self.spots)


class DeletePlan(Struct, frozen=True, kw_only=True):
    """Tags to delete, the consequences (`warnings`), and the checks.

    `stages` are stage tags that refer to a deleted model version.
    """

    where: Where
    doomed: tuple[TagDeletion, ...]
    warnings: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    stages: tuple[str, ...] = ()

    @property
    def remotes(self) -> tuple[str, ...]:
        """The remotes to delete on."""
        return tuple(dict.fromkeys(place for one in self.doomed for place in one.places if place != LOCAL))

    @property
    def refused(self) -> bool:
        """True if a check blocks."""
        return any(check.blocks for check in self.checks)


class DeleteReport(Struct, frozen=True, kw_only=True):
    """The plan with the fate of each tag at each place; `deleted` is False for a dry run."""

    plan: DeletePlan
    deleted: bool

    @property
    def exit_code(self) -> ExitCode:
        """0 if everything was deleted, 9 if part of it; for a complete failure 7, 6 or 3, by the reason."""
        if self.plan.refused:
            return exit_code(self.plan.checks)
        fates = {spot.fate for doomed in self.plan.doomed for spot in doomed.spots}
        if fates <= {Fate.DELETED, Fate.PLANNED}:
            unasked = any(check.code is ExitCode.UNKNOWN for check in self.plan.checks)
            return ExitCode.PARTIAL if unasked and self.deleted else ExitCode.DONE
        if Fate.DELETED in fates:
            return ExitCode.PARTIAL
        if Fate.MOVED in fates:
            return ExitCode.RACED
        return ExitCode.UNKNOWN if Fate.UNKNOWN in fates else ExitCode.REFUSED


def named_tags(words: Sequence[str], known: Collection[str], tag_format: TagFormat) -> tuple[str, ...]:
    """Return the tags for names, versions (`1.4.0`), or globs as of `git tag --list`. Raises UsageError."""
    found: dict[str, None] = {}
    for word in words:
        if _GLOB.search(word):
            fitting = sorted(name for name in known if fnmatchcase(name, word))
        else:
            fitting = [word] if word in known else _of_version(word, known, tag_format)
        if not fitting:
            raise UsageError(f"there is no tag {word}, neither here nor on a remote", help=_nearest(word, known))
        found |= dict.fromkeys(fitting)
    return tuple(found)


def tags_to_delete(
    names: Sequence[str],
    ours: Mapping[str, TagRef],
    theirs: Mapping[str, Mapping[str, str]],
    subjects: Mapping[str, str],
    where: Where,
) -> tuple[TagDeletion, ...]:
    """Return each tag with the places to delete it at, remotes first.

    `theirs` maps a remote to its tags and their object ids. Raises UsageError for a tag that is at none of the places.
    """
    result = []
    for name in names:
        spots = []
        if where is not Where.LOCAL:
            spots += [Spot(place=remote, object_id=tags[name]) for remote, tags in theirs.items() if name in tags]
        if where is not Where.REMOTE and name in ours:
            spots.append(Spot(place=LOCAL, object_id=ours[name].object_id))
        if not spots:
            other = "--remote" if where is Where.LOCAL else "--local"
            place = "here" if where is Where.LOCAL else "on a remote"
            raise UsageError(
                f"there is no tag {name} {place}", help=command_line("release", "delete", other, names=(name,))
            )
        result.append(TagDeletion(tag=name, subject=subjects.get(name, ""), spots=tuple(spots)))
    return tuple(result)


def stages_of(names: Collection[str], commits: Mapping[str, str | None]) -> tuple[str, ...]:
    """Return the stage tags that refer to model versions in `names`; `commits` has every known tag.

    A stage tag names a commit. If another version of the model remains at that commit, the stage tag belongs to it.
    """
    staying = {
        (match["model"], commit)
        for name, commit in commits.items()
        if name not in names and (match := MODEL_VERSION.match(name)) is not None
    }
    versions = {
        (match["model"], commits.get(name)) for name in names if (match := MODEL_VERSION.match(name)) is not None
    }
    versions -= staying
    return tuple(
        sorted(
            name
            for name, commit in commits.items()
            if name not in names and (match := STAGE.match(name)) and (match["model"], commit) in versions
        )
    )


def newest_warning(names: Collection[str], tags: Collection[TagRef], tag_format: TagFormat) -> str | None:
    """Return a warning if the newest release is among the deleted tags, else None."""
    releases = release_tags(tags, tag_format).all
    if not releases or releases[-1].name not in names:
        return None
    left = [release for release in releases if release.name not in names]
    then = f"{left[-1].name} will be the last one" if left else "no other will be left"
    return (
        f"{releases[-1].name} is the newest release: {then}, and its version may be released again with other content"
    )


def _of_version(word: str, known: Collection[str], tag_format: TagFormat) -> list[str]:
    version = parse_semver(word.removeprefix("v"))
    if version is None:
        return []
    return sorted(name for name in known if tag_format.parse(name) == version)[:1]


def _nearest(word: str, known: Collection[str]) -> str:
    near = nearest(word, sorted(known))
    return command_line("release", "delete", names=(near,)) if near else "git tag --list"
