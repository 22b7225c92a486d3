"""`release bump`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from release.cli.options import Call, common, examples
from release.core.plan import BumpPlan, StepKind
from release.core.report import BumpReport, Outcome
from release.core.request import BumpRequest
from release.errors import Cancelled, PartlyDone, UsageError

if TYPE_CHECKING:
    from release.core.uploads import Uploads
    from release.flows.project import Project


@click.command(
    name="bump",
    epilog=examples(
        'release bump minor -m "charCNN"     1.3.2 becomes 1.4.0, after one question',
        "release bump minor --pre rc --yes   a candidate, 1.4.0-rc.1, unasked",
        "release bump auto --yes             the level by commits and data; for CI",
        "release bump patch --dry-run        plan and checks; nothing is changed",
        "release bump 2.0.0 --at 5d0e9c1     a version for an earlier commit",
    ),
)
@click.argument("kind", required=False, metavar="KIND")
@click.option("-m", "--message", metavar="TEXT", help="The tag's subject. Default: Release and the version.")
@click.option("--pre", metavar="NAME", help="Make a prerelease, such as 1.5.0-rc.1 for `--pre rc`.")
@click.option("--at", metavar="REV", help="Tag this commit instead of HEAD; writes no file.")
@click.option("--base", metavar="TAG", help="The previous release, where history does not tell.")
@click.option("--no-commit", is_flag=True, help="Make only the tag: no changelog entry, no version files.")
@click.option("--no-push", is_flag=True, help="Keep the release here; the same call again publishes it.")
@click.option(
    "--push-data", is_flag=True, help="Upload data that only your cache has; `push-data = true` does so, too."
)
@click.option("--allow-regression", metavar="REASON", help="Release though a metric gate fails; stands in the tag.")
@click.option("--allow-empty", is_flag=True, help="Release although HEAD is released already.")
@click.option("--sign/--no-sign", "sign", default=None, help="Sign commit and tag, or neither. Default: as git is set.")
@click.option("--outputs", metavar="FILE", help="Add released, version, tag... as NAME=value lines to FILE.")
@click.option("--dry-run", is_flag=True, help="Show plan and checks, change nothing; the real exit code.")
@click.option("-y", "--yes", is_flag=True, help="Do what the plan says without asking.")
@common
def command(
    call: Call,
    *,
    kind: str | None,
    message: str | None,
    pre: str | None,
    at: str | None,
    base: str | None,
    no_commit: bool,
    no_push: bool,
    push_data: bool,
    allow_regression: str | None,
    allow_empty: bool,
    sign: bool | None,
    outputs: str | None,
    dry_run: bool,
    yes: bool,
) -> int:
    """Make the next release.

    KIND is major, minor, patch, pre (the next candidate), final, auto (by commits and by what changed in data, models and
    parameters), or an exact version such as 2.0.0-rc.1.

    Every DVC object of the commit is looked for on its remote, the numbers are compared with the previous release, and
    commit and tag are published together or not at all.
    """
    _refuse_to_wait(call, kind, sure=yes or dry_run)
    from release.cli.progress import progress  # noqa: PLC0415 - `--help` needs none of it
    from release.flows.bump import bump, preview  # noqa: PLC0415 - `--help` needs none of it
    from release.flows.mending import Uploading  # noqa: PLC0415 - as above
    from release.flows.outputs import check_outputs  # noqa: PLC0415 - as above
    from release.flows.project import open_project  # noqa: PLC0415 - as above

    project = open_project(call.folder, call.environment, on_terminal=call.console.interactive)
    if kind is None:
        kind = _ask_kind(project)
    if message is None and call.can_ask and not (yes or dry_run):
        message = _ask_message()
    request = BumpRequest(
        kind=kind,
        message=message,
        pre=pre,
        at=at,
        base=base,
        commit=False if no_commit else None,
        push=not no_push,
        push_data=push_data or None,
        allow_empty=allow_empty,
        sign=sign,
        allow_regression=allow_regression,
    )
    check_outputs(call.environment, file=outputs)
    talk = _Talk(call, sure=yes, outputs=outputs)
    if dry_run:
        return talk.end(replace(preview(request, project), outcome=Outcome.PREVIEW))
    with progress(call.console, quiet=call.quiet or call.as_json) as shown:
        report = bump(request, project, talk.confirm, talk.step, Uploading(ask=talk.offer, on_progress=shown))
    return talk.end(report)


def _refuse_to_wait(call: Call, kind: str | None, *, sure: bool) -> None:
    """Without a person nothing waits: say what is missing before anything is asked of a network."""
    if call.can_ask:
        return
    if kind is None:
        raise UsageError(
            "KIND is missing: major, minor, patch, pre, final, auto or a version", help=call.with_words("patch")
        )
    if not sure:
        raise UsageError("a release is confirmed by a person or by --yes", help=call.with_words("--yes"))


def _ask_kind(project: Project) -> str:
    from release.cli import ask  # noqa: PLC0415 - only for a person
    from release.flows.choices import next_versions  # noqa: PLC0415 - as above

    return ask.kind(next_versions(project))


def _ask_message() -> str | None:
    from release.cli import ask  # noqa: PLC0415 - only for a person

    return ask.text("Message?", default="Release and the version")


@dataclass(slots=True)
class _Talk:
    """What is shown while a release is made, and whether its plan has been."""

    call: Call
    sure: bool
    outputs: str | None
    shown: bool = False

    def confirm(self, plan: BumpPlan) -> bool:
        """Show the plan and ask once. Without `--yes` there is somebody to ask, see `_refuse_to_wait`."""
        self._show(plan)
        if self.sure:
            return True
        from release.cli import ask  # noqa: PLC0415 - only for a person
        from release.render.look import plain  # noqa: PLC0415 - as above

        if not ask.confirm(f"Release {plain(plan.tag or '')}?", self.call.console):
            raise Cancelled("cancelled; nothing was changed")
        return True

    def offer(self, plan: BumpPlan, uploads: Uploads) -> bool:
        """Ask whether data may be uploaded. `--yes` is no answer to that, and without a person there is none."""
        if self.sure or not self.call.can_ask:
            return False
        from release.cli import ask  # noqa: PLC0415 - only for a person

        self._show(plan)
        if not ask.confirm(f"Upload {uploads.words} and go on?", self.call.console, default=True):
            return False
        self.shown = False  # the plan that comes of it is another one
        return True

    def step(self, step: StepKind) -> None:
        """With `-v` each step is named when it is done."""
        if self.call.verbose:
            self.call.console.say(f"done: {step.value}\n")

    def end(self, report: BumpReport) -> int:
        """Write the answer; returns the exit code."""
        from release.cli.console import OutputFailed  # noqa: PLC0415 - with the rest of the answer
        from release.flows.outputs import write_outputs  # noqa: PLC0415 - as above
        from release.render.page import bump_page  # noqa: PLC0415 - as above

        try:
            self._tell(report)
        except OutputFailed as error:
            if report.outcome is not Outcome.RELEASED:
                raise
            raise PartlyDone(f"{report.plan.tag} is released, but {error.message}", help=error.help) from error
        except KeyboardInterrupt as error:
            if report.outcome is not Outcome.RELEASED:
                raise
            tag = report.plan.tag
            raise PartlyDone(f"{tag} is released; only the telling was stopped", help=f"release show {tag}") from error
        write_outputs(report, bump_page(report), self.call.environment, file=self.outputs)
        return int(report.exit_code)

    def _tell(self, report: BumpReport) -> None:
        if self.call.as_json:
            from release.render import as_json  # noqa: PLC0415 - only for machines

            self.call.console.answer(as_json.document(as_json.bump(report)))
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
