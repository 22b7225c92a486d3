"""Cache of small downloaded objects, in the user's cache folder, by content; it may be deleted at any time."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from release.adapters.dvc.folder_store import object_path


class ObjectCache(Struct, frozen=True):
    """A folder of objects with the layout of a DVC remote. A failed write is no error: the object is not cached."""

    folder: Path

    @staticmethod
    def of(environment: Mapping[str, str]) -> ObjectCache | None:
        """Return the user's cache; None if there is no home."""
        base, home = environment.get("XDG_CACHE_HOME", "").strip(), environment.get("HOME", "").strip()
        if not base and not home:
            return None
        usual = Path(home, "Library/Caches") if sys.platform == "darwin" else Path(home, ".cache")
        return ObjectCache(Path(base) / "dvc-release" if base else usual / "dvc-release")

    def path_of(self, layout: str, oid: str) -> Path:
        """Return the path of an object, whether it exists or not."""
        return self.folder / object_path(layout, oid)

    def keep(self, layout: str, oid: str, data: bytes) -> None:
        """Store an object, readable by this user alone: the data may be secret to others."""
        place = self.path_of(layout, oid)
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, draft = tempfile.mkstemp(prefix=".draft-", dir=place.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                Path(draft).replace(place)
            except BaseException:
                with suppress(OSError):
                    Path(draft).unlink()
                raise
