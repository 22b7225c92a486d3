"""Parser of directory objects: bytes -> files, or BadListing.

DVC writes a JSON list of `{"md5", "relpath"}`, named by the MD5 of these very bytes. Source: dvc_data/hashfile/tree.py.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder

from release.core.limits import MAX_LISTING_ENTRIES
from release.core.pointers.safe_path import first_unsafe

_MD5 = re.compile(r"[0-9a-f]{32}")
_MD5S = re.compile(r"[0-9a-f]*")
_MD5_LENGTH = 32
_MOST_EXPLAINED = 100_000_000  # bytes that are parsed a second time, to explain the error


class BadListing(ValueError):
    """A directory object with the wrong content; the message says why."""


class TooManyEntries(BadListing):
    """A listing with more files than the limit; it may be valid."""


class UnsafeListing(BadListing):
    """A listing that names a file at an unsafe path."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"it names {path!r}")


class Entry(Struct, frozen=True, order=True, gc=False):
    """A file of a directory: path below it, and oid."""

    relpath: str
    oid: str


def parse_listing(data: bytes, oid: str) -> tuple[Entry, ...]:
    """Return the files of a directory object, each at a path that is safe to write.

    Raises BadListing if the bytes do not hash to `oid` or are not a listing, UnsafeListing for an unsafe path,
    TooManyEntries for more files than the limit. Those are counted before parsing: each entry has a `}`, names rarely
    do.
    """
    if data.count(b"}") > MAX_LISTING_ENTRIES:
        message = f"it has more than {MAX_LISTING_ENTRIES:,} files"
        raise TooManyEntries(message)
    found = hashlib.md5(data, usedforsecurity=False).hexdigest() + ".dir"
    if found != oid:
        message = f"its content is {found}"
        raise BadListing(message)
    entries = _plain_entries(data) or _entries(data)
    paths = [entry.relpath for entry in entries]
    if len(set(paths)) != len(paths):
        message = "it names a file twice"
        raise BadListing(message)
    unsafe = first_unsafe(paths)
    if unsafe is not None:
        raise UnsafeListing(unsafe)
    return entries


class _Written(Struct, gc=False):
    md5: str
    relpath: str


_DECODER = Decoder(list[_Written])


def _plain_entries(data: bytes) -> tuple[Entry, ...] | None:
    """Parse a listing as DVC writes it; None if `_entries` must check it entry by entry."""
    try:
        written = _DECODER.decode(data)
    except (MsgspecError, ValueError, RecursionError):  # before msgspec 0.20 its errors are not ValueErrors
        return None
    oids, paths = [one.md5 for one in written], [one.relpath for one in written]
    if not _MD5S.fullmatch("".join(oids)) or any(len(oid) != _MD5_LENGTH for oid in oids):
        return None
    return tuple(map(Entry, paths, oids))


def _entries(data: bytes) -> tuple[Entry, ...]:
    if len(data) > _MOST_EXPLAINED:
        message = "it is no list of files with path and md5"
        raise BadListing(message)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        message = "it is not JSON"
        raise BadListing(message) from None
    if not isinstance(document, list):
        message = "it is not a list"
        raise BadListing(message)
    return tuple(_entry(item) for item in document)


def _entry(item: Any) -> Entry:
    if isinstance(item, dict):
        relpath, oid = item.get("relpath"), item.get("md5")
        if isinstance(relpath, str) and isinstance(oid, str) and _MD5.fullmatch(oid):
            return Entry(relpath, oid)
    message = "an entry has no valid path and md5"
    raise BadListing(message)


def listing_oid(entries: Iterable[Entry]) -> str:
    """Return the oid of the directory object that DVC writes for these files."""
    listed = [{"md5": entry.oid, "relpath": entry.relpath} for entry in sorted(entries)]
    return hashlib.md5(json.dumps(listed, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + ".dir"
