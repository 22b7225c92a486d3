"""Report of `delete` as lines for a terminal."""

from __future__ import annotations

from release.core.tag_changes import LOCAL, DeletePlan, DeleteReport, Fate, Spot, TagDeletion, Where
from release.core.text import command_line, many, quote
from release.render.look import Shade, Style, aligned, marked, plain, short, wrapped
from release.render.terminal import check_lines, help_lines

_MOST_ROWS = 60


def plan_lines(plan: DeletePlan, look: Style) -> list[str]:
    """Return a row for each tag with its places, then checks and warnings."""
    rows = [[plain(one.tag), _places(one), plain(one.subject)] for one in plan.doomed]
    lines = [short(f"  {line}", look.room) for line in aligned(rows)]
    if plan.checks:
        lines += [*([""] if lines else []), *check_lines(plan.checks, look)]
    notes = list(plan.warnings)
    if plan.stages:
        notes.append(f"stages of it stay: {', '.join(plan.stages)}")
    if notes:
        lines.append("")
    for note in notes:
        lines += marked("warning", Shade.DOUBTFUL, note, look)
    return lines


def outcome_lines(report: DeleteReport, look: Style) -> list[str]:
    """Return the outcome for each tag and place, then the command that restores each tag."""
    plan = report.plan
    if plan.refused:
        return ["Nothing was changed.", *help_lines(plan.checks)]
    if not report.deleted:
        return ["", "Nothing was changed: this was a dry run.", *_stage_help(plan)]
    failed = [(one, spot) for one in plan.doomed for spot in one.spots if spot.fate is not Fate.DELETED]
    done = [one for one in plan.doomed if any(spot.fate is Fate.DELETED for spot in one.spots)]
    lines = [""]
    if done:
        lines.append(look.paint(f"Deleted {many(len(done), 'tag')}", Shade.GOOD) + _in_part(failed))
    for one, spot in failed:
        where = "here" if spot.place == LOCAL else f"on {plain(spot.place)}"
        text = f"{plain(one.tag)} {where}: {spot.fate.value}, {plain(spot.reason)}"
        first, *rest = wrapped(text, look.room - 2)
        lines += [look.paint(f"  {first}", Shade.BAD), *(f"    {line}" for line in rest)]
    for one in done[:_MOST_ROWS]:
        lines.append(f"help: {bring_back(one)}   (brings {quote(one.tag)} back)")
    if len(done) > _MOST_ROWS:
        lines.append(f"help: {len(done) - _MOST_ROWS} more such commands with --json")
    return [*lines, *_stage_help(plan)]


def bring_back(one: TagDeletion) -> str:
    """Return the command that restores the tag where it was deleted; git keeps its objects for at least two weeks."""
    words: list[str] = []
    for spot in one.spots:
        if spot.fate not in (Fate.DELETED, Fate.PLANNED):
            continue
        ref = f"refs/tags/{one.tag}"
        if spot.place == LOCAL:
            words.insert(0, command_line("git", "update-ref", ref, spot.object_id))
        else:
            words.append(command_line("git", "push", names=(spot.place, f"{spot.object_id}:{ref}")))
    return " && ".join(words)


def describe_deletion(plan: DeletePlan) -> str:
    """Return the question to confirm."""
    what = plan.doomed[0].tag if len(plan.doomed) == 1 else many(len(plan.doomed), "tag")
    where = {Where.LOCAL: " here", Where.REMOTE: " on the remote", Where.BOTH: ""}[plan.where]
    return f"Delete {plain(what)}{where}?"


def _places(one: TagDeletion) -> str:
    return ", ".join(f"{_place(spot)} {spot.object_id[:7]}" for spot in reversed(one.spots))


def _place(spot: Spot) -> str:
    return "here" if spot.place == LOCAL else plain(spot.place)


def _in_part(failed: list[tuple[TagDeletion, Spot]]) -> str:
    return ", but not everything:" if failed else "."


def _stage_help(plan: DeletePlan) -> list[str]:
    if not plan.stages:
        return []
    flags = {Where.LOCAL: ["--local"], Where.REMOTE: ["--remote"], Where.BOTH: ["--local", "--remote"]}[plan.where]
    return [f"help: {command_line('release', 'delete', *flags, names=plan.stages)}   (its stages)"]
