"""Typed access to one table of the configuration; errors name the full key."""

from __future__ import annotations

import math
import posixpath
from collections.abc import Collection, Mapping
from typing import NoReturn

from msgspec import Struct

from release.core.config.values import VersionFile
from release.core.limits import MAX_PATTERN_LENGTH, MAX_PATTERNS
from release.core.nearest import nearest
from release.core.pointers.safe_path import reserved_folder
from release.core.shell import quote
from release.errors import UsageError


class BadConfig(UsageError):
    """An invalid configuration."""


class Reader(Struct, frozen=True):
    """One table; `source` and `prefix` name it in messages."""

    values: Mapping[str, object]
    source: str
    prefix: str

    def only(self, known: tuple[str, ...]) -> None:
        """Refuse unknown keys; the message suggests the nearest known one."""
        for key in self.values:
            if key not in known:
                near = nearest(key[:60].replace("_", "-").lower(), known)
                meant = f"did you mean {near}?" if near else f"known are {', '.join(known)}"
                raise BadConfig(
                    f"{self.source}: unknown key {self.prefix}{key[:60]}; {meant}",
                    help="release config --schema lists every key; correct it or remove it",
                )

    def text(self, key: str, default: str) -> str:
        """Return a string that is not empty and has no control characters."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or not value or _has_control(value):
            self.fail(key, "a text without control characters", f'{key} = "{default}"')
        return value

    def name(self, key: str, default: str) -> str:
        """Return a name that git will not take for an option."""
        value = self.text(key, default)
        if value.startswith("-"):
            self.fail(key, "a name that does not start with a dash", f'{key} = "{default}"')
        return value

    def path(self, key: str, default: str) -> str:
        """Return a file's path inside the project, relative to the configuration."""
        value = self._inside(key, self.text(key, default))
        if value.endswith("/"):
            self.fail(key, "a file", f'{key} = "{default}"')
        return value

    def texts(self, key: str) -> tuple[str, ...] | None:
        """Return a list of strings; None if the key is missing."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(
            isinstance(item, str) and item and not _has_control(item) for item in value
        ):
            self.fail(key, "a list of texts", f'{key} = ["main"]' if key == "branches" else f'{key} = ["..."]')
        self.few(key, value)
        return tuple(value)

    def few(self, key: str, patterns: Collection[str]) -> None:
        """Refuse too many or too long patterns, because each is tried on each name."""
        if len(patterns) > MAX_PATTERNS or any(len(each) > MAX_PATTERN_LENGTH for each in patterns):
            raise BadConfig(
                f"{self.source}: {self.prefix}{key} has more than {MAX_PATTERNS:,} patterns, "
                f"or one of more than {MAX_PATTERN_LENGTH:,} characters",
                help=f"use few and short patterns in {quote(self.prefix + key)}",
            )

    def paths(self, key: str) -> tuple[str, ...] | None:
        """Return a list of files or patterns inside the project; None if the key is missing."""
        found = self.texts(key)
        return None if found is None else tuple(self._inside(key, item) for item in found)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return a boolean."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            self.fail(key, "true or false", f"{key} = {str(default).lower()}")
        return value

    def choice(self, key: str, words: tuple[str, ...]) -> str:
        """Return one of the words; the first is the default."""
        value = self.values.get(key, words[0])
        if value not in words or not isinstance(value, str):
            self.fail(key, f"one of {', '.join(words)}", f'{key} = "{words[0]}"')
        return value

    def number(self, key: str) -> float | None:
        """Return a finite number; None if the key is missing."""
        value = self.values.get(key)
        if value is None:
            return None
        number = finite(value)
        if number is None:
            self.fail(key, "a finite number", f"{key} = 0.8")
        return number

    def table(self, key: str) -> Reader:
        """Return a sub-table; an empty one if the key is missing."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.fail(key, "a table", f"[tool.release.{key}]")
        return Reader(value, source=self.source, prefix=f"{self.prefix}{key}.")

    def version_files(self, key: str) -> tuple[VersionFile, ...] | None:
        """Return version files, given as paths or as tables with `path` and `pattern`."""
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
        """Raise BadConfig for an invalid value."""
        shown = repr(self.values.get(key))
        raise BadConfig(
            f"{self.source}: {self.prefix}{key} must be {wanted}, not {shown[:80]}", help=f"for example: {example}"
        )

    def _version_file(self, key: str, item: object) -> VersionFile:
        if isinstance(item, str):
            item = {"path": item}
        if not isinstance(item, dict):
            self.fail(key, "a path, or a table with path and pattern", _PATTERN_EXAMPLE)
        inner = Reader(item, source=self.source, prefix=f"{self.prefix}{key}.")
        inner.only(("path", "pattern"))
        pattern = inner.text("pattern", "{version}") if "pattern" in item else None
        if pattern is not None and pattern.count("{version}") != 1:
            inner.fail("pattern", "a text with {version} exactly once", _PATTERN_EXAMPLE)
        path = inner.path("path", "")
        if pattern is None and posixpath.basename(path) != "pyproject.toml":
            self.fail(key, "a pyproject.toml, or a table with path and pattern", f"{key} = [{_PATTERN_EXAMPLE}]")
        return VersionFile(path=path, pattern=pattern)

    def _inside(self, key: str, path: str) -> str:
        """Return the path without `./` and doubled slashes, as git writes it; a trailing slash stays."""
        parts = path.split("/")
        kept = [part for part in parts if part not in (".", "")]
        outside = path.startswith(("/", "~")) or "\\" in path or ".." in parts
        if outside or not kept or reserved_folder(path) == ".git":
            self.fail(
                key,
                "a path inside the project, relative to the configuration",
                f'{key} = "CHANGELOG.md"' if key == "changelog" else f'{key} = "model/file.json"',
            )
        return "/".join(kept) + ("/" if path.endswith("/") else "")


def finite(value: object) -> float | None:
    """Return a number as a float, None if it has no finite one (a TOML integer may have a thousand digits)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


_PATTERN_EXAMPLE = '{path = "src/app/__init__.py", pattern = "__version__ = \\"{version}\\""}'


def _has_control(text: str) -> bool:
    return any(ord(char) < 32 or ord(char) == 127 for char in text)
