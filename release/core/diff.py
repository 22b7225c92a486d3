"""What differs between two commits, or a commit and the work tree, as a value; and the files inside directories."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from release.core.change import Change
from release.core.metrics.metric import Metric, MetricVerdict, Param
from release.core.pointers.dir_listing import Entry
from release.core.pointers.pointer import PointerChange
from release.errors import ExitCode


class Side(Struct, frozen=True, kw_only=True):
    """One side: `label` as the user knows it, `commit` (for the work tree the commit of HEAD)."""

    label: str
    commit: str
    work_tree: bool = False


class Diff(Struct, frozen=True, kw_only=True):
    """From `before` to `after`. `metrics` holds all, unchanged ones too; `pointers` the files inside directories, too.

    `commits` are (id, subject) of A..B, newest first; `behind` counts the commits of B..A: more than
    none if B does not come from A. `notes` say what could not be read.
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
        """Those that are not equal on both sides."""
        return tuple(metric for metric in self.metrics if metric.verdict is not MetricVerdict.UNCHANGED)

    @property
    def differs(self) -> bool:
        """Whether numbers, parameters, data or models differ; commits alone do not count."""
        return bool(self.changed_metrics or self.params or self.pointers)

    @property
    def strict_code(self) -> ExitCode:
        """What `--exit-code` exits with."""
        return ExitCode.PARTIAL if self.differs else ExitCode.DONE


def changes_inside(
    path: str, before: Collection[Entry], after: Collection[Entry], sizes: Mapping[str, int]
) -> tuple[PointerChange, ...]:
    """The files of a directory out that differ, by path; `sizes` maps those oids whose bytes are known."""
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
