"""Report of `status` as lines for a terminal."""

from __future__ import annotations

from release.core.release import StatusReport
from release.core.text import many
from release.core.version import Level
from release.render.deltas import metric_lines, thing_lines
from release.render.look import Shade, Style, plain, short
from release.render.reasons import reason_lines
from release.render.terminal import check_lines, help_lines

_MOST_COMMITS = 8
_LEVELS = frozenset(level.value for level in Level)


def status_lines(report: StatusReport, look: Style) -> list[str]:
    """Return the last release, the changes since, every check, and the next command."""
    plan = report.plan
    previous = plain(plan.previous.name) if plan.previous else None
    lines = [_head(report, look), ""]
    if report.released is None:
        for block in (
            reason_lines(plan, look, _chosen(report)),
            _commits(report, look),
            metric_lines(plan.metrics, look, before=previous),
            thing_lines(plan.pointers, plan.params, look),
        ):
            if block:
                lines += [*block, ""]
    if plan.checks:
        lines += [*check_lines(plan.checks, look), ""]
    if report.released is not None:
        return lines[:-1]
    return [*lines, *(help_lines(plan.checks) if plan.refused else [_next(report)])]


def _next(report: StatusReport) -> str:
    """Return the command that makes the release; other KINDs are named only if they would not be refused."""
    chosen = report.plan.chosen
    if chosen == "none":
        return "help: release bump patch   (or minor, major)"
    others = "   (or patch, minor, major)" if chosen is None or chosen in _LEVELS else ""
    return f"help: release bump auto{others}"


def _chosen(report: StatusReport) -> str:
    plan = report.plan
    if plan.chosen == "none":
        return "auto would release nothing"
    level = f" ({plan.chosen})" if plan.chosen in _LEVELS else ""
    return f"auto would release {plain(plan.tag or plan.chosen or '')}{level}"


def _head(report: StatusReport, look: Style) -> str:
    plan = report.plan
    where = f"on {plain(plan.branch)}" if plan.branch else f"at {plan.base[:7]}"
    if report.released is not None:
        return look.paint(f"{plain(report.released)} is released, and nothing is new {where}", Shade.STRONG)
    commits = many(len(plan.commits), "commit")
    if plan.previous is None:
        return look.paint(f"no release yet   {where}, {commits}", Shade.STRONG)
    return look.paint(f"{plain(plan.previous.name)} is the last release   {where}, {commits} since", Shade.STRONG)


def _commits(report: StatusReport, look: Style) -> list[str]:
    subjects = report.plan.commits
    lines = [f"  {short(plain(subject), look.room - 2)}" for subject in subjects[:_MOST_COMMITS]]
    rest = len(subjects) - len(lines)
    return [*lines, f"  ... {rest} more (all with --json)"] if rest else lines
