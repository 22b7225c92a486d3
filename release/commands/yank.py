"""Command `release yank`, and its text."""

from __future__ import annotations

from functools import partial

import click
from msgspec.structs import replace

from release.core.check import Verdict
from release.core.release import ChangePlan, RecordKind, optional_message
from release.core.text import command_line
from release.errors import ExitCode, UsageError
from release.ui import ask
from release.ui.options import Call, common, complete, examples, planned, tag_names
from release.ui.release_dialog import ChangeDialog
from release.ui.release_text import check_lines, refusal_lines
from release.ui.style import Shade, Style, plain, wrapped


@click.command(
    name="yank",
    epilog=examples(
        'release yank v1.4.0 -m "trained on test data"',
        'release yank -m "too slow" --yes     the newest release',
        "release yank --restore v1.4.0        it counts again",
    ),
)
@click.argument("tag", metavar="[TAG]", required=False, shell_complete=tag_names)
@click.option("-m", "--message", "reason", metavar="REASON", help="Why it must not be used; added to the changelog.")
@click.option("--restore", is_flag=True, help="Remove the mark.")
@click.option(
    "--no-commit", is_flag=True, help="Mark it with a tag (yanked/TAG) instead of a commit; for protected branches."
)
@planned
@complete
@common
def command(
    call: Call, *, tag: str | None, reason: str | None, restore: bool, no_commit: bool, dry_run: bool, yes: bool
) -> int:
    """Mark a published release as not to be used.

    The tag stays, because others may have it. A commit adds [YANKED] and the reason to its changelog entry. From then
    on, the latest release, deltas, gates and auto skip it.
    """
    from release.engine.tag_reading import check_tag
    from release.engine.withdraw import ChangeRequest, change

    project = call.project(of=tag)
    check_tag(tag, project)
    if reason is None and not restore and (not call.can_ask or yes):
        raise UsageError("missing option -m REASON", help=call.with_words("-m", "REASON"))
    message = optional_message(reason)
    call.check_confirmable(sure=yes or dry_run)
    lines = partial(_plan_lines, restore=restore)
    talk = ChangeDialog(call=call, command="yank", verb="Restore" if restore else "Yank", sure=yes, lines=lines)
    call.announce()
    request = ChangeRequest(kind=RecordKind.MARK, tag=tag, reason=message, restore=restore, commit=not no_commit)
    report = change(request, project, talk.confirm, talk.step, preview=dry_run or (reason is None and not restore))
    if reason is None and not restore and report.exit_code is ExitCode.DONE:
        call.console.pass_by("")
        reason = ask.text(f"Why must {plain(report.plan.names)} not be used?")
        request = replace(request, reason=optional_message(reason))
        report = change(request, project, talk.confirm, talk.step, preview=dry_run)
    return talk.end(report, *_outcome(report.plan, restore=restore))


def _plan_lines(plan: ChangePlan, style: Style, *, restore: bool) -> list[str]:
    """Return what a yank would do, or why it is refused."""
    name = plain(plan.names)
    reason = f"   {plain(plan.reason)}" if plan.reason else ""
    lines = [style.paint(f"{'Restore' if restore else 'Yank'} {name}{reason}", Shade.STRONG), ""]
    bad = [check for check in plan.checks if check.blocks]
    if bad:
        return [*lines, *refusal_lines(bad, style)]
    where = f" in {', '.join(map(plain, plan.files))}" if plan.files else ""
    mark = "removes the mark" if restore else "marks it as not to be used"
    text = f"Pushes a commit to {plain(plan.branch or '')} that {mark}{where}."
    if plan.by_tag:
        text = (
            f"Deletes the tag {plan.by_tag}." if restore else f"Makes and pushes the tag {plan.by_tag}, which {mark}."
        )
    warnings = check_lines([check for check in plan.checks if check.verdict is Verdict.WARNING], style)
    return [*lines, *warnings, *wrapped(f"{text} {name} itself stays.", style)]


def _outcome(plan: ChangePlan, *, restore: bool) -> tuple[str, str]:
    """Return what was done, and the command that reverses it."""
    if restore:
        return f"{plan.names} counts again.", ""
    back = command_line("release", "yank", "--restore", names=plan.names.split(", "))
    return f"{plan.names} is yanked: nothing takes it for the latest release any more.", f"To take that back: {back}"
