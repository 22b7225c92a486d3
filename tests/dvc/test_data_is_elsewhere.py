"""A tag whose own remote lacks its data, which today's default remote has: told, with the words that really restore it."""

import os
import shutil
import sys

import pytest
from fault_cases.case import MODEL, oid_of, stored
from project import Project
from project.truth import audit_of, problems_of, restores, same, tracked_files

from release.core.check import Verdict

HELP = "to restore it with the current default remote: "


def moved(project: Project, *, known_before: bool = False) -> Project:
    """v1 in one store, then everything moved to another, which is the default remote from then on."""
    if known_before:
        project.dvc("remote", "add", "second", "../stores/second")
        project.save()
    project.git("tag", "-a", "v1", "-m", "v1")
    project.git("push", "--quiet", "origin", "v1")
    project.dvc("remote", "default", "second") if known_before else project.dvc(
        "remote", "add", "-d", "second", "../stores/second"
    )
    shutil.copytree(project.world.store, project.world.root / "stores" / "second")
    project.train(b"new model", "{}")
    return project


def helps(project: Project) -> set[str]:
    audit = audit_of(project, "v1")
    assert audit.verdict is Verdict.FAILED
    return {problem.help or "" for problem in problems_of(audit)}


def restored_by(project: Project, line: str) -> bool:
    """Whether a fresh clone without memory gets back every byte of v1 by these words."""
    expected = tracked_files(project, "v1")
    clone = project.clone("obedient")
    project.world.variables["DVC_SITE_CACHE_DIR"] = str(project.world.root / "home" / "obedient")
    dvc = f"{sys.executable} -m dvc"
    clone.sh(line.removeprefix(HELP).replace("&& dvc ", f"&& {dvc} "))
    return bool(expected) and all(same(clone.folder / name, content) for name, content in expected.items())


@pytest.mark.parametrize("known_before", [False, True], ids=["named since", "named before"])
def test_what_has_moved_is_restored_by_the_words_of_the_verdict(project, known_before):
    moved(project, known_before=known_before)
    shutil.rmtree(project.world.store)
    (found,) = helps(project)
    assert found == HELP + (
        "git checkout v1 && dvc pull -r second"
        if known_before
        else "git checkout v1 && git checkout '@{-1}' -- .dvc/config && dvc pull"
    )
    assert not restores(project, "v1", tracked_files(project, "v1"))
    assert restored_by(project, found)
    assert all("today's default remote `second` has it" in p.message for p in audit_of(project, "v1").problems)


def test_one_file_that_has_moved_is_named(project):
    moved(project, known_before=True)
    project.lose(stored(project, MODEL))
    (found,) = helps(project)
    assert found == f"{HELP}git checkout v1 && dvc pull -r second model/model.pt.dvc"
    assert restored_by(project, f"{found} && dvc pull")


def test_a_directory_that_has_moved_is_found_whole(directory):
    moved(directory)
    shutil.rmtree(directory.world.store)
    directory.empty_cache()
    directory.dvc("pull", "--quiet", "-r", "second")
    (found,) = helps(directory)
    assert restored_by(directory, found)


def test_a_tag_without_any_remote_is_restored_by_todays(project):
    project.dvc("remote", "remove", "storage")
    project.save()
    moved(project)
    (found,) = helps(project)
    assert restored_by(project, found)


def test_a_subrepository_has_its_own_configuration(project):
    below = Project(project.world, project.folder / "sub")
    below.folder.mkdir()
    below.dvc("init", "--quiet", "--subdir")
    below.dvc("remote", "add", "-d", "deep", "../../stores/deep")
    below.write("deep.bin", b"deep")
    below.dvc("add", "--quiet", "deep.bin")
    below.dvc("push", "--quiet")
    project.save()
    project.git("tag", "-a", "v1", "-m", "v1")
    project.git("push", "--quiet", "origin", "v1")
    below.dvc("remote", "modify", "deep", "url", "../../stores/deeper")
    project.save()
    (project.world.root / "stores" / "deep").rename(project.world.root / "stores" / "deeper")
    (found,) = helps(project)
    assert found == (
        f"{HELP}git checkout v1 && git checkout '@{{-1}}' -- sub/.dvc/config && dvc --cd sub pull deep.bin.dvc"
    )
    assert restored_by(project, f"{found} && dvc pull")


def test_what_todays_remote_lacks_too_is_not_promised(project):
    moved(project)
    shutil.rmtree(project.world.store)
    shutil.rmtree(project.world.root / "stores" / "second")
    assert not any(HELP in each for each in helps(project))


def test_another_remote_asked_for_is_the_answer(project):
    moved(project, known_before=True)
    shutil.rmtree(project.world.store)
    run = project.release("verify v1 --dvc-remote storage").fails_with(4)
    assert "today's" not in run.out


def test_what_the_cache_has_can_be_put_back_too(project):
    moved(project)
    shutil.rmtree(project.world.store)
    run = project.release("verify v1").fails_with(4)
    assert "dvc pull; or put it back: release verify v1 --push" in " ".join((run.out + run.err).split())


# Zeros, of which no disk needs to hold any: one byte more than is read unasked, and their MD5.
TOO_LARGE = (4 << 30) + 1, "f18c798ff5d450dfe4d3acdc12b621ff"


def test_what_is_too_large_to_be_read_unasked_stays_a_failure(project):
    """The content is right and the pointer's size is not: reading would tell, as it does of a small object."""
    size_bytes, oid = TOO_LARGE
    place = project.object_path(oid)
    place.parent.mkdir(exist_ok=True)
    place.touch()
    os.truncate(place, size_bytes)
    for md5, verdict in ((oid_of(project, "model/model.pt.dvc"), Verdict.OK), (oid, Verdict.FAILED)):
        project.write("model/model.pt.dvc", f"outs:\n- md5: {md5}\n  size: 99\n  hash: md5\n  path: model.pt\n")
        project.save()
        assert audit_of(project).verdict is verdict
