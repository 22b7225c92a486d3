"""Metrics of many commits, those that DVC caches included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from msgspec import Struct
from msgspec.structs import replace

from release.core.config import Config
from release.core.limits import MAX_COMMIT_FILES
from release.core.locate import PointerSet
from release.core.matching import matches_any
from release.core.metric_files import (
    SUFFIXES,
    CachedName,
    CachedObject,
    FoundFiles,
    Unread,
    cached_names,
    directory_of,
    locks_beside,
    metric_paths,
    objects_of,
    value_file,
)
from release.core.metrics import UnreadCause, ValueFile
from release.core.pointer import LOCK, BadListing, Entry, Origin, Out, parse_listing
from release.core.text import OnProgress
from release.dvc.inventory import Pointed, SmallObjects
from release.dvc.pointers import PointerReader
from release.dvc.scan import Found, Scan, ScannedTree
from release.engine.project import Project
from release.engine.values import CachedMetrics, files_at, values_of
from release.git.objects import LINK_MODE, SUBMODULE_MODE, TREE_MODE, ObjectMissing, Objects, tree_lines

_Files = dict[str, tuple[ValueFile, ...]]


class _WantedFile(Struct, frozen=True):
    """A requested path of a commit, the out that it belongs to, and the `.dvc/config` of the commit's DVC roots."""

    commit: str
    path: str
    name: CachedName
    roots: Mapping[str, bytes]


class _Content(Struct, frozen=True):
    """A file of a requested path, and the object with its bytes."""

    wish: _WantedFile
    file: str
    object: CachedObject | Unread


class CachedFiles:
    """Reader for `KeptValues`. Information that two commits share is read and parsed once."""

    def __init__(self, project: Project, *, ask: bool, on_progress: OnProgress) -> None:
        self._small = SmallObjects(project.dvc, ask=ask)
        self._on_progress = on_progress
        self._parsed: dict[tuple[str, str, str, bool], ValueFile] = {}
        self._listings: dict[str, tuple[Entry, ...] | Unread] = {}

    def read(self, objects: Objects, wanted: Mapping[str, Sequence[str]], config: Config) -> dict[str, _Files]:
        """Return for each commit its requested paths that DVC tracks, with the files of each path."""
        wishes = list(_wanted_files(objects, wanted, config))
        bodies = [(wish, body) for wish in wishes if (body := directory_of(wish.name.out)) is not None]
        self._fetch(Pointed(body, wish.roots) for wish, body in bodies)
        contents = [content for wish in wishes for content in self._contents(wish)]
        self._fetch(
            Pointed(content.object, content.wish.roots)
            for content in contents
            if not isinstance(content.object, Unread)
        )
        found: dict[str, _Files] = {commit: {} for commit in wanted}
        for content in contents:
            wish = content.wish
            here = found[wish.commit]
            here[wish.path] = (*here.get(wish.path, ()), self._value(content, config))
        return found

    def _fetch(self, wanted: Iterable[Pointed]) -> None:
        self._small.fetch(wanted, self._on_progress)

    def _contents(self, wish: _WantedFile) -> Iterator[_Content]:
        body = directory_of(wish.name.out)
        entries = None if body is None else self._listing(Pointed(body, wish.roots))
        if isinstance(entries, Unread):
            yield _Content(wish, wish.name.path, entries)
            return
        for file, one in objects_of(wish.name, entries):
            yield _Content(wish, file, one)

    def _listing(self, body: Pointed) -> tuple[Entry, ...] | Unread:
        oid = body.object.oid
        if oid not in self._listings:
            data = self._small.read(body)
            if isinstance(data, Unread):
                return data  # another revision may name another remote
            try:
                self._listings[oid] = parse_listing(data, oid)
            except BadListing as error:
                self._listings[oid] = Unread(reason=f"its directory object {oid}: {error}", cause=UnreadCause.CORRUPT)
        return self._listings[oid]

    def _value(self, content: _Content, config: Config) -> ValueFile:
        one = content.object
        if isinstance(one, Unread):
            return value_file(content.file, one, foreign=True)
        foreign = _is_foreign(one.out, config)
        key = (content.file, one.layout.value, one.oid, foreign)
        if key not in self._parsed:
            read = self._small.read(Pointed(one, content.wish.roots))
            if isinstance(read, Unread):
                return value_file(content.file, read, foreign=foreign)
            self._parsed[key] = value_file(content.file, read, foreign=foreign)
        return self._parsed[key]


def _wanted_files(objects: Objects, wanted: Mapping[str, Sequence[str]], config: Config) -> Iterator[_WantedFile]:
    everything = replace(config, audit=replace(config.audit, exclude=()))
    reader = PointerReader(objects)
    reader.prefetch(list(wanted), everything)
    for commit, paths in wanted.items():
        pointers = _pointers(reader, commit, everything)
        if pointers is not None:
            for path, name in cached_names(paths, pointers.outs):
                yield _WantedFile(commit, path, name, pointers.roots)


def _pointers(reader: PointerReader, commit: str, config: Config) -> PointerSet | None:
    try:
        return reader.read(commit, config)
    except ObjectMissing:
        return None


def _is_foreign(out: Out, config: Config) -> bool:
    """Return whether the audit does not prove that others can get the bytes."""
    inside = out.path.removeprefix(f"{config.folder}/") if config.folder else out.path
    return out.origin is not Origin.OWN or not out.push or matches_any(inside, config.audit.exclude)


# Metric files of many commits: data that two commits share is read, searched and parsed once

_NOT_FILES = (LINK_MODE.encode(), SUBMODULE_MODE.encode())
_FOLDER = TREE_MODE.encode()
# Including the pointer that `core/metric_files.py` looks for, and `locks_beside`.
_ENDS = tuple(end.encode() for end in (*SUFFIXES, "performance.json.dvc", LOCK))

_NO_FILES = FoundFiles(paths=())


class MetricHistory:
    """Reader of metric files of commits through one `Objects`; trees, paths and blobs are cached by id."""

    def __init__(self, objects: Objects, config: Config, cached: CachedMetrics) -> None:
        self.objects = objects
        self._config = config
        self._cached = cached
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
            self._chosen[key] = metric_paths(blobs, contents, self._config)
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
