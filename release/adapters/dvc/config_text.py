"""Parser of a DVC config file: bytes -> sections, as DVC reads them.

DVC writes INI with ConfigObj. The few lines below read what DVC itself writes (names, plain values).
Everything unusual (quotes, comments after values, lists, interpolation) is left to ConfigObj, the
parser of DVC, which takes 30 ms to load. Source: dvc/config.py, `Config.load_file`.
"""

from __future__ import annotations

import re
from typing import Any

NAMED = ("remote", "machine", "db")  # sections with a name: ['remote "storage"']

_HEADER = re.compile(r"\[(?:(?P<plain>[A-Za-z0-9_.-]+)|'(?P<kind>remote|machine|db) \"(?P<name>[^\"'\[\]\\]+)\"')\]")
_PAIR = re.compile(r"(?P<key>[A-Za-z][A-Za-z0-9_]*)\s*=\s*(?P<value>[^'\"#%$,\\\x00-\x1f\s][^'\"#%$,\\\x00-\x1f]*)")
_NAMED_SECTION = re.compile(r'^\s*(remote|machine|db)\s*"(.*)"\s*$')


class BadConfig(ValueError):
    """Text that is not a DVC configuration; the message says why."""


def parse_config(data: bytes) -> dict[str, Any]:
    """Parse sections by name; `remote`, `machine` and `db` map names to sections. All names are lower case.

    Raises BadConfig.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8"
        raise BadConfig(message) from None
    if "\0" in text:
        message = "it holds a NUL character"
        raise BadConfig(message)
    plain = _parse_plain(text)
    return plain if plain is not None else _parse_with_configobj(text)


def _parse_plain(text: str) -> dict[str, Any] | None:
    found: dict[str, Any] = {kind: {} for kind in NAMED}
    section: dict[str, Any] | None = None
    for raw in text.split("\n"):
        line = raw.strip(" \t\r")
        if not line or line.startswith("#"):
            continue
        if header := _HEADER.fullmatch(line):
            inside = found if header["plain"] else found[header["kind"]]
            name = (header["plain"] or header["name"]).lower()
            if name in inside:
                return None
            section = inside[name] = {}
        elif (pair := _PAIR.fullmatch(line)) and section is not None and pair["key"].lower() not in section:
            section[pair["key"].lower()] = pair["value"].rstrip()
        else:
            return None
    return found


def _parse_with_configobj(text: str) -> dict[str, Any]:
    from configobj import ConfigObj, ConfigObjError  # type: ignore[import-untyped]

    try:
        document: dict[str, Any] = _lower(ConfigObj(text.splitlines()).dict())
    except ConfigObjError as error:
        raise BadConfig(_reason(error)) from None
    except (UnicodeError, RecursionError) as error:
        raise BadConfig(type(error).__name__) from None
    found: dict[str, Any] = {kind: {} for kind in NAMED}
    for name, value in document.items():
        if not isinstance(value, dict):
            message = f"`{name}` stands outside any section"
            raise BadConfig(message)
        if name in NAMED:
            message = f"the section `{name}` has no name: ['{name} \"NAME\"']"
            raise BadConfig(message)
        if match := _NAMED_SECTION.match(name):
            found[match[1]][match[2]] = value
        else:
            found[name] = value
    return found


def _reason(error: Any) -> str:
    """Describe an error by kind and line number; never by the line itself, which may hold a password."""
    first = (getattr(error, "errors", None) or [error])[0]
    kinds = {
        "DuplicateError": "a name stands there twice",
        "NestingError": "brackets that do not fit",
        "InterpolationError": "a `%` or `$` that names nothing",
    }
    what = kinds.get(type(first).__name__, "neither a section nor `name = value`")
    return f"line {first.line_number}: {what}" if first.line_number is not None else what


def _lower(values: dict[str, Any]) -> dict[str, Any]:
    return {key.lower(): _lower(value) if isinstance(value, dict) else value for key, value in values.items()}
