"""What the other stories rely on."""

import os
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


def _files(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return [path.relative_to(folder).as_posix() for path in found if ".dvc" not in path.relative_to(folder).as_posix()]
