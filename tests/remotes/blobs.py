"""What the tests need of a remote beside what is tested: its settings, its objects as they really lie, and one dvc project."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from release.core.pointer import Layout, ObjectKey
from release.dvc.backend import Limits
from release.dvc.remote import open_store

PAGE = 20  # of 46 objects: a listing has three pages
SHORT = Limits(connect_s=2, read_s=3, attempts=1, page_size=PAGE)


class Blobs(Protocol):
    """The objects of a remote, seen from the server's side; paths below the remote's root."""

    def all(self) -> dict[str, tuple[Any, ...]]: ...
    def get(self, path: str) -> bytes: ...
    def put(self, path: str, body: bytes) -> None: ...
    def delete(self, path: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class FolderBlobs:
    folder: Path

    def all(self):
        files = [file for file in sorted(self.folder.rglob("*")) if file.is_file()]
        return {
            str(f.relative_to(self.folder)): (f.read_bytes(), f.stat().st_mtime_ns, f.stat().st_mode) for f in files
        }

    def get(self, path):
        return (self.folder / path).read_bytes()

    def put(self, path, body):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_bytes(body)

    def delete(self, path):
        (self.folder / path).unlink()


@dataclass(frozen=True, kw_only=True)
class S3Blobs:
    client: Any
    bucket: str
    root: str

    def all(self):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{self.root}/")
        listed = [entry for page in pages for entry in page.get("Contents", ())]
        return {e["Key"].removeprefix(f"{self.root}/"): (e["Size"], e["ETag"], e["LastModified"]) for e in listed}

    def get(self, path):
        return self.client.get_object(Bucket=self.bucket, Key=f"{self.root}/{path}")["Body"].read()

    def put(self, path, body):
        self.client.put_object(Bucket=self.bucket, Key=f"{self.root}/{path}", Body=body)

    def delete(self, path):
        self.client.delete_object(Bucket=self.bucket, Key=f"{self.root}/{path}")


@dataclass(frozen=True, kw_only=True)
class AzureBlobs:
    container: Any
    root: str

    def all(self):
        listed = list(self.container.list_blobs(name_starts_with=f"{self.root}/"))
        return {b.name.removeprefix(f"{self.root}/"): (b.size, b.etag, b.last_modified) for b in listed}

    def get(self, path):
        return self.container.download_blob(f"{self.root}/{path}").readall()

    def put(self, path, body):
        self.container.upload_blob(f"{self.root}/{path}", body, overwrite=True)

    def delete(self, path):
        self.container.delete_blob(f"{self.root}/{path}")


@dataclass(frozen=True, kw_only=True)
class GoogleBlobs:
    """By the JSON API itself, for any client would remember."""

    port: int
    root: str

    def all(self):
        listed = json.loads(self._ask("GET", f"storage/v1/b/plain/o?prefix={self.root}/"))["items"]
        return {b["name"].removeprefix(f"{self.root}/"): (b["size"], b["md5Hash"], b["updated"]) for b in listed}

    def get(self, path):
        return self._ask("GET", f"{self._object(path)}?alt=media")

    def put(self, path, body):
        name = quote(f"{self.root}/{path}", safe="")
        self._ask("POST", f"upload/storage/v1/b/plain/o?uploadType=media&name={name}", body)

    def delete(self, path):
        self._ask("DELETE", self._object(path))

    def _object(self, path):
        return f"storage/v1/b/plain/o/{quote(f'{self.root}/{path}', safe='')}"

    def _ask(self, method, path, body=None):
        kind = {"Content-Type": "application/octet-stream"} if body is not None else {}
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}/{path}", body, kind, method=method)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.read()


@dataclass(frozen=True, kw_only=True)
class HdfsBlobs:
    """By the REST API itself, as the superuser."""

    port: int
    root: str

    def all(self):
        return {path.removeprefix(f"{self.root}/"): told for path, told in self._files(self.root)}

    def get(self, path):
        return self.ask("GET", f"{self.root}/{path}", "OPEN")

    def put(self, path, body):
        for parent in [*Path(f"{self.root}/{path}").parents][-2::-1]:
            self.ask("PUT", str(parent), "MKDIRS", permission="777")
        self.ask("PUT", f"{self.root}/{path}", "CREATE", body, overwrite="true", permission="644")
        self.ask("PUT", f"{self.root}/{path}", "SETOWNER", owner="dvc")

    def delete(self, path):
        self.ask("DELETE", f"{self.root}/{path}", "DELETE")

    def ask(self, method, path, operation, body=None, **more):
        """What the server answers; a redirect to a DataNode is followed with the body."""
        query = urlencode({"op": operation, "user.name": "root-of-hdfs", **more})
        url = f"http://127.0.0.1:{self.port}/webhdfs/v1{quote(path)}?{query}"
        if body is not None:
            with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as asked:
                asked.request(method, url)
                url = asked.getresponse().headers["Location"]
        kind = {"Content-Type": "application/octet-stream"}
        request = urllib.request.Request(url, body, kind, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def _files(self, folder):
        for entry in json.loads(self.ask("GET", folder, "LISTSTATUS"))["FileStatuses"]["FileStatus"]:
            path = f"{folder}/{entry['pathSuffix']}"
            if entry["type"] == "DIRECTORY":
                yield from self._files(path)
            else:
                yield path, (entry["length"], entry["fileId"], entry["modificationTime"])


@dataclass(frozen=True, kw_only=True)
class Remote:
    """A remote of one kind, with the project's data pushed by the real dvc.

    `empty`, `refused`, `gone`, `mute`, `cut` are settings that differ from `settings` in one thing: an
    unused base folder, no right to ask, nobody at the port, a port that never answers, a listing
    that stops after it began (None: this kind does not list).
    """

    kind: str
    settings: Mapping[str, object]
    blobs: Blobs
    empty: dict[str, object]
    refused: dict[str, object]
    gone: dict[str, object]
    mute: dict[str, object]
    cut: dict[str, object] | None
    evidence: bool
    secrets: tuple[str, ...] = ("pw-of-dvc",)
    opened: list[Any] = field(default_factory=list)  # by `store`, closed after each test

    def store(self, settings=None, limits: Limits = SHORT):
        chosen = self.settings if settings is None else settings
        self.opened.append(open_store("storage", chosen, limits=limits))
        return self.opened[-1]

    @contextmanager
    def without(self, path: str):
        """The remote with one object gone, and then as it was."""
        body = self.blobs.get(path)
        self.blobs.delete(path)
        try:
            yield
        finally:
            self.blobs.put(path, body)

    @contextmanager
    def having(self, path: str, body: bytes):
        """The remote with one object's bytes replaced, and then as it was."""
        before = self.blobs.get(path)
        self.blobs.put(path, body)
        try:
            yield
        finally:
            self.blobs.put(path, before)


@dataclass(frozen=True, kw_only=True)
class Data:
    """A dvc project: a file, an empty file, a folder of 43 files. `objects`: oid -> bytes, the cache's."""

    top: Path
    objects: dict[str, bytes] = field(repr=False)

    def keys(self, layout: Layout = Layout.MD5) -> list[ObjectKey]:
        return [ObjectKey("it", layout.value, oid) for oid in sorted(self.objects)]

    @property
    def directory(self) -> ObjectKey:
        return next(key for key in self.keys() if key.is_dir)

    @property
    def entry(self) -> ObjectKey:
        listed = json.loads(self.objects[self.directory.oid])
        return ObjectKey("it", "md5", listed[7]["md5"])


def path_of(key: ObjectKey) -> str:
    return f"files/md5/{key.oid[:2]}/{key.oid[2:]}"


def dvc(top: Path, *args: str) -> None:
    """The real dvc, with a site cache of its own."""
    env = {**os.environ, "DVC_SITE_CACHE_DIR": str(top.parent / "site-of-dvc"), "GIT_CONFIG_NOSYSTEM": "1"}
    words = [sys.executable, "-m", "dvc", *args]
    done = subprocess.run(words, check=False, cwd=top, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def make_data(top: Path) -> Data:
    top.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=top, check=True)
    dvc(top, "init", "-q")
    (top / "data").mkdir()
    for number in range(43):
        (top / "data" / f"{number}.txt").write_text(f"row {number}\n" * (number + 1))
    (top / "one.json").write_text('{"a": 1}')
    (top / "empty.txt").write_text("")
    dvc(top, "add", "-q", "data", "one.json", "empty.txt")
    cache = top / ".dvc/cache/files/md5"
    objects = {file.parent.name + file.name: file.read_bytes() for file in cache.glob("??/*")}
    assert len(objects) == 46
    assert all(hashlib.md5(body).hexdigest() == oid.removesuffix(".dir") for oid, body in objects.items())
    return Data(top=top, objects=objects)


def push(data: Data, settings: Mapping[str, object], scratch: Path) -> Path:
    """`dvc push` of the data to a remote with these settings; the project that did it."""
    top = scratch / "pushed"
    shutil.copytree(data.top, top, symlinks=True)
    lines = "".join(f"    {name} = {value}\n" for name, value in settings.items())
    with (top / ".dvc/config").open("a") as config:
        config.write(f"[core]\n    remote = storage\n    check_update = false\n['remote \"storage\"']\n{lines}")
    dvc(top, "push", "-q")
    return top
