"""File lists of directory outs, from the directory object, wherever a complete one is available."""

from __future__ import annotations

from msgspec.structs import replace

from release.adapters.dvc.cache import LocalCache
from release.adapters.dvc.folder_store import FolderStore
from release.adapters.dvc.store import ObjectTooLarge, Store
from release.core.audit.rules import Directory
from release.core.pointers.dir_listing import BadListing, TooManyEntries, UnsafeListing, parse_listing
from release.core.pointers.pointer import ObjectKey
from release.errors import DataMissing


def read_listing(store: Store, key: ObjectKey, cache: LocalCache) -> Directory:
    """Return the files of a directory object. Raises Unknown if the store could not be queried.

    A folder is always read itself, as that costs nothing. From another store the body is fetched only if the
    cache has none; the size and content that the store reports are compared with it later.
    """
    cached = cache.directory_body(key)
    if cached is not None and not isinstance(store, FolderStore):
        return _of_cache(cached, key)
    fault: str | None = None
    try:
        return _parsed(store.read(key), key)
    except DataMissing:
        pass
    except (ObjectTooLarge, TooManyEntries) as error:
        if cached is None:
            return Directory(entries=None, unread=str(error))
        fault = str(error)  # the cached object of this name is smaller
    except BadListing as error:
        fault = str(error)
    if cached is None:
        return Directory(entries=None, fault=fault)
    listing = _of_cache(cached, key)
    if listing.unread is not None:
        return listing
    return replace(listing, fault=fault or listing.fault)


def _of_cache(data: bytes, key: ObjectKey) -> Directory:
    """Parse a cached body. It is complete by its hash, so if it is no valid listing, it is none on any store."""
    try:
        return _parsed(data, key)
    except TooManyEntries as error:
        return Directory(entries=None, unread=str(error))
    except BadListing as error:
        return Directory(entries=None, fault=str(error))


def _parsed(data: bytes, key: ObjectKey) -> Directory:
    try:
        return Directory(entries=parse_listing(data, key.oid), body_bytes=len(data))
    except UnsafeListing as error:
        return Directory(entries=None, body_bytes=len(data), unsafe=error.path)
