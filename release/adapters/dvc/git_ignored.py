"""Committed pointer files that match a committed `.gitignore`: DVC skips them although git tracks them."""

from __future__ import annotations

import fnmatch
import io
import re
from collections.abc import Callable, Collection, Mapping
from enum import Enum
from functools import lru_cache
from typing import Any

from release.adapters.dvc.ignored import beyond_limits, in_linear_time
from release.core.audit.audit import Problem
from release.core.linear_match import NotLinear
from release.core.pointers.rules import not_understood, passed_over, passed_over_here

_CLASS = re.compile(r"\[[^\]]*\]")


class Hidden(Enum):
    """Program that hides a file."""

    BY_GIT = "git, and so DVC"
    BY_DVC = "DVC alone, by how its libraries here read the patterns"


class GitIgnored:
    """The `.gitignore` files of a commit: folder (from the git root, "" or with a final `/`) -> bytes.

    A name that no pattern ends with is not hidden. That is nearly every one, and then nothing is loaded.
    For the rest, the code that DVC uses decides.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.unknown = beyond_limits(files, ".gitignore")  # path -> reason; these files hide nothing here
        self._files = {folder: data for folder, data in files.items() if f"{folder}.gitignore" not in self.unknown}
        self._endings = {folder: _endings(data) for folder, data in self._files.items() if data.strip()}
        self._manager: Any = None

    def problems(self, paths: Collection[str], root: str) -> list[Problem]:
        """Return the problems of the pointer files that are hidden."""
        told = {Hidden.BY_GIT: passed_over, Hidden.BY_DVC: passed_over_here}
        try:
            hidden = [(path, self.hides(path, root)) for path in paths]
        except NotLinear as error:
            return [not_understood(path, f"a pattern of .gitignore is not understood: {error}") for path in paths]
        return [told[by](path) for path, by in hidden if by is not None]

    def hides(self, path: str, root: str) -> Hidden | None:
        """Return which program hides the file `path` from DVC in its root, None if none; both paths from the git root.

        DVC also checks each folder above the file. Its newer libraries say of a folder that `folder/*` hides it,
        even if another pattern includes something inside again.
        """
        if not self._may_hide(path):
            return None
        manager = self._loaded()
        if manager.is_ignored(path):
            return Hidden.BY_GIT
        base = f"{root}/" if root else ""
        parts = path[len(base) :].split("/")
        folders = (base + "/".join(parts[:depth]) + "/" for depth in range(1, len(parts)))
        return Hidden.BY_DVC if any(manager.is_ignored(each) for each in folders) else None

    def _may_hide(self, path: str) -> bool:
        names, folder = path.split("/"), ""
        for depth, name in enumerate(names):
            ends = self._endings.get(folder)
            if ends is not None and any(ends(each) for each in names[depth:]):
                return True
            folder += f"{name}/"
        return False

    def _loaded(self) -> Any:
        if self._manager is None:
            from dulwich.ignore import IgnoreFilter, IgnoreFilterManager, read_ignore_patterns

            files = self._files

            class Committed(IgnoreFilterManager):
                @lru_cache  # noqa: B019 - it lives only as long as this object
                def _load_path(self, path: str) -> Any:
                    data = files.get(f"{path}/" if path else "")
                    if data is None:
                        return None
                    found = IgnoreFilter(read_ignore_patterns(io.BytesIO(data)))
                    for pattern in found._patterns:  # noqa: SLF001 - its expressions can backtrack for ever
                        vars(pattern).update({name: in_linear_time(value) for name, value in vars(pattern).items()})
                    return found

            self._manager = Committed("", [], ignorecase=False)
        return self._manager


@lru_cache(maxsize=4096)
def _endings(data: bytes) -> Callable[[str], bool]:
    """Return a test whether a name can match the end of a pattern; it may say yes too often, never too seldom."""
    plain: set[str] = set()
    wild: list[str] = []
    for line in data.splitlines():
        pattern = line.rstrip().decode("utf-8", "surrogateescape")
        if not pattern or pattern.startswith(("#", "!")):
            continue
        last = pattern.rstrip("/").rpartition("/")[2]
        if "\\" in last:
            wild.append(".*")
        elif any(mark in last for mark in "*?["):
            wild.append(fnmatch.translate(_CLASS.sub("?", last)))
        else:
            plain.add(last)
    matches = re.compile("|".join(wild), re.DOTALL).match if wild else None
    return lambda name: name in plain or (matches is not None and matches(name) is not None)
