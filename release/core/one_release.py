"""Report of `show`."""

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
    """Everything that a clone knows offline about one release.

    `tagger` None: a lightweight tag. `message` is the tag's text without trailers and signature; `trailers` None: a tag
    of another tool. `params` holds complete parameter files; `changed_params` the differences from `previous`.
    `problems` describe what could not be read. `stages` made its outs; `stale` are those whose recorded inputs differ
    from the commit. `data` compares the commit's data with the tag's digest, using local information; see `held`.
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
