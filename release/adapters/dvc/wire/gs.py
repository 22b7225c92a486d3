"""Google Cloud Storage, through the calls of DVC's own filesystem (gcsfs)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from release.adapters.dvc.evidence import md5_of_base64
from release.adapters.dvc.store import Stored
from release.adapters.dvc.store_errors import missing_status
from release.adapters.dvc.wire import Opening, Page, Shape
from release.adapters.dvc.wire.cut import Stopped, cut_transfers, put_file

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
