"""Text of `release undo`."""

from __future__ import annotations

from datetime import datetime

from release.core.check import Verdict
from release.core.release import ChangePlan, ChangeReport
from release.core.text import age, command_line
from release.ui.release_text import check_lines, help_lines
from release.ui.style import Shade, Style, plain, wrapped


def plan_lines(plan: ChangePlan, style: Style, now: datetime) -> list[str]:
    """Return what an undo would change and leave, or why it is refused."""
    names, remote = plain(plan.names), plain(plan.remote or "")
    tagged = plan.tagged
    when = f"   released {age(now - tagged.when)} ago by {plain(tagged.name)}" if tagged is not None else ""
    lines = [style.paint(f"Undo {names}{when}", Shade.STRONG), ""]
    bad = [check for check in plan.checks if check.blocks]
    if bad:
        return [*lines, *check_lines(bad, style), "", "Nothing was changed.", *help_lines(bad)]
    takes_out = f" that takes its part out of {' and '.join(map(plain, plan.files))}" if plan.files else ""
    done = [
        f"delete the tag {names} here and on {remote},",
        f"add a commit to {plain(plan.branch or '')}{takes_out}, and push both together.",
    ]
    if plan.remote is None:
        return [
            *lines,
            *wrapped(f"This will remove the tag {names} and its commit here; no remote has them.", style.room),
        ]
    kept = f"Whoever has fetched {names} keeps it; its version is not used again. Data stays where it is."
    return [
        *lines,
        "This will",
        *(f"  {part}" for text in done for part in wrapped(text, style.room - 2)),
        *wrapped(kept, style.room),
        *check_lines([check for check in plan.checks if check.verdict is Verdict.WARNING], style),
    ]


def outcome_lines(report: ChangeReport, style: Style) -> list[str]:
    """Return what was done, and the command that brings the release back."""
    del style
    plan = report.plan
    if not report.done:
        return []
    warnings = [f"warning: {plain(warning)}" for warning in report.warnings]
    if plan.remote is None:
        only = "is undone: it was" if len(plan.releases) == 1 else "are undone: they were"
        return ["", f"{plain(plan.names)} {only} only in this clone.", *warnings]
    are = "is" if len(plan.releases) == 1 else "are"
    return [
        "",
        f"{plain(plan.names)} {are} undone: gone from {plain(plan.remote)} and from this clone.",
        *warnings,
        f"To bring {'it' if are == 'is' else 'them'} back: {' && '.join(_way_back(plan, plan.remote))}",
    ]


def _way_back(plan: ChangePlan, remote: str) -> list[str]:
    """Return the commands that bring tag, entry and version lines back."""
    pushed = [f"{each.ref.object_id[:10]}:refs/tags/{each.name}" for each in plan.releases]
    reverted = []
    if plan.files and plan.commit is not None:
        reverted = [command_line("git", "revert", "--no-edit", names=(plan.commit[:10],))]
        pushed = [f"HEAD:refs/heads/{plan.remote_branch}", *pushed]
    push = command_line("git", "push", names=(remote, *pushed))
    restored = (command_line("release", "yank", "--restore", "--yes", names=(each.name,)) for each in plan.releases)
    return [*reverted, push, "release fetch", *restored]
