"""YAML as DVC reads it (YAML 1.2, no duplicate keys), from text that nobody may trust.

The events of libyaml are turned into values by a loop with its own stack, so neither depth nor
aliases can cost more than the limits below: deep, huge, recursive and exploding documents are
errors, never a crash. Source: yaml.org/spec/1.2, section 10.3 (core schema), and ruamel.yaml's
"safe" loader, which DVC uses.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct, field

MAX_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 200
MAX_NODES = 5_000_000  # after aliases are followed

_BREAKS = re.compile("[\\x85\\u2028\\u2029]")
_INTEGER = re.compile(r"[-+]?[0-9](?:[0-9_]*[0-9])?|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*|[0-9][0-9_]*(?=[eE]))(?:[eE][-+]?[0-9]+)?")
_SPECIAL_FLOAT = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt ].*)?")
_CONSTANTS: dict[str, Any] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_PLAIN_TAGS = frozenset(
    {None, "!", *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "map", "seq"))}
)
_STRING_TAGS = frozenset({"!", "tag:yaml.org,2002:str"})


class BadYaml(ValueError):
    """The text is not YAML that can be used; the message says why and, where known, where."""


class Timestamp(Struct, frozen=True):
    """A plain scalar that YAML takes for a date; its text."""

    text: str


def load_yaml(data: bytes) -> Any:
    """The document's value: dict, list, str, int, float, bool, None or Timestamp; None if it is empty.

    Raises BadYaml.
    """
    if len(data) > MAX_BYTES:
        message = f"it has {len(data):,} bytes, more than {MAX_BYTES:,}"
        raise BadYaml(message)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8"
        raise BadYaml(message) from None
    if _BREAKS.search(text):
        message = "it has a line separator (U+0085, U+2028 or U+2029), which readers of YAML take differently"
        raise BadYaml(message)
    return _Builder().build(text)


class _Open(Struct):
    """A mapping or sequence that has begun: `key` is waiting for its value if `has_key`."""

    value: Any
    anchor: str | None
    line: int
    nodes: int = 1
    key: Any = None
    has_key: bool = False
    merged: list[dict[Any, Any]] = field(default_factory=list)


class _Builder:
    def __init__(self) -> None:
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._root: Any = None

    def build(self, text: str) -> Any:
        import yaml  # plain `.dvc` files do without

        loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # a PyYAML may have been built without libyaml
        try:
            self._run(loader(text), yaml)
        except yaml.YAMLError as error:
            raise BadYaml(_reason(error)) from None
        except RecursionError:
            message = f"it is nested more than {MAX_DEPTH} levels deep"
            raise BadYaml(message) from None
        return self._root

    def _run(self, parser: Any, yaml: Any) -> None:
        documents = 0
        while (event := parser.get_event()) is not None:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                value = _scalar(event)
                self._remember(event.anchor, value, 1)
                self._add(value, 1, plain=event.implicit[0], line=event.start_mark.line)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._begin({} if kind is yaml.MappingStartEvent else [], event)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._end()
            elif kind is yaml.AliasEvent:
                self._alias(event)
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    message = "it has more than one document"
                    raise BadYaml(message)

    def _begin(self, value: Any, event: Any) -> None:
        if event.tag not in _PLAIN_TAGS:
            raise BadYaml(_at(f"tag {event.tag} is not used by DVC", event.start_mark.line))
        if len(self._stack) >= MAX_DEPTH:
            raise BadYaml(_at(f"it is nested more than {MAX_DEPTH} levels deep", event.start_mark.line))
        if event.anchor is not None:
            self._anchors.pop(event.anchor, None)  # an alias to what is still open would never end
        self._stack.append(_Open(value, event.anchor, event.start_mark.line))

    def _end(self) -> None:
        closed = self._stack.pop()
        for merged in closed.merged:
            for key, value in merged.items():
                closed.value.setdefault(key, value)
        self._remember(closed.anchor, closed.value, closed.nodes)
        self._add(closed.value, closed.nodes, plain=False, line=closed.line)

    def _alias(self, event: Any) -> None:
        line = event.start_mark.line
        if event.anchor not in self._anchors:
            raise BadYaml(_at(f"alias *{event.anchor} refers to nothing that is complete", line))
        value, nodes = self._anchors[event.anchor]
        self._add(value, nodes, plain=False, line=line)

    def _remember(self, anchor: str | None, value: Any, nodes: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, nodes)

    def _add(self, value: Any, nodes: int, *, plain: bool, line: int) -> None:
        if not self._stack:
            self._root = value
            return
        parent = self._stack[-1]
        parent.nodes += nodes
        if parent.nodes > MAX_NODES:
            raise BadYaml(_at(f"its aliases grow to more than {MAX_NODES:,} values", line))
        if isinstance(parent.value, list):
            parent.value.append(value)
        elif parent.has_key:
            _put(parent, value, line)
        else:
            _take_key(parent, value, plain=plain, line=line)


def _take_key(parent: _Open, key: Any, *, plain: bool, line: int) -> None:
    if isinstance(key, (dict, list)):
        raise BadYaml(_at("a key is a mapping or a list", line))
    merge = plain and key == "<<"
    if not merge and key in parent.value:
        raise BadYaml(_at(f"duplicate key {key!r}", line))
    parent.key = _MERGE if merge else key
    parent.has_key = True


def _put(parent: _Open, value: Any, line: int) -> None:
    parent.has_key = False
    if parent.key is not _MERGE:
        parent.value[parent.key] = value
        return
    sources = value if isinstance(value, list) else [value]
    if not all(isinstance(source, dict) for source in sources):
        raise BadYaml(_at("`<<` merges something that is no mapping", line))
    parent.merged.extend(sources)


_MERGE = object()


def _scalar(event: Any) -> Any:
    text: str = event.value
    if event.tag not in _PLAIN_TAGS:
        raise BadYaml(_at(f"tag {event.tag} is not used by DVC", event.start_mark.line))
    if event.tag in _STRING_TAGS or (event.tag is None and not event.implicit[0]):
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    first = text[0]
    if not (first.isascii() and (first.isdigit() or first in "+-.")):
        return text
    return _number(text)


def _number(text: str) -> Any:
    if _INTEGER.fullmatch(text):
        digits = text.replace("_", "")
        if len(digits) > 1_000:
            return Timestamp(text)  # no number that DVC writes; Python limits the conversion
        return int(digits, 0) if digits[:2] in ("0o", "0x") else int(digits)
    if _FLOAT.fullmatch(text):
        return float(text.replace("_", ""))
    if _SPECIAL_FLOAT.fullmatch(text):
        return float(text.replace(".", "").lower())
    return Timestamp(text) if _TIMESTAMP.fullmatch(text) else text


def _at(message: str, line: int) -> str:
    return f"line {line + 1}: {message}"


def _reason(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    words = getattr(error, "problem", None) or str(error).splitlines()[0]
    return words if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: {words}"
