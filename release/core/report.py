"""Values of `release report`: every release with its metrics, parameters and pointers."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from release.core.gates import Limit
from release.core.locate import PointerSet
from release.core.metrics import Direction, ValueFile
from release.core.tags import ListReport, ReleaseLine


class ReleaseDetails(Struct, frozen=True, kw_only=True):
    """Parameter files and pointers of one release."""

    params: tuple[ValueFile, ...]
    pointers: PointerSet


class HistoryReport(Struct, frozen=True, kw_only=True):
    """The releases with what a page about them shows.

    `project` is its name. `details` maps a tag to its details; None: its commit is not complete in this clone.
    `directions` are those that gates set, by `file:key`; `limits` what the gates ask of the next release.
    """

    project: str
    listing: ListReport
    details: Mapping[str, ReleaseDetails | None] = field(default_factory=dict)
    directions: Mapping[str, Direction] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()


def newest_usable(listing: ListReport) -> ReleaseLine | None:
    """Return the highest final release that is not withdrawn, else the highest prerelease; None if there is none."""
    usable = [line for line in listing.releases if line.here and line.tag.withdrawn is None]
    finals = [line for line in usable if line.tag.version.prerelease is None]
    return next(iter(finals or usable), None)
