"""What gates compare, and what they came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

from msgspec import Struct, field

from release.core.metrics.metric import Scalar, ValueFile


class GateVerdict(Enum):
    """Public words; `ALLOWED` failed, and somebody said why it may (`--allow-regression`)."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    ALLOWED = "allowed"


class GateResult(Struct, frozen=True, kw_only=True):
    """One metric at one gate.

    `gate` is the gate's name in the configuration, `file` None if no file has the metric. `limit` is
    the bound that is nearest (None: there was nothing to hold it against), `margin` how far the value
    is on its good side, negative beyond it. `mistake`: the gate itself asks for what cannot be, which
    no reason excuses; `help` mends it.
    """

    gate: str
    file: str | None
    key: str
    before: Scalar
    after: Scalar
    limit: float | None
    margin: float | None
    verdict: GateVerdict
    message: str
    mistake: bool = False
    help: str | None = None


class Compared(Struct, frozen=True, kw_only=True):
    """What gates compare: the metric files of the commit with those of the previous release.

    `previous` is that release's tag (None: this is the first). `baselines` are the files of the tags
    that gates name; None: the tag's commit is not here, and a tag that is not in it does not exist.
    `folder` is where the configuration lies.
    """

    after: Sequence[ValueFile]
    before: Sequence[ValueFile] = ()
    previous: str | None = None
    baselines: Mapping[str, Sequence[ValueFile] | None] = field(default_factory=dict)
    folder: str = ""
