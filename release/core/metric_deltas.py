"""Differences of metrics and parameters between two commits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeGuard

from release.core.check import Change
from release.core.direction import direction
from release.core.metrics import Direction, Metric, MetricVerdict, Param, ValueFile, found_at, last_name, split_key
from release.core.text import Scalar

_RENOWN = (
    "f1",
    "accuracy",
    "acc",
    "auc",
    "auroc",
    "map",
    "r2",
    "bleu",
    "iou",
    "loss",
    "rmse",
    "mae",
    "wer",
    "perplexity",
)


def compare_metrics(
    before: Sequence[ValueFile],
    after: Sequence[ValueFile],
    *,
    directions: Mapping[str, Direction] | None = None,
    headline: tuple[str, ...] | None = None,
) -> tuple[Metric, ...]:
    """Compare every key of both sides; headline first, then in file order.

    `directions` and `headline` name metrics by `file:key` or bare key; other directions follow from the name, a
    headline of None means the default of `headline_metrics`. If a file is unreadable on one side, the other side's keys
    are UNREADABLE; if on both, it has no keys.
    """
    first = headline_metrics(after, headline) or headline_metrics(before, headline)
    metrics = []
    for path, key, old, new in _both(before, after):
        identity = f"{path}:{key}"
        side = (directions or {}).get(identity) or (directions or {}).get(key)
        values = (old.values.get(key), new.values.get(key))
        delta, verdict = _verdict(key, old, new, side or direction(key, *values))
        metrics.append(
            Metric(
                file=path,
                key=key,
                before=values[0],
                after=values[1],
                delta=delta,
                verdict=verdict,
                headline=identity in first,
            )
        )
    order = {identity: position for position, identity in enumerate(first)}
    return tuple(sorted(metrics, key=lambda metric: order.get(metric.identity, len(order))))


def headline_metrics(files: Sequence[ValueFile], headline: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """Return the identities of the headline metrics; names in `headline` that match nothing are left out.

    By default these are the numbers at the top of each file, or in its `overall`, whose names are those of scores; if
    no name is, all numbers there.
    """
    if headline is not None:
        return tuple(dict.fromkeys(identity for name in headline for identity in candidates(name, files)))
    return tuple(f"{file.path}:{key}" for file in files for key in _first_numbers(file))


def renowned_first(identities: Iterable[str]) -> tuple[str, ...]:
    """Sort metrics (`file:key`) with the best-known names first, for displays with little room."""
    names = {identity: last_name(identity.partition(":")[2]).lower() for identity in identities}
    return tuple(sorted(names, key=lambda each: (*_RENOWN, names[each]).index(names[each])))


def candidates(key: str, files: Iterable[ValueFile]) -> tuple[str, ...]:
    """Return the identities (`file:key`) that a name matches: itself, or the bare key in each file."""
    files = tuple(files)
    for file in files:
        if key.startswith(f"{file.path}:") and key[len(file.path) + 1 :] in file.values:
            return (key,)
    return tuple(f"{file.path}:{key}" for file in files if key in file.values)


def compare_params(before: Sequence[ValueFile], after: Sequence[ValueFile]) -> tuple[Param, ...]:
    """Return the parameters that differ, in file order; files that are unreadable on either side are left out."""
    params = []
    for path, key, old, new in _both(before, after):
        if old.problem or new.problem:
            continue
        values = (old.values.get(key), new.values.get(key))
        there = (key in old.values, key in new.values)
        if there != (True, True) or not _same(*values):
            change = Change.CHANGED if there == (True, True) else Change.ADDED if there[1] else Change.REMOVED
            params.append(Param(file=path, key=key, before=values[0], after=values[1], change=change))
    return tuple(params)


def is_number(value: Scalar) -> TypeGuard[int | float]:
    """Return True for numbers; booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _both(before: Sequence[ValueFile], after: Sequence[ValueFile]) -> Iterator[tuple[str, str, ValueFile, ValueFile]]:
    """Yield path, key and both files of each key, those of `after` first; an unread directory stands for its files."""
    old, new = ({file.path: file for file in files} for files in (before, after))
    unread = [[file for file in files if file.problem is not None] for files in (before, after)]
    nothing = ValueFile(path="")
    for path in dict.fromkeys([*new, *old]):
        first = old.get(path) or found_at(unread[0], path) or nothing
        second = new.get(path) or found_at(unread[1], path) or nothing
        for key in dict.fromkeys([*second.values, *first.values]):
            yield path, key, first, second


def _verdict(key: str, old: ValueFile, new: ValueFile, side: Direction) -> tuple[float | None, MetricVerdict]:
    if old.problem or new.problem:
        return None, MetricVerdict.UNREADABLE
    if key not in old.values:
        return None, MetricVerdict.NEW
    if key not in new.values:
        return None, MetricVerdict.REMOVED
    before, after = old.values[key], new.values[key]
    delta = _delta(before, after)
    if _same(before, after):
        return delta, MetricVerdict.UNCHANGED
    if delta is None or side is Direction.NEITHER:
        return delta, MetricVerdict.CHANGED
    assert isinstance(before, int | float)
    assert isinstance(after, int | float)
    return delta, MetricVerdict.BETTER if (after > before) is (side is Direction.UP) else MetricVerdict.WORSE


def _delta(before: Scalar, after: Scalar) -> float | None:
    """Return after minus before; None unless both numbers and the difference are finite."""
    if not is_number(before) or not is_number(after):
        return None
    assert isinstance(before, int | float)
    assert isinstance(after, int | float)
    if not (math.isfinite(before) and math.isfinite(after)):
        return None
    try:
        delta = float(after - before)
    except OverflowError:
        return None
    return delta + 0.0 if math.isfinite(delta) else None  # + 0.0 turns minus zero into zero


def _same(before: Scalar, after: Scalar) -> bool:
    """Return True for equal values of one kind: 1 is 1.0, but neither `true` nor "1"; NaN equals NaN."""
    if is_number(before) and is_number(after):
        return before == after or (before != before and after != after)  # noqa: PLR0124 # only NaN differs from itself
    return type(before) is type(after) and before == after


def _first_numbers(file: ValueFile) -> list[str]:
    numbers = [key for key, value in file.values.items() if is_number(value)]
    top = [key for key in numbers if len(split_key(key)) == 1]
    overall = [key for key in numbers if len(parts := split_key(key)) == 2 and parts[0] == "overall"]
    for keys in (top, overall):
        if scores := [key for key in keys if direction(key) is not Direction.NEITHER]:
            return scores
    return top or overall
