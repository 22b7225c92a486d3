"""Metrics of many commits: data that two of them share is read, searched and parsed once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from release.core.config import Config
from release.core.limits import MAX_COMMIT_FILES
from release.core.metric_files import (
    SUFFIXES,
    FoundFiles,
    locks_beside,
    metric_paths,
)
from release.core.metrics import ValueFile
from release.core.pointer import LOCK
from release.dvc.scan import Found, Scan, ScannedTree
from release.engine.values import CachedMetrics, files_at, values_of
from release.git.objects import LINK_MODE, SUBMODULE_MODE, TREE_MODE, ObjectMissing, Objects, tree_lines

_NOT_FILES = (LINK_MODE.encode(), SUBMODULE_MODE.encode())
_FOLDER = TREE_MODE.encode()
# Including the pointer that `core/metric_files.py` looks for, and `locks_beside`.
_ENDS = tuple(end.encode() for end in (*SUFFIXES, "performance.json.dvc", LOCK))

_NO_FILES = FoundFiles(paths=())


_Choose = Callable[[Iterable[str], Mapping[str, bytes], Config], FoundFiles]


class MetricHistory:
    """Reader of metric files of commits through one `Objects`; trees, paths and blobs are cached by id.

    `choose` finds the files among a commit's paths; with `param_paths` they are those of the parameters.
    """

    def __init__(self, objects: Objects, config: Config, cached: CachedMetrics, choose: _Choose = metric_paths) -> None:
        self.objects = objects
        self._config = config
        self._cached = cached
        self._choose = choose
        self._scan = Scan(_value_files, MAX_COMMIT_FILES)
        self._yamls: dict[str, bytes] = {}
        self._chosen: dict[tuple[tuple[str, ...], tuple[str, ...]], FoundFiles] = {}
        self._files: dict[str, tuple[FoundFiles, tuple[tuple[str, str], ...]]] = {}
        self._parsed: dict[tuple[str, str], ValueFile] = {}
        self._roots: dict[str, str | None] = {}

    def metrics(self, commits: Iterable[str]) -> dict[str, tuple[ValueFile, ...]]:
        """Return the metric files of each commit; none for an incomplete commit (a shallow or partial clone)."""
        asked = list(dict.fromkeys(commits))
        self._read_ahead([commit for commit in asked if commit not in self._roots])
        found = {commit: self._found(commit) for commit in asked}
        elsewhere = {commit: files.elsewhere for commit, (files, _) in found.items()}
        by_dvc = self._cached.read_many(self.objects, elsewhere, self._config)
        return {
            commit: (*values, *files_at(by_dvc[commit], elsewhere[commit])) for commit, (_, values) in found.items()
        }

    def _found(self, commit: str) -> tuple[FoundFiles, tuple[ValueFile, ...]]:
        root = self._roots[commit]
        if root is None:
            return _NO_FILES, ()
        try:
            found, blobs = self._metric_files(root)
            return found, tuple(self._values(path, blob) for path, blob in blobs)
        except ObjectMissing:
            return _NO_FILES, ()

    def _read_ahead(self, commits: Sequence[str]) -> None:
        """Read the commits, their trees and their metric files in batches, to save round trips."""
        for commit, found in zip(commits, self.objects.each(commits) if commits else (), strict=True):
            content = b"" if found is None or found.content is None else found.content
            self._roots[commit] = content.split(b"\n", 1)[0][5:].decode() if content.startswith(b"tree ") else None
        roots = [root for commit in commits if (root := self._roots[commit]) is not None]
        self._scan.prefetch(self.objects, roots)
        wanted: dict[tuple[str, str], None] = {}
        for root in dict.fromkeys(roots):
            with suppress(ObjectMissing):
                wanted.update(dict.fromkeys(self._metric_files(root)[1]))
        new = [key for key in wanted if key not in self._parsed]
        for (path, blob), found in zip(new, self.objects.each(id for _, id in new) if new else (), strict=True):
            if found is not None:
                self._parsed[path, blob] = values_of(path, found)

    def _metric_files(self, root: str) -> tuple[FoundFiles, tuple[tuple[str, str], ...]]:
        """Return the metric files of a tree, with path and blob of those in git. Raises ObjectMissing."""
        if root not in self._files:
            blobs = {found.path: found.id for found in self._scan.below(self.objects, root)}
            found = self._paths(blobs)
            other = [path for path in found.elsewhere if not path.lower().endswith(SUFFIXES)]
            entries = [entry for path in other if (entry := self.objects.entry(root, path)) is not None]
            if files := [entry for entry in entries if entry.mode.encode() not in (_FOLDER, *_NOT_FILES)]:
                blobs |= {entry.path: entry.id for entry in files}
                found = self._paths(blobs)
            self._files[root] = found, tuple([(path, blobs[path]) for path in found.paths])
        return self._files[root]

    def _paths(self, blobs: Mapping[str, str]) -> FoundFiles:
        """Return the metric files among these; the result is cached for equal names and dvc.yaml files."""
        yamls = {path: blob for path, blob in blobs.items() if f"/{path}".endswith("/dvc.yaml")}
        for path, blob in yamls.items():
            if blob not in self._yamls:
                self._yamls[blob] = self.objects.read(blob, path)
        contents = {path: self._yamls[blob] for path, blob in yamls.items()}
        locks = {path: blobs[path] for path in locks_beside(contents) if path in blobs}
        key = (tuple(blobs), (*yamls.values(), *locks.values()))
        if key not in self._chosen:
            contents |= {path: self.objects.read(blob, path) for path, blob in locks.items()}
            self._chosen[key] = self._choose(blobs, contents, self._config)
        return self._chosen[key]

    def _values(self, path: str, blob: str) -> ValueFile:
        if (path, blob) not in self._parsed:
            self._parsed[path, blob] = values_of(path, self.objects.need(blob))
        return self._parsed[path, blob]


def _value_files(data: bytes, *, id_bytes: int) -> ScannedTree:
    """Parse a tree object, filtering it as bytes, because few of its lines matter."""
    lowered = data.lower()
    if _FOLDER not in data and not any(end in lowered for end in _ENDS):
        return ScannedTree((), ())
    lines = tree_lines(data, id_bytes=id_bytes)
    own = [
        Found(_text(name), mode.decode(), id.hex())
        for mode, name, id in lines
        if name.lower().endswith(_ENDS) and mode != _FOLDER and mode not in _NOT_FILES
    ]
    return ScannedTree(
        tuple(own), tuple([(f"{_text(name)}/", id.hex()) for mode, name, id in lines if mode == _FOLDER])
    )


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
