"""A `dvc add` that was forgotten is seen; what was not changed is not read."""

import shutil

import pytest
from project import Project
from work_tree import check, settled

from release.core.check import Verdict
from release.errors import ExitCode


def test_what_dvc_put_there_is_known_without_reading_it(project):
    found, read = check(settled(project))
    assert (found.verdict, found.name) == (Verdict.OK, "work tree")
    assert found.message == "all tracked files match their pointers"
    assert read == 0


def test_a_folder_that_dvc_put_there_is_known_without_reading_it(directory):
    found, read = check(settled(directory))
    assert (found.verdict, read) == (Verdict.OK, 0)


def test_without_dvcs_memory_the_files_are_read(project):
    project.world.variables["DVC_SITE_CACHE_DIR"] = str(project.world.root / "home" / "none")
    found, read = check(project)
    assert found.verdict is Verdict.OK
    assert read > 0


def test_a_new_model_that_was_not_added_is_refused(project):
    settled(project).write("model/model.pt", b"better")
    found, read = check(project)
    assert (found.verdict, found.code) == (Verdict.FAILED, ExitCode.REFUSED)
    assert found.message == "model/model.pt changed since `dvc add`"
    assert (
        found.help
        == "dvc add model/model.pt, then commit the pointers; or, to restore the committed data: dvc checkout model/model.pt"
    )
    assert read == 0, "the size had told already"


def test_a_change_of_equal_size_is_seen(project):
    project.write("model/model.pt", bytes(reversed(range(256))) * 64)
    found, _ = check(settled_then(project))
    assert found.message == "model/model.pt changed since `dvc add`"


def settled_then(project: Project) -> Project:
    """The work tree as DVC put it, with the model changed afterwards."""
    model = project.read("model/model.pt")
    project.dvc("checkout", "--quiet", "--force")
    project.write("model/model.pt", model)
    return project


def test_inside_a_folder_each_change_is_named(directory):
    settled(directory)
    directory.write("data/images/cat/0000.png", b"CAT 0" * 30)
    directory.write("data/images/new.png", b"new")
    (directory.folder / "data" / "images" / "dog" / "0002.png").unlink()
    found, _ = check(directory)
    assert found.message == (
        "data/images changed since `dvc add`: cat/0000.png changed, new.png added, dog/0002.png removed"
    )
    assert (
        found.help
        == "dvc add data/images, then commit the pointers; or, to restore the committed data: dvc checkout data/images"
    )


def test_inside_a_folder_what_dvc_ignores_is_no_change(directory):
    settled(directory)
    directory.write(".dvcignore", "*.tmp\n")
    directory.write("data/images/x.tmp", b"x")
    assert check(directory)[0].verdict is Verdict.OK


def test_without_a_cache_a_folder_is_still_compared(directory):
    settled(directory).empty_cache()
    assert check(directory)[0].verdict is Verdict.OK
    directory.write("data/images/cat/0000.png", b"CAT 0" * 30)
    found, _ = check(directory)
    assert found.message == "data/images changed since `dvc add`"


def test_absent_data_is_fine(project, directory_clone):
    shutil.rmtree(project.folder / "data")
    (project.folder / "model" / "model.pt").unlink()
    assert check(project)[0].verdict is Verdict.OK
    found, _ = check(directory_clone)
    assert (found.verdict, found.message) == (Verdict.OK, "no DVC data checked out here; nothing to compare")


@pytest.fixture
def directory_clone(templates, tmp_path):
    return templates.copy("directory", tmp_path / "other").clone()


@pytest.mark.parametrize("kind", ["hardlink", "symlink"])
def test_links_that_dvc_made_are_known_without_reading_them(kind, project):
    project.dvc("config", "--local", "cache.type", kind)
    project.dvc("checkout", "--quiet", "--relink")
    found, read = check(project)
    assert (found.verdict, read) == (Verdict.OK, 0)


@pytest.mark.parametrize("kind", ["hardlink", "symlink"])
def test_a_link_into_a_cache_that_was_written_through_is_seen(kind, project):
    """The mode of the cached object says that nobody wrote to it, and is wrong."""
    project.dvc("config", "--local", "cache.type", kind)
    project.dvc("checkout", "--quiet", "--relink")
    target = (project.folder / "model" / "model.pt").resolve()
    target.chmod(0o644)
    target.write_bytes(bytes(reversed(range(256))) * 64)
    target.chmod(0o444)
    assert check(project)[0].verdict is Verdict.FAILED


def test_a_link_whose_target_was_edited_is_seen(project):
    project.dvc("config", "--local", "cache.type", "symlink")
    project.dvc("checkout", "--quiet", "--relink")
    target = (project.folder / "model" / "model.pt").resolve()
    target.chmod(0o644)
    target.write_bytes(bytes(reversed(range(256))) * 64)
    assert check(project)[0].verdict is Verdict.FAILED


def test_a_link_to_nothing_is_absent(project):
    project.dvc("config", "--local", "cache.type", "symlink")
    project.dvc("checkout", "--quiet", "--relink")
    project.empty_cache()
    found, _ = check(project)
    assert found.verdict is Verdict.OK


def test_an_out_of_a_stage_is_committed_and_not_added(pipeline):
    settled(pipeline)
    pipeline.dvc("checkout", "--quiet", "--force")
    pipeline.write("out/model.bin", b"other")
    found, _ = check(pipeline)
    assert found.message == "out/model.bin changed since its pointer was written"
    assert (
        found.help
        == "dvc commit out/model.bin, then commit the pointers; or, to restore the committed data: dvc checkout out/model.bin"
    )


def test_what_dvc_2_put_there_is_known_without_reading_it(legacy):
    found, read = check(settled(legacy))
    assert (found.verdict, read) == (Verdict.OK, 0)


def test_text_of_dvc_2_may_have_other_line_ends(legacy):
    legacy.write("data/tags.json", b'["mlops", "nlp"]\r\n')
    assert check(legacy)[0].verdict is Verdict.OK
    legacy.write("data/tags.json", b'["mlops", "nl"]\n')
    assert check(legacy)[0].verdict is Verdict.FAILED


def test_a_file_where_a_folder_should_be_is_a_change(directory):
    shutil.rmtree(directory.folder / "data" / "images")
    directory.write("data/images", b"x")
    assert check(directory)[0].verdict is Verdict.FAILED


def test_a_folder_where_a_file_should_be_is_a_change(project):
    (project.folder / "model" / "model.pt").unlink()
    (project.folder / "model" / "model.pt").mkdir()
    assert check(project)[0].verdict is Verdict.FAILED


def test_several_changes_are_listed(project):
    project.write("model/model.pt", b"1")
    project.write("data/tags.json", b"2")
    found, _ = check(project)
    assert found.message == "2 of 5 tracked outs changed since they were recorded"
    assert len(found.details) == 2
    assert (
        found.help
        == "dvc add data/tags.json model/model.pt, then commit the pointers; or, to restore the committed data: dvc checkout data/tags.json model/model.pt"
    )


def test_what_cannot_be_read_is_unknown(project):
    model = project.folder / "model" / "model.pt"
    model.unlink()
    model.symlink_to("model.pt")
    found, _ = check(project)
    assert (found.verdict, found.code) == (Verdict.UNKNOWN, ExitCode.UNKNOWN)
    assert found.message.startswith("model/model.pt cannot be read: ")


def test_without_a_cache_and_without_memory_a_file_is_still_compared(project):
    settled(project).empty_cache()
    project.world.variables["DVC_SITE_CACHE_DIR"] = str(project.world.root / "home" / "none")
    found, read = check(project)
    assert (found.verdict, read > 0) == (Verdict.OK, True)
    project.write("model/model.pt", bytes(reversed(range(256))) * 64)
    assert check(project)[0].message == "model/model.pt changed since `dvc add`"


def test_a_memory_by_another_hash_is_none(legacy):
    """DVC remembers text of DVC 2 by a hash that takes all line ends for one; a pointer of DVC 3 means the bytes."""
    legacy.write("data/tags.json", b'["mlops", "nlp"]\r\n')
    legacy.dvc("status", "--quiet", "data/tags.json.dvc")
    assert check(legacy)[0].verdict is Verdict.OK
    oid = legacy.read("data/tags.json.dvc").decode().partition("md5: ")[2][:32]
    legacy.write("data/tags.json.dvc", f"outs:\n- md5: {oid}\n  hash: md5\n  path: tags.json\n")
    legacy.commit()
    assert check(legacy)[0].verdict is Verdict.FAILED
