"""Git LFS pointers in commits: git stores a few lines in place of a file, an LFS server its content.

Source: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md (at most 1024 bytes, version line first).
"""

from __future__ import annotations

from collections.abc import Collection

from release.adapters.git.objects import Objects, TreeEntry

_FILES = frozenset({"100644", "100755", "100664"})
_STARTS = tuple(
    f"version {url}\n".encode()
    for url in (
        "https://git-lfs.github.com/spec/v1",
        "https://hawser.github.com/spec/v1",
        "http://git-media.io/v/2",
    )
)
_SIZES = range(100, 1025)


class LfsPointers:
    """Git LFS pointers of many commits. Each tree and blob is read once, a blob only if its size fits."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._blobs: dict[str, bool] = {}
        self._below: dict[str, tuple[str, ...]] = {}

    def of(self, commit: str, folder: str) -> tuple[str, ...]:
        """Return the paths of LFS pointers below a folder of a commit, from the git root. Raises ObjectMissing."""
        self._objects.preload([commit])
        tree = self._objects.tree_of(commit)
        if not folder:
            return self._of_tree(tree)
        entry = self._objects.entry(tree, folder)
        found = self._of_tree(entry.id) if entry is not None and entry.is_tree else ()
        return tuple(f"{folder}/{path}" for path in found)

    def _of_tree(self, tree: str) -> tuple[str, ...]:
        trees = self._unknown(tree)
        entries = [entry for id in trees for entry in self._objects.tree(id) if entry.mode in _FILES]
        if not self._objects.partial or self._mention_lfs(entries):  # else a partial clone fetches each missing blob
            self._look_at({entry.id: None for entry in entries if entry.id not in self._blobs})
        for id in trees:
            self._below[id] = tuple(path for entry in self._objects.tree(id) for path in self._paths(entry))
        return self._below[tree]

    def _unknown(self, tree: str) -> list[str]:
        """Return this tree and those below it that were not read yet, each after its subtrees."""
        done: dict[str, None] = {}
        waiting = [tree]
        while waiting:
            id = waiting[-1]
            missing = [
                each.id
                for each in self._objects.tree(id)
                if each.is_tree and each.id not in self._below and each.id not in done
            ]
            waiting += missing
            if not missing:
                waiting.pop()
                if id not in self._below:
                    done[id] = None
        return list(done)

    def _mention_lfs(self, entries: Collection[TreeEntry]) -> bool:
        attributes = {entry.id: None for entry in entries if entry.path == ".gitattributes"}
        return any(found is not None and b"lfs" in found.data for found in self._objects.each(attributes))

    def _look_at(self, blobs: Collection[str]) -> None:
        self._objects.prepare(blobs)
        sizes = self._objects.sizes(blobs)
        self._blobs |= dict.fromkeys(blobs, False)
        small = [id for id, size in zip(blobs, sizes, strict=True) if size in _SIZES]
        for id, found in zip(small, self._objects.each(small), strict=True):
            self._blobs[id] = found is not None and found.data.startswith(_STARTS)

    def _paths(self, entry: TreeEntry) -> Collection[str]:
        if entry.is_tree:
            return [f"{entry.path}/{path}" for path in self._below[entry.id]]
        return [entry.path] if entry.mode in _FILES and self._blobs.get(entry.id) else []
