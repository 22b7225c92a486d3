"""Text and JSON of `release list`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import UNSET, Struct, UnsetType

from release.core import text
from release.core.metric_deltas import is_number
from release.core.metrics import MetricVerdict
from release.core.report import best_over, newest_usable
from release.core.secrets import without_secrets
from release.core.stages import model_of
from release.core.tag_message import TagSignature
from release.core.tags import ListReport, ReleaseLine, describe_broken, way_out
from release.core.text import Scalar, columns_of
from release.ui.json_documents import Document, Number, ObjectId, UtcTime, filled, signature, utc
from release.ui.release_text import column_names, metric_value
from release.ui.style import Shade, Style, aligned, bars, pad, plain, short, short_path, wrapped

_SHORTEST_MESSAGE = 12
_SHORTEST_NAME = 10  # of a metric
_FEWEST_BARS = 8
_HEAD = (
    "version",
    "date",
    "",
    "",
    "message",
)  # in the order of `_head`: signature and marks say themselves what they are


def list_lines(report: ListReport, style: Style) -> list[str]:
    """Return a table with one line for each release: tag, date, marks, message, and as many metrics as fit."""
    if not report.releases:
        return []
    shown, rows = _fitting(report, style)
    head, *lines = (f"  {row}" for row in rows)
    painted = [_painted(row, line, style) for row, line in zip(lines, report.releases, strict=True)]
    warnings = [f"  warning: {plain(warning)}" for line in report.releases for warning in line.warnings]
    left_out = [
        plain(column.partition(":")[2] or column) for column in report.columns if report.asked and column not in shown
    ]
    note = f"... no room for {', '.join(left_out)} (all with --all)" if left_out else ""
    more = [f"  {part}" for part in wrapped(note, style, 2) if part]
    return [
        style.paint(short(head, style.span), Shade.FAINT),
        *painted,
        *warnings,
        *more,
        *_unread_lines(report, style),
        *_trend_lines(report, style),
    ]


def _trend_lines(report: ListReport, style: Style) -> list[str]:
    """Return a row for each metric if trends were requested: a bar for each release, oldest first, now and best."""
    names = column_names(report.columns) if any(line.trend is not None for line in report.releases) else {}
    rows = [["trend", "now", "best", ""]]
    drawn = []
    for column, name in names.items():
        best = best_over(report.releases, column, report.directions)
        numbers = [line.metrics.get(column) for line in report.releases]
        values = [float(number) if is_number(number) else None for number in numbers]
        now = newest_usable(report)
        cells = [
            metric_value(line.metrics.get(column)) if line and column in line.metrics else "-" for line in (now, best)
        ]
        rows.append(
            [
                short_path(name, style.cell(max(style.room // 4, _SHORTEST_NAME))),
                *cells,
                plain(best.tag.name) if best else "",
            ]
        )
        drawn.append((values, best))
    head, *lines = aligned(rows, right=(1, 2))
    widest = max(map(columns_of, (head, *lines)))
    room = style.room - widest - 5
    if not lines or room < min(_FEWEST_BARS, len(report.releases)):
        return []
    most = min(room, len(report.releases))
    found = ["", style.paint(f"  {head}", Shade.FAINT)]
    for line, (values, best) in zip(lines, drawn, strict=True):
        marks = [Shade.GOOD if best is each else None for each in report.releases]
        shown = [style.paint(bar, mark) for bar, mark in zip(bars(values[:most]), marks, strict=False)]
        found.append(f"  {pad(line, widest)}   {''.join(reversed(shown))}".rstrip())
    return found


def _fitting(report: ListReport, style: Style) -> tuple[list[str], list[str]]:
    """Return the metrics that leave room for messages, and the rows of the table with its head."""
    longest = max(style.span // 3, _SHORTEST_NAME)
    names = {column: short_path(name, longest) for column, name in column_names(report.columns).items()}
    narrower = ((number, True, 1) for number in range(len(names), 0, -1))
    for number, change, marks in ((len(names), True, 2), *narrower, (1, False, 1), (0, False, 1)):
        shown = dict(list(names.items())[:number])
        room = style.span - 5 - max(map(columns_of, _table(report, shown, change=change, marks=marks)))
        if room >= _SHORTEST_MESSAGE or not shown:
            room = max(room, _SHORTEST_MESSAGE)
            return list(shown), _table(report, shown, change=change, marks=marks, room=room)
    raise AssertionError("without metrics there is always room")


def _table(report: ListReport, names: Mapping[str, str], *, change: bool, marks: int, room: int = 0) -> list[str]:
    """Return the rows of the table with its head. `room` is the width of the messages; 0: leave them out."""
    rows = [[*_HEAD[:-1], _HEAD[-1][:room], *(cell for name in names.values() for cell in (name, "", ""))]]
    for line in report.releases:
        cells = [cell for column in names for cell in _metric_cells(line, column, report, change=change)]
        rows.append([*_head(line, report.remote, marks), short(plain(line.message), room) if room else "", *cells])
    values = [at for at in range(len(_HEAD), len(rows[0])) if (at - len(_HEAD)) % 3 < 2]  # and their changes
    return aligned(rows, right=values)


def _unread_lines(report: ListReport, style: Style) -> list[str]:
    """Return each reason once, with the newest release that has it and the number of others."""
    about: dict[str, list[str]] = {}
    for line in report.releases:
        for file, reason in line.unread.items():
            about.setdefault(f"{file} cannot be read: {reason}", []).append(line.tag.name)
    said = [
        f"{plain(tags[0])}{f' and {len(tags) - 1} more' if len(tags) > 1 else ''}: {plain(words)}"
        for words, tags in about.items()
    ]
    return [f"  {part}" for text in said for part in wrapped(text, style, 2)]


def list_warnings(report: ListReport) -> list[str]:
    """Return warnings about broken tags here, and about a remote that did not answer."""
    broken = [f"{plain(describe_broken(tag))}\nhelp: {plain(way_out(tag))}" for tag in report.broken]
    if report.trouble is None:
        return broken
    why, remote = plain(report.trouble.rstrip(".")), plain(report.remote)
    return [*broken, f"{why}; tags that only {remote} has are not listed"]


def _head(line: ReleaseLine, remote: str, most_marks: int) -> list[str]:
    """Return the cells before the message: tag, date, signature, marks."""
    date = line.when.strftime("%Y-%m-%d") if line.when is not None else "no date" if line.here else ""
    signature = line.signature.state.value if line.signature else ""
    return [plain(line.tag.name), date, signature, ", ".join(_marks(line, remote)[:most_marks])]


def _marks(line: ReleaseLine, remote: str) -> list[str]:
    """Return the marks of a release (`yanked`, `prod`, `not pushed`, `unverified`...), most important first."""
    if line.tag.withdrawn is not None:
        return [line.tag.withdrawn.mark]
    if not line.here:
        return [f"only on {plain(remote)}"]
    marks = [*map(plain, line.stages), *(["not pushed"] if line.on_remote is False else [])]
    if not line.tag.ref.annotated:
        return [*marks, "lightweight"]
    return marks if line.verified else [*marks, "unverified"]


def _metric_cells(line: ReleaseLine, column: str, report: ListReport, *, change: bool) -> list[str]:
    """Return value, change (of the first metric only), and arrow."""
    value = metric_value(line.metrics.get(column)) if column in line.metrics else "-"
    delta = _delta(line, column, report) if change and column == report.columns[0] else ""
    return [value, delta, _arrow(line, column)]


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
    cut = short(text, style.span)
    return f"  {style.paint(name, Shade.STRONG)}{cut[2 + len(name) :]}" if cut.startswith(f"  {name} ") else cut


def _delta(line: ReleaseLine, column: str, report: ListReport) -> str:
    earlier = report.earlier.get(line.tag.name)
    before = earlier.metrics.get(column) if earlier is not None else None
    after = line.metrics.get(column)
    return text.delta(after - before) if is_number(before) and is_number(after) else ""


# What `list` answers, as a document


class JsonTrend(Struct, frozen=True, kw_only=True):
    """A metric against the release before."""

    before: Scalar
    delta: Number | None
    verdict: MetricVerdict


class JsonLine(Struct, frozen=True, kw_only=True):
    """One release. `here` false: only the remote has the tag; `on_remote` null: not asked, or no answer.

    `verified`: `release` made it, and so proved its data then. `withdrawn`: `yanked` or `undone`. `stages` are those
    that it is in now. `unread` are metric files that could not be read, with the reason. With `--signatures`: `signature` and `warnings` (what later releases recorded otherwise); with
    `--trend`: `trend`.
    """

    tag: str
    version: str
    model: str | None
    commit: ObjectId | None
    date: UtcTime | None
    message: str
    metrics: Mapping[str, Number]
    here: bool
    on_remote: bool | None
    verified: bool
    withdrawn: str | None
    stages: Sequence[str]
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
        date=None if line.when is None else utc(line.when),
        withdrawn=line.tag.withdrawn and line.tag.withdrawn.mark,
        metrics=numbers,
        unread=line.unread or UNSET,
        signature=UNSET if line.signature is None else signature(line.signature),
        warnings=UNSET if line.signature is None else line.warnings,
        trend=UNSET if line.trend is None else {name: filled(JsonTrend, found) for name, found in line.trend.items()},
    )
