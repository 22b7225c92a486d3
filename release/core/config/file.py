"""Parser of `[tool.release]`: checks each key, and names file and key in each error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

from release.core.config.reader import BadConfig, Reader, finite
from release.core.config.values import AuditConfig, AutoConfig, AutoWord, Config, Gate, Tolerance
from release.core.documents.document import BadDocument, decode, load_toml
from release.core.limits import MAX_SETTINGS_BYTES
from release.core.metrics.metric import Direction
from release.core.shell import command_line, quote
from release.core.versions.version import TagFormat
from release.errors import UsageError

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
        lineage=cast('Literal["warn", "fail", "off"]', read.choice("lineage", ("warn", "fail", "off"))),
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


# The public keys; docs/reference/configuration.md describes each.
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
    "auto",
)


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
    read.only(("exclude", "external", "in-tree-remote", "lfs"))
    return AuditConfig(
        exclude=read.paths("exclude") or (),
        external=cast('Literal["fail", "allow"]', read.choice("external", ("fail", "allow"))),
        in_tree_remote=cast('Literal["warn", "fail"]', read.choice("in-tree-remote", ("warn", "fail"))),
        lfs=cast('Literal["warn", "fail"]', read.choice("lfs", ("warn", "fail"))),
    )


def _gates(read: Reader) -> dict[str, Gate]:
    gates = read.table("gate")
    read.few("gate", gates.values)
    return {key: _gate(gates.table(key), key) for key in gates.values}


def _gate(gate: Reader, key: str) -> Gate:
    gate.only(("direction", "max-regression", "min", "max", "baseline", "std-key", "std-factor"))
    direction = gate.choice("direction", ("up", "down")) if "direction" in gate.values else None
    found = Gate(
        key=key,
        direction=Direction(direction) if direction else None,
        max_regression=_tolerance(gate),
        minimum=gate.number("min"),
        maximum=gate.number("max"),
        baseline=gate.name("baseline", "v1.2.0") if "baseline" in gate.values else None,
        std_key=gate.text("std-key", "overall.f1_std") if "std-key" in gate.values else None,
        std_factor=_factor(gate),
    )
    for name in ("baseline", "std-key"):
        if name in gate.values and found.max_regression is None:
            gate.fail(name, "beside max-regression, which it belongs to", "max-regression = 0.01")
    if found.minimum is not None and found.maximum is not None and found.minimum > found.maximum:
        gate.fail("min", f"at most max ({found.maximum:g})", "min = 0.8")
    return found


def _factor(gate: Reader) -> float:
    value = gate.number("std-factor")
    if value is None:
        return 1.0
    if value < 0 or "std-key" not in gate.values:
        gate.fail("std-factor", "a number of at least 0, beside std-key", "std-factor = 2")
    return value


def _auto(read: Reader) -> AutoConfig:
    words = ("major", "minor", "patch", "none")
    read.only(("interface", "removed", "data", "params", "other", "types", "breaking-below-1"))

    def word(table: Reader, key: str, default: AutoWord) -> AutoWord:
        return cast("AutoWord", table.choice(key, tuple(dict.fromkeys((default, *words)))))

    types = read.table("types")
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
