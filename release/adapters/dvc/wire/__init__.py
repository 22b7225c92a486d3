"""How each kind of remote is spoken to: one small module a protocol, all with the same five questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from release.adapters.dvc.store import Stored


class Shape(Enum):
    """How a store can be listed."""

    FLAT = "flat"  # by any prefix of the key, in pages
    TREE = "tree"  # folder by folder
    BLIND = "blind"  # not at all


class Limits(Struct, frozen=True, kw_only=True):
    """What one question may cost. Times in seconds; `workers` questions are under way at once."""

    connect_s: int = 10
    read_s: int = 60
    attempts: int = 3
    workers: int = 16
    page_size: int | None = None  # None: the store's own, as large as it gives


class Page(Struct, frozen=True):
    """A piece of a listing: (path, what is known of it), as it came."""

    entries: Sequence[tuple[str, Stored]]
    more: bool


class Wire(Protocol):
    """One connection to a store. It may be asked from several threads; it raises what its library raises.

    Paths begin with the bucket, container or root folder, as DVC's filesystems write them.
    """

    @property
    def shape(self) -> Shape:
        """How it can be listed."""
        ...

    @property
    def vague(self) -> bool:
        """Whether a listing can say less than `head` (encryption, restored copies)."""
        ...

    def head(self, path: str, version: str | None) -> Stored | None:
        """What is known of one object, None if it is not there."""
        ...

    def pages(self, prefix: str) -> Iterator[Page]:
        """The listing of a prefix (FLAT) or of a folder (TREE); nothing there is one empty page."""
        ...

    def stream(self, path: str, version: str | None) -> Iterator[bytes]:
        """An object's bytes. Raises an error that `missing_status` knows if it is not there."""
        ...

    def put(self, source: Path, path: str, stopped: Callable[[], bool]) -> None:
        """Put a file there, appearing whole or not at all. Asked between pieces, `stopped` ends it: Cancelled."""
        ...

    def cut(self) -> None:
        """End what other threads are sending, now; they may be told of no error, and have to ask `stopped`."""
        ...

    def close(self) -> None:
        """Give back what connections it holds; they are made again if it is asked again."""
        ...
