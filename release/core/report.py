"""Metrics over releases: direction, best and current value; the values of `release report`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from release.core.direction import direction
from release.core.gates import Limit
from release.core.locate import PointerSet
from release.core.metric_deltas import is_number
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


def side_over(lines: Sequence[ReleaseLine], metric: str, by_gates: Mapping[str, Direction]) -> Direction:
    """Return which way a metric (`file:key`) improves: as a gate says, else by its name and all its values."""
    values = (line.metrics.get(metric) for line in lines)
    return by_gates.get(metric) or direction(metric.partition(":")[2], *values)


def best_over(lines: Sequence[ReleaseLine], metric: str, by_gates: Mapping[str, Direction]) -> ReleaseLine | None:
    """Return the release with the best value of a metric, the newest of equal ones; withdrawn releases do not count.

    None if it is unknown whether more is better, or no release has a number.
    """
    side = side_over(lines, metric, by_gates)
    usable = [line for line in lines if line.tag.withdrawn is None]
    found = [(value, line) for line in usable if is_number(value := line.metrics.get(metric)) and value == value]  # noqa: PLR0124 # no NaN
    if side is Direction.NEITHER or not found:
        return None
    extreme = (max if side is Direction.UP else min)(value for value, _ in found)
    return next(line for value, line in found if value == extreme)


_MOST_CHARTS = 3
_MOST_IN_CHART = 12  # releases: more labels would overlap
_COLOUR = '%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#2f6fb5"}}}}%%'  # the default is pale


def mermaid_charts(listing: ListReport) -> str:
    """Return Markdown with a Mermaid chart of each of the first headline metrics that two or more releases have.

    Mermaid has no escapes that every version reads, so only letters, digits and a few signs get into a chart.
    """
    usable = [line for line in listing.releases if line.tag.withdrawn is None]
    charts = []
    for metric in listing.columns[:_MOST_CHARTS]:
        values = ((line, line.metrics.get(metric)) for line in usable)
        found = [(line, value) for line, value in values if is_number(value) and math.isfinite(value)]
        shown = found[_MOST_IN_CHART - 1 :: -1]
        title = re.sub(r"[^\w ./-]", "_", metric.partition(":")[2])
        versions = ", ".join(f'"{line.tag.version}"' for line, _ in shown)
        rows = (
            "xychart-beta",
            f'title "{title}"',
            f"x-axis [{versions}]",
            f"line [{', '.join(_digits(value) for _, value in shown)}]",
        )
        if len(shown) > 1:
            charts.append("\n".join(["```mermaid", _COLOUR, "\n  ".join(rows), "```"]))
    return "\n\n".join(charts)


def _digits(value: float) -> str:
    """Return a number without an exponent, which Mermaid does not read."""
    return f"{value:.8f}".rstrip("0").rstrip(".")
