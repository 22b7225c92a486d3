"""Small objects that a remote gave once, kept in the user's cache folder by their content: it may be deleted at any time."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from release.adapters.dvc.folder_store import object_path


class ObjectMemory(Struct, frozen=True):
    """Below `folder` objects lie as on a DVC remote. What cannot be written is not remembered: that is no error."""

    folder: Path

    @staticmethod
    def of(environment: Mapping[str, str]) -> ObjectMemory | None:
        """The user's; None where there is no home."""
        base, home = environment.get("XDG_CACHE_HOME", "").strip(), environment.get("HOME", "").strip()
        if not base and not home:
            return None
        usual = Path(home, "Library/Caches") if sys.platform == "darwin" else Path(home, ".cache")
        return ObjectMemory(Path(base) / "dvc-release" if base else usual / "dvc-release")

    def path_of(self, layout: str, oid: str) -> Path:
        """Where an object is kept, if it is."""
        return self.folder / object_path(layout, oid)

    def keep(self, layout: str, oid: str, data: bytes) -> None:
        """Remember an object, for this user alone; others' data may be secret."""
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
