"""Interface of a blob store for the audit: which objects are there, and their bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from release.core.limits import MAX_LISTING_BYTES
from release.core.numbers import size
from release.core.pointers.pointer import ObjectKey
from release.core.progress import OnProgress, ignore


class Stored(Struct, frozen=True, kw_only=True, gc=False):
    """Facts about an object: the store's report without reading its bytes, or, with `read`, from its bytes.

    `md5` (hex) is evidence of the content if the store gives any (a single-part S3 ETag), else None; for
    bytes that were read it is the hash by which DVC names them. `archived` is a storage class whose
    objects cannot be read at once, else None.
    """

    size_bytes: int | None
    md5: str | None = None
    archived: str | None = None
    read: bool = False


class ObjectTooLarge(Exception):
    """An object that is larger than the limit for reading it whole; the message states the limit."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__(f"it has more than {size(most_bytes)}")


def joined(pieces: Iterable[bytes], most_bytes: int) -> bytes:
    """Join the pieces of an object. Raises ObjectTooLarge."""
    kept, total = [], 0
    for piece in pieces:
        total += len(piece)
        if total > most_bytes:
            raise ObjectTooLarge(most_bytes)
        kept.append(piece)
    return b"".join(kept)


class Store(Protocol):
    """One DVC remote. Reading never writes: not to the store, not to DVC's caches or indexes.

    Every method raises `errors.Unknown` (subclasses: forbidden, unreachable, listing cut short) if the
    store could not be queried; an answer is always complete.
    """

    @property
    def name(self) -> str:
        """The remote's name in DVC's configuration."""
        ...

    @property
    def identity(self) -> str:
        """The resolved URL without secrets; two names of one store have the same identity."""
        ...

    def find(self, keys: Collection[ObjectKey], on_progress: OnProgress = ignore) -> Mapping[ObjectKey, Stored]:
        """Return those of `keys` that are there, by a listing per layout or single queries, whichever is cheaper."""
        ...

    def read(self, key: ObjectKey, most_bytes: int = MAX_LISTING_BYTES) -> bytes:
        """Return a small object's bytes (a `.dir`). Raises `errors.DataMissing` if it is not there, ObjectTooLarge."""
        ...

    def stream(self, key: ObjectKey) -> Iterator[bytes]:
        """Yield an object's bytes in pieces. Raises `errors.DataMissing` if it is not there."""
        ...

    def upload(self, key: ObjectKey, source: Path) -> None:
        """Upload a file under its object's name; it appears complete or not at all. Raises Cancelled after `stop`."""
        ...

    def stop(self) -> None:
        """Cancel the uploads of other threads, even in the middle of an object, which then does not appear."""
        ...

    def close(self) -> None:
        """Close what the store has open. It can still be queried."""
        ...
