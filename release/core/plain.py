"""The strict grammar of what `dvc add`, `dvc repro` and `dvc import` of DVC 2 and 3 write.

A file that follows it means for DVC exactly what it means here. Any other file is put to DVC's own loader, so a rule
that is too strict costs a second, and one that is too generous can cost data. Sources: dvc/schema.py, dvc/output.py.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Collection, Iterable, Mapping
from fnmatch import translate
from functools import lru_cache
from typing import Annotated, Any, Literal, Union

from msgspec import Meta, ValidationError, convert, defstruct

from release.core.documents import Timestamp
from release.core.limits import MAX_PATTERN_LENGTH

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


# Values of a file, as types: a key that is not named, another kind of value or another text is not plain

_PATH_TEXT = r"(?:\.\./)*[^/~\\\s](?:[^/\\]*[^/\\\s])?(?:/[^/\\]+)*"


def _text(pattern: str) -> Any:
    """Return the type of a text that is no template and that the pattern matches as a whole."""
    return Annotated[str, Meta(pattern=rf"^(?![\s\S]*\$\{{)(?:{pattern})\Z")]


def _list_of(kind: Any) -> Any:
    return list[kind]


def _either(*kinds: Any) -> Any:
    return Union[kinds]  # noqa: UP007


def _mapping(allowed: Mapping[str, Any], *required: str) -> Any:
    fields = [(key, kind) if key in required else (key, kind, None) for key, kind in allowed.items()]
    return defstruct("Plain", fields, kw_only=True, forbid_unknown_fields=True)


def _by_name(kind: Any, names: Any, most: int | None = None) -> Any:
    return Annotated[dict[names, kind], Meta(max_length=most)]


class _Anything:
    """Any value that DVC's reader of YAML surely takes: it fails on a date that is none."""


def _anything(kind: type[_Anything], value: Any) -> _Anything:
    """Read a value of that kind. Raises TypeError for one with a date."""
    if isinstance(value, Timestamp):
        raise TypeError("a date")
    if isinstance(value, dict):
        value = [part for item in value.items() for part in item]
    for part in value if isinstance(value, list) else ():
        _anything(kind, part)
    return kind()


_COUNT = Annotated[int, Meta(ge=0)]
_PATH, _OID = _text(_PATH_TEXT), _text(r"[0-9a-f]{32}(?:\.dir)?")
# Paths of data: DVC takes some names for pointers, and refuses them here (`is_stage_file`).
_NAME = _text(rf"(?![\s\S]*\.dvc\Z)(?!(?:[\s\S]*/)?dvc\.yaml\Z){_PATH_TEXT}")
_SOURCE = _text(r"(?:https?|s3|gs|azure|ssh)://[A-Za-z0-9._@:/-]+|/?" + _PATH_TEXT)
_SAID = _text(r"[\s\S]*\S[\s\S]*")
_META: dict[str, Any] = {
    **dict.fromkeys(("size", "nfiles"), _COUNT),
    **dict.fromkeys(("etag", "checksum"), _text(r"\S{3,}")),
    "isexec": bool,
    "version_id": _SAID,
}
_CLOUD = _by_name(_mapping(_META | {"md5": _OID}), _SAID, most=1)
_DATA: dict[str, Any] = {
    "path": _PATH,
    "md5": _OID,
    "hash": Literal["md5"],
    "size": _COUNT,
    "nfiles": _COUNT,
    "isexec": bool,
    "cloud": _CLOUD,
    "files": _list_of(_mapping(_META | {"md5": _OID, "relpath": _PATH, "cloud": _CLOUD}, "relpath")),
}
_FLAGS: dict[str, Any] = {
    **dict.fromkeys(("cache", "persist", "push"), bool),
    **dict.fromkeys(("remote", "desc", "type"), _SAID),
    "labels": _list_of(_SAID),
}
_REPO = _mapping(dict.fromkeys(("url", "rev", "rev_lock"), _SAID), "url", "rev_lock")
_DVC_FILE = _mapping(
    {
        "outs": _list_of(_mapping(_DATA | _FLAGS | {"meta": _Anything}, "path")),
        "deps": _list_of(_mapping(_DATA | _META | {"path": _SOURCE, "repo": _REPO}, "path")),
        "md5": _OID,
        "wdir": _PATH,
        "frozen": bool,
        "desc": _SAID,
        "meta": _Anything,
    },
    "outs",
)
_COMMAND = _either(_SAID, _list_of(_SAID))
_LOCKED = _list_of(_mapping(_DATA, "path"))
_LOCKED_STAGE = _mapping(
    {"cmd": _COMMAND, "deps": _LOCKED, "outs": _LOCKED, "params": _by_name(_by_name(_Anything, str), str)}, "cmd"
)
_LOCK = _mapping(
    {"schema": Literal["2.0"], "stages": _by_name(_LOCKED_STAGE, _text(r"[A-Za-z0-9_.@-]+"))}, "schema", "stages"
)
_PLOT: dict[str, Any] = {
    **_FLAGS,
    **dict.fromkeys(("template", "x", "y", "x_label", "y_label", "title"), _SAID),
    "header": bool,
}
_OUTS, _PLOTS = (_list_of(_either(_NAME, _by_name(_mapping(flags), _NAME, most=1))) for flags in (_FLAGS, _PLOT))
_STAGE = _mapping(
    {
        "cmd": _COMMAND,
        "wdir": _PATH,
        "deps": _list_of(_NAME),
        "desc": _SAID,
        "params": _list_of(_either(_SAID, _by_name(_either(None, _list_of(_SAID)), _PATH))),
        "outs": _OUTS,
        "metrics": _OUTS,
        "plots": _PLOTS,
        "frozen": bool,
        "always_changed": bool,
    },
    "cmd",
)
_PIPELINE = _mapping(
    {
        "stages": _by_name(_STAGE, _text(r"[A-Za-z0-9_-]+")),
        **dict.fromkeys(("params", "metrics", "plots"), _list_of(_PATH)),
    }
)
_KINDS = {"dvc.yaml": _PIPELINE, "dvc.lock": _LOCK, "params.yaml": _either(None, _by_name(_Anything, str))}


def is_plain(name: str, document: Any) -> bool:
    """Return whether the values of a file, by its name, are what DVC writes there.

    `name` is `dvc.yaml`, `dvc.lock`, `params.yaml`, or that of a `.dvc` file.
    """
    try:
        convert(document, _KINDS.get(name, _DVC_FILE), dec_hook=_anything)
    except (ValidationError, OverflowError):  # a number beyond 64 bits, for some versions of msgspec
        return False
    return True


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
