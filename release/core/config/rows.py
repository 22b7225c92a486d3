"""The effective configuration, key by key, with the source of each value. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from release.core.config.values import Config, Gate, Tolerance, VersionFile
from release.core.metrics.metric import Direction

DEFAULT, FOUND = "default", "found"

_RENAMED = {"minimum": "min", "maximum": "max"}
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
    return tuple(_rows(config, table, config.source or DEFAULT, found))


def _rows(
    config: Config, table: Mapping[str, object], source: str, found: Mapping[str, tuple[str, ...]]
) -> Iterator[Setting]:
    for name, value in {**asdict(config), "tag_format": config.tag_format.pattern}.items():
        key = name.replace("_", "-")
        if name in ("folder", "source"):
            continue
        if key == "gates":
            for metric, gate in value.items():
                yield from _gate_rows(metric, gate, _inside(_inside(table, "gate"), metric), source)
        elif isinstance(value, Struct):
            yield from _section(key, value, _inside(table, key), source)
        elif value is None:
            known = found.get(key)
            yield Setting(
                key=key, value=_plain(known), source=FOUND if known is not None else DEFAULT, rule=_BY_RULE.get(key)
            )
        else:
            yield Setting(key=key, value=_plain(value), source=source if key in table else DEFAULT)


def _section(name: str, section: Struct, table: Mapping[str, object], source: str) -> Iterator[Setting]:
    for attribute, inside in asdict(section).items():
        key, value = attribute.replace("_", "-"), _plain(inside)
        if isinstance(value, dict):
            for inner, word in value.items():
                yield Setting(key=f"{name}.{key}.{inner}", value=word, source=source)
            continue
        yield Setting(key=f"{name}.{key}", value=value, source=source if key in table else DEFAULT)


def _gate_rows(name: str, gate: Gate, table: Mapping[str, object], source: str) -> Iterator[Setting]:
    """Yield only the keys that are set."""
    for attribute, value in asdict(gate).items():
        key = _RENAMED.get(attribute, attribute.replace("_", "-"))
        if key in table:
            yield Setting(key=f'gate."{name}".{key}', value=_plain(value), source=source)


def _inside(table: Mapping[str, object], key: str) -> Mapping[str, object]:
    inner = table.get(key)
    return inner if isinstance(inner, Mapping) else {}


def _plain(value: object) -> object:
    if isinstance(value, Direction):
        return value.value
    if isinstance(value, Tolerance):
        return f"{value.amount * 100:g}%" if value.relative else value.amount
    if isinstance(value, VersionFile):
        return value.path if value.pattern is None else {"path": value.path, "pattern": value.pattern}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value
