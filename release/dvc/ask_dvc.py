"""Rare cases that DVC's own code decides: templates, `.dvcignore`, `.gitignore`."""

from __future__ import annotations

import fnmatch
import io
import math
import posixpath
import re
from collections.abc import Callable, Collection, Mapping
from enum import Enum
from functools import lru_cache
from typing import IO, Any

from release.core.documents import load_yaml
from release.core.limits import (
    MAX_IGNORE_BYTES,
    MAX_IGNORE_LINES,
    MAX_PATTERN_LENGTH,
    MAX_STAGES,
    MAX_TEMPLATED_TEXT,
    MAX_VARS_BYTES,
)
from release.core.matching import LinearPattern, NotLinear
from release.core.pointer_file import BadPointer, DeclaredStage, declare_stage, leaves
from release.core.problems import Problem, not_understood, passed_over, passed_over_here
from release.dvc.scan import Found
from release.errors import ReleaseError
from release.git.objects import Objects, TreeEntry, followed


class Ignored:
    """The `.dvcignore` files of a commit: folder (from the git root, "" or with a final `/`) -> bytes.

    Most have only comments; then nothing is loaded. Patterns are matched by DVC's own code, in linear time.
    A file with an invalid pattern, over which every DVC command fails, hides nothing. `unreadable` has the
    reason for such files that `hides` met, and for files that are not UTF-8. `unknown` has the reason for
    files beyond the limits; they hide nothing here.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.unknown = beyond_limits(files, ".dvcignore")
        files = {folder: data for folder, data in files.items() if f"{folder}.dvcignore" not in self.unknown}
        self._lines = {folder: lines for folder, data in files.items() if (lines := _lines(data))}
        self._merged: dict[tuple[str, str], Any] = {}
        strange = {folder: reason for folder, data in files.items() if (reason := _not_text(data))}
        self.unreadable = {f"{folder}.dvcignore": reason for folder, reason in strange.items()}

    def hides(self, path: str, root: str) -> bool:
        """Return whether DVC, in its root, ignores the file `path`; both from the git root."""
        base = f"{root}/" if root else ""
        folder = posixpath.dirname(path)
        if not self._access(base, folder):
            return False
        parts = path[len(base) :].split("/")
        for depth in range(len(parts)):
            above = "/".join(parts[:depth])
            patterns = self._patterns(base, above)
            if patterns is not None and patterns.matches(f"/{above}", parts[depth], depth < len(parts) - 1):
                return True
        return False

    def refuses(self, out: str, root: str) -> bool:
        """Return whether DVC, in its root, ignores a declared out: then it reads nothing of the repository."""
        base = f"{root}/" if root else ""
        folder, name = posixpath.split(out)
        if not self._access(base, folder):
            return False
        patterns = self._patterns(base, folder[len(base) :])
        return patterns is not None and patterns.matches(f"/{folder[len(base) :]}", name, False)

    def _access(self, base: str, folder: str) -> bool:
        """Return whether a file with patterns is in a folder or above it, in the same DVC root."""
        return any(each.startswith(base) and f"{folder}/".startswith(each) for each in self._lines)

    def _patterns(self, base: str, folder: str) -> Any:
        """Return the patterns in force in `folder` (relative to the DVC root), merged from those above, or None."""
        if (base, folder) not in self._merged:
            from dvc.ignore import DvcIgnorePatterns
            from dvc.pathspec_math import PatternInfo, merge_patterns

            above = self._patterns(base, posixpath.dirname(folder)) if folder else None
            own = self._lines.get(f"{base}{folder}/" if folder else base)
            merged = above
            if own is not None:
                new = [PatternInfo(line, "") for line in own]
                old, prefix = (above.pattern_list, above.dirname) if above is not None else ([], "/")
                try:
                    merged = DvcIgnorePatterns(*merge_patterns(posixpath, old, prefix, new, f"/{folder}"), "/")
                    merged.ignore_spec = [tuple(map(in_linear_time, rules)) for rules in merged.ignore_spec]
                except (ValueError, re.error) as error:
                    self.unreadable[f"{base}{folder}/.dvcignore" if folder else f"{base}.dvcignore"] = str(error)
            self._merged[base, folder] = merged
        return self._merged[base, folder]


def beyond_limits(files: Mapping[str, bytes], name: str) -> dict[str, str]:
    """Return those of a commit's ignore files that exceed the limits, by path, with the reason."""
    found: dict[str, str] = {}
    total = 0
    for folder, data in sorted(files.items()):
        lines = data.splitlines() if len(data) <= MAX_IGNORE_BYTES else []
        total += len(lines)
        if len(data) > MAX_IGNORE_BYTES:
            found[folder + name] = f"it has more than {MAX_IGNORE_BYTES:,} bytes"
        elif total > MAX_IGNORE_LINES:
            found[folder + name] = f"with it the {name} files of the commit have more than {MAX_IGNORE_LINES:,} lines"
        elif any(len(line) > MAX_PATTERN_LENGTH for line in lines):
            found[folder + name] = f"a line has more than {MAX_PATTERN_LENGTH:,} characters"
    return found


def in_linear_time(value: Any) -> Any:
    """Return a linear-time matcher for a compiled expression of DVC's libraries; any other value unchanged."""
    return _Matcher(value) if isinstance(value, re.Pattern) else value


class _Matcher:
    """The part of a compiled expression that DVC and dulwich call."""

    def __init__(self, compiled: re.Pattern[Any]) -> None:
        self._linear = LinearPattern(compiled)
        self.pattern = compiled.pattern

    def match(self, text: Any) -> _Match | None:
        return _Match() if self._linear.match(text) else None


class _Match:
    """A match. DVC asks only for a message which of several patterns matched, so that does not matter here."""

    @staticmethod
    def groupdict() -> dict[str, str]:
        return {"rule_0": ""}


def _not_text(data: bytes) -> str | None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return f"byte {error.start} is not UTF-8"
    return None


def _lines(data: bytes) -> list[str]:
    stripped = (line.strip() for line in data.decode("utf-8", "replace").splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


# Committed pointer files that match a committed `.gitignore`: DVC skips them although git tracks them

_CLASS = re.compile(r"\[[^\]]*\]")


class Hidden(Enum):
    """Program that hides a file."""

    BY_GIT = "git and DVC"
    BY_DVC = "DVC only, because of how its libraries here read the patterns"


class GitIgnored:
    """The `.gitignore` files of a commit: folder (from the git root, "" or with a final `/`) -> bytes.

    A name that no pattern ends with is not hidden. That is nearly every one, and then nothing is loaded.
    For the rest, the code that DVC uses decides.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.unknown = beyond_limits(files, ".gitignore")  # path -> reason; these files hide nothing here
        self._files = {folder: data for folder, data in files.items() if f"{folder}.gitignore" not in self.unknown}
        self._endings = {folder: _endings(data) for folder, data in self._files.items() if data.strip()}
        self._manager: Any = None

    def problems(self, paths: Collection[str], root: str) -> list[Problem]:
        """Return the problems of the pointer files that are hidden."""
        told = {Hidden.BY_GIT: passed_over, Hidden.BY_DVC: passed_over_here}
        try:
            hidden = [(path, self.hides(path, root)) for path in paths]
        except NotLinear as error:
            return [not_understood(path, f"a pattern of .gitignore is not understood: {error}") for path in paths]
        return [told[by](path) for path, by in hidden if by is not None]

    def hides(self, path: str, root: str) -> Hidden | None:
        """Return which program hides the file `path` from DVC in its root, None if none; both paths from the git root.

        DVC also checks each folder above the file. Its newer libraries say of a folder that `folder/*` hides it,
        even if another pattern includes something inside again.
        """
        if not self._may_hide(path):
            return None
        manager = self._loaded()
        if manager.is_ignored(path):
            return Hidden.BY_GIT
        base = f"{root}/" if root else ""
        parts = path[len(base) :].split("/")
        folders = (base + "/".join(parts[:depth]) + "/" for depth in range(1, len(parts)))
        return Hidden.BY_DVC if any(manager.is_ignored(each) for each in folders) else None

    def _may_hide(self, path: str) -> bool:
        names, folder = path.split("/"), ""
        for depth, name in enumerate(names):
            ends = self._endings.get(folder)
            if ends is not None and any(ends(each) for each in names[depth:]):
                return True
            folder += f"{name}/"
        return False

    def _loaded(self) -> Any:
        if self._manager is None:
            from dulwich.ignore import IgnoreFilter, IgnoreFilterManager, read_ignore_patterns

            files = self._files

            class Committed(IgnoreFilterManager):
                @lru_cache  # noqa: B019 - it lives only as long as this object
                def _load_path(self, path: str) -> Any:
                    data = files.get(f"{path}/" if path else "")
                    if data is None:
                        return None
                    found = IgnoreFilter(read_ignore_patterns(io.BytesIO(data)))
                    for pattern in found._patterns:  # noqa: SLF001 - its expressions can backtrack for ever
                        vars(pattern).update({name: in_linear_time(value) for name, value in vars(pattern).items()})
                    return found

            self._manager = Committed("", [], ignorecase=False)
        return self._manager


@lru_cache(maxsize=4096)
def _endings(data: bytes) -> Callable[[str], bool]:
    """Return a test whether a name can match the end of a pattern; it may say yes too often, never too seldom."""
    plain: set[str] = set()
    wild: list[str] = []
    for line in data.splitlines():
        pattern = line.rstrip().decode("utf-8", "surrogateescape")
        if not pattern or pattern.startswith(("#", "!")):
            continue
        last = pattern.rstrip("/").rpartition("/")[2]
        if "\\" in last:
            wild.append(".*")
        elif any(mark in last for mark in "*?["):
            wild.append(fnmatch.translate(_CLASS.sub("?", last)))
        else:
            plain.add(last)
    matches = re.compile("|".join(wild), re.DOTALL).match if wild else None
    return lambda name: name in plain or (matches is not None and matches(name) is not None)


# Facts about a dvc.yaml that only DVC's own code knows: whether it is valid, and its templates' values at a commit


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
