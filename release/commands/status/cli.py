"""Command `release status`."""

from __future__ import annotations

from functools import partial

import click
from msgspec.structs import replace

from release.commands.status.view import status, status_lines
from release.core.job import checks_in_job
from release.errors import ExitCode, UsageError
from release.system.environment import job_of
from release.ui.options import Call, changes_nothing, common, complete, examples, form, offline
from release.ui.release_text import status_page


@click.command(
    name="status",
    epilog=examples(
        "release status               what a release would do now",
        "release status --check       for a script: the exit code of bump",
        "release status --format md   Markdown for a pull request",
    ),
)
@click.option("--check", is_flag=True, help="Exit with bump's exit code; 0 if HEAD is already released.")
@offline("Contact no remote; skip checks that need one.")
@form
@changes_nothing
@complete
@common
def command(call: Call, *, check: bool, offline: bool, form: str) -> int:
    """Show the latest release, what changed since, and every check.

    Shows what `release bump auto` would release, and why. Changes nothing. The exit code is 0 unless you pass --check.
    """
    if call.as_json and form == "md":
        raise UsageError("--json and --format md cannot be combined", help="leave one of them out")
    from release.engine.plan import read_status
    from release.engine.project import Access

    project = call.project()
    call.announce(quiet=offline)
    report = read_status(project, Access.OFFLINE if offline else Access.ALL)
    code = report.check_code if check else ExitCode.DONE
    if (job := job_of(call.environment)) is not None:
        report = replace(report, plan=replace(report.plan, checks=checks_in_job(report.plan.checks, job)))
    if form == "md":
        call.console.answer(status_page(report))
    else:
        call.end(report, partial(status, code=code), status_lines)
    return int(code)
