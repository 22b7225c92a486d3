"""Tags here whose object, or what it leads to, is lost or cannot be read: how they are told; pure."""

from __future__ import annotations

from collections.abc import Iterable

from release.core.check import Check, Verdict
from release.core.shell import command_line, quote
from release.core.tags.tag import NOTHING, TagRef


def broken_among(tags: Iterable[TagRef]) -> tuple[TagRef, ...]:
    """Those that cannot be read, by name."""
    return tuple(sorted((tag for tag in tags if tag.broken), key=lambda tag: tag.name))


def told(tag: TagRef) -> str:
    """A sentence."""
    why = "its file names no object" if tag.object_id == NOTHING else "its object is lost or broken"
    return f"refs/tags/{tag.name} cannot be read: {why}"


def way_out(tag: TagRef) -> str:
    """The commands that look at it and drop it; git drops no ref whose file it cannot read."""
    if tag.object_id == NOTHING:
        return f"git fsck; to drop the tag here: {drop_file(f'refs/tags/{tag.name}')}"
    return f"git fsck; to drop the tag here: {command_line('git', 'update-ref', '-d', f'refs/tags/{tag.name}', tag.object_id)}"


def drop_file(ref: str) -> str:
    """The command that removes the file of a ref."""
    return f'rm "$(git rev-parse --git-path {quote(ref)})"'


def broken_check(tag: TagRef, verdict: Verdict) -> Check:
    """It, among the checks of a release."""
    return Check(name="tags", verdict=verdict, message=told(tag), help=way_out(tag))
