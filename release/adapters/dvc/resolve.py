"""Facts about a dvc.yaml that only DVC's own code knows: whether it is valid, and its templates' values at a commit."""

from __future__ import annotations

import io
import math
import posixpath
from collections.abc import Mapping
from typing import IO, Any

from release.adapters.dvc.scan import Found
from release.core.documents.yaml_document import load_yaml
from release.core.limits import MAX_STAGES, MAX_TEMPLATED_TEXT, MAX_VARS_BYTES
from release.core.pointers.dvc_yaml import DeclaredStage, declare_stage, leaves
from release.core.pointers.fields import BadPointer
from release.errors import ReleaseError
from release.git.objects import Objects, TreeEntry, followed


class Unresolved(Exception):
    """A dvc.yaml that DVC could not resolve; the message is DVC's."""


def refusal(document: Mapping[str, Any]) -> str | None:
    """Return why DVC rejects a dvc.yaml, else None. With an invalid one, DVC reads nothing of the repository."""
    from dvc.schema import COMPILED_MULTI_STAGE_SCHEMA

    try:
        COMPILED_MULTI_STAGE_SCHEMA(dict(document))
    except Exception as error:  # noqa: BLE001 - voluptuous, which is DVC's own choice
        return " ".join(str(error).split())[:300] or type(error).__name__
    return None


class Resolver:
    """Resolver of dvc.yaml files at a commit; results are cached with the files that DVC read for them."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], list[tuple[Mapping[str, str | None], tuple[DeclaredStage, ...]]]] = {}

    def resolve(
        self, document: Mapping[str, Any], declared: Found, objects: Objects, tree: str
    ) -> tuple[DeclaredStage, ...]:
        """Return the stages of the dvc.yaml `declared` (path from the git root) of a commit's tree.

        Returns the very same stages if DVC would read the same files. Raises Unresolved, or BadPointer if a
        resolved stage is invalid.
        """
        known = self._known.setdefault((declared.path, declared.id), [])
        files = _TreeFiles(objects, tree)
        for read, stages in known:
            if all(files.id_of(path) == id for path, id in read.items()):
                return stages
        files.read.clear()
        stages = _resolve(document, posixpath.dirname(declared.path), files)
        known.append((files.read, stages))
        return stages


def _resolve(document: Mapping[str, Any], folder: str, files: _TreeFiles) -> tuple[DeclaredStage, ...]:
    from dvc.parsing import DataResolver

    try:
        _check_text(_text_of(document, 0, 0), "its templates")
        resolver = DataResolver(_Repo(files), folder, dict(document))
        _check_expansion(resolver, document)
        names = list(resolver.get_keys())
        _resolve_the_rest(resolver)
        return tuple(declare_stage(name, resolver.resolve_one(name)[name]) for name in names)
    except (ReleaseError, BadPointer, Unresolved):
        raise
    except Exception as error:  # noqa: BLE001 - DVC's parser fails in many ways on an invalid stage
        words = " ".join(str(error).split()) or type(error).__name__
        raise Unresolved(words[:300]) from None


def _check_expansion(resolver: Any, document: Mapping[str, Any]) -> None:
    """Raise Unresolved if the expansion exceeds a limit, before DVC makes any of it."""
    values = resolver.context.value
    longest, widest = _longest(values), max(map(_characters, values.values()), default=0)
    _check_text(_text_of(document, longest, widest), "its templates")
    total = total_text = 0
    for name, stage in (document.get("stages") or {}).items():
        count, items = _items(resolver.definitions[name], stage)
        total += count
        if total > MAX_STAGES:
            raise Unresolved(f"with stage {name} there are more than {MAX_STAGES:,} stages")
        inner = stage.get("do") or {key: stage[key] for key in stage if key != "matrix"}
        wide = sum(max(map(_characters, each), default=0) for each in items)
        copied = _characters(values) if "vars" in inner else 0
        text = _text_of(inner, max(longest, _longest(items)), max(widest, wide))
        total_text += count * (copied + wide + text)
        _check_text(total_text, f"with stage {name} its templates")


_VALUE = 1_000  # cost of one value in DVC, in characters that it could copy in the same time
_EXPRESSION = 5_000


def _check_text(characters: int, what: str) -> None:
    if characters > MAX_TEMPLATED_TEXT:
        raise Unresolved(f"{what} come to more than {MAX_TEMPLATED_TEXT:,} characters")


def _items(definition: Any, stage: Mapping[str, Any]) -> tuple[int, list[list[Any]]]:
    """Return the number of stages it expands to, and the possible values of each item, before DVC expands it."""
    if "matrix" in stage:
        lists = [[_plain(item) for item in each] for each in definition.resolved_iterable.values()]
        return math.prod(map(len, lists)), lists
    if "foreach" not in stage:
        return 1, []
    found = definition.resolved_iterable
    items = [_plain(item) for item in (found.values() if isinstance(found, Mapping) else found)]
    return len(items), [items]


def _plain(item: Any) -> Any:
    """Return a value without DVC's wrapper."""
    return getattr(item, "value", item)


def _longest(part: Any) -> int:
    return max(map(len, map(str, leaves(part))), default=0)


def _characters(part: Any) -> int:
    return sum(_VALUE + len(str(leaf)) for leaf in leaves(part))


def _text_of(part: Any, longest: int, widest: int) -> int:
    """Return the most text that it can expand to, in characters.

    `longest` is the most that a `${...}` can stand for, `widest` the most in a command.
    """
    if isinstance(part, dict) and "cmd" in part:
        inner = {key: part[key] for key in part if key != "cmd"}
        return _text_of(part["cmd"], max(longest, widest), widest) + _text_of(inner, longest, widest)
    return sum(
        _VALUE + len(str(leaf)) + str(leaf).count("${") * (_EXPRESSION + len(str(leaf)) + longest)
        for leaf in leaves(part)
    )


def _resolve_the_rest(resolver: Any) -> None:
    """Resolve what DVC resolves together with the stages.

    No data depends on it, but if one value is undefined, DVC reads none of the stages.
    """
    for kind in ("artifacts", "datasets", "metrics", "params", "plots"):
        resolve = getattr(resolver, f"resolve_{kind}", None)  # older versions lack some of them
        if resolve is not None:
            resolve()


class _Repo:
    """The part of DVC's Repo that its resolver uses: files and the `parsing` section."""

    def __init__(self, files: _TreeFiles) -> None:
        self.fs = files
        self.config: dict[str, Any] = {}


class _TreeFiles:
    """The files of a commit, with the DVC filesystem methods that the resolver calls; paths from the git root."""

    def __init__(self, objects: Objects, tree: str) -> None:
        self._objects = objects
        self._tree = tree
        self.read: dict[str, str | None] = {}  # requested path -> object id, None if it does not exist
        self._left_bytes = MAX_VARS_BYTES

    @property
    def path(self) -> _TreeFiles:
        """The functions of paths, where older versions of DVC look for them."""
        return self

    join = staticmethod(posixpath.join)
    normpath = staticmethod(posixpath.normpath)

    def relpath(self, path: str, start: str = "") -> str:
        """Return the path relative to `start`."""
        return posixpath.relpath(f"/{path}", f"/{start}")

    def suffix(self, path: str) -> str:
        """Return the extension with its dot."""
        return posixpath.splitext(path)[1]

    def id_of(self, path: str) -> str | None:
        """Return the object id at a path of the commit; None if there is nothing."""
        entry = self._entry(path)
        return None if entry is None else entry.id

    def exists(self, path: str) -> bool:
        """Return whether the commit has the path."""
        return self._entry(path) is not None

    def isdir(self, path: str) -> bool:
        """Return whether the path is a folder."""
        entry = self._entry(path)
        return entry is not None and entry.is_tree

    def open(self, path: str, mode: str = "r", encoding: str | None = None, **_: Any) -> IO[Any]:
        """Open a file of the commit. Raises FileNotFoundError, Unresolved beyond the limit, BadYaml."""
        entry = self._entry(path)
        if entry is None or entry.is_tree:
            raise FileNotFoundError(path)
        content = self._objects.read(entry.id)
        self._left_bytes -= len(content)  # counted each time, as DVC parses it each time and takes a second for 100 kB
        if self._left_bytes < 0:
            raise Unresolved(f"with {path} more than {MAX_VARS_BYTES:,} bytes of values would be read for it")
        if self.suffix(path) in (".yaml", ".yml", "") and b"&" in content and b"*" in content:
            load_yaml(content.decode("utf-8-sig"))  # DVC expands aliases by copying: BadYaml where they would explode
        data = io.BytesIO(content)
        return data if "b" in mode else io.TextIOWrapper(data, encoding=encoding or "utf-8")

    def _entry(self, path: str) -> TreeEntry | None:
        plain = posixpath.normpath(path)
        entry = followed(self._objects, self._tree, plain)
        self.read[plain] = None if entry is None else entry.id
        return entry
