"""A job that reads shards of a folder store with a delay for each object, and notes each object that it has read.

Called as `python reading_job.py STORE JOURNAL DELAY_S PART LATE_S`; the parts of the store's releases are the files `release-*.txt` in it.
"""

import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from release.core.audit_rules import Need
from release.core.pointer import ObjectKey
from release.core.shards import ReadingReport, parse_part
from release.core.text import no_progress
from release.dvc.dvc_config import RemoteSettings
from release.dvc.store import FolderStore
from release.dvc.stores import CachedStore
from release.engine.reading import Slice, read_slice


class NotedStore(FolderStore):
    """A folder that answers late and notes what was read to its end."""

    def __init__(self, folder: Path, journal: Path, delay_s: float) -> None:
        super().__init__("storage", folder)
        self._journal = journal.open("a", buffering=1)
        self._delay_s = delay_s

    def stream(self, key: ObjectKey) -> Iterator[bytes]:
        time.sleep(self._delay_s)
        yield from super().stream(key)
        self._journal.write(f"{key.oid}\n")


def needs_in(folder: Path) -> list[list[Need]]:
    """The objects of each release."""
    identity = FolderStore("storage", folder).identity
    lists = [path.read_text().split() for path in sorted(folder.glob("release-*.txt"))]
    return [[Need(ObjectKey(identity, "md5", oid), oid) for oid in oids] for oids in lists]


def opened(folder: Path, store: FolderStore) -> CachedStore:
    """The store, asked for everything."""
    remote = RemoteSettings(name="storage", url=str(folder), options={}, folder=folder)
    asked = CachedStore(remote, store)
    asked.wanted.update((need.key, None) for each in needs_in(folder) for need in each)
    asked.ask()
    return asked


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
    report = run(opened(Path(store), NotedStore(Path(store), Path(journal), float(delay_s))), Path(store), own)
    print(report.done, report.read_bytes, report.coverage.percent, flush=True)
