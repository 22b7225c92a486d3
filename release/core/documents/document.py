"""Parsers of JSON, TOML and CSV text with limits; what cannot be read has a place and a reason.

Files are untrusted data: nothing here recurses with the input, expands aliases without limit or builds objects that a
tag names.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, NoReturn

from release.core.limits import MAX_DEPTH, MAX_DOCUMENT_BYTES, MAX_VALUES

_MAX_DIGITS = 308  # the longest integer that a float can hold

_STRING_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_WHOLE = re.compile(r"[+-]?[0-9]+")
_AFTER_KEY = re.compile(r"[ \t\r\n]*:")
_TOML_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|\#[^\n]*|[\[\]{}]', re.DOTALL
)
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
        raise TooLarge(f"{len(data) / 1e6:.1f} MB, and {most_bytes / 1e6:.0f} MB is the most that is read")
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
    _limit_json_depth(text)
    duplicate = False

    def as_dict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal duplicate
        values = dict(pairs)
        duplicate = duplicate or len(values) != len(pairs)
        return values

    try:
        value = json.loads(text, object_pairs_hook=as_dict, parse_int=whole_number)
    except json.JSONDecodeError as error:
        raise BadDocument(f"line {error.lineno}, column {error.colno}: {_lower(error.msg)}") from None
    except RecursionError:
        raise BadDocument("nested too deeply") from None
    if duplicate:
        _name_duplicate(text)
    return value


def load_toml(text: str) -> Any:
    """Parse a TOML document; dates and times stay as `tomllib` returns them. Raises BadDocument."""
    try:
        import tomllib  # type: ignore[import-not-found,unused-ignore]
    except ModuleNotFoundError:  # Python 3.10
        import tomli as tomllib  # type: ignore[import-not-found,no-redef,unused-ignore]
    _limit_values(text, ",[=")
    _limit_toml_depth(text)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.match(str(error))
        raise BadDocument(f"{place['where']}: {_lower(place['what'])}" if place else _lower(str(error))) from None
    except (ValueError, RecursionError) as error:  # a date that does not exist, a number with 5,000 digits
        raise BadDocument(_lower(str(error))) from None


def load_table(text: str, *, delimiter: str) -> Any:
    """Return the last row of a CSV table by the column names of its first row. Raises BadDocument.

    A column without a name, such as the index that pandas writes, is left out. No row is no values.
    """
    import csv
    import io

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


def _too_deep(text: str, offset: int) -> NoReturn:
    raise BadDocument(f"{place(text, offset)}: nested deeper than {MAX_DEPTH} levels")


def _limit_values(text: str, signs: str) -> None:
    """Refuse too many values before parsing, since a million empty lists are little text.

    Signs inside strings count, too.
    """
    if sum(map(text.count, signs)) > MAX_VALUES:
        raise TooLarge(f"more than {MAX_VALUES:,} values")


def _limit_json_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        sign = token[0]
        if sign in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                _too_deep(text, token.start())
        elif sign in "]}":
            depth -= 1


def _name_duplicate(text: str) -> NoReturn:
    """Raise BadDocument for the first duplicate key; the text is valid JSON that has one."""
    objects: list[set[str]] = []
    for token in _STRING_OR_BRACKET.finditer(text):
        sign = token[0]
        if sign in "{[":
            objects.append(set())
        elif sign in "}]":
            objects.pop()
        elif _AFTER_KEY.match(text, token.end()):
            key = json.loads(sign, strict=False)
            if key in objects[-1]:
                raise BadDocument(f"{place(text, token.start())}: duplicate key {quoted(key)}")
            objects[-1].add(key)
    raise BadDocument("a key stands twice in one object")


def _limit_toml_depth(text: str) -> None:
    if long_key := _TOML_LONG_KEY.search(text):
        _too_deep(text, long_key.start())
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for token in _TOML_TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                _too_deep(text, token.start())
        elif token[0] in "]}":
            depth -= 1
