"""`[tool.release]` as values: each key checked, each mistake told by its name."""

from __future__ import annotations

import difflib
import math
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, cast

from release.core.config import AuditConfig, Config, Gate, Tolerance, VersionFile
from release.core.metric import Direction
from release.core.version import TagFormat
from release.errors import UsageError

_PERCENT = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*%")


class BadConfig(UsageError):
    """The configuration says something that it cannot say."""


def parse_config(table: Mapping[str, object], *, source: str, folder: str) -> Config:
    """The table of `[tool.release]`; `source` is the file's name for messages, `folder` where it lies.

    Raises BadConfig, naming file and key; unknown keys get a suggestion.
    """
    read = _Reader(table, source=source, prefix="")
    if "models" in table:
        raise BadConfig(f"{source}: models are not supported by this version of release", help="remove models")
    read.only(KEYS)
    tag_format = read.text("tag-format", "v{version}")
    _check_tag_format(tag_format, source)
    return Config(
        folder=folder,
        source=source,
        tag_format=tag_format,
        ignore_tags=read.texts("ignore-tags") or (),
        branches=read.texts("branches"),
        git_remote=read.name("git-remote", "origin"),
        changelog=read.path("changelog", "CHANGELOG.md"),
        version_files=read.version_files("version-files"),
        metrics=read.paths("metrics"),
        params=read.paths("params"),
        headline=read.texts("headline"),
        commit=read.flag("commit", default=True),
        push_data=read.flag("push-data", default=False),
        atomic_push=read.flag("atomic-push", default=True),
        dirty_ok=read.paths("dirty-ok") or (),
        lineage=cast('Literal["warn", "fail", "off"]', read.choice("lineage", ("warn", "fail", "off"))),
        audit=_audit(read.table("audit")),
        gates=_gates(read.table("gate")),
    )


# The public keys and what stands behind them in `Config`; docs/reference/configuration.md names each.
KEYS = (
    "tag-format",
    "ignore-tags",
    "branches",
    "git-remote",
    "changelog",
    "version-files",
    "metrics",
    "params",
    "headline",
    "commit",
    "push-data",
    "atomic-push",
    "dirty-ok",
    "lineage",
    "audit",
    "gate",
)


@dataclass(frozen=True, slots=True)
class _Reader:
    """One table, with its name for messages."""

    values: Mapping[str, object]
    source: str
    prefix: str

    def only(self, known: tuple[str, ...]) -> None:
        """Refuse keys that are not known, with the nearest one that is."""
        for key in self.values:
            if key not in known:
                near = difflib.get_close_matches(key[:60].replace("_", "-").lower(), known, n=1)
                meant = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
                raise BadConfig(
                    f"{self.source}: unknown key {self.prefix}{key[:60]}; {meant}", help="correct the key or remove it"
                )

    def text(self, key: str, default: str) -> str:
        """A string that is not empty."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or not value or _has_control(value):
            self.fail(key, "a text without control characters", f'{key} = "{default}"')
        return value

    def name(self, key: str, default: str) -> str:
        """A name that git will not take for an option."""
        value = self.text(key, default)
        if value.startswith("-"):
            self.fail(key, "a name that does not start with a dash", f'{key} = "{default}"')
        return value

    def path(self, key: str, default: str) -> str:
        """A file inside the project, relative to the configuration."""
        value = self._inside(key, self.text(key, default))
        if value.endswith("/"):
            self.fail(key, "a file", f'{key} = "{default}"')
        return value

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of strings; None if the key is not there."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(
            isinstance(item, str) and item and not _has_control(item) for item in value
        ):
            self.fail(key, "a list of texts", f'{key} = ["..."]')
        return tuple(value)

    def paths(self, key: str) -> tuple[str, ...] | None:
        """A list of files or patterns inside the project."""
        found = self.texts(key)
        return None if found is None else tuple(self._inside(key, item) for item in found)

    def flag(self, key: str, *, default: bool) -> bool:
        """A boolean."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            self.fail(key, "true or false", f"{key} = {str(default).lower()}")
        return value

    def choice(self, key: str, words: tuple[str, ...]) -> str:
        """One of the words; the first is the default."""
        value = self.values.get(key, words[0])
        if value not in words or not isinstance(value, str):
            self.fail(key, f"one of {', '.join(words)}", f'{key} = "{words[0]}"')
        return value

    def number(self, key: str) -> float | None:
        """A finite number; None if the key is not there."""
        value = self.values.get(key)
        if value is None:
            return None
        number = _finite(value)
        if number is None:
            self.fail(key, "a finite number", f"{key} = 0.8")
        return number

    def table(self, key: str) -> _Reader:
        """A sub-table; an empty one if the key is not there."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.fail(key, "a table", f"[tool.release.{key}]")
        return _Reader(value, source=self.source, prefix=f"{self.prefix}{key}.")

    def version_files(self, key: str) -> tuple[VersionFile, ...] | None:
        """Paths, or tables with `path` and `pattern`."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, list):
            self.fail(key, "a list", f'{key} = ["pyproject.toml"]')
        files = tuple(self._version_file(key, item) for item in value)
        if len({file.path for file in files}) != len(files):
            self.fail(key, "a list that names each file once", f'{key} = ["pyproject.toml"]')
        return files

    def fail(self, key: str, wanted: str, example: str) -> NoReturn:
        """Raise BadConfig for a key that is not what it has to be."""
        shown = repr(self.values.get(key))
        raise BadConfig(
            f"{self.source}: {self.prefix}{key} must be {wanted}, not {shown[:80]}", help=f"for example: {example}"
        )

    def _version_file(self, key: str, item: object) -> VersionFile:
        if isinstance(item, str):
            item = {"path": item}
        if not isinstance(item, dict):
            self.fail(key, "a path, or a table with path and pattern", _PATTERN_EXAMPLE)
        inner = _Reader(item, source=self.source, prefix=f"{self.prefix}{key}.")
        inner.only(("path", "pattern"))
        pattern = inner.text("pattern", "{version}") if "pattern" in item else None
        if pattern is not None and pattern.count("{version}") != 1:
            inner.fail("pattern", "a text with {version} exactly once", _PATTERN_EXAMPLE)
        path = inner.path("path", "")
        if pattern is None and posixpath.basename(path) != "pyproject.toml":
            self.fail(key, "a pyproject.toml, or a table with path and pattern", f"{key} = [{_PATTERN_EXAMPLE}]")
        return VersionFile(path=path, pattern=pattern)

    def _inside(self, key: str, path: str) -> str:
        """The path without `./` and doubled slashes, as git writes it; a trailing slash stays."""
        parts = path.split("/")
        kept = [part for part in parts if part not in (".", "")]
        outside = path.startswith(("/", "~")) or "\\" in path or ".." in parts
        if outside or not kept or any(part.lower() == ".git" for part in parts):
            self.fail(key, "a path inside the project, relative to the configuration", f'{key} = "model/file.json"')
        return "/".join(kept) + ("/" if path.endswith("/") else "")


_PATTERN_EXAMPLE = '{path = "src/app/__init__.py", pattern = "__version__ = \\"{version}\\""}'


def _check_tag_format(pattern: str, source: str) -> None:
    help = 'tag-format = "v{version}"'
    try:
        TagFormat(pattern)
    except UsageError as error:
        raise BadConfig(f"{source}: tag-format: {error.message}", help=help) from error
    if pattern.endswith("@v{version}"):
        raise BadConfig(f"{source}: tag-format: tags such as {pattern} are a model's versions (GTO)", help=help)


def _audit(read: _Reader) -> AuditConfig:
    read.only(("exclude", "external", "in-tree-remote"))
    return AuditConfig(
        exclude=read.paths("exclude") or (),
        external=cast('Literal["fail", "allow"]', read.choice("external", ("fail", "allow"))),
        in_tree_remote=cast('Literal["warn", "fail"]', read.choice("in-tree-remote", ("warn", "fail"))),
    )


def _gates(read: _Reader) -> dict[str, Gate]:
    gates = {}
    for key in read.values:
        gate = read.table(key)
        gate.only(("direction", "max-regression", "min", "max"))
        direction = gate.choice("direction", ("up", "down")) if "direction" in gate.values else None
        gates[key] = Gate(
            key=key,
            direction=Direction(direction) if direction else None,
            max_regression=_tolerance(gate),
            minimum=gate.number("min"),
            maximum=gate.number("max"),
        )
        floor, ceiling = gates[key].minimum, gates[key].maximum
        if floor is not None and ceiling is not None and floor > ceiling:
            gate.fail("min", "no greater than max", "min = 0.8")
    return gates


def _tolerance(gate: _Reader) -> Tolerance | None:
    value: Any = gate.values.get("max-regression")
    if value is None:
        return None
    percent = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if percent:
        return Tolerance(amount=float(percent[1]) / 100, relative=True)
    number = _finite(value)
    if number is None or number < 0:
        gate.fail("max-regression", 'a number of at least 0, or a percentage such as "2%"', "max-regression = 0.01")
    return Tolerance(amount=number, relative=False)


def _finite(value: object) -> float | None:
    """A number that a float holds, else None (a TOML integer may have a thousand digits)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _has_control(text: str) -> bool:
    return any(ord(char) < 32 or ord(char) == 127 for char in text)
