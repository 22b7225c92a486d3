"""Data that loses its last tag when tags are deleted: `dvc gc -T` may then remove it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from release.core.pointers.dir_listing import Entry
from release.core.pointers.pointer import Out


class Orphans(Struct, frozen=True, kw_only=True):
    """Number and bytes of objects that no other tag needs; `exact` False: a directory's listing is not here."""

    objects: int
    size_bytes: int
    exact: bool


Listings = Mapping[str, tuple[Entry, ...]]  # oid of a directory object to its files
Sizes = Mapping[str, int]  # oid to known size in bytes


def orphans(doomed: Collection[Out], kept: Collection[Out], listings: Listings, sizes: Sizes) -> Orphans:
    """Compare the outs of deleted tags with those of the remaining ones.

    A directory whose listing is not known counts with all of its bytes.
    """
    needed = {oid for out in kept for oid in _oids(out, listings)}
    found: dict[str, int] = {}
    exact = True
    for out in doomed:
        if out.oid is None or not out.cache:
            continue
        if out.is_dir and out.oid not in listings and out.oid not in needed:
            found[out.oid], exact = out.size_bytes or 0, False
            continue
        for oid in _oids(out, listings):
            if oid not in needed:
                size = sizes.get(oid, out.size_bytes if oid == out.oid and not out.is_dir else None)
                exact = exact and (size is not None or oid == out.oid)
                found[oid] = size or 0
    return Orphans(objects=len(found), size_bytes=sum(found.values()), exact=exact)


def _oids(out: Out, listings: Listings) -> tuple[str, ...]:
    if out.oid is None or not out.cache:
        return ()
    return (out.oid, *(entry.oid for entry in listings.get(out.oid, ())))
