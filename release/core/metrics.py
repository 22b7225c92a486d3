"""Metrics and parameters: scalar values by file and key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum

from msgspec import Struct, field

from release.core.check import Change
from release.core.text import Scalar


class Direction(Enum):
    """Direction in which a metric improves."""

    UP = "up"
    DOWN = "down"
    NEITHER = "neither"


class MetricVerdict(Enum):
    """Verdicts on a metric's change, as printed."""

    BETTER = "better"
    WORSE = "worse"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    NEW = "new"
    REMOVED = "removed"
    UNREADABLE = "unreadable"


class UnreadCause(Enum):
    """Reasons why a file could not be read."""

    MISSING = "missing"  # neither in the cache nor on the remote
    CORRUPT = "corrupt"  # the content does not match its hash
    UNKNOWN = "unknown"  # the remote did not answer, or denied access
    SKIPPED = "skipped"  # remotes were not to be contacted
    FOREIGN = "foreign"  # not read by design: imported, too large, not one of names with values


class ValueFile(Struct, frozen=True, kw_only=True):
    """A metric or parameter file of one commit, flattened.

    `values` maps escaped keys (`overall.f1`, `hist[0]`) to scalars, in file order; it is empty if `problem` says why
    the file could not be read ("line 12, column 5: not UTF-8"). `sha256` (hex) is of the file's bytes; "" if it is not
    part of the tag's metric digest. `kept`: DVC tracks the file; `cause` is the reason why it could not be read (None:
    it was, or it should have been).
    """

    path: str
    values: Mapping[str, Scalar] = field(default_factory=dict)
    sha256: str = ""
    problem: str | None = None
    kept: bool = False
    cause: UnreadCause | None = None


def found_at(files: Iterable[ValueFile], path: str) -> ValueFile | None:
    """Return the file at a path; if there is none, the unread directory that would contain it, or None."""
    above: ValueFile | None = None
    for file in files:
        if file.path == path:
            return file
        if file.problem is not None and path.startswith(f"{file.path}/"):
            above = file
    return above


class Metric(Struct, frozen=True, kw_only=True):
    """One key of one file, before and after. None: missing (if the verdict is NEW or REMOVED), or null.

    `delta` is after minus before if both are finite numbers, else None.
    """

    file: str
    key: str
    before: Scalar
    after: Scalar
    delta: float | None
    verdict: MetricVerdict
    headline: bool = False

    @property
    def identity(self) -> str:
        """`file:key`, unique in a commit."""
        return f"{self.file}:{self.key}"


class Param(Struct, frozen=True, kw_only=True):
    """A parameter that changed.

    `before` is None if it was added, `after` if it was removed; in other cases None is the value null.
    """

    file: str
    key: str
    change: Change
    before: Scalar
    after: Scalar


# Keys of flattened files: `overall.f1`, `hist[0]`; special signs inside a name are escaped

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
    if "\\" not in key and "[" not in key:
        return tuple(key.split("."))
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
