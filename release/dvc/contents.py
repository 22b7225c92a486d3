"""Contents of objects: MD5 as DVC computes it, and objects whose bytes are read."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from release.core.pointer import Layout, ObjectKey, Stored
from release.core.text import OnProgress, size
from release.dvc.store import FolderStore, Forbidden, StoreFailed
from release.dvc.stores import CachedStore, Store
from release.errors import DataMissing, Unknown
from release.system.files import open_regular

_PIECE_BYTES = 1 << 20  # part of the old hash's definition: each piece is text or binary by itself
_PROBE_BYTES = 512
_TEXT_CHARACTERS = bytes(range(32, 127)) + b"\n\r\t\f\b"


def hash_file(path: Path, layout: Layout, on_bytes: Callable[[int], None]) -> str:
    """Return the content's MD5 (hex); for DVC 2 pointers, text is hashed with LF line endings. Raises OSError."""
    with open_regular(path) as file:
        return hash_pieces(iter(lambda: file.read(_PIECE_BYTES), b""), layout, on_bytes)


def hash_pieces(pieces: Iterable[bytes], layout: Layout, on_bytes: Callable[[int], None]) -> str:
    """Hash content that comes in pieces of any size, as `hash_file`."""
    hasher = hashlib.md5(usedforsecurity=False)
    for piece in pieces if layout is not Layout.LEGACY else _reblocked(pieces):
        if layout is Layout.LEGACY and _is_text(piece[:_PROBE_BYTES]):
            hasher.update(piece.replace(b"\r\n", b"\n"))
        else:
            hasher.update(piece)
        on_bytes(len(piece))
    return hasher.hexdigest()


def _reblocked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in pieces of the size that the old hash uses."""
    kept = bytearray()
    for piece in pieces:
        kept += piece
        while len(kept) >= _PIECE_BYTES:
            yield bytes(kept[:_PIECE_BYTES])
            del kept[:_PIECE_BYTES]
    if kept:
        yield bytes(kept)


def _is_text(block: bytes) -> bool:
    if b"\0" in block:
        return False
    return len(block.translate(None, _TEXT_CHARACTERS)) / len(block) <= 0.30


# Objects read whole and hashed: the only proof where a store gives no evidence of content

_WORKERS = 8
_DISK_WORKERS = 2
_MOST_UNREAD = 10
Enough = Callable[[int], bool]
_BATCH = 1_000  # objects in progress or waiting: limits the memory of the pool


class Depth(Struct, frozen=True, kw_only=True):
    """Amount of content to read: every object (None), or a `sample` of that many over all stores.

    A sample is always the same for the same objects: those whose names have the lowest SHA-256.
    """

    sample: int | None = None


def read_contents(stores: Iterable[CachedStore], depth: Depth, on_progress: OnProgress) -> None:
    """Replace the stores' own reports with what the bytes show: size and MD5 of each object read.

    An object that has vanished since counts as missing; a store that stops answering gets `trouble`.
    Memory: a few pieces of a megabyte, and one line per object.
    """
    asked = [each for each in stores if each.store is not None and each.trouble is None]
    read_objects(asked, _sampled(asked, depth), on_progress)


def read_objects(
    stores: Iterable[CachedStore],
    chosen: Mapping[str, list[ObjectKey]],
    on_progress: OnProgress,
    most_bytes: int | None = None,
) -> None:
    """Read the chosen objects, given by the identity of their store, as `read_contents` does.

    After `most_bytes` of a store (None: no limit) the rest stays as the store reported it.
    """
    for each in stores:
        keys = chosen.get(each.identity)
        if each.store is None or not keys:
            continue
        try:
            read = read_keys(each.store, keys, on_progress, lambda done: most_bytes is not None and done > most_bytes)
        except Unknown as error:
            each.trouble = error
            continue
        take_over(each, read)


def take_over(asked: CachedStore, read: Mapping[ObjectKey, Stored | None]) -> None:
    """Replace what a store reported of objects with what their bytes show; one that could not be read keeps its size."""
    found = {key: stored for key, stored in asked.found.items() if key not in read}
    for key, stored in read.items():
        if stored is not None and stored.unread is not None:
            found[key] = replace(asked.found.get(key, stored), unread=stored.unread)
        elif stored is not None:
            found[key] = stored
    asked.found = found


def read_keys(
    store: Store, keys: Sequence[ObjectKey], on_progress: OnProgress, enough: Enough
) -> dict[ObjectKey, Stored | None]:
    """Return each object that was read to its end as its bytes show it, None if it is gone.

    `enough` is called with the number of bytes read so far; True ends the reading. A few objects that cannot be read are
    `unread`; at one more, the store itself has failed. Raises Unknown then.
    """
    return _Reading(store, keys, on_progress, enough).run()


def _sampled(stores: Iterable[CachedStore], depth: Depth) -> dict[str, list[ObjectKey]]:
    """Return the keys to read, by the identity of their store. Archived objects cannot be read."""
    keys = [key for each in stores for key, stored in each.found.items() if stored.archived is None]
    if depth.sample is not None:
        keys = sorted(keys, key=lambda key: sha256(f"{key.layout}:{key.oid}".encode()).digest())[: depth.sample]
    by_store: dict[str, list[ObjectKey]] = {}
    for key in keys:
        by_store.setdefault(key.remote, []).append(key)
    return by_store


class _EndOfReading(Exception):
    """The limit for all objects is reached."""


class _Reading:
    """Reader of one store's objects, several at a time."""

    def __init__(self, store: Store, keys: Sequence[ObjectKey], on_progress: OnProgress, enough: Enough) -> None:
        self._store = store
        self._keys = keys
        self._on_progress = on_progress
        self._enough = enough
        self._lock = threading.Lock()
        self._done_bytes = 0
        self._stop = False
        self._unread = 0

    def run(self) -> dict[ObjectKey, Stored | None]:
        """Return each object that was read as its bytes show it, None if it is gone. Raises Unknown."""
        from concurrent.futures import ThreadPoolExecutor  # most commands start faster without it

        read: dict[ObjectKey, Stored | None] = {}
        workers = _DISK_WORKERS if isinstance(self._store, FolderStore) else _WORKERS
        with ThreadPoolExecutor(workers, "read") as pool:
            try:
                for start in range(0, len(self._keys), _BATCH):
                    for key, stored, whole in pool.map(self._read, self._keys[start : start + _BATCH]):
                        if whole:
                            read[key] = stored
                        with self._lock:
                            what = f"reading {self._store.name}, {size(self._done_bytes)}"
                        self._on_progress(what, len(read), len(self._keys))
            except BaseException:
                self._stop = True
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return read

    def _read(self, key: ObjectKey) -> tuple[ObjectKey, Stored | None, bool]:
        """Return the object as its bytes show it (None: it is gone), and whether it was read to its end."""
        length = 0

        def count(size_bytes: int) -> None:
            nonlocal length
            length += size_bytes
            with self._lock:
                self._done_bytes += size_bytes
                done_bytes = self._done_bytes
            if self._stop:
                raise StoreFailed(f"reading {self._store.name} was cancelled")
            if self._enough(done_bytes):
                raise _EndOfReading

        layout = Layout.LEGACY if key.layout == Layout.LEGACY.value else Layout.MD5
        try:
            count(0)
            md5 = hash_pieces(self._store.stream(key), layout, count)
        except DataMissing:
            return key, None, True
        except _EndOfReading:
            return key, None, False
        except StoreFailed as error:  # a bad sector, a server's 500: the other objects can be right
            with self._lock:
                self._unread += 1
            if self._stop or self._unread > _MOST_UNREAD or isinstance(error, Forbidden):
                raise
            return key, Stored(size_bytes=None, unread=error.message), True
        return key, Stored(size_bytes=length, md5=md5, read=True), True
