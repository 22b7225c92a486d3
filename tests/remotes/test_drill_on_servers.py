"""`release drill` on S3 and SSH: what comes back without the credentials of the user's own configuration."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from blobs import Data, Remote, path_of
from project.run import call

pytestmark = pytest.mark.system

KEYS = {"AWS_ACCESS_KEY_ID": "AKOWNER", "AWS_SECRET_ACCESS_KEY": "SKOWNERsecret"}
ENV = ("--env", "AWS_ACCESS_KEY_ID", "--env", "AWS_SECRET_ACCESS_KEY")
PRIVATE = ("access_key_id", "secret_access_key")


class Published:
    """A repository with a tag and its data on a server; the configuration in git has all settings but keys of S3."""

    def __init__(self, folder: Path, data: Data, remote: Remote) -> None:
        self.folder = folder
        shutil.copytree(data.top, folder, symlinks=True)
        shared = {name: value for name, value in remote.settings.items() if name not in PRIVATE}
        lines = [f"    {name} = {value}\n" for name, value in shared.items()]
        with (folder / ".dvc/config").open("a") as config:
            config.write(f"[core]\n    remote = storage\n['remote \"storage\"']\n{''.join(lines)}")
        for line in ("add --all", "commit --quiet -m Data", "tag -a v1.0.0 -m First"):
            subprocess.run(["git", *line.split()], cwd=folder, check=True)

    def release(self, *words, **variables):
        return call(words, folder=self.folder, environment={**os.environ, **variables})


@pytest.fixture
def on_s3(tmp_path, data, s3, site_cache):
    return Published(tmp_path / "project", data, s3)


@pytest.fixture
def on_ssh(tmp_path, data, ssh, site_cache):
    return Published(tmp_path / "project", data, ssh)


def test_on_s3_with_the_named_keys(on_s3, s3, data):
    before = s3.blobs.all()
    run = on_s3.release("drill", *ENV, **KEYS).succeeds()
    run.says("each read and equal to its pointer").never_says(KEYS["AWS_SECRET_ACCESS_KEY"])
    with s3.without(path_of(data.entry)):
        on_s3.release("drill", *ENV, **KEYS).fails_with(4).says("cannot be restored").helps("verify v1.0.0 --push")
    assert s3.blobs.all().keys() == before.keys()


def test_on_s3_without_a_key_it_names_what_is_missing(on_s3):
    run = on_s3.release("drill", **KEYS).fails_with(6)
    run.says("`dvc pull` of v1.0.0 failed in the clean room, which has none of your variables")
    run.helps("release drill v1.0.0 --env AWS_ACCESS_KEY_ID --env AWS_SECRET_ACCESS_KEY")
    on_s3.release("drill").fails_with(6)  # not even the caller can ask


def test_on_ssh_where_only_the_bytes_can_tell(on_ssh, ssh, data):
    """SFTP tells no hash, and DVC does not compare what it pulls."""
    on_ssh.release("drill").succeeds().says("each read and equal to its pointer")
    path, body = path_of(data.entry), data.objects[data.entry.oid]
    with ssh.having(path, body[:-1] + bytes([body[-1] ^ 1])):
        run = on_ssh.release("drill").fails_with(4)
        run.says("is not what its pointer says").helps("release verify v1.0.0 --push --deep")
