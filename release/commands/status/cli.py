"""Command `release status`."""

from __future__ import annotations

import click

from release.errors import ExitCode, UsageError
from release.ui.options import Call, changes_nothing, common, examples


@click.command(
    name="status",
    epilog=examples(
        "release status               what a release would find now",
        "release status --check       for a script: the code that bump would give",
        "release status --format md   Markdown for a pull request",
    ),
)
@click.option("--check", is_flag=True, help="Exit with the code that bump would give; 0 if HEAD is released.")
@click.option("--offline", is_flag=True, help="Ask no remote; what needs one is skipped.")
@click.option("--format", "form", type=click.Choice(["text", "md"]), default="text", help="text, or md: Markdown.")
@changes_nothing
@common
def command(call: Call, *, check: bool, offline: bool, form: str) -> int:
    """Show the last release, what changed since, and every check.

    It says what `release bump auto` would release, and why. Nothing is changed, and the exit code is 0 unless --check is
    given.
    """
    if call.as_json and form == "md":
        raise UsageError("--json and --format md are two answers", help="leave one of them out")
    from release.engine.plan import read_status
    from release.engine.project import Access
    from release.ui.console import LOOKING, announce

    project = call.project()
    announce(call.console, LOOKING, quiet=call.silent or offline)
    report = read_status(project, Access.HERE if offline else Access.EVERYWHERE)
    code = report.check_code if check else ExitCode.DONE
    if call.as_json:
        from release.commands.status import view as status_view
        from release.ui import json_documents

        call.console.answer(json_documents.document(status_view.status(report, code)))
        return int(code)
    if form == "md":
        from release.ui.release_text import status_page  # only for pull requests

        call.console.answer(status_page(report))
        return int(code)
    from release.commands.status.view import status_lines

    call.console.answer_lines(status_lines(report, call.console.look))
    return int(code)
