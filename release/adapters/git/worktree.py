"""Moment 5: index and work tree follow the branch; nothing of the user's is touched."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from release.adapters.git.keep import DURABLE
from release.adapters.git.process import Git
from release.adapters.git.repository import Repository


def rehearse_files(scratch: Git, index_copy: Path, base: str, new: str) -> str | None:
    """Whether files and index could go from one commit to the other. Git's words if not, else None."""
    git = scratch.having(GIT_INDEX_FILE=str(index_copy), GIT_OPTIONAL_LOCKS="1")
    result = git.run("read-tree", "-m", "-u", "-n", base, new, ok=range(256))
    return None if result.code == 0 else result.error_text.removeprefix("error: ")


def paths_in_the_way(work_tree: Path, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the paths that exist on disk, ignored or not: `read-tree -u` would overwrite an ignored one."""
    return tuple(path for path in paths if os.path.lexists(work_tree / path))


def update_files(repository: Repository, base: str, new: str, blobs: Mapping[str, str]) -> str | None:
    """Bring index and files from `base` to `new`; done already is fine. What git said if it refused, else None.

    `blobs` (path to blob id) are the files that the release wrote.
    """
    git = repository.git.having(*DURABLE, GIT_OPTIONAL_LOCKS="1")
    if blobs and _index_has(git, blobs) and _disk_has(git, repository.work_tree, blobs):
        return None
    result = git.run("read-tree", "-m", "-u", base, new, ok=range(256))
    if result.code == 0:
        return None
    if blobs and _disk_has(git, repository.work_tree, blobs):
        # Killed between the files and the index: the files are right, only the index has to follow.
        git.run("read-tree", "-i", "-m", base, new)
        git.run("update-index", "-q", "--refresh", ok=(0, 1))
        return None
    return result.error_text


def _index_has(git: Git, blobs: Mapping[str, str]) -> bool:
    listing = git.run("--literal-pathspecs", "ls-files", "-s", "-z", "--", *blobs).out.decode(
        "utf-8", "surrogateescape"
    )
    entries = (item.split("\t", 1) for item in listing.split("\0") if item)
    found = {path: stage.split(" ")[1] for stage, path in entries}
    return all(found.get(path) == blob for path, blob in blobs.items())


def _disk_has(git: Git, work_tree: Path, blobs: Mapping[str, str]) -> bool:
    for path, blob in blobs.items():
        file = work_tree / path
        if not file.is_file() or git.run("hash-object", "--", path).text != blob:
            return False
    return True
