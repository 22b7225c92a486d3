"""Command `release undo`."""

from __future__ import annotations

from functools import partial

import click
from msgspec.structs import replace

from release.commands.undo.view import outcome_lines, plan_lines
from release.core.release import ChangePlan, ChangeReport, RecordKind, optional_message
from release.system.environment import now
from release.ui import ask
from release.ui.console import LOOKING, announce
from release.ui.json_documents import changed
from release.ui.options import Call, common, complete, examples, planned, tag_names
from release.ui.style import plain


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

    project = call.project()
    check_tag(tag, project)
    if not (yes or dry_run or call.can_ask):
        raise call.unconfirmed()
    waiting = unpublished_one(project, tag)

    def confirm(plan: ChangePlan) -> bool:
        if not (call.as_json or (call.quiet and yes)):
            call.show(lambda style: plan_lines(plan, style, now()), asks=not yes)
        return yes or ask.confirm(f"Undo {plain(plan.names)}?", call.console)

    if waiting is not None:
        if not (dry_run or confirm(waiting)):
            return 130
        undo_here(project, preview=dry_run)
        report = ChangeReport(plan=waiting, done=not dry_run)
        if dry_run and not call.as_json:
            call.show(lambda style: plan_lines(waiting, style, now()), asks=False)
    else:
        announce(call.console, LOOKING, quiet=call.silent)
        request = ChangeRequest(kind=RecordKind.UNDO, tag=tag, reason=message)
        report = change(request, project, confirm, call.step, preview=dry_run)
        report = replace(report, plan=replace(report.plan, checks=call.told(report.plan.checks, "undo")))
        if not (report.done or call.as_json):
            call.show(lambda style: plan_lines(report.plan, style, now()), asks=False)
    return call.end(report, partial(changed, command="undo"), outcome_lines)
