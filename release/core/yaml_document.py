"""YAML text into plain values, from the parser's events: duplicate keys, aliases, depth and size are watched.

Plain words mean what DVC reads: the YAML 1.2 core schema (`1e-3` is a number, `no` and dates are text).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from release.core.document import MAX_DEPTH, MAX_NODES, BadDocument, quoted, whole_number

if TYPE_CHECKING:
    import yaml

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INT = re.compile(r"[-+]?[0-9][0-9_]*\Z")
_OTHER_INT = re.compile(r"(?P<sign>[-+]?)(?P<digits>0o[0-7]+|0x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?\Z")
_INFINITE = re.compile(r"(?P<sign>[-+]?)\.(?:inf|Inf|INF)\Z")
_NAN = frozenset({".nan", ".NaN", ".NAN"})
_TEXT_TAGS = frozenset({"!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:binary"})

_UNFINISHED = object()


def load_yaml(text: str) -> Any:
    """One YAML document; None for an empty one. Keys are text. Raises BadDocument."""
    import yaml  # 20 ms that only YAML files cost

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Builder(yaml.parse(text, Loader=loader)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise BadDocument(f"{where}{error.problem or error.context or 'not valid YAML'}") from None
    except yaml.YAMLError as error:
        raise BadDocument(" ".join(str(error).split())) from None


class _Builder:
    """Builds values from events; depth is bounded, so is everything that an alias or a merge repeats."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._anchors: dict[str, Any] = {}
        self._nodes = 0

    def document(self) -> Any:
        """The value of the only document."""
        import yaml  # loaded already, by load_yaml

        value: Any = None
        seen = False
        for event in self._events:
            if isinstance(event, yaml.NodeEvent):
                value = self._node(event, depth=1)
            elif isinstance(event, yaml.DocumentStartEvent):
                if seen:
                    _bad(event, "a second document begins")
                seen = True
        return value

    def _node(self, event: yaml.Event, *, depth: int) -> Any:
        import yaml

        self._count(event, 1)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        anchor: str | None = getattr(event, "anchor", None)
        value: Any
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event)
        elif depth > MAX_DEPTH:
            _bad(event, f"nested deeper than {MAX_DEPTH} levels")
        else:
            if anchor is not None:
                self._anchors[anchor] = _UNFINISHED
            is_list = isinstance(event, yaml.SequenceStartEvent)
            value = self._sequence(depth) if is_list else self._mapping(depth)
        if anchor is not None:
            self._anchors[anchor] = value
        return value

    def _alias(self, event: yaml.AliasEvent) -> Any:
        value = self._anchors.get(str(event.anchor), _UNFINISHED)
        if value is _UNFINISHED:
            known = event.anchor in self._anchors
            _bad(event, f"the alias *{event.anchor} {'stands inside its own anchor' if known else 'has no anchor'}")
        return value

    def _sequence(self, depth: int) -> list[Any]:
        import yaml

        values: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            values.append(self._node(event, depth=depth + 1))
        return values

    def _mapping(self, depth: int) -> dict[str, Any]:
        import yaml

        values: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event)
            if key == "<<" and isinstance(event, yaml.ScalarEvent) and event.implicit[0]:
                self._merge(event, self._node(next(self._events), depth=depth + 1), merged)
                continue
            if key in values:
                _bad(event, f"duplicate key {quoted(key)}")
            values[key] = self._node(next(self._events), depth=depth + 1)
        return {**values, **{key: value for key, value in merged.items() if key not in values}} if merged else values

    def _key(self, event: yaml.Event) -> str:
        import yaml

        if isinstance(event, yaml.ScalarEvent):
            if event.anchor is not None:
                self._anchors[event.anchor] = event.value
            return str(event.value)
        value = self._alias(event) if isinstance(event, yaml.AliasEvent) else None
        if not isinstance(value, str | int | float):
            _bad(event, "a key that is a list or a mapping")
        return str(value)

    def _merge(self, event: yaml.Event, value: Any, merged: dict[str, Any]) -> None:
        """`<<: *defaults`: keys of the value, the first of several winning (yaml.org/type/merge)."""
        for source in value if isinstance(value, list) else [value]:
            if not isinstance(source, dict):
                _bad(event, "`<<` wants a mapping, or a list of mappings")
            self._count(event, len(source))
            for key, item in source.items():
                merged.setdefault(key, item)

    def _count(self, event: yaml.Event, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > 2 * MAX_NODES:
            _bad(event, f"more than {MAX_NODES:,} values")


def _bad(event: yaml.Event, what: str) -> NoReturn:
    mark = event.start_mark
    assert mark is not None  # parsers always say where
    raise BadDocument(f"line {mark.line + 1}, column {mark.column + 1}: {what}")


def _scalar(event: yaml.ScalarEvent) -> int | float | str | bool | None:
    text: str = event.value
    if not event.implicit[0] and (event.implicit[1] or event.tag in _TEXT_TAGS):
        return text  # in quotes, a block, or tagged as text
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    return _number(text)


def _number(text: str) -> int | float | str:
    """The number that plain text names, or the text."""
    if _INT.match(text):
        return whole_number(text.replace("_", ""))
    if _FLOAT.match(text):
        return float(text.replace("_", ""))
    if other := _OTHER_INT.match(text):
        value = int(other["digits"], 0)
        return -value if other["sign"] == "-" else value
    if infinite := _INFINITE.match(text):
        return float(f"{infinite['sign']}inf")
    return float("nan") if text in _NAN else text
