"""`list` as lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from release.core import numbers
from release.core.metric_key import last_name
from release.core.releases import ListReport, ReleaseLine
from release.render.deltas import metric_value
from release.render.look import Look, aligned, columns_of, pad, plain, short

_SHORTEST_MESSAGE = 12


def list_lines(report: ListReport, look: Look) -> list[str]:
    """One line a release: tag, date, message, the first metric with its change, the others as far as there is room."""
    if not report.releases:
        return []
    names = column_names(report.columns)
    deltas = [_delta(line, report.columns[0], report) if report.columns else "" for line in report.releases]
    widest = max(map(columns_of, deltas))
    cells = [
        _metric_cells(line, names, pad(change, widest, right=True))
        for line, change in zip(report.releases, deltas, strict=True)
    ]
    heads = [[plain(line.tag.name), _date(line), *_signature(line)] for line in report.releases]
    taken = 2 + _width(heads)
    while len(cells[0]) > 1 and taken + 6 + _SHORTEST_MESSAGE + _width(cells) > look.room:
        cells = [row[:-1] for row in cells]
    metrics = 3 + _width(cells) if cells[0] else 0
    room = max(look.room - taken - 3 - metrics, _SHORTEST_MESSAGE)
    rows = [[*head, _message(line, room), *row] for head, line, row in zip(heads, report.releases, cells, strict=True)]
    warnings = [f"  warning: {plain(warning)}" for line in report.releases for warning in line.warnings]
    return [*(f"  {line}" for line in aligned(rows)), *warnings, *_unread_lines(report.releases)]


def _unread_lines(lines: Sequence[ReleaseLine]) -> list[str]:
    """Each reason once, with the newest release that it is about and how many others there are."""
    about: dict[str, list[str]] = {}
    for line in lines:
        for file, reason in line.unread.items():
            about.setdefault(f"{file} cannot be read: {reason}", []).append(line.tag.name)
    return [
        f"  {plain(tags[0])}{f' and {len(tags) - 1} more' if len(tags) > 1 else ''}: {plain(words)}"
        for words, tags in about.items()
    ]


def column_names(columns: Sequence[str]) -> dict[str, str]:
    """Each metric (`file:key`) with the shortest of `f1`, `overall.f1`, `file:overall.f1` that is no other's."""
    forms = {column: (last_name(_key(column)), _key(column), column) for column in columns}
    taken = [Counter(form[level] for form in forms.values()) for level in range(3)]
    return {
        column: plain(next((word for word, count in zip(form, taken, strict=True) if count[word] == 1), column))
        for column, form in forms.items()
    }


def _metric_cells(line: ReleaseLine, names: dict[str, str], delta: str) -> list[str]:
    cells = []
    for at, (column, name) in enumerate(names.items()):
        value = line.metrics.get(column)
        text = f"{name} {metric_value(value) if column in line.metrics else '-'}"
        cells.append(text)
        if at == 0 and delta:
            cells[0] = f"{text}  {delta}"
    return cells


def _delta(line: ReleaseLine, column: str, report: ListReport) -> str:
    earlier = report.earlier.get(line.tag.name)
    before = earlier.metrics.get(column) if earlier is not None else None
    after = line.metrics.get(column)
    if isinstance(before, bool) or isinstance(after, bool):
        return ""
    if isinstance(before, (int, float)) and isinstance(after, (int, float)):
        return numbers.delta(after - before)
    return ""


def _message(line: ReleaseLine, room: int) -> str:
    """The message; a lightweight tag is marked, for it has no tagger and no message of its own."""
    mark = "" if line.tag.ref.annotated else " (lightweight)"
    return f"{short(plain(line.message), max(room - len(mark), 4))}{mark}"


def _signature(line: ReleaseLine) -> list[str]:
    """The verdict, if it was asked for."""
    return [] if line.signature is None else [line.signature.state.value]


def _date(line: ReleaseLine) -> str:
    return line.when.strftime("%Y-%m-%d") if line.when is not None else "no date"


def _width(rows: Sequence[Sequence[str]]) -> int:
    return sum(max(map(columns_of, column)) + 3 for column in zip(*rows, strict=True)) - 3 if rows[0] else 0


def _key(column: str) -> str:
    return column.partition(":")[2] or column
