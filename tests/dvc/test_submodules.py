"""Submodules: the audit's verdict equals the truth of a recursive clone and `dvc pull`."""

import hashlib
import shutil
from pathlib import Path

import pytest
from project import Project
from project.truth import audit_of, problems_of

from release.core.check import Verdict
from release.core.problems import ProblemKind

CONTENT = b"payload-1"
OID = hashlib.md5(CONTENT).hexdigest()
POINTER = f"outs:\n- md5: {OID}\n  size: {len(CONTENT)}\n  hash: md5\n  path: data.bin\n"


@pytest.fixture
def library(project) -> Project:
    """A repository of its own, with a file."""
    world = project.world
    world.git(world.root, "init", "--quiet", "--bare", "library.git")
    world.git(world.root, "clone", "--quiet", "library.git", "library")
    there = Project(world=world, folder=world.root / "library")
    there.write("code.py", "1\n")
    saved(there)
    return there


def saved(there: Project) -> None:
    there.git("add", "--all")
    there.git("commit", "--quiet", "-m", "More")
    there.git("push", "--quiet", "origin", "HEAD")


def added(project: Project, path: str = "libs/one") -> Project:
    """The library as a submodule of the project, at its newest commit."""
    project.git("submodule", "--quiet", "add", str(project.world.root / "library.git"), path)
    project.save()
    return Project(world=project.world, folder=project.folder / path)


def stored(project: Project) -> None:
    place = project.object_path(OID)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(CONTENT)
    place.chmod(0o444)


def verdict(project: Project) -> tuple[str, set[str]]:
    audit = audit_of(project)
    return audit.verdict.value, {each.kind.value for each in problems_of(audit)}


def restores(project: Project) -> bool:
    root = project.world.root
    clone = root / "recursive"
    words: list[str | Path] = ["git", "clone", "--quiet", "--recurse-submodules", root / "origin.git", clone]
    if project.world.run(words, folder=root, ok=None).returncode:
        return False
    project.world.variables["DVC_SITE_CACHE_DIR"] = str(root / "home" / "fresh")
    return not project.world.dvc(["pull", "--quiet"], folder=clone, ok=None).returncode


def test_a_pointer_in_a_submodule_needs_its_object_on_the_remote_around_it(project, library):
    library.write("data.bin.dvc", POINTER)
    saved(library)
    added(project)
    assert verdict(project) == ("failed", {"missing"})
    assert not restores(project)
    run = project.release("verify").fails_with(4).says("libs/one/data.bin is not on")
    project.release("bump minor --yes").fails_with(4)
    stored(project)
    shutil.rmtree(project.world.root / "recursive")
    assert verdict(project) == ("ok", set())
    assert restores(project)
    run.never_says("Traceback")


def test_what_the_cache_has_of_a_submodule_is_uploaded(project, library):
    library.write("data.bin.dvc", POINTER)
    saved(library)
    added(project)
    project.write("libs/one/data.bin", CONTENT)
    project.dvc("commit", "--force", "--quiet", "libs/one/data.bin.dvc")
    project.release("verify --push").succeeds()
    assert restores(project)


def test_a_pointer_in_a_submodule_may_be_ignored_by_the_repository_around_it(project, library):
    library.write("data.bin.dvc", POINTER)
    saved(library)
    project.write(".dvcignore", "libs\n")
    added(project)
    assert verdict(project) == ("ok", set())
    assert restores(project)


def test_a_submodule_that_uses_dvc_itself_is_left_to_itself(project, library):
    library.world.dvc(["init", "--quiet"], folder=library.folder)
    library.write("data.bin.dvc", POINTER)
    saved(library)
    added(project)
    assert verdict(project) == ("ok", set())
    assert restores(project)


def test_a_commit_of_a_submodule_that_is_on_no_remote_fails(project, library):
    inside = added(project)
    inside.write("code.py", "2\n")
    inside.git("commit", "--quiet", "-am", "Mine")
    project.git("commit", "--quiet", "-am", "Newer")
    project.git("push", "--quiet", "origin", "HEAD")
    assert verdict(project) == ("failed", {"not-in-git"})
    assert not restores(project)
    project.release("bump minor --yes").fails_with(4).helps("git -C libs/one push")
    inside.git("push", "--quiet", "origin", "HEAD")
    project.release("bump minor --yes").succeeds()


def test_a_submodule_that_is_not_here_is_a_warning(project, library):
    library.write("data.bin.dvc", POINTER)
    saved(library)
    added(project)
    project.git("submodule", "--quiet", "deinit", "--force", "libs/one")
    audit = audit_of(project)
    (problem,) = [each for each in audit.problems if each.kind is ProblemKind.UNKNOWN]
    assert (audit.verdict, problem.severity) == (Verdict.OK, Verdict.WARNING)
    assert problem.help == "git submodule update --init -- libs/one"
    project.git("submodule", "--quiet", "update", "--init", "--", "libs/one")
    assert verdict(project) == ("failed", {"missing"})


def test_a_file_that_dvc_leaves_to_git_may_be_in_a_submodule(project, library):
    library.write("metrics.json", "{}\n")
    saved(library)
    added(project)
    project.write("x.dvc", "outs:\n- path: libs/one/metrics.json\n  cache: false\n")
    project.write("y.dvc", "outs:\n- path: libs/one/more.json\n  cache: false\n")
    project.save()
    audit = audit_of(project)
    (problem,) = [each for each in audit.problems if each.kind is ProblemKind.NOT_IN_GIT]
    assert problem.help == "git -C libs/one add -f more.json   (and commit it there and here)"
