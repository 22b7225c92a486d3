"""Command `release undo`, and its text."""

from __future__ import annotations

import click

from release.core.check import Verdict
from release.core.release import ChangePlan, ChangeReport, RecordKind, optional_message
from release.core.text import age, command_line, enumerated
from release.system.environment import now
from release.ui.options import Call, common, complete, examples, planned, tag_names
from release.ui.release_dialog import ChangeDialog
from release.ui.release_text import check_lines, refusal_lines
from release.ui.style import Shade, Style, plain, wrapped


@click.command(
    name="undo",
    epilog=examples(
        "release undo                      the newest release, after one question",
        'release undo v1.4.0 -m "wrong data" --yes',
        "release undo --dry-run            what it would do",
    ),
)
@click.argument("tag", metavar="[TAG]", required=False, shell_complete=tag_names)
@click.option("-m", "--message", "reason", metavar="REASON", help="Why; added to the commit message.")
@planned
@complete
@common
def command(call: Call, *, tag: str | None, reason: str | None, dry_run: bool, yes: bool) -> int:
    """Undo a release: delete its tag, and reverse what it wrote.

    A release made with --no-push is removed from this clone. For a published one, a single push deletes the tag and
    adds a commit to the branch, both or neither; the version is not used again. Refused if a later release builds on
    it: then use release yank.
    """
    message = optional_message(reason)
    from release.engine.tag_reading import check_tag
    from release.engine.withdraw import ChangeRequest, change, undo_here, unpublished_one

    project = call.project(of=tag)
    check_tag(tag, project)
    call.check_confirmable(sure=yes or dry_run)
    waiting = unpublished_one(project, tag)
    talk = ChangeDialog(call=call, command="undo", verb="Undo", sure=yes, lines=_plan_lines)
    if waiting is not None:
        if not (dry_run or talk.confirm(waiting)):
            return 130
        undo_here(project, preview=dry_run)
        report = ChangeReport(plan=waiting, done=not dry_run)
    else:
        call.announce()
        request = ChangeRequest(kind=RecordKind.UNDO, tag=tag, reason=message)
        report = change(request, project, talk.confirm, talk.step, preview=dry_run)
    return talk.end(report, *_outcome(report.plan))


def _plan_lines(plan: ChangePlan, style: Style) -> list[str]:
    """Return what an undo would change and leave, or why it is refused."""
    names, remote = plain(plan.names), plain(plan.remote or "")
    tagged = plan.tagged
    when = f"   released {age(now() - tagged.when)} ago by {plain(tagged.name)}" if tagged is not None else ""
    lines = [style.paint(f"Undo {names}{when}", Shade.STRONG), ""]
    bad = [check for check in plan.checks if check.blocks]
    if bad:
        return [*lines, *refusal_lines(bad, style)]
    several = len(plan.releases) > 1
    tags, its, them = (f"tags {names}", "their", "them") if several else (f"tag {names}", "its", "it")
    takes_out = f" that takes {its} part out of {enumerated([*map(plain, plan.files)])}" if plan.files else ""
    done = [
        f"delete the {tags} here and on {remote},",
        f"add a commit to {plain(plan.branch or '')}{takes_out}, and push both together.",
    ]
    if plan.remote is None:
        return [
            *lines,
            *wrapped(f"This will remove the {tags} and {its} commit here; no remote has them.", style),
        ]
    used = "versions are" if several else "version is"
    kept = f"Whoever has fetched {names} keeps {them}; {its} {used} not used again. Data stays where it is."
    return [
        *lines,
        "This will",
        *(f"  {part}" for text in done for part in wrapped(text, style, 2)),
        *wrapped(kept, style),
        *check_lines([check for check in plan.checks if check.verdict is Verdict.WARNING], style),
    ]


def _outcome(plan: ChangePlan) -> tuple[str, str]:
    """Return what was done, and the command that brings the release back."""
    one = len(plan.releases) == 1
    if plan.remote is None:
        return f"{plan.names} {'is undone: it was' if one else 'are undone: they were'} only in this clone.", ""
    done = f"{plan.names} {'is' if one else 'are'} undone: gone from {plan.remote} and from this clone."
    return done, f"To bring {'it' if one else 'them'} back: {' && '.join(_way_back(plan, plan.remote))}"


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
