"""Differences between two releases as aligned rows: metrics, data and models, parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from release.core.check import Change
from release.core.metrics import Metric, MetricVerdict, Param
from release.core.pointer import PointerChange
from release.core.text import Scalar, delta, exact, many, number, size
from release.render.look import Shade, Style, aligned, columns_of, pad, plain, short, short_path, wrapped

_MOST_ROWS = 8
_SHADES = {
    MetricVerdict.BETTER: Shade.GOOD,
    MetricVerdict.WORSE: Shade.BAD,
    MetricVerdict.UNREADABLE: Shade.DOUBTFUL,
    MetricVerdict.UNCHANGED: Shade.FAINT,
}
# Worse metrics come first: a release must not hide them.
_RANK = {MetricVerdict.WORSE: 0, MetricVerdict.BETTER: 1, MetricVerdict.UNREADABLE: 2, MetricVerdict.REMOVED: 3}
_FEW_PARAMS = 3
_SHORTEST_NAME = 10
_WIDE = 60


def metric_lines(metrics: Sequence[Metric], look: Style, *, before: str | None, now: str = "now") -> list[str]:
    """Return a table: headline first, then the largest changes; `before` names the previous release, if any."""
    shown = most_relevant(metrics)
    if not shown:
        return []
    left = before is not None
    lines = metric_table(shown, shown_names(metrics), (before, now), look)
    rest = len(metrics) - len(shown)
    if rest:
        words = f"... {rest} more{' unchanged or small' if left else ''} (all with --json)"
        lines += [f"  {line}" for line in wrapped(words, look.room - 2)]
    return lines


def metric_table(
    shown: Sequence[Metric], names: Mapping[str, str], sides: tuple[str | None, str], look: Style
) -> list[str]:
    """Return a head and a row for each metric.

    `names` by identity; `sides` are the titles of the two columns (None: only the second column).
    """
    left = sides[0] is not None
    heads = [_column_head(side, look) for side in sides if side is not None]
    head = [*heads, "change", ""] if left else heads
    values = _values_that_fit([head, *(_metric_row(metric, left=left) for metric in shown)], look)
    room = max(look.room - max(map(columns_of, values)) - 5, 12)
    labels = ["", *(short_path(names[metric.identity], room) for metric in shown)]
    table = aligned([[label, value] for label, value in zip(labels, values, strict=True)])
    lines = [short(f"  {table[0]}", look.room)]
    for metric, line in zip(shown, table[1:], strict=True):
        row, word = short(f"  {line}", look.room), metric.verdict.value
        shade = _SHADES.get(metric.verdict) if left and row.endswith(f" {word}") else None
        lines.append(f"{row.removesuffix(word)}{look.paint(word, shade)}" if shade else row)
    return lines


def _column_head(side: str, look: Style) -> str:
    """Return the title of a column, shortened: a long name must not take the space of the metrics."""
    return short(plain(side), 24 if look.room >= _WIDE else 12)


def _values_that_fit(rows: Sequence[Sequence[str]], look: Style) -> list[str]:
    """Return before, after, change and verdict, aligned; if a name has no space, drop before, then change."""
    if len(rows[0]) == 1:
        return aligned(rows, right=(0,))
    values: list[str] = []
    for kept in ((0, 1, 2, 3), (1, 2, 3), (1, 3)):
        values = aligned([[row[at] for at in kept] for row in rows], right=range(len(kept) - 1))
        if look.room - max(map(columns_of, values)) - 5 >= _SHORTEST_NAME:
            break
    return values


def most_relevant(metrics: Sequence[Metric]) -> list[Metric]:
    """Return the rows to show: every headline metric, then worse ones; the largest relative change first."""
    headline = [metric for metric in metrics if metric.headline][:_MOST_ROWS]
    new = not any(metric.verdict is not MetricVerdict.NEW for metric in metrics)
    others = [m for m in metrics if not m.headline and m.verdict is not MetricVerdict.UNCHANGED]
    if new and headline:
        others = []  # a first release: nothing to compare, the headline is enough
    others.sort(key=lambda metric: (_RANK.get(metric.verdict, 4), -_relative(metric), metric.file))
    return headline + others[: max(_MOST_ROWS - len(headline), 0)]


def shown_names(metrics: Sequence[Metric]) -> dict[str, str]:
    """Return identity -> name to show: the key alone if only one file has it."""
    files = Counter(metric.key for metric in metrics)
    return {m.identity: plain(m.key if files[m.key] == 1 and m.key else m.identity) for m in metrics}


def thing_lines(pointers: Sequence[PointerChange], params: Sequence[Param], look: Style) -> list[str]:
    """Return rows for data and models, then for parameters, with one column of paths."""
    inside = Counter[tuple[str | None, Change]](
        (change.parent, change.change) for change in pointers if change.parent is not None
    )
    roots = [change for change in pointers if change.parent is None]
    room = max(look.room // 2 - 6, 16)
    rows = [_pointer_row(change, inside, room) for change in roots[:_MOST_ROWS]]
    values = _param_rows(params)
    known = [short_path(plain(path), room) for path, _ in values[:_MOST_ROWS]]
    widest = max([columns_of(row[0]) for row in rows] + [columns_of(path) for path in known], default=0)
    rows = [[pad(row[0], widest), *row[1:]] for row in rows]
    lines = [short(f"  {line}", look.room) for line in aligned(rows)]
    if len(roots) > _MOST_ROWS:
        lines.append(f"  ... {len(roots) - _MOST_ROWS} more (all with --json)")
    for path, (_, text) in zip(known, values, strict=False):
        lines.append(f"  {pad(path, widest)}   {short(text, look.room - widest - 5)}")
    if len(values) > _MOST_ROWS:
        lines.append(f"  ... {len(values) - _MOST_ROWS} more parameters (all with --json)")
    return lines


def metric_value(value: Scalar) -> str:
    """Return a metric value for the screen: numbers rounded, text escaped and shortened."""
    return short(plain(number(value)), 24)


def param_value(value: Scalar) -> str:
    """Return a parameter value for the screen, with all its digits."""
    return short(plain(exact(value)), 24)


def _metric_row(metric: Metric, *, left: bool) -> list[str]:
    after = "-" if metric.verdict is MetricVerdict.REMOVED else metric_value(metric.after)
    if not left:
        return [after]
    before = "-" if metric.verdict is MetricVerdict.NEW else metric_value(metric.before)
    return [before, after, delta(metric.delta), metric.verdict.value]


def _relative(metric: Metric) -> float:
    """Return the size of a change relative to its values, 0 to 2; 0 if there is no number."""
    if metric.delta is None:
        return 0.0
    sizes = [abs(value) for value in (metric.before, metric.after) if isinstance(value, (int, float))]
    largest = max(sizes, default=0)
    return abs(metric.delta) / largest if largest else 0.0


def _pointer_row(change: PointerChange, inside: Counter[tuple[str | None, Change]], room: int) -> list[str]:
    files = [f"{files} {word.value}" for word in Change if (files := inside.get((change.path, word), 0))]
    sizes = [_size(change.before_size_bytes), _size(change.after_size_bytes)]
    size = {
        Change.ADDED: sizes[1],
        Change.REMOVED: sizes[0],
        Change.CHANGED: f"{sizes[0]} -> {sizes[1]}",
    }[change.change]
    row = [short_path(plain(change.path), room), size, change.change.value]
    return [*row, f"files: {', '.join(files)}"] if files else row


def _param_rows(params: Sequence[Param]) -> list[tuple[str, str]]:
    """Return file and text of each parameter; a file that is completely new is one row."""
    added = Counter(param.file for param in params if param.change is Change.ADDED)
    whole = {file for file, number in added.items() if number == sum(param.file == file for param in params)}
    rows = {}
    for param in params:
        if param.file in whole and added[param.file] > _FEW_PARAMS:
            rows[param.file, ""] = f"{many(added[param.file], 'parameter')}   added"
        else:
            rows[param.file, param.key] = _param_text(param)
    return [(file, text) for (file, _), text in rows.items()]


def _param_text(param: Param) -> str:
    key, before, after = plain(param.key), param_value(param.before), param_value(param.after)
    if param.change is Change.ADDED:
        return f"{key} {after}   added"
    if param.change is Change.REMOVED:
        return f"{key} {before}   removed"
    return f"{key} {before} -> {after}"


def _size(size_bytes: int | None) -> str:
    return "size unknown" if size_bytes is None else size(size_bytes)
