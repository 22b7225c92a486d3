"""Tracked folders, and pointers that say little: what of them is compared with the work tree."""

import hashlib
import shutil

from work_tree import check, settled

from release.core.check import Verdict


def test_one_file_more_and_one_file_less_are_each_a_change(directory):
    settled(directory)
    new = directory.write("data/images/new.png", b"new")
    assert check(directory)[0].message == "data/images changed since `dvc add`: new.png added"
    new.unlink()
    (directory.folder / "data/images/dog/0002.png").unlink()
    assert check(directory)[0].message == "data/images changed since `dvc add`: dog/0002.png removed"


def test_a_tracked_folder_without_files_is_there_when_it_is_there(directory):
    (directory.folder / "data/none").mkdir()
    directory.dvc("add", "--quiet", "data/none")
    directory.save("An empty folder")
    shutil.rmtree(directory.folder / "data/images")
    found, _ = check(directory)
    assert (found.verdict, found.message) == (Verdict.OK, "all tracked files match their pointers")
    directory.write("data/none/one.bin", b"1")
    assert check(directory)[0].message == "data/none changed since `dvc add`: one.bin added"


def test_a_folder_in_the_place_of_a_file_without_a_size_is_a_change(legacy):
    (legacy.folder / "data/tags.json").unlink()
    (legacy.folder / "data/tags.json").mkdir()
    found, _ = check(legacy)
    assert (found.verdict, found.message) == (Verdict.FAILED, "data/tags.json changed since `dvc add`")


def test_a_file_of_a_remote_that_keeps_versions_may_have_a_size_and_no_hash(project):
    settled(project).write("data/one.bin", b"1234")
    cloud = "  cloud: {storage: {etag: e, version_id: v}}"
    project.write("data/one.bin.dvc", f"outs:\n- path: one.bin\n  hash: md5\n  size: 4\n{cloud}\n")
    project.git("add", "-f", "data/one.bin.dvc")
    project.git("commit", "--quiet", "-m", "Versions")
    assert check(project)[0].verdict is Verdict.OK
    project.write("data/one.bin", b"12345")
    assert check(project)[0].message == "data/one.bin changed since `dvc add`"


def test_an_empty_folder_is_one_that_was_not_checked_out(directory):
    for file in (directory.folder / "data" / "images").rglob("*.png"):
        file.unlink()
    found, _ = check(directory)
    assert (found.verdict, found.message) == (Verdict.OK, "no DVC data checked out here; nothing to compare")


def test_files_of_a_remote_that_keeps_versions_are_compared_with_their_pointers(directory):
    """Such a pointer names its files itself; where it tells no hash, the name and nothing else is compared."""
    settled(directory)
    files = {path.name: path.read_bytes() for path in sorted((directory.folder / "data/images/cat").iterdir())}
    shutil.copytree(directory.folder / "data/images/cat", directory.folder / "data/kept")
    hashes = {name: f"  - relpath: {name}\n    md5: {hashlib.md5(body).hexdigest()}\n" for name, body in files.items()}
    hashes["0002.png"] = "  - relpath: 0002.png\n    etag: e\n"
    cloud = "    size: {}\n    cloud: {{storage: {{etag: e, version_id: v}}}}\n"
    listed = "".join(line + cloud.format(len(files[name])) for name, line in hashes.items())
    directory.write("data/kept.dvc", f"outs:\n- path: kept\n  hash: md5\n  files:\n{listed}")
    one = files["0000.png"]
    directory.write("data/one.png", one)
    directory.write(
        "data/one.png.dvc",
        f"outs:\n- path: one.png\n  hash: md5\n  md5: {hashlib.md5(one).hexdigest()}\n  size: {len(one)}\n"
        "  cloud: {storage: {etag: e, version_id: v}}\n",
    )
    directory.git("add", "-f", "data/kept.dvc", "data/one.png.dvc")
    directory.git("commit", "--quiet", "-m", "Versions")
    assert check(directory)[0].verdict is Verdict.OK
    directory.write("data/one.png", bytes(len(one)))
    assert check(directory)[0].message == "data/one.png changed since `dvc add`"
    directory.write("data/one.png", one)
    directory.write("data/kept/0001.png", bytes(len(files["0001.png"])))
    directory.write("data/kept/0002.png", b"no hash to compare with")
    assert check(directory)[0].message == "data/kept changed since `dvc add`: 0001.png changed"


def test_a_damaged_directory_object_in_the_cache_is_not_believed(directory):
    settled(directory)
    (kept,) = (directory.folder / ".dvc/cache").rglob("*.dir")
    kept.chmod(0o644)
    kept.write_bytes(b"[]")
    assert check(directory)[0].verdict is Verdict.OK
    (directory.folder / "data/images/cat/0000.png").write_bytes(b"CAT 0" * 30)
    assert check(directory)[0].message == "data/images changed since `dvc add`"


def test_a_listing_that_is_none_is_no_listing(directory):
    """Bytes that hash to their name and list nothing: the folder's own hash decides."""
    body = b'{"not": "a list"}'
    oid = f"{hashlib.md5(body).hexdigest()}.dir"
    kept = directory.folder / ".dvc/cache/files/md5" / oid[:2] / oid[2:]
    kept.parent.mkdir(exist_ok=True)
    kept.write_bytes(body)
    directory.write("data/images.dvc", f"outs:\n- md5: {oid}\n  hash: md5\n  path: images\n")
    directory.save("Nonsense")
    assert check(directory)[0].message == "data/images changed since `dvc add`"


def test_what_git_keeps_and_what_was_never_recorded_is_not_compared(pipeline):
    settled(pipeline)
    pipeline.write("scores.json", '{"accuracy": 0.99}\n')  # `cache: false`: git tells of it
    pipeline.write("new.bin.dvc", "outs:\n- path: new.bin\n")
    pipeline.write("new.bin", b"not added yet")
    pipeline.git("add", "-f", "new.bin.dvc")
    pipeline.git("commit", "--quiet", "-m", "A pointer without a hash")
    assert check(pipeline)[0].verdict is Verdict.OK


def test_a_pointer_without_a_size_is_compared_by_its_hash(project):
    lines = settled(project).read("model/model.pt.dvc").decode().splitlines(keepends=True)
    project.write("model/model.pt.dvc", "".join(line for line in lines if "size:" not in line))
    project.save("As written by hand")
    assert check(project)[0].verdict is Verdict.OK
    project.write("model/model.pt", b"longer and other")
    assert check(project)[0].message == "model/model.pt changed since `dvc add`"
