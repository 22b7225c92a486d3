"""Metric files of many commits: what two commits share is read, searched and parsed once."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from release.adapters.git.objects import LINK_MODE, SUBMODULE_MODE, ObjectMissing, Objects
from release.core.config import Config
from release.core.discovery import FoundFiles, metric_paths
from release.core.metric import ValueFile
from release.core.metric_file import SUFFIXES, parse_values
from release.flows.kept_values import KeptValues

_NOT_FILES = (LINK_MODE, SUBMODULE_MODE)
_ENDS = (*SUFFIXES, "performance.json.dvc")  # the pointer that `core.discovery` looks for by itself
_NOTHING = FoundFiles(paths=())

# Path below a folder and blob id, of each file that could hold values or tell where they are.
_Candidates = tuple[tuple[str, str], ...]


class ManyValues:
    """Reads metric files of commits through one `Objects`, remembering trees, paths and blobs by their ids."""

    def __init__(self, objects: Objects, config: Config, kept: KeptValues) -> None:
        self._objects = objects
        self._config = config
        self._kept = kept
        self._below: dict[str, _Candidates] = {}
        self._chosen: dict[_Candidates, FoundFiles] = {}
        self._parsed: dict[tuple[str, str], ValueFile] = {}
        self._roots: dict[str, str | None] = {}

    def prefetch(self, commits: Iterable[str]) -> None:
        """Ask for the commits at once, so that none costs a round trip."""
        new = [commit for commit in dict.fromkeys(commits) if commit not in self._roots]
        for commit, found in zip(new, self._objects.get_many(new) if new else (), strict=True):
            starts = found is not None and found.data.startswith(b"tree ")
            self._roots[commit] = found.data.split(b"\n", 1)[0][5:].decode() if found and starts else None

    def metrics(self, commits: Iterable[str]) -> dict[str, tuple[ValueFile, ...]]:
        """The metric files of each commit; none of one that is not completely here (a shallow or partial clone)."""
        asked = list(dict.fromkeys(commits))
        self.prefetch(asked)
        found = {commit: self._found(commit) for commit in asked}
        elsewhere = {commit: files.elsewhere for commit, (files, _) in found.items()}
        by_dvc = self._kept.read_many(self._objects, elsewhere, self._config)
        return {commit: (*values, *by_dvc[commit].of(elsewhere[commit])) for commit, (_, values) in found.items()}

    def _found(self, commit: str) -> tuple[FoundFiles, tuple[ValueFile, ...]]:
        root = self._roots[commit]
        if root is None:
            return _NOTHING, ()
        try:
            candidates = self._candidates(root)
            found = self._paths(candidates)
            blobs = dict(candidates)
            return found, tuple(self._values(path, blobs[path]) for path in found.paths)
        except ObjectMissing:
            return _NOTHING, ()

    def _candidates(self, tree: str) -> _Candidates:
        """Depth first without recursion: a hostile tree may be deeper than Python's stack."""
        stack = [tree]
        while stack:
            here = stack[-1]
            if here in self._below:
                stack.pop()
                continue
            entries = self._objects.tree(here)
            unknown = [entry.id for entry in entries if entry.is_tree and entry.id not in self._below]
            if unknown:
                stack += unknown
                continue
            found: list[tuple[str, str]] = []
            for entry in entries:
                if entry.is_tree:
                    found += [(f"{entry.path}/{path}", id) for path, id in self._below[entry.id]]
                elif entry.mode not in _NOT_FILES and entry.path.lower().endswith(_ENDS):
                    found.append((entry.path, entry.id))
            self._below[here] = tuple(found)
            stack.pop()
        return self._below[tree]

    def _paths(self, candidates: _Candidates) -> FoundFiles:
        if candidates not in self._chosen:
            blobs = dict(candidates)
            yamls = [path for path in blobs if posixpath.basename(path) == "dvc.yaml"]
            contents = {path: self._objects.read(blobs[path]) for path in yamls}
            self._chosen[candidates] = metric_paths(blobs, contents, self._config)
        return self._chosen[candidates]

    def _values(self, path: str, blob: str) -> ValueFile:
        if (path, blob) not in self._parsed:
            self._parsed[path, blob] = parse_values(path, self._objects.read(blob))
        return self._parsed[path, blob]
