"""Program `release-hook`: the entry points of the git hooks."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from release.commands.verify import hook_work
from release.core.check import exit_code
from release.core.text import for_terminal
from release.engine.project import open_project
from release.errors import ExitCode
from release.ui.console import Console, failure_of, report_failure


def main() -> int:
    """Run one hook in this process; return its exit code, one of those of `release`."""
    console, words = Console(), tuple(sys.argv[1:])
    try:
        with hook_commands.make_context("release-hook", list(words), obj=console) as context:
            code = hook_commands.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except BaseException as error:  # noqa: BLE001 - the error boundary, as in `app.py`
        return report_failure(failure_of(error, words), words, None, console)
    return int(code)


@click.group(name="release-hook")
def hook_commands() -> None:
    """Git hooks, described in docs/how-to/hooks.md."""


@hook_commands.command(name="add")
@click.pass_context
def add(context: click.Context) -> int:
    """pre-commit: `dvc add` changed data and stage its pointers."""
    added = hook_work.add_changed(open_project(Path(), os.environ, on_terminal=False))
    for path in added:
        context.obj.say(f"release-add: {for_terminal(path)} changed; added it, and its pointer to the commit\n")
    return int(ExitCode.DONE)


@hook_commands.command(name="pointers")
@click.pass_context
def pointers(context: click.Context) -> int:
    """pre-commit: check pointers against data, index and cache."""
    checks = hook_work.check_pointers(open_project(Path(), os.environ, on_terminal=False))
    for check in checks:
        if check.blocks:
            rows = [check.message, *check.details]
            text = "\n  ".join(for_terminal(row) for row in rows)
            context.obj.say(f"error: {text}\nhelp: {for_terminal(check.help or '')}\n")
    return int(exit_code(checks))


@hook_commands.command(name="verify")
@click.option("--push", is_flag=True, help="Upload what is missing there and in the local cache.")
@click.argument("remote", nargs=-1)
@click.pass_context
def verify(context: click.Context, *, push: bool, remote: tuple[str, ...]) -> int:
    """pre-push: check the pushed commits' data on its DVC remote.

    Git's arguments, REMOTE and its URL, are ignored.
    """
    del remote
    project = open_project(Path(), os.environ, on_terminal=False)
    by_pre_commit = bool({"PRE_COMMIT_TO_REF", "PRE_COMMIT_LOCAL_BRANCH"} & project.environment.keys())
    commits = hook_work.commits_to_verify(project, () if by_pre_commit or sys.stdin is None else sys.stdin)
    if not commits:
        return int(ExitCode.DONE)
    from release.commands.verify import work  # the audit: most calls end above
    from release.commands.verify.view import verified_lines
    from release.engine.audit import FEW_BYTES

    report = work.verify(work.VerifyRequest(revisions=commits, push=push, most_bytes=FEW_BYTES), project)
    context.obj.say_lines(verified_lines(report, context.obj.error_style))
    return int(report.exit_code)
