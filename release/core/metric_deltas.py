"""Differences of metrics and parameters between two commits."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeGuard

from release.core.check import Change
from release.core.direction import COUNTED, MEASURES, direction, words_of
from release.core.metrics import Direction, Metric, MetricVerdict, Param, ValueFile, found_at, last_name, split_key
from release.core.text import Scalar

_RENOWN = (
    *("f1", "accuracy", "acc", "auc", "auroc", "map", "r2", "bleu", "iou"),
    *("loss", "rmse", "mae", "wer", "perplexity"),
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

    By default these are the scores of each file's best part: its `test`, else its `val`, else the top level or `overall`
    (see `_PARTS`); if no number has the name of a score, all numbers of that part. Counters never are.
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
    """Yield path, key and both files of each key, those of `after` first; an unread directory represents its files."""
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


# Headline of a file. The parts that may have it, best first; Ultralytics writes what it validated as `metrics`.
_TOP, _TRAIN = "", "train"
_PARTS = (
    *("test", "metrics", "val", "valid", "validation", "eval", "dev"),
    *(_TOP, "overall", "macro avg", "weighted avg", "micro avg", _TRAIN, "training"),
)
_WITHIN = ("overall", "epoch")  # between a part and its metrics; Lightning through DVCLive: `train.epoch.loss`
_COUNTERS = frozenset(
    "step steps epoch epochs iter iters iteration iterations total count counts samples support flos".split()  # noqa: SIM905
)
_OF_THE_RUN = re.compile(r"(?:^|_)(?:runtime|(?:samples|steps)_per_second)$")  # how fast a trainer ran: Hugging Face


def _first_numbers(file: ValueFile) -> list[str]:
    parts: dict[str, list[str]] = {}
    for key, value in file.values.items():
        part = _part(key) if is_number(value) and not _is_counter(key) else None
        if part is not None:
            parts.setdefault(part, []).append(key)
    groups = [parts[part] for part in _PARTS if part in parts]
    scores = ([key for key in keys if direction(key) is not Direction.NEITHER] for keys in groups)
    found = next(filter(None, scores), groups[0] if groups else [])
    return _best_of_each(found) if found and _part(found[0]) == _TOP else found


def _part(key: str) -> str | None:
    """Return the part of a file that a key is in; None if a headline is never there (classes, settings)."""
    *above, _ = _names(key)
    if len(above) == 2 and above[1] in _WITHIN:
        above = above[:1]
    return _TOP if not above else above[0] if len(above) == 1 and above[0] in _PARTS else None


def _names(key: str) -> list[str]:
    """Return the names of a key in lower case; a slash separates, too: `val/box_loss` in a table."""
    return [name for part in split_key(key) for name in str(part).strip().lower().split("/")]


def _is_counter(key: str) -> bool:
    """Return True for a number that only counts, or says how fast a run was: `step`, `num_x`, `x_count`, `x_total`."""
    name = _names(key)[-1]
    words = words_of(name)
    if not words or words[0] in COUNTED or words[-1] in ("count", "counts"):
        return True
    if words[-1] in _COUNTERS and MEASURES.isdisjoint(words):  # the `train_loss_epoch` of Lightning is a loss
        return True
    return _OF_THE_RUN.search(name) is not None


def _best_of_each(keys: Sequence[str]) -> list[str]:
    """Return of each measure at the top the best part (`test_f1`, else `val_f1`, else `f1`); training's only alone."""
    best: dict[str, tuple[int, str]] = {}
    for key in keys:
        words = words_of(last_name(key))
        part = next((word for word in words if word in _PARTS), _TOP)
        measure = " ".join(word for word in words if word != part)
        best[measure] = min(best.get(measure, (len(_PARTS), key)), (_PARTS.index(part), key), key=lambda each: each[0])
    tested = {key for rank, key in best.values() if rank < _PARTS.index(_TRAIN)}
    return [key for key in keys if key in (tested or {key for _, key in best.values()})]
