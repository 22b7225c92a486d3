"""Releases as a list has them, as values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field

from release.core.metrics.metric import Metric, Scalar
from release.core.tags.signature import TagSignature
from release.core.tags.tag import ReleaseTag, TagRef


class DatedTag(Struct, frozen=True, kw_only=True):
    """A tag with what a list shows of it.

    `when` is the tagger's date, or the committer's for a lightweight tag (None: git has a date that
    no calendar has); `subject` the first line of its message, or of the commit's.
    """

    ref: TagRef
    when: datetime | None
    subject: str


class ReleaseLine(Struct, frozen=True, kw_only=True):
    """One release in a list; `metrics` maps `file:key` to the numbers of its commit.

    `unread` maps a metric file that could not be read to the reason.
    `signature` None: it was not looked at. `warnings` tell that the tag is not what others recorded.
    `here` False: only the remote has it, and no more is known than its name and commit.
    `on_remote` None: the remote was not asked, or gave no answer. `verified`: it was made by `release`,
    which proved its data then. `trend`: every number against the release before it, if it was asked for.
    """

    tag: ReleaseTag
    when: datetime | None
    message: str
    metrics: Mapping[str, Scalar] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    signature: TagSignature | None = None
    warnings: tuple[str, ...] = ()
    here: bool = True
    on_remote: bool | None = None
    verified: bool = True
    trend: Mapping[str, Metric] | None = None


class ListReport(Struct, frozen=True, kw_only=True):
    """Releases, newest version first; `columns` are the metrics (`file:key`) to show, `asked`: by the caller.

    `earlier` maps a tag's name to the line of the release before it, to compare with: it may be
    one that the list itself leaves out. `remote` names the git remote; `trouble` says why it gave no answer.
    `broken` are tags here that cannot be read.
    """

    releases: tuple[ReleaseLine, ...]
    columns: tuple[str, ...] = ()
    earlier: Mapping[str, ReleaseLine] = field(default_factory=dict)
    asked: bool = False
    remote: str = "origin"
    trouble: str | None = None
    broken: tuple[TagRef, ...] = ()
