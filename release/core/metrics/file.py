"""Metric and parameter files: bytes of JSON, YAML or TOML into flat keys and values. Never raises."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import date, time
from functools import partial
from typing import Any

from release.core.documents.document import BadDocument, decode, load_json, load_toml, quoted
from release.core.documents.yaml_document import Timestamp, load_yaml
from release.core.limits import MAX_DEPTH, MAX_KEY_LENGTH, MAX_KEYS_LENGTH, MAX_VALUES
from release.core.metrics.key import KeyPart, extend_key
from release.core.metrics.metric import Scalar, ValueFile

_load_yaml = partial(load_yaml, text_keys=True)
_LOADERS: dict[str, Callable[[str], Any]] = {
    ".json": load_json, ".yaml": _load_yaml, ".yml": _load_yaml, ".toml": load_toml,
}  # fmt: skip

SUFFIXES = tuple(_LOADERS)


def parse_values(path: str, data: bytes) -> ValueFile:
    """The file's values by their keys (`overall.f1`, `hist[0]`), or the `problem` why it cannot be read.

    The format is told by the suffix. Whole numbers too long for a float are infinite, as 1e400 is.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        return ValueFile(path=path, values=_values(path, data), sha256=sha256)
    except BadDocument as problem:
        return ValueFile(path=path, sha256=sha256, problem=str(problem))


def _values(path: str, data: bytes) -> dict[str, Scalar]:
    suffix = path[path.rfind(".") :].lower()
    loader = _LOADERS.get(suffix)
    if loader is None:
        raise BadDocument("neither JSON, YAML nor TOML by its name")
    document = loader(decode(data))
    if document is None and suffix in {".yaml", ".yml"}:
        return {}  # an empty YAML file holds no values, as an empty TOML file does
    if not isinstance(document, dict):
        kind = "a list" if isinstance(document, list) else "a single value"
        raise BadDocument(f"the file holds {kind}, not names with values")
    return _flat(document)


def _flat(document: dict[str, Any]) -> dict[str, Scalar]:
    """Values in file order. Aliases make a document larger than its text, so nodes are counted here."""
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
