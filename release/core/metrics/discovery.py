"""Discovery of a commit's metric and parameter files: as configured, else from dvc.yaml and the usual names."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from release.core.config.values import Config
from release.core.documents.document import BadDocument, decode
from release.core.documents.yaml_document import load_yaml
from release.core.metrics.file import FOLDER_SUFFIXES

_METRICS, _PARAMS, _PARAMS_BESIDE = USUAL_NAMES = ("performance.json", "params.yaml", "params.json")
_ASIDE = frozenset({"test", "tests", "example", "examples"})


class FoundFiles(Struct, frozen=True, kw_only=True):
    """Files to read, relative to the git root, and named paths that git does not have as files.

    `elsewhere` are all names that are no files in git: folders, and files that DVC may track (see
    `core.metrics.kept_file`). Of them, `cached` are DVC outs according to dvc.yaml or a `.dvc` file; `missing` are
    neither. `problems`: sentences about dvc.yaml files that cannot be read.
    """

    paths: tuple[str, ...]
    missing: tuple[str, ...] = ()
    cached: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class _Named(Struct, frozen=True, kw_only=True):
    """A path that a dvc.yaml names; `cached` if DVC tracks it instead of git."""

    path: str
    cached: bool


def metric_paths(paths: Iterable[str], dvc_yamls: Mapping[str, bytes], config: Config) -> FoundFiles:
    """Return the metric files of a commit.

    `paths` are all files of its tree, `dvc_yamls` the contents of each dvc.yaml. Defaults: dvc.yaml's metrics (of
    stages and at the top), and each performance.json outside tests, examples and hidden folders.
    """
    tree = _below(config.folder, paths)
    if config.metrics is not None:
        return _found(tree, [_Named(path=_joined(config.folder, path), cached=False) for path in config.metrics])
    named, problems = _from_dvc(dvc_yamls, config.folder, _metrics_of)
    kept = (path.removesuffix(".dvc") for path in tree if path.endswith((_METRICS, f"{_METRICS}.dvc")))
    usual = sorted(path for path in kept if posixpath.basename(path) == _METRICS and _is_plain(path, config))
    return _found(tree, [*named, *(_Named(path=path, cached=False) for path in usual)], problems)


def param_paths(paths: Iterable[str], dvc_yamls: Mapping[str, bytes], config: Config) -> FoundFiles:
    """Return the parameter files of a commit.

    Defaults: dvc.yaml's, params.yaml, and each params.json beside a metrics file.
    """
    paths = tuple(paths)
    tree = _below(config.folder, paths)
    if config.params is not None:
        return _found(tree, [_Named(path=_joined(config.folder, path), cached=False) for path in config.params])
    named, problems = _from_dvc(dvc_yamls, config.folder, _params_of)
    metrics = metric_paths(paths, dvc_yamls, config)
    beside = [_joined(posixpath.dirname(path), _PARAMS_BESIDE) for path in (*metrics.paths, *metrics.cached)]
    usual = [path for path in (_joined(config.folder, _PARAMS), *beside) if path in tree]
    return _found(tree, [*named, *(_Named(path=path, cached=False) for path in usual)], problems)


def _found(tree: dict[str, None], named: Iterable[_Named], problems: tuple[str, ...] = ()) -> FoundFiles:
    """Sort the named paths by where they are; a folder stands for the readable files in it."""
    here: dict[str, None] = {}
    missing: dict[str, None] = {}
    cached: dict[str, None] = {}
    elsewhere: dict[str, None] = {}
    for name in named:
        if name.path not in tree:
            elsewhere[name.path] = None
        inside = [
            path for path in tree if path.startswith(f"{name.path}/") and path.lower().endswith(FOLDER_SUFFIXES)
        ] if name.path not in tree else [name.path]  # fmt: skip
        if inside:
            here.update(dict.fromkeys(inside))
        elif name.cached or f"{name.path}.dvc" in tree:
            cached[name.path] = None
        else:
            missing[name.path] = None
    return FoundFiles(
        paths=tuple(here), missing=tuple(missing), cached=tuple(cached), elsewhere=tuple(elsewhere), problems=problems
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
    dvc_yamls: Mapping[str, bytes], folder: str, read: Callable[[dict[str, Any], str], Iterable[_Named]]
) -> tuple[list[_Named], tuple[str, ...]]:
    named: list[_Named] = []
    problems: list[str] = []
    for path in _below(folder, sorted(dvc_yamls)):
        try:
            document = _dvc_yaml(dvc_yamls[path])
        except BadDocument as problem:
            problems.append(f"{path}: {problem}")
            continue
        named += read(document, posixpath.dirname(path))
    return list({name.path: name for name in named}.values()), tuple(problems)


def _dvc_yaml(data: bytes) -> dict[str, Any]:
    document = load_yaml(decode(data), text_keys=True)
    if document is not None and not isinstance(document, dict):
        raise BadDocument("the file holds no stages")
    return document or {}


def _metrics_of(document: dict[str, Any], folder: str) -> Iterator[_Named]:
    for stage, directory in _stages(document, folder):
        for path, options in _entries(stage.get("metrics")):
            kept = isinstance(options, dict) and options.get("cache") is False
            yield _Named(path=_joined(directory, path), cached=not kept)
    for path, _ in _entries(document.get("metrics")):
        yield _Named(path=_joined(folder, path), cached=_is_out(document, folder, _joined(folder, path)))


def _is_out(document: dict[str, Any], folder: str, path: str) -> bool:
    """Return True if a path is, or is in, a cached out of a stage."""
    for stage, directory in _stages(document, folder):
        for out, options in _entries(stage.get("outs")):
            full = _joined(directory, out)
            if (path == full or path.startswith(f"{full}/")) and not (
                isinstance(options, dict) and options.get("cache") is False
            ):
                return True
    return False


def _params_of(document: dict[str, Any], folder: str) -> Iterator[_Named]:
    for stage, directory in _stages(document, folder):
        for name, keys in _entries(stage.get("params"), bare=_PARAMS):
            del keys  # which of its values the stage uses does not matter: the whole file is shown
            yield _Named(path=_joined(directory, name), cached=False)
    for name, _ in _entries(document.get("params")):
        yield _Named(path=_joined(folder, name), cached=False)


def _stages(document: dict[str, Any], folder: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each stage (also the `do` of foreach and matrix) with its working directory; skips templated ones."""
    stages = document.get("stages")
    for stage in stages.values() if isinstance(stages, dict) else ():
        definition = stage.get("do", stage) if isinstance(stage, dict) else None
        if not isinstance(definition, dict):
            continue
        directory = definition.get("wdir") or "."
        if isinstance(directory, str) and "${" not in directory:
            yield definition, _joined(folder, directory)


def _entries(listed: Any, *, bare: str | None = None) -> Iterator[tuple[str, Any]]:
    """Yield paths of a list like `[a.json, {b.json: {cache: false}}]` with their options; skips templates.

    `bare`: plain strings are keys in that file, as in a stage's `params`.
    """
    for item in listed if isinstance(listed, list) else [listed]:
        if isinstance(item, str):
            pairs: Iterable[tuple[str, Any]] = [(bare or item, None)]
        else:
            pairs = item.items() if isinstance(item, dict) else ()
        for path, options in pairs:
            if path and "${" not in path:
                yield path, options
