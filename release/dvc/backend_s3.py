"""Backend for S3."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus, urlsplit
from xml.etree import ElementTree as ET

from release.dvc.backend import Opening, Page, Shape, Stopped, cut_transfers, put_file
from release.dvc.store import Stored, md5_of_etag, s3_archive

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


# S3 and compatible stores, read with botocore, written with DVC's own filesystem

_PIECE = 1 << 20
_TRUE = frozenset({"true", "1", "yes", "on"})
_BOOLEANS = _TRUE | {"false", "0", "no", "off"}
_ARCHIVING = "INTELLIGENT_TIERING"  # whether it sleeps only HEAD tells


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
        self._parts = Parts()

    def head(self, path: str, version: str | None) -> Stored | None:
        """Return what one HEAD says, with encryption, restored copy and archive tier."""
        try:
            answer = self._client.head_object(**self._target(path, version))
        except self._error as error:
            if _code(error) == 404:
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

    def pages(self, prefix: str) -> Iterator[Page]:
        """Yield pages of at most 1,000 keys, each retried by botocore; nothing is cached."""
        bucket, _, key = prefix.partition("/")
        asked: dict[str, Any] = {"Bucket": bucket, "Prefix": key}
        if self._limits.page_size is not None:
            asked["MaxKeys"] = self._limits.page_size
        while True:
            try:
                answer = self._client.list_objects_v2(**asked)
            except self._error as error:
                if _code(error) == 404 and "ContinuationToken" not in asked:  # no such bucket
                    yield Page((), more=False)
                    return
                raise
            more = bool(answer.get("IsTruncated"))
            yield Page([(f"{bucket}/{name}", stored) for name, stored in _entries(answer)], more=more)
            if not more:
                return
            asked["ContinuationToken"] = answer["NextContinuationToken"]

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
        self._parts.watch(fs)
        try:
            put_file(fs, str(source), path, stopped)
        except BaseException:
            self._parts.abort(self._client, path)
            raise
        self._parts.forget(path)

    def cut(self) -> None:
        """Cancel the uploads; no object appears in part."""
        cut_transfers()

    def close(self) -> None:
        """Close botocore's connections; it opens new ones when needed."""
        with self._lock:
            if "_connected" in self.__dict__:
                self.__dict__.pop("_connected").close()

    @property
    def _error(self) -> type[Exception]:
        kind: type[Exception] = import_module("botocore.exceptions").ClientError
        return kind

    @property
    def _client(self) -> Any:
        with self._lock:  # cached_property has no lock of its own since Python 3.12
            return self._connected

    @cached_property
    def _connected(self) -> Any:
        botocore, heavy = import_module("botocore"), import_module("botocore.session")
        chosen = {**_fsspec_defaults(), **self._settings}
        session = heavy.Session(profile=chosen.get("profile"))
        for variable, name in (("credentials_file", "credentialpath"), ("config_file", "configpath")):
            if chosen.get(name):
                session.set_config_variable(variable, chosen[name])
        config = import_module("botocore.config").Config(
            connect_timeout=float(chosen.get("connect_timeout") or self._limits.connect_s),
            read_timeout=float(chosen.get("read_timeout") or self._limits.read_s),
            retries={"mode": "standard", "total_max_attempts": self._limits.attempts},
            max_pool_connections=self._limits.workers,
            **({"signature_version": botocore.UNSIGNED} if _yes(chosen.get("allow_anonymous_login")) else {}),
        )
        from release.dvc.s3_models import only_s3  # is made of botocore

        session.register_component("data_loader", only_s3(session.get_component("data_loader")))
        client = session.create_client(
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
        client.meta.events.register("before-parse.s3.ListObjectsV2", _parse_listing)
        return client

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


def _parse_listing(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Parse the entries of a listing with expat; botocore's slow parser gets the rest.

    botocore calls it before it parses, and adds the contents of `customized_response_dict` to its answer.
    """
    if response_dict["status_code"] != 200:
        return
    try:
        root = ET.fromstring(response_dict["body"])  # noqa: S314 - the expat of supported Pythons bounds entity expansion
    except ET.ParseError:
        return  # botocore says what is wrong with it
    space = root.tag.rpartition("}")[0] + "}" if root.tag.startswith("{") else ""
    url_encoded = root.findtext(f"{space}EncodingType") == "url"
    entries = []
    for content in root.findall(f"{space}Contents"):
        key, size = content.findtext(f"{space}Key"), content.findtext(f"{space}Size")
        if key is None or size is None or not size.isdigit():
            return
        entries.append(
            {
                "Key": unquote_plus(key) if url_encoded else key,
                "Size": int(size),
                "ETag": content.findtext(f"{space}ETag"),
                "StorageClass": content.findtext(f"{space}StorageClass"),
            }
        )
    for content in root.findall(f"{space}Contents"):
        root.remove(content)
    response_dict["body"] = ET.tostring(root)
    customized_response_dict["Entries"] = entries


def _entries(answer: Mapping[str, Any]) -> Iterator[tuple[str, Stored]]:
    # An older botocore has no such event: then the entries are where it puts them.
    for entry in answer.get("Entries", answer.get("Contents", ())):
        kind = entry.get("StorageClass")
        yield (
            entry["Key"],
            Stored(
                size_bytes=entry["Size"],
                md5=md5_of_etag(entry.get("ETag")),
                archived=kind if kind == _ARCHIVING else s3_archive(kind),
            ),
        )


def _fsspec_defaults() -> dict[str, Any]:
    """Return what fsspec's own configuration (FSSPEC_S3_..., its config folder) sets for S3; DVC inherits it."""
    folder = Path(os.environ.get("FSSPEC_CONFIG_DIR") or Path.home() / ".config" / "fsspec")
    if not any(name.startswith("FSSPEC_") for name in os.environ) and not folder.is_dir():
        return {}
    from fsspec.config import conf

    given = conf.get("s3", {})
    client = given.get("client_kwargs", {})
    named = {
        "access_key_id": given.get("key") or client.get("aws_access_key_id"),
        "secret_access_key": given.get("secret") or client.get("aws_secret_access_key"),
        "session_token": given.get("token") or client.get("aws_session_token"),
        "profile": given.get("profile"),
        "endpointurl": given.get("endpoint_url") or client.get("endpoint_url"),
        "region": client.get("region_name"),
        "ssl_verify": client.get("verify"),
        "allow_anonymous_login": given.get("anon"),
    }
    return {name: value for name, value in named.items() if value is not None}


def _code(error: Any) -> int | None:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status if isinstance(status, int) else None


def _verify(value: object) -> object:
    """Return a file of certificates, or whether to verify at all; None leaves it to botocore."""
    return _yes(value) if isinstance(value, str) and value.strip().lower() in _BOOLEANS else value


def _yes(value: object) -> bool:
    """Convert as DVC's Bool does: its Config gives booleans, an unvalidated section gives words."""
    return value.strip().lower() in _TRUE if isinstance(value, str) else bool(value)
