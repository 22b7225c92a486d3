"""Command `release prepare`."""

from __future__ import annotations

import click

from release.commands.prepare.view import prepare_document, prepared_lines
from release.core.check import exit_code
from release.core.draft import PrepareReport
from release.core.release import AUTO, BumpPlan, BumpRequest, optional_message
from release.core.version import check_kind
from release.errors import UsageError
from release.ui import ask, json_documents
from release.ui.ask import kind_of
from release.ui.console import LOOKING, announce
from release.ui.options import Call, common, examples, kinds, planned, tag_names
from release.ui.release_text import local_refusals, plan_lines
from release.ui.style import plain


@click.command(
    name="prepare",
    epilog=examples(
        "release prepare auto --yes           the version chosen by the changes",
        'release prepare minor -m "charCNN"   with a first line for the entry',
    ),
)
@click.argument("kind", metavar="KIND", required=False, shell_complete=kinds)
@click.option("-m", "--message", metavar="TEXT", help="First line of the entry, and later the tag's subject.")
@click.option("--pre", metavar="NAME", help="Prepare a prerelease, such as 1.5.0-rc.1 for `--pre rc`.")
@click.option(
    "--base", metavar="TAG", shell_complete=tag_names, help="The previous release, if history doesn't show it."
)
@click.option("--allow-regression", metavar="REASON", help="Prepare even if a metric gate fails.")
@planned
@common
def command(
    call: Call,
    *,
    kind: str | None,
    message: str | None,
    pre: str | None,
    base: str | None,
    allow_regression: str | None,
    dry_run: bool,
    yes: bool,
) -> int:
    """Write the next release's files, for a pull request.

    For a main branch that only accepts pull requests. Commit the changelog and version files and merge them (squashing
    is fine). `release bump auto` then makes only the tag, with the version and message prepared here. `prepare` itself
    commits, tags and pushes nothing.
    """
    check_kind(kind, "release", "prepare")
    if kind is None and not call.can_ask:
        raise UsageError(
            "missing argument KIND (major, minor, patch, pre, final, auto or a version)", help=call.with_words("auto")
        )
    if not (yes or dry_run or call.can_ask):
        raise call.unconfirmed()
    from release.commands.prepare.work import prepare_release, preview_prepare

    project = call.project()
    request = BumpRequest(
        kind=kind or AUTO,
        message=optional_message(message),
        pre=pre,
        base=base,
        prepare=True,
        allow_regression=optional_message(allow_regression),
    )
    if kind is None:
        if refused := local_refusals(ask.show_status(call, request).plan.checks):
            return int(exit_code(refused))
        request, _ = kind_of(call, request)
    announce(call.console, LOOKING, quiet=call.silent)
    if dry_run:
        return _tell(call, preview_prepare(request, project), shown=False)
    shown = False

    def confirm(plan: BumpPlan) -> bool:
        nonlocal shown
        if yes:
            return True

        _show(call, plan)
        shown = True
        return ask.confirm(
            f"Write these files for {plain(plan.release.tag or '')}, without commit or tag?", call.console
        )

    return _tell(call, prepare_release(request, project, confirm), shown=shown)


def _show(call: Call, plan: BumpPlan) -> None:
    call.console.answer_lines(plan_lines(plan, call.console.style))


def _tell(call: Call, report: PrepareReport, *, shown: bool) -> int:
    if call.as_json:
        call.console.answer(json_documents.document(prepare_document(report)))
        return int(report.exit_code)

    if not shown and (report.plan.refused or not call.quiet):
        _show(call, report.plan)
    call.console.answer_lines(prepared_lines(report, call.console.style, quiet=call.quiet))
    return int(report.exit_code)
