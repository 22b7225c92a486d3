"""Metrics and parameters, and their changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

from msgspec import Struct, field

from release.core.change import Change

Scalar = int | float | str | bool | None


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


class Lack(Enum):
    """Reasons why a file that DVC tracks could not be read."""

    MISSING = "missing"  # neither in the cache nor on the remote
    CORRUPT = "corrupt"  # the content does not match its hash
    UNKNOWN = "unknown"  # the remote did not answer, or denied access
    SKIPPED = "skipped"  # remotes were not to be contacted
    FOREIGN = "foreign"  # not read by design: imported, too large


class ValueFile(Struct, frozen=True, kw_only=True):
    """A metric or parameter file of one commit, flattened.

    `values` maps escaped keys (`overall.f1`, `hist[0]`) to scalars, in file order; it is empty if `problem` says why
    the file could not be read ("line 12, column 5: not UTF-8"). `sha256` (hex) is of the file's bytes; "" if it is not
    part of the tag's metric digest. `kept`: DVC tracks the file; `lack` is the reason why DVC's object could not be
    read (None: it was).
    """

    path: str
    values: Mapping[str, Scalar] = field(default_factory=dict)
    sha256: str = ""
    problem: str | None = None
    kept: bool = False
    lack: Lack | None = None


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
