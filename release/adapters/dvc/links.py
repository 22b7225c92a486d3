"""Files of the work tree made from the cache: reflink, hard link, symbolic link or copy, as `cache.type` says.

A file appears whole, by a rename. What is made here is what `dvc checkout` would make, and DVC reads
the files' hashes anew when it next looks. Source: dvc_objects/fs/generic.py (`_try_links`).
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from release.adapters.files import open_regular

DEFAULT_TYPES = ("reflink", "copy")

_FICLONE = 0x40049409  # linux/fs.h: share the blocks of another file


def link_types(setting: object) -> tuple[str, ...]:
    """`cache.type` as DVC reads it: a list, or words with commas."""
    words = setting if isinstance(setting, list) else str(setting or "").split(",")
    known = tuple(str(word).strip() for word in words if str(word).strip())
    return known or DEFAULT_TYPES


class LinkMaker:
    """Makes files from cache objects; drafts lie in `drafts`, on the same disk if possible."""

    def __init__(self, types: Sequence[str], drafts: Path) -> None:
        self._types = (*types, "copy")
        self._drafts = drafts

    def make(self, source: Path, target: Path, *, mode: int | None = None) -> None:
        """Put a cache object's content at `target`, replacing a file there. `mode`: a copy of that mode. Raises OSError."""
        target.parent.mkdir(parents=True, exist_ok=True)
        self._drafts.mkdir(parents=True, exist_ok=True)
        draft = self._drafts / f"checkout-{os.getpid()}"
        draft.unlink(missing_ok=True)
        if mode is None:
            self._link(source, draft)
        else:
            shutil.copyfile(source, draft)
            draft.chmod(stat.S_IMODE(mode))
        try:
            draft.replace(target)
        except OSError:
            draft.unlink(missing_ok=True)
            near = target.with_name(f".{target.name}.{os.getpid()}.tmp")  # `drafts` is on another disk
            try:
                shutil.copyfile(source, near)
                if mode is not None:
                    near.chmod(stat.S_IMODE(mode))
                near.replace(target)
            except BaseException:
                near.unlink(missing_ok=True)
                raise

    def _link(self, source: Path, draft: Path) -> None:
        for kind in self._types:
            try:
                if kind == "hardlink" and source.stat().st_size:
                    draft.hardlink_to(source)
                elif kind == "symlink":
                    draft.symlink_to(source.absolute())
                elif kind == "reflink":
                    _reflink(source, draft)
                elif kind == "copy":
                    shutil.copyfile(source, draft)
                else:
                    continue
            except OSError:
                draft.unlink(missing_ok=True)
                if kind == "copy":
                    raise
            else:
                return


def remove_files(work_tree: Path, paths: Iterable[str], keep: Collection[str]) -> None:
    """Take files away, then the folders that are empty by it; `keep` are folders that stay. Raises OSError."""
    folders: set[str] = set()
    for path in paths:
        (work_tree / path).unlink(missing_ok=True)
        folder = os.path.dirname(path)  # noqa: PTH120
        while folder and folder not in folders:
            folders.add(folder)
            folder = os.path.dirname(folder)  # noqa: PTH120
    for folder in sorted(folders, key=len, reverse=True):
        if folder not in keep:
            with suppress(OSError):  # something is in it
                (work_tree / folder).rmdir()


def _reflink(source: Path, draft: Path) -> None:
    import fcntl

    with open_regular(source) as read, draft.open("wb") as write:
        fcntl.ioctl(write.fileno(), _FICLONE, read.fileno())
