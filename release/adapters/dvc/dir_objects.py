"""Directory objects: the files of a directory out, from the store or from DVC's cache."""

from __future__ import annotations

from msgspec.structs import replace

from release.adapters.dvc.cache import LocalCache
from release.adapters.dvc.folder_store import FolderStore
from release.adapters.dvc.store import ObjectTooLarge, Store
from release.core.audit.rules import Directory, parse_directory
from release.core.pointers.pointer import ObjectKey
from release.errors import DataMissing


def read_listing(store: Store, key: ObjectKey, cache: LocalCache) -> Directory:
    """Return the files of a directory object. Raises Unknown if the store could not be asked.

    A folder is always read itself, as that costs nothing. From another store the body is fetched only if the
    cache has none; the size and content that the store reports are compared with it later.
    """
    cached = cache.directory_body(key)
    if cached is not None and not isinstance(store, FolderStore):
        return parse_directory(cached, key.oid)
    try:
        found = parse_directory(store.read(key), key.oid)
    except DataMissing:
        found = Directory(entries=None)
    except ObjectTooLarge as error:
        found = Directory(entries=None, unread=str(error))
    if cached is None or found.entries is not None or found.unsafe is not None:
        return found
    listing = parse_directory(cached, key.oid)
    if listing.unread is not None:
        return listing
    # What is too large on the store is smaller in the cache, so it is not the same object.
    return replace(listing, fault=found.fault or found.unread or listing.fault)
