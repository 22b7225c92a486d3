"""The same stories on every kind of remote, each a real server with data that the real dvc pushed."""

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from blobs import SHORT, Remote, path_of
from msgspec.structs import replace

from release.core.pointer import ObjectKey
from release.dvc.store import Forbidden
from release.errors import Cancelled, DataMissing, Unknown

pytestmark = [
    pytest.mark.system,
    # httpcore (under webdav4) forgets to close its side of connections that the server has closed
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


@contextmanager
def nothing_written(remote: Remote, site_cache) -> Iterator[None]:
    before = remote.blobs.all()
    yield
    assert remote.blobs.all() == before
    assert not site_cache.exists() or not list(site_cache.iterdir())


def keys_as(data, count: int) -> list[ObjectKey]:
    """So many of the keys, the directory and the entry among them: few are asked for one by one, many are listed."""
    return sorted({data.directory, data.entry, *data.keys()[: count - 2]})


def test_a_healthy_remote_has_every_object_with_its_size(remote, data, site_cache):
    for count in (5, 46):
        keys = keys_as(data, count)
        with nothing_written(remote, site_cache):
            found = remote.store().find(keys)
        assert {key: stored.size_bytes for key, stored in found.items()} == {k: len(data.objects[k.oid]) for k in keys}
        assert all(stored.archived is None for stored in found.values())
        if remote.evidence:
            assert all(stored.md5 == key.oid.removesuffix(".dir") for key, stored in found.items())


def test_a_base_folder_that_does_not_exist_holds_nothing(remote, data, site_cache):
    for count in (5, 46):
        with nothing_written(remote, site_cache):
            assert remote.store(remote.empty).find(keys_as(data, count)) == {}


@pytest.mark.parametrize("count", [5, 46])
@pytest.mark.parametrize("what", ["directory", "entry"])
def test_one_missing_object_is_missed_and_no_other(remote, data, site_cache, count, what):
    lost = getattr(data, what)
    keys = keys_as(data, count)
    with remote.without(path_of(lost)), nothing_written(remote, site_cache):
        assert set(remote.store().find(keys)) == set(keys) - {lost}


def test_what_is_gone_since_the_last_question_is_not_remembered(remote, data):
    store = remote.store()
    keys = data.keys()
    assert len(store.find(keys)) == 46
    with remote.without(path_of(data.entry)):
        assert data.entry not in store.find(keys)
        assert store.find([data.entry]) == {}
    assert len(store.find(keys)) == 46


@pytest.mark.parametrize("count", [5, 46])
def test_a_truncated_object_has_another_size(remote, data, site_cache, count):
    with remote.having(path_of(data.directory), b"[{"), nothing_written(remote, site_cache):
        assert remote.store().find(keys_as(data, count))[data.directory].size_bytes == 2


@pytest.mark.parametrize("count", [5, 46])
def test_other_bytes_of_the_same_size_show_where_the_store_tells(remote, data, count):
    other = b"x" * len(data.objects[data.entry.oid])
    with remote.having(path_of(data.entry), other):
        stored = remote.store().find(keys_as(data, count))[data.entry]
    assert stored.size_bytes == len(other)
    assert stored.md5 == (hashlib.md5(other).hexdigest() if remote.evidence else None)


def shows_no_secret(remote: Remote, error: Unknown) -> bool:
    told = f"{error.message} {error.help}"
    return not any(secret in told for secret in remote.secrets)


@pytest.mark.parametrize("count", [5, 46])
def test_a_remote_that_refuses_is_forbidden_and_not_empty(remote, data, count):
    with pytest.raises(Forbidden) as refused:
        remote.store(remote.refused).find(keys_as(data, count))
    assert refused.value.help
    assert shows_no_secret(remote, refused.value)
    if remote.kind == "s3":
        assert "s3:ListBucket" in refused.value.help
    if remote.kind == "gs":
        assert "storage.objects.list" in refused.value.help


@pytest.mark.parametrize("count", [5, 46])
def test_a_remote_at_which_nobody_listens_is_unreachable(remote, data, count):
    with pytest.raises(Unknown, match="no answer") as told:
        remote.store(remote.gone).find(keys_as(data, count))
    assert shows_no_secret(remote, told.value)


@pytest.mark.timeout(120)
def test_a_remote_that_never_answers_is_unreachable_in_bounded_time(remote, data):
    with pytest.raises(Unknown, match="no answer"):
        remote.store(remote.mute, replace(SHORT, connect_s=1, read_s=1)).find(data.keys())


def test_a_listing_that_stops_half_way_is_no_answer(remote, data):
    if remote.cut is None:
        assert len(remote.store().find(data.keys())) == 46  # asked one by one: there is no listing to cut
        return
    with pytest.raises(Unknown) as told:
        remote.store(remote.cut).find(data.keys())
    if remote.kind in ("s3", "azure", "gs"):
        assert "listing cut short" in told.value.message
        assert ("20" in told.value.message) == (remote.kind == "s3")  # the others are listed folder by folder
    assert shows_no_secret(remote, told.value)


def test_bytes_are_read_as_they_are(remote, data, site_cache):
    with nothing_written(remote, site_cache):
        store = remote.store()
        for key in keys_as(data, 5):
            assert store.read(key) == data.objects[key.oid]


def test_reading_what_is_not_there_is_missing_data(remote, data):
    absent = ObjectKey("it", "md5", "0" * 32)
    with pytest.raises(DataMissing, match="0" * 32):
        remote.store().read(absent)


def test_reading_what_is_refused_is_not_missing_data(remote, data):
    with pytest.raises(Forbidden) as refused:
        remote.store(remote.refused).read(data.entry)
    assert shows_no_secret(remote, refused.value)


def test_what_is_uploaded_is_found_and_leaves_nothing_beside_it(remote, tmp_path):
    body = b"new bytes\n" * 1000
    source = tmp_path / "new"
    source.write_bytes(body)
    key = ObjectKey("it", "md5", hashlib.md5(body).hexdigest())
    before = set(remote.blobs.all())
    store = remote.store()
    assert store.find([key]) == {}
    store.upload(key, source)
    try:
        assert store.find([key])[key].size_bytes == len(body)
        assert store.read(key) == body
        assert set(remote.blobs.all()) - before == {path_of(key)}
    finally:
        remote.blobs.delete(path_of(key))


def test_an_upload_to_a_store_that_was_stopped_is_cancelled_and_leaves_nothing(remote, tmp_path):
    source = tmp_path / "new"
    source.write_bytes(b"new bytes\n" * 1000)
    key = ObjectKey("it", "md5", hashlib.md5(source.read_bytes()).hexdigest())
    before = remote.blobs.all()
    store = remote.store()
    store.stop()
    with pytest.raises(Cancelled):
        store.upload(key, source)
    assert remote.blobs.all() == before


class SetMeanwhile(threading.Event):
    """Asked for the first time, nobody has stopped anything yet."""

    asked = 0

    def is_set(self) -> bool:
        self.asked += 1
        return self.asked > 1


def test_an_upload_that_is_stopped_meanwhile_is_never_told_as_done(s3, tmp_path):
    source = tmp_path / "new"
    source.write_bytes(b"more bytes\n" * 1000)
    key = ObjectKey("it", "md5", hashlib.md5(source.read_bytes()).hexdigest())
    store = replace(s3.store(), stopping=SetMeanwhile())
    try:
        with pytest.raises(Cancelled):
            store.upload(key, source)
    finally:
        if path_of(key) in s3.blobs.all():  # whole, for it is small
            s3.blobs.delete(path_of(key))
        store.close()


def test_a_program_that_asked_ends_without_a_word_though_it_closed_nothing(remote, data, tmp_path):
    (tmp_path / "in.json").write_text(json.dumps([remote.settings, list(data.objects)]))
    code = (
        "import json, sys; from pathlib import Path;"
        "from release.dvc.remote import open_store; from release.core.pointer import ObjectKey;"
        "settings, oids = json.load(open(sys.argv[1]));"
        "found = open_store('s', settings).find([ObjectKey('it', 'md5', oid) for oid in oids]);"
        "print(len(found))"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "in.json")]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "46\n", "")
