"""Keys of flattened files: `overall.f1`, `hist[0]`; special signs inside a name are escaped."""

from __future__ import annotations

import re

KeyPart = str | int

_SIGN = re.compile(r"([\\.\[\]])")
_INDEX = re.compile(r"\[(0|[1-9][0-9]*)\](?=[.\[]|$)")


def extend_key(key: str | None, part: KeyPart) -> str:
    """Return the key of a part below `key` (None: at the top)."""
    if isinstance(part, int):
        return f"{key or ''}[{part}]"
    name = part if part.isidentifier() else _SIGN.sub(r"\\\1", part)  # an identifier needs no escapes
    return name if key is None else f"{key}.{name}"


def split_key(key: str) -> tuple[KeyPart, ...]:
    """Return the names and indexes of a key; the inverse of `extend_key` for paths that begin with a name.

    Never fails: a bracket that is no index becomes part of the name.
    """
    parts: list[KeyPart] = []
    name: list[str] = []
    named = True  # False after an index, until the next dot
    at = 0
    while at < len(key):
        if key[at] == "\\" and at + 1 < len(key):
            name.append(key[at + 1])
            at += 2
        elif index := _INDEX.match(key, at):
            if named:
                parts.append("".join(name))
            parts.append(int(index[1]) if len(index[1]) < 20 else index[1])
            name, named, at = [], False, index.end()
        elif key[at] == ".":
            if named:
                parts.append("".join(name))
            name, named, at = [], True, at + 1
        else:
            name.append(key[at])
            at += 1
    if named:
        parts.append("".join(name))
    return tuple(parts)


def last_name(key: str) -> str:
    """Return the last name of a key: `f1` of `class.loss.f1` and of `f1[3]`."""
    return next((part for part in reversed(split_key(key)) if isinstance(part, str)), "")
