"""Command `release status`, its text and its JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import click
from msgspec.structs import replace

from release.core.job import checks_in_job
from release.core.metric_deltas import is_number
from release.core.metrics import Direction, Param
from release.core.release import AUTO, StatusReport
from release.core.report import side_over
from release.core.secrets import without_secrets
from release.core.tags import ListReport
from release.core.text import command_line
from release.errors import ExitCode, UsageError
from release.system.environment import job_of
from release.ui.json_documents import (
    Document,
    JsonCheck,
    JsonGate,
    JsonMetric,
    JsonPointer,
    ObjectId,
    errors_of,
    filled,
)
from release.ui.options import Call, changes_nothing, common, complete, examples, form, of_model, offline
from release.ui.release_text import (
    LEVELS,
    change_lines,
    help_lines,
    metric_value,
    status_head,
    status_page,
    verdict_lines,
)
from release.ui.style import Shade, Style, aligned, bars, fitted, pad, plain, short_path, spaced

_RECENT = 20  # releases in a trend
_MOST_METRICS = 1_000


@click.command(
    name="status",
    epilog=examples(
        "release status               what a release would do now",
        "release status --check       for a script: the exit code of bump",
        "release status --format md   Markdown for a pull request",
    ),
)
@click.option("--check", is_flag=True, help="Exit with bump's exit code; 0 if HEAD is already released.")
@offline("Contact no remote; skip checks that need one.")
@form
@changes_nothing
@complete
@of_model
@common
def command(call: Call, *, check: bool, offline: bool, form: str) -> int:
    """Show the latest release, what changed since, and every check.

    Shows what `release bump auto` would release, and why. Changes nothing. The exit code is 0 unless you pass --check.
    """
    if call.as_json and form == "md":
        raise UsageError("--json and --format md cannot be combined", help="leave one of them out")
    from release.engine.plan import read_status
    from release.engine.project import Access

    project = call.project()
    call.announce(quiet=offline)
    report = read_status(project, Access.OFFLINE if offline else Access.ALL)
    code = report.check_code if check else ExitCode.DONE
    if (job := job_of(call.environment)) is not None:
        report = replace(report, plan=replace(report.plan, checks=checks_in_job(report.plan.checks, job)))
    if form == "md":
        call.console.answer(status_page(report))
    else:
        recent = None if call.as_json or not _has_trends(report) else _recent(call)
        call.end(report, partial(status, code=code), partial(status_lines, recent=recent))
    return int(code)


def _has_trends(report: StatusReport) -> bool:
    """Return whether trends can be shown, and can be read quickly: every release may have as many metrics."""
    metrics = report.plan.release.metrics
    return report.released is None and len(metrics) <= _MOST_METRICS and any(metric.headline for metric in metrics)


def _recent(call: Call) -> ListReport:
    """Return the newest releases of this clone, for the trends."""
    from release.engine.release_list import ListRequest, list_releases

    return list_releases(call.project(), ListRequest(number=_RECENT, trend=True, offline=True))


class StatusDocument(Document, frozen=True, kw_only=True):
    """Answer of `status`.

    `released`: HEAD is released already. `auto` is what `bump auto` would choose (a level, a version or `none`),
    `version` what it would release (null: nothing).
    """

    branch: str | None
    commit: ObjectId | None
    previous_tag: str | None
    released: bool
    auto: str | None
    version: str | None
    reasons: Sequence[str]
    commits: Sequence[str]
    metrics: Sequence[JsonMetric]
    gates: Sequence[JsonGate]
    params: Sequence[Param]
    pointers: Sequence[JsonPointer]
    checks: Sequence[JsonCheck]
    warnings: Sequence[str]


def status(report: StatusReport, code: ExitCode) -> StatusDocument:
    """Return what `release status` answers; `code` is what it exits with."""
    plan = report.plan
    return filled(
        StatusDocument,
        plan,
        plan.release,
        command="status",
        exit_code=code,
        errors=errors_of(plan.checks) if code else (),
        commit=plan.base,
        previous_tag=plan.release.previous.name if plan.release.previous else None,
        released=report.released is not None,
        auto=plan.release.chosen,
        warnings=[without_secrets(note) for note in plan.notes],
        version=str(plan.release.version)
        if plan.release.version is not None and plan.release.chosen not in (None, "none")
        else None,
    )


# Report of `status` as lines for a terminal


def status_lines(report: StatusReport, style: Style, recent: ListReport | None = None) -> list[str]:
    """Return the latest release, the changes since, every check, and the next command; trends over `recent`, if they fit."""
    lines = fitted(lambda most: _status_lines(report, style, most, ()), style)
    trends = [] if recent is None else _trend_lines(report, recent, style)
    if style.rows is not None and len(lines) + len(trends) + 1 > style.rows:
        return lines
    return fitted(lambda most: _status_lines(report, style, most, trends), style)


def _trend_lines(report: StatusReport, recent: ListReport, style: Style) -> list[str]:
    """Return a row for each headline metric of two or more releases: its best, a bar for each, and one for this commit."""
    rows, drawn = [["trend", "best"]], []
    usable = [line for line in reversed(recent.releases) if line.tag.withdrawn is None]
    for metric in report.plan.release.metrics:
        past = [(line.metrics.get(metric.identity), line.tag.name) for line in usable]
        found = [(float(value), name) for value, name in past if is_number(value)]
        if not metric.headline or not is_number(metric.after) or len(found) < 2:
            continue
        found.append((float(metric.after), "now"))
        side = side_over(recent.releases, metric.identity, recent.directions)
        best = (
            None if side is Direction.NEITHER else (max if side is Direction.UP else min)(found, key=lambda one: one[0])
        )
        name = "" if best is None else f"{metric_value(best[0])}  {plain(best[1])}"
        rows.append([short_path(plain(metric.key), style.cell(style.room // 3)), name])
        shown = zip(bars([value for value, _ in found]), found, strict=True)
        drawn.append("".join(style.paint(bar, Shade.GOOD if one is best else None) for bar, one in shown))
    head, *lines = aligned(rows)
    width = max(map(len, (head, *lines)))
    return (
        [
            style.paint(f"  {head}", Shade.FAINT),
            *(f"  {pad(line, width)}   {bar}" for line, bar in zip(lines, drawn, strict=True)),
        ]
        if lines
        else []
    )


def _status_lines(report: StatusReport, style: Style, most: int, trends: Sequence[str]) -> list[str]:
    plan = report.plan
    shown = change_lines(report, style, most, trends) if report.released is None else []
    lines = [status_head(report, style), "", *shown, *spaced(verdict_lines(plan.checks, style))]
    helps = help_lines(plan.checks) if plan.refused else [_next(report)]
    pending = plan.exit_code is ExitCode.PENDING
    return lines[:-1] if report.released is not None and not pending else [*lines, *helps]


def _next(report: StatusReport) -> str:
    """Return the command that makes the release; other KINDs are named only if they would not be refused."""
    release = report.plan.release
    if release.chosen == "none":
        return f"help: {command_line(*release.call, 'patch')}   (or minor, major)"
    others = "   (or patch, minor, major)" if release.chosen is None or release.chosen in LEVELS else ""
    return f"help: {command_line(*release.call, AUTO)}{others}"
