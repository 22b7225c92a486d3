"""What the other stories rely on."""

import os
import sys
from pathlib import Path

import pytest

from project import Project


@pytest.mark.deep
@pytest.mark.parametrize("kind", ["plain", "directory", "pipeline", "legacy", "two remotes", "without dvc"])
def test_every_template_is_a_clean_project_that_a_fresh_clone_can_pull(kind, templates, tmp_path):
    project: Project = templates.copy(kind, tmp_path / "world")
    assert project.status == ""
    assert project.origin["refs/heads/main"] == project.head
    if kind == "without dvc":
        return
    clone = project.clone()
    clone.dvc("pull", "--quiet")
    tracked = [path for path in _files(project.folder) if "model.pt" in path or "images" in path or "model.bin" in path]
    assert tracked
    for path in tracked:
        assert clone.read(path) == project.read(path)


def test_commit_ids_are_the_same_on_every_machine(project):
    assert project.git("log", "-1", "--format=%an %ae %cI") == "Ada Tester ada@example.org 2026-01-05T09:00:09+00:00"


def test_a_snapshot_sees_content_mode_time_and_new_names_here_and_on_the_remotes(project):
    project.before = project.snapshot()
    assert project.unchanged()
    (project.folder / "README.md").chmod(0o755)
    (project.folder / "left-over").mkdir()
    (project.world.store / "more").write_text("x")
    project.git("update-ref", "refs/release/x", "HEAD")
    project.world.git(project.world.origin, "tag", "x", "main")
    with pytest.raises(AssertionError) as seen:
        project.unchanged()
    rows = str(seen.value)
    for row in (
        "changed (mode): project/README.md",
        "appeared: project/left-over",
        "appeared: stores/blob/more",
        "appeared: project/.git/refs/release/x",
        "appeared: origin.git/refs/tags/x",
    ):
        assert row in rows


def test_nothing_of_the_caller_reaches_a_test(project):
    wanted = {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_TERMINAL_PROMPT", "GIT_EDITOR"}
    assert {name for name in os.environ if name.startswith("GIT_")} == wanted
    assert project.git("config", "--show-origin", "user.name").startswith(f"file:{project.world.root}")


@pytest.mark.deep
@pytest.mark.parametrize("line", ["status -c", "pull no-such-file", "no-such-command"])
def test_a_dvc_that_is_forked_says_what_dvc_says(project, line):
    project.lose(project.objects_on_store()[0])
    project.empty_cache()
    forked = project.world.dvc(line.split(), folder=project.folder, ok=None)
    started = project.world.run([sys.executable, "-m", "dvc", *line.split()], folder=project.folder, ok=None)
    assert forked.returncode == started.returncode
    for ours, theirs in ((forked.stdout, started.stdout), (forked.stderr, started.stderr)):
        assert sorted(ours.splitlines()) == sorted(theirs.splitlines()), "files are listed in the order of a set"


def test_a_dvc_that_is_forked_has_its_own_environment(project):
    project.world.variables["DVC_SITE_CACHE_DIR"] = str(project.world.root / "home" / "elsewhere")
    project.dvc("status", "--quiet")
    assert (project.world.root / "home" / "elsewhere").is_dir()
    assert not Path(os.environ["DVC_SITE_CACHE_DIR"]).exists()


def _files(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return [path.relative_to(folder).as_posix() for path in found if ".dvc" not in path.relative_to(folder).as_posix()]
