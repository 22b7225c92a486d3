"""The strict grammar of what `dvc add`, `dvc repro` and `dvc import` of DVC 2 and 3 write.

A file that follows it means for DVC exactly what it means here. Any other file is put to DVC's own loader, so a rule
that is too strict costs a second, and one that is too generous can cost data. Sources: dvc/schema.py, dvc/output.py.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Iterable, Mapping
from fnmatch import translate
from functools import lru_cache
from types import NoneType
from typing import Any

from release.core.documents import Timestamp
from release.core.limits import MAX_PATTERN_LENGTH
from release.core.pointer import is_stage_file

# Text: lines of YAML that every reader of YAML takes for the same

_START = r"(?:[^\s\-\[\]{},&*!|>'\"%@`?:#=<]|-(?=[^\s\-]))"  # what no indicator of YAML begins with
_WORDS = rf"{_START}(?:[^\s:#]|:(?=\S)|(?<=\S)#| (?=[^ #]))*"
_QUOTED = r"'(?:[^']|'')*'|\"[^\"\\]*\""
_ITEM = r"[A-Za-z0-9_.][A-Za-z0-9_./-]*"
_PAIR = rf"{_ITEM}: {_ITEM}"
_VALUE = rf"(?:{_WORDS}|{_QUOTED}|\[\]|{{}}|\[{_ITEM}(?:, ?{_ITEM})*\]|{{{_PAIR}(?:, {_PAIR})*}})"
_KEY = r"(?:[A-Za-z0-9_./~][A-Za-z0-9_./@~+-]*(?: [A-Za-z0-9_./@~+-]+)*|'[^']*')"
_LINE = rf" *(?:- )*(?:{_KEY}:(?: {_VALUE})?|{_VALUE}|-)? *(?:(?:(?<= )|^)#.*)?"  # compiled only when needed


def is_plain_yaml(data: bytes) -> bool:
    """Return whether a text has only such lines: no tab, anchor, tag, directive or block of text."""
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError:
        return False
    return all(line.isprintable() and len(line) <= MAX_PATTERN_LENGTH and re.fullmatch(_LINE, line) for line in lines)


# Values of a file, key by key

_Fits = Callable[[Any], bool]
_OID = re.compile(r"[0-9a-f]{32}(?:\.dir)?")
_PATH = re.compile(r"(?:\.\./)*[^/~\\\s](?:[^/\\]*[^/\\\s])?(?:/[^/\\]+)*")
_SOURCE = re.compile(r"(?:https?|s3|gs|azure|ssh)://[A-Za-z0-9._@:/-]+|/?" + _PATH.pattern)
_STAGE_NAME = re.compile(r"[A-Za-z0-9_-]+")
_LOCKED_NAME = re.compile(r"[A-Za-z0-9_.@-]+")


def _is(*kinds: type) -> _Fits:
    return lambda value: isinstance(value, kinds)


def _text(pattern: re.Pattern[str]) -> _Fits:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None and "${" not in value


def _list_of(fits: _Fits) -> _Fits:
    return lambda value: isinstance(value, list) and all(map(fits, value))


def _either(*fits: _Fits) -> _Fits:
    return lambda value: any(each(value) for each in fits)


def _mapping(allowed: Mapping[str, _Fits], *required: str) -> _Fits:
    return lambda value: (
        isinstance(value, dict)
        and all(key in value for key in required)
        and all(key in allowed and allowed[key](item) for key, item in value.items())
    )


def _by_name(fits: _Fits, names: _Fits, most: int | None = None) -> _Fits:
    return lambda value: (
        isinstance(value, dict)
        and (most is None or len(value) <= most)
        and all(names(key) and fits(item) for key, item in value.items())
    )


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _said(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and "${" not in value


def _anything(value: Any) -> bool:
    """Return whether DVC's reader of YAML surely takes a value: it fails on a date that is none."""
    match value:
        case dict():
            return all(_anything(part) for item in value.items() for part in item)
        case list():
            return all(map(_anything, value))
        case _:
            return not isinstance(value, Timestamp)


_IS_TEXT, _IS_FLAG, _IS_PATH, _IS_OID = _is(str), _is(bool), _text(_PATH), _text(_OID)
_IS_ETAG = _text(re.compile(r"\S{3,}"))
_META: dict[str, _Fits] = {
    **dict.fromkeys(("size", "nfiles"), _count),
    **dict.fromkeys(("etag", "checksum"), _IS_ETAG),
    "isexec": _IS_FLAG,
    "version_id": _said,
}
_CLOUD = _by_name(_mapping(_META | {"md5": _IS_OID}), _said, most=1)
_FILES = _list_of(_mapping(_META | {"md5": _IS_OID, "relpath": _IS_PATH, "cloud": _CLOUD}, "relpath"))
_DATA: dict[str, _Fits] = {
    "path": _IS_PATH,
    "md5": _IS_OID,
    "size": _count,
    "nfiles": _count,
    "isexec": _IS_FLAG,
    "cloud": _CLOUD,
    "hash": lambda value: value == "md5",
    "files": _FILES,
}
_FLAGS: dict[str, _Fits] = {
    **dict.fromkeys(("cache", "persist", "push"), _IS_FLAG),
    **dict.fromkeys(("remote", "desc", "type"), _said),
    "labels": _list_of(_said),
}
_REPO = _mapping(dict.fromkeys(("url", "rev", "rev_lock"), _said), "url", "rev_lock")
_SOURCE_DEP = _mapping(_DATA | _META | {"path": _text(_SOURCE), "repo": _REPO}, "path")
_is_dvc_file = _mapping(
    {
        "outs": _list_of(_mapping(_DATA | _FLAGS | {"meta": _anything}, "path")),
        "deps": _list_of(_SOURCE_DEP),
        "md5": _IS_OID,
        "wdir": _IS_PATH,
        "frozen": _IS_FLAG,
        "desc": _said,
        "meta": _anything,
    },
    "outs",
)
_COMMAND = _either(_said, _list_of(_said))
_LOCKED, _PARAMS = _list_of(_mapping(_DATA, "path")), _by_name(_by_name(_anything, _IS_TEXT), _IS_TEXT)
_LOCKED_STAGE = _mapping({"cmd": _COMMAND, "deps": _LOCKED, "outs": _LOCKED, "params": _PARAMS}, "cmd")
_LOCKED_STAGES = _by_name(_LOCKED_STAGE, _text(_LOCKED_NAME))
_is_lock = _mapping({"schema": lambda value: value == "2.0", "stages": _LOCKED_STAGES}, "schema", "stages")


def _is_name(value: Any) -> bool:
    """Return whether it is a path of data: DVC takes some names for pointers, and refuses them here."""
    return _IS_PATH(value) and not is_stage_file(value)


_PLOT: dict[str, _Fits] = {
    **_FLAGS,
    **dict.fromkeys(("template", "x", "y", "x_label", "y_label", "title"), _said),
    "header": _IS_FLAG,
}
_OUTS, _PLOTS = (_list_of(_either(_is_name, _by_name(_mapping(flags), _is_name, most=1))) for flags in (_FLAGS, _PLOT))
_USED_PARAMS = _list_of(_either(_said, _by_name(_either(_is(NoneType), _list_of(_said)), _IS_PATH)))
_STAGE = _mapping(
    {
        "cmd": _COMMAND,
        "wdir": _IS_PATH,
        "deps": _list_of(_is_name),
        "params": _USED_PARAMS,
        "desc": _said,
        "outs": _OUTS,
        "metrics": _OUTS,
        "plots": _PLOTS,
        "frozen": _IS_FLAG,
        "always_changed": _IS_FLAG,
    },
    "cmd",
)
_TOP = dict.fromkeys(("params", "metrics", "plots"), _list_of(_IS_PATH))
_is_pipeline = _mapping({"stages": _by_name(_STAGE, _text(_STAGE_NAME)), **_TOP})


def is_plain(name: str, document: Any) -> bool:
    """Return whether the values of a file, by its name, are what DVC writes there.

    `name` is `dvc.yaml`, `dvc.lock`, `params.yaml`, or that of a `.dvc` file.
    """
    match name:
        case "dvc.yaml":
            return _is_pipeline(document)
        case "dvc.lock":
            return _is_lock(document)
        case "params.yaml":
            return document is None or _by_name(_anything, _IS_TEXT)(document)
        case _:
            return _is_dvc_file(document)


# Ignore files and attributes: whether a pattern may match a path; too often is fine, too seldom is not

_CLASS = re.compile(r"\[[^\]]*\]")


def may_match(data: bytes, names: Collection[str], *, attributes: bool = False) -> bool:
    """Return whether a line of a `.gitignore` or `.gitattributes` may match a path that has one of the names in it.

    Lines of attributes that change no bytes of a file with LF line ends are left out.
    """
    lines = frozenset(data.splitlines())
    plain, wild = _endings(_changing(lines) if attributes else lines)
    return not plain.isdisjoint(map(str.strip, names)) or (wild is not None and any(map(wild.match, names)))


def has_patterns(data: bytes) -> bool:
    """Return whether a `.dvcignore` has anything but comments."""
    lines = (line.strip() for line in data.splitlines())
    return not data.isascii() or any(line and not line.startswith(b"#") for line in lines)


@lru_cache(maxsize=4096)
def _endings(lines: frozenset[bytes]) -> tuple[frozenset[str], re.Pattern[str] | None]:
    """Return the last path parts of patterns: names to compare, and one expression for those with wildcards."""
    plain: set[str] = set()
    wild: list[str] = []
    for line in lines:
        pattern = line.removeprefix(BOM_UTF8).decode("utf-8", "surrogateescape").strip()
        if not pattern or pattern.startswith(("#", "!")):
            continue
        last = pattern.rstrip("/").rpartition("/")[2]
        if "\\" in pattern or len(pattern) > MAX_PATTERN_LENGTH:
            wild.append(".*")
        elif any(mark in last for mark in "*?["):
            wild.append(translate(re.sub(r"\*+", "*", _CLASS.sub("*", last))))
        else:
            plain.add(last)
    return frozenset(plain), re.compile("|".join(wild), re.DOTALL) if wild else None


_HARMLESS = re.compile(rb"-?(?:text|diff|merge|whitespace|filter|ident|eol|working-tree-encoding|delta|binary)"
                       rb"|text=auto|eol=lf|(?:diff|merge|whitespace|conflict-marker-size)=.*"
                       rb"|-?(?:linguist|export|gitlab|github)-.*")  # fmt: skip
_UNSET = (b"filter", b"ident", b"eol", b"working-tree-encoding")


def _changing(lines: Iterable[bytes]) -> frozenset[bytes]:
    """Return the patterns of the lines of attributes that may change bytes."""
    patterns = set()
    for line in lines:
        pattern, *values = line.split() or [b"#"]
        harmless = all(_HARMLESS.fullmatch(each) and each not in _UNSET for each in values)
        if not pattern.startswith(b"#") and not harmless:
            patterns.add(b"*" if pattern.startswith((b'"', b"[attr]")) else pattern)
    return frozenset(patterns)
