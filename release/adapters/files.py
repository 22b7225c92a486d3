"""Files of the work tree that a command writes: only where nothing else is, and whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from release.errors import Refused

_LARGEST = 5_000_000


def read_file(root: Path, path: str) -> bytes | None:
    """The bytes of a file below `root`; None if there is nothing. Raises Refused: no plain file, or too large."""
    place = root / path
    if not os.path.lexists(place):
        return None
    outside = not place.resolve().is_relative_to(root.resolve())
    if outside or not place.is_file() or place.stat().st_size > _LARGEST:
        raise Refused(f"{path} is no plain file of this repository", help=f"ls -l {path}")
    return place.read_bytes()


def write_file(root: Path, path: str, data: bytes, *, before: bytes | None) -> None:
    """Write a file that is still what it was when it was shown. Raises Refused if it is not."""
    if read_file(root, path) != before:
        raise Refused(f"{path} was changed meanwhile, and is left as it is", help="run it again")
    place = root / path
    if not place.parent.resolve().is_relative_to(root.resolve()):
        raise Refused(f"{path} lies outside this repository", help=f"ls -l {path.rpartition('/')[0]}")
    place.parent.mkdir(parents=True, exist_ok=True)
    mode = place.stat().st_mode & 0o777 if before is not None else 0o666 & ~_umask()
    handle, draft = tempfile.mkstemp(prefix=".release-", dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(draft).chmod(mode)
        Path(draft).replace(place)
    except BaseException:
        with suppress(OSError):
            Path(draft).unlink()
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
