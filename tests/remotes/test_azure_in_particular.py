"""What only Azure has: tiers, of which one cannot be read at once."""

import pytest
from blobs import Remote, path_of

pytestmark = [
    pytest.mark.system,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


@pytest.fixture
def store(azure: Remote):
    yield azure.store()
    while azure.opened:
        azure.opened.pop().close()


def test_an_archived_blob_is_named_so_and_its_neighbours_are_not(azure, store, data):
    path = path_of(data.entry)
    body = azure.blobs.get(path)
    azure.blobs.container.get_blob_client(f"base/{path}").set_standard_blob_tier("Archive")
    try:
        for keys in (data.keys(), [data.entry]):
            found = store.find(keys)
            assert {key for key, stored in found.items() if stored.archived} == {data.entry}
    finally:
        azure.blobs.delete(path)
        azure.blobs.put(path, body)
