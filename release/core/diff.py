"""Difference between two commits, or a commit and the work tree; also of files inside directories."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from release.core.change import Change
from release.core.metrics.metric import Metric, MetricVerdict, Param
from release.core.pointers.dir_listing import Entry
from release.core.pointers.pointer import PointerChange
from release.errors import ExitCode


class Side(Struct, frozen=True, kw_only=True):
    """One side: `label` is its display name, `commit` its id (for the work tree that of HEAD)."""

    label: str
    commit: str
    work_tree: bool = False


class Diff(Struct, frozen=True, kw_only=True):
    """Difference from `before` to `after`.

    `metrics` includes unchanged ones; `pointers` includes files inside directories. `commits` are (id, subject) of
    A..B, newest first; `behind` counts the commits of B..A: above 0 if B does not descend from A. `notes` describe what
    could not be read.
    """

    before: Side
    after: Side
    metrics: tuple[Metric, ...] = ()
    params: tuple[Param, ...] = ()
    pointers: tuple[PointerChange, ...] = ()
    commits: tuple[tuple[str, str], ...] = ()
    behind: int = 0
    notes: tuple[str, ...] = ()

    @property
    def changed_metrics(self) -> tuple[Metric, ...]:
        """Metrics that differ."""
        return tuple(metric for metric in self.metrics if metric.verdict is not MetricVerdict.UNCHANGED)

    @property
    def differs(self) -> bool:
        """True if metrics, parameters, data or models differ; commits alone do not count."""
        return bool(self.changed_metrics or self.params or self.pointers)

    @property
    def strict_code(self) -> ExitCode:
        """Exit code with `--exit-code`."""
        return ExitCode.PARTIAL if self.differs else ExitCode.DONE


def changes_inside(
    path: str, before: Collection[Entry], after: Collection[Entry], sizes: Mapping[str, int]
) -> tuple[PointerChange, ...]:
    """Return the files of a directory out that differ, by path; `sizes` maps oids to known sizes in bytes."""
    old, new = ({entry.relpath: entry.oid for entry in entries} for entries in (before, after))
    return tuple(
        PointerChange(
            path=f"{path}/{relpath}",
            parent=path,
            change=Change.ADDED if relpath not in old else Change.REMOVED if relpath not in new else Change.CHANGED,
            before_oid=old.get(relpath),
            after_oid=new.get(relpath),
            before_size_bytes=sizes.get(old.get(relpath, "")),
            after_size_bytes=sizes.get(new.get(relpath, "")),
        )
        for relpath in sorted(old.keys() | new.keys())
        if old.get(relpath) != new.get(relpath)
    )
