"""Git's porcelain through GitPython: commands as a user types them, with hooks and settings in force.

GitPython costs 140 ms to import, so it is imported at the first call. Everything else uses
`git/process.py`; see docs/adr/0002.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from release.core.secrets import without_secrets
from release.git.process import DROPPED
from release.git.repository import Repository

if TYPE_CHECKING:
    from git.cmd import Git as GitPython


FETCH_LIMIT_S = 3600.0


class PorcelainOutput(Struct, frozen=True, kw_only=True):
    """Result of a command: exit code, and stderr without secrets."""

    code: int
    words: str


def fetch(repository: Repository, remote: str, *specs: str, settings: tuple[str, ...] = ()) -> PorcelainOutput:
    """Run `git fetch` with these arguments; never prunes tags, whatever is configured."""
    careful = ("fetch.pruneTags=false", f"remote.{remote}.pruneTags=false", *settings)
    return _run(repository, repository.work_tree, careful, "fetch", *specs)


def checkout(repository: Repository, folder: Path, *words: str) -> PorcelainOutput:
    """Run `git checkout` with these arguments in a work tree; never overwrites ignored files."""
    return _run(repository, folder, (), "checkout", "--no-overwrite-ignore", "--no-recurse-submodules", *words)


def worktree(repository: Repository, *words: str) -> PorcelainOutput:
    """Run `git worktree` with these arguments."""
    return _run(repository, repository.work_tree, (), "worktree", *words)


def _run(repository: Repository, folder: Path, settings: tuple[str, ...], *words: str) -> PorcelainOutput:
    command = ["git", *(word for setting in (*_SETTINGS, *settings) for word in ("-c", setting)), *words]
    process = _git_python()(str(folder)).execute(
        command,
        as_process=True,
        env=_environment(repository),
        start_new_session=not repository.git.on_terminal,
    )
    try:
        _, err = process.communicate(timeout=FETCH_LIMIT_S)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return PorcelainOutput(
        code=process.returncode, words=without_secrets(err.decode("utf-8", "replace").strip(), repository.git.secrets)
    )


def _git_python() -> type[GitPython]:
    """Import GitPython and ignore mistakes in its variables, which do not matter: each command names git itself."""
    before = os.environ.get("GIT_PYTHON_REFRESH")
    os.environ["GIT_PYTHON_REFRESH"] = "quiet"  # read at the first import; there is no other way to set it
    try:
        from git.cmd import Git as GitPython
    finally:
        del os.environ["GIT_PYTHON_REFRESH"]
        if before is not None:
            os.environ["GIT_PYTHON_REFRESH"] = before
    return GitPython


_SETTINGS = ("core.splitIndex=false", "color.ui=false")


def _environment(repository: Repository) -> Mapping[str, str]:
    """Return the environment for GitPython, which adds all of `os.environ`: overrides variables that redirect git."""
    right = {
        "GIT_DIR": str(repository.git_dir),
        "GIT_COMMON_DIR": str(repository.common_dir),
        "GIT_WORK_TREE": str(repository.work_tree),
        "GIT_INDEX_FILE": str(repository.git_dir / "index"),
        "GIT_OBJECT_DIRECTORY": str(repository.object_dir),
        "GIT_SHALLOW_FILE": str(repository.common_dir / "shallow"),
        "GIT_REPLACE_REF_BASE": "refs/replace/",
    }
    stray = [name for name in DROPPED if name in os.environ]
    return {**{name: right.get(name, "") for name in stray}, **repository.git.environment}
