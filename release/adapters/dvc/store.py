"""What the audit needs of a blob store, whatever it is: which objects are there, and their bytes."""

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
    """What a store says of an object without its bytes being read; or, if they were (`read`), what they are.

    `md5` (hex) is content evidence where the store gives any (a single-part S3 ETag), else None; of
    bytes that were read it is the hash by which DVC names them. `archived` names a storage class
    whose objects cannot be read at once, else None.
    """

    size_bytes: int | None
    md5: str | None = None
    archived: str | None = None
    read: bool = False


class ObjectTooLarge(Exception):
    """An object that was to be read whole is larger than that may be; the message says its limit."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__(f"it has more than {size(most_bytes)}")


def joined(pieces: Iterable[bytes], most_bytes: int) -> bytes:
    """The bytes of an object that comes in pieces. Raises ObjectTooLarge."""
    kept, total = [], 0
    for piece in pieces:
        total += len(piece)
        if total > most_bytes:
            raise ObjectTooLarge(most_bytes)
        kept.append(piece)
    return b"".join(kept)


class Store(Protocol):
    """One DVC remote. Reading never writes: not to the store, not to DVC's caches or indexes.

    Every method raises `errors.Unknown` (subclasses: forbidden, unreachable, listing cut short) if
    it could not find out; an answer is always complete.
    """

    @property
    def name(self) -> str:
        """The remote's name in DVC's configuration."""
        ...

    @property
    def identity(self) -> str:
        """The resolved URL without secrets: two names of one store are one."""
        ...

    def find(self, keys: Collection[ObjectKey], on_progress: OnProgress = ignore) -> Mapping[ObjectKey, Stored]:
        """Those of `keys` that are there, by one listing for each layout or by single questions, whichever is cheaper."""
        ...

    def read(self, key: ObjectKey, most_bytes: int = MAX_LISTING_BYTES) -> bytes:
        """A small object's bytes (a `.dir`). Raises `errors.DataMissing` if it is not there, ObjectTooLarge."""
        ...

    def stream(self, key: ObjectKey) -> Iterator[bytes]:
        """An object's bytes in pieces. Raises `errors.DataMissing` if it is not there."""
        ...

    def upload(self, key: ObjectKey, source: Path) -> None:
        """Put a file there under its object's name, appearing whole or not at all. Raises Cancelled after `stop`."""
        ...

    def stop(self) -> None:
        """Give up the uploads that other threads are at, in the middle of an object: it does not come to be there."""
        ...

    def close(self) -> None:
        """Give back what the store holds open. It may still be asked again."""
        ...
