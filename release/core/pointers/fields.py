"""Type-checked access to values of a pointer file."""

from __future__ import annotations

from typing import Any

from release.core.documents.document import BadDocument, TooLarge, decode
from release.core.documents.yaml_document import load_yaml
from release.core.limits import MAX_POINTER_BYTES, MAX_POINTER_VALUES


class BadPointer(ValueError):
    """A pointer file that cannot be read; the message says why."""


class BeyondLimit(BadPointer):
    """A pointer file that exceeds a limit; it may be valid."""


def as_yaml(data: bytes, *, most_values: int = MAX_POINTER_VALUES) -> Any:
    """Return the YAML values of a pointer file. Raises BadPointer."""
    try:
        return load_yaml(decode(data, most_bytes=MAX_POINTER_BYTES), most_values=most_values)
    except TooLarge as error:
        raise BeyondLimit(str(error)) from None
    except BadDocument as error:
        message = f"it is not valid YAML: {error}"
        raise BadPointer(message) from None


def as_mapping(value: Any, what: str) -> dict[Any, Any]:
    """Return the value, which must be a mapping. Raises BadPointer."""
    if not isinstance(value, dict):
        message = f"{what} is {shortened(value)}, not a mapping"
        raise BadPointer(message)
    return value


def as_list(value: Any, what: str) -> list[Any]:
    """Return the value, which must be a list; None becomes an empty one. Raises BadPointer."""
    if value is None:
        return []
    if not isinstance(value, list):
        message = f"{what} is {shortened(value)}, not a list"
        raise BadPointer(message)
    return value


def as_name(value: Any) -> str:
    """Return the value, which must be text. Raises BadPointer."""
    if not isinstance(value, str):
        message = f"a name is {shortened(value)}, not text"
        raise BadPointer(message)
    return value


def text_at(entry: dict[Any, Any], key: str) -> str | None:
    """Return the text at a key; None if missing. Raises BadPointer."""
    value = entry.get(key)
    if value is not None and (not isinstance(value, str) or "\0" in value):
        message = f"{key} is {shortened(value)}, not text"
        raise BadPointer(message)
    return value


def count_at(entry: dict[Any, Any], key: str) -> int | None:
    """Return the integer at a key, at least 0; None if missing. Raises BadPointer."""
    value = entry.get(key)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        message = f"{key} is {shortened(value)}, not a count"
        raise BadPointer(message)
    return value


def flag_at(entry: dict[Any, Any], key: str) -> bool:
    """Return the boolean at a key; True if missing. Raises BadPointer."""
    value = entry.get(key, True)
    if not isinstance(value, bool):
        message = f"{key} is {shortened(value)}, neither true nor false"
        raise BadPointer(message)
    return value


def unknown_keys(entry: dict[Any, Any], known: frozenset[str]) -> tuple[str, ...]:
    """Return the unknown keys, as text for messages."""
    return tuple(shortened(key) if not isinstance(key, str) else key for key in entry if key not in known)


def shortened(value: Any) -> str:
    """Shorten a value for a message."""
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
