"""The chain of release tags: each records the tag object before it, so that a replaced tag is detected; pure.

It cannot detect that the newest tag was replaced, because no later tag has recorded it. That takes a signature, or a
clone that had the old tag (`release fetch`).
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from release.core.metrics.metric import Lack, ValueFile
from release.core.shell import command_line
from release.core.tags.message import Trailers, metrics_digest
from release.core.tags.tag import TagRef


class ChainBreak(Struct, frozen=True, kw_only=True):
    """A tag whose object differs from the one that a later release recorded in its `Release-Previous`.

    `recorded` and `here` are object ids, `by` the later release's tag. `lightweight`: the local ref names a commit and
    no tag object, as some CI checkouts make; `release fetch` repairs that.
    """

    tag: str
    recorded: str
    here: str
    by: str
    lightweight: bool = False

    @property
    def message(self) -> str:
        """A sentence that names both tags and both objects."""
        if self.lightweight:
            return f"{self.tag} is a lightweight tag here, and {self.by} recorded tag object {self.recorded[:10]}"
        recorded, here = self.recorded[:10], self.here[:10]
        return f"{self.tag} was replaced: {self.by} recorded tag object {recorded}, and here it is {here}"

    @property
    def help(self) -> str:
        """The command that shows more, or repairs it."""
        return "release fetch" if self.lightweight else command_line("git", "show", f"refs/tags/{self.tag}")


def chain_breaks(tags: Iterable[TagRef], trailers: Iterable[tuple[str, Trailers]]) -> tuple[ChainBreak, ...]:
    """Return every tag that differs from what a later release recorded, sorted by the later tag's name.

    `tags` are those of this clone (or of a remote); `trailers` pairs a release's tag with its trailers. A missing tag
    is no break: it may never have been fetched.
    """
    here = {tag.name: tag for tag in tags}
    found = []
    for by, said in sorted(trailers, key=lambda pair: pair[0]):
        if said.previous is None or said.previous[0] not in here:
            continue
        name, recorded = said.previous
        tag = here[name]
        if tag.object_id != recorded:
            one = ChainBreak(tag=name, recorded=recorded, here=tag.object_id, by=by, lightweight=not tag.annotated)
            found.append(one)
    return tuple(found)


def metrics_fit(said: Trailers, files: Iterable[ValueFile]) -> bool:
    """Return True if the metric files match the tag's metric digest, or if it has none.

    Old tags do not count files that DVC tracks. A file that cannot be read now proves nothing; the audit reports it.
    """
    known = tuple(files)
    if said.metrics_digest is None or said.metrics_digest == metrics_digest(known):
        return True
    if any(file.lack not in (None, Lack.FOREIGN) for file in known):
        return True
    return said.metrics_digest == metrics_digest([file for file in known if not file.kept])
