"""Comparison of the models and data of two commits."""

from __future__ import annotations

from collections.abc import Collection

from release.core.change import Change
from release.core.pointers.pointer import Out, PointerChange


def pointer_changes(before: Collection[Out], after: Collection[Out]) -> tuple[PointerChange, ...]:
    """Return the outs whose (path, oid) differs, by path.

    A cloud-versioned out without an md5 of its own is compared by the md5s of its files. An out that two pointers name
    counts once.
    """
    old, new = _by_path(before), _by_path(after)
    changes = []
    for path in sorted(old.keys() | new.keys()):
        was, now = old.get(path), new.get(path)
        if was is None or now is None or _content(was) != _content(now):
            changes.append(_change(path, was, now))
    return tuple(changes)


def _by_path(outs: Collection[Out]) -> dict[str, Out]:
    return {out.path: out for out in outs}


def _content(out: Out) -> tuple[object, ...]:
    return (out.oid,) if out.oid is not None else tuple((entry.relpath, entry.md5) for entry in out.cloud)


def _change(path: str, was: Out | None, now: Out | None) -> PointerChange:
    return PointerChange(
        path=path,
        parent=None,
        change=Change.ADDED if was is None else Change.REMOVED if now is None else Change.CHANGED,
        before_oid=was.oid if was else None,
        after_oid=now.oid if now else None,
        before_size_bytes=was.size_bytes if was else None,
        after_size_bytes=now.size_bytes if now else None,
    )
