"""Files on disk: only regular ones are opened; what a command writes comes where nothing else is, and whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

from release.errors import Refused

_LARGEST = 5_000_000


class NoRegularFile(OSError):
    """A pipe, a socket or a device: the first would never answer, and the last may act on being opened."""


def open_regular(path: Path | str) -> IO[bytes]:
    """Open a file for reading, links followed. Raises OSError, NoRegularFile among them."""
    _check_regular(Path(path).stat(), path)
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _check_regular(os.fstat(number), path)  # it may have been replaced meanwhile
    except OSError:
        os.close(number)
        raise
    return os.fdopen(number, "rb")


def read_regular(path: Path | str, most_bytes: int) -> bytes:
    """Read a whole file. Raises OSError as `open_regular`, and for one that is larger."""
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size > most_bytes:
            raise OSError(errno.EFBIG, f"it has more than {most_bytes:,} bytes", str(path))
        return file.read(most_bytes)


def _check_regular(status: os.stat_result, path: Path | str) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if not stat.S_ISREG(status.st_mode):
        raise NoRegularFile(errno.EINVAL, "it is a pipe, a socket or a device", str(path))


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
