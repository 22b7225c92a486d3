"""Bounded readers of JSON, TOML and YAML: depth, size and aliases are limited, errors name the line."""

from __future__ import annotations

import codecs
import io
import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from msgspec import Struct, ValidationError

from release.core.limits import MAX_DEPTH, MAX_DOCUMENT_BYTES, MAX_VALUES

if TYPE_CHECKING:
    import yaml


_MAX_DIGITS = 308  # the longest integer that a float can hold
_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"

_WHOLE = re.compile(r"[+-]?[0-9]+")
_TOML_LONG_KEY = re.compile(rf"(?<![\w\"'-])(?:[\w\"'-]+[ \t]*\.[ \t]*){{{MAX_DEPTH}}}")
_TOML_PLACE = re.compile(r"^(?P<what>.*) \(at (?P<where>line \d+, column \d+|end of document)\)$", re.DOTALL)


class BadDocument(Exception):
    """A document that cannot be read, with the place: `line 12, column 5: duplicate key "f1"`."""


class TooLarge(BadDocument):
    """A document that exceeds a limit; it may be valid, but is not read."""


def decode(data: bytes, *, most_bytes: int = MAX_DOCUMENT_BYTES) -> str:
    """Decode UTF-8 text, without its byte order mark.

    Raises TooLarge, or BadDocument with the place of an invalid byte.
    """
    if len(data) > most_bytes:
        raise TooLarge(f"{len(data) / 1e6:.1f} MB; the limit is {most_bytes / 1e6:.0f} MB")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # UTF-32 little endian starts with the same bytes
        raise BadDocument("the file is UTF-16, not UTF-8")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line_start = data.rfind(b"\n", 0, error.start) + 1
        line = data.count(b"\n", 0, error.start) + 1
        column = len(data[line_start : error.start].decode("utf-8")) + 1
        raise BadDocument(f"line {line}, column {column}: byte 0x{data[error.start]:02x} is not UTF-8") from None


def load_json(text: str) -> Any:
    """Parse a JSON document (NaN and Infinity allowed, duplicate keys not). Raises BadDocument."""
    if not text.strip():
        raise BadDocument("the file is empty")
    _limit_values(text, ",[{")
    try:
        return _limit_depth(json.loads(text, object_pairs_hook=_as_dict, parse_int=whole_number))
    except json.JSONDecodeError as error:
        raise BadDocument(f"line {error.lineno}, column {error.colno}: {_lower(error.msg)}") from None
    except RecursionError:
        raise BadDocument(_TOO_DEEP) from None


def load_toml(text: str) -> Any:
    """Parse a TOML document; dates and times stay as `tomllib` returns them. Raises BadDocument."""
    try:
        import tomllib  # type: ignore[import-not-found,unused-ignore]
    except ModuleNotFoundError:  # Python 3.10
        import tomli as tomllib  # type: ignore[import-not-found,no-redef,unused-ignore]
    _limit_values(text, ",[=")
    if _TOML_LONG_KEY.search(text):  # it takes quadratic time
        raise BadDocument(_TOO_DEEP)
    try:
        return _limit_depth(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.match(str(error))
        raise BadDocument(f"{place['where']}: {_lower(place['what'])}" if place else _lower(str(error))) from None
    except ValueError as error:  # a date that does not exist, a number with 5,000 digits
        raise BadDocument(_lower(str(error))) from None
    except RecursionError:
        raise BadDocument(_TOO_DEEP) from None


def load_table(text: str, *, delimiter: str) -> Any:
    """Return the last row of a CSV table by the column names of its first row. Raises BadDocument.

    A column without a name, such as the index that pandas writes, is left out. No row is no values.
    """
    import csv  # few metric files are tables

    _limit_values(text, delimiter)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names, last = next(rows, []), None
        for row in rows:
            last = row or last  # a blank line is an empty row
    except csv.Error as error:
        raise BadDocument(f"line {rows.line_num}: {_lower(str(error))}") from None
    if last is None:
        return {}
    if len(last) != len(names):
        raise BadDocument(f"the last row has {len(last):,} values for {len(names):,} columns")
    values: dict[str, int | float | str | None] = {}
    for name, cell in zip(names, last, strict=True):
        if name in values:
            raise BadDocument(f"line 1: duplicate column {quoted(name)}")
        if name:
            values[name] = _cell(cell)
    return values


def _cell(text: str) -> int | float | str | None:
    """Return the number that a cell of a table has, None if it is empty, else its text."""
    text = text.strip()
    if _WHOLE.fullmatch(text):
        return whole_number(text)
    try:
        return (text or None) if "_" in text else float(text)
    except ValueError:
        return text or None


def whole_number(digits: str) -> int | float:
    """Return the number of a string of digits; infinite beyond a float's range, as 1e400 is."""
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


def quoted(text: str, limit: int = 60) -> str:
    """Return the text in double quotes on one line, shortened."""
    return json.dumps(text if len(text) <= limit else f"{text[:limit]}...", ensure_ascii=False)


def place(text: str, offset: int) -> str:
    """Return `line 12, column 5`, both counted from 1."""
    return f"line {text.count(chr(10), 0, offset) + 1}, column {offset - text.rfind(chr(10), 0, offset)}"


def _lower(message: str) -> str:
    """Lower the first letter of a parser's message, to embed it in a sentence."""
    return message[:1].lower() + message[1:] if message[1:2].islower() else message


def _limit_values(text: str, signs: str) -> None:
    """Refuse too many values before parsing, since a million empty lists are little text.

    Signs inside strings count, too.
    """
    if sum(map(text.count, signs)) > MAX_VALUES:
        raise TooLarge(f"more than {MAX_VALUES:,} values")


def _limit_depth(value: Any) -> Any:
    """Return the value. Raises BadDocument if it is nested too deeply."""
    level, depth = [value], 0
    while level := [inner for each in level for inner in _inside(each) if isinstance(inner, dict | list)]:
        depth += 1
        if depth >= MAX_DEPTH:
            raise BadDocument(_TOO_DEEP)
    return value


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _as_dict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        (twice, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise BadDocument(f"duplicate key {quoted(twice)}")
    return values


# Parser of untrusted YAML text into plain values, as DVC reads it

_SEPARATOR = re.compile("[\\x85\\u2028\\u2029]")
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_FIRST_OF_NUMBERS = frozenset("-+.0123456789")
_NUMBER = (  # compiled only when needed
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
        return _Reader(yaml, loader(text), text_keys=text_keys, most_values=most_values).document()
    except yaml.YAMLError as error:
        raise BadDocument(_reason(error)) from None


class _Node(Struct):
    """A value; `written` is the text of a scalar, else None. `values` and `depth` count it with all that is in it."""

    value: Any
    written: str | None = None
    values: int = 1
    depth: int = 0


class _Reader:
    """Reader of one document, event by event, down to `MAX_DEPTH` levels."""

    def __init__(self, yaml_module: Any, parser: Any, *, text_keys: bool, most_values: int) -> None:
        self._yaml = yaml_module
        self._next = parser.get_event
        self._text_keys = text_keys
        self._most_values = most_values
        self._anchors: dict[str, _Node | None] = {}  # None: still open
        self._values = 0

    def document(self) -> Any:
        """Return the value of the only document."""
        root, documents = None, 0
        while (event := self._next()) is not None:
            if isinstance(event, self._yaml.NodeEvent):
                root = self._node(event, 0).value
            documents += type(event) is self._yaml.DocumentStartEvent
            if documents > 1:
                _refuse(event, "a second document begins")
        return root

    def _node(self, event: Any, above: int) -> _Node:
        """Return the node that an event begins, in `above` lists and mappings."""
        kind = type(event)
        if kind is self._yaml.AliasEvent:
            return self._alias(event, above)
        if kind is self._yaml.ScalarEvent:
            text = event.value
            value = _tagged(event) if event.tag is not None else _plain(text) if event.implicit[0] else text
            self._count(event, 1)
            node = _Node(value, text)
        else:
            node = self._collection(event, above)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: yaml.AliasEvent, above: int) -> _Node:
        name = str(event.anchor)
        found = self._anchors.get(name)
        if found is None:
            known = name in self._anchors
            _refuse(event, f"the alias *{name} {'is inside its own anchor' if known else 'has no anchor'}")
        self._count(event, found.values)
        if above + found.depth > MAX_DEPTH:
            _refuse_depth(event)
        return found

    def _collection(self, event: Any, above: int) -> _Node:
        if event.tag not in _TAGS:
            _refuse_tag(event)
        if above >= MAX_DEPTH:
            _refuse_depth(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        before = self._values
        self._count(event, 1)
        is_list = type(event) is self._yaml.SequenceStartEvent
        value, depth = self._list(above + 1) if is_list else self._mapping(above + 1)
        return _Node(value, None, self._values - before, depth + 1)

    def _list(self, above: int) -> tuple[list[Any], int]:
        values, depth = [], 0
        while type(event := self._next()) is not self._yaml.SequenceEndEvent:
            node = self._node(event, above)
            values.append(node.value)
            depth = max(depth, node.depth)
        return values, depth

    def _mapping(self, above: int) -> tuple[dict[Any, Any], int]:
        values: dict[Any, Any] = {}
        merged: list[dict[Any, Any]] = []
        depth = 0
        while type(event := self._next()) is not self._yaml.MappingEndEvent:
            key = self._node(event, above)
            if key.written is None:
                _refuse(event, "a key that is a list or a mapping")
            name = key.written if self._text_keys else key.value
            merges = key.written == "<<" and type(event) is self._yaml.ScalarEvent and event.implicit[0]
            if name in values and not merges:
                _refuse(event, f"duplicate key {quoted(key.written)}")
            node = self._node(event := self._next(), above)
            depth = max(depth, node.depth)
            if merges:
                merged += _sources(event, node.value)
            else:
                values[name] = node.value
        for source in merged:
            for name, value in source.items():
                values.setdefault(name, value)
        return values, depth

    def _count(self, event: Any, values: int) -> None:
        self._values += values
        if self._values > self._most_values:
            raise TooLarge(f"line {event.start_mark.line + 1}: more than {self._most_values:,} values")


def _sources(event: yaml.NodeEvent, value: Any) -> list[dict[Any, Any]]:
    sources = value if isinstance(value, list) else [value]
    if not all(isinstance(source, dict) for source in sources):
        _refuse(event, "`<<` wants a mapping, or a list of mappings")
    return sources


def _plain(text: str) -> Any:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _FIRST_OF_NUMBERS or (found := re.fullmatch(_NUMBER, text)) is None:
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
    return f"line {line + 1}: {_TOO_DEEP}"


def _reason(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    words = getattr(error, "problem", None) or getattr(error, "context", None) or " ".join(str(error).split())
    if mark is None:
        return words
    if "nesting depth" in words:  # libyaml of PyYAML 6.0.4 counts brackets that no event has reported yet
        return _deeper_line(mark.line)
    return f"line {mark.line + 1}, column {mark.column + 1}: {words}"


# Messages of msgspec about a document, in plain words

_WORDS = {
    "array": "a list",
    "object": "a table",
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
}


def plain_words(error: ValidationError) -> str:
    """Return msgspec's message with plain names of types; the place stays (` - at `$.key``)."""
    text = str(error).replace(" | null`", "`").replace("Expected", "expected")
    return re.sub(r"`(\w+)`", lambda found: _WORDS.get(found[1], found[0]), text)
