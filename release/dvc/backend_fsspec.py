"""Backend for every store but folders and S3, through the file system that DVC opens (fsspec)."""

from __future__ import annotations

import posixpath
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

from release.core.pointer import Stored
from release.core.remotes import Backend
from release.dvc.backend import ListingPage, Opening, Shape, Stopped, cut_transfers, put_file
from release.dvc.store import md5_of_base64, missing_status

_PIECE = 4 << 20


class Fsspec:
    """A store behind fsspec's `info`, `ls` and `cat_file`; an object appears only when its upload is complete."""

    shape = Shape.TREE
    vague = False

    def __init__(self, opening: Opening) -> None:
        self._fs, root = opening.open_fs()
        self.root = root if root == "/" else root.rstrip("/")
        self._limits = opening.limits
        self._lock = threading.Lock()
        self._opened: Any = None

    def head(self, path: str, version: str | None) -> Stored | None:
        """Return size and checksum of a file from `info`; None if there is no file."""
        try:
            entry = self._entry(self._versioned(path, version))
        except Exception as error:
            if missing_status(error):
                return None
            raise
        return _stored(entry) if entry["type"] == "file" else None

    def pages(self, prefix: str) -> Iterator[ListingPage]:
        """Yield the whole folder as one page. fsspec's `ls` raises errors, its `find` does not."""
        folder = prefix.rstrip("/")
        files = [(name, entry) for name, entry in self._listed(folder) if entry["type"] == "file"]
        found = [(posixpath.join(folder, name), _stored(entry)) for name, entry in files]
        yield ListingPage(found, more=False)

    def names(self, folder: str) -> Iterator[str]:
        """Yield the names in a folder; none if it does not exist."""
        yield from (name for name, _ in self._listed(folder))

    def _listed(self, folder: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield each name in a folder with what `ls` says of it; nothing if the folder does not exist."""
        self._reader.invalidate_cache()
        try:
            listed = self._reader.ls(folder, detail=True, **self._timeout)
        except Exception as error:
            if not missing_status(error):
                raise
            listed = ()
        yield from ((posixpath.basename(entry["name"].rstrip("/")), entry) for entry in listed)

    def remove(self, path: str) -> None:
        """Delete one file."""
        self._reader.rm_file(path)

    def stream(self, path: str, version: str | None) -> Iterator[bytes]:
        """Yield the file's content in pieces of 4 MiB."""
        where = self._versioned(path, version)
        entry = self._entry(where)
        if entry["type"] != "file":
            raise FileNotFoundError(path)
        for first in range(0, size := entry["size"], _PIECE):
            yield self._reader.cat_file(where, first, min(first + _PIECE, size), **self._timeout)

    def put(self, source: Path, path: str, stopped: Stopped) -> None:
        """Upload the file."""
        put_file(self._fs, str(source), path, stopped)

    def cut(self) -> None:
        """Cancel the uploads; no object appears in part."""
        cut_transfers()

    def close(self) -> None:
        """Drop the file system, which then closes its connections."""
        self._opened = None
        self._fs.__dict__.pop("fs", None)  # DVC makes it at the first use and keeps it there

    def _entry(self, path: str) -> Mapping[str, Any]:
        self._reader.invalidate_cache()
        entry: Mapping[str, Any] = self._reader.info(path, **self._timeout)
        return entry

    def _versioned(self, path: str, version: str | None) -> str:
        """Return the path of one version. A file system ignores versions unless it is made with `version_aware`."""
        if version is None:
            return path
        if not getattr(self._reader, "version_aware", False):
            raise NotImplementedError("this kind of remote keeps no versions")
        versioned: str = self._fs.version_path(path, version)
        return versioned

    @property
    def _reader(self) -> Any:
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def _open(self) -> Any:
        return self._fs.fs

    @property
    def _timeout(self) -> dict[str, float]:
        # fsspec's asynchronous filesystems take it for every question; the others have their own.
        patience_s = (self._limits.connect_s + self._limits.read_s) * self._limits.attempts
        return {"timeout": patience_s} if getattr(self._reader, "async_impl", False) else {}


def _stored(entry: Mapping[str, Any]) -> Stored:
    size = entry.get("size")
    return Stored(
        size_bytes=size if isinstance(size, int) else None,
        md5=md5_of_base64(entry.get("md5Hash")),  # Google's
    )


class Folders(Fsspec):
    """A store with real folders, where half a file can be seen: SSH, WebDAV."""

    def stream(self, path: str, version: str | None) -> Iterator[bytes]:
        """Yield the file in pieces. Some of these file systems read no ranges."""
        with self._reader.open(self._versioned(path, version), "rb") as file:
            while piece := file.read(_PIECE):
                yield piece

    def put(self, source: Path, path: str, stopped: Stopped) -> None:
        """Upload into a new folder, then rename: a cancelled upload leaves no object under the right name.

        It is a folder because DVC's filesystem for SSH writes under another name, which it does not return.
        """
        own = posixpath.join(posixpath.dirname(path), f".{token_hex(8)}.tmp")
        beside = posixpath.join(own, posixpath.basename(path))
        self._reader.makedirs(own, exist_ok=True)
        try:
            super().put(source, beside, stopped)
            self._rename(beside, path)
        finally:
            with suppress(Exception):  # the first error is the one to tell
                self._fs.fs.rm(own, recursive=True)

    def cut(self) -> None:
        """Abort asyncssh's connection, which would first send what it has buffered; others stop at the next piece."""
        client: Any = getattr(self._opened, "client", None)
        if hasattr(client, "abort"):
            loop = self._opened.loop
            super().close()  # who tidies up makes a new one
            loop.call_soon_threadsafe(client.abort)

    def close(self) -> None:
        """Close the connection of the kinds that hold one (webdav4's httpx client, asyncssh's connection)."""
        inner = self._opened
        client: Any = getattr(inner, "client", None)
        super().close()
        if hasattr(client, "http"):
            client.http.close()
        elif hasattr(client, "close"):
            inner.loop.call_soon_threadsafe(client.close)

    def _rename(self, beside: str, path: str) -> None:
        """Rename a file, and replace a broken object if there is one."""
        client: Any = getattr(self._reader, "client", None)
        if hasattr(client, "move"):  # webdav4, whose `mv` never replaces
            client.move(beside, path, overwrite=True)
        else:
            self._reader.mv(beside, path)


class WebHdfs(Folders):
    """HDFS over HTTP. fsspec's client has no time limits, and takes the body of a refusal for the bytes of a file.

    Source: https://hadoop.apache.org/docs/stable/hadoop-project-dist/hadoop-hdfs/WebHDFS.html
    """

    def _open(self) -> Any:
        from requests.adapters import HTTPAdapter
        from requests.auth import HTTPBasicAuth

        client, limits = self._fs.fs, self._limits
        home = urlsplit(client.url).netloc

        class Bounded(HTTPAdapter):
            def send(self, request: Any, *args: Any, **more: Any) -> Any:
                if urlsplit(request.url).netloc != home and isinstance(client.session.auth, HTTPBasicAuth):
                    request.headers.pop("Authorization", None)  # a password is for the host that the settings name
                return super().send(request, *args, **{**more, "timeout": (limits.connect_s, limits.read_s)})

        for start in ("http://", "https://"):
            client.session.mount(start, Bounded(pool_maxsize=limits.workers))
        client.session.hooks["response"].append(_judge)
        return client

    def _rename(self, beside: str, path: str) -> None:
        """Rename a file, in the place of a broken object if there is one: HDFS itself never replaces."""
        try:
            self._reader.mv(beside, path)
        except FileExistsError:
            self._reader.rm(path)
            self._reader.mv(beside, path)


_HDFS_ERRORS = {
    "FileNotFoundException": FileNotFoundError,
    "AccessControlException": PermissionError,
    "SecurityException": PermissionError,
}


def _judge(answer: Any, **_: Any) -> None:
    """Raise the error that an answer of WebHDFS names; FileNotFoundError only if WebHDFS itself says so."""
    if answer.status_code < 400:
        if "op=RENAME" in answer.url and answer.json()["boolean"] is not True:
            raise FileExistsError(answer.url)
        return
    try:
        error = answer.json()["RemoteException"]
        kind, message = _HDFS_ERRORS.get(error["exception"], OSError), error["message"]
    except (ValueError, KeyError, TypeError):
        if answer.status_code != 404:
            answer.raise_for_status()
        kind = OSError
        message = "404 Not Found, and not in WebHDFS's words: is WebHDFS enabled on this host and port?"
    raise kind(message)


class Http(Fsspec):
    """A web server, which cannot be listed. A redirect to another host is followed without the user's credentials."""

    shape = Shape.BLIND

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self._fs.SESSION_RETRIES = opening.limits.attempts
        settings = self._fs.fs_args.setdefault("client_kwargs", {})
        settings["request_class"] = _discreet(opening.url, settings.get("auth"), settings.get("headers") or {})

    def stream(self, path: str, version: str | None) -> Iterator[bytes]:
        """Yield the body of one GET: servers may ignore ranges. With a size given, fsspec does not ask for it."""
        plain = {"Accept-Encoding": "identity"}
        with self._reader.open(self._versioned(path, version), "rb", block_size=0, size=1, headers=plain) as file:
            while piece := file.read(_PIECE):
                yield piece

    def close(self) -> None:
        """Close the session, and wait for it: fsspec gives it a tenth of a second when the file system goes."""
        from fsspec.asyn import sync

        inner = self._opened
        session: Any = getattr(inner, "_session", None)  # made by the first question
        super().close()
        if session is not None:
            sync(inner.loop, session.close)

    def _entry(self, path: str) -> Mapping[str, Any]:
        try:
            return super()._entry(path)
        except FileNotFoundError as error:  # for every kind of failure: the cause says which
            raise (error.__cause__ or OSError(str(error))) from None


def _discreet(home: str, auth: object, headers: Collection[str]) -> type[Any]:
    """Return aiohttp's class for requests that carry the session's credentials only to the host of `home`.

    A session adds them to each request, to the one that follows a redirect, too.
    """
    from aiohttp import ClientRequest
    from yarl import URL

    first = URL(home)

    def is_home(url: URL) -> bool:
        upgraded = url.scheme == "https" and first.is_default_port() and url.is_default_port()
        return url.host == first.host and (url.origin() == first.origin() or upgraded)

    class Discreet(ClientRequest):
        def __init__(self, method: str, url: URL, **more: Any) -> None:
            if not is_home(url):
                if auth is not None and more.get("auth") == auth:
                    more["auth"] = None
                kept = more["headers"].copy()
                for name in headers:
                    kept.popall(name, None)
                more["headers"] = kept
            super().__init__(method, url, **more)

    return Discreet


class Gs(Fsspec):
    """Google Storage. Its archive classes are readable at once.

    gcsfs's usual class first asks for the bucket's kind by gRPC, which a private endpoint may not speak: only uploads
    use it.
    """

    def _open(self) -> Any:
        return import_module("gcsfs.core").GCSFileSystem(**self._fs.fs_args)

    def _entry(self, path: str) -> Mapping[str, Any]:
        """Return the metadata of one object. gcsfs's `info` asks for a folder of that name, too."""
        bucket, name, generation = self._reader.split_path(path)
        asked = {"generation": generation} if generation else {}
        found = self._reader.call("GET", "b/{}/o/{}", bucket, name, json_out=True, **asked, **self._timeout)
        return {**found, "size": int(found["size"]), "type": "file"}


class Azure(Fsspec):
    """Azure. adlfs does not tell a blob's tier, without which an archived one would seem readable: its client does."""

    def head(self, path: str, version: str | None) -> Stored | None:
        """Return the properties of one blob."""
        container, _, name = path.partition("/")

        async def ask() -> Any:
            async with self._reader.service_client.get_blob_client(container, name) as client:
                return await client.get_blob_properties(
                    **self._patience, **({"version_id": version} if version else {})
                )

        try:
            return _azure_stored(self._do(ask))
        except Exception as error:
            if missing_status(error):
                return None
            raise

    def pages(self, prefix: str) -> Iterator[ListingPage]:
        """Yield the whole folder as one page; a container that does not exist is empty."""
        container, _, start = prefix.partition("/")

        async def ask() -> list[Any]:
            async with self._reader.service_client.get_container_client(container) as client:
                return [blob async for blob in client.list_blobs(name_starts_with=start, **self._patience)]

        try:
            blobs = self._do(ask)
        except Exception as error:
            if not missing_status(error):
                raise
            blobs = []
        yield ListingPage([(f"{container}/{blob.name}", _azure_stored(blob)) for blob in blobs], more=False)

    def _do(self, ask: Any) -> Any:
        from fsspec.asyn import sync

        return sync(self._reader.loop, ask)

    @property
    def _patience(self) -> dict[str, Any]:
        return {
            "connection_timeout": self._limits.connect_s,
            "read_timeout": self._limits.read_s,
            "retry_total": self._limits.attempts - 1,
        }


def _azure_stored(blob: Any) -> Stored:
    md5 = blob.content_settings.content_md5
    tier = str(getattr(blob.blob_tier, "value", blob.blob_tier) or "")
    return Stored(
        size_bytes=blob.size,
        md5=bytes(md5).hex() if md5 and len(md5) == 16 else None,
        archived=tier if tier.lower() == "archive" else None,
    )


KINDS: Mapping[Backend, type[Fsspec]] = {
    Backend.TREE: Folders,
    Backend.WEBHDFS: WebHdfs,
    Backend.HTTP: Http,
    Backend.AZURE: Azure,
    Backend.GS: Gs,
}
