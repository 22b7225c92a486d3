"""Text and JSON of `release list`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import UNSET, Struct, UnsetType, field

from release.core import text
from release.core.metric_deltas import is_number
from release.core.metrics import MetricVerdict, last_name
from release.core.secrets import without_secrets
from release.core.tag_message import TagSignature
from release.core.tags import ListReport, ReleaseLine, describe_broken, model_of, way_out
from release.core.text import Scalar
from release.ui.json_documents import Document, Number, ObjectId, UtcTime, filled, signature
from release.ui.release_text import metric_value
from release.ui.style import Shade, Style, aligned, columns_of, plain, short, short_path, wrapped

_SHORTEST_MESSAGE = 12
_SHORTEST_NAME = 10  # of a metric


class _Layout(Struct, frozen=True, kw_only=True):
    """The parts of a release that fit on a line; `change` is that of the first metric."""

    metrics: int
    marks: int = 1
    change: bool = True
    dates: bool = True


def list_lines(report: ListReport, style: Style) -> list[str]:
    """Return one line for each release: tag, date, marks, message, and as many metrics as fit."""
    if not report.releases:
        return []
    layout, heads, cells, room = _laid_out(report, style)
    rows = [
        [*head, short(plain(line.message), room), *row]
        for head, line, row in zip(heads, report.releases, cells, strict=True)
    ]
    lines = [_painted(f"  {line}", found, style) for line, found in zip(aligned(rows), report.releases, strict=True)]
    warnings = [f"  warning: {plain(warning)}" for line in report.releases for warning in line.warnings]
    left_out = report.columns[layout.metrics :] if report.asked else ()
    keys = ", ".join(plain(_key(column)) for column in left_out)
    more = [f"  {part}" for part in wrapped(f"... no room for {keys} (all with --json)", style.room - 2)]
    return [*lines, *warnings, *(more if left_out else []), *_unread_lines(report.releases, style)]


def _unread_lines(lines: Sequence[ReleaseLine], style: Style) -> list[str]:
    """Return each reason once, with the newest release that has it and the number of others."""
    about: dict[str, list[str]] = {}
    for line in lines:
        for file, reason in line.unread.items():
            about.setdefault(f"{file} cannot be read: {reason}", []).append(line.tag.name)
    said = [
        f"{plain(tags[0])}{f' and {len(tags) - 1} more' if len(tags) > 1 else ''}: {plain(words)}"
        for words, tags in about.items()
    ]
    return [f"  {part}" for text in said for part in wrapped(text, style.room - 2)]


def list_warnings(report: ListReport) -> list[str]:
    """Return warnings about broken tags here, and about a remote that did not answer."""
    broken = [f"{plain(describe_broken(tag))}\nhelp: {plain(way_out(tag))}" for tag in report.broken]
    if report.trouble is None:
        return broken
    why, remote = plain(report.trouble.rstrip(".")), plain(report.remote)
    return [*broken, f"{why}; tags that only {remote} has are not listed"]


def _laid_out(report: ListReport, style: Style) -> tuple[_Layout, list[list[str]], list[list[str]], int]:
    """Return the fullest layout that leaves space for messages.

    Returns the layout, the cells before and after the message, and the columns for the message.
    """
    longest = max(style.room // 3, _SHORTEST_NAME)
    names = {column: short_path(name, longest) for column, name in column_names(report.columns).items()}
    found = None
    for layout in _layouts(len(names), asked=report.asked):
        heads = _heads(report, layout)
        cells = _metric_cells(report, dict(list(names.items())[: layout.metrics]), layout)
        room = style.room - 2 - _width(heads) - 3 - (3 + _width(cells) if cells[0] else 0)
        found = layout, heads, cells, max(room, _SHORTEST_MESSAGE)
        if room >= _SHORTEST_MESSAGE:
            break
    assert found is not None, "there is at least one layout"
    return found


def _layouts(metrics: int, *, asked: bool) -> Iterator[_Layout]:
    """Yield layouts from the fullest to the barest. Requested metrics are dropped last, others first."""
    few = min(metrics, metrics if asked else 1)
    yield _Layout(metrics=metrics, marks=2)
    for number in range(metrics, few - 1, -1):
        yield _Layout(metrics=number)
    for number in range(few, -1, -1):
        yield _Layout(metrics=number, change=False)
        yield _Layout(metrics=number, change=False, dates=False)


def _heads(report: ListReport, layout: _Layout) -> list[list[str]]:
    marks = [", ".join(_marks(line, report.remote)[: layout.marks]) for line in report.releases]
    signed = any(line.signature is not None for line in report.releases)
    return [
        [
            plain(line.tag.name),
            *([_date(line)] if layout.dates else []),
            *([line.signature.state.value if line.signature else ""] if signed else []),
            *([mark] if any(marks) else []),
        ]
        for line, mark in zip(report.releases, marks, strict=True)
    ]


def _marks(line: ReleaseLine, remote: str) -> list[str]:
    """Return the differences from a published and verified release, most important first."""
    if not line.here:
        return [f"only on {plain(remote)}"]
    marks = ["not pushed"] if line.on_remote is False else []
    if not line.tag.ref.annotated:
        return [*marks, "lightweight"]
    return marks if line.verified else [*marks, "unverified"]


def column_names(columns: Sequence[str]) -> dict[str, str]:
    """Return for each metric (`file:key`) the shortest unique form of `f1`, `overall.f1`, `file:overall.f1`."""
    forms = {column: (last_name(_key(column)), _key(column), column) for column in columns}
    taken = [Counter(form[level] for form in forms.values()) for level in range(3)]
    return {
        column: plain(next((word for word, count in zip(form, taken, strict=True) if count[word] == 1), column))
        for column, form in forms.items()
    }


def _metric_cells(report: ListReport, names: Mapping[str, str], layout: _Layout) -> list[list[str]]:
    """Return a cell for each metric of each release: name, value, change or arrow, in aligned columns."""
    columns = []
    for at, (column, name) in enumerate(names.items()):
        rows = []
        for line in report.releases:
            value = metric_value(line.metrics.get(column)) if column in line.metrics else "-"
            change = _delta(line, column, report) if at == 0 and layout.change else ""
            rows.append([f"{name} {value}", change, _arrow(line, column)])
        used = [part for part in range(3) if any(row[part] for row in rows)]
        columns.append(aligned([[row[part] for part in used] for row in rows], right=(1,) if 1 in used else (), gap=2))
    return [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in report.releases]


def _arrow(line: ReleaseLine, column: str) -> str:
    """Return up, down or level since the release before, with "worse" if so; "" if not requested."""
    found = line.trend.get(column) if line.trend is not None else None
    if found is None or found.delta is None:
        return ""
    arrow = "\u2191" if found.delta > 0 else "\u2193" if found.delta < 0 else "\u2192"
    return f"{arrow} worse" if found.verdict is MetricVerdict.WORSE else arrow


def _painted(text: str, line: ReleaseLine, style: Style) -> str:
    """Return a line truncated to the terminal's width, with its tag highlighted."""
    name = plain(line.tag.name)
    cut = short(text, style.room)
    return f"  {style.paint(name, Shade.STRONG)}{cut[2 + len(name) :]}" if cut.startswith(f"  {name} ") else cut


def _delta(line: ReleaseLine, column: str, report: ListReport) -> str:
    earlier = report.earlier.get(line.tag.name)
    before = earlier.metrics.get(column) if earlier is not None else None
    after = line.metrics.get(column)
    if isinstance(before, bool) or isinstance(after, bool):
        return ""
    if isinstance(before, (int, float)) and isinstance(after, (int, float)):
        return text.delta(after - before)
    return ""


def _date(line: ReleaseLine) -> str:
    return line.when.strftime("%Y-%m-%d") if line.when is not None else "no date" if line.here else ""


def _width(rows: Sequence[Sequence[str]]) -> int:
    return sum(max(map(columns_of, column)) + 3 for column in zip(*rows, strict=True)) - 3 if rows[0] else 0


def _key(column: str) -> str:
    return column.partition(":")[2] or column


# What `list` answers, as a document


class JsonTrend(Struct, frozen=True, kw_only=True):
    """A metric against the release before."""

    before: Scalar
    delta: Number | None
    verdict: MetricVerdict


class JsonLine(Struct, frozen=True, kw_only=True):
    """One release. `here` false: only the remote has the tag; `on_remote` null: not asked, or no answer.

    `verified`: `release` made it, and so proved its data then. `unread` are metric files that could not be read, with
    the reason. With `--signatures`: `signature` and `warnings` (what later releases recorded otherwise); with
    `--trend`: `trend`.
    """

    tag: str
    version: str
    model: str | None
    commit: ObjectId | None
    when: UtcTime | None = field(name="date")
    message: str
    metrics: Mapping[str, Number]
    here: bool
    on_remote: bool | None
    verified: bool
    unread: Mapping[str, str] | UnsetType = UNSET
    signature: TagSignature | UnsetType = UNSET
    warnings: Sequence[str] | UnsetType = UNSET
    trend: Mapping[str, JsonTrend] | UnsetType = UNSET


class ListDocument(Document, frozen=True, kw_only=True):
    """Answer of `list`; `warnings` say why the git remote's tags are not known."""

    releases: Sequence[JsonLine]
    warnings: Sequence[str]


def listing(report: ListReport) -> ListDocument:
    """Return what `release list` answers; text, true and false among the metrics are left out, for it promises numbers."""
    numbers = {id(line.metrics): line.metrics for line in report.releases}  # releases share what did not change
    kept = {
        same: {name: value for name, value in metrics.items() if is_number(value)} for same, metrics in numbers.items()
    }
    trouble = [] if report.trouble is None else [without_secrets(report.trouble)]
    return ListDocument(
        command="list",
        releases=[_line(line, kept[id(line.metrics)]) for line in report.releases],
        warnings=[
            *(describe_broken(tag) for tag in report.broken),
            *([] if report.elsewhere is None else [report.elsewhere.message]),
            *trouble,
        ],
    )


def _line(line: ReleaseLine, numbers: Mapping[str, Scalar]) -> JsonLine:
    return filled(
        JsonLine,
        line,
        tag=line.tag.name,
        version=str(line.tag.version),
        model=model_of(line.tag.name),
        commit=line.tag.ref.commit_id,
        metrics=numbers,
        unread=line.unread or UNSET,
        signature=UNSET if line.signature is None else signature(line.signature),
        warnings=UNSET if line.signature is None else line.warnings,
        trend=UNSET if line.trend is None else {name: filled(JsonTrend, found) for name, found in line.trend.items()},
    )
