"""Azure Blob Storage, through the client of DVC's own filesystem (adlfs)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

from release.adapters.dvc.store import Stored
from release.adapters.dvc.wire import Opening, Page, Shape
from release.adapters.dvc.wire.cut import Stopped, cut_transfers, put_file

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
