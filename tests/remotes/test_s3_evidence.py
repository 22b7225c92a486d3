"""ETags that are no MD5s, as with KMS, against ETags of other bytes: a listing shows no difference, an object's headers do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from blob_servers import Proxy, served
from blobs import SHORT

from release.adapters.dvc.listing import FEW
from release.adapters.dvc.open_store import open_store

pytestmark = pytest.mark.system

OTHER = "0123456789abcdef" * 2


class OtherTags(Proxy):
    """The real server behind it, every ETag another than the content's MD5; `kms` says in the headers why."""

    kms = False

    def onward(self, body):
        status, headers, content = super().onward(body)
        headers = [(name, f'"{OTHER}"' if name.lower() == "etag" else value) for name, value in headers]
        if self.kms:
            headers.append(("x-amz-server-side-encryption", "aws:kms"))
        content = re.sub(rb"(<ETag>(?:&#34;|&quot;|\")?)[0-9a-f]{32}", rb"\g<1>" + OTHER.encode(), content)
        return status, headers, content


@contextmanager
def tags(weed: int, *, kms: bool) -> Iterator[tuple[int, list[str]]]:
    asked: list[str] = []
    with served(type("Here", (OtherTags,), {"upstream": weed, "how": "", "asked": asked, "kms": kms})) as port:
        yield port, asked


def found_through(port: int, s3, data):
    settings = {**s3.settings, "endpointurl": f"http://127.0.0.1:{port}"}
    store = open_store("storage", settings, folder=Path("/"), limits=SHORT)
    try:
        return store.find(data.keys())
    finally:
        store.close()


def test_under_kms_no_etag_is_evidence_and_not_each_object_is_asked_for(s3, weed, data):
    with tags(weed, kms=True) as (port, asked):
        found = found_through(port, s3, data)
    assert len(found) == len(data.objects) > FEW
    assert {(stored.size_bytes == len(data.objects[key.oid]), stored.md5) for key, stored in found.items()} == {
        (True, None)
    }
    assert sum(line.startswith("HEAD") for line in asked) == FEW


def test_many_objects_of_other_bytes_are_each_found_out(s3, weed, data):
    with tags(weed, kms=False) as (port, asked):
        found = found_through(port, s3, data)
    assert len(found) == len(data.objects) > FEW
    assert {stored.md5 for stored in found.values()} == {OTHER}
    assert sum(line.startswith("HEAD") for line in asked) == len(data.objects)
