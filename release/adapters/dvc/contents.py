"""Objects read whole and hashed: the only proof where a store gives no evidence of content."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from hashlib import sha256

from msgspec import Struct

from release.adapters.dvc.file_hash import hash_pieces
from release.adapters.dvc.folder_store import FolderStore
from release.adapters.dvc.store import Store, Stored
from release.adapters.dvc.stores import CachedStore
from release.core.numbers import size
from release.core.pointers.pointer import Layout, ObjectKey
from release.core.progress import OnProgress
from release.errors import DataMissing, Unknown

_WORKERS = 8
_DISK_WORKERS = 2
_BATCH = 1_000  # objects in progress or waiting: limits the memory of the pool


class Depth(Struct, frozen=True, kw_only=True):
    """Amount of content to read: every object (None), or a `sample` of that many over all stores.

    A sample is the same for the same objects, whoever takes it: those whose names have the lowest SHA-256.
    """

    sample: int | None = None


def read_contents(stores: Iterable[CachedStore], depth: Depth, on_progress: OnProgress) -> None:
    """Replace the stores' own reports by facts from the bytes: size and MD5 of each object read.

    An object that vanished meanwhile counts as missing; a store that stops answering gets `trouble`.
    Memory: a few pieces of a megabyte, and one line per object.
    """
    asked = [each for each in stores if each.store is not None and each.trouble is None]
    read_objects(asked, _sampled(asked, depth), on_progress)


def read_objects(stores: Iterable[CachedStore], chosen: Mapping[str, list[ObjectKey]], on_progress: OnProgress) -> None:
    """Read the chosen objects, given by the identity of their store, as `read_contents` does."""
    for each in stores:
        keys = chosen.get(each.identity)
        if each.store is None or not keys:
            continue
        try:
            read = _Reading(each.store, keys, on_progress).run()
        except Unknown as error:
            each.trouble = error
            continue
        found = {key: stored for key, stored in each.found.items() if key not in read}
        each.found = found | {key: stored for key, stored in read.items() if stored is not None}


def _sampled(stores: Iterable[CachedStore], depth: Depth) -> dict[str, list[ObjectKey]]:
    """Return the keys to read, by the identity of their store. Archived objects cannot be read."""
    keys = [key for each in stores for key, stored in each.found.items() if stored.archived is None]
    if depth.sample is not None:
        keys = sorted(keys, key=lambda key: sha256(f"{key.layout}:{key.oid}".encode()).digest())[: depth.sample]
    by_store: dict[str, list[ObjectKey]] = {}
    for key in keys:
        by_store.setdefault(key.remote, []).append(key)
    return by_store


class _Reading:
    """Reader of one store's objects, several at a time."""

    def __init__(self, store: Store, keys: list[ObjectKey], on_progress: OnProgress) -> None:
        self._store = store
        self._keys = keys
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._done_bytes = 0
        self._stop = False

    def run(self) -> dict[ObjectKey, Stored | None]:
        """Return each object as its bytes show it, None if it is gone. Raises Unknown at the first error."""
        from concurrent.futures import ThreadPoolExecutor  # most commands start faster without it

        read: dict[ObjectKey, Stored | None] = {}
        workers = _DISK_WORKERS if isinstance(self._store, FolderStore) else _WORKERS
        with ThreadPoolExecutor(workers, "read") as pool:
            try:
                for start in range(0, len(self._keys), _BATCH):
                    for key, stored in pool.map(self._read, self._keys[start : start + _BATCH]):
                        read[key] = stored
                        with self._lock:
                            what = f"reading {self._store.name}, {size(self._done_bytes)}"
                        self._on_progress(what, len(read), len(self._keys))
            except BaseException:
                self._stop = True
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return read

    def _read(self, key: ObjectKey) -> tuple[ObjectKey, Stored | None]:
        length = 0

        def count(size_bytes: int) -> None:
            nonlocal length
            length += size_bytes
            with self._lock:
                self._done_bytes += size_bytes
            if self._stop:
                raise Unknown(f"reading {self._store.name} was given up")

        layout = Layout.LEGACY if key.layout == Layout.LEGACY.value else Layout.MD5
        try:
            md5 = hash_pieces(self._store.stream(key), layout, count)
        except DataMissing:
            return key, None
        return key, Stored(size_bytes=length, md5=md5, read=True)
