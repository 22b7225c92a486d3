"""TOML files edited by people: adds one table and keeps every other byte."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from release.core.documents.document import BadDocument, decode, load_toml


def as_toml(values: Mapping[str, Any], *, header: str) -> str:
    """Format the values as a TOML table named `header` (`tool.release`), with nested tables below it.

    A long list is written with one item per line.
    """
    import tomlkit  # 60 ms, and only `init` needs it

    document = tomlkit.document()
    table: Any = document
    names = header.split(".")
    for at, name in enumerate(names):
        inner = tomlkit.table(is_super_table=at < len(names) - 1)
        table.add(name, inner)
        table = inner
    for key, value in values.items():
        table.add(key, _item(value))
    return tomlkit.dumps(document)


def with_table(data: bytes, values: Mapping[str, Any], *, header: str) -> bytes | None:
    """Append the table to a TOML file; None if the result would not be the same document plus this table.

    The result is parsed to prove that the table has these values and that nothing else changed.
    """
    try:
        before = load_toml(decode(data))
    except BadDocument:
        return None
    eol = "\r\n" if b"\r\n" in data else "\n"
    gap = "" if not data else eol if data.endswith(b"\n") else eol * 2
    added = data + (gap + as_toml(values, header=header).replace("\n", eol)).encode()
    try:
        after = load_toml(decode(added))
    except BadDocument:
        return None
    inner = after
    names = header.split(".")
    for name in names[:-1]:
        inner = inner.get(name, {})
    same = inner.pop(names[-1], None) == values
    if not inner and names[0] not in before:
        after.pop(names[0])
    return added if same and repr(after) == repr(before) else None


def _item(value: Any) -> Any:
    import tomlkit

    if isinstance(value, Mapping):
        table = tomlkit.table()
        for key, inner in value.items():
            table.add(key, _item(inner))
        return table
    if isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        rows = tomlkit.array().multiline(multiline=True)
        for one in value:
            row = tomlkit.inline_table()
            if isinstance(one, Mapping):
                row.update(one)
            rows.append(row if isinstance(one, Mapping) else one)
        return rows
    item = tomlkit.item(value)
    if isinstance(value, list) and sum(map(len, value)) > 80:
        item.multiline(multiline=True)
    return item
