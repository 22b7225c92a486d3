"""The page of `release report`, a chart as Vega-Lite, and the JSON document."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from release import __version__
from release.core.metric_deltas import is_number
from release.core.metrics import Direction
from release.core.report import HistoryReport, ReleaseDetails, mermaid_charts, side_over
from release.core.secrets import without_secrets
from release.core.tags import ReleaseLine, describe_broken
from release.core.text import Scalar, exact, for_json_log, for_markdown, for_terminal, many, number, size
from release.ui.json_documents import Document
from release.ui.release_text import column_names

_MOST_CELLS = 500_000  # values of metrics on a page, and as many parameters, pointers and inputs
_SCRIPTS = ("page.js", "vendor/vega.min.js", "vendor/vega-lite.min.js", "vendor/vega-interpreter.js")

Part = Callable[[str], str]  # returns the text of a file in `release/templates/report`


class ReportDocument(Document, frozen=True, kw_only=True):
    """Answer of `report`: the file that was written, its size, and what it shows."""

    file: str
    size_bytes: int
    releases: int
    metrics: int
    warnings: Sequence[str]


def written(report: HistoryReport, file: str, size_bytes: int) -> ReportDocument:
    """Return what `release report` answers."""
    lines = report.listing.releases
    return ReportDocument(
        command="report",
        file=file,
        size_bytes=size_bytes,
        releases=len(lines),
        metrics=1 if report.listing.asked else len({key for line in lines for key in line.metrics}),
        warnings=notes(report),
    )


def sentence(found: ReportDocument, *, dry_run: bool) -> str:
    """Return the answer for a reader."""
    about = f"{many(found.releases, 'release')}, {many(found.metrics, 'metric')}, {size(found.size_bytes)}"
    return f"{'Would write' if dry_run else 'Wrote'} {for_terminal(found.file)} ({about}).\n"


def page(report: HistoryReport, part: Part) -> str:
    """Return the page: one HTML document that contains all it needs.

    Nothing from the repository gets into markup, style or scripts: it is one JSON text, in which no sign can end its
    element, and the page shows it as text.
    """
    scripts = {name: part(name) for name in _SCRIPTS}
    style = part("page.css")
    policy = (
        "default-src 'none'",
        f"script-src {' '.join(map(_hash, scripts.values()))}",
        f"style-src {_hash(style)}",
        "base-uri 'none'",
        "form-action 'none'",
    )
    filled = {
        "csp": "; ".join(policy),
        "style": style,
        "data": _in_html(page_data(report)),
        "chart": part("chart.json"),
    }
    filled |= {"script" if name == "page.js" else name[7:].split(".")[0]: text for name, text in scripts.items()}
    return re.sub(r"@([a-z-]+)@", lambda place: filled[place[1]], part("page.html"))


def page_data(report: HistoryReport) -> dict[str, Any]:
    """Return what the page shows: `values` of a release are in the order of `metrics`, `things` are indexes.

    A value is a number, or text for what is no number; None if the release has none, False if it is unknown.
    """
    lines = report.listing.releases
    every = tuple(dict.fromkeys(key for line in lines for key in line.metrics))
    first = {*report.listing.columns, *(limit.metric for limit in report.limits)}
    metrics = sorted(every, key=lambda key: key not in first)[: max(_MOST_CELLS // max(len(lines), 1), 1)]
    places = {line.tag.name: at for at, line in enumerate(lines)}
    earlier = {name: places.get(one.tag.name) for name, one in report.listing.earlier.items()}
    things: dict[tuple[object, ...], int] = {}
    room = _MOST_CELLS
    rows = []
    for line in lines:
        details = report.details.get(line.tag.name)
        found = [] if details is None else list(_things(details))
        room -= len(found)
        known = None if details is None or room < 0 else [things.setdefault(one, len(things)) for one in found]
        more = {"before": earlier.get(line.tag.name), "things": known}
        rows.append(_row(line, metrics, _unknown(line, details)) | more)
    names = column_names(metrics)
    return {
        "project": for_terminal(report.project),
        "program": __version__,
        "notes": [for_terminal(note) for note in notes(report, len(every) - len(metrics), cut=room < 0)],
        "metrics": [_metric(report, key, names[key]) for key in metrics],
        "releases": rows,
        "things": list(things),
    }


def notes(report: HistoryReport, left_out: int = 0, *, cut: bool = False) -> list[str]:
    """Return sentences about what the page does not show, or could not read."""
    listing = report.listing
    said = [describe_broken(tag) for tag in listing.broken]
    said += [] if listing.elsewhere is None else [listing.elsewhere.message]
    said += [] if listing.trouble is None else [f"{listing.trouble}; tags that only {listing.remote} has are not shown"]
    away = sum(not line.here for line in listing.releases)
    said += [f"{many(away, 'tag')} only {listing.remote} has; `release fetch` gets them"] if away else []
    said += [f"{left_out:,} metrics are left out, to keep the page small"] if left_out else []
    said += ["parameters, data and inputs of the oldest releases are left out, to keep the page small"] if cut else []
    return [without_secrets(note) for note in said]


def summary(report: HistoryReport) -> str:
    """Return a Markdown page with charts of the headline metrics; "" if fewer than two releases have any."""
    charts = mermaid_charts(report.listing)
    return f"### {for_markdown(report.project)}\n\n{charts}\n" if charts else ""


def points(report: HistoryReport, metric: str) -> list[dict[str, Scalar]]:
    """Return the values of one metric for the chart, oldest release first, as the page's script has them."""
    side = side_over(report.listing.releases, metric, report.directions)
    rows: list[dict[str, Scalar]] = []
    for line in reversed(report.listing.releases):
        value, earlier = line.metrics.get(metric), report.listing.earlier.get(line.tag.name)
        before = earlier.metrics.get(metric) if earlier is not None else None
        worse = (
            is_number(value) and is_number(before) and value != before and (value < before) is (side is Direction.UP)
        )
        kind = "yanked" if line.tag.withdrawn else "worse" if worse and side is not Direction.NEITHER else "release"
        shown = value if is_number(value) and math.isfinite(value) else None
        rows.append(
            {"tag": for_terminal(line.tag.name), "value": shown, "kind": kind, "size": 30 if kind == "release" else 50}
        )
    return rows


def chart(report: HistoryReport, metric: str, part: Part, colours: Mapping[str, str]) -> dict[str, Any]:
    """Return a Vega-Lite chart of one metric in fixed colours, for a picture on a white page."""
    text = re.sub(r"var\((--\w+)\)", lambda name: colours[name[1]], part("chart.json"))
    spec: dict[str, Any] = json.loads(text)
    values = points(report, metric)
    spec["data"]["values"] = values
    spec["datasets"]["gates"] = [{"limit": limit.limit} for limit in report.limits if limit.metric == metric]
    spec["encoding"]["x"]["scale"]["domain"] = [row["tag"] for row in values]
    title = {"text": for_terminal(metric.partition(":")[2]), "anchor": "start", "color": colours["--ink"]}
    return spec | {"width": 640, "background": colours["--paper"], "title": title}


def colours_of(style: str) -> dict[str, str]:
    """Return the colours of the page's style by name, for light."""
    return dict(re.findall(r"(--\w+): light-dark\((#\w+),", style))


def _metric(report: HistoryReport, key: str, name: str) -> dict[str, object]:
    file, _, inside = key.partition(":")
    return {
        "file": for_terminal(file),
        "key": for_terminal(inside),
        "name": name,
        "headline": key in report.listing.columns,
        "better": side_over(report.listing.releases, key, report.directions).value,
        "limits": [{"name": one.name, "limit": one.limit} for one in report.limits if one.metric == key],
    }


def _row(line: ReleaseLine, metrics: Sequence[str], unknown: str | None) -> dict[str, object]:
    withdrawn = line.tag.withdrawn
    marks = [withdrawn.mark] if withdrawn is not None else [] if line.verified else ["unverified"]
    return {
        "tag": for_terminal(line.tag.name),
        "version": str(line.tag.version),
        "prerelease": line.tag.version.prerelease is not None,
        "date": line.when.strftime("%Y-%m-%d") if line.when is not None else None,
        "message": for_terminal(line.message),
        "commit": line.tag.ref.commit_id,
        "marks": [*marks, *([] if line.here else ["only on the remote"])],
        "withdrawn": for_terminal(withdrawn.reason) if withdrawn is not None else None,
        "unknown": unknown,
        "unread": {for_terminal(file): for_terminal(without_secrets(reason)) for file, reason in line.unread.items()},
        "values": [_cell(line, key, unknown) for key in metrics],
    }


def _unknown(line: ReleaseLine, details: ReleaseDetails | None) -> str | None:
    """Return why nothing is known of a release's files; None if they were read."""
    if not line.here:
        return "only the remote has this tag; `release fetch` gets it"
    return "its commit is not complete in this clone" if details is None else None


def _cell(line: ReleaseLine, key: str, unknown: str | None) -> object:
    if key in line.metrics:
        value = line.metrics[key]
        return value if is_number(value) and math.isfinite(value) else for_terminal(number(value))
    file = key.partition(":")[0]
    unread = any(file == path or file.startswith(f"{path}/") for path in line.unread)
    return False if unread or unknown is not None else None


def _things(details: ReleaseDetails) -> Iterator[tuple[object, ...]]:
    """Yield parameters, outs and the inputs of stages: group, name, value, and size in bytes or None."""
    for file in details.params:
        if file.problem is not None:
            yield "Parameters", for_terminal(file.path), f"unknown: {for_terminal(without_secrets(file.problem))}", None
        for key, value in file.values.items():
            yield "Parameters", for_terminal(f"{file.path}: {key}"), for_terminal(exact(value)), None
    for out in details.pointers.outs:
        yield "Data and models", for_terminal(out.path), (out.oid or "no hash")[:10], out.size_bytes
    for problem in details.pointers.problems:
        words = f"{problem.severity.value}: {without_secrets(problem.message)}"
        yield "Data and models", for_terminal(f"{problem.path} ({problem.kind.value})"), for_terminal(words), None
    for stage in details.pointers.stages:
        for dep in stage.deps if stage.name else ():
            yield "Made from", for_terminal(f"{stage.name}: {dep.path}"), (dep.oid or "no hash")[:10], dep.size_bytes


def _in_html(value: object) -> str:
    """Return JSON that is safe inside a script element and in a CI log: ASCII, without `<`, `>`, `&` and `##[`."""
    text = for_json_log(json.dumps(value, allow_nan=False, separators=(",", ":")))
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
