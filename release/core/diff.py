"""Reports of `diff` and `show`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from msgspec import Struct

from release.core.check import Change, Check
from release.core.lineage import StaleStage
from release.core.locate import StageRecord
from release.core.metrics import Metric, MetricVerdict, Param, ValueFile
from release.core.pointer import Entry, Out, PointerChange
from release.core.tag_message import UNSIGNED, TagSignature, Trailers
from release.core.tags import ReleaseTag, Signature
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


# Report of `show`


class ShowReport(Struct, frozen=True, kw_only=True):
    """Everything that a clone knows offline about one release.

    `tagger` None: a lightweight tag. `message` is the tag's text without trailers and signature; `trailers` None: a tag
    of another tool. `params` holds complete parameter files; `changed_params` the differences from `previous`.
    `problems` describe what could not be read. `stages` made its outs; `stale` are those whose recorded inputs differ
    from the commit. `data` compares the commit's data with the tag's digest, using local information.
    `without_previous` says why `previous` is None, if this is not the first release. `in_stages` are the stages
    that it is in now.
    """

    tag: ReleaseTag
    when: datetime | None
    tagger: Signature | None
    commit_subject: str
    message: str
    data: Check
    trailers: Trailers | None = None
    previous: ReleaseTag | None = None
    without_previous: str | None = None
    metrics: tuple[Metric, ...] = ()
    params: tuple[ValueFile, ...] = ()
    changed_params: tuple[Param, ...] = ()
    outs: tuple[Out, ...] = ()
    stages: tuple[StageRecord, ...] = ()
    stale: tuple[StaleStage, ...] = ()
    problems: tuple[str, ...] = ()
    in_stages: tuple[str, ...] = ()
    signature: TagSignature = UNSIGNED
