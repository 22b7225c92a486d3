"""Changelog entry of a release, as Markdown (keepachangelog.com), from values only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct

from release.core.change import Change
from release.core.escape import for_markdown
from release.core.metrics.metric import Metric, MetricVerdict, Param, Scalar
from release.core.numbers import count, delta, exact, number, size
from release.core.pointers.pointer import PointerChange

MAX_LINES = 100  # per list or table, to keep entries readable; `release diff` shows all

_CONVENTIONAL = re.compile(
    r"^(?P<type>[a-z]+)(?P<scope>\([^()\n]*\))?(?P<breaking>!)?: +(?P<what>\S.*)$", re.IGNORECASE
)
_GROUPS = {"feat": "Features", "fix": "Fixes"}
_TYPES = frozenset("feat fix build chore ci data docs exp model perf refactor revert style test".split())  # noqa: SIM905 # words


class Notes(Struct, frozen=True, kw_only=True):
    """Content of an entry.

    `commits` are subjects, newest first; `unreleased` is hand-written Markdown. `regression` is the reason why a metric
    may be worse (None: no gate was overridden); `excluded` are the paths that the audit skips.
    """

    version: str
    date: date
    message: str
    metrics: Sequence[Metric] = ()
    params: Sequence[Param] = ()
    pointers: Sequence[PointerChange] = ()
    commits: Sequence[str] = ()
    unreleased: str = ""
    regression: str | None = None
    excluded: Sequence[str] = ()


def entry(notes: Notes) -> str:
    """Return the entry with LF and a final newline; `unreleased` is copied byte for byte."""
    parts = [f"## [{notes.version}] - {notes.date.isoformat()}", for_markdown(notes.message)]
    if notes.unreleased:
        parts.append(notes.unreleased)
    parts += [
        *_performance(notes.metrics),
        *([f"Accepted regression: {for_markdown(notes.regression)}"] if notes.regression is not None else []),
        *_section("Parameters", [_param(param, several=_several(notes.params)) for param in notes.params]),
        *_section("Data and models", [_pointer(pointer) for pointer in notes.pointers]),
        *_excluded(notes.excluded),
        *_changes(notes.commits),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _performance(metrics: Sequence[Metric]) -> list[str]:
    shown = [metric for metric in metrics if metric.headline]
    rest = [metric for metric in metrics if not metric.headline and metric.verdict is not MetricVerdict.UNCHANGED]
    quiet = len(metrics) - len(shown) - len(rest)
    if not shown and not rest:
        return []
    several = len({metric.file for metric in metrics}) > 1
    parts = ["### Performance"]
    if shown:
        parts.append(_table(shown, several=several))
    if rest:
        unchanged = f", {count(quiet)} unchanged" if quiet else ""
        summary = f"{count(len(rest))} more{unchanged}" if shown else f"{count(len(rest))} metrics{unchanged}"
        parts += [f"<details>\n<summary>{summary}</summary>", _table(rest, several=several), "</details>"]
    return parts


def _table(metrics: Sequence[Metric], *, several: bool) -> str:
    lines = ["| Metric | Before | After | Change | |", "| --- | ---: | ---: | ---: | --- |"]
    for metric in metrics[:MAX_LINES]:
        before = "" if metric.verdict is MetricVerdict.NEW else _figure(metric.before)
        after = "" if metric.verdict is MetricVerdict.REMOVED else _figure(metric.after)
        if metric.verdict is MetricVerdict.UNREADABLE:
            before, after = ("" if side == "null" else side for side in (before, after))
        name = for_markdown(metric.identity if several else metric.key) or "(no name)"
        lines.append(f"| {name} | {before} | {after} | {delta(metric.delta)} | {metric.verdict.value} |")
    if len(metrics) > MAX_LINES:
        lines.append(f"| ... {count(len(metrics) - MAX_LINES)} more | | | | |")
    return "\n".join(lines)


def _figure(value: Scalar) -> str:
    """Format a table cell; text is escaped, numbers are not."""
    return _value(number(value)) if isinstance(value, str) else number(value)


def _section(title: str, items: Sequence[str]) -> list[str]:
    return [f"### {title}", _list(items)] if items else []


def _list(items: Sequence[str]) -> str:
    lines = [f"- {item or '(no message)'}" for item in items[:MAX_LINES]]
    if len(items) > MAX_LINES:
        lines.append(f"- ... {count(len(items) - MAX_LINES)} more")
    return "\n".join(lines)


def _several(params: Sequence[Param]) -> bool:
    return len({param.file for param in params}) > 1


def _param(param: Param, *, several: bool) -> str:
    name = for_markdown(f"{param.file}:{param.key}" if several else param.key) or "(no name)"
    if param.change is Change.ADDED:
        return f"{name}: {_setting(param.after)} (added)"
    if param.change is Change.REMOVED:
        return f"{name}: {_setting(param.before)} (removed)"
    return f"{name}: {_setting(param.before)} -> {_setting(param.after)}"


def _setting(value: Scalar) -> str:
    return _value(exact(value)) or '""'


def _value(text: str, limit: int = 80) -> str:
    return for_markdown(text if len(text) <= limit else f"{text[:limit]}...")


def _pointer(pointer: PointerChange) -> str:
    path = for_markdown(pointer.path) or "(no name)"
    if pointer.change is Change.ADDED:
        return f"{path}: {size(pointer.after_size_bytes)} (added)"
    if pointer.change is Change.REMOVED:
        return f"{path}: {size(pointer.before_size_bytes)} (removed)"
    return f"{path}: {size(pointer.before_size_bytes)} -> {size(pointer.after_size_bytes)}"


def _excluded(paths: Sequence[str]) -> list[str]:
    return [f"Not audited: {', '.join(for_markdown(path) for path in paths[:MAX_LINES])}"] if paths else []


def _changes(subjects: Sequence[str]) -> list[str]:
    """Group the subjects if any is Conventional (conventionalcommits.org), else list them."""
    groups: dict[str, list[str]] = {"Breaking changes": [], "Features": [], "Fixes": [], "Other": []}
    for subject in subjects:
        group, text = _classified(subject)
        groups[group].append(text)
    if len(groups["Other"]) == len(subjects) and not any(map(_conventional, subjects)):
        return _section("Changes", [for_markdown(subject) for subject in subjects])
    filled = [(f"#### {title}", _list(items)) for title, items in groups.items() if items]
    return ["### Changes", *_flattened(filled)]


def _conventional(subject: str) -> re.Match[str] | None:
    match = _CONVENTIONAL.match(subject)
    return match if match and match["type"].lower() in _TYPES else None


def _classified(subject: str) -> tuple[str, str]:
    match = _conventional(subject)
    if match is None:
        return "Other", for_markdown(subject)
    scope = f"{match['scope'][1:-1]}: " if match["scope"] else ""
    if match["breaking"]:
        return "Breaking changes", for_markdown(scope + match["what"])
    group = _GROUPS.get(match["type"].lower())
    return (group, for_markdown(scope + match["what"])) if group else ("Other", for_markdown(subject))


def _flattened(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [part for pair in pairs for part in pair]
