"""Everything below a folder, byte for byte, so that "nothing was changed" can be proved."""

import hashlib
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """A name with what it holds; `mtime_ns` is None where a rewrite with equal bytes would not matter."""

    kind: str
    mode: int
    mtime_ns: int | None
    content: str


Snapshot = Mapping[str, Entry]


def take(root: Path, skip: Callable[[str], bool]) -> Snapshot:
    """Every file, link and folder below `root` by its relative path, except those that `skip` names."""
    entries: dict[str, Entry] = {}
    folders = [""]
    while folders:
        folder = folders.pop()
        with os.scandir(root / folder) as found:
            for item in found:
                path = f"{folder}/{item.name}".removeprefix("/")
                if skip(path):
                    continue
                entries[path] = _entry(item, path)
                if item.is_dir(follow_symlinks=False):
                    folders.append(path)
    return entries


def differences(before: Snapshot, after: Snapshot) -> list[str]:
    """A sentence for each name that appeared, vanished or is not what it was."""
    rows = []
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old is None:
            rows.append(f"appeared: {path}")
        elif new is None:
            rows.append(f"vanished: {path}")
        elif old != new:
            parts = [name for name in Entry.__slots__ if getattr(old, name) != getattr(new, name)]
            rows.append(f"changed ({', '.join(parts)}): {path}")
    return rows


def _entry(item: os.DirEntry[str], path: str) -> Entry:
    state = item.stat(follow_symlinks=False)
    mode = stat.S_IMODE(state.st_mode)
    if stat.S_ISLNK(state.st_mode):
        return Entry("link", mode, None, str(Path(item.path).readlink()))
    if stat.S_ISDIR(state.st_mode):
        return Entry("folder", mode, None, "")
    if not stat.S_ISREG(state.st_mode):
        return Entry("special", mode, None, "")
    in_git = "/.git/" in f"/{path}" or path.startswith("origin.git/")
    content = hashlib.sha256(Path(item.path).read_bytes()).hexdigest()
    return Entry("file", mode, None if in_git else state.st_mtime_ns, content)
