"""Tags here whose object, or what it leads to, is lost or cannot be read: how they are told; pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from release.core.check import Check, Verdict
from release.core.tags.tag import TagRef


def broken_among(tags: Iterable[TagRef]) -> tuple[TagRef, ...]:
    """Those that cannot be read, by name."""
    return tuple(sorted((tag for tag in tags if tag.broken), key=lambda tag: tag.name))


def told(tag: TagRef) -> str:
    """A sentence."""
    return f"refs/tags/{tag.name} cannot be read: its object is lost or broken"


def way_out(tag: TagRef) -> str:
    """The commands that look at it and drop it."""
    return f"git fsck; to drop the tag here: {shlex.join(['git', 'update-ref', '-d', f'refs/tags/{tag.name}', tag.object_id])}"


def broken_check(tag: TagRef, verdict: Verdict) -> Check:
    """It, among the checks of a release."""
    return Check(name="tags", verdict=verdict, message=told(tag), help=way_out(tag))
