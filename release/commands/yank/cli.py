"""Command `release yank`."""

from __future__ import annotations

from functools import partial

import click
from msgspec.structs import replace

from release.commands.yank.view import outcome_lines, plan_lines
from release.core.release import ChangePlan, RecordKind, optional_message
from release.errors import ExitCode, UsageError
from release.ui import ask
from release.ui.console import LOOKING, announce
from release.ui.json_documents import changed
from release.ui.options import Call, common, complete, examples, planned, tag_names
from release.ui.style import plain


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

    project = call.project()
    check_tag(tag, project)
    if reason is None and not restore and (not call.can_ask or yes):
        raise UsageError("missing option -m REASON", help=call.with_words("-m", "REASON"))
    message = optional_message(reason)
    if not (yes or dry_run or call.can_ask):
        raise call.unconfirmed()

    def confirm(plan: ChangePlan) -> bool:
        if not (call.as_json or (call.quiet and yes)):
            call.show(partial(plan_lines, plan, restore=restore), asks=not yes)
        return yes or ask.confirm(f"{'Restore' if restore else 'Yank'} {plain(plan.names)}?", call.console)

    announce(call.console, LOOKING, quiet=call.silent)
    request = ChangeRequest(kind=RecordKind.MARK, tag=tag, reason=message, restore=restore, commit=not no_commit)
    report = change(request, project, confirm, call.step, preview=dry_run or (reason is None and not restore))
    if reason is None and not restore and report.exit_code is ExitCode.DONE:
        call.console.pass_by("")
        reason = ask.text(f"Why must {plain(report.plan.names)} not be used?")
        request = replace(request, reason=optional_message(reason))
        report = change(request, project, confirm, call.step, preview=dry_run)
    report = replace(report, plan=replace(report.plan, checks=call.told(report.plan.checks, "yank")))
    if not (report.done or call.as_json):
        call.show(partial(plan_lines, report.plan, restore=restore), asks=False)
    return call.end(report, partial(changed, command="yank"), partial(outcome_lines, restore=restore))
