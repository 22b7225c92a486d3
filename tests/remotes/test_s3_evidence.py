"""ETags that are no MD5s, as with KMS, against ETags of other bytes: a listing shows no difference, an object's headers do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from blob_servers import Proxy, served
from blobs import SHORT, path_of

from release.dvc.remote import FEW, open_store

pytestmark = pytest.mark.system

OTHER = "0123456789abcdef" * 2


class OtherTags(Proxy):
    """The real server behind it, every ETag another than the content's MD5; `kms` says in the headers why.

    With `gone` nothing that a listing names is there any more when it is asked for.
    """

    kms = False
    gone = False

    def onward(self, body):
        status, headers, content = super().onward(body)
        headers = [(name, f'"{OTHER}"' if name.lower() == "etag" else value) for name, value in headers]
        if self.kms:
            headers.append(("x-amz-server-side-encryption", "aws:kms"))
        content = re.sub(rb"(<ETag>(?:&#34;|&quot;|\")?)[0-9a-f]{32}", rb"\g<1>" + OTHER.encode(), content)
        return (404 if self.gone and self.command == "HEAD" else status), headers, content


class Restored(Proxy):
    """The real server behind it, with the header of a restore that is finished."""

    def onward(self, body):
        status, headers, content = super().onward(body)
        words = 'ongoing-request="false", expiry-date="Fri, 21 Dec 2029 00:00:00 GMT"'
        return status, [*headers, ("x-amz-restore", words)], content


@contextmanager
def through(kind: type[Proxy], weed: int, **more) -> Iterator[tuple[int, list[str]]]:
    asked: list[str] = []
    with served(type("Here", (kind,), {"upstream": weed, "how": "", "asked": asked, **more})) as port:
        yield port, asked


def found_through(port: int, s3, data):
    settings = {**s3.settings, "endpointurl": f"http://127.0.0.1:{port}"}
    store = open_store("storage", settings, limits=SHORT)
    try:
        return store.find(data.keys())
    finally:
        store.close()


def test_under_kms_no_etag_is_evidence_and_not_each_object_is_asked_for(s3, weed, data):
    with through(OtherTags, weed, kms=True) as (port, asked):
        found = found_through(port, s3, data)
    assert len(found) == len(data.objects) > FEW
    assert {(stored.size_bytes == len(data.objects[key.oid]), stored.md5) for key, stored in found.items()} == {
        (True, None)
    }
    assert sum(line.startswith("HEAD") for line in asked) == FEW


def test_many_objects_of_other_bytes_are_each_found_out(s3, weed, data):
    with through(OtherTags, weed, kms=False) as (port, asked):
        found = found_through(port, s3, data)
    assert len(found) == len(data.objects) > FEW
    assert {stored.md5 for stored in found.values()} == {OTHER}
    assert sum(line.startswith("HEAD") for line in asked) == len(data.objects)


def test_an_object_that_went_away_since_the_listing_is_not_there(s3, weed, data):
    with through(OtherTags, weed, gone=True) as (port, asked):
        found = found_through(port, s3, data)
    assert sum(line.startswith("HEAD") for line in asked) == FEW
    assert len(found) == len(data.objects) - FEW


def test_an_archived_object_that_was_restored_is_no_longer_archived(s3, weed, owner, data):
    where = {"Bucket": "plain", "Key": f"base/{path_of(data.entry)}", "Body": data.objects[data.entry.oid]}
    owner.put_object(**where, StorageClass="GLACIER")
    try:
        with through(Restored, weed) as (port, _):
            found = found_through(port, s3, data)
        assert len(found) == len(data.objects)
        assert found[data.entry].archived is None
    finally:
        owner.put_object(**where)
