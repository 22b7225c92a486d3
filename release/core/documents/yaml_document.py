"""Parser of untrusted YAML text into plain values, as DVC reads it.

A loop with its own stack turns the parser's events into values: deep, huge, recursive and exploding documents raise
errors with a place. Plain scalars mean what they mean to ruamel.yaml's safe loader, which DVC uses: YAML 1.2 (`1e-3` is
a number, `no` is text), with dates.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

from msgspec import Struct, field

from release.core.documents.document import BadDocument, TooLarge, place, quoted, whole_number
from release.core.limits import MAX_DEPTH, MAX_VALUES

if TYPE_CHECKING:
    import yaml

_SEPARATOR = re.compile("[\\x85\\u2028\\u2029]")
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_FIRST_OF_NUMBERS = frozenset("-+.0123456789")
_NUMBER = re.compile(
    r"(?P<int>[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9_]+))"
    r"|(?P<float>[-+]?[0-9][0-9_]*(?:\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?)"
    r"|(?P<special>[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
    r"|(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}"
    r"(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)"
)
_STANDARD = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset({"!", f"{_STANDARD}str"})
_TIMESTAMP_TAG = f"{_STANDARD}timestamp"
_TAGS = frozenset(
    {None, _TIMESTAMP_TAG, *_TEXT_TAGS, *(_STANDARD + kind for kind in ("int", "float", "bool", "null", "map", "seq"))}
)
_NO_KEY = object()
_MERGE = object()


class Timestamp(Struct, frozen=True):
    """A plain scalar that YAML takes for a date; its text."""

    text: str


def load_yaml(text: str, *, text_keys: bool = False, most_values: int = MAX_VALUES) -> Any:
    """Return the document's value: dict, list, str, int, float, bool, None or Timestamp; None if it is empty.

    `text_keys`: keys stay text as written. `most_values`: limit of values, counted after expanding aliases and merges.
    Raises BadDocument.
    """
    import yaml  # 20 ms; plain `.dvc` files do not need it

    if not text.isascii() and (found := _SEPARATOR.search(text)):
        sign = f"U+{ord(found[0]):04X}"
        raise BadDocument(
            f"{place(text, found.start())}: the line separator {sign}, which readers of YAML take differently"
        )
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # PyYAML may be built without libyaml
    try:
        return _Builder(yaml, text_keys=text_keys, most_values=most_values).build(loader(text))
    except yaml.YAMLError as error:
        raise BadDocument(_reason(error)) from None


class _Open(Struct):
    """An open mapping or list; in a mapping, `key` waits for its value."""

    event: Any
    value: Any
    is_list: bool
    values_before: int
    depth_below: int = 0
    key: Any = _NO_KEY
    merged: list[dict[Any, Any]] = field(default_factory=list)


class _Anchored(Struct):
    """The value of an anchor; `written` is the text of a scalar, else None."""

    value: Any
    written: str | None = None
    values: int = 1
    depth: int = 0


class _Builder:
    def __init__(self, yaml_module: Any, *, text_keys: bool, most_values: int) -> None:
        self._yaml = yaml_module
        self._text_keys = text_keys
        self._most_values = most_values
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Anchored | None] = {}  # None: still open
        self._values = 0
        self._root: Any = None

    def build(self, parser: Any) -> Any:
        """Return the value of the only document."""
        yaml, documents = self._yaml, 0
        while (event := parser.get_event()) is not None:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._begin(event, is_list=kind is yaml.SequenceStartEvent)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._end()
            elif kind is yaml.AliasEvent:
                self._alias(event)
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    _refuse(event, "a second document begins")
        return self._root

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        tag, text, plain = event.tag, event.value, event.implicit[0]
        value: Any = text
        if tag is not None:
            value = _tagged(event)
        elif plain:
            value = _plain(text)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(value, written=text)
        self._count(event, 1)
        parent = self._stack[-1] if self._stack else None
        if parent is not None and parent.key is _NO_KEY and not parent.is_list:
            self._take_key(parent, event, value, written=text, merge=plain and text == "<<")
        else:
            self._add(value, event)

    def _begin(self, event: yaml.CollectionStartEvent, *, is_list: bool) -> None:
        if event.tag not in _TAGS:
            _refuse_tag(event)
        if len(self._stack) >= MAX_DEPTH:
            _refuse_depth(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append(_Open(event, [] if is_list else {}, is_list, self._values))
        self._count(event, 1)

    def _end(self) -> None:
        closed = self._stack.pop()
        for merged in closed.merged:
            for key, value in merged.items():
                closed.value.setdefault(key, value)
        depth = closed.depth_below + 1
        if closed.event.anchor is not None:
            size = self._values - closed.values_before
            self._anchors[closed.event.anchor] = _Anchored(closed.value, values=size, depth=depth)
        if self._stack:
            parent = self._stack[-1]
            parent.depth_below = max(parent.depth_below, depth)
        self._add(closed.value, closed.event)

    def _alias(self, event: yaml.AliasEvent) -> None:
        name = str(event.anchor)
        found = self._anchors.get(name)
        if found is None:
            known = name in self._anchors
            _refuse(event, f"the alias *{name} {'stands inside its own anchor' if known else 'has no anchor'}")
        self._count(event, found.values)
        parent = self._stack[-1]  # an alias cannot be the document itself, since its anchor comes first
        if len(self._stack) + found.depth > MAX_DEPTH:
            _refuse_depth(event)
        parent.depth_below = max(parent.depth_below, found.depth)
        if found.written is not None and parent.key is _NO_KEY and not parent.is_list:
            self._take_key(parent, event, found.value, written=found.written, merge=False)
        else:
            self._add(found.value, event)

    def _take_key(self, parent: _Open, event: yaml.NodeEvent, value: Any, *, written: str, merge: bool) -> None:
        key = written if self._text_keys else value
        if merge:
            parent.key = _MERGE
        elif key in parent.value:
            _refuse(event, f"duplicate key {quoted(written)}")
        else:
            parent.key = key

    def _add(self, value: Any, event: yaml.NodeEvent) -> None:
        if not self._stack:
            self._root = value
            return
        parent = self._stack[-1]
        if parent.is_list:
            parent.value.append(value)
            return
        if parent.key is _NO_KEY:
            _refuse(event, "a key that is a list or a mapping")
        if parent.key is _MERGE:
            sources = value if isinstance(value, list) else [value]
            if not all(isinstance(source, dict) for source in sources):
                _refuse(event, "`<<` wants a mapping, or a list of mappings")
            parent.merged.extend(sources)
        else:
            parent.value[parent.key] = value
        parent.key = _NO_KEY

    def _count(self, event: Any, values: int) -> None:
        self._values += values
        if self._values > self._most_values:
            raise TooLarge(f"line {event.start_mark.line + 1}: more than {self._most_values:,} values")


def _plain(text: str) -> Any:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _FIRST_OF_NUMBERS or (found := _NUMBER.fullmatch(text)) is None:
        return text
    if found.lastgroup == "date":
        return Timestamp(text)
    try:
        if found.lastgroup == "int":
            return _whole(text.replace("_", ""))
        return float(text.replace("_", "") if found.lastgroup == "float" else text.replace(".", ""))
    except ValueError:  # `-_`, `._`
        return text


def _whole(digits: str) -> int | float:
    unsigned = digits.lstrip("-+")
    if unsigned[:2] in ("0b", "0o", "0x"):
        value = int(unsigned, 0)
        return -value if digits[0] == "-" else value
    return whole_number(digits)


def _tagged(event: Any) -> Any:
    if event.tag not in _TAGS:
        _refuse_tag(event)
    if event.tag in _TEXT_TAGS:
        return event.value
    return Timestamp(event.value) if event.tag == _TIMESTAMP_TAG else _plain(event.value)


def _refuse(event: yaml.Event, what: str) -> NoReturn:
    mark = event.start_mark
    assert mark is not None  # parsers always set it
    raise BadDocument(f"line {mark.line + 1}, column {mark.column + 1}: {what}")


def _refuse_tag(event: Any) -> NoReturn:
    _refuse(event, f"the tag {event.tag}, which DVC does not read")


def _refuse_depth(event: yaml.Event) -> NoReturn:
    assert event.start_mark is not None
    raise BadDocument(_deeper_line(event.start_mark.line))


def _deeper_line(line: int) -> str:
    return f"line {line + 1}: nested deeper than {MAX_DEPTH} levels"


def _reason(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    words = getattr(error, "problem", None) or getattr(error, "context", None) or " ".join(str(error).split())
    if mark is None:
        return words
    if "nesting depth" in words:  # libyaml of PyYAML 6.0.4 counts brackets that no event has reported yet
        return _deeper_line(mark.line)
    return f"line {mark.line + 1}, column {mark.column + 1}: {words}"
