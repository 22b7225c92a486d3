"""Writes into DVC's cache: each object appears complete, and only if its content matches its name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from release.adapters.dvc.file_hash import hash_file
from release.adapters.dvc.folder_store import object_path
from release.core.pointers.pointer import Layout
from release.errors import DataMissing

_READ_ONLY = 0o444  # DVC takes an object of this mode for complete

OnBytes = Callable[[int], None]


class CorruptObject(DataMissing):
    """Received bytes that do not match the object's name."""


class CacheFolder:
    """One cache of one DVC root. `shared` is `cache.shared = group`."""

    def __init__(self, folder: Path, *, shared: bool = False) -> None:
        self.folder = folder
        self._shared = shared
        self._known: dict[tuple[str, str], bool] = {}

    def path_of(self, layout: str, oid: str) -> Path:
        """Return the path of the object, whether it exists or not."""
        return self.folder / object_path(layout, oid)

    def holds(self, layout: str, oid: str, on_bytes: OnBytes = lambda _: None) -> bool:
        """Return whether the object is there with the right content; each is read once."""
        if (layout, oid) not in self._known:
            path = self.path_of(layout, oid)
            try:
                found = hash_file(path, Layout(layout) if not oid.endswith(".dir") else Layout.MD5, on_bytes)
            except OSError:
                found = ""
            self._known[layout, oid] = found == oid.removesuffix(".dir")
        return self._known[layout, oid]

    def receive(self, layout: str, oid: str, pieces: Iterator[bytes], source: str) -> int:
        """Write an object and return its size in bytes; replaces a corrupt one. Raises CorruptObject, OSError."""
        draft = self._draft(layout, oid)
        size = 0
        try:
            with draft.open("wb") as file:
                for piece in pieces:
                    size += len(piece)
                    file.write(piece)
            self._accept(draft, layout, oid, source)
        except BaseException as error:
            draft.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.filename is None:
                error.filename = str(self.folder)  # the error of a full disk does not name the disk
            raise
        return size

    def save(self, layout: str, oid: str, path: Path) -> None:
        """Copy a file of the work tree into the cache. Raises CorruptObject if its content is wrong, OSError."""
        draft = self._draft(layout, oid)
        try:
            shutil.copyfile(path, draft)
            self._accept(draft, layout, oid, str(path))
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def _draft(self, layout: str, oid: str) -> Path:
        target = self.path_of(layout, oid)
        target.parent.mkdir(parents=True, exist_ok=True)
        if self._shared:
            with suppress(OSError):  # someone else of the group created the folder and set its mode
                target.parent.chmod(0o2775)
        return target.with_name(f".{target.name}.{os.getpid()}.tmp")

    def _accept(self, draft: Path, layout: str, oid: str, source: str) -> None:
        kind = Layout(layout) if not oid.endswith(".dir") else Layout.MD5
        found = hash_file(draft, kind, lambda _: None)
        if found != oid.removesuffix(".dir"):
            message = f"object {oid} of {source} is corrupt: its content is {found}"
            raise CorruptObject(message, help="release verify TAG --deep tells which objects are")
        draft.chmod(_READ_ONLY)
        draft.replace(self.path_of(layout, oid))
        self._known[layout, oid] = True
