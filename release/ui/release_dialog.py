"""Terminal dialogues of commands that make or withdraw a release: show the plan, confirm, report the outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from release.core.check import Verdict
from release.core.config import of_tag
from release.core.release import BumpPlan, BumpReport, ChangePlan, ChangeReport, Outcome, StepKind
from release.core.release_page import PublishOutcome
from release.core.secrets import without_secrets
from release.core.text import command_line, many, quote
from release.core.verification import Uploads
from release.errors import Cancelled, PartlyDone, ReleaseError
from release.system.environment import job_of, write_failure, write_outputs
from release.ui import ask, json_documents
from release.ui.console import OutputFailed, failure_of
from release.ui.options import Call
from release.ui.release_text import bump_page, failure_page, outcome_lines, plan_lines
from release.ui.style import Style, plain

if TYPE_CHECKING:
    from release.core.stages import PromotePlan, PromoteReport
    from release.engine.project import Project

Changed = TypeVar("Changed", "ChangeReport", "PromoteReport")


class ReleaseDialog(Struct):
    """The dialogue of one release by `bump` or `rollback` (`command`).

    `sure`: no prompt. `outputs` is the file of `--outputs`; None for a command without it.
    """

    call: Call
    command: str
    sure: bool
    outputs: str | None = None
    shown: tuple[str, tuple[str, ...]] | None = None  # commit and tags of the last plan shown
    project: Project | None = None  # whose release page is made; None: there is none
    publishing: str = ""  # message shown while the release is pushed
    seen: BumpPlan | None = None  # what the status showed before a question

    def confirm(self, plan: BumpPlan) -> bool:
        """Show the plan and ask once. Without `--yes` there is a terminal; the commands check that."""
        self._show(plan)
        tags = ", ".join(plan.tags)
        self.publishing = f"publishing {tags} to {plan.remote} ..." if plan.push else ""
        if self.sure:
            return True

        warnings = sum(check.verdict is Verdict.WARNING for check in plan.checks)
        warned = f"{many(warnings, 'warning')}. " if warnings else ""
        if not ask.confirm(f"{warned}Release {plain(tags)}?", self.call.console):
            raise Cancelled("cancelled; nothing was changed")
        return True

    def offer(self, plan: BumpPlan, uploads: Uploads) -> bool:
        """Ask whether data may be uploaded; `--yes` does not answer this, and without a terminal it is False."""
        if self.sure or not self.call.can_ask:
            return False

        self._show(plan)
        if not ask.confirm(f"Upload {uploads.words} and continue?", self.call.console, default=True):
            return False
        self.shown = None  # the plan after the upload is another one
        return True

    def step(self, step: StepKind) -> None:
        """Report a finished step with `-v`, and announce the push, which may take long (hooks of both sides)."""
        self.call.did(step.value)
        if step is StepKind.KEEP and self.publishing:
            self.call.announce(self.publishing)

    def end(self, report: BumpReport) -> int:
        """Write the answer; return the exit code. The typed message and `--yes` stand in the help of checks, too."""
        report = self._with_page(replace(report, plan=self.call.with_typed_helps(report.plan, self.command)))
        try:
            self._tell(report)
        except (OutputFailed, KeyboardInterrupt) as error:
            if report.outcome is not Outcome.RELEASED:
                raise
            tags = report.plan.tags
            why = error.message if isinstance(error, OutputFailed) else "its report was interrupted"
            raise PartlyDone(
                f"{', '.join(tags)} is released, but {why}", help=command_line("release", "show", names=tags[-1:])
            ) from error
        if self.command == "bump":
            write_outputs(report, bump_page(report), self.call.environment, file=self.outputs)
        return int(report.exit_code)

    def _with_page(self, report: BumpReport) -> BumpReport:
        """Make the release page, if the plan says so; a failure is reported with the release, which stays as it is."""
        plan = report.plan
        if self.project is None or not plan.publish or plan.refused or report.outcome is Outcome.PREVIEW:
            return report
        from release.engine.release_pages import PublishRequest, publish, released_at_head

        tag: str | None = None
        try:
            here = plan.tags if report.outcome is Outcome.RELEASED else [released_at_head(self.project)]
            for tag in filter(None, here):
                self.call.announce(f"making the page of {tag} ...")
                project = replace(self.project, config=of_tag(self.project.config, tag))
                page = publish(PublishRequest(tag=tag), project)
                if page.outcome is PublishOutcome.BY_HAND:
                    words = f"there is no token for {page.forge.host}, so its page is not made: set {page.help}, then release publish {quote(tag)}"
                    return replace(report, warnings=(*report.warnings, words))
                report = replace(report, pages=(*report.pages, *filter(None, [page.url])))
        except ReleaseError as error:
            return replace(report, without_page=error)
        except KeyboardInterrupt:
            again = command_line("release", "publish", names=(tag,) if tag else ())
            return replace(report, without_page=PartlyDone("it was interrupted", help=again))
        return report

    def _tell(self, report: BumpReport) -> None:
        self._show(report.plan)
        self.call.end(
            report,
            partial(json_documents.bump_document, command=self.command),
            partial(outcome_lines, quiet=self.call.quiet),
        )

    def _show(self, plan: BumpPlan) -> None:
        hidden = self.call.quiet and self.sure and not plan.refused
        if self.call.as_json or self.shown == (plan.base, plan.tags) or hidden:
            return

        self.shown = (plan.base, plan.tags)
        plan = self.call.with_typed_helps(plan, self.command)
        self.call.show(partial(plan_lines, plan, seen=self.seen), asks=not self.sure and not plan.refused)


class ChangeDialog(Struct, frozen=True, kw_only=True):
    """The dialogue of `undo`, `yank` and `promote` (`command`), whose plan `lines` shows. `sure`: no prompt.

    `verb` begins the question; `document` is the JSON document of a report.
    """

    call: Call
    command: str
    verb: str
    sure: bool
    lines: Callable[[Any, Style], list[str]]
    document: Callable[..., object] = json_documents.changed

    def confirm(self, plan: ChangePlan | PromotePlan) -> bool:
        """Show the plan and ask once."""
        if not (self.call.as_json or (self.call.quiet and self.sure)):
            self.call.show(partial(self.lines, plan), asks=not self.sure)
        return self.sure or ask.confirm(f"{self.verb} {plain(plan.names)}?", self.call.console)

    def step(self, step: StepKind) -> None:
        """Report a finished step with `-v`."""
        self.call.did(step.value)

    def end(self, report: Changed, done: str, back: str) -> int:
        """Write the answer, with the plan of a dry run or refusal; return the exit code.

        `done` says what was done, and `back` how to reverse it ("": it cannot be); `-q` leaves that out.
        """
        report = replace(report, plan=self.call.with_typed_helps(report.plan, self.command))
        if not (report.done or self.call.as_json):
            self.call.show(partial(self.lines, report.plan), asks=False)
        said: list[str] = [plain(done), *(f"warning: {plain(warning)}" for warning in report.warnings)]
        if not self.call.quiet:
            said = ["", *said, *filter(None, [back])]
        document = partial(self.document, command=self.command)
        return self.call.end(report, document, lambda *_: said if report.done else [])


@contextmanager
def failures_on_the_page(call: Call) -> Iterator[None]:
    """Write errors without a plan to the job's summary page in GitHub Actions, not only to the log."""
    try:
        yield
    except Exception as error:
        failure = failure_of(error, call.words, "bump", job=job_of(call.environment))
        message = without_secrets(failure.message)
        write_failure(failure_page(failure.code, message, failure.help, failure.section), message, call.environment)
        raise
