"""Comparison of a remote's tags with the local ones; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum

from msgspec import Struct, field

from release.core.tags.broken import describe_broken
from release.core.tags.chain import ChainBreak
from release.core.tags.tag import NOTHING, TagRef
from release.errors import ExitCode


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
    later release recorded as another object. `strange` maps fetched tags to sentences about how their commits differ
    from the tag's digests. `broken` are local tags that cannot be read. `fetched` is False for a dry run.
    """

    remotes: tuple[FetchedRemote, ...]
    vanished: tuple[FetchedTag, ...] = ()
    local: tuple[str, ...] = ()
    replaced: tuple[ChainBreak, ...] = ()
    strange: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
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
            *(why for words in self.strange.values() for why in words),
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
