"""HTTP remotes. They cannot be listed, so there is one request for each object."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from release.adapters.dvc.store import Stored
from release.adapters.dvc.wire import Opening, Page, Shape
from release.adapters.dvc.wire.cut import Stopped, cut_transfers, put_file

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
