"""New work tree of `release checkout --worktree DIR`, with data from this clone's cache."""

from __future__ import annotations

import os
import posixpath
import shutil
from pathlib import Path

from release.core.text import OnProgress
from release.engine.checkout_data import DataTree
from release.engine.checkout_move import GitSide, maker_of
from release.engine.project import Project
from release.errors import Refused, UsageError
from release.git import porcelain
from release.git.refs import LocalUpdate, resolve_commit, update_refs
from release.system.files import read_file, write_file


def check_folder(folder: str) -> None:
    """Check that a folder is new or empty. Raises UsageError."""
    path = Path(folder)
    if os.path.lexists(path) and not (path.is_dir() and not any(path.iterdir())):
        raise UsageError(f"{folder} is there already, and not empty", help="release checkout TAG --worktree NEW-FOLDER")


def make_worktree(project: Project, folder: str, side: GitSide, then: DataTree, on_progress: OnProgress) -> str:
    """Make the work tree with code and data; remove it if a step fails. Returns the folder."""
    path, existed = Path(folder), Path(folder).is_dir()
    try:
        _add(project, path, side)
        _share_cache(path, then)
        for done, (name, wanted) in enumerate(then.files.items()):
            on_progress("writing files", done, len(then.files))
            source = then.cache_of(name).path_of(wanted.layout, wanted.oid)
            maker_of(path, then, name).make(source, name, program=name in then.programs)
    except BaseException:
        _take_away(project, path, side, existed=existed)
        raise
    return str(path)


def _add(project: Project, path: Path, side: GitSide) -> None:
    """Add the work tree. A hook may fail after it, so its HEAD decides. Raises Refused with git's message."""
    repository = project.repository
    if side.branch is None:
        words = ["--detach", "--", str(path), side.commit]
    elif side.creates:
        words = ["--no-track", "-b", side.branch, "--", str(path), side.commit]
    else:
        words = ["--", str(path), side.branch]
    said = porcelain.worktree(repository, "add", *words)
    if not path.is_dir() or resolve_commit(repository.git.at(path), "HEAD") != side.commit:
        raise Refused(f"git worktree add refused: {said.words or said.code}", help="git worktree list")


def _share_cache(path: Path, then: DataTree) -> None:
    """Let DVC there use this clone's cache: nothing is downloaded or stored twice."""
    for root, cache in then.caches.items():
        local = posixpath.join(root, ".dvc/config.local")
        write_file(path, local, f"[cache]\n    dir = {cache.folder}\n".encode(), before=read_file(path, local))


def _take_away(project: Project, path: Path, side: GitSide, *, existed: bool) -> None:
    """Remove the work tree. The folder was new or empty, so nothing else is in it.

    `git worktree remove` would need `--force`.
    """
    git = project.repository.git
    shutil.rmtree(path, ignore_errors=True)
    porcelain.worktree(project.repository, "prune")
    if existed:
        path.mkdir(exist_ok=True)
    if side.creates and resolve_commit(git, f"refs/heads/{side.branch}") == side.commit:
        gone = LocalUpdate(ref=f"refs/heads/{side.branch}", new="0" * len(side.commit), old=side.commit)
        update_refs(git, [gone], reason="release: checkout taken back")
