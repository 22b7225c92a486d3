"""`release verify` as a user calls it, on each kind of remote: found, read, healed, and never healed with broken bytes."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from blobs import Data, Remote, path_of
from project.run import call

pytestmark = [
    pytest.mark.system,
    # httpcore (under webdav4) forgets to close its side of connections that the server has closed
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


OPENING = ("user", "password", "access_key_id", "secret_access_key", "connection_string")


def section(settings: Mapping[str, object]) -> str:
    return "['remote \"storage\"']\n" + "".join(f"    {name} = {value}\n" for name, value in settings.items())


class Checkout:
    """A clone of the data's project, with its cache: the committed configuration names the remote, `config.local` opens it."""

    def __init__(self, folder: Path, data: Data, remote: Remote) -> None:
        self.folder = folder
        shutil.copytree(data.top, folder, symlinks=True)
        opening = {name: value for name, value in remote.settings.items() if name in OPENING}
        (folder / ".dvc/config.local").write_text(section(opening))
        with (folder / ".dvc/config").open("a") as config:
            named = {name: value for name, value in remote.settings.items() if name not in opening}
            config.write(f"[core]\n    remote = storage\n{section(named)}")
        for words in (["add", "--all"], ["commit", "--quiet", "-m", "Data"]):
            subprocess.run(["git", *words], cwd=folder, check=True)

    def release(self, *words: str):
        return call(words, folder=self.folder, environment=os.environ)

    def cached(self, oid: str) -> Path:
        return self.folder / ".dvc/cache/files/md5" / oid[:2] / oid[2:]


@pytest.fixture
def checkout(tmp_path, data, remote, site_cache):
    return Checkout(tmp_path / "checkout", data, remote)


def test_a_healthy_remote_is_proved_and_read_whole(checkout, remote, data):
    before = remote.blobs.all()
    checkout.release("verify").succeeds().says("46 objects")
    checkout.release("verify", "--deep").succeeds().says("46 objects")
    assert remote.blobs.all() == before


def test_a_lost_file_is_healed_from_the_cache(checkout, remote, data):
    path = path_of(data.entry)
    with remote.without(path):
        checkout.release("verify").fails_with(4).helps("release verify HEAD --push")
        checkout.release("verify", "--push").succeeds().says("Uploaded 1 object")
        assert remote.blobs.get(path) == data.objects[data.entry.oid]


def test_a_directory_object_comes_after_its_files_or_not_at_all(checkout, remote, data):
    lost = checkout.cached(data.entry.oid)
    with remote.without(path_of(data.entry)), remote.without(path_of(data.directory)):
        body = lost.read_bytes()
        lost.chmod(0o644)
        lost.write_bytes(b"damaged")
        checkout.release("verify", "--push").fails_with(4).says("your cache's copy is damaged", "Nothing was uploaded")
        lost.write_bytes(body)
        checkout.release("verify", "--push").succeeds().says("Uploaded 2 objects")


def test_other_bytes_of_the_same_size_are_found_by_reading_and_replaced(checkout, remote, data):
    path, body = path_of(data.entry), data.objects[data.entry.oid]
    with remote.having(path, bytes(len(body))):
        checkout.release("verify", "--deep").fails_with(4).says("its content is")
        checkout.release("verify", "--deep", "--push").succeeds().says("replacing damaged ones")
        assert remote.blobs.get(path) == body


def test_a_cut_directory_object_is_found_though_the_cache_has_it_whole(checkout, remote, data):
    path, body = path_of(data.directory), data.objects[data.directory.oid]
    with remote.having(path, body[:-1]):
        (row,) = checkout.release("verify", "--json").fails_with(4).json["revisions"]
        assert {(problem["path"], problem["kind"] in ("corrupt", "wrong-size")) for problem in row["problems"]} == {
            ("data", True)
        }
        checkout.release("verify", "--push").succeeds().says("replacing damaged ones")
        assert remote.blobs.get(path) == body


def test_a_damaged_directory_object_in_the_cache_is_not_believed(checkout, remote, data):
    cached = checkout.cached(data.directory.oid)
    cached.chmod(0o644)
    cached.write_bytes(b"[]")
    checkout.release("verify").succeeds().says("46 objects")


def test_all_is_read_once_and_the_remote_remembers(checkout, remote, data, tmp_path):
    """A second clone reads nothing again, wherever records can be written; what rots later is found when it is due."""
    subprocess.run(["git", "tag", "v1.0.0"], cwd=checkout.folder, check=True)
    every = ("verify", "--deep", "--every", "30d")
    try:
        first = checkout.release(*every, "--json").succeeds().json["reading"]
        assert (first["read_shards"], first["covered_bytes"]) == (1, first["total_bytes"])
        written = [path for path in remote.blobs.all() if path.startswith("release-reads/")]
        assert (len(written), first["private_records"]) == ((0, ["storage"]) if (remote.kind == "http") else (1, []))
        assert checkout.release(*every, "--json").succeeds().json["reading"]["read_bytes"] == 0
        shutil.rmtree(checkout.folder / ".git/release", ignore_errors=True)
        again = checkout.release(*every, "--json").succeeds().json["reading"]["read_bytes"]
        assert again == (first["total_bytes"] if (remote.kind == "http") else 0)
        for path in written:
            remote.blobs.delete(path)
            remote.blobs.put(f"release-reads/2020-01-01/{path.rpartition('/')[2]}", b"x")
        body = data.objects[data.entry.oid]
        with remote.having(path_of(data.entry), bytes(len(body))):
            shutil.rmtree(checkout.folder / ".git/release", ignore_errors=True)
            checkout.release(*every, "--include-foreign").fails_with(4).says("its content is")
        checkout.release(*every).succeeds()
        assert [path for path in remote.blobs.all() if path.startswith("release-reads/2020")] == []
    finally:
        for path in [path for path in remote.blobs.all() if path.startswith("release-reads/")]:
            remote.blobs.delete(path)


def test_what_is_archived_cannot_be_read_and_is_told_as_archived(tmp_path, data, s3, owner, site_cache):
    checkout = Checkout(tmp_path / "checkout", data, s3)
    where = {"Bucket": "plain", "Key": f"base/{path_of(data.entry)}", "Body": data.objects[data.entry.oid]}
    owner.put_object(**where, StorageClass="GLACIER")
    try:
        (row,) = checkout.release("verify", "--deep", "--json").fails_with(4).json["revisions"]
    finally:
        owner.put_object(**where)
    assert [(problem["kind"], problem["oid"]) for problem in row["problems"]] == [("archived", data.entry.oid)]
