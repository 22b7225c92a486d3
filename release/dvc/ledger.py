"""Records of which shard was read when, in the DVC remote or, where it cannot be written, in this clone.

A record is an empty file whose name is all there is: `release-reads/YYYY-MM-DD/DIGEST`, in UTC. It is written after every
byte of the shard was read and found right; each object that was not right has one with `.N` at its end. Anyone who can write to the remote can forge one, so records only choose what
is read next: no verdict reads them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from release.core.shards import parse_day, parse_record, superfluous
from release.dvc.backend import Shape
from release.dvc.store import FolderStore
from release.dvc.stores import CachedStore
from release.errors import ReleaseError

if TYPE_CHECKING:
    from release.dvc.remote import CloudStore  # loaded only if a remote is no folder

FOLDER = "release-reads"  # DVC looks only into `files/` and folders whose name has two characters

Record: TypeAlias = tuple[date, str]


class _FolderRecords:
    """Records in a folder of this machine."""

    def __init__(self, folder: Path, root: Path | None = None) -> None:
        self._folder = folder
        self._root = root

    def names(self, *below: str) -> list[str]:
        try:
            return os.listdir(self._folder.joinpath(*below))  # noqa: PTH208 - names, of which there may be thousands
        except (FileNotFoundError, NotADirectoryError):
            return []

    def write(self, day: str, name: str) -> None:
        for folder in (self._folder, self._folder / day):
            with suppress(FileExistsError):
                folder.mkdir(parents=self._root is None)
                if self._root is not None:  # others who share the remote write there, too
                    folder.chmod(self._root.stat().st_mode & 0o7777)
        (self._folder / day / name).touch()

    def remove(self, day: str, name: str) -> None:
        (self._folder / day / name).unlink(missing_ok=True)
        with suppress(OSError):  # others are in it
            (self._folder / day).rmdir()


class _CloudRecords:
    """Records in a store on a server."""

    def __init__(self, store: CloudStore) -> None:
        self._store = store

    def names(self, *below: str) -> list[str]:
        return self._store.names("/".join((FOLDER, *below)))

    def write(self, day: str, name: str) -> None:
        from tempfile import NamedTemporaryFile  # only to write a record

        with NamedTemporaryFile() as empty:
            self._store.write(f"{FOLDER}/{day}/{name}", Path(empty.name))

    def remove(self, day: str, name: str) -> None:
        self._store.remove(f"{FOLDER}/{day}/{name}")


_Records: TypeAlias = "_FolderRecords | _CloudRecords"


class Ledger:
    """Records of one store. Those that this clone has are read as well.

    `private` is True if the store takes none: it is cloud-versioned, a web server, inside the work tree, or refuses.
    """

    def __init__(self, asked: CachedStore, folder: Path, work_tree: Path) -> None:
        self.name = asked.remote.name
        own = _FolderRecords(folder / sha256(asked.identity.encode()).hexdigest()[:16])
        shared = None if asked.remote.version_aware else _shared(asked, work_tree)
        self._places: list[_Records] = [own] if shared is None else [shared, own]

    @property
    def private(self) -> bool:
        """True if only this clone has the records."""
        return len(self._places) == 1

    def records(self, today: date, since: date | None = None) -> list[Record]:
        """Return the records of each day, or of those since a day. A day after tomorrow is no day of an honest clock."""
        found: dict[Record, None] = {}
        for place in tuple(self._places):
            with self._giving_up(place):
                found |= dict.fromkeys(self._listed(place, today, since))
        return list(found)

    def write(self, day: date, name: str) -> None:
        """Record what was read. If no place takes the record, the shard is read again, and nothing else happens."""
        for place in tuple(self._places):
            with self._giving_up(place):
                place.write(day.isoformat(), name)
                return

    def tidy(self, today: date, days: int) -> None:
        """Delete superfluous records, as far as that is allowed."""
        for place in self._places:
            with suppress(OSError, ReleaseError):
                for day, name in superfluous(list(self._listed(place, today, None)), today, days):
                    place.remove(day.isoformat(), name)

    @contextmanager
    def _giving_up(self, place: _Records) -> Iterator[None]:
        """Use a place no more if it fails, unless it is the last one."""
        try:
            yield
        except (OSError, ReleaseError):
            if len(self._places) > 1:
                self._places.remove(place)

    def _listed(self, place: _Records, today: date, since: date | None) -> Iterator[Record]:
        if since is None:
            days = [day for day in map(parse_day, place.names()) if day is not None]
        else:
            days = [since + timedelta(days=more) for more in range((today - since).days + 2)]
        for day in days:
            if (day - today).days <= 1:
                yield from ((day, name) for name in place.names(day.isoformat()) if parse_record(name))


def _shared(asked: CachedStore, work_tree: Path) -> _Records | None:
    """Return the records in the store itself; None if it cannot have any."""
    if isinstance(asked.store, FolderStore) and asked.remote.folder is not None:
        inside = os.path.realpath(asked.remote.folder).startswith(f"{os.path.realpath(work_tree)}/")
        return None if inside else _FolderRecords(asked.remote.folder / FOLDER, asked.remote.folder)
    if asked.store is None or isinstance(asked.store, FolderStore) or asked.store.wire.shape is Shape.BLIND:
        return None
    return _CloudRecords(asked.store)
