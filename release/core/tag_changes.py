"""Deleting and fetching tags: plans, reports and rules."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from fnmatch import fnmatchcase

from msgspec import Struct, field

from release.core.check import Check, exit_code
from release.core.stages import MODEL_VERSION, STAGE, own_model
from release.core.tags import NOTHING, ChainBreak, TagRef, describe_broken, release_tags, tag_of_version
from release.core.text import command_line, nearest
from release.core.version import TagFormat
from release.errors import ExitCode, NotFound

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
            budget = any(check.code is ExitCode.UNKNOWN for check in self.plan.checks)
            return ExitCode.PARTIAL if budget and self.deleted else ExitCode.DONE
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
            meant = tag_of_version(word, known, tag_format)
            fitting = [] if meant is None else [meant]
        if not fitting:
            near = nearest(word, sorted(known))
            meant = "" if near is None else f"; did you mean {near}?"
            raise NotFound(f"no tag {word} locally or on a remote{meant}", help="git tag --list")
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
            raise NotFound(f"no tag {name} {place}", help=command_line("release", "delete", other, names=(name,)))
        result.append(TagDeletion(tag=name, subject=subjects.get(name, ""), spots=tuple(spots)))
    return tuple(result)


def stages_of(names: Collection[str], tags: Collection[TagRef], tag_format: TagFormat) -> tuple[str, ...]:
    """Return the stage tags that refer to versions in `names`; `tags` has every known tag.

    A stage tag names a commit. If another version of the model, or of the series, remains at that commit, the stage
    tag belongs to it.
    """
    versions = {tag.name: (match["model"], tag.commit_id) for tag in tags if (match := MODEL_VERSION.match(tag.name))}
    own = own_model(tag_format)
    versions |= {release.name: (own, release.ref.commit_id) for release in release_tags(tags, tag_format).all}
    gone = {at for name, at in versions.items() if name in names} - {
        at for name, at in versions.items() if name not in names
    }
    stages = {tag.name: (match["model"], tag.commit_id) for tag in tags if (match := STAGE.match(tag.name))}
    return tuple(sorted(name for name, at in stages.items() if name not in names and at in gone))


def newest_warning(names: Collection[str], tags: Collection[TagRef], tag_format: TagFormat) -> str | None:
    """Return a warning if the newest release is among the deleted tags, else None."""
    releases = release_tags(tags, tag_format).all
    if not releases or releases[-1].name not in names:
        return None
    left = [release for release in releases if release.name not in names]
    then = f"{left[-1].name} will be the newest one" if left else "no release will be left"
    return f"{releases[-1].name} is the newest release: {then}, and its version may be released again with different content"


# Comparison of a remote's tags with the local ones


class TagChange(Enum):
    """Differences between a remote's tag and the local one, as printed."""

    NEW = "new"
    UNCHANGED = "unchanged"
    MOVED = "moved"  # the remote has another object: the local tag stays
    REPAIRED = "repaired"  # the local tag was a lightweight copy of the annotated one, as some CI checkouts make
    VANISHED = "vanished"  # a remote had it once, and none has it now
    PRUNED = "pruned"  # vanished, and deleted locally


class FetchedTag(Struct, frozen=True, kw_only=True):
    """A tag and its change. `before` is the local object, `after` the remote's; None: there was none."""

    tag: str
    remote: str
    change: TagChange
    before: str | None
    after: str | None


class FetchedRemote(Struct, frozen=True, kw_only=True):
    """One remote: its tags, or in `trouble` git's error message, without secrets (None: it answered)."""

    name: str
    tags: tuple[FetchedTag, ...] = ()
    trouble: str | None = None


class FetchReport(Struct, frozen=True, kw_only=True):
    """Result of `release fetch`.

    `local` are the tags that no remote which answered has, or is known to have had. `replaced` are local tags that a
    later release recorded as another object. `attested` maps fetched tags that have an attestation to a sentence about
    how their metrics differ from it (None: they do not). `broken` are local tags that cannot be read. `fetched` is
    False for a dry run.
    """

    remotes: tuple[FetchedRemote, ...]
    vanished: tuple[FetchedTag, ...] = ()
    local: tuple[str, ...] = ()
    replaced: tuple[ChainBreak, ...] = ()
    attested: Mapping[str, str | None] = field(default_factory=dict)
    broken: tuple[TagRef, ...] = ()
    fetched: bool = True

    @property
    def exit_code(self) -> ExitCode:
        """6 if no remote answered, 9 if some did not, 7 for a moved tag, else 0."""
        dead = [remote for remote in self.remotes if remote.trouble is not None]
        if dead:
            return ExitCode.UNKNOWN if len(dead) == len(self.remotes) else ExitCode.PARTIAL
        return ExitCode.RACED if self.having(TagChange.MOVED) else ExitCode.DONE

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about problems of the local tags."""
        return (
            *(describe_broken(tag) for tag in self.broken),
            *(one.message for one in self.replaced),
            *(f"{tag}: {why}" for tag, why in self.attested.items() if why is not None),
        )

    def having(self, change: TagChange) -> tuple[FetchedTag, ...]:
        """Return every tag of every remote with that change."""
        found = [tag for remote in self.remotes for tag in remote.tags if tag.change is change]
        return (*found, *(tag for tag in self.vanished if tag.change is change))


def compare_tags(remote: str, ours: Mapping[str, TagRef], theirs: Collection[TagRef]) -> tuple[FetchedTag, ...]:
    """Compare each tag of a remote with the local one, by name; local tags without an object count as missing."""
    mine = {name: tag for name, tag in ours.items() if tag.object_id != NOTHING}
    return tuple(_compared(remote, mine.get(tag.name), tag) for tag in sorted(theirs, key=lambda tag: tag.name))


def vanished_tags(
    ours: Mapping[str, TagRef], seen: Mapping[str, Mapping[str, str]], now: Mapping[str, Collection[str] | None]
) -> tuple[FetchedTag, ...]:
    """Return local tags that a remote had with the same object, and that no remote has now.

    `seen` is what each remote had at the last fetch (name to object id), `now` the names that each has. None: it did
    not answer, so none of its tags count as vanished.
    """
    still = {name for names in now.values() for name in names or ()}
    maybe = {name for remote, names in now.items() if names is None for name in seen.get(remote, {})}
    found = {}
    for remote, tags in seen.items():
        if now.get(remote) is None:
            continue
        for name, object_id in tags.items():
            mine = ours.get(name)
            if mine is not None and mine.object_id == object_id and name not in still and name not in maybe:
                found[name] = FetchedTag(
                    tag=name, remote=remote, change=TagChange.VANISHED, before=object_id, after=None
                )
    return tuple(found[name] for name in sorted(found))


def _compared(remote: str, mine: TagRef | None, theirs: TagRef) -> FetchedTag:
    if mine is None:
        change = TagChange.NEW
    elif mine.object_id == theirs.object_id:
        change = TagChange.UNCHANGED
    elif not mine.annotated and theirs.annotated and mine.commit_id == theirs.commit_id:
        change = TagChange.REPAIRED
    else:
        change = TagChange.MOVED
    before = None if mine is None else mine.object_id
    return FetchedTag(tag=theirs.name, remote=remote, change=change, before=before, after=theirs.object_id)
