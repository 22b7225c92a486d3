"""Parts of cancelled uploads to S3: no listing shows them, and they cost money until they are deleted."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

_PATIENCE_S = 5.0  # after Ctrl-C nobody waits long for a dead host


class Parts:
    """The multipart uploads that this process began. Only these are aborted: others may be sending the same object."""

    def __init__(self) -> None:
        self._begun: dict[str, str] = {}  # bucket and key to the upload's id

    def watch(self, fs: Any) -> None:
        """Note each multipart upload that the client of DVC's filesystem begins, if that client has events."""
        client = getattr(getattr(fs, "fs", None), "_s3", None)
        if client is not None:
            event = "after-call.s3.CreateMultipartUpload"
            client.meta.events.register(event, self._note, unique_id=f"release-{id(self)}")

    def abort(self, client: Any, path: str) -> None:
        """Delete the parts that were sent for a path. Takes a few seconds at most; if it fails, they stay."""
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
        """Forget a path whose upload is complete."""
        self._begun.pop(path, None)

    def _note(self, parsed: dict[str, Any], **_: Any) -> None:
        if "UploadId" in parsed:
            self._begun[f"{parsed.get('Bucket')}/{parsed.get('Key')}"] = parsed["UploadId"]
