"""What `release` relies on in the DVC that is installed; run with the lowest and the newest allowed."""

import hashlib
import json

import pytest
from project import Project


def test_a_file_lies_under_its_md5_with_the_size_of_its_pointer(project: Project):
    content = project.read("model/model.pt")
    oid = hashlib.md5(content).hexdigest()
    assert project.object_path(oid).read_bytes() == content
    assert f"md5: {oid}\n  size: {len(content)}\n" in project.read("model/model.pt.dvc").decode()


@pytest.mark.fast
def test_a_folder_lies_under_the_md5_of_its_listing(directory: Project):
    pointer = directory.read("data/images.dvc").decode()
    oid = pointer.split("md5: ")[1].split()[0]
    listing = directory.object_path(oid).read_bytes()
    assert oid == hashlib.md5(listing).hexdigest() + ".dir"
    assert {entry["relpath"] for entry in json.loads(listing)} >= {"cat/0000.png", "dog/0002.png"}
    assert "nfiles: 6" in pointer


def test_a_stage_out_keeps_its_flags_in_dvc_yaml_alone(pipeline: Project):
    lock = pipeline.read("dvc.lock").decode()
    assert "path: scores.json" in lock
    assert "cache:" not in lock


def test_relative_remotes_are_relative_to_the_configuration_file(project: Project):
    assert b"url = ../../stores/blob" in project.read(".dvc/config")


def test_status_of_the_cloud_says_in_sync_though_a_file_of_a_folder_is_lost(directory: Project):
    """Why the audit asks the store itself. When this fails, DVC got better."""
    oid = hashlib.md5(directory.read("data/images/cat/0001.png")).hexdigest()
    directory.lose(directory.object_path(oid))
    assert "in sync" in directory.dvc("status", "-c")


def test_the_four_names_that_stores_are_opened_with(project: Project):
    from dvc.config import Config  # noqa: PLC0415 - heavy
    from dvc.fs import get_cloud_fs  # noqa: PLC0415 - heavy

    config = Config(str(project.folder / ".dvc"))
    kind, settings, path = get_cloud_fs(config, name="storage")
    assert path == str(project.world.store)
    assert kind(**settings).exists(path)
