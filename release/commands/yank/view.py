"""Text of `release yank`."""

from __future__ import annotations

from release.core.release import ChangePlan, ChangeReport
from release.core.text import command_line
from release.ui.release_text import check_lines, help_lines
from release.ui.style import Shade, Style, plain, wrapped


def plan_lines(plan: ChangePlan, style: Style, *, restore: bool) -> list[str]:
    """Return what a yank would do, or why it is refused."""
    name = plain(plan.names)
    reason = f"   {plain(plan.reason)}" if plan.reason else ""
    lines = [style.paint(f"{'Restore' if restore else 'Yank'} {name}{reason}", Shade.STRONG), ""]
    bad = [check for check in plan.checks if check.blocks]
    if bad:
        return [*lines, *check_lines(bad, style), "", "Nothing was changed.", *help_lines(bad)]
    where = f" in {', '.join(map(plain, plan.files))}" if plan.files else ""
    mark = "removes the mark" if restore else "marks it as not to be used"
    text = f"Pushes a commit to {plain(plan.branch or '')} that {mark}{where}."
    if plan.by_tag:
        text = (
            f"Deletes the tag {plan.by_tag}." if restore else f"Makes and pushes the tag {plan.by_tag}, which {mark}."
        )
    return [*lines, *wrapped(f"{text} {name} itself stays.", style.room)]


def outcome_lines(report: ChangeReport, style: Style, *, restore: bool) -> list[str]:
    """Return what was done, and the command that reverses it."""
    del style
    if not report.done:
        return []
    name = report.plan.names
    warnings = [f"warning: {plain(warning)}" for warning in report.warnings]
    if restore:
        return ["", f"{plain(name)} counts again.", *warnings]
    back = command_line("release", "yank", "--restore", names=report.plan.names.split(", "))
    return [
        "",
        f"{plain(name)} is yanked: nothing takes it for the latest release any more.",
        *warnings,
        f"To take that back: {back}",
    ]
