"""Work tree files made from the cache: reflink, hard link, symbolic link or copy, as `cache.type` says.

A file appears complete, by a rename, and below no symbolic link. The result is that of `dvc checkout`;
DVC hashes the files again when it next reads them. Source: dvc_objects/fs/generic.py (`_try_links`).
"""

from __future__ import annotations

import os
import posixpath
import shutil
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from release.errors import Refused
from release.system.files import DRAFT, open_regular, opened_folder

DEFAULT_TYPES = ("reflink", "copy")

_FICLONE = 0x40049409  # linux/fs.h: share the blocks of another file
_PIECE = 1 << 20


def link_types(setting: object) -> tuple[str, ...]:
    """Parse `cache.type` as DVC does: a list, or words separated by commas."""
    words = setting if isinstance(setting, list) else str(setting or "").split(",")
    known = tuple(str(word).strip() for word in words if str(word).strip())
    return known or DEFAULT_TYPES


class LinkMaker:
    """Maker of work tree files from cache objects; drafts are in `drafts` below it, on the same disk if possible."""

    def __init__(self, types: Sequence[str], work_tree: Path, drafts: str) -> None:
        self._types = (*types, "copy")
        self._work_tree = work_tree
        self._drafts = drafts

    def make(self, source: Path, path: str, *, mode: int | None = None, program: bool = False) -> None:
        """Put a cache object's content at `path`, replacing a file there.

        `mode`: a copy with that mode; `program`: executable. Raises OSError, and Refused for a symbolic link
        above `path`.
        """
        folder, name = posixpath.split(path)
        draft, near = f"checkout-{os.getpid()}", f".{name}.{os.getpid()}.tmp"
        with opened_folder(self._work_tree, folder, make=True) as at:
            try:
                with (
                    opened_folder(self._work_tree, self._drafts, make=True) as drafts,
                    self._drafted(source, drafts, draft, mode=mode, program=program),
                ):
                    os.replace(draft, name, src_dir_fd=drafts, dst_dir_fd=at)
            except (OSError, Refused):  # `drafts` is on another disk, or behind a link
                with self._drafted(source, at, near, mode=mode, program=program):
                    os.replace(near, name, src_dir_fd=at, dst_dir_fd=at)

    @contextmanager
    def _drafted(self, source: Path, folder: int, name: str, *, mode: int | None, program: bool) -> Iterator[None]:
        """Create a file with the object's content, and remove it if the block fails."""
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
        try:
            if mode is None:
                self._link(source, folder, name)
            else:
                _copy(source, folder, name)
                os.chmod(name, stat.S_IMODE(mode), dir_fd=folder)
            if program:  # whoever may read it may execute it
                found = stat.S_IMODE(os.stat(name, dir_fd=folder).st_mode)
                os.chmod(name, found | (found & 0o444) >> 2, dir_fd=folder)
            yield
        except BaseException:
            with suppress(OSError):
                os.unlink(name, dir_fd=folder)
            raise

    def _link(self, source: Path, folder: int, name: str) -> None:
        for kind in self._types:
            try:
                if kind == "hardlink" and source.stat().st_size:
                    os.link(source, name, dst_dir_fd=folder)
                elif kind == "symlink":
                    os.symlink(source.absolute(), name, dir_fd=folder)
                elif kind == "reflink":
                    _reflink(source, folder, name)
                elif kind == "copy":
                    _copy(source, folder, name)
                else:
                    continue
            except OSError:
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=folder)
                if kind == "copy":
                    raise
            else:
                return


def remove_files(work_tree: Path, paths: Iterable[str]) -> None:
    """Remove files, then the folders that are empty by that. Raises OSError, and Refused for a link above a file."""
    folders: set[str] = set()
    for path in paths:
        folder, name = posixpath.split(path)
        with suppress(FileNotFoundError), opened_folder(work_tree, folder) as at:
            os.unlink(name, dir_fd=at)
        while folder and folder not in folders:
            folders.add(folder)
            folder = posixpath.dirname(folder)
    for folder in sorted(folders, key=len, reverse=True):
        above, name = posixpath.split(folder)
        with suppress(OSError, Refused), opened_folder(work_tree, above) as at:  # the folder is not empty
            os.rmdir(name, dir_fd=at)


def _copy(source: Path, folder: int, name: str) -> None:
    with open_regular(source) as read, os.fdopen(os.open(name, DRAFT, 0o666, dir_fd=folder), "wb") as write:
        shutil.copyfileobj(read, write, _PIECE)


def _reflink(source: Path, folder: int, name: str) -> None:
    import fcntl

    with open_regular(source) as read, os.fdopen(os.open(name, DRAFT, 0o666, dir_fd=folder), "wb") as write:
        fcntl.ioctl(write.fileno(), _FICLONE, read.fileno())
