"""Parts of an upload that was cut: no listing shows them, and they cost money until somebody drops them."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

_PATIENCE_S = 5.0  # whoever pressed Ctrl-C is not kept waiting for a dead host


class Parts:
    """Which uploads in parts were begun by us. Only those are aborted: somebody else may be sending the same object."""

    def __init__(self) -> None:
        self._begun: dict[str, str] = {}  # bucket and key to the upload's id

    def watch(self, fs: Any) -> None:
        """Hear of each upload that the client of DVC's filesystem begins. A client that tells nothing is left alone."""
        client = getattr(getattr(fs, "fs", None), "_s3", None)
        if client is not None:
            event = "after-call.s3.CreateMultipartUpload"
            client.meta.events.register(event, self._note, unique_id=f"release-{id(self)}")

    def abort(self, client: Any, path: str) -> None:
        """Drop the parts that were sent for a path; a few seconds at most, and where it fails they stay."""
        upload = self._begun.pop(path, None)
        if upload is None:
            return
        bucket, _, key = path.partition("/")

        def drop() -> None:
            with suppress(Exception):  # gone already, or not to be reached: the bucket's lifecycle rule is left
                client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)

        dropping = threading.Thread(target=drop, daemon=True)
        dropping.start()
        dropping.join(_PATIENCE_S)

    def forget(self, path: str) -> None:
        """It is completed."""
        self._begun.pop(path, None)

    def _note(self, parsed: dict[str, Any], **_: Any) -> None:
        if "UploadId" in parsed:
            self._begun[f"{parsed.get('Bucket')}/{parsed.get('Key')}"] = parsed["UploadId"]
