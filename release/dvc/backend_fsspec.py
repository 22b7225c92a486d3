"""Backends for SSH, WebDAV, HTTP, Azure and Google Storage."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from release.dvc.backend import Opening, Page, Shape, Stopped, cut_transfers, put_file
from release.dvc.store import Stored, md5_of_base64, missing_status

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


# HTTP remotes. They cannot be listed, so there is one request for each object

_HTTP_PIECE = 1 << 20
_NO_HEAD = (405, 501)
_PLAIN = {"Accept-Encoding": "identity"}  # else Content-Length is that of the compressed bytes


class Http:
    """A web server. The session of DVC's filesystem has the user's credentials and certificates.

    A redirect to another host is followed without the credentials.
    """

    shape = Shape.BLIND
    vague = False

    def __init__(self, opening: Opening) -> None:
        self._fs, root = opening.open_fs()
        self.root = root.rstrip("/")
        self._limits = opening.limits
        self._fs.SESSION_RETRIES = opening.limits.attempts
        settings = self._fs.fs_args.setdefault("client_kwargs", {})
        settings["request_class"] = _discreet(opening.url, settings.get("auth"), settings.get("headers") or {})

    def head(self, path: str, version: str | None) -> Stored | None:
        """Return the size by HEAD, or by a GET of one byte where HEAD is not allowed."""
        if version is not None:
            raise NotImplementedError("this kind of remote keeps no versions")
        from fsspec.asyn import sync

        return sync(self._fs.fs.loop, self._ask, path, timeout=self._patience_s)  # type: ignore[no-any-return]

    def pages(self, prefix: str) -> Iterator[Page]:
        """Raise NotImplementedError: `shape` says that there are no listings."""
        raise NotImplementedError(prefix)

    def stream(self, path: str, version: str | None) -> Iterator[bytes]:
        """Yield the body of one GET. fsspec's own file reports every error as absence."""
        if version is not None:
            raise NotImplementedError("this kind of remote keeps no versions")
        from fsspec.asyn import sync

        loop = self._fs.fs.loop
        answer = sync(loop, self._get, path, timeout=self._patience_s)
        try:
            while piece := sync(loop, answer.content.read, _HTTP_PIECE, timeout=self._limits.read_s):
                yield piece
        finally:
            loop.call_soon_threadsafe(answer.close)

    def put(self, source: Path, path: str, stopped: Stopped) -> None:
        """Upload as DVC does: by POST, or by the method that the remote's settings name."""
        put_file(self._fs, str(source), path, stopped)

    def cut(self) -> None:
        """Cancel the uploads; no object appears in part."""
        cut_transfers()

    def close(self) -> None:
        """Close the session."""
        from fsspec.asyn import sync

        inner = self._fs.__dict__.pop("fs", None)
        session = getattr(inner, "_session", None)  # made by the first question
        if inner is not None and session is not None:
            sync(inner.loop, session.close)

    @property
    def _patience_s(self) -> float:
        return float((self._limits.connect_s + self._limits.read_s) * self._limits.attempts)

    async def _get(self, url: str) -> Any:
        session = await self._fs.fs.set_session()
        answer = await session.get(self._fs.fs.encode_url(url), headers=_PLAIN)
        if answer.status >= 400:
            answer.close()
            answer.raise_for_status()
        return answer

    async def _ask(self, url: str) -> Stored | None:
        session = await self._fs.fs.set_session()
        target = self._fs.fs.encode_url(url)
        async with session.head(target, headers=_PLAIN, allow_redirects=True) as answer:
            if answer.status not in _NO_HEAD:
                return _answered(answer, answer.headers.get("Content-Length"))
        async with session.get(target, headers={**_PLAIN, "Range": "bytes=0-0"}) as answer:
            if answer.status == 416:  # not one byte is there: an empty object
                return Stored(size_bytes=0)
            whole = answer.headers.get("Content-Range", "").rpartition("/")[2]
            return _answered(answer, whole if answer.status == 206 else answer.headers.get("Content-Length"))


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


def _answered(answer: Any, size: str | None) -> Stored | None:
    if answer.status in (404, 410):
        return None
    answer.raise_for_status()
    return Stored(size_bytes=int(size) if size is not None and size.isdigit() else None)


# Azure Blob Storage, through the client of DVC's own filesystem (adlfs)

_PAGE = 5000


class Azure:
    """A container. adlfs's own `find` makes several requests and loads everything; this reads page by page."""

    shape = Shape.FLAT
    vague = False

    def __init__(self, opening: Opening) -> None:
        self._fs, root = opening.open_fs()
        self.root = root.rstrip("/")
        self._limits = opening.limits

    def head(self, path: str, version: str | None) -> Stored | None:
        """Return the properties of one blob."""
        container, _, name = path.partition("/")

        async def ask() -> Any:
            client = self._fs.fs.service_client.get_blob_client(container, name)
            async with client:
                return await client.get_blob_properties(**self._patience, **_of(version))

        try:
            return _azure_stored(self._do(ask))
        except Exception as error:
            if getattr(error, "status_code", None) == 404:
                return None
            raise

    def pages(self, prefix: str) -> Iterator[Page]:
        """Yield the pages of the service; a container that does not exist is empty."""
        container, _, start = prefix.partition("/")
        client = self._fs.fs.service_client.get_container_client(container)
        size = self._limits.page_size or _PAGE
        listing = client.list_blobs(name_starts_with=start, results_per_page=size, **self._patience).by_page()

        async def one() -> list[Any] | None:
            try:
                page = await listing.__anext__()
            except StopAsyncIteration:
                return None
            return [blob async for blob in page]

        first = True
        while True:
            try:
                blobs = self._do(one)
            except Exception as error:
                if first and getattr(error, "status_code", None) == 404:
                    blobs = None
                else:
                    raise
            more = bool(listing.continuation_token) if blobs is not None else False
            yield Page([(f"{container}/{blob.name}", _azure_stored(blob)) for blob in blobs or ()], more=more)
            if not more:
                return
            first = False

    def stream(self, path: str, version: str | None) -> Iterator[bytes]:
        """Yield the blob in chunks."""
        container, _, name = path.partition("/")

        async def start() -> Any:
            client = self._fs.fs.service_client.get_blob_client(container, name)
            return (await client.download_blob(**self._patience, **_of(version))).chunks()

        chunks = self._do(start)

        async def one() -> bytes | None:
            try:
                piece: bytes = await chunks.__anext__()
            except StopAsyncIteration:
                return None
            return piece

        while (piece := self._do(one)) is not None:
            yield piece

    def put(self, source: Path, path: str, stopped: Stopped) -> None:
        """Upload blocks with DVC's filesystem, which commits them at the end."""
        put_file(self._fs, str(source), path, stopped)

    def cut(self) -> None:
        """Cancel the uploads; no object appears in part."""
        cut_transfers()

    def close(self) -> None:
        """Drop the filesystem: adlfs then closes its service client."""
        self._fs.__dict__.pop("fs", None)

    def _do(self, ask: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        from fsspec.asyn import sync

        return sync(self._fs.fs.loop, ask)

    @property
    def _patience(self) -> dict[str, Any]:
        return {
            "connection_timeout": self._limits.connect_s,
            "read_timeout": self._limits.read_s,
            "retry_total": self._limits.attempts - 1,
        }


def _of(version: str | None) -> dict[str, str]:
    return {"version_id": version} if version else {}


def _azure_stored(blob: Any) -> Stored:
    md5 = blob.content_settings.content_md5
    tier = str(getattr(blob.blob_tier, "value", blob.blob_tier) or "")
    return Stored(
        size_bytes=blob.size,
        md5=bytes(md5).hex() if md5 and len(md5) == 16 else None,
        archived=tier if tier.lower() == "archive" else None,
    )


# Google Cloud Storage, through the calls of DVC's own filesystem (gcsfs)

_GS_PIECE = 4 << 20


class Gs:
    """A bucket. Google's archive classes are readable at once, so `archived` is always None."""

    shape = Shape.FLAT
    vague = False

    def __init__(self, opening: Opening) -> None:
        self._fs, root = opening.open_fs()
        self.root = root.rstrip("/")
        self._limits = opening.limits

    def head(self, path: str, version: str | None) -> Stored | None:
        """Return the metadata of one object (of one generation)."""
        bucket, _, name = path.partition("/")
        asked = {"generation": version} if version else {}
        try:
            answer = self._ask("b/{}/o/{}", bucket, name, json_out=True, **asked)
        except Exception as error:
            if missing_status(error):
                return None
            raise
        return _gs_stored(answer)

    def pages(self, prefix: str) -> Iterator[Page]:
        """Yield pages of at most 1,000 names; a bucket that does not exist is empty."""
        bucket, _, start = prefix.partition("/")
        asked: dict[str, Any] = {"prefix": start}
        if self._limits.page_size is not None:
            asked["maxResults"] = self._limits.page_size
        while True:
            try:
                answer = self._ask("b/{}/o", bucket, json_out=True, **asked)
            except Exception as error:
                if missing_status(error) and "pageToken" not in asked:
                    answer = {}
                else:
                    raise
            token = answer.get("nextPageToken")
            entries = [(f"{bucket}/{entry['name']}", _gs_stored(entry)) for entry in answer.get("items", ())]
            yield Page(entries, more=token is not None)
            if token is None:
                return
            asked["pageToken"] = token

    def stream(self, path: str, version: str | None) -> Iterator[bytes]:
        """Yield the object (one generation of it) in pieces. gcsfs's own file would first ask for the bucket's kind by gRPC."""
        bucket, _, name = path.partition("/")
        asked = {"generation": version} if version else {}
        size = int(self._ask("b/{}/o/{}", bucket, name, json_out=True, **asked)["size"])
        for first in range(0, size, _GS_PIECE):
            piece = {"Range": f"bytes={first}-{min(first + _GS_PIECE, size) - 1}"}
            yield self._ask("b/{}/o/{}", bucket, name, alt="media", headers=piece, **asked)[1]

    def put(self, source: Path, path: str, stopped: Stopped) -> None:
        """Upload with DVC's filesystem; the object is visible when it is complete."""
        put_file(self._fs, str(source), path, stopped)

    def cut(self) -> None:
        """Cancel the uploads; no object appears in part."""
        cut_transfers()

    def close(self) -> None:
        """Drop the filesystem: gcsfs then closes its session."""
        self._fs.__dict__.pop("fs", None)

    def _ask(self, path: str, *names: str, **asked: Any) -> Any:
        patience_s = self._limits.read_s * self._limits.attempts  # gcsfs tries six times, and waits in between
        try:
            return self._fs.fs.call("GET", path, *names, timeout=patience_s, **asked)
        except OSError as error:
            if str(error).startswith("Forbidden: "):  # all that gcsfs tells of a 403
                raise PermissionError(str(error)) from error
            raise


def _gs_stored(entry: dict[str, Any]) -> Stored:
    return Stored(size_bytes=int(entry["size"]), md5=md5_of_base64(entry.get("md5Hash")))
