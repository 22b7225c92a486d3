"""Command `release prepare`."""

from __future__ import annotations

import click
from msgspec.structs import replace

from release.commands.prepare.view import prepare_document, prepare_page, prepared_lines
from release.core.check import exit_code
from release.core.draft import PrepareReport
from release.core.pull_request import RequestStep
from release.core.release import AUTO, BumpPlan, BumpRequest, optional_message
from release.core.version import check_kind
from release.errors import UsageError
from release.ui import ask, json_documents
from release.ui.ask import kind_of
from release.ui.options import Call, common, complete, examples, kinds, planned, tag_names
from release.ui.release_dialog import failures_on_the_page
from release.ui.release_text import local_refusals, plan_lines, request_page
from release.ui.style import plain


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
    check_kind(kind, "release", "prepare")
    if kind is None and not call.can_ask:
        raise UsageError(
            "missing argument KIND (major, minor, patch, pre, final, auto or a version)", help=call.with_words("auto")
        )
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
        from release.engine.kind import check_call

        check_call(call.project(), request)
        if not call.can_ask:
            raise call.unconfirmed()
    if pull_request:
        with failures_on_the_page(call):
            return _propose(call, request, outputs, sure=yes, preview=dry_run)
    if kind is None:
        if refused := local_refusals(ask.show_status(call, request).plan.checks):
            return int(exit_code(refused))
        request, _ = kind_of(call, request)
    return _write(call, request, sure=yes, preview=dry_run)


def _write(call: Call, request: BumpRequest, *, sure: bool, preview: bool) -> int:
    """Write the files into the work tree, after a question."""
    from release.commands.prepare.work import prepare_release, preview_prepare

    project = call.project()
    call.announce()
    if preview:
        return _tell(call, preview_prepare(request, project), shown=False)
    shown = False

    def confirm(plan: BumpPlan) -> bool:
        nonlocal shown
        if sure:
            return True

        _show(call, plan)
        shown = True
        return ask.confirm(
            f"Write these files for {plain(plan.release.tag or '')}, without commit or tag?", call.console
        )

    return _tell(call, prepare_release(request, project, confirm), shown=shown)


def _propose(call: Call, request: BumpRequest, outputs: str | None, *, sure: bool, preview: bool) -> int:
    """Open, update or close the pull request, after a question."""
    from release.commands.prepare.work import propose_release
    from release.engine.pull_requests import Spoken
    from release.system.environment import check_outputs, request_outputs, write_values

    shown = False

    def confirm(plan: BumpPlan) -> bool:
        nonlocal shown
        if sure:
            return True
        _show(call, plan)
        shown = True
        steps = plain(" and ".join(step.text for step in plan.steps))
        return ask.confirm(f"{steps[:1].upper()}{steps[1:]}?", call.console)

    def step(done: RequestStep) -> None:
        if call.verbose:
            call.console.say(f"done: {plain(done.text)}\n")

    def wait(why: str, pause_s: float) -> None:
        if not call.silent:
            call.console.say(f"{plain(why)}; trying again in {pause_s:g} seconds\n")

    check_outputs(call.environment, file=outputs)
    project = call.project()
    call.announce()
    spoken = Spoken(page=request_page, step=step, wait=wait)
    report = propose_release(request, project, confirm, spoken, preview=preview)
    code = _tell(call, report, shown=shown or (report.request is not None and not report.request.steps))
    write_values(request_outputs(report), prepare_page(report), call.environment, file=outputs, done="")
    return code


def _show(call: Call, plan: BumpPlan) -> None:
    call.console.answer_lines(plan_lines(call.told(plan, "prepare"), call.console.style))


def _tell(call: Call, report: PrepareReport, *, shown: bool) -> int:
    report = replace(report, plan=call.told(report.plan, "prepare"))
    if call.as_json:
        call.console.answer(json_documents.document(prepare_document(report)))
        return int(report.exit_code)

    if not shown and (report.plan.refused or not call.quiet):
        _show(call, report.plan)
    call.console.answer_lines(prepared_lines(report, call.console.style, quiet=call.quiet))
    return int(report.exit_code)
