"""Numbers that a model is judged by, and how they changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

from msgspec import Struct, field

from release.core.change import Change

Scalar = int | float | str | bool | None


class Direction(Enum):
    """Where better lies."""

    UP = "up"
    DOWN = "down"
    NEITHER = "neither"


class MetricVerdict(Enum):
    """Public words of a metric's change."""

    BETTER = "better"
    WORSE = "worse"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    NEW = "new"
    REMOVED = "removed"
    UNREADABLE = "unreadable"


class Lack(Enum):
    """Why the bytes of a file that DVC keeps could not be had."""

    MISSING = "missing"  # neither here nor on the remote
    CORRUPT = "corrupt"  # what is there is something else
    UNKNOWN = "unknown"  # the remote did not answer, or did not let us
    SKIPPED = "skipped"  # no remote was to be asked
    FOREIGN = "foreign"  # not of a kind that is read: imported, too large


class ValueFile(Struct, frozen=True, kw_only=True):
    """A metric or parameter file of one commit, flattened.

    `values` maps escaped keys (`overall.f1`, `hist[0]`) to scalars, in file order. `problem` says
    why the file could not be read ("line 12, column 5: not UTF-8"); `values` is empty
    then. `sha256` (hex) is of the file's bytes; "" if a tag cannot swear to them. `kept` tells that DVC keeps
    the file, and `lack` why it could not be had (None: it was).
    """

    path: str
    values: Mapping[str, Scalar] = field(default_factory=dict)
    sha256: str = ""
    problem: str | None = None
    kept: bool = False
    lack: Lack | None = None


def found_at(files: Iterable[ValueFile], path: str) -> ValueFile | None:
    """The file at a path; where it is none of them, the unread directory that it would be in."""
    above: ValueFile | None = None
    for file in files:
        if file.path == path:
            return file
        if file.problem is not None and path.startswith(f"{file.path}/"):
            above = file
    return above


class Metric(Struct, frozen=True, kw_only=True):
    """One key of one file, before and after. None: not there (verdict NEW or REMOVED says which).

    `delta` is after minus before where both are finite numbers, else None.
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
    """A parameter that changed. `before` is None if it was added, `after` if it was removed; else None is its value, null."""

    file: str
    key: str
    before: Scalar
    after: Scalar
    change: Change
