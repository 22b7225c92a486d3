"""`release rollback`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import click

from release.cli.options import Call, common, examples
from release.core.plan import BumpPlan, StepKind
from release.core.report import BumpReport, Outcome
from release.errors import Cancelled, PartlyDone, UsageError


@click.command(
    name="rollback",
    epilog=examples(
        'release rollback v1.3.2 -m "1.4.0 is slow"   data and numbers of v1.3.2',
        "release rollback v1.3.2 --dry-run             what would go back",
        "release rollback v1.3.2 --code --yes          its code, too; for a script",
    ),
)
@click.argument("tag", metavar="TAG", required=False)
@click.option("-m", "--message", metavar="TEXT", help="The tag's subject (default: Rollback to TAG).")
@click.option("--kind", metavar="KIND", default="patch", help="patch (default), minor, major or a version.")
@click.option("--code", is_flag=True, help="Take the code back, too.")
@click.option("--no-push", is_flag=True, help="Keep the release here; `release bump` with its version publishes it.")
@click.option("--dry-run", is_flag=True, help="Show plan and checks, change nothing; the real exit code.")
@click.option("-y", "--yes", is_flag=True, help="Do what the plan says without asking.")
@common
def command(
    call: Call, *, tag: str | None, message: str | None, kind: str, code: bool, no_push: bool, dry_run: bool, yes: bool
) -> int:
    """Release the data and numbers of an older release again.

    A new release on top of today's history: dvc.yaml, dvc.lock, .dvc files, parameters and metrics of TAG go back together,
    the rest stays. It is audited like any release; gates are overridden, and the tag says why. Data here follows.
    """
    if tag is None and not call.can_ask:
        raise UsageError("TAG is missing", help=call.with_words("TAG"))
    if not (yes or dry_run or call.can_ask):
        raise UsageError("a release is confirmed by a person or by --yes", help=call.with_words("--yes"))
    from release.cli.progress import progress  # noqa: PLC0415 - `--help` needs none of it
    from release.flows.project import open_project  # noqa: PLC0415 - as above
    from release.flows.rollback import preview, request_of, rollback  # noqa: PLC0415 - as above

    project = open_project(call.folder, call.environment, on_terminal=call.console.interactive)
    if tag is None:
        from release.cli.ask_tags import release_of  # noqa: PLC0415 - only for a person

        tag = release_of(project, "Back to which release?")
    request = request_of(tag, message=message, kind=kind, with_code=code, push=not no_push)
    talk = _Talk(call, sure=yes)
    if dry_run:
        return talk.end(replace(preview(request, project), outcome=Outcome.PREVIEW))
    with progress(call.console, quiet=call.quiet or call.as_json) as shown:
        report = rollback(request, project, talk.confirm, talk.step, shown)
    return talk.end(report)


@dataclass(slots=True)
class _Talk:
    """What is shown while it is made, and whether its plan has been."""

    call: Call
    sure: bool
    shown: bool = False

    def confirm(self, plan: BumpPlan) -> bool:
        """Show the plan and ask once."""
        self._show(plan)
        if self.sure:
            return True
        from release.cli import ask  # noqa: PLC0415 - only for a person
        from release.render.look import plain  # noqa: PLC0415 - as above

        if not ask.confirm(f"Release {plain(plan.tag or '')}?", self.call.console):
            raise Cancelled("cancelled; nothing was changed")
        return True

    def step(self, step: StepKind) -> None:
        """With `-v` each step is named when it is done."""
        if self.call.verbose:
            self.call.console.say(f"done: {step.value}\n")

    def end(self, report: BumpReport) -> int:
        """Write the answer; returns the exit code."""
        from release.cli.console import OutputFailed  # noqa: PLC0415 - with the rest of the answer

        try:
            self._tell(report)
        except OutputFailed as error:
            if report.outcome is not Outcome.RELEASED:
                raise
            raise PartlyDone(f"{report.plan.tag} is released, but {error.message}", help=error.help) from error
        return int(report.exit_code)

    def _tell(self, report: BumpReport) -> None:
        if self.call.as_json:
            from release.render import as_json  # noqa: PLC0415 - only for machines

            self.call.console.answer(as_json.document({**as_json.bump(report), "command": "rollback"}))
            return
        from release.render.terminal import outcome_lines  # noqa: PLC0415 - only for people

        self._show(report.plan)
        lines = outcome_lines(report, self.call.console.look)
        self.call.console.answer("".join(f"{line}\n" for line in lines))

    def _show(self, plan: BumpPlan) -> None:
        hidden = self.call.quiet and self.sure and not plan.refused
        if self.call.as_json or self.shown or hidden:
            return
        from release.render.terminal import plan_lines  # noqa: PLC0415 - only for people

        self.shown = True
        console = self.call.console
        console.answer("".join(f"{line}\n" for line in plan_lines(plan, console.look)))
        if not self.sure and console.interactive and not console.out_is_terminal and not plan.refused:
            # Stdout is a file, but the question comes: the person must see what it is about.
            console.say("".join(f"{line}\n" for line in plan_lines(plan, console.error_look)))
