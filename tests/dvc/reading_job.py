"""A job that reads shards of a store with a delay for each object, and notes each object that it has read.

Called as `python reading_job.py STORE JOURNAL DELAY_S PART LATE_S`. STORE is a folder with a list of the objects of each
release, `release-*.txt`. It has the objects, too, or they are on a server, whose settings are in `settings.json`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from release.core.audit_rules import Need
from release.core.pointer import ObjectKey
from release.core.shards import ReadingReport, parse_part
from release.core.text import no_progress
from release.dvc.dvc_config import RemoteSettings
from release.dvc.remote import CloudStore, open_store
from release.dvc.store import FolderStore
from release.dvc.stores import CachedStore, Store
from release.engine.reading import Slice, read_slice


class Journal:
    """The objects that a store has given to their end; each is given late."""

    def __init__(self, file: Path, delay_s: float) -> None:
        self._file = file.open("a", buffering=1)
        self._delay_s = delay_s

    def noted(self, key: ObjectKey, pieces: Iterator[bytes]) -> Iterator[bytes]:
        time.sleep(self._delay_s)
        yield from pieces
        self._file.write(f"{key.oid}\n")


class NotedFolder(FolderStore):
    """A folder with a journal."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        super().__init__("storage", folder)
        self._journal = journal

    def stream(self, key: ObjectKey) -> Iterator[bytes]:
        return self._journal.noted(key, super().stream(key))


class NotedServer(CloudStore, frozen=True, kw_only=True):
    """A store on a server, with a journal."""

    journal: Journal

    def stream(self, key: ObjectKey) -> Iterator[bytes]:
        return self.journal.noted(key, CloudStore.stream(self, key))


def settings_in(folder: Path) -> dict[str, Any] | None:
    """The settings of the server that has the objects; None: the folder has them."""
    file = folder / "settings.json"
    return json.loads(file.read_text()) if file.exists() else None


def store_in(folder: Path, journal: Journal | None = None) -> Store:
    """The store of a folder."""
    settings = settings_in(folder)
    if settings is None:
        return FolderStore("storage", folder) if journal is None else NotedFolder(folder, journal)
    store = open_store("storage", settings)
    if journal is None:
        return store
    return NotedServer(**{name: getattr(store, name) for name in store.__struct_fields__}, journal=journal)


def needs_in(folder: Path) -> list[list[Need]]:
    """The objects of each release."""
    identity = store_in(folder).identity
    lists = [path.read_text().split() for path in sorted(folder.glob("release-*.txt"))]
    return [[Need(ObjectKey(identity, "md5", oid), oid) for oid in oids] for oids in lists]


def opened(folder: Path, store: Store | None = None) -> CachedStore:
    """The store of a folder, asked for everything."""
    settings = settings_in(folder)
    if settings is None:
        remote = RemoteSettings(name="storage", url=str(folder), options={}, folder=folder)
    else:
        remote = RemoteSettings(name="storage", url=settings["url"], options=settings, folder=None)
    asked = CachedStore(remote, store or store_in(folder))
    asked.wanted.update((need.key, None) for each in needs_in(folder) for need in each)
    asked.ask()
    return asked


@contextmanager
def closed_after(asked: CachedStore) -> Iterator[CachedStore]:
    """An opened store, whose connections are closed at the end."""
    yield asked
    assert asked.store is not None
    asked.store.close()


def slice_of(folder: Path, **more) -> Slice:
    """A slice of 30 days on a fixed day, with the clone's own records in a folder side by side with the store."""
    usual = {
        "days": 30,
        "today": date(2026, 11, 30),
        "folder": folder.with_name("private"),
        "work_tree": folder / "none",
    }
    return Slice(**{**usual, **more})


def run(asked: CachedStore, folder: Path, slice: Slice) -> ReadingReport:
    """Read one slice."""
    return read_slice([asked], needs_in(folder), slice, no_progress)


if __name__ == "__main__":
    store, journal, delay_s, part, late_s = sys.argv[1:]
    began = time.monotonic()
    limit = float(late_s)
    own = slice_of(
        Path(store),
        part=parse_part(part),
        seed=Path(journal).name.encode(),
        is_late=lambda: time.monotonic() - began > limit,
    )
    report = run(opened(Path(store), store_in(Path(store), Journal(Path(journal), float(delay_s)))), Path(store), own)
    print(report.done, report.read_bytes, report.coverage.percent, flush=True)
