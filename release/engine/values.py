"""Metrics and parameters, of one commit or of many; version files, changelog and lineage of a commit."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from release.core.config import Config, VersionFile
from release.core.limits import MAX_COMMIT_FILES, MAX_WRITTEN_BYTES, MAX_WRITTEN_LINES
from release.core.lineage import Lineage, Seen, git_paths, judge_stages, param_files, paths_to_see, used_params
from release.core.metric_files import (
    SUFFIXES,
    USUAL_NAMES,
    FoundFiles,
    locks_beside,
    metric_paths,
    param_paths,
    parse_params,
    parse_values,
)
from release.core.metrics import ValueFile
from release.core.pointer import LOCK, Entry, Layout, is_pointer, listing_oid
from release.core.tags import WrittenFile
from release.core.text import OnProgress, no_progress, quote, size
from release.core.version_file import LOCKS, has_version, usual_files
from release.dvc.scan import Found, Scan, ScannedTree, root_of
from release.engine.project import Access, Project
from release.errors import Refused
from release.git.objects import (
    LINK_MODE,
    SUBMODULE_MODE,
    TREE_MODE,
    GitObject,
    ObjectMissing,
    Objects,
    TreeEntry,
    tree_lines,
)
from release.git.repository import Repository, filtered_paths, hidden_paths
from release.git.worktree import paths_in_the_way

if TYPE_CHECKING:
    from release.core.locate import PointerSet
    from release.dvc.inventory import CachedFiles


ByDvc = Mapping[str, tuple[ValueFile, ...]]  # the requested paths of a commit that DVC tracks, each with its files


class CachedMetrics:
    """Reader for a whole command: each distinct object is read once. Nothing is loaded before the first read."""

    def __init__(self, project: Project, access: Access, on_progress: OnProgress = no_progress) -> None:
        self._project = project
        self._access = access
        self._on_progress = on_progress
        self._files: CachedFiles | None = None

    def read_many(self, objects: Objects, wanted: Mapping[str, Sequence[str]], config: Config) -> dict[str, ByDvc]:
        """Read many commits in one step; return those of the paths that DVC tracks. An incomplete commit has none."""
        asked = {commit: tuple(paths) for commit, paths in wanted.items() if paths}
        found: dict[str, ByDvc] = {commit: {} for commit in wanted}
        return found | self._reader().read(objects, asked, config) if asked else found

    def _reader(self) -> CachedFiles:
        if self._files is None:
            from release.dvc.inventory import CachedFiles  # most repositories have no such files

            ask = self._access is not Access.OFFLINE
            self._files = CachedFiles(self._project.dvc, ask=ask, on_progress=self._on_progress)
        return self._files


def files_at(by_dvc: ByDvc, paths: Iterable[str]) -> tuple[ValueFile, ...]:
    """Return the files of these paths, each once."""
    return tuple({file.path: file for path in paths for file in by_dvc.get(path, ())}.values())


# Content of a commit: metrics, parameters, and the files that a release writes


class ReadValues(Struct, frozen=True, kw_only=True):
    """Metric and parameter files of one commit, including those that DVC tracks.

    `missing` are files that the configuration names and the commit does not have; `notes` are
    sentences about what else could not be read.
    """

    metrics: tuple[ValueFile, ...]
    params: tuple[ValueFile, ...]
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_values(objects: Objects, commit: str, config: Config, cached: CachedMetrics) -> ReadValues:
    """Return the metric and parameter files of a commit, configured or found (see `core/metric_files.py`)."""
    return read_many_values(objects, [commit], config, cached)[commit]


def read_many_values(
    objects: Objects, commits: Iterable[str], config: Config, cached: CachedMetrics
) -> dict[str, ReadValues]:
    """Return the metric and parameter files of each commit; those that DVC tracks are fetched together."""
    found = {}
    for commit in commits:
        blobs = _blobs(objects, commit)
        both = _find_values(objects, blobs, config)
        found[commit] = [(files, _values(objects, blobs, files.paths)) for files in both]
    elsewhere = {commit: [path for files, _ in both for path in files.elsewhere] for commit, both in found.items()}
    by_dvc = cached.read_many(objects, elsewhere, config)
    return {
        commit: _of_model(objects, commit, _whole(both, by_dvc[commit], config), config)
        for commit, both in found.items()
    }


def _of_model(objects: Objects, commit: str, values: ReadValues, config: Config) -> ReadValues:
    """Leave out parameters that the stages of the model do not use, unless the configuration names its files."""
    if config.model is None or config.models[config.model].params is not None:
        return values
    from release.dvc.pointers import read_pointers  # only models need it

    return replace(values, params=used_params(values.params, read_pointers(objects, commit, config)))


def _whole(both: Sequence[tuple[FoundFiles, tuple[ValueFile, ...]]], by_dvc: ByDvc, config: Config) -> ReadValues:
    values: list[tuple[ValueFile, ...]] = []
    missing: list[str] = []
    notes: list[str] = []
    for (files, in_git), configured in zip(both, (config.metrics, config.params), strict=True):
        if configured is not None:  # a file that the configuration names is not excused if it cannot be read
            in_git = tuple(replace(file, cause=None) for file in in_git)  # noqa: PLW2901
            missing += [path for path in files.missing if path not in by_dvc]
        elif not values:  # DVC expands no `*` either
            lost = [path for path in files.missing if path not in by_dvc]
            notes += [f"{path} was not read: dvc.yaml names it, and it is not in the commit" for path in lost]
        values.append((*in_git, *files_at(by_dvc, files.elsewhere)))
        unknown = [path for path in files.cached if path not in by_dvc]
        notes += [f"{path} is tracked by DVC, but no pointer of the commit has its hash" for path in unknown]
        notes += files.problems
    metrics, params = values
    return ReadValues(metrics=metrics, params=params, missing=tuple(missing), notes=tuple(dict.fromkeys(notes)))


def prepare_values(objects: Objects, commits: Iterable[str]) -> None:
    """Fetch at once what will be read of many commits, if the clone is partial."""
    if not objects.partial:
        return
    known = [found.id for found in objects.get_many(commits) if found is not None]
    objects.preload(known)
    walked = (entry for commit in known for entry in objects.walk(objects.tree_of(commit)))
    objects.prepare(entry.id for entry in walked if _is_read(entry.path) and entry.mode not in _NOT_FILES)


def unread(values: ReadValues) -> tuple[str, ...]:
    """Return a sentence for each file that could not be read."""
    files = (*values.metrics, *values.params)
    return tuple(f"{file.path} cannot be read: {file.problem}" for file in files if file.problem is not None)


def find_values(objects: Objects, commit: str, config: Config) -> tuple[FoundFiles, FoundFiles]:
    """Return which metric and which parameter files a commit has, without reading them."""
    return _find_values(objects, _blobs(objects, commit), config)


def _find_values(objects: Objects, blobs: Mapping[str, str], config: Config) -> tuple[FoundFiles, FoundFiles]:
    contents = _contents(objects, blobs, [path for path in blobs if posixpath.basename(path) == "dvc.yaml"])
    contents |= _contents(objects, blobs, [path for path in locks_beside(contents) if path in blobs])
    return metric_paths(blobs, contents, config), param_paths(blobs, contents, config)


def _contents(objects: Objects, blobs: Mapping[str, str], paths: Sequence[str]) -> dict[str, bytes]:
    read = zip(paths, _read(objects, blobs, paths), strict=True)
    return {path: b"" if found is None else found.data_of(path) for path, found in read}


def _blobs(objects: Objects, commit: str) -> dict[str, str]:
    found = {entry.path: entry.id for entry in objects.walk(objects.tree_of(commit)) if entry.mode not in _NOT_FILES}
    objects.prepare(id for path, id in found.items() if _is_read(path))
    return found


def version_files(objects: Objects, tree: str, config: Config) -> dict[str, VersionFile]:
    """Return the files that contain the version, by path from the git root.

    Those that the configuration names, with their lock files; without configuration those that are usual.
    """
    named = config.version_files
    if named is not None:
        folders = [(posixpath.dirname(file.path), LOCKS.get(posixpath.basename(file.path), ())) for file in named]
        beside = [posixpath.join(folder, lock) for folder, locks in folders for lock in locks]
    else:
        beside = [*usual_files(objects.file(tree, posixpath.join(config.folder, "pyproject.toml")))]
    found = {posixpath.join(config.folder, file.path): file for file in named or ()}
    for name in beside:
        path, file = posixpath.join(config.folder, name), VersionFile(path=name)
        entry = None if path in found else objects.entry(tree, path)
        if entry is not None and (
            name == "pyproject.toml" or (entry.mode in _FILE_MODES and has_version(objects.read(entry.id), file))
        ):
            found[path] = file
    return found


def changelog_path(objects: Objects, tree: str, config: Config) -> str:
    """Return the changelog's path from the git root, as it is tracked even if its case differs."""
    wanted = posixpath.join(config.folder, config.changelog)
    folder, name = posixpath.split(wanted)
    entry = objects.entry(tree, folder) if folder else None
    inside = tree if not folder else entry.id if entry is not None and entry.is_tree else None
    tracked = [each.path for each in objects.tree(inside)] if inside else []
    if name in tracked:
        return wanted
    return posixpath.join(folder, next((each for each in tracked if each.lower() == name.lower()), name))


def commit_paths(objects: Objects, commit: str, config: Config) -> tuple[str, ...]:
    """Return the paths of git whose commits belong to a release (none: all): the configuration's folder, or a model's."""
    around = (config.folder,) if config.folder else ()
    if config.model is None:
        return around
    from release.dvc.pointers import read_pointers  # only models need it

    own, every = (read_pointers(objects, commit, each) for each in (config, replace(config, only=())))
    if own.outs is every.outs:  # its inputs are not known
        return around
    return (*config.only, changelog_path(objects, objects.tree_of(commit), config), *git_paths(own, every))


def written_files(
    repository: Repository, objects: Objects, tree: str, paths: Sequence[str], *, on_disk: bool
) -> Mapping[str, WrittenFile]:
    """Return the state of each file in the commit.

    `on_disk`: the work tree will be updated too, so files that would be overwritten there are reported.
    """
    found = {path: written_file(objects, tree, path) for path in paths}
    absent = tuple(path for path, file in found.items() if file.kind == "absent")
    blocked = paths_in_the_way(repository.work_tree, absent) if on_disk else ()
    filtered = filtered_paths(repository.git, tuple(paths))
    hidden = hidden_paths(repository, tuple(paths)) if on_disk else ()
    return {
        path: replace(file, in_the_way=path in blocked, filtered=path in filtered, hidden=path in hidden)
        for path, file in found.items()
    }


_NOT_FILES = (LINK_MODE, SUBMODULE_MODE)
_FILE_MODES = ("100644", "100755")
_READ = (".dvcignore", ".toml", *USUAL_NAMES)


def _is_read(path: str) -> bool:
    """Return whether commands usually read a file of a commit: a partial clone fetches all of them at once."""
    return is_pointer(path) or path.endswith(_READ)


def _values(objects: Objects, blobs: Mapping[str, str], paths: Sequence[str]) -> tuple[ValueFile, ...]:
    return tuple(values_of(path, found) for path, found in zip(paths, _read(objects, blobs, paths), strict=True))


def values_of(path: str, found: GitObject | None) -> ValueFile:
    """Return the values of a blob; a `problem` if it is larger than what is read."""
    if found is not None and found.content is None:
        return ValueFile(path=path, problem=found.excess)
    return parse_values(path, b"" if found is None else found.data)


def _read(objects: Objects, blobs: Mapping[str, str], paths: Sequence[str]) -> list[GitObject | None]:
    return objects.get_many([blobs[path] for path in paths]) if paths else []


def written_file(objects: Objects, tree: str, path: str) -> WrittenFile:
    """Return the state of a file in a tree. Raises Refused if it is too large to be rewritten."""
    parts = path.split("/")
    for depth in range(1, len(parts)):
        above = objects.entry(tree, "/".join(parts[:depth]))
        if above is not None and not above.is_tree:
            return WrittenFile(path=path, kind="link" if above.is_link else "path below a file")
    entry = objects.entry(tree, path)
    if entry is None:
        return WrittenFile(path=path, kind="absent")
    kinds = {LINK_MODE: "symbolic link", SUBMODULE_MODE: "submodule", "40000": "folder"}
    if entry.mode in kinds:
        return WrittenFile(path=path, kind=kinds[entry.mode])
    data = objects.read(entry.id, path)
    if len(data) > MAX_WRITTEN_BYTES or data.count(b"\n") > MAX_WRITTEN_LINES:
        most = f"{size(MAX_WRITTEN_BYTES)} or {MAX_WRITTEN_LINES:,} lines"
        raise Refused(f"{path} has more than {most}", help=f"shorten {quote(path)}, and commit it")
    return WrittenFile(path=path, kind="file", mode=entry.mode, data=data)


# Inputs of a commit's stages compared with the commit, read from git objects only

_MOST_FILES = 10_000  # of a folder; a larger one is left out
_MOST_COMMITS = 100  # in which a folder with fewer files than a stage had is looked for
_PROBE_BYTES = 8_000  # in which git finds a NUL of a binary file
_LFS = b"version https://git-lfs.github.com/spec/"


def read_lineage(objects: Objects, commit: str, pointers: PointerSet) -> Lineage:
    """Return which stages' outs were made from other data, code and parameters than the commit has."""
    if not any(stage.name for stage in pointers.stages):
        return Lineage()
    tree = objects.tree_of(commit)
    seen = {
        path: found
        for path, numbers in paths_to_see(pointers).items()
        if (found := _see(objects, commit, path, root_of(path, pointers.roots) or "", numbers)) is not None
    }
    params = {file: _document(objects, entry) for file in param_files(pointers) if (entry := objects.entry(tree, file))}
    return judge_stages(pointers, seen, params)


def _see(objects: Objects, commit: str, path: str, root: str, numbers: frozenset[int]) -> Seen | None:
    """Return what git has at a path of a DVC root; None if it cannot be compared (links, submodules, git-lfs...).

    `numbers` are those of the files that a folder had when stages ran. If it has fewer now, its last commits are read.
    """
    tree = objects.tree_of(commit)
    entry = objects.entry(tree, path)
    if entry is None:
        return Seen(None)
    try:
        if not entry.is_tree:
            found = _hashes(objects, entry)
            return None if found is None else Seen(frozenset(found))
        files = _files_of(objects, tree, path, root)
        oids = files and _listings(objects, files, path)
        if not files or not oids:
            return None
        fewer = max(numbers, default=0) > len(files) and not objects.partial
        earlier = _earlier(objects, commit, path, root, numbers) if fewer else ()
        return Seen(oids, len(files), frozenset(earlier))
    except Refused:  # an object is missing, or a folder was too large
        return None


def _earlier(objects: Objects, commit: str, path: str, root: str, numbers: frozenset[int]) -> Iterator[str]:
    """Yield the hashes of a folder in the commits before, where it had one of these numbers of files."""
    known: set[str] = set()
    for before in objects.before(commit, _MOST_COMMITS):
        tree = objects.tree_of(before)
        folder = objects.entry(tree, path)
        if folder is None or folder.id in known:
            continue
        known.add(folder.id)
        files = _files_of(objects, tree, path, root)
        if files is not None and len(files) in numbers:
            yield from _listings(objects, files, path)


def _files_of(objects: Objects, tree: str, path: str, root: str) -> list[TreeEntry] | None:
    """Return the files of a folder that DVC counts in its root; None if that is unknown, or if they are too many."""
    folder = objects.entry(tree, path)
    if folder is None or not folder.is_tree:
        return None
    parts = path.split("/")
    above = ["".join(f"{part}/" for part in parts[:depth]) for depth in range(len(parts))]
    found = {f"{each}.dvcignore": objects.entry(tree, f"{each}.dvcignore") for each in above}
    patterns = {name: objects.read(entry.id) for name, entry in found.items() if entry is not None}
    every = {entry.path: entry for entry in objects.walk(folder.id, f"{path}/")}
    if any("/.dvc/" in each for each in every):  # another DVC repository
        return None
    from release.dvc.clean_room import ignored_by_dvc  # only a folder that a stage reads needs it

    hidden = ignored_by_dvc(every, root, patterns, objects.git.environment)
    files = [entry for path, entry in every.items() if hidden is not None and path not in hidden]
    return None if hidden is None or len(files) > _MOST_FILES else files


def _listings(objects: Objects, files: Iterable[TreeEntry], path: str) -> frozenset[str]:
    """Return the hashes that a folder with these files may have; none if one of them cannot be compared."""
    entries = [(entry.path.removeprefix(f"{path}/"), _hashes(objects, entry)) for entry in files]
    every = [[Entry(name, hash) for hash in hashes] for name, hashes in entries if hashes is not None]
    return frozenset(map(listing_oid, zip(*every, strict=True)) if len(every) == len(entries) else ())


def _hashes(objects: Objects, entry: TreeEntry) -> tuple[str, str, str] | None:
    """Return the MD5s (hex) that a file may have in a work tree: unchanged, with CRLF line endings, and as DVC 2 hashes it.

    None for a link, a submodule or a git-lfs pointer.
    """
    if entry.mode in (LINK_MODE, SUBMODULE_MODE):
        return None
    from release.dvc.contents import hash_pieces  # only stages with inputs in git need it

    data = objects.read(entry.id)
    if data.startswith(_LFS):
        return None
    is_text = b"\0" not in data[:_PROBE_BYTES]
    dos = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") if is_text else data
    plain, other = (hashlib.md5(each, usedforsecurity=False).hexdigest() for each in (data, dos))
    return plain, other, hash_pieces([data], Layout.LEGACY, lambda _: None)


def _document(objects: Objects, entry: TreeEntry) -> Mapping[str, Any] | None:
    """Return a parameter file's document; None if it cannot be read here."""
    try:
        return parse_params(entry.path, objects.read(entry.id))
    except ObjectMissing:
        return None


# Metrics of many commits: data that two of them share is read, searched and parsed once

_NO_FILE_MODES = (LINK_MODE.encode(), SUBMODULE_MODE.encode())
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
            if files := [entry for entry in entries if entry.mode.encode() not in (_FOLDER, *_NO_FILE_MODES)]:
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
        if name.lower().endswith(_ENDS) and mode != _FOLDER and mode not in _NO_FILE_MODES
    ]
    return ScannedTree(
        tuple(own), tuple([(f"{_text(name)}/", id.hex()) for mode, name, id in lines if mode == _FOLDER])
    )


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
