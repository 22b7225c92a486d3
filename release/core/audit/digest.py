"""`Release-Digest`: one digest over all objects of a release, directory entries included."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from release.core.pointers.pointer import Layout, ObjectKey

_AT_ONCE = 10_000
_VERSION_LAYOUT = Layout.VERSION.value


def digest_of(lines: Iterable[str]) -> str:
    """Return the SHA-256 (hex) of the sorted unique lines, each ended by a newline; see `line_of`."""
    hasher = hashlib.sha256()
    ordered = sorted(set(lines))
    for start in range(0, len(ordered), _AT_ONCE):  # one text of a million lines would double the memory
        text = "".join(f"{line}\n" for line in ordered[start : start + _AT_ONCE])
        hasher.update(text.encode("utf-8", "surrogateescape"))
    return hasher.hexdigest()


def digest_of_objects(sizes: Mapping[ObjectKey, int | None]) -> str:
    """Return the `Release-Digest` of objects; all sizes must be known, except of version ids."""
    return digest_of(line_of(key, size or 0) for key, size in sizes.items())


def line_of(key: ObjectKey, size_bytes: int) -> str:
    """Return `layout:oid:size`, or `version:path:id` for a file on a cloud-versioned remote."""
    if key.layout == _VERSION_LAYOUT:
        path, _, version_id = key.oid.partition("\0")
        return f"{key.layout}:{path}:{version_id}"
    return f"{key.layout}:{key.oid}:{size_bytes}"
