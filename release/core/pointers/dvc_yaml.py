"""Parser of `dvc.yaml`: bytes -> stages and declared outs, with the flags that only it has.

`dvc.lock` does not say whether an out is cached, pushed, or on another remote. A file with `foreach`, `matrix`, `vars`
or `${}` must first be resolved by DVC itself (`adapters.dvc.resolve`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from release.core.limits import MAX_PIPELINE_VALUES
from release.core.pointers.fields import BadPointer, as_yaml
from release.core.pointers.plain_yaml import is_plain

_LISTS = ("outs", "metrics", "plots")


class DeclaredOut(Struct, frozen=True, kw_only=True):
    """An out of a stage: `path` as written, relative to the stage's working folder."""

    path: str
    cache: bool = True
    push: bool = True
    remote: str | None = None


class DeclaredStage(Struct, frozen=True, kw_only=True):
    """A stage as dvc.yaml declares it; `wdir` is relative to the folder of dvc.yaml."""

    name: str
    outs: tuple[DeclaredOut, ...]
    wdir: str = "."


class DvcYaml(Struct, frozen=True, kw_only=True):
    """A dvc.yaml.

    `templated`: DVC must resolve it, and `stages` is empty. `document` is the whole file as YAML values. `plain`: DVC's
    schema surely allows all of it; otherwise DVC must validate it.
    """

    stages: tuple[DeclaredStage, ...]
    templated: bool
    document: Mapping[str, Any]
    plain: bool = True


def parse_dvc_yaml(data: bytes) -> DvcYaml:
    """Parse a `dvc.yaml`. Raises BadPointer."""
    document = as_yaml(data, most_values=MAX_PIPELINE_VALUES) or {}
    if not isinstance(document, dict) or not all(isinstance(key, str) for key in document):
        message = "it is not a mapping of names"
        raise BadPointer(message)
    stages = document.get("stages") or {}
    if not isinstance(stages, dict):
        message = "stages is not a mapping"
        raise BadPointer(message)
    templated = _is_templated(document, stages)
    declared = () if templated else tuple(declare_stage(name, stage) for name, stage in stages.items())
    return DvcYaml(stages=declared, templated=templated, document=document, plain=is_plain(document))


def declare_stage(name: Any, stage: Any) -> DeclaredStage:
    """Parse a stage without templates (or resolved). Raises BadPointer."""
    if not isinstance(name, str) or not isinstance(stage, Mapping):
        message = f"stage {name!r} is not a mapping"
        raise BadPointer(message)
    wdir = stage.get("wdir") or "."
    if not isinstance(wdir, str):
        message = f"wdir of stage {name} is not text"
        raise BadPointer(message)
    if not stage.get("cmd"):
        message = f"stage {name} has no cmd"
        raise BadPointer(message)
    outs: dict[str, DeclaredOut] = {}
    for kind in _LISTS:
        for path, flags in _entries(name, kind, stage.get(kind)):
            outs[path] = _declare(name, path, flags)
    return DeclaredStage(name=name, outs=tuple(outs.values()), wdir=wdir)


def _entries(stage: str, kind: str, value: Any) -> list[tuple[str, Mapping[str, Any]]]:
    found: list[tuple[str, Mapping[str, Any]]] = []
    if not isinstance(value, (list, tuple, type(None))):
        message = f"{kind} of stage {stage} is not a list"
        raise BadPointer(message)
    for entry in value or ():
        pairs: list[tuple[Any, Any]] = [(entry, {})] if isinstance(entry, str) else _items(stage, kind, entry)
        for path, flags in pairs:
            properties = flags if isinstance(flags, list) else [flags]  # a plot may have several
            if not isinstance(path, str) or not all(isinstance(item, Mapping) for item in properties):
                message = f"{kind} of stage {stage} has an entry that is neither a path nor a path with flags"
                raise BadPointer(message)
            found.append((path, {key: each[key] for each in properties for key in each}))
    return found


def _items(stage: str, kind: str, entry: Any) -> list[tuple[Any, Any]]:
    if not isinstance(entry, Mapping):
        message = f"{kind} of stage {stage} has an entry that is neither a path nor a path with flags"
        raise BadPointer(message)
    return list(entry.items())


def _declare(stage: str, path: str, flags: Mapping[str, Any]) -> DeclaredOut:
    cache, push, remote = flags.get("cache", True), flags.get("push", True), flags.get("remote")
    if not isinstance(cache, bool) or not isinstance(push, bool) or not isinstance(remote, (str, type(None))):
        message = f"the flags of {path} in stage {stage} are not true, false or a name"
        raise BadPointer(message)
    return DeclaredOut(path=path, cache=cache, push=push, remote=remote)


def _is_templated(document: Mapping[str, Any], stages: Mapping[str, Any]) -> bool:
    """Return True if DVC must resolve anything, commands included: an undefined value there breaks `dvc pull`, too."""
    if document.get("vars") or any(isinstance(leaf, str) and "${" in leaf for leaf in leaves(document)):
        return True
    return any(
        isinstance(stage, Mapping) and ({"foreach", "matrix", "vars"} & stage.keys()) for stage in stages.values()
    )


def leaves(value: Any) -> Iterator[Any]:
    """Yield every scalar in a value; keys, too."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            waiting.extend((*item.keys(), *item.values()))
        elif isinstance(item, (list, tuple)):
            waiting.extend(item)
        else:
            yield item
