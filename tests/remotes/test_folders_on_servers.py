"""SSH and WebDAV keep real folders: what lies in the place of an object, and what is to be seen while one is put there."""

import hashlib

import pytest
from blobs import FolderBlobs, Remote, path_of

from release.core.pointer import ObjectKey

pytestmark = [
    pytest.mark.system,
    # httpcore (under webdav4) forgets to close its side of connections that the server has closed
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


@pytest.fixture(params=["ssh", "webdav"])
def server(request):
    chosen: Remote = request.getfixturevalue(request.param)
    yield chosen
    while chosen.opened:
        chosen.opened.pop().close()


def folder_of(server: Remote):
    assert isinstance(server.blobs, FolderBlobs)
    return server.blobs.folder


@pytest.mark.parametrize("count", [5, 46])
def test_a_folder_in_the_place_of_an_object_is_none(server, data, count):
    keys = sorted({data.entry, *data.keys()[: count - 1]})
    with server.without(path_of(data.entry)):
        place = folder_of(server) / path_of(data.entry)
        place.mkdir()
        try:
            assert set(server.store().find(keys)) == set(keys) - {data.entry}
        finally:
            place.rmdir()


def test_an_object_appears_whole(server, tmp_path):
    body = bytes(range(256)) * 4 * 4096  # four megabytes: many pieces
    source = tmp_path / "new"
    source.write_bytes(body)
    key = ObjectKey("it", "md5", hashlib.md5(body).hexdigest())
    place = folder_of(server) / path_of(key)
    seen: list[bool] = []

    def stopped() -> bool:
        seen.append(place.exists())
        return False

    store = server.store()
    store.wire.put(source, store._place(key)[0], stopped)
    try:
        assert place.read_bytes() == body
        assert len(seen) > 1
        assert not any(seen), "it was to be seen before it was whole"
        assert not list(folder_of(server).rglob(".*.tmp")), "the folder that it was written to was left behind"
    finally:
        place.unlink()
