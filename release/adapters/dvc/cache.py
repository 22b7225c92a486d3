"""DVC's local cache, read only: which objects this machine has, and verified contents of directory objects."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from release.adapters.dvc.config import DvcConfig, DvcSettings
from release.adapters.dvc.folder_store import FolderStore, object_path
from release.core.audit.rules import Directory, parse_directory
from release.core.limits import MAX_LISTING_BYTES
from release.core.pointers.dir_listing import Entry
from release.core.pointers.pointer import ObjectKey
from release.errors import Unknown
from release.system.files import read_regular


class LocalCache:
    """The caches of a repository's DVC roots, searched in order."""

    def __init__(self, folders: Collection[Path]) -> None:
        self._folders = tuple(dict.fromkeys(folders))

    @staticmethod
    def of(settings: DvcSettings, configs: dict[str, DvcConfig]) -> LocalCache:
        """Return the caches of DVC roots (folder relative to the git root -> configuration)."""
        return LocalCache(
            [
                Path(config.cache_folder() or Path(settings.git_root, root, ".dvc", "cache"))
                for root, config in configs.items()
            ]
        )

    def places(self, key: ObjectKey) -> tuple[Path, ...]:
        """Return the path that an object has in each cache, whether it exists or not."""
        return tuple(folder / object_path(key.layout, key.oid) for folder in self._folders)

    def path_of(self, key: ObjectKey) -> Path | None:
        """Return the file of an object; None if no cache has it. Its content is not checked."""
        for folder in self._folders:
            path = folder / object_path(key.layout, key.oid)
            if os.path.isfile(path):  # noqa: PTH113 - also False if the disk refuses the lookup
                return path
        return None

    def sizes(self, keys: Collection[ObjectKey]) -> dict[ObjectKey, int]:
        """Return the sizes of the objects that a cache has, by one `stat` each. Unreadable objects count as missing."""
        found: dict[ObjectKey, int] = {}
        for folder in self._folders:
            left = [key for key in keys if key not in found] if found else keys
            with suppress(Unknown):
                stored = FolderStore("cache", folder).find(left)
                found |= {key: each.size_bytes for key, each in stored.items() if each.size_bytes is not None}
        return found

    def directory(self, key: ObjectKey) -> Directory:
        """Return what a directory object says; without `entries` if no cache has it whole."""
        body = self.directory_body(key)
        return Directory(entries=None) if body is None else parse_directory(body, key.oid)

    def listing(self, key: ObjectKey) -> tuple[Entry, ...] | None:
        """Return the files of a directory object; None if no cache has it whole."""
        return self.directory(key).entries

    def directory_body(self, key: ObjectKey) -> bytes | None:
        """Return the bytes of a directory object if a cache has them complete (their MD5 is its name), else None."""
        for folder in self._folders:
            try:
                data = read_regular(folder / object_path(key.layout, key.oid), MAX_LISTING_BYTES)
            except OSError:
                continue
            if hashlib.md5(data, usedforsecurity=False).hexdigest() + ".dir" == key.oid:
                return data
        return None
