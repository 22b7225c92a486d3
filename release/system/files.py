"""Files of this machine: read and written without following links; files of this package."""

from __future__ import annotations

import errno
import json
import os
import posixpath
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from release.core.text import command_line
from release.errors import PartlyDone, Refused, UsageError

_LARGEST = 5_000_000
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
DRAFT = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


@contextmanager
def opened_folder(root: Path, folder: str, *, make: bool = False) -> Iterator[int]:
    """Open a folder below `root` for use as `dir_fd`; `make` creates missing folders.

    No symbolic link below `root` is followed, so a link that appears after a check cannot redirect a write.
    Raises Refused for a link, OSError for other failures.
    """
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in folder.split("/") if folder else ():
            if make:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=here)
            try:
                below = os.open(name, _FOLDER, dir_fd=here)
            except OSError:
                if _is_link(name, here):
                    message = f"{folder} goes through the symbolic link {name}, and nothing is written through links"
                    raise Refused(message, help=command_line("ls", "-ld", names=(folder,))) from None
                raise
            os.close(here)
            here = below
        yield here
    finally:
        os.close(here)


class NoRegularFile(OSError):
    """A pipe, socket or device: reading a pipe may block for ever, and opening a device may have effects."""


def open_regular(path: Path | str) -> IO[bytes]:
    """Open a regular file for reading; links are followed. Raises OSError, including NoRegularFile."""
    _check_regular(Path(path).stat(), path)
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _check_regular(os.fstat(number), path)  # the file may have been replaced since
    except OSError:
        os.close(number)
        raise
    return os.fdopen(number, "rb")


def read_regular(path: Path | str, most_bytes: int) -> bytes:
    """Read a whole file. Raises OSError as `open_regular` does, or if it has more than `most_bytes`."""
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
    """Return the bytes of a file below `root`; None if it does not exist.

    Raises Refused if it is not a regular file, leads out of `root` or has more than 5 MB.
    """
    place = root / path
    if not os.path.lexists(place):
        return None
    outside = not place.resolve().is_relative_to(root.resolve())
    if outside or not place.is_file() or place.stat().st_size > _LARGEST:
        raise Refused(f"{path} is not a regular file of this repository", help=command_line("ls", "-l", names=(path,)))
    return place.read_bytes()


def write_file(root: Path, path: str, data: bytes, *, before: bytes | None) -> None:
    """Write a file if its content is still `before` (None: no file). Raises Refused if it is not."""
    if read_file(root, path) != before:
        raise Refused(f"{path} was changed in the meantime and was not touched", help="run it again")
    mode = (root / path).stat().st_mode & 0o777 if before is not None else None
    folder, name = posixpath.split(path)
    draft = f".release-{os.urandom(4).hex()}"
    with opened_folder(root, folder, make=True) as at:
        try:
            with os.fdopen(os.open(draft, DRAFT, 0o666, dir_fd=at), "wb") as file:
                file.write(data)
            if mode is not None:
                os.chmod(draft, mode, dir_fd=at)
            os.replace(draft, name, src_dir_fd=at, dst_dir_fd=at)
        except BaseException:
            with suppress(OSError):
                os.unlink(draft, dir_fd=at)
            raise


def check_new_folder(folder: Path, *, help: str) -> None:
    """Check that a folder is new or empty. Raises UsageError."""
    if os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir())):
        raise UsageError(f"{folder} already exists and is not empty", help=help)


def replace_file(place: Path, data: bytes) -> None:
    """Write a file, whole or not at all; a symbolic link is replaced, not followed. Raises OSError."""
    draft = place.with_name(f".release-{os.urandom(4).hex()}")
    try:
        with os.fdopen(os.open(draft, DRAFT, 0o666), "wb") as file:
            file.write(data)
        draft.replace(place)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


def write_files(root: Path, files: Iterable[tuple[str, bytes | None, bytes]]) -> None:
    """Write files, each given as path, content before (None: no file) and after.

    Raises PartlyDone if one could not be written; Refused or OSError if that is the first.
    """
    written: list[str] = []
    for path, before, after in files:
        try:
            write_file(root, path, after, before=before)
        except (OSError, Refused) as error:
            if not written:
                raise
            words = error.message if isinstance(error, Refused) else f"{path}: {error.strerror}"
            message = f"{', '.join(written)} was written, the rest was not: {words}"
            raise PartlyDone(message, help="git status") from error
        written.append(path)


def _is_link(name: str, folder: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


# Files that ship inside the package (schemas and templates), and the source that it was installed from


def package_text(path: str) -> str:
    """Return the text of `release/PATH`."""
    from importlib.resources import files  # 15 ms, and few commands need it

    return files("release").joinpath(*path.split("/")).read_text("utf-8")


def installation() -> tuple[str | None, Mapping[str, Any] | None]:
    """Return the installed version of this package (None: run from source), and where it came from.

    That is its `direct_url.json` (PEP 610); None: an index.
    """
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        installed = distribution("dvc-release")
    except PackageNotFoundError:
        return None, None
    text = installed.read_text("direct_url.json")
    return installed.version, None if text is None else json.loads(text)
