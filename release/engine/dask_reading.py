"""Shards read by the workers of a Dask cluster. Dask places and repeats them; nothing of a scheduler is here."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from release import __version__
from release.core.pointer import ObjectKey, Stored
from release.core.remotes import SETTINGS, is_secret
from release.core.secrets import without_secrets
from release.core.shards import Shard
from release.core.text import OnProgress, command_line
from release.dvc.contents import read_keys
from release.dvc.dvc_config import RemoteSettings
from release.dvc.store import FolderStore
from release.errors import Refused, ReleaseError, Unknown

if TYPE_CHECKING:
    from release.engine.reading import ShardReading

_INSTALL = "install this version of release on each worker"
_RETRIES = 2
_TIMEOUT_S = 30
_WAITING = 2  # shards for each thread of the cluster: more would only be read later than the records say

_Found = list[tuple[str, str, int | None, str | None, str | None]]  # layout, id, size, MD5, reason why it was not read


class ShardTask(Struct, frozen=True, kw_only=True):
    """All that a worker gets: the remote without anything secret, and the objects as (layout, id)."""

    version: str
    name: str
    folder: str | None
    options: Mapping[str, Any]
    objects: tuple[tuple[str, str], ...]


def task_of(remote: RemoteSettings, shard: Shard) -> ShardTask:
    """Return the task for a shard.

    Settings with secrets and with paths of this machine are left out: a worker uses its own credentials.
    """
    known = {key: value for key, value in remote.options.items() if key in SETTINGS and not SETTINGS[key].path}
    options = {key: value for key, value in known.items() if not is_secret(key)}
    return ShardTask(
        version=__version__,
        name=remote.name,
        folder=None if remote.folder is None else str(remote.folder),
        options={**options, "url": _without_password(remote.url)},
        objects=tuple((key.layout, key.oid) for key in shard.keys),
    )


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    return urlunsplit((parts.scheme, f"{user.partition(':')[0]}{at}{host}", parts.path, "", ""))


def read_task(task: ShardTask) -> _Found:
    """Read the objects of a task on a worker; return those that are there, as their bytes show them.

    Raises Refused if the worker has another version, Unknown if the store does not answer.
    """
    if task.version != __version__:
        raise Refused(_other_version(__version__))
    keys = [ObjectKey("", layout, oid) for layout, oid in task.objects]
    if task.folder is not None:
        store: Any = FolderStore(task.name, Path(task.folder))
    else:
        from release.dvc.remote import open_store

        store = open_store(task.name, task.options)
    try:
        read = read_keys(store, keys, lambda *_: None, lambda _: False)
    except ReleaseError as error:
        raise Unknown(without_secrets(error.message)) from None  # its causes may hold what cannot be sent
    finally:
        store.close()
    there = [(key, one) for key, one in read.items() if one is not None]
    return [
        (key.layout, key.oid, one.size_bytes, one.md5, one.unread and without_secrets(one.unread)) for key, one in there
    ]


def read_on_dask(work: ShardReading, planned: Sequence[Shard], address: str, on_progress: OnProgress) -> None:
    """Read shards on a cluster; take over and record each when its result arrives.

    Raises Unknown if the scheduler does not answer or has no workers, Refused if a worker has another version.
    """
    with _client(address) as client:
        _check_versions(client)
        running: dict[Any, Shard] = {}
        ended: Queue[Any] = Queue()
        waiting = iter(planned)
        before = {shard.name: work.last_day(shard.name) for shard in planned}
        most = max(1, sum(client.nthreads().values())) * _WAITING

        def send() -> None:
            future = _submit(client, work, waiting, before)
            if future is not None:
                running[future[0]] = future[1]
                future[0].add_done_callback(ended.put)

        try:
            for _ in range(most):
                send()
            while running:
                future = ended.get()
                _take(work, running.pop(future), future)
                on_progress("reading on the cluster", len(work.done), len(planned))
                if work.is_enough():
                    work.stopped = True
                    return
                send()
        finally:
            client.cancel(list(running), force=True)


def _submit(
    client: Any, work: ShardReading, waiting: Iterator[Shard], before: Mapping[tuple[str, str], date]
) -> tuple[Any, Shard] | None:
    """Send the next shard that no other job has read since, and return its future; None if there is none."""
    for shard in waiting:
        asked = work.stores[shard.store]
        work.look(shard.store, work.slice.today - timedelta(days=1))
        if asked.trouble is None and work.last_day(shard.name) == before[shard.name]:
            task = task_of(asked.remote, shard)
            return client.submit(read_task, task, retries=_RETRIES, pure=False), shard
    return None


def _take(work: ShardReading, shard: Shard, future: Any) -> None:
    """Take over the result of a shard, or the trouble of its store."""
    error = future.exception()
    if error is not None:
        words = error if isinstance(error, ReleaseError) else Unknown(f"a worker failed: {without_secrets(str(error))}")
        work.stores[shard.store].trouble = words
        return
    found = {
        ObjectKey(shard.store, layout, oid): Stored(size_bytes=size, md5=md5, unread=unread, read=unread is None)
        for layout, oid, size, md5, unread in future.result()
    }
    work.take(shard, {key: found.get(key) for key in shard.keys})


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """Yield a connection to the scheduler; TLS takes its certificates from Dask's own configuration. Raises Unknown."""
    try:
        from distributed import Client
    except ImportError:
        raise Unknown("--dask needs Dask", help=command_line("pip", "install", "distributed")) from None
    logging.getLogger("distributed").setLevel(logging.ERROR)
    try:
        client = Client(address, timeout=_TIMEOUT_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        words = f"the scheduler {address} cannot be reached: {without_secrets(str(error))}"
        raise Unknown(words, help="release verify --deep --every 30d   (reads here)") from None
    with client:
        yield client


def worker_version() -> str:
    """Return the version of `release` on a worker."""
    return __version__


def _check_versions(client: Any) -> None:
    try:
        versions = set(client.run(worker_version).values())
    except Exception as error:  # noqa: BLE001 - whatever a worker's Python raises
        raise Refused(f"a worker cannot load release {__version__}: {error}", help=_INSTALL) from None
    if not versions:
        raise Unknown("the scheduler has no workers", help="dask worker ADDRESS")
    for version in versions - {__version__}:
        raise Refused(_other_version(version), help=_INSTALL)


def _other_version(version: str) -> str:
    return f"a worker has release {version}, and this is {__version__}"
