"""Interface of the backends: listing, sizes, uploads."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from release.core.pointer import Stored
from release.core.remotes import Backend
from release.errors import Cancelled

if TYPE_CHECKING:
    from release.dvc.backend_fsspec import Fsspec
    from release.dvc.backend_s3 import S3


class Shape(Enum):
    """Kinds of listing that a store can give."""

    FLAT = "flat"  # by any prefix of the key, in pages
    TREE = "tree"  # folder by folder
    BLIND = "blind"  # not at all


class Limits(Struct, frozen=True, kw_only=True):
    """Limits of one request. Times in seconds; `workers` requests run at once."""

    connect_s: int = 10
    read_s: int = 60
    attempts: int = 3
    workers: int = 16
    page_size: int | None = None  # None: the largest that the store gives


class ListingPage(Struct, frozen=True):
    """A part of a listing: (path, what is known of it), in the order of the store."""

    entries: Sequence[tuple[str, Stored]]
    more: bool


class Opening(Struct, frozen=True, kw_only=True):
    """Settings that a backend needs to open a store.

    `settings` are those of the remote, with time limits. `open_fs` makes DVC's filesystem at the first call; it
    returns it with the remote's folder as that filesystem writes paths.
    """

    url: str
    settings: Mapping[str, Any]
    limits: Limits
    open_fs: Callable[[], tuple[Any, str]]


def connect(backend: Backend, opening: Opening) -> S3 | Fsspec:
    """Return a connection to a store. Each loads its libraries only here or at its first request.

    It can be used by several threads, and raises what its library raises. Paths begin with the bucket, container or
    root folder, as DVC's filesystems write them.
    """
    if backend is Backend.S3:
        from release.dvc.backend_s3 import S3

        return S3(opening)
    from release.dvc.backend_fsspec import KINDS

    return KINDS[backend](opening)


# Cancelling of transfers: Ctrl-C takes effect within an object, however large it is

Stopped = Callable[[], bool]


def cut_transfers() -> None:
    """Cancel the tasks of fsspec's own thread. Callers that wait for them see no error: they have to call `stopped`."""
    fsspec = sys.modules.get("fsspec.asyn")
    loop = fsspec.loop[0] if fsspec is not None else None
    if loop is None or loop.is_closed():
        return
    import asyncio

    def cancel() -> None:
        for task in asyncio.all_tasks(loop):
            task.cancel()

    loop.call_soon_threadsafe(cancel)


def put_file(fs: Any, source: str, path: str, stopped: Stopped) -> None:
    """Upload with a filesystem of fsspec or DVC; `stopped` is called at each piece. Raises Cancelled, also after a cut."""
    from fsspec.callbacks import Callback

    def ask(*_: object, **__: object) -> None:
        if stopped():
            raise Cancelled("cancelled")

    fs.put_file(source, path, callback=Callback(hooks={"stop": ask}))
    ask()
