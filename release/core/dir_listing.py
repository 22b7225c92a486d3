"""The body of a directory object: bytes -> its files, or BadListing.

DVC writes a JSON list of `{"md5", "relpath"}`, named by the MD5 of these very bytes.
Source: dvc_data/hashfile/tree.py.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from release.core.pointer_file import is_inside

_MD5 = re.compile(r"[0-9a-f]{32}")


class BadListing(ValueError):
    """The bytes are not the directory object that they should be; the message says why."""


class Entry(NamedTuple):
    """A file of a directory: path below it, and oid."""

    relpath: str
    oid: str


def parse_listing(data: bytes, oid: str) -> tuple[Entry, ...]:
    """The files of a directory object. Raises BadListing if the bytes do not hash to `oid`, or are not a listing."""
    found = hashlib.md5(data, usedforsecurity=False).hexdigest() + ".dir"
    if found != oid:
        message = f"its content is {found}"
        raise BadListing(message)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        message = "it is not JSON"
        raise BadListing(message) from None
    if not isinstance(document, list):
        message = "it is not a list"
        raise BadListing(message)
    entries = tuple(_entry(item) for item in document)
    if len({entry.relpath for entry in entries}) != len(entries):
        message = "it names a file twice"
        raise BadListing(message)
    return entries


def _entry(item: Any) -> Entry:
    if isinstance(item, dict):
        relpath, oid = item.get("relpath"), item.get("md5")
        if isinstance(relpath, str) and isinstance(oid, str) and _MD5.fullmatch(oid) and is_inside(relpath):
            return Entry(relpath, oid)
    message = "an entry has no valid path and md5"
    raise BadListing(message)


def listing_oid(entries: Iterable[Entry]) -> str:
    """The oid of the directory object that DVC writes for these files."""
    listed = [{"md5": entry.oid, "relpath": entry.relpath} for entry in sorted(entries)]
    return hashlib.md5(json.dumps(listed, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + ".dir"
