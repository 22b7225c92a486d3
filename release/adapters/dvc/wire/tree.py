"""Remotes with folders and files (SSH, WebDAV, HDFS, Google Drive...), through DVC's own filesystems."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from release.adapters.dvc.evidence import md5_of_base64
from release.adapters.dvc.store import Stored
from release.adapters.dvc.store_errors import missing_status
from release.adapters.dvc.wire import Opening, Page, Shape
from release.adapters.dvc.wire.cut import Stopped, put_file

_PIECE = 1 << 20


class Tree:
    """A store that is listed folder by folder."""

    shape = Shape.TREE
    vague = False

    def __init__(self, opening: Opening) -> None:
        self._fs, root = opening.open_fs()
        self.root = root if root == "/" else root.rstrip("/")
        self._limits = opening.limits

    def head(self, path: str, version: str | None) -> Stored | None:
        """Return what one stat or PROPFIND says. Versions are not supported."""
        if version is not None:
            raise NotImplementedError("this kind of remote keeps no versions")
        try:
            entry = self._fs.fs.info(path, **self._timeout)
        except Exception as error:
            if missing_status(error):
                return None
            raise
        return _stored(entry) if entry.get("type") == "file" else None

    def pages(self, prefix: str) -> Iterator[Page]:
        """Yield the whole folder as one page. fsspec's `ls` raises errors, its `find` does not."""
        self._fs.fs.invalidate_cache()
        try:
            listed = self._fs.fs.ls(prefix.rstrip("/"), detail=True, **self._timeout)
        except Exception as error:
            if not missing_status(error):
                raise
            listed = ()
        folder = prefix.rstrip("/")
        yield Page(
            [
                (posixpath.join(folder, posixpath.basename(entry["name"].rstrip("/"))), _stored(entry))
                for entry in listed
                if entry.get("type") == "file"
            ],
            more=False,
        )

    def stream(self, path: str, version: str | None) -> Iterator[bytes]:
        """Yield the file in pieces."""
        if version is not None:
            raise NotImplementedError("this kind of remote keeps no versions")
        with self._fs.fs.open(path, "rb") as file:
            while piece := file.read(_PIECE):
                yield piece

    def put(self, source: Path, path: str, stopped: Stopped) -> None:
        """Upload into a new folder, then rename: a cancelled upload leaves no object under the right name.

        It is a folder because DVC's filesystem for SSH writes under another name, which it does not return.
        """
        own = posixpath.join(posixpath.dirname(path), f".{token_hex(8)}.tmp")
        beside = posixpath.join(own, posixpath.basename(path))
        self._fs.makedirs(own)
        try:
            self._send(source, beside, stopped)
            self._rename(beside, path)
        finally:
            with suppress(Exception):  # the first error is the one to tell
                self._fs.fs.rm(own, recursive=True)

    def cut(self) -> None:
        """Abort asyncssh's connection, which would first send what it has buffered; others stop at the next piece."""
        client: Any = getattr(self._fs.__dict__.get("fs"), "client", None)
        if hasattr(client, "abort"):
            inner = self._fs.__dict__.pop("fs")  # who tidies up makes a new one
            inner.loop.call_soon_threadsafe(client.abort)

    def _send(self, source: Path, path: str, stopped: Stopped) -> None:
        put_file(self._fs, str(source), path, stopped)

    def _rename(self, beside: str, path: str) -> None:
        """Rename a file, and replace a broken object if there is one."""
        client: Any = getattr(self._fs.fs, "client", None)
        if hasattr(client, "move"):  # webdav4, whose `mv` never replaces
            client.move(beside, path, overwrite=True)
        else:
            self._fs.fs.mv(beside, path)

    def close(self) -> None:
        """Close the connection of the kinds that hold one (webdav4's httpx client, asyncssh's connection)."""
        inner = self._fs.__dict__.pop("fs", None)  # DVC makes it at the first use and keeps it there
        client: Any = getattr(inner, "client", None)
        if hasattr(client, "http"):
            client.http.close()
        elif inner is not None and hasattr(client, "close"):
            inner.loop.call_soon_threadsafe(client.close)

    @property
    def _timeout(self) -> dict[str, float]:
        # fsspec's asynchronous filesystems take it for every question; the others have their own.
        return {"timeout": self._limits.read_s} if getattr(self._fs.fs, "async_impl", False) else {}


def _stored(entry: dict[str, Any]) -> Stored:
    size = entry.get("size")
    return Stored(size_bytes=size if isinstance(size, int) else None, md5=md5_of_base64(entry.get("content_md5")))
