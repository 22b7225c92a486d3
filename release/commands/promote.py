"""Command `release promote`, its text and its JSON document."""

from __future__ import annotations

from collections.abc import Sequence

import click

from release.core.check import Verdict
from release.core.release import optional_message
from release.core.secrets import without_secrets
from release.core.stages import PromotePlan, PromoteReport
from release.core.text import command_line
from release.errors import ExitCode
from release.ui.json_documents import Document, JsonCheck, ObjectId, errors_of, filled
from release.ui.options import Call, common, complete, examples, planned, tag_names
from release.ui.release_dialog import ChangeDialog
from release.ui.release_text import check_lines, refusal_lines
from release.ui.style import Shade, Style, plain, spaced, wrapped


@click.command(
    name="promote",
    epilog=examples(
        "release promote v1.4.0 prod             a release goes into production",
        "release promote charCNN@v1.3.0 staging  a model's version",
        "release promote charCNN#staging prod    the version that is in staging",
        "release promote --unassign v1.4.0 prod  it leaves the stage",
    ),
)
@click.argument("version", metavar="VERSION", shell_complete=tag_names)
@click.argument("stage", metavar="STAGE")
@click.option("-m", "--message", "message", metavar="MESSAGE", help="Why; the message of the stage tag.")
@click.option("--unassign", is_flag=True, help="Remove the version from the stage.")
@planned
@complete
@common
def command(
    call: Call, *, version: str, stage: str, message: str | None, unassign: bool, dry_run: bool, yes: bool
) -> int:
    """Assign a version to a stage, such as prod.

    Makes and pushes one annotated tag (charCNN#prod#2), which GTO and DVC read, too. VERSION is a tag, a version or
    latest; STAGE is any name. `[tool.release.stage.NAME]` sets what a version must pass first.
    """
    from release.engine.promote import PromoteRequest, promote

    text = optional_message(message)
    project = call.project(of=version)
    call.check_confirmable(sure=yes or dry_run)
    verb = "Remove" if unassign else "Promote"
    talk = ChangeDialog(call=call, command="promote", verb=verb, sure=yes, lines=_plan_lines, document=_document)
    call.announce()
    request = PromoteRequest(word=version, stage=stage, message=text, assigns=not unassign)
    report = promote(request, project, talk.confirm, talk.step, preview=dry_run)
    return talk.end(report, *_outcome(report.plan))


def _plan_lines(plan: PromotePlan, style: Style) -> list[str]:
    """Return what a promotion would change, or why it is refused."""
    if plan.nothing is not None and plan.exit_code is ExitCode.DONE:
        return [plain(plan.nothing)]
    verb, then = (
        ("Promote", f"now: {plan.before or 'empty'}") if plan.assigns else ("Remove", f"then: {plan.after or 'empty'}")
    )
    head = f"{verb} {plain(plan.names)}   {plain(then)}"
    lines = [style.paint(head, Shade.STRONG), ""]
    bad = [check for check in plan.checks if check.blocks]
    if bad:
        return [*lines, *refusal_lines(bad, style)]
    text = f"Makes the tag {plain(plan.tag)} at {plan.commit[:7]}, and pushes it to {plain(plan.remote)}."
    shown = [check for check in plan.checks if check.verdict in (Verdict.OK, Verdict.WARNING)]
    return [*lines, *spaced(check_lines(shown, style)), *wrapped(text, style)]


def _outcome(plan: PromotePlan) -> tuple[str, str]:
    """Return what was done, and the command that reverses it."""
    undo = ("--unassign",) if plan.assigns else ()
    back = command_line("release", "promote", *undo, names=(plan.version_tag, plan.stage))
    where = "in" if plan.assigns else "no longer in"
    return f"{plan.version_tag} is {where} {plan.stage}.", f"To take that back: {back}"


class PromoteDocument(Document, frozen=True, kw_only=True):
    """Answer of `promote`. `done`: `tag` was made and pushed; `assigns` false: it removes the version from the stage.

    `before` and `after` are the versions in the stage (null: none). `nothing` says why there was nothing to do.
    """

    done: bool
    dry_run: bool
    model: str
    version: str
    version_tag: str
    stage: str
    assigns: bool
    commit: ObjectId
    tag: str
    message: str
    before: str | None
    after: str | None
    nothing: str | None
    checks: Sequence[JsonCheck]
    steps: Sequence[str]
    warnings: Sequence[str]


def _document(report: PromoteReport, command: str) -> PromoteDocument:
    """Return what `release promote` answers."""
    plan = report.plan
    return filled(
        PromoteDocument,
        plan,
        command=command,
        errors=errors_of(plan.checks),
        done=report.done,
        dry_run=not report.done and plan.nothing is None and plan.exit_code is ExitCode.DONE,
        steps=[step.text for step in plan.steps],
        warnings=list(map(without_secrets, report.warnings)),
    )
