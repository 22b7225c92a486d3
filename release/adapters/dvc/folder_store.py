"""A DVC remote that is a folder. Uses only `stat` and `open` for reading, except in `upload`.

Pipes, sockets and devices in it are not objects: they count as missing.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from release.adapters.dvc.store import ObjectTooLarge, Stored, joined
from release.adapters.dvc.store_errors import Forbidden
from release.core.limits import MAX_LISTING_BYTES
from release.core.pointers.pointer import Layout, ObjectKey
from release.core.pointers.safe_path import reserved_folder
from release.core.progress import OnProgress, ignore
from release.core.shell import command_line, quote
from release.errors import Cancelled, DataMissing, Refused, Unknown
from release.system.files import NoRegularFile, open_regular

_MD5 = Layout.MD5.value
_PIECE_BYTES = 1 << 20
_TELL_EVERY = 5_000
_READ_ONLY = 0o444  # DVC takes an object of this mode for complete


def object_path(layout: str, oid: str) -> str:
    """Return the path of an object below the root of a remote or cache: `files/md5/xx/yyyy`, or `xx/yyyy` for DVC 2."""
    inside = f"{oid[:2]}/{oid[2:]}"
    return f"files/md5/{inside}" if layout == _MD5 else inside


class FolderStore:
    """A folder with objects. A folder that does not exist is empty.

    Each wanted object costs one `stat`, whatever else is there: no listing can be cheaper.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._folder = str(folder)
        self._identity = os.path.realpath(folder)
        self._stopping = threading.Event()

    @property
    def name(self) -> str:
        """The remote's name in DVC's configuration."""
        return self._name

    @property
    def identity(self) -> str:
        """The folder's real path."""
        return self._identity

    def find(self, keys: Collection[ObjectKey], on_progress: OnProgress = ignore) -> Mapping[ObjectKey, Stored]:
        """Return those of `keys` that are there. Raises Forbidden, or Unknown if the disk does not answer."""
        found: dict[ObjectKey, Stored] = {}
        top = self._opened()
        if top is None:
            return found
        try:
            for done, key in enumerate(keys):
                if done % _TELL_EVERY == 0:
                    on_progress(f"looking into {self._name}", done, len(keys))
                stored = self._stat(key, top)
                if stored is not None:
                    found[key] = stored
        finally:
            os.close(top)
        return found

    def read(self, key: ObjectKey, most_bytes: int = MAX_LISTING_BYTES) -> bytes:
        """Return an object's bytes. Raises DataMissing, Forbidden, Unknown, and ObjectTooLarge before reading any."""
        with suppress(OSError):  # `stream` reports it
            if Path(self._path(key)).stat().st_size > most_bytes:
                raise ObjectTooLarge(most_bytes)
        return joined(self.stream(key), most_bytes)

    def stream(self, key: ObjectKey) -> Iterator[bytes]:
        """Yield an object's bytes in pieces of a megabyte. Raises as `read`."""
        path = self._path(key)
        try:
            with open_regular(path) as file:
                while piece := file.read(_PIECE_BYTES):
                    yield piece
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, NoRegularFile):
            raise DataMissing(f"object {key.oid} is not on remote `{self._name}`", help="dvc push") from None
        except OSError as error:
            raise self._trouble(error, path) from None

    def upload(self, key: ObjectKey, source: Path) -> None:
        """Copy a file there atomically, read-only as DVC stores its objects. Refuses a target in .git or .hg."""
        target = Path(self._path(key))
        inside = reserved_folder(os.path.realpath(target.parent))
        if inside in (".git", ".hg"):
            words = f"object {key.oid} is not put on remote `{self._name}`: its folder leads into {inside}"
            raise Refused(words, help="dvc remote list")
        draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._copy(source, draft)
            draft.chmod(_READ_ONLY)
            draft.replace(target)
        except (OSError, Cancelled) as error:
            with suppress(OSError):
                draft.unlink()
            if isinstance(error, Cancelled):
                raise
            raise Refused(
                f"object {key.oid} could not be put on remote `{self._name}`: {error.strerror}",
                help=f"check {quote(str(self._folder))}: space, and the right to write",
            ) from None

    def stop(self) -> None:
        """Cancel copies that are in progress. See `Store.stop`."""
        self._stopping.set()

    def close(self) -> None:
        """Do nothing: no file is left open."""

    def _copy(self, source: Path, draft: Path) -> None:
        with open_regular(source) as read, draft.open("xb") as write:
            while piece := read.read(_PIECE_BYTES):
                if self._stopping.is_set():
                    raise Cancelled(f"cancelled while {source.name} was copied")
                write.write(piece)
            write.flush()
            os.fsync(write.fileno())

    def _path(self, key: ObjectKey) -> str:
        return f"{self._folder}/{object_path(key.layout, key.oid)}"

    def _opened(self) -> int | None:
        """Return a descriptor of the folder, which makes each query a fifth faster; None if it does not exist."""
        try:
            return os.open(
                self._folder, getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY
            )  # to enter a folder, one need not be allowed to list it
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._trouble(error, self._folder) from None

    def _stat(self, key: ObjectKey, top: int) -> Stored | None:
        path = object_path(key.layout, key.oid)
        try:
            found = os.stat(path, dir_fd=top)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._trouble(error, self._path(key)) from None
        if not stat.S_ISREG(found.st_mode):
            return None
        if not found.st_mode & stat.S_IROTH and not os.access(path, os.R_OK, dir_fd=top):
            raise self._trouble(PermissionError(13, "Permission denied"), self._path(key))
        return Stored(size_bytes=found.st_size)

    def _trouble(self, error: OSError, path: str) -> Unknown:
        words = f"remote `{self._name}`: {path} cannot be read: {error.strerror}"
        if isinstance(error, PermissionError):
            return Forbidden(words, help=command_line("chmod", "-R", "a+rX", names=(str(self._folder),)))
        return Unknown(words, help=command_line("ls", "-l", names=(path,)))
