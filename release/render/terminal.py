"""Plan of a release and its outcome, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from release.core.check import Check, CheckName, Verdict
from release.core.release import BumpPlan, BumpReport, Outcome, RecoverReport, StepKind
from release.core.text import command_line, many
from release.render.deltas import metric_lines, thing_lines
from release.render.look import Shade, Style, columns_of, pad, plain, short, short_path, wrapped
from release.render.reasons import reason_lines

_VERDICT_SHADES = {
    Verdict.OK: Shade.GOOD,
    Verdict.WARNING: Shade.DOUBTFUL,
    Verdict.FAILED: Shade.BAD,
    Verdict.UNKNOWN: Shade.BAD,
    Verdict.SKIPPED: Shade.FAINT,
}
_QUIET_WHEN_OK = frozenset(
    {CheckName.CHANGES, CheckName.VERSION, CheckName.TAG}
)  # not interesting when ok; they are in the JSON
_MOST_DETAILS = 8
_MOST_LINES = 3  # of one detail, after its first
_MOST_ENTRY_LINES = 8
_SHOWN_ABOVE = frozenset({"Performance", "Parameters", "Data and models"})


def plan_lines(plan: BumpPlan, look: Style) -> list[str]:
    """Return the preview: header, checks, and for a release that can be made its changes and steps."""
    if plan.nothing is not None and not plan.refused:
        return []
    lines = [header(plan, look), ""]
    if plan.checks:
        lines += [*check_lines(plan.checks, look), ""]
    if plan.refused:
        return lines
    for block in (
        reason_lines(plan, look, f"auto chose {plain(plan.chosen or '')}"),
        metric_lines(plan.metrics, look, before=plan.previous.name if plan.previous else None),
        thing_lines(plan.pointers, plan.params, look),
        _entry(plan, look),
        _along(plan, look),
        [line for note in plan.notes for line in _indented(f"note: {plain(note)}", look)],
    ):
        if block:
            lines += [*block, ""]
    return lines + wrapped(f"Will {_publish_line(plan)}.", look.room)


def outcome_lines(report: BumpReport, look: Style) -> list[str]:
    """Return the outcome of the plan, and the next command."""
    plan = report.plan
    if plan.refused:
        return ["Nothing was changed.", *help_lines(plan.checks)]
    if plan.nothing is not None:
        said = wrapped(f"Nothing to release: {plain(plan.nothing)}.", look.room)
        return [*said, *reason_lines(plan, look, "what there is:")] if plan.chosen == "none" and plan.reasons else said
    if report.outcome is Outcome.PREVIEW:
        return ["Nothing was changed: this was a dry run."]
    tag = plain(plan.tag or "")
    commit = (plan.commit or plan.base)[:7]
    ids = f"({commit}, tag {plan.tag_object[:7]})" if plan.tag_object else f"({commit})"
    done = look.paint(f"Released {tag}", Shade.GOOD)
    undo = f"undo while fresh: {command_line('release', 'delete', names=(plan.tag or '',))}"
    fits = report.pushed and len(f"Released {tag}  {ids}   {undo}") <= look.room
    lines = ["", f"{done}  {ids}   {undo}" if fits else f"{done}  {ids}"]
    if not report.pushed:
        lines += wrapped(f"It is only here, not on {plain(plan.remote)} yet.", look.room)
    for warning in report.warnings:
        lines += wrapped(f"warning: {plain(warning)}", look.room)
    if not report.pushed and plan.version is not None:
        lines.append(f"help: release bump {plan.version}   (publishes it)")
        lines.append("help: release recover --undo   (takes it back)")
    elif not fits:
        lines.append(undo)
    return lines


def header(plan: BumpPlan, look: Style) -> str:
    """Return `charCNN  v1.3.2 -> v1.4.0   on main, 6 commits since v1.3.2`; a long message is shortened."""
    previous = plain(plan.previous.name) if plan.previous else None
    if plan.tag is None:
        move = f"{plain(plan.kind)} after {previous}" if previous else plain(plan.kind)
    else:
        move = f"{previous} -> {plain(plan.tag)}" if previous else plain(plan.tag)
    at = f"at {plan.base[:7]}" if plan.files else f"tag only, at {plan.base[:7]}"
    where = f"on {short_path(plain(plan.branch), look.room // 3)}" if plan.branch else at
    commits = many(len(plan.commits), "commit")
    rests = (f"{where}, {commits} since {previous}" if previous else f"{where}, first release, {commits}", where)
    counted = plan.tag is not None or bool(plan.commits)
    rest = next((words for words in rests if counted and columns_of(move + words) + 25 <= look.room), where)
    message = short(plain(plan.message.split("\n", 1)[0]), max(look.room - columns_of(f"  {move}   {rest}"), 20))
    start = f"{look.paint(message, Shade.STRONG)}  " if message else ""
    return f"{start}{look.paint(move, Shade.STRONG)}   {rest}"


def check_lines(checks: Sequence[Check], look: Style) -> list[str]:
    """Return a row for each check worth showing, with its details, and the help of a warning.

    Commands are not broken into lines, so that they can be pasted.
    """
    checks = [check for check in checks if check.verdict is not Verdict.OK or check.name not in _QUIET_WHEN_OK]
    widest = max((columns_of(check.title) for check in checks), default=0)
    start = 11 + widest + 3
    lines = []
    for check in checks:
        verdict = look.paint(pad(check.verdict.value, 7), _VERDICT_SHADES[check.verdict])
        words = wrapped(plain(check.message), max(look.room - start, 24))
        lines.append(f"  {verdict}  {pad(check.title, widest)}   {words[0]}".rstrip())
        lines += [" " * start + line for line in words[1:]]
        for row in check.details[:_MOST_DETAILS]:
            first, *more = wrapped(plain(row), look.room - 13)
            lines += [f"{'':13}{first}", *(f"{'':15}{line}" for line in more[:_MOST_LINES])]
        if len(check.details) > _MOST_DETAILS:
            lines.append(f"{'':13}... {len(check.details) - _MOST_DETAILS} more (all with --json)")
        if check.verdict is Verdict.WARNING and check.help:
            lines.append(f"{'':11}help: {plain(check.help)}")
    return lines


def help_lines(checks: Sequence[Check]) -> list[str]:
    """Return the help of each blocking check, each once, in their order; never broken, so that it can be pasted."""
    helps = (check.help for check in checks if check.blocks and check.help)
    return [f"help: {plain(help)}" for help in dict.fromkeys(helps)]


def _entry(plan: BumpPlan, look: Style) -> list[str]:
    """Return the beginning of the changelog entry, without blank lines and the sections shown above it."""
    lines, above = [], False
    for line in plan.changelog_entry.split("\n"):
        if line.startswith("### "):
            above = line[4:].strip() in _SHOWN_ABOVE
        if line.strip() and not above:
            lines.append(line)
    shown = [f"  | {short(plain(line), look.room - 4)}" for line in lines[:_MOST_ENTRY_LINES]]
    if len(lines) > _MOST_ENTRY_LINES:
        shown.append(f"  | ... {len(lines) - _MOST_ENTRY_LINES} more")
    return [look.paint(line, Shade.FAINT) for line in shown]


def _along(plan: BumpPlan, look: Style) -> list[str]:
    """Return the unpushed commits and tags that the same push publishes."""
    if not plan.also_published:
        return []
    rows = [f"    {short(plain(row), look.room - 4)}" for row in plan.also_published]
    where = f"goes along to {plain(plan.remote)}" if plan.push else f"not on {plain(plan.remote)} yet"
    return [f"  {where}:", *rows]


def _publish_line(plan: BumpPlan) -> str:
    tag = plain(plan.tag or "")
    files = _listed([plain(file.path) for file in plan.files])
    written = f"write {files}, " if files else ""
    if not plan.push and not plan.steps:  # the plan of `release prepare`
        return f"write {files}, and commit and tag nothing" if files else f"change nothing: {tag} is prepared already"
    if not plan.push:
        return f"{written}{'and ' if written else ''}tag {tag} here, without pushing"
    if plan.branch is None:
        return f"tag {tag} and push it to {plain(plan.remote)}"
    together = next((step.together for step in plan.steps if step.kind is StepKind.PUBLISH), True)
    how = "together" if together else "one after the other"
    return f"{written}tag {tag}, and push {plain(plan.branch)} and the tag to {plain(plan.remote)} {how}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _indented(text: str, look: Style) -> Iterator[str]:
    return (f"  {line}" for line in wrapped(text, look.room - 2))


def recovered_lines(report: RecoverReport) -> list[str]:
    """Return what `release recover` found and did."""
    lines = [f"{plain(report.message)}."]
    if report.foreseen:
        return [*lines, "Nothing was changed: this was a dry run."]
    if report.finished is None:
        return [*lines, "Nothing of yours was touched."] if report.tag is not None else lines
    moved = [ref.split("/", 2)[2] for ref in report.finished.moved]
    done = [f"Moved {' and '.join(map(plain, moved))} here"] if moved else []
    if report.finished.files:
        done.append(f"updated {many(len(report.finished.files), 'file')}")
    lines.append(f"{', '.join(done)}. Nothing of yours was touched." if done else "Nothing of yours was touched.")
    return [*lines, *(f"warning: {plain(words)}" for words in report.finished.warnings)]
