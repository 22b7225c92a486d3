"""Local tags that cannot be read because an object is missing or damaged: their messages and help; pure."""

from __future__ import annotations

from collections.abc import Iterable

from release.core.check import Check, CheckName, Verdict
from release.core.shell import command_line, quote
from release.core.tags.tag import NOTHING, TagRef


def broken_among(tags: Iterable[TagRef]) -> tuple[TagRef, ...]:
    """Return the tags that cannot be read, by name."""
    return tuple(sorted((tag for tag in tags if tag.broken), key=lambda tag: tag.name))


def describe_broken(tag: TagRef) -> str:
    """Return a sentence about the damage."""
    why = "its file names no object" if tag.object_id == NOTHING else "its object is lost or broken"
    return f"refs/tags/{tag.name} cannot be read: {why}"


def way_out(tag: TagRef) -> str:
    """Return commands that inspect and delete it; git cannot delete a ref whose file it cannot read."""
    if tag.object_id == NOTHING:
        return f"git fsck; to drop the tag here: {drop_file(f'refs/tags/{tag.name}')}"
    return f"git fsck; to drop the tag here: {command_line('git', 'update-ref', '-d', f'refs/tags/{tag.name}', tag.object_id)}"


def drop_file(ref: str) -> str:
    """Return the command that removes the file of a ref."""
    return f'rm "$(git rev-parse --git-path {quote(ref)})"'


def broken_check(tag: TagRef, verdict: Verdict) -> Check:
    """Return a release check for the tag."""
    return Check(name=CheckName.TAGS, verdict=verdict, message=describe_broken(tag), help=way_out(tag))
