"""Looking changes nothing: names, bytes, modes and times of store, cache, `.dvc/tmp` and DVC's site cache stay."""

import os
import stat
from pathlib import Path

import pytest
from project import Project

pytestmark = pytest.mark.fast

LOOKS = (
    "verify",
    "verify --all --include-foreign",
    "verify --deep",
    "bump minor --dry-run",
    "status",
    "verify --objects",
)
SOUND = ("plain", "directory", "pipeline", "legacy", "two remotes")


def everything(project: Project) -> dict[str, tuple[object, ...]]:
    """Every file and folder outside `.git` with all that `stat` tells but its reading: work tree, cache, stores, DVC's own folders."""
    home = Path(project.world.environment()["HOME"])
    roots = [
        project.folder,
        project.world.root / "stores",
        project.world.store,
        Path(project.world.environment()["DVC_SITE_CACHE_DIR"]),
        home / ".cache",
        home / ".config",
    ]
    found: dict[str, tuple[object, ...]] = {}
    for root in roots:
        found[str(root)] = (root.exists(),)
        for folder, folders, files in os.walk(root):
            folders[:] = [name for name in folders if name != ".git"]  # what git does there: Project.unchanged
            for name in (*folders, *files):
                path = Path(folder, name)
                state = path.lstat()
                content = path.read_bytes() if stat.S_ISREG(state.st_mode) else b""
                found[str(path)] = (state.st_mode, state.st_mtime_ns, state.st_ino, state.st_nlink, content)
    return found


@pytest.fixture(params=SOUND)
def sound(request, templates, tmp_path):
    return templates.copy(request.param, tmp_path / "world")


def test_a_look_writes_nothing_whatever_the_pointers(sound):
    unchanged_by(sound, 0)


def test_a_look_at_a_writable_object_neither_deletes_nor_protects_it(project):
    """DVC's own `status -c` removes such an object from the remote if its content is wrong."""
    path = next(path for path in project.objects_on_store() if path.stat().st_size > 0)
    path.chmod(0o644)
    path.write_bytes(b"x" * path.stat().st_size)
    before = everything(project)
    project.release("verify").succeeds()
    project.release("verify --deep").fails_with(4)
    project.release("bump minor --dry-run").succeeds()
    assert everything(project) == before
    assert path.exists()
    project.dvc("status", "-c")
    assert not path.exists(), "DVC no longer deletes it: tell so in docs/explanation"


def test_a_look_without_a_cache_makes_none(directory):
    clone = directory.clone()
    unchanged_by(clone, 0)
    assert not (clone.folder / ".dvc" / "cache").exists()
    assert not (clone.folder / ".dvc" / "tmp").exists()


def test_a_look_at_what_is_missing_brings_nothing_here(directory):
    for path in directory.objects_on_store():
        if not path.name.endswith(".dir"):
            directory.lose(path)
    unchanged_by(directory.clone(), 4)


def test_what_dvc_remembers_is_not_believed(directory):
    """DVC's index of the remote still has every object after the remote was wiped."""
    assert "in sync" in directory.dvc("status", "-c")
    for path in directory.objects_on_store():
        directory.lose(path)
    before = everything(directory)
    directory.release("verify").fails_with(4).says("data/images")
    assert everything(directory) == before


def unchanged_by(project: Project, code: int) -> None:
    before = everything(project)
    for line in LOOKS:
        run = project.release(line)
        expected = code if line not in ("status", "verify --all --include-foreign", "verify --objects") else 0
        assert run.code == expected, str(run)
        after = everything(project)
        changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
        assert not changed, f"{line} changed {changed}"
