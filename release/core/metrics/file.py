"""Metric and parameter files: the formats that are read, and their bytes as flat keys and values."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from functools import partial
from typing import Any

from msgspec import Struct

from release.core.documents.document import BadDocument, decode, load_json, load_table, load_toml, quoted
from release.core.documents.yaml_document import Timestamp, load_yaml
from release.core.limits import MAX_DEPTH, MAX_KEY_LENGTH, MAX_KEYS_LENGTH, MAX_VALUES
from release.core.metrics.key import KeyPart, extend_key
from release.core.metrics.metric import Scalar, ValueFile


class _Format(Struct, frozen=True):
    """A format of value files.

    `load` returns the document of a text, with text keys, and raises BadDocument. `load_typed` does
    the same with the types of keys that dvc.lock has; None for a table, which has no parameters.
    """

    load: Callable[[str], Any]
    load_typed: Callable[[str], Any] | None = None


def _load_yaml(text: str) -> Any:
    """Return a YAML document with text keys; an empty file has no values, like an empty TOML file."""
    document = load_yaml(text, text_keys=True)
    return {} if document is None else document


# The only list of formats: a new one is one entry here.
_FORMATS = {
    ".json": _Format(load_json, load_json),
    ".yaml": _Format(_load_yaml, load_yaml),
    ".yml": _Format(_load_yaml, load_yaml),
    ".toml": _Format(load_toml, load_toml),
    ".csv": _Format(partial(load_table, delimiter=",")),
    ".tsv": _Format(partial(load_table, delimiter="\t")),
}

SUFFIXES = tuple(_FORMATS)
# Inside a folder of metrics. A table there may be data or a plot: it counts only if it is named itself.
FOLDER_SUFFIXES = tuple(suffix for suffix, kind in _FORMATS.items() if kind.load_typed is not None)


def parse_values(path: str, data: bytes) -> ValueFile:
    """Return the file's values by key (`overall.f1`, `hist[0]`), or the `problem` why it cannot be read.

    Never raises. The suffix selects the format. Integers too large for a float become infinite, like 1e400.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        return ValueFile(path=path, values=_values(path, data), sha256=sha256)
    except BadDocument as problem:
        return ValueFile(path=path, sha256=sha256, problem=str(problem))


def parse_params(path: str, data: bytes) -> Mapping[str, Any] | None:
    """Return a parameter file's document with keys typed as in dvc.lock.

    None if its format has no parameters, or if it cannot be read.
    """
    found = _format(path)
    if found is None or found.load_typed is None:
        return None
    try:
        document = found.load_typed(decode(data))
    except BadDocument:
        return None
    return document if isinstance(document, dict) else None


def _format(path: str) -> _Format | None:
    return _FORMATS.get(path[path.rfind(".") :].lower())


def _values(path: str, data: bytes) -> dict[str, Scalar]:
    found = _format(path)
    if found is None:
        raise BadDocument("neither JSON, YAML, TOML, CSV nor TSV by its name")
    document = found.load(decode(data))
    if not isinstance(document, dict):
        kind = "a list" if isinstance(document, list) else "a single value"
        raise BadDocument(f"the file holds {kind}, not names with values")
    return _flat(document)


def _flat(document: dict[str, Any]) -> dict[str, Scalar]:
    """Return the values in file order. Aliases make a document larger than its text, so nodes are counted here."""
    values: dict[str, Scalar] = {}
    nodes, letters = len(document), 0
    stack: list[tuple[str | None, Iterator[tuple[KeyPart, Any]]]] = [(None, iter(document.items()))]
    while stack:
        if nodes >= MAX_VALUES:
            raise BadDocument(f"more than {MAX_VALUES:,} values")
        above, rest = stack[-1]
        for part, value in rest:
            key = extend_key(above, part)
            letters += len(key)
            if len(key) > MAX_KEY_LENGTH or letters > MAX_KEYS_LENGTH:
                raise BadDocument(f"the name {quoted(key)} is too long, or all names together are")
            if not isinstance(value, dict | list):
                values[key] = value if type(value) is float else _scalar(value)
                continue
            if len(stack) + bool(value) > MAX_DEPTH:
                raise BadDocument(f"nested deeper than {MAX_DEPTH} levels")
            nodes += len(value)
            stack.append((key, iter(value.items()) if isinstance(value, dict) else enumerate(value)))
            break
        else:
            stack.pop()
    return values


def _scalar(value: Any) -> Scalar:
    if isinstance(value, date | time):  # of TOML; a datetime is a date
        return value.isoformat()
    if isinstance(value, Timestamp):
        return value.text
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            float(value)
        except OverflowError:  # as in JSON: no number that a float cannot hold
            return float("inf") if value > 0 else float("-inf")
    assert value is None or isinstance(value, int | float | str)
    return value
