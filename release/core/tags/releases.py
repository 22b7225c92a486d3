"""Values of the list of releases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field

from release.core.metrics.metric import Metric, Scalar
from release.core.tags.signature import TagSignature
from release.core.tags.tag import ReleaseTag, TagRef


class DatedTag(Struct, frozen=True, kw_only=True):
    """A tag with date and subject.

    `when` is the tagger's date, or the committer's for a lightweight tag (None: out of `datetime`'s range); `subject`
    the first line of its message, or of the commit's.
    """

    ref: TagRef
    when: datetime | None
    subject: str


class ReleaseLine(Struct, frozen=True, kw_only=True):
    """One release in a list; `metrics` maps `file:key` to the values of its commit.

    `unread` maps a metric file that could not be read to the reason. `signature` None: it was not checked. `warnings`
    describe differences between the tag and what other tags recorded. `here` False: only the remote has it, and only
    its name and commit are known. `on_remote` None: the remote was not asked, or did not answer. `verified`: it was
    made by `release`, which verified its data. `trend`: every metric compared with the release before it, None unless
    requested.
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
    """Releases, newest version first; `columns` are the metrics (`file:key`) to show, `asked`: the caller named them.

    `earlier` maps a tag's name to the line of the release before it, for comparison; that release may not be in the
    list itself. `remote` names the git remote; `trouble` is its error (None: it answered, or was not asked). `broken`
    are local tags that cannot be read.
    """

    releases: tuple[ReleaseLine, ...]
    columns: tuple[str, ...] = ()
    earlier: Mapping[str, ReleaseLine] = field(default_factory=dict)
    asked: bool = False
    remote: str = "origin"
    trouble: str | None = None
    broken: tuple[TagRef, ...] = ()
