"""Command `release prepare`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click
from msgspec import Struct
from msgspec.structs import replace

from release.commands.prepare.view import prepare_document, prepare_page, prepared_lines
from release.core.check import exit_code
from release.core.draft import PrepareReport
from release.core.release import AUTO, BumpPlan, BumpRequest, optional_message
from release.errors import UsageError
from release.ui import ask
from release.ui.ask import kind_of
from release.ui.options import Call, common, complete, examples, kinds, of_model, planned, tag_names
from release.ui.release_dialog import failures_on_the_page
from release.ui.release_text import local_refusals, plan_lines, request_page
from release.ui.style import plain

if TYPE_CHECKING:
    from release.engine.project import Project


@click.command(
    name="prepare",
    epilog=examples(
        "release prepare auto --yes            the version chosen by the changes",
        'release prepare minor -m "charCNN"    with a first line for the entry',
        "release prepare auto --pull-request   opens the pull request, or updates it",
    ),
)
@click.argument("kind", metavar="KIND", required=False, shell_complete=kinds)
@click.option("-m", "--message", metavar="TEXT", help="First line of the entry, and later the tag's subject.")
@click.option("--pre", metavar="NAME", help="Prepare a prerelease, such as 1.5.0-rc.1 for `--pre rc`.")
@click.option(
    "--base", metavar="TAG", shell_complete=tag_names, help="The previous release, if history doesn't show it."
)
@click.option("--allow-regression", metavar="REASON", help="Prepare even if a metric gate fails.")
@click.option(
    "--pull-request", is_flag=True, help="Open or update the pull request, on a branch of its own (KIND is then auto)."
)
@click.option(
    "--outputs",
    metavar="FILE",
    help="Append outputs of --pull-request (pull_request, prepared...) to FILE, as bump does.",
)
@planned
@complete
@of_model
@common
def command(
    call: Call,
    *,
    kind: str | None,
    message: str | None,
    pre: str | None,
    base: str | None,
    allow_regression: str | None,
    pull_request: bool,
    outputs: str | None,
    dry_run: bool,
    yes: bool,
) -> int:
    """Write the next release's files, for a pull request.

    For a main branch that only accepts pull requests. Commit the changelog and version files and merge them (squashing
    is fine). `release bump auto` then makes only the tag, with the version and message prepared here. `prepare` itself
    commits, tags and pushes nothing.

    With --pull-request it does so itself, on the branch release-pr/BASE: it opens the pull request, brings it up to date,
    or closes it if nothing is left to release. The work tree stays as it is. It needs a token (see publish).
    """
    kind = kind or (AUTO if pull_request else None)
    ask.check_kind_given(call, kind, "prepare", "auto")
    if outputs is not None and not pull_request:
        raise UsageError("--outputs goes with --pull-request", help=call.with_words("--pull-request"))
    request = BumpRequest(
        kind=kind or AUTO,
        message=optional_message(message),
        pre=pre,
        base=base,
        prepare=True,
        allow_regression=optional_message(allow_regression),
    )
    if not (yes or dry_run):
        ask.check_before_asking(call, call.project(), request)
    if pull_request:
        dialog = _Dialog(call=call, sure=yes)
        with failures_on_the_page(call):
            return dialog.propose(request, outputs, preview=dry_run)
    return _write(call, request, kind, sure=yes, preview=dry_run)


def _write(call: Call, request: BumpRequest, kind: str | None, *, sure: bool, preview: bool) -> int:
    """Show what changed and ask for KIND, if it is missing; then write the files."""
    project, seen = call.project(), None
    if kind is None:
        status = ask.show_status(call, request)
        if refused := local_refusals(status.plan.checks):
            return int(exit_code(refused))
        seen = None if call.quiet else status.plan
        request, _, answer = kind_of(call, request)
        project = replace(project, answer=answer)
    return _Dialog(call=call, sure=sure, seen=seen).write(request, project, preview=preview)


class _Dialog(Struct):
    """The dialogue of `prepare`. `sure`: no prompt. `seen` is the plan of the status that was shown first, if any."""

    call: Call
    sure: bool
    seen: BumpPlan | None = None
    shown: bool = False  # whether the user has seen the plan

    def write(self, request: BumpRequest, project: Project, *, preview: bool) -> int:
        """Write the files into the work tree, after a question."""
        from release.commands.prepare.work import prepare_release, preview_prepare

        self.call.announce()
        if preview:
            return self._tell(preview_prepare(request, project))
        return self._tell(prepare_release(request, project, self._confirm))

    def propose(self, request: BumpRequest, outputs: str | None, *, preview: bool) -> int:
        """Open, update or close the pull request, after a question."""
        from release.commands.prepare.work import propose_release
        from release.engine.release_pages import Callbacks
        from release.system.environment import check_outputs, request_outputs, write_values

        call = self.call
        check_outputs(call.environment, file=outputs)
        project = call.project()
        call.announce()
        callbacks = Callbacks(step=call.did, wait=call.wait)
        report = propose_release(request, project, self._confirm, request_page, callbacks, preview=preview)
        report = replace(report, plan=call.with_typed_helps(report.plan, "prepare"))
        self.shown = self.shown or (report.request is not None and not report.request.steps)
        code = self._tell(report)
        write_values(request_outputs(report), prepare_page(report), call.environment, file=outputs, done="")
        return code

    def _confirm(self, plan: BumpPlan) -> bool:
        if self.sure:
            return True
        self._show(plan)
        self.shown = True
        question = f"Write these files for {plain(plan.release.tag or '')}, without commit or tag?"
        if plan.steps:  # of a pull request
            steps = plain(" and ".join(step.text for step in plan.steps))
            question = f"{steps[:1].upper()}{steps[1:]}?"
        return ask.confirm(question, self.call.console)

    def _show(self, plan: BumpPlan) -> None:
        plan = self.call.with_typed_helps(plan, "prepare")
        self.call.console.answer_lines(plan_lines(plan, self.call.console.style, self.seen))

    def _tell(self, report: PrepareReport) -> int:
        call = self.call
        report = replace(report, plan=call.with_typed_helps(report.plan, "prepare"))
        if not (call.as_json or self.shown) and (report.plan.refused or not call.quiet):
            self._show(report.plan)
        return call.end(report, prepare_document, partial(prepared_lines, quiet=call.quiet))
