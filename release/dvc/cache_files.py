"""Files between cache and work tree: links, copies, folders, imports."""

from __future__ import annotations

import os
import posixpath
import shutil
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from release.core.pointer import Layout
from release.dvc.contents import hash_file
from release.dvc.store import object_path
from release.errors import DataMissing, Refused
from release.system.files import DRAFT, open_regular, opened_folder

_NEVER = frozenset({".dvc", ".git", ".hg"})  # DVC's built-in ignores


def files_below(folder: Path) -> dict[str, os.stat_result]:
    """Return path below the folder (with `/`) -> status. Raises OSError.

    Links to files are followed, links to folders are left out.
    """
    found: dict[str, os.stat_result] = {}
    waiting = [(str(folder), "")]
    while waiting:
        here, prefix = waiting.pop()
        with os.scandir(here) as entries:
            for entry in entries:
                if entry.name in _NEVER:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, f"{prefix}{entry.name}/"))
                elif not entry.is_dir() and (status := _status(entry)) is not None:
                    found[prefix + entry.name] = status
    return found


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Return the status of a file; None for a broken link or anything that is not a regular file."""
    try:
        status = entry.stat()
    except FileNotFoundError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


# Work tree files made from the cache: reflink, hard link, symbolic link or copy, as `cache.type` says

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
            if program:  # every reader of it may execute it
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
                    _copy(source, folder, name, share=True)
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


def remove_files(work_tree: Path, paths: Iterable[str], empty: Collection[str] = ()) -> None:
    """Remove files, then the folders that are empty by that, or are `empty`. Raises OSError, Refused for a link above."""
    folders = set(empty)
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


def _copy(source: Path, folder: int, name: str, *, share: bool = False) -> None:
    """Copy a file's bytes, or `share` its blocks."""
    with open_regular(source) as read, os.fdopen(os.open(name, DRAFT, 0o666, dir_fd=folder), "wb") as write:
        if share:
            import fcntl

            fcntl.ioctl(write.fileno(), _FICLONE, read.fileno())
        else:
            shutil.copyfileobj(read, write, _PIECE)


# Writes into DVC's cache: each object appears complete, and only if its content matches its name

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
        with open_regular(path) as file:
            self.receive(layout, oid, iter(lambda: file.read(_PIECE), b""), str(path))

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
            raise CorruptObject(message, help="release verify TAG --deep   (shows which objects are)")
        draft.chmod(_READ_ONLY)
        draft.replace(self.path_of(layout, oid))
        self._known[layout, oid] = True
