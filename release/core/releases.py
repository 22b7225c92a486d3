"""What `list` and `show` answer, as values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field

from release.core.lineage import StaleStage
from release.core.metric import Metric, Param, Scalar, ValueFile
from release.core.plan import BumpPlan
from release.core.pointer import Out
from release.core.pointer_set import StageRecord
from release.core.signature import UNSIGNED, TagSignature
from release.core.tag import ReleaseTag, Signature, TagRef
from release.core.tag_message import Trailers
from release.errors import ExitCode


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
    """

    tag: ReleaseTag
    when: datetime | None
    message: str
    metrics: Mapping[str, Scalar] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    signature: TagSignature | None = None
    warnings: tuple[str, ...] = ()


class ListReport(Struct, frozen=True, kw_only=True):
    """Releases, newest version first; `columns` are the metrics (`file:key`) to show.

    `earlier` maps a tag's name to the line of the release before it, to compare with: it may be
    one that the list itself leaves out.
    """

    releases: tuple[ReleaseLine, ...]
    columns: tuple[str, ...] = ()
    earlier: Mapping[str, ReleaseLine] = field(default_factory=dict)


class ShowReport(Struct, frozen=True, kw_only=True):
    """Everything that a clone without network knows about one release.

    `tagger` None: a lightweight tag. `message` is the tag's text without trailers and signature;
    `trailers` None: a tag of another tool. `params` holds every parameter file whole;
    `changed_params` what differs from `previous`. `problems` say what could not be read.
    `stages` are what its outs were made by, `stale` those of them that do not come from the commit.
    """

    tag: ReleaseTag
    when: datetime | None
    tagger: Signature | None
    commit_subject: str
    message: str
    trailers: Trailers | None = None
    previous: ReleaseTag | None = None
    metrics: tuple[Metric, ...] = ()
    params: tuple[ValueFile, ...] = ()
    changed_params: tuple[Param, ...] = ()
    outs: tuple[Out, ...] = ()
    stages: tuple[StageRecord, ...] = ()
    stale: tuple[StaleStage, ...] = ()
    problems: tuple[str, ...] = ()
    signature: TagSignature = UNSIGNED


class StatusReport(Struct, frozen=True, kw_only=True):
    """Where HEAD stands: the release that `auto` would make, planned but not meant to be made.

    Where `auto` finds nothing worth one, the plan is that of a patch with the `chosen` of `auto`.

    `released` is the published release that HEAD carries (None: it carries none).
    """

    plan: BumpPlan
    released: str | None = None

    @property
    def check_code(self) -> ExitCode:
        """What `status --check` exits with: what `bump` would, DONE if HEAD is released already."""
        return ExitCode.DONE if self.released is not None else self.plan.exit_code
