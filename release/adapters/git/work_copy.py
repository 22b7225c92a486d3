"""The work tree's pointer and value files as a private commit, in a private index and object store."""

from __future__ import annotations

import os
from pathlib import Path

from release.adapters.git.repository import Repository
from release.adapters.git.scratch import Scratch
from release.adapters.git.state import copy_index
from release.core.limits import MAX_DOCUMENT_BYTES
from release.core.metrics.file import SUFFIXES
from release.core.pointers.pointer import POINTER_NAMES
from release.errors import Refused

_FILES = tuple(f":(glob)**/{name}" for name in (*POINTER_NAMES, ".dvcignore", ".dvc/config"))


def commit_work_tree(repository: Repository, scratch: Scratch, head: str) -> str:
    """Commit HEAD's tree with pointer and value files as on disk, including new ones that git does not ignore.

    Returns the id of a commit in the scratch store. Raises Refused while a merge has conflicts.
    """
    index = copy_index(repository, scratch.folder)
    git = scratch.git.having("core.safecrlf=false", GIT_INDEX_FILE=str(index), GIT_OPTIONAL_LOCKS="1")
    if not index.exists():
        git.run("read-tree", head)
    specs = (*_FILES, *(f":(glob)**/*{suffix}" for suffix in SUFFIXES))
    tracked = git.run("ls-files", "-z", "--cached", "--", *specs).out
    new = git.run("ls-files", "-z", "--others", "--exclude-standard", "--", *specs).out.split(b"\0")
    small = [name for name in new if name and _is_small(repository.work_tree, name)]
    names = b"".join(name + b"\0" for name in (*filter(None, tracked.split(b"\0")), *small))
    git.run("update-index", "--add", "--remove", "-z", "--stdin", stdin=names)
    written = git.run("write-tree", ok=range(256))
    if written.code:
        raise Refused(f"the index has conflicts: {written.error_text}", help="git status, and resolve them")
    author = {f"GIT_{who}_{what}": "release" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return git.having(**author).run("commit-tree", written.text, "-p", head, stdin=b"work tree\n").text


def _is_small(work_tree: Path, name: bytes) -> bool:
    """Return whether an untracked file is small enough for a pointer or value file: large ones are data."""
    try:
        return os.lstat(os.path.join(os.fsencode(work_tree), name)).st_size <= MAX_DOCUMENT_BYTES  # noqa: PTH118  bytes
    except OSError:
        return False
