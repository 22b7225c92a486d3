"""Command `release changelog`, its text and its JSON documents."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from release.core.changelog import EntrySource, RebuildReport
from release.core.tags import describe_broken, way_out
from release.core.text import for_terminal
from release.errors import UsageError
from release.ui import ask
from release.ui.json_documents import Document, document, filled
from release.ui.options import Call, common, examples, of_model, tag_names

if TYPE_CHECKING:
    from release.engine.project import Project


class EntryDocument(Document, frozen=True, kw_only=True):
    """Answer of `changelog`."""

    tag: str | None
    version: str | None
    entry: str
    source: EntrySource
    warnings: Sequence[str]


class RebuildDocument(Document, frozen=True, kw_only=True):
    """Answer of `changelog --rebuild`."""

    path: str
    added: Sequence[str]
    diff: str
    written: bool


@click.command(
    name="changelog",
    epilog=examples(
        "release changelog               the entry that a release would write now",
        "release changelog v1.4.0        the entry of a release",
        "release changelog --rebuild     adds missing releases to the file",
    ),
)
@click.argument("tag", metavar="[TAG]", required=False, shell_complete=tag_names)
@click.option("--rebuild", is_flag=True, help="Add missing releases to the file.")
@click.option("--dry-run", is_flag=True, help="With --rebuild: show the diff; write nothing.")
@click.option("-y", "--yes", is_flag=True, help="With --rebuild: write it without asking.")
@of_model
@common
def command(call: Call, *, tag: str | None, rebuild: bool, dry_run: bool, yes: bool) -> int:
    """Print a changelog entry, or add missing releases to the file.

    Without TAG, prints the unreleased entry. --rebuild adds releases that wrote no entry (`--at`, `--no-commit`, other
    tools) to the file in the work tree, shows the diff first, and changes no existing text. Contacts the DVC
    remote only for metric files tracked by DVC that are not on this machine.
    """
    if rebuild and tag is not None:
        raise UsageError("--rebuild is about every release", help="release changelog --rebuild")
    call.check_confirmable(sure=yes or dry_run or not rebuild)
    project = call.project(of=tag)
    return _rebuild(call, project, dry_run=dry_run, yes=yes) if rebuild else _entry(call, project, tag)


def _entry(call: Call, project: Project, tag: str | None) -> int:
    from release.commands.changelog.work import entry_of_release, unreleased_entry

    with call.progress("reading the release"):
        report = unreleased_entry(project) if tag is None else entry_of_release(project, tag)
    if call.as_json:
        warnings = [describe_broken(tag) for tag in report.broken]
        found = filled(EntryDocument, report, command="changelog", entry=report.text, warnings=warnings)
        call.console.answer(document(found))
        return 0
    call.console.answer(_safe_lines(report.text), content=True)

    for lost in report.broken:
        call.console.say(_safe_lines(f"warning: {describe_broken(lost)}\nhelp: {way_out(lost)}\n"))
    if not report.text:
        call.console.say("nothing to release\n")
    return 0


def _rebuild(call: Call, project: Project, *, dry_run: bool, yes: bool) -> int:
    from release.commands.changelog.work import rebuild

    def confirm(report: RebuildReport) -> bool:
        waiting.close()  # the progress line must not overwrite the prompt
        _show(call, report)
        if yes:
            return True

        return ask.confirm(f"Write {report.path}?", call.console)

    with ExitStack() as waiting:
        shown = waiting.enter_context(call.progress("reading releases"))
        report = rebuild(project, None if dry_run else confirm, shown)
    if call.as_json:
        call.console.answer(document(filled(RebuildDocument, report, command="changelog")))
        return 0
    if dry_run:
        _show(call, report)
    if not report.changed:
        call.console.answer(f"{report.path} has every release.\n")
    elif report.written:
        call.console.answer(f"\nWrote {report.path}; commit it when ready.\n")
    else:
        call.console.answer("\nNothing was changed: this was a dry run.\n")
    return 0


def _show(call: Call, report: RebuildReport) -> None:
    if call.as_json or not report.changed:
        return

    call.console.answer(_safe_lines(report.diff))
    if call.console.interactive and not call.console.out_is_terminal:
        call.console.say(_safe_lines(report.diff))


def _safe_lines(text: str) -> str:
    """Return the text escaped line by line, with a final newline if it is not empty."""
    if not text:
        return ""
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    return "".join(f"{for_terminal(line)}\n" for line in lines)
