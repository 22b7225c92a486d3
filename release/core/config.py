"""The configuration `[tool.release]`: its values, its parser and the rows that `release config` shows."""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Literal, NoReturn, TypeVar

from msgspec import Struct, field

from release.core.documents import BadDocument, decode, load_toml
from release.core.limits import MAX_PATTERN_LENGTH, MAX_PATTERNS, MAX_SETTINGS_BYTES
from release.core.metrics import Direction
from release.core.pointer import reserved_folder
from release.core.text import command_line, nearest, quote
from release.core.version import TagFormat
from release.errors import UsageError


class VersionFile(Struct, frozen=True, kw_only=True):
    """A file that repeats the version. `pattern` None: `[project] version` of a pyproject.toml.

    A pattern is text with `{version}` in the place of the version; it must match exactly once.
    """

    path: str
    pattern: str | None = None


class AuditConfig(Struct, frozen=True, kw_only=True):
    """`[tool.release.audit]`."""

    exclude: tuple[str, ...] = ()
    external: Literal["fail", "allow"] = "fail"
    in_tree_remote: Literal["warn", "fail"] = "warn"
    lfs: Literal["warn", "fail"] = "warn"


class Tolerance(Struct, frozen=True, kw_only=True):
    """Allowed drop of a metric: absolute, or a fraction of the previous value (`"2%"` is 0.02)."""

    amount: float
    relative: bool


class Gate(Struct, frozen=True, kw_only=True):
    """`[tool.release.gate."overall.f1"]`; None: not set.

    `key` may be a glob. `baseline` is a tag to compare with instead of the previous release; `std_key` names a standard
    deviation in the metric file; a drop within `std_factor` of them only warns.
    """

    key: str
    direction: Direction | None = None
    max_regression: Tolerance | None = None
    minimum: float | None = None
    maximum: float | None = None
    baseline: str | None = None
    std_key: str | None = None
    std_factor: float = 1.0


AutoWord = Literal["major", "minor", "patch", "none"]
COMMIT_TYPE = r"[^\W\d_][\w./+-]*"  # before the scope, `!` and colon of a Conventional Commit


class AutoConfig(Struct, frozen=True, kw_only=True):
    """`[tool.release.auto]`: the level for each kind of change; `types` overrides the default table.

    `interface` are patterns relative to the configuration; `other` is for commits that are not Conventional;
    `breaking_below_1` for a breaking change below 1.0.0.
    """

    interface: tuple[str, ...] = ()
    removed: AutoWord = "major"
    data: AutoWord = "minor"
    params: AutoWord = "minor"
    other: AutoWord = "patch"
    types: Mapping[str, AutoWord] = field(default_factory=dict)
    breaking_below_1: AutoWord = "minor"


class Config(Struct, frozen=True, kw_only=True):
    """`[tool.release]`; paths are relative to `folder`, which is relative to the git root ("" is the root).

    `source` is the file, None if there is none. `branches`, `version_files`, `metrics`, `params`, `headline`: None
    means "detect", an empty tuple "none".
    """

    folder: str = ""
    source: str | None = None
    tag_format: TagFormat = TagFormat()
    ignore_tags: tuple[str, ...] = ()
    branches: tuple[str, ...] | None = None
    git_remote: str = "origin"
    changelog: str = "CHANGELOG.md"
    version_files: tuple[VersionFile, ...] | None = None
    metrics: tuple[str, ...] | None = None
    params: tuple[str, ...] | None = None
    headline: tuple[str, ...] | None = None
    commit: bool = True
    push_data: bool = False
    atomic_push: bool = True
    dirty_ok: tuple[str, ...] = ()
    lineage: Literal["warn", "fail", "off"] = "warn"
    audit: AuditConfig = field(default_factory=AuditConfig)
    gates: Mapping[str, Gate] = field(default_factory=dict)
    auto: AutoConfig = field(default_factory=AutoConfig)


# Typed access to one table of the configuration; errors name the full key


_Word = TypeVar("_Word", bound=str)


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
                meant = f"did you mean {near}?" if near else f"known keys: {', '.join(known)}"
                raise BadConfig(
                    f"{self.source}: unknown key {self.prefix}{key[:60]}; {meant}",
                    help="release config --schema   (lists every key)",
                )

    def text(self, key: str, default: str) -> str:
        """Return a string that is not empty and has no control characters."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or not value or _has_control(value):
            self.fail(key, "a string without control characters", f'{key} = "{default}"')
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
            self.fail(key, "a list of strings", f'{key} = ["main"]' if key == "branches" else f'{key} = ["..."]')
        self.few(key, value)
        return tuple(value)

    def few(self, key: str, patterns: Collection[str]) -> None:
        """Refuse too many or too long patterns, because each is tried on each name."""
        if len(patterns) > MAX_PATTERNS or any(len(each) > MAX_PATTERN_LENGTH for each in patterns):
            raise BadConfig(
                f"{self.source}: {self.prefix}{key} has more than {MAX_PATTERNS:,} patterns, "
                f"or one of more than {MAX_PATTERN_LENGTH:,} characters",
                help=f"use fewer and shorter patterns in {quote(self.prefix + key)}",
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

    def choice(self, key: str, words: tuple[_Word, ...]) -> _Word:
        """Return one of the words; the first is the default."""
        value = self.values.get(key, words[0])
        found = next((word for word in words if value == word), None)
        if found is None:
            self.fail(key, f"one of {', '.join(words)}", f'{key} = "{words[0]}"')
        return found

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
            inner.fail("pattern", "a string with {version} exactly once", _PATTERN_EXAMPLE)
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


# Parser of `[tool.release]`: checks each key, and names file and key in each error

OWN_CONFIG, SHARED_CONFIG = ".release.toml", "pyproject.toml"
# Most pyproject.toml do not configure release: those are not parsed. Spaces and quotes are TOML's freedom.
_MENTIONED = re.compile(rb"""tool\s*["']?\s*\]?\s*[.\]=]|["']tool["']""")
_PERCENT = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*%")


def parse_config(table: Mapping[str, object], *, source: str, folder: str) -> Config:
    """Parse the table of `[tool.release]`.

    `source` is the file's name for messages, `folder` its folder. Raises BadConfig, naming file and key; unknown keys
    get a suggestion.
    """
    read = Reader(table, source=source, prefix="")
    if "models" in table:
        raise BadConfig(f"{source}: models are not supported by this version of release", help="remove models")
    read.only(KEYS)
    return Config(
        folder=folder,
        source=source,
        tag_format=_tag_format(read.text("tag-format", "v{version}"), source),
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
        lineage=read.choice("lineage", ("warn", "fail", "off")),
        audit=_audit(read.table("audit")),
        gates=_gates(read),
        auto=_auto(read.table("auto")),
    )


def configured(folder: str, read: Callable[[str], bytes | None]) -> tuple[dict[str, Any], str] | None:
    """Return the table that configures release in a folder, and the path of its file; None if there is none.

    `folder` is a path from the git root ("": the root). `read` returns the bytes of a file by its
    path from the git root, None if it is not there. Raises BadConfig.
    """
    found = {name: _table(f"{folder}/{name}" if folder else name, read) for name in (OWN_CONFIG, SHARED_CONFIG)}
    tables = {name: table for name, table in found.items() if table is not None}
    if len(tables) > 1:
        raise BadConfig(
            f"both {OWN_CONFIG} and {SHARED_CONFIG} configure release in {folder or 'this repository'}",
            help="keep one: move the keys of .release.toml to [tool.release] in pyproject.toml",
        )
    return next(((table, f"{folder}/{name}" if folder else name) for name, table in tables.items()), None)


def _table(path: str, read: Callable[[str], bytes | None]) -> dict[str, Any] | None:
    data = read(path)
    if data is None:
        return None
    if len(data) > MAX_SETTINGS_BYTES:
        raise BadConfig(f"{path} is larger than 1 MB", help=command_line("ls", "-l", names=(path,)))
    shared = path.endswith(SHARED_CONFIG)
    if shared and not (b"release" in data and _MENTIONED.search(data)):
        return None
    try:
        document: dict[str, Any] = load_toml(decode(data))
    except BadDocument as error:
        raise BadConfig(f"{path} is not valid TOML: {error}", help=f"correct {quote(path)}") from error
    tool = document.get("tool")
    tool = tool if isinstance(tool, dict) else {}
    # In .release.toml the block as it is written in a pyproject.toml, header and all, means the same.
    if not shared and (len(document) > 1 or tool.keys() != {"release"}):
        return document
    table = tool.get("release")
    if table is not None and not isinstance(table, dict):
        raise BadConfig(f"{path}: tool.release must be a table", help="[tool.release]")
    return table


_RENAMED = {"gates": "gate", "minimum": "min", "maximum": "max"}
_NO_KEYS = ("folder", "source", "key")  # fields that a table does not set


def _keys(kind: type[Struct]) -> dict[str, str]:
    """Return the keys of a table, each with its field, in the order of the reference."""
    return {_RENAMED.get(name, name.replace("_", "-")): name for name in kind.__struct_fields__ if name not in _NO_KEYS}


KEYS = tuple(_keys(Config))  # docs/reference/configuration.md describes each


def _tag_format(pattern: str, source: str) -> TagFormat:
    help = 'tag-format = "v{version}"'
    try:
        found = TagFormat(pattern)
    except UsageError as error:
        raise BadConfig(f"{source}: tag-format: {error.message}", help=help) from error
    if pattern.endswith("@v{version}"):
        raise BadConfig(f"{source}: tag-format: tags such as {pattern} are a model's versions (GTO)", help=help)
    return found


def _audit(read: Reader) -> AuditConfig:
    read.only(tuple(_keys(AuditConfig)))
    return AuditConfig(
        exclude=read.paths("exclude") or (),
        external=read.choice("external", ("fail", "allow")),
        in_tree_remote=read.choice("in-tree-remote", ("warn", "fail")),
        lfs=read.choice("lfs", ("warn", "fail")),
    )


def _gates(read: Reader) -> dict[str, Gate]:
    gates = read.table("gate")
    read.few("gate", gates.values)
    return {key: _gate(gates.table(key), key) for key in gates.values}


def _gate(gate: Reader, key: str) -> Gate:
    gate.only(tuple(_keys(Gate)))
    direction = gate.choice("direction", ("up", "down")) if "direction" in gate.values else None
    found = Gate(
        key=key,
        direction=Direction(direction) if direction else None,
        max_regression=_tolerance(gate),
        minimum=gate.number("min"),
        maximum=gate.number("max"),
        baseline=gate.name("baseline", "v1.2.0") if "baseline" in gate.values else None,
        std_key=gate.text("std-key", "overall.f1_std") if "std-key" in gate.values else None,
        std_factor=1.0 if (factor := gate.number("std-factor")) is None else factor,
    )
    if found.std_factor < 0 or ("std-factor" in gate.values and found.std_key is None):
        gate.fail("std-factor", "a number of at least 0, together with std-key", "std-factor = 2")
    for name in ("baseline", "std-key"):
        if name in gate.values and found.max_regression is None:
            gate.fail(name, "set together with max-regression", "max-regression = 0.01")
    if found.minimum is not None and found.maximum is not None and found.minimum > found.maximum:
        gate.fail("min", f"at most max ({found.maximum:g})", "min = 0.8")
    return found


def _auto(read: Reader) -> AutoConfig:
    words: tuple[AutoWord, ...] = ("major", "minor", "patch", "none")
    read.only(tuple(_keys(AutoConfig)))

    def word(table: Reader, key: str, default: AutoWord) -> AutoWord:
        return table.choice(key, tuple(dict.fromkeys((default, *words))))

    types = read.table("types")
    known: set[str] = set()
    for name in types.values:
        if re.fullmatch(COMMIT_TYPE, name) is None or name.lower() in known:
            why = "no commit has this type" if name.lower() not in known else "it is there twice"
            raise BadConfig(
                f"{types.source}: {types.prefix}{name[:60]} has no effect: {why}",
                help='name each type once, without scope, ! and colon: types = {docs = "patch"}',
            )
        known.add(name.lower())
    return AutoConfig(
        interface=read.paths("interface") or (),
        removed=word(read, "removed", "major"),
        data=word(read, "data", "minor"),
        params=word(read, "params", "minor"),
        other=word(read, "other", "patch"),
        types={name.lower(): word(types, name, "patch") for name in types.values},
        breaking_below_1=word(read, "breaking-below-1", "minor"),
    )


def _tolerance(gate: Reader) -> Tolerance | None:
    value: Any = gate.values.get("max-regression")
    if value is None:
        return None
    percent = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if percent:
        return Tolerance(amount=float(f"{percent[1]}e-2"), relative=True)  # 2.3 / 100 is not exactly 0.023
    number = finite(value)
    if number is None or number < 0:
        gate.fail("max-regression", 'a number of at least 0, or a percentage such as "2%"', "max-regression = 0.01")
    return Tolerance(amount=number, relative=False)


# The effective configuration, key by key, with the source of each value.

DEFAULT, FOUND = "default", "found"
_BY_RULE = {
    "branches": "the remote's default branch, release/*, hotfix/*",
    "headline": "the top-level or `overall` numbers",
}


class Setting(Struct, frozen=True, kw_only=True):
    """One key with its effective value.

    `source`: the file, `default`, or `found` (detected in HEAD). `value` is a text, number, boolean or list of those;
    None if `rule`, a sentence, describes it instead.
    """

    key: str
    value: Any
    source: str
    rule: str | None = None


def settings_in_force(
    config: Config, table: Mapping[str, object], found: Mapping[str, tuple[str, ...]]
) -> tuple[Setting, ...]:
    """Return every key in the order of the reference.

    `table` is the content of the file, `found` the detected values of lists that it does not set.
    """
    return tuple(_rows(config, table, found))


def _rows(config: Config, table: Mapping[str, object], found: Mapping[str, tuple[str, ...]]) -> Iterator[Setting]:
    source = config.source or DEFAULT
    for key, name in _keys(Config).items():
        value = getattr(config, name)
        if key == "gate":
            for metric, gate in value.items():
                rows = _section(f'gate."{metric}"', gate, _inside(_inside(table, key), metric), source)
                yield from (row for row in rows if row.source != DEFAULT)
        elif isinstance(value, AuditConfig | AutoConfig):
            yield from _section(key, value, _inside(table, key), source)
        elif value is None:
            known = found.get(key)
            where = DEFAULT if known is None else FOUND
            yield Setting(key=key, value=_plain(known), source=where, rule=_BY_RULE.get(key))
        else:
            yield Setting(key=key, value=_plain(value), source=source if key in table else DEFAULT)


def _section(name: str, section: Struct, table: Mapping[str, object], source: str) -> Iterator[Setting]:
    for key, field_name in _keys(type(section)).items():
        value = _plain(getattr(section, field_name))
        if isinstance(value, dict):
            yield from (
                Setting(key=f"{name}.{key}.{inner}", value=word, source=source) for inner, word in value.items()
            )
        else:
            yield Setting(key=f"{name}.{key}", value=value, source=source if key in table else DEFAULT)


def _inside(table: Mapping[str, object], key: str) -> Mapping[str, object]:
    inner = table.get(key)
    return inner if isinstance(inner, Mapping) else {}


def _plain(value: object) -> object:
    if isinstance(value, Direction):
        return value.value
    if isinstance(value, TagFormat):
        return value.pattern
    if isinstance(value, Tolerance):
        return f"{value.amount * 100:g}%" if value.relative else value.amount
    if isinstance(value, VersionFile):
        return value.path if value.pattern is None else {"path": value.path, "pattern": value.pattern}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value
