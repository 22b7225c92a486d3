"""Files of git at the places of outs: `dvc pull` in a fresh clone replaces nothing that is not DVC's own."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Collection, Sequence

from release.adapters.dvc.file_hash import hash_pieces
from release.core.audit.audit import Problem
from release.core.pointers.pointer import Out
from release.core.pointers.rules import at_link, below_link, in_the_way, shared_with_git
from release.git.objects import Objects, TreeEntry

_LFS = b"version https://git-lfs"


class Conflicts:
    """Conflicts in many commits; a result for a folder's tree is cached for every commit that has it."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._folders: dict[int, dict[str, list[Out]]] = {}
        self._known: dict[tuple[int, str, str], list[Problem]] = {}

    def of(self, tree: str, outs: Sequence[Out]) -> list[Problem]:
        """Return the conflicts of a commit's tree with these outs; `outs` must live as long as this object."""
        problems: list[Problem] = []
        for folder, here in self._by_folder(outs).items():
            entry = self._objects.entry(tree, folder) if folder else TreeEntry("40000", "", tree)
            if entry is None:
                problems += self._above(tree, folder, here)
                continue
            key = (id(outs), folder, entry.id)
            if key not in self._known:
                self._known[key] = self._inside(entry, here)
            problems += self._known[key]
        return problems

    def _by_folder(self, outs: Sequence[Out]) -> dict[str, list[Out]]:
        if id(outs) not in self._folders:
            folders: dict[str, list[Out]] = {}
            for out in outs:
                if out.cache:
                    folders.setdefault(posixpath.dirname(out.path), []).append(out)
            self._folders[id(outs)] = folders
        return self._folders[id(outs)]

    def _above(self, tree: str, folder: str, outs: Collection[Out]) -> list[Problem]:
        """Report a file in the place of a folder above the outs."""
        while folder := posixpath.dirname(folder):
            entry = self._objects.entry(tree, folder)
            if entry is not None:
                return [] if entry.is_tree else self._barred(entry, outs)
        return []

    @staticmethod
    def _barred(entry: TreeEntry, outs: Collection[Out]) -> list[Problem]:
        """Report a file or symbolic link in the place of a folder that would hold the outs."""
        if entry.is_link:
            return [below_link(out, entry.path) for out in outs]
        return [in_the_way(out, f"the file {entry.path}") for out in outs]

    def _inside(self, folder: TreeEntry, outs: Collection[Out]) -> list[Problem]:
        if not folder.is_tree:
            return self._barred(folder, outs)
        names = {entry.path: entry for entry in self._objects.tree(folder.id)}
        found = [(out, names.get(posixpath.basename(out.path))) for out in outs]
        problems = (self._at_its_place(out, entry) for out, entry in found if entry is not None)
        return [problem for problem in problems if problem is not None]

    def _at_its_place(self, out: Out, entry: TreeEntry) -> Problem | None:
        if entry.is_link:
            return at_link(out, out.path)
        if out.is_dir or any(each.relpath for each in out.cloud):
            return self._in_its_folder(out, entry) if entry.is_tree else in_the_way(out, "a file")
        if entry.is_tree:
            return in_the_way(out, "a folder")
        found = self._objects.get(entry.id)
        if found is None or found.content is None or found.kind != "blob" or found.data.startswith(_LFS):
            return shared_with_git(out)
        return None if self._is_the_same(out, found.data) else in_the_way(out, "a file with other content")

    def _in_its_folder(self, out: Out, folder: TreeEntry) -> Problem:
        link = next((entry.path for entry in self._objects.walk(folder.id, f"{out.path}/") if entry.is_link), None)
        return shared_with_git(out) if link is None else at_link(out, link)

    @staticmethod
    def _is_the_same(out: Out, data: bytes) -> bool:
        if out.oid is None:
            return out.cloud[0].md5 == hashlib.md5(data, usedforsecurity=False).hexdigest() if out.cloud else True
        return hash_pieces([data], out.layout, lambda _size: None) == out.oid
