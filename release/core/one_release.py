"""What `show` answers, as a value."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from release.core.audit.lineage import StaleStage
from release.core.check import Check
from release.core.metrics.metric import Metric, Param, ValueFile
from release.core.pointers.pointer import Out
from release.core.pointers.pointer_set import StageRecord
from release.core.tags.message import Trailers
from release.core.tags.signature import UNSIGNED, TagSignature
from release.core.tags.tag import ReleaseTag, Signature


class ShowReport(Struct, frozen=True, kw_only=True):
    """Everything that a clone without network knows about one release.

    `tagger` None: a lightweight tag. `message` is the tag's text without trailers and signature;
    `trailers` None: a tag of another tool. `params` holds every parameter file whole;
    `changed_params` what differs from `previous`. `problems` say what could not be read.
    `stages` are what its outs were made by, `stale` those of them that do not come from the commit.
    `data` is the commit's data against the tag's digest, by what is on this machine; see `held`.
    """

    tag: ReleaseTag
    when: datetime | None
    tagger: Signature | None
    commit_subject: str
    message: str
    data: Check
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
