"""Cancelling of transfers: Ctrl-C takes effect within an object, however large it is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from release.errors import Cancelled

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
