"""Ending a transfer in the middle: Ctrl-C acts within an object, however large it is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from release.errors import Cancelled

Stopped = Callable[[], bool]


def cut_transfers() -> None:
    """Cancel what fsspec's own thread is at. Those who wait for it are told of no error: they have to ask `stopped`."""
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
    """Upload by a filesystem of fsspec or DVC, which asks at each piece. Raises Cancelled, also where it was cut."""
    from fsspec.callbacks import Callback

    def ask(*_: object, **__: object) -> None:
        if stopped():
            raise Cancelled("cancelled")

    fs.put_file(source, path, callback=Callback(hooks={"stop": ask}))
    ask()
