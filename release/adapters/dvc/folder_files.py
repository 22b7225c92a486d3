"""Files of a folder in the work tree, as DVC sees them."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Collection
from pathlib import Path

from release.adapters.dvc.ignored import Ignored
from release.core.limits import MAX_IGNORE_BYTES
from release.system.files import read_regular

_NEVER = frozenset({".dvc", ".git", ".hg"})  # DVC's built-in ignores


def files_below(folder: Path) -> dict[str, os.stat_result]:
    """Return path below the folder (with `/`) -> status. Raises OSError.

    Links to files are followed, links to folders are left out.
    """
    found: dict[str, os.stat_result] = {}
    waiting = [(str(folder), "")]
    while waiting:
        here, prefix = waiting.pop()
        with os.scandir(here) as entries:
            for entry in entries:
                if entry.name in _NEVER:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, f"{prefix}{entry.name}/"))
                elif not entry.is_dir() and (status := _status(entry)) is not None:
                    found[prefix + entry.name] = status
    return found


def not_ignored(git_root: Path, root: str, paths: Collection[str]) -> list[str]:
    """Return those of `paths` (from the git root) that no `.dvcignore` of the work tree hides from DVC in `root`."""
    folders = {posixpath.dirname(path) for path in paths}
    above: set[str] = set()
    for folder in folders:
        each = folder
        while each not in above:
            above.add(each)
            each = posixpath.dirname(each)
    files = {f"{folder}/" if folder else "": git_root / folder / ".dvcignore" for folder in above}
    ignored = Ignored({folder: data for folder, file in files.items() if (data := _read(file)) is not None})
    return [path for path in paths if not ignored.hides(path, root)]


def _read(file: Path) -> bytes | None:
    """Return the bytes of a file; None if it is no regular file or too large to count: then it hides nothing."""
    try:
        return read_regular(file, MAX_IGNORE_BYTES)
    except OSError:
        return None


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Return the status of a file; None for a broken link or anything that is not a regular file."""
    try:
        status = entry.stat()
    except FileNotFoundError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None
