"""Backend for S3."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from release.core.pointer import Stored
from release.dvc.backend import ListingPage, Opening, Shape, Stopped, cut_transfers, put_file
from release.dvc.store import md5_of_etag, missing_status, s3_archive

_PATIENCE_S = 5.0  # after Ctrl-C: a dead host is not worth more
_PIECE = 1 << 20
_TRUE = frozenset({"true", "1", "yes", "on"})
_BOOLEANS = _TRUE | {"false", "0", "no", "off"}
_ARCHIVING = "INTELLIGENT_TIERING"  # only HEAD says if it is archived


class S3:
    """A bucket. DVC's filesystem is made only for uploads."""

    shape = Shape.FLAT
    vague = True

    def __init__(self, opening: Opening) -> None:
        parts = urlsplit(opening.url)
        self.root = f"{parts.netloc}{parts.path}".rstrip("/")
        self._settings = opening.settings
        self._limits = opening.limits
        self._open_fs = opening.open_fs
        self._lock = threading.Lock()
        self._begun: dict[str, str] = {}  # bucket and key to the id of a multipart upload that this process began

    def head(self, path: str, version: str | None) -> Stored | None:
        """Return size, MD5 and archive state from one HeadObject request; None if there is no object."""
        try:
            answer = self._client.head_object(**self._target(path, version))
        except Exception as error:
            if missing_status(error):
                return None
            raise
        bucket_kind = path.partition("/")[0].endswith("--x-s3")  # directory buckets: the ETag is no MD5
        return Stored(
            size_bytes=answer["ContentLength"],
            md5=md5_of_etag(
                answer.get("ETag"),
                encryption=answer.get("ServerSideEncryption"),
                customer_key=bucket_kind or "SSECustomerAlgorithm" in answer,
            ),
            archived=s3_archive(
                answer.get("StorageClass"), restore=answer.get("Restore"), archive=answer.get("ArchiveStatus")
            ),
        )

    def pages(self, prefix: str) -> Iterator[ListingPage]:
        """Yield pages of at most 1,000 keys, each retried by botocore; nothing is cached."""
        bucket, _, key = prefix.partition("/")
        asked: dict[str, Any] = {"Bucket": bucket, "Prefix": key}
        if self._limits.page_size is not None:
            asked["MaxKeys"] = self._limits.page_size
        while True:
            try:
                answer = self._client.list_objects_v2(**asked)
            except Exception as error:
                if missing_status(error) and "ContinuationToken" not in asked:  # no such bucket
                    yield ListingPage((), more=False)
                    return
                raise
            more = bool(answer.get("IsTruncated"))
            yield ListingPage([(f"{bucket}/{name}", stored) for name, stored in _entries(answer)], more=more)
            if not more:
                return
            asked["ContinuationToken"] = answer["NextContinuationToken"]

    def names(self, folder: str) -> Iterator[str]:
        """Yield the last parts of the keys and of the common prefixes below a prefix."""
        bucket, _, key = folder.partition("/")
        asked = {"Bucket": bucket, "Prefix": f"{key}/", "Delimiter": "/"}
        for answer in self._client.get_paginator("list_objects_v2").paginate(**asked):
            for entry in answer.get("Contents", ()):
                yield entry["Key"].rpartition("/")[2]
            for entry in answer.get("CommonPrefixes", ()):
                yield entry["Prefix"].rstrip("/").rpartition("/")[2]

    def remove(self, path: str) -> None:
        """Delete one object."""
        self._client.delete_object(**self._target(path, None))

    def stream(self, path: str, version: str | None) -> Iterator[bytes]:
        """Yield the body of one GET."""
        body = self._client.get_object(**self._target(path, version))["Body"]
        try:
            yield from body.iter_chunks(_PIECE)
        finally:
            body.close()

    def put(self, source: Path, path: str, stopped: Stopped) -> None:
        """Upload with DVC's filesystem (one PUT, or parts completed at the end), with its encryption and grants."""
        fs, _ = self._open_fs()
        events = fs.fs.s3.meta.events  # of aiobotocore's client
        events.register("after-call.s3.CreateMultipartUpload", self._note, unique_id=f"release-{id(self)}")
        try:
            put_file(fs, str(source), path, stopped)
        except BaseException:
            if path in self._begun:
                dropping = threading.Thread(target=self._drop_parts, args=(path,), daemon=True)
                dropping.start()
                dropping.join(_PATIENCE_S)
            raise

    def _note(self, parsed: dict[str, Any], **_: Any) -> None:
        if "UploadId" in parsed:
            self._begun[f"{parsed.get('Bucket')}/{parsed.get('Key')}"] = parsed["UploadId"]

    def _drop_parts(self, path: str) -> None:
        """Delete the parts that this process sent for a path; others may be sending the same object."""
        bucket, _, key = path.partition("/")
        with suppress(Exception):  # gone already, or no access: the bucket's lifecycle rule is left
            self._client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=self._begun.pop(path))

    def cut(self) -> None:
        """Cancel the uploads; no object appears in part."""
        cut_transfers()

    def close(self) -> None:
        """Close botocore's connections; it opens new ones when needed."""
        with self._lock:
            if "_connected" in self.__dict__:
                self.__dict__.pop("_connected").close()

    @property
    def _client(self) -> Any:
        with self._lock:  # cached_property has no lock of its own since Python 3.12
            return self._connected

    @cached_property
    def _connected(self) -> Any:
        botocore, heavy = import_module("botocore"), import_module("botocore.session")
        chosen = self._settings
        session = heavy.Session(profile=chosen.get("profile"))
        for variable, name in (("credentials_file", "credentialpath"), ("config_file", "configpath")):
            if chosen.get(name):
                session.set_config_variable(variable, chosen[name])
        config = import_module("botocore.config").Config(
            connect_timeout=float(chosen.get("connect_timeout") or self._limits.connect_s),
            read_timeout=float(chosen.get("read_timeout") or self._limits.read_s),
            retries={"mode": "standard", "total_max_attempts": self._limits.attempts},
            max_pool_connections=self._limits.workers,
            ignore_configured_endpoint_urls=True,  # of the user's environment and profile: no other clone has them
            **({"signature_version": botocore.UNSIGNED} if _yes(chosen.get("allow_anonymous_login")) else {}),
        )
        # Two things that the AWS CLI does, too: no search through the folders of 400 services, no parsing of each date.
        session.get_component("data_loader").list_available_services = lambda _type: ["s3"]
        session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=lambda date: date)
        return session.create_client(
            "s3",
            region_name=chosen.get("region"),
            endpoint_url=chosen.get("endpointurl"),
            use_ssl=_yes(chosen.get("use_ssl", True)),
            verify=_verify(chosen.get("ssl_verify")),
            aws_access_key_id=chosen.get("access_key_id"),
            aws_secret_access_key=chosen.get("secret_access_key"),
            aws_session_token=chosen.get("session_token"),
            config=config,
        )

    def _target(self, path: str, version: str | None) -> dict[str, Any]:
        bucket, _, key = path.partition("/")
        target: dict[str, Any] = {"Bucket": bucket, "Key": key}
        if version:
            target["VersionId"] = version
        if self._settings.get("sse_customer_key"):
            import base64

            target["SSECustomerAlgorithm"] = self._settings.get("sse_customer_algorithm") or "AES256"
            target["SSECustomerKey"] = base64.b64decode(self._settings["sse_customer_key"])
        return target


def _entries(answer: Mapping[str, Any]) -> Iterator[tuple[str, Stored]]:
    for entry in answer.get("Contents", ()):
        kind = entry.get("StorageClass")
        yield (
            entry["Key"],
            Stored(
                size_bytes=entry["Size"],
                md5=md5_of_etag(entry.get("ETag")),
                archived=kind if kind == _ARCHIVING else s3_archive(kind),
            ),
        )


def _verify(value: object) -> object:
    """Return a file of certificates, or whether to verify at all; None leaves it to botocore."""
    return _yes(value) if isinstance(value, str) and value.strip().lower() in _BOOLEANS else value


def _yes(value: object) -> bool:
    """Convert as DVC's Bool does: its Config gives booleans, an unvalidated section gives words."""
    return value.strip().lower() in _TRUE if isinstance(value, str) else bool(value)
