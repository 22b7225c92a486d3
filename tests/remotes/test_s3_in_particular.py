"""What only S3 has: versions, rights that differ for listing and reading, storage classes, pages."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from blob_servers import proxy
from blobs import SHORT, Remote, dvc, path_of, push

from release.core.pointer import ObjectKey
from release.dvc.backend import Limits
from release.dvc.remote import open_store
from release.errors import Unknown

pytestmark = pytest.mark.system


@pytest.fixture
def opened():
    """Opens stores, and closes them afterwards."""
    stores = []

    def opening(settings, limits=SHORT):
        stores.append(open_store("storage", settings, limits=limits))
        return stores[-1]

    yield opening
    for store in stores:
        store.close()


def through(settings: dict[str, Any], port: int) -> dict[str, Any]:
    return {**settings, "endpointurl": f"http://127.0.0.1:{port}"}


@pytest.mark.parametrize("how", ["500", "close", "half"])
def test_a_listing_that_breaks_in_any_way_at_page_two_is_cut_short(s3, weed, data, opened, how):
    with proxy(weed, later_pages=how) as (port, asked):
        with pytest.raises(Unknown, match="listing cut short after 20 objects"):
            opened(through(s3.settings, port)).find(data.keys())
        assert len(asked) >= 2


def test_a_page_that_fails_once_is_asked_for_again(s3, weed, data, opened):
    with proxy(weed, later_pages="500") as (port, asked):
        with pytest.raises(Unknown, match="listing cut short"):
            opened(through(s3.settings, port), Limits(attempts=3, page_size=20)).find(data.keys())
        assert len([path for path in asked if "continuation-token" in path]) == 3


def test_few_objects_among_many_foreign_ones_cost_no_listing(s3, weed, owner, data, opened):
    foreign = [hashlib.md5(b"%d" % number).hexdigest() for number in range(300)]
    for oid in foreign:
        owner.put_object(Bucket="plain", Key=f"crowd/files/md5/{oid[:2]}/{oid[2:]}", Body=b"x")
    keys = [ObjectKey("it", "md5", oid) for oid in foreign[:5]]
    with proxy(weed) as (port, asked):
        settings = through({**s3.settings, "url": "s3://plain/crowd"}, port)
        assert len(opened(settings).find(keys)) == 5
        assert len(asked) == 5
        assert all(line.startswith("HEAD") for line in asked)


@pytest.fixture(scope="session")
def crowd(owner):
    """The names of 2,500 objects below `s3://plain/mass`."""
    bodies = [b"crowd %d" % number for number in range(2500)]
    oids = [hashlib.md5(body).hexdigest() for body in bodies]
    for oid, body in zip(oids, bodies, strict=True):
        owner.put_object(Bucket="plain", Key=f"mass/files/md5/{oid[:2]}/{oid[2:]}", Body=body)
    return oids


def test_forty_objects_among_foreign_ones_cost_one_page_and_questions(s3, weed, crowd, opened):
    foreign = crowd
    lost = ObjectKey("it", "md5", "f" * 32)
    keys = [ObjectKey("it", "md5", oid) for oid in foreign[:39]]
    with proxy(weed) as (port, asked):
        settings = through({**s3.settings, "url": "s3://plain/mass"}, port)
        assert set(opened(settings, Limits()).find([*keys, lost])) == set(keys)
        assert sum(line.startswith("GET") for line in asked) == 1
        assert sum(line.startswith("HEAD") for line in asked) < 40
    with proxy(weed) as (port, asked):
        settings = through({**s3.settings, "url": "s3://plain/mass"}, port)
        every = [ObjectKey("it", "md5", oid) for oid in foreign]
        assert set(opened(settings, Limits()).find([*every, lost])) == set(every)
        assert [line.split()[0] for line in asked] == ["GET"] * 3


def test_many_pages_are_listed_side_by_side_and_nothing_is_lost(s3, crowd, opened):
    settings = {**s3.settings, "url": "s3://plain/mass"}
    keys = [ObjectKey("it", "md5", oid) for oid in crowd]
    found = opened(settings, Limits(page_size=20)).find(keys)
    assert set(found) == set(keys)


def test_who_may_read_and_not_list_is_answered_object_by_object(s3, data, opened):
    reader = {**s3.settings, "access_key_id": "AKREADER", "secret_access_key": "SKREADERsecret"}
    assert set(opened(reader).find(data.keys())) == set(data.keys())


def test_an_archived_object_is_named_so_and_its_neighbours_are_not(s3, owner, data, opened):
    key = data.entry
    body = data.objects[key.oid]
    where = {"Bucket": "plain", "Key": f"base/{path_of(key)}", "Body": body}
    owner.put_object(**where, StorageClass="GLACIER")
    try:
        for keys in (data.keys(), [key]):
            found = opened(s3.settings).find(keys)
            assert {k for k, stored in found.items() if stored.archived == "GLACIER"} == {key}
    finally:
        owner.put_object(**where)


def test_the_legacy_layout_is_listed_folder_by_folder(s3, owner, data, opened):
    for oid, body in data.objects.items():
        owner.put_object(Bucket="plain", Key=f"old/{oid[:2]}/{oid[2:]}", Body=body)
    owner.put_object(Bucket="plain", Key="old/files/md5/00/foreign", Body=b"")
    settings = {**s3.settings, "url": "s3://plain/old"}
    keys = [ObjectKey("it", "legacy", oid) for oid in data.objects]
    assert set(opened(settings).find(keys)) == set(keys)
    lost = keys[3]
    owner.delete_object(Bucket="plain", Key=f"old/{lost.oid[:2]}/{lost.oid[2:]}")
    assert set(opened(settings).find(keys)) == set(keys) - {lost}


def test_parts_leave_no_evidence_and_no_false_alarm(s3, owner, data, opened):
    body = b"p" * (5 << 20)
    key = ObjectKey("it", "md5", hashlib.md5(body * 2).hexdigest())
    where = {"Bucket": "plain", "Key": f"base/{path_of(key)}"}
    upload = owner.create_multipart_upload(**where)["UploadId"]
    parts = [
        {"PartNumber": n, "ETag": owner.upload_part(**where, UploadId=upload, PartNumber=n, Body=body)["ETag"]}
        for n in (1, 2)
    ]
    owner.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
    try:
        stored = opened(s3.settings).find([*data.keys(), key])[key]
        assert (stored.size_bytes, stored.md5) == (10 << 20, None)
    finally:
        owner.delete_object(**where)


def versions(top: Path) -> dict[str, str]:
    """path -> version id, as DVC wrote them into its pointers."""
    found = {}
    for pointer in top.glob("[!.]*.dvc"):
        (out,) = yaml.safe_load(pointer.read_text())["outs"]
        for each in out.get("files", [{**out, "relpath": ""}]):
            path = f"{out['path']}/{each['relpath']}".rstrip("/")
            found[path] = each["cloud"]["storage"]["version_id"]
    return found


def test_versions_are_found_though_overwritten_and_missed_when_gone(
    s3_versioned: Remote, owner, data, opened, tmp_path
):
    settings = {**s3_versioned.settings, "url": "s3://versioned/kept", "version_aware": "true"}
    top = push(data, settings, tmp_path)
    known = versions(top)
    assert len(known) == 45
    owner.put_object(Bucket="versioned", Key="kept/one.json", Body=b"newer")
    owner.delete_object(Bucket="versioned", Key="kept/data/3.txt")
    keys = {path: ObjectKey("it", "version", f"{path}\0{version}") for path, version in known.items()}
    store = opened(settings)
    assert set(store.find(keys.values())) == set(keys.values())
    assert store.read(keys["one.json"]) == b'{"a": 1}'
    owner.delete_object(Bucket="versioned", Key="kept/data/5.txt", VersionId=known["data/5.txt"])
    assert set(store.find(keys.values())) == set(keys.values()) - {keys["data/5.txt"]}
    shutil.rmtree(top / ".dvc/cache")
    (top / "one.json").unlink()
    dvc(top, "pull", "-q", "one.json")
    assert (top / "one.json").read_text() == '{"a": 1}'


def test_two_versions_of_one_path_are_two_objects(owner, weed, s3_versioned, opened):
    where = {"Bucket": "versioned", "Key": "twice/one.json"}
    ids = [owner.put_object(**where, Body=body)["VersionId"] for body in (b"first", b"second!")]
    keys = [ObjectKey("it", "version", f"one.json\0{version}") for version in ids]
    found = opened({**s3_versioned.settings, "url": "s3://versioned/twice"}).find(keys)
    assert [found[key].size_bytes for key in keys] == [5, 7]
    owner.delete_object(**where, VersionId=ids[0])
    assert set(opened({**s3_versioned.settings, "url": "s3://versioned/twice"}).find(keys)) == {keys[1]}
