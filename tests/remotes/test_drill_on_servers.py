"""`release drill` on each kind of remote: what comes back without the credentials of the user's own configuration."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from blobs import Data, Remote, path_of
from project.run import call

pytestmark = [
    pytest.mark.system,
    # httpcore (under webdav4) forgets to close its side of connections that the server has closed
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]

VARIABLES = {
    "access_key_id": "AWS_ACCESS_KEY_ID",
    "secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "connection_string": "AZURE_STORAGE_CONNECTION_STRING",
}
# gcsfs asks by gRPC for the kind of a bucket, at Google itself although there is an `endpointurl`.
SWITCHES = {"gs": {"GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false"}}


class Published:
    """A repository with a tag and its data on a server; git has its configuration, but for what a variable can hold."""

    def __init__(self, folder: Path, data: Data, remote: Remote) -> None:
        self.folder = folder
        shutil.copytree(data.top, folder, symlinks=True)
        self.keys = {VARIABLES[name]: str(value) for name, value in remote.settings.items() if name in VARIABLES}
        self.named = {**self.keys, **SWITCHES.get(remote.kind, {})}
        shared = {name: value for name, value in remote.settings.items() if name not in VARIABLES}
        lines = [f"    {name} = {value}\n" for name, value in shared.items()]
        with (folder / ".dvc/config").open("a") as config:
            config.write(f"[core]\n    remote = storage\n['remote \"storage\"']\n{''.join(lines)}")
        for line in ("add --all", "commit --quiet -m Data", "tag -a v1.0.0 -m First"):
            subprocess.run(["git", *line.split()], cwd=folder, check=True)

    def release(self, *words, **variables):
        return call(words, folder=self.folder, environment={**os.environ, **variables})

    def drill(self):
        """A drill with the named keys, which are never shown."""
        run = self.release("drill", *(word for name in self.named for word in ("--env", name)), **self.named)
        return run.never_says(*self.keys.values())


@pytest.fixture
def published(tmp_path, data, remote, site_cache):
    return Published(tmp_path / "project", data, remote)


@pytest.mark.parametrize("remote", ["s3", "ssh", "webdav", "webhdfs", "http", "azure", "google"], indirect=True)
def test_all_comes_back_but_what_is_lost_or_damaged(published, remote, data):
    """Where the store tells no hash only the bytes can show it: DVC does not compare what it pulls."""
    before = remote.blobs.all()
    published.drill().succeeds().says("each read and equal to its pointer")
    path, body = path_of(data.entry), data.objects[data.entry.oid]
    with remote.having(path, body[:-1] + bytes([body[-1] ^ 1])):
        run = published.drill().fails_with(4)
        run.says("its content is" if remote.evidence else "is not what its pointer says")
        run.helps("release verify v1.0.0 --push")
    with remote.without(path):
        published.drill().fails_with(4).says("cannot be restored").helps("verify v1.0.0 --push")
    assert remote.blobs.all().keys() == before.keys()


@pytest.mark.parametrize("remote", ["s3", "azure"], indirect=True)
def test_without_a_key_it_names_what_is_missing(published, remote):
    run = published.release("drill", **published.keys).fails_with(6)
    run.says("`dvc pull` of v1.0.0 failed in the clean room, which has none of your variables")
    run.helps("release drill v1.0.0 " + " ".join(f"--env {name}" for name in published.keys))
    published.release("drill").fails_with(6)  # not even the caller can ask
