"""Lineage of a release's models: model <- stage <- data, code and parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from release.core.documents import Timestamp
from release.core.lineage import StaleStage
from release.core.locate import StageRecord
from release.core.pointer import pipeline_of
from release.render.as_json import filled
from release.render.look import Style, pad, plain, short, short_path

_MOST_STAGES = 20
_MOST_ROWS = 12


class JsonDep(Struct, frozen=True, kw_only=True):
    """A file that a stage read."""

    path: str
    oid: str | None
    size_bytes: int | None


class JsonStageParam(Struct, frozen=True, kw_only=True):
    """A parameter that a stage used."""

    file: str
    key: str
    value: Any


class JsonLineage(Struct, frozen=True, kw_only=True):
    """One stage: its outs, what they were made from, and which of that is not what the commit has (`changed`)."""

    stage: str
    pipeline: str
    outs: Sequence[str]
    deps: Sequence[JsonDep]
    params: Sequence[JsonStageParam]
    changed: Sequence[str]


def chain_lines(stages: Sequence[StageRecord], stale: Sequence[StaleStage], look: Style) -> list[str]:
    """Return a block for each stage: outs, then dependencies; those that changed since are marked."""
    lines = [line for stage in stages[:_MOST_STAGES] for line in _stage(stage, stale, look)]
    if len(stages) > _MOST_STAGES:
        lines.append(f"  ... {len(stages) - _MOST_STAGES} more stages (all with --json)")
    return lines


def _stage(stage: StageRecord, stale: Sequence[StaleStage], look: Style) -> list[str]:
    changed = _changed(stage, stale)
    made = ", ".join(short_path(plain(out.path), 40) for out in stage.outs) or "nothing"
    rows = [(dep.path, dep.oid or "no hash", dep.path in changed) for dep in stage.deps]
    for file, values in stage.params.items():
        for key, value in values.items():
            name = f"{file}: {key}"
            rows.append((name, str(_told(value)), name in changed or file in changed))
    widest = max((len(short_path(plain(name), 40)) for name, _, _ in rows[:_MOST_ROWS]), default=0)
    lines = [f"  {short(f'{made} <- {plain(stage.name)}', look.room - 2)}"]
    for name, value, differs in rows[:_MOST_ROWS]:
        row = f"<- {pad(short_path(plain(name), 40), widest)}   {plain(value)}"
        mark = "   not what the commit has" if differs else ""
        lines.append(f"      {short(row, look.room - 6 - len(mark))}{mark}")
    return [*lines, f"      ... {len(rows) - _MOST_ROWS} more"] if len(rows) > _MOST_ROWS else lines


def chain_document(stages: Sequence[StageRecord], stale: Sequence[StaleStage]) -> list[JsonLineage]:
    """Return the same for programs."""
    return [
        JsonLineage(
            stage=stage.name,
            pipeline=pipeline_of(stage.lock),
            outs=[out.path for out in stage.outs],
            deps=[filled(JsonDep, dep) for dep in stage.deps],
            params=[
                JsonStageParam(file=file, key=key, value=_told(value))
                for file, values in stage.params.items()
                for key, value in values.items()
            ],
            changed=sorted(_changed(stage, stale)),
        )
        for stage in stages
    ]


def _changed(stage: StageRecord, stale: Sequence[StaleStage]) -> frozenset[str]:
    pipeline = pipeline_of(stage.lock)
    return frozenset(
        name for each in stale if (each.stage, each.pipeline) == (stage.name, pipeline) for name in each.changed
    )


def _told(value: Any) -> Any:
    """Return a parameter value as JSON types; dates become text."""
    if isinstance(value, Mapping):
        return {str(key): _told(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_told(below) for below in value]
    if isinstance(value, Timestamp):
        return value.text
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
