"""Files of metrics and parameters: formats, discovery in a commit, and those that DVC caches."""

from __future__ import annotations

import hashlib
import posixpath
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, time
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from release.core.audit_rules import Need, needs, versioned_needs
from release.core.config import Config
from release.core.documents import BadDocument, Timestamp, decode, load_json, load_table, load_toml, load_yaml, quoted
from release.core.limits import MAX_DEPTH, MAX_DOCUMENT_BYTES, MAX_KEY_LENGTH, MAX_KEYS_LENGTH, MAX_VALUES
from release.core.matching import LinearPattern, Wildcard
from release.core.metrics import KeyPart, UnreadCause, ValueFile, extend_key
from release.core.pointer import PIPELINE, Entry, Layout, ObjectKey, Origin, Out, folders_above, lock_of
from release.core.text import Scalar, size

if TYPE_CHECKING:
    from release.core.pointer_file import LockedStage


def _load_yaml(text: str) -> Any:
    """Return a YAML document with text keys; an empty file has no values, like an empty TOML file."""
    document = load_yaml(text, text_keys=True)
    return {} if document is None else document


# The only list of formats, each with the function that returns the document of a text, with text keys, and raises
# BadDocument: a new one is one entry here. Any other file is YAML, as for DVC, but Python is not read.
_FORMATS: dict[str, Callable[[str], Any]] = {
    ".json": load_json,
    ".yaml": _load_yaml,
    ".yml": _load_yaml,
    ".toml": load_toml,
    ".csv": partial(load_table, delimiter=","),
    ".tsv": partial(load_table, delimiter="\t"),
}
_TABLES = (".csv", ".tsv")  # these have no parameters

SUFFIXES = tuple(_FORMATS)
# Inside a folder of metrics. A table there may be data or a plot: it counts only if it is named itself.
FOLDER_SUFFIXES = tuple(suffix for suffix in _FORMATS if suffix not in _TABLES)


def parse_values(path: str, data: bytes) -> ValueFile:
    """Return the file's values by key (`overall.f1`, `hist[0]`), or the `problem` why it cannot be read.

    Never raises. The suffix selects the format. Integers too large for a float become infinite, like 1e400. A file that
    is not one of names with values is FOREIGN.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        return ValueFile(path=path, values=_values(path, data), sha256=sha256)
    except BadDocument as problem:
        foreign = isinstance(problem, _NoNames) or not path.lower().endswith(FOLDER_SUFFIXES)
        cause = UnreadCause.FOREIGN if foreign else None
        return ValueFile(path=path, sha256=sha256, problem=str(problem), cause=cause)


def parse_params(path: str, data: bytes) -> Mapping[str, Any] | None:
    """Return a parameter file's document with keys typed as in dvc.lock.

    None if its format has no parameters, or if it cannot be read.
    """
    load = _format(path)
    if load is None or path.lower().endswith(_TABLES):
        return None
    try:
        document = (load_yaml if load is _load_yaml else load)(decode(data))
    except BadDocument:
        return None
    return document if isinstance(document, dict) else None


def _format(path: str) -> Callable[[str], Any] | None:
    """Return the reader of a file; None for Python, which is not read."""
    suffix = posixpath.splitext(path)[1].lower()
    return None if suffix == ".py" else _FORMATS.get(suffix, _load_yaml)


class _NoNames(BadDocument):
    """A file that is none of names with values."""


def _values(path: str, data: bytes) -> dict[str, Scalar]:
    load = _format(path)
    if load is None:
        raise _NoNames("values in Python are not read")
    document = load(decode(data))
    if not isinstance(document, dict):
        kind = "a list" if isinstance(document, list) else "a single value"
        raise _NoNames(f"the file contains {kind}, not names with values")
    return _flat(document)


def _flat(document: dict[str, Any]) -> dict[str, Scalar]:
    """Return the values in file order. Aliases make a document larger than its text, so nodes are counted here."""
    values: dict[str, Scalar] = {}
    nodes, letters = len(document), 0
    stack: list[tuple[str | None, Iterator[tuple[KeyPart, Any]]]] = [(None, iter(document.items()))]
    while stack:
        if nodes >= MAX_VALUES:
            raise BadDocument(f"more than {MAX_VALUES:,} values")
        above, rest = stack[-1]
        for part, value in rest:
            key = extend_key(above, part)
            letters += len(key)
            if len(key) > MAX_KEY_LENGTH or letters > MAX_KEYS_LENGTH:
                raise BadDocument(f"the name {quoted(key)} is too long, or all names together are")
            if not isinstance(value, dict | list):
                values[key] = value if type(value) is float else _scalar(value)
                continue
            if len(stack) + bool(value) > MAX_DEPTH:
                raise BadDocument(f"nested deeper than {MAX_DEPTH} levels")
            nodes += len(value)
            stack.append((key, iter(value.items()) if isinstance(value, dict) else enumerate(value)))
            break
        else:
            stack.pop()
    return values


def _scalar(value: Any) -> Scalar:
    if isinstance(value, date | time):  # of TOML; a datetime is a date
        return value.isoformat()
    if isinstance(value, Timestamp):
        return value.text
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            float(value)
        except OverflowError:  # as in JSON: no number that a float cannot hold
            return float("inf") if value > 0 else float("-inf")
    assert value is None or isinstance(value, int | float | str)
    return value


# Discovery of a commit's metric and parameter files: as configured, else from dvc.yaml and the usual names

_METRICS, _PARAMS, _PARAMS_BESIDE = USUAL_NAMES = ("performance.json", "params.yaml", "params.json")
_ASIDE = frozenset({"test", "tests", "example", "examples"})


class FoundFiles(Struct, frozen=True, kw_only=True):
    """Files to read, relative to the git root, and named paths that git does not have as files.

    `elsewhere` are all names that are no files in git: folders, and files that DVC may track (see
    `cached_names`). Of them, `cached` are DVC outs according to dvc.yaml or a `.dvc` file; `missing` are
    neither. `problems`: sentences about dvc.yaml files that cannot be read.
    """

    paths: tuple[str, ...]
    missing: tuple[str, ...] = ()
    cached: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def metric_paths(paths: Iterable[str], dvc_yamls: Mapping[str, bytes], config: Config) -> FoundFiles:
    """Return the metric files of a commit.

    `paths` are all files of its tree, `dvc_yamls` the contents of each dvc.yaml and of its `locks_beside`. Defaults: dvc.yaml's metrics (of
    stages and at the top), and each performance.json outside tests, examples and hidden folders.
    """
    tree = _below(config.folder, paths)
    if config.metrics is not None:
        return _found(tree, {_joined(config.folder, path): False for path in config.metrics})
    named, problems = _from_dvc(dvc_yamls, config.folder, "metrics")
    kept = (path.removesuffix(".dvc") for path in tree if path.endswith((_METRICS, f"{_METRICS}.dvc")))
    usual = sorted(path for path in kept if posixpath.basename(path) == _METRICS and _is_plain(path, config))
    return _found(tree, named | {path: False for path in usual if path not in named}, problems)


def param_paths(paths: Iterable[str], dvc_yamls: Mapping[str, bytes], config: Config) -> FoundFiles:
    """Return the parameter files of a commit.

    Defaults: dvc.yaml's, params.yaml, and each params.json next to a metrics file.
    """
    paths = tuple(paths)
    tree = _below(config.folder, paths)
    if config.params is not None:
        return _found(tree, {_joined(config.folder, path): False for path in config.params})
    named, problems = _from_dvc(dvc_yamls, config.folder, "params")
    metrics = metric_paths(paths, dvc_yamls, config)
    beside = [_joined(posixpath.dirname(path), _PARAMS_BESIDE) for path in (*metrics.paths, *metrics.cached)]
    usual = [path for path in (_joined(config.folder, _PARAMS), *beside) if path in tree]
    return _found(tree, named | {path: False for path in usual if path not in named}, problems)


def locks_beside(dvc_yamls: Mapping[str, bytes]) -> list[str]:
    """Return the dvc.lock files that name what the templates of a dvc.yaml stand for."""
    return [lock_of(path) for path, data in dvc_yamls.items() if b"${" in data]


def _found(tree: dict[str, None], named: Mapping[str, bool], problems: tuple[str, ...] = ()) -> FoundFiles:
    """Sort the named paths, True for those that DVC tracks, by where they are.

    A folder means the readable files in it.
    """
    here: dict[str, None] = {}
    missing: list[str] = []
    cached: list[str] = []
    for name, by_dvc in named.items():
        below = (path for path in tree if path.startswith(f"{name}/") and path.lower().endswith(FOLDER_SUFFIXES))
        inside = [name] if name in tree else list(below)
        here.update(dict.fromkeys(inside))
        if not inside:
            (cached if by_dvc or f"{name}.dvc" in tree else missing).append(name)
    return FoundFiles(
        paths=tuple(here),
        missing=tuple(missing),
        cached=tuple(cached),
        elsewhere=tuple(name for name in named if name not in tree),
        problems=problems,
    )


def _below(folder: str, paths: Iterable[str]) -> dict[str, None]:
    return dict.fromkeys(path for path in paths if not folder or path.startswith(f"{folder}/"))


def _joined(folder: str, path: str) -> str:
    """Join a folder and a path, from the git root; a path out of the repository keeps its `..` and matches nothing."""
    return posixpath.normpath(posixpath.join(folder, path))


def _is_plain(path: str, config: Config) -> bool:
    folders = path[len(config.folder) :].strip("/").split("/")[:-1]
    return not any(name.startswith(".") or name.lower() in _ASIDE for name in folders)


def _from_dvc(
    dvc_yamls: Mapping[str, bytes], folder: str, kind: Literal["metrics", "params"]
) -> tuple[dict[str, bool], tuple[str, ...]]:
    """Return the paths that each dvc.yaml names, True for those that DVC tracks, and problems."""
    named: dict[str, bool] = {}
    problems: list[str] = []
    for path in _below(folder, sorted(path for path in dvc_yamls if path.endswith(PIPELINE))):
        try:
            data = dvc_yamls[path]
            document = _dvc_yaml(data, dvc_yamls.get(lock_of(path), b"") if b"${" in data else b"")
        except BadDocument as problem:
            problems.append(f"{path}: {problem}")
            continue
        for name, by_dvc in _named(kind, document, posixpath.dirname(path)):
            if "${" in name:
                problems.append(f"{path}: {name} was not read: it is a template")
            else:
                named[name] = by_dvc
    return named, tuple(problems)


@lru_cache(maxsize=64)  # most releases have the pipeline of the one before
def _dvc_yaml(data: bytes, lock: bytes) -> dict[str, Any]:
    """Return a dvc.yaml with the definitions of its stages, in which the paths of `lock` replace templates."""
    document = load_yaml(decode(data), text_keys=True)
    if document is not None and not isinstance(document, dict):
        raise BadDocument("the file has no stages")
    stages = (document or {}).get("stages")
    runs = _runs(lock)
    definitions = {}
    for name, stage in stages.items() if isinstance(stages, dict) else ():
        definition = stage.get("do", stage) if isinstance(stage, dict) else None
        if isinstance(definition, dict):
            definitions[name] = _resolved(definition, runs[name]) if name in runs else definition
    return {**(document or {}), "stages": definitions}


def _runs(lock: bytes) -> dict[str, list[LockedStage]]:
    """Return the runs of each stage, those of foreach and matrix (`train@a`) together; none of an unreadable lock."""
    from release.core.pointer_file import BadPointer, as_yaml, read_lock  # only pipelines need it

    found: dict[str, list[LockedStage]] = {}
    with suppress(BadPointer):  # the audit reports it
        for name, run in read_lock(as_yaml(lock)).items():
            found.setdefault(name.partition("@")[0], []).append(run)
    return found


_TEMPLATE = re.compile(r"\$\{[^{}]*\}")
_MOST_FITS = 100_000  # entries of a stage times outs of its runs


def _resolved(definition: dict[str, Any], runs: Sequence[LockedStage]) -> dict[str, Any]:
    """Return a stage's definition with metrics and parameter files of its runs in the place of templates.

    An out that fits another kind of entry, too, is left out.
    """
    outs = [out.path for run in runs for out in run.outs]
    named = list(_entries(definition.get("metrics")))
    others = [_template(path) for kind in ("outs", "plots") for path, _ in _entries(definition.get(kind))]
    few = len(outs) * (len(named) + len(others)) <= _MOST_FITS
    free = [out for out in outs if not any(other.match(out) for other in others)] if few else []
    metrics: list[Any] = []
    for path, options in named:
        template = _template(path)
        # A run that dvc.yaml no longer has is in the lock, too: `cache: false`, so that no pointer of it is missed.
        found = [{out: {"cache": False}} for out in free if "${" in path and template.match(out)]
        metrics += found or [{path: options}]
    params = definition.get("params")
    if any("${" in file for file, _ in _entries(params, bare=_PARAMS)):
        params = [{file: None} for run in runs for file in run.params] or params
    return {**definition, "metrics": metrics, "params": params}


def _template(path: str) -> LinearPattern:
    """Return the pattern of a path with something in the place of each `${...}`."""
    first, *others = _TEMPLATE.split(path)
    return LinearPattern([first, *(part for text in others for part in (Wildcard(least=1), text))])


def _named(kind: Literal["metrics", "params"], document: dict[str, Any], folder: str) -> Iterator[tuple[str, bool]]:
    """Yield the files of a kind that `_dvc_yaml` names, True for those that DVC tracks."""
    for stage, directory in _stages(document, folder):
        for path, options in _entries(stage.get(kind), bare=_PARAMS if kind == "params" else None):
            left_to_git = isinstance(options, dict) and options.get("cache") is False
            yield _joined(directory, path), kind == "metrics" and not left_to_git
    for path, _ in _entries(document.get(kind)):
        yield _joined(folder, path), False


def _stages(document: dict[str, Any], folder: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each stage of `_dvc_yaml` with its working directory."""
    for stage in document["stages"].values():
        directory = stage.get("wdir") or "."
        if isinstance(directory, str):
            yield stage, _joined(folder, directory)


def _entries(listed: Any, *, bare: str | None = None) -> Iterator[tuple[str, Any]]:
    """Yield paths of a list like `[a.json, {b.json: {cache: false}}]` with their options.

    `bare`: plain strings are keys in that file, as in a stage's `params`.
    """
    for item in listed if isinstance(listed, list) else [listed]:
        if isinstance(item, str):
            pairs: Iterable[tuple[str, Any]] = [(bare or item, None)]
        else:
            pairs = item.items() if isinstance(item, dict) else ()
        for path, options in pairs:
            if path:
                yield path, options


# Metric and parameter files that DVC tracks, mapped to the objects that hold them

MAX_FILES = 1_000  # limit per directory: more is data, not metrics


class CachedObject(Struct, frozen=True):
    """An object to read, and the out that needs it."""

    out: Out
    need: Need

    @property
    def content(self) -> ObjectKey:
        """The object's key in a cache, where it is named by its content on cloud-versioned remotes, too."""
        versioned = self.need.key.layout == Layout.VERSION.value
        return ObjectKey("", Layout.MD5.value, self.need.md5 or "") if versioned else self.need.key


class Unread(Struct, frozen=True, kw_only=True):
    """An object that could not be read: the reason, as one clause, and its kind."""

    reason: str
    cause: UnreadCause


class CachedName(Struct, frozen=True, kw_only=True):
    """A wanted path with a matching out: the same path, a directory above it, or an out below it.

    `inside` is the part below a directory out. `whole`: every readable file of the directory is wanted.
    """

    path: str
    out: Out
    inside: str = ""
    whole: bool = False


def cached_names(paths: Iterable[str], outs: Sequence[Out]) -> Iterator[tuple[str, CachedName]]:
    """Yield each wanted path with the outs that hold it; nothing for a path that no out has."""
    cached = [out for out in outs if out.cache]
    at: dict[str, list[int]] = {}
    for number, out in enumerate(cached):
        at.setdefault(out.path, []).append(number)
    names = sorted(at)
    for path in dict.fromkeys(paths):
        below = names[bisect_left(names, f"{path}/") : bisect_left(names, f"{path}0")]  # 0 follows the slash
        near = [path, *folders_above(path), *below]
        for number in sorted(number for name in near for number in at.get(name, ())):
            name = _name_in(path, cached[number])
            if name is not None:
                yield path, name


def _name_in(path: str, out: Out) -> CachedName | None:
    folder = out.is_dir or any(entry.relpath for entry in out.cloud)
    if out.path == path:
        return CachedName(path=path, out=out, whole=folder)
    if folder and path.startswith(f"{out.path}/"):
        return CachedName(path=path, out=out, inside=path[len(out.path) + 1 :])
    if out.path.startswith(f"{path}/") and (folder or out.path.lower().endswith(FOLDER_SUFFIXES)):
        return CachedName(path=out.path, out=out, whole=folder)
    return None


def objects_of(name: CachedName, entries: Sequence[Entry] | None) -> Iterator[tuple[str, CachedObject | Unread]]:
    """Yield the files of a name by path; `entries` are those of its directory object (None: it has none)."""
    out = name.out
    if out.hash_name != "md5":
        yield name.path, Unread(reason=f"its pointer has a {out.hash_name} hash, not MD5", cause=UnreadCause.FOREIGN)
    elif out.cloud:
        yield from _versioned(name)
    elif out.oid is None:
        foreign = out.origin is not Origin.OWN
        reason = "its pointer has no hash: it is fetched from elsewhere" if foreign else "its pointer has no hash"
        yield name.path, Unread(reason=reason, cause=UnreadCause.FOREIGN if foreign else UnreadCause.MISSING)
    elif entries is None:
        yield from ((name.path, CachedObject(out, need)) for need in needs(out, "", ()))
    else:
        yield from _listed(name, entries)


def directory_of(out: Out) -> CachedObject | None:
    """Return the directory object of an out, None if it needs none."""
    if not out.is_dir or out.oid is None or out.cloud or out.hash_name != "md5":
        return None
    return CachedObject(out, next(needs(out, "", ())))


def value_file(path: str, read: bytes | Unread, *, foreign: bool) -> ValueFile:
    """Return the file's values, or the problem. Bytes of `foreign` files are not part of the tag's metric digest."""
    if isinstance(read, Unread):
        return ValueFile(path=path, problem=read.reason, kept=True, cause=read.cause)
    found = parse_values(path, read)
    return replace(found, sha256="" if foreign else found.sha256, kept=True)


def _versioned(name: CachedName) -> Iterator[tuple[str, CachedObject | Unread]]:
    """Yield files on a cloud-versioned remote."""
    meant = tuple(entry for entry in name.out.cloud if _is_meant(name, entry.relpath))
    if not meant:
        yield name.path, _absent(name)
        return
    bad = Unread(reason="its pointer has no version id, or no hash", cause=UnreadCause.MISSING)
    found, unpushed = versioned_needs(replace(name.out, cloud=meant), "")
    yield from ((need.path, bad if need.md5 is None else CachedObject(name.out, need)) for need in found)
    yield from ((path, bad) for path in unpushed)


def _listed(name: CachedName, entries: Sequence[Entry]) -> Iterator[tuple[str, CachedObject | Unread]]:
    meant = [entry for entry in entries if _is_meant(name, entry.relpath)]
    if len(meant) > MAX_FILES:
        reason = f"it is a directory of {len(meant)} files, and the limit is {MAX_FILES}"
        yield name.path, Unread(reason=reason, cause=UnreadCause.FOREIGN)
        return
    _, *files = needs(name.out, "", meant)
    yield from ((need.path, CachedObject(name.out, need)) for need in files)
    if not meant and not name.whole:
        yield name.path, _absent(name)


def _is_meant(name: CachedName, relpath: str) -> bool:
    if relpath == name.inside:
        return True
    below = name.whole or bool(name.inside)
    start = f"{name.inside}/" if name.inside else ""
    return below and relpath.startswith(start) and relpath.lower().endswith(FOLDER_SUFFIXES)


def _absent(name: CachedName) -> Unread:
    return Unread(reason=f"the tracked directory {name.out.path} has no such file", cause=UnreadCause.MISSING)


def too_large(size_bytes: int, limit: int = MAX_DOCUMENT_BYTES) -> Unread:
    """Return the reason for an object that exceeds the size limit of files with values."""
    return Unread(reason=f"it has {size(size_bytes)}; the limit is {size(limit)}", cause=UnreadCause.FOREIGN)
