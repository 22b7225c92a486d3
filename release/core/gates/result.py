"""Input and results of gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

from msgspec import Struct, field

from release.core.metrics.metric import Scalar, ValueFile


class GateVerdict(Enum):
    """Verdicts of a gate, as printed; `ALLOWED`: it failed, but `--allow-regression` gave a reason."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    ALLOWED = "allowed"


class GateResult(Struct, frozen=True, kw_only=True):
    """One metric at one gate.

    `gate` is the gate's name in the configuration, `file` None if no file has the metric. `limit` is the nearest bound
    (None: there was nothing to compare with), `margin` the distance to it, negative if it is broken. `mistake`: the
    gate's configuration is wrong, which no reason excuses; `help` says how to fix it.
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
    """Metric files of the commit and of the previous release.

    `previous` is that release's tag (None: this is the first). `baselines` are the files of the tags that gates name;
    None: the tag's commit is not here; tags that do not exist are left out. `folder` is that of the configuration.
    """

    after: Sequence[ValueFile]
    before: Sequence[ValueFile] = ()
    previous: str | None = None
    baselines: Mapping[str, Sequence[ValueFile] | None] = field(default_factory=dict)
    folder: str = ""
