"""HDFS over HTTP (WebHDFS, HttpFS), through the client of DVC's own filesystem.

fsspec's client has no time limits, takes the body of a refusal for the bytes of a file, and ignores a rename that was
not done. So this module makes the requests of files and renames itself.
Source: https://hadoop.apache.org/docs/stable/hadoop-project-dist/hadoop-hdfs/WebHDFS.html
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from msgspec import Struct

from release.dvc.backend import Opening, Page, Stopped
from release.dvc.backend_fsspec import Tree
from release.dvc.store import Stored
from release.errors import Cancelled

_PIECE = 1 << 20


class WebHdfs(Tree):
    """A NameNode: it answers questions itself, and sends those who read and write files to its DataNodes."""

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self._lock = threading.Lock()
        self._prepared: Any = None

    def head(self, path: str, version: str | None) -> Stored | None:
        """Return the status of one file. Versions are not supported."""
        if version is not None:
            raise NotImplementedError("this kind of remote keeps no versions")
        try:
            status = self._ask("GETFILESTATUS", path).json()["FileStatus"]
        except FileNotFoundError:
            return None
        return _stored(status) if status["type"] == "FILE" else None

    def pages(self, prefix: str) -> Iterator[Page]:
        """Yield the whole folder as one page."""
        folder = prefix.rstrip("/")
        try:
            listed = self._ask("LISTSTATUS", folder or "/").json()["FileStatuses"]["FileStatus"]
        except FileNotFoundError:
            listed = []
        files = [(f"{folder}/{entry['pathSuffix']}", _stored(entry)) for entry in listed if entry["type"] == "FILE"]
        yield Page(files, more=False)

    def stream(self, path: str, version: str | None) -> Iterator[bytes]:
        """Yield the file in pieces."""
        if version is not None:
            raise NotImplementedError("this kind of remote keeps no versions")
        with closing(self._follow("get", self._ask("OPEN", path, redirect=False))) as answer:
            yield from answer.iter_content(_PIECE)

    def close(self) -> None:
        """Close the session; a new one is made at the next request."""
        inner = self._fs.__dict__.pop("fs", None)
        if inner is not None:
            inner.session.close()

    def _send(self, source: Path, path: str, stopped: Stopped) -> None:
        """Make an empty file, then append to it: of a cancelled CREATE, the file could appear after it was cleaned up."""
        kind = {"Content-Type": "application/octet-stream"}
        self._follow("put", self._ask("CREATE", path, "put", redirect=False, overwrite="true"), headers=kind).close()
        size = source.stat().st_size
        if not size:
            return
        answer = self._ask("APPEND", path, "post", redirect=False)
        if "Location" not in answer.headers:
            raise OSError("the answer names no place to send the file to")
        with source.open("rb") as file:
            self._follow("post", answer, data=_Body(file, size, stopped), headers=kind).close()

    def _rename(self, beside: str, path: str) -> None:
        """Rename a file, in the place of a broken object if there is one: HDFS itself never replaces."""
        if self._renamed(beside, path):
            return
        self._ask("DELETE", path, "delete", recursive="false")
        if not self._renamed(beside, path):
            message = f"{beside} could not be renamed to {path}"
            raise OSError(message)

    def _renamed(self, source: str, target: str) -> bool:
        return self._ask("RENAME", source, "put", destination=target).json()["boolean"] is True

    @property
    def _client(self) -> Any:
        """Return fsspec's filesystem, its session with time limits and enough connections."""
        with self._lock:
            client = self._fs.fs
            if client is not self._prepared:
                from requests.adapters import HTTPAdapter

                limits, session = self._limits, client.session
                session.request = partial(session.request, timeout=(limits.connect_s, limits.read_s), stream=True)
                for start in ("http://", "https://"):
                    session.mount(start, HTTPAdapter(pool_maxsize=limits.workers))
                self._prepared = client
            return client

    def _ask(self, operation: str, path: str, method: str = "get", **more: Any) -> Any:
        """Return the NameNode's answer. Raises FileNotFoundError only if WebHDFS itself says so."""
        try:
            answer = self._client._call(operation, method, path, **more)  # noqa: SLF001 - no public name for it
        except Exception as error:
            if getattr(getattr(error, "response", None), "status_code", None) == 404:
                message = "404 Not Found, and not in WebHDFS's words: is WebHDFS enabled on this host and port?"
                raise OSError(message) from None
            raise
        if operation != "OPEN" or "Location" in answer.headers:
            _ = answer.content  # the connection is free again
        return answer

    def _follow(self, method: str, answer: Any, **more: Any) -> Any:
        """Return the answer of the DataNode that `answer` names, or `answer` where a gateway sends files itself."""
        if "Location" not in answer.headers:
            return answer
        client = self._client
        location = client._apply_proxy(answer.headers["Location"])  # noqa: SLF001 - as above
        from requests.auth import HTTPBasicAuth

        if isinstance(client.session.auth, HTTPBasicAuth) and _origin(location) != _origin(client.url):
            more["auth"] = _anonymous  # a password is for the host that the settings name
        found = client.session.request(method, location, **more)
        if found.status_code == 404:
            message = f"404 Not Found from {urlsplit(location).netloc}"
            raise OSError(message)
        found.raise_for_status()
        return found


class _Body(Struct):
    """A file that is read until `stopped`. Raises Cancelled."""

    file: BinaryIO
    size: int
    stopped: Stopped

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read(_PIECE):
            yield piece

    def read(self, size: int = -1) -> bytes:
        """Return the next piece."""
        if self.stopped():
            raise Cancelled("cancelled")
        return self.file.read(size)


def _stored(status: dict[str, Any]) -> Stored:
    size = status.get("length")
    if not isinstance(size, int):
        raise TypeError("the status of a file has no length")
    return Stored(size_bytes=size)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _anonymous(request: Any) -> Any:
    return request
