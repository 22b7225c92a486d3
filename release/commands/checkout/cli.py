"""Command `release checkout`, its text and its JSON document."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from functools import partial

import click
from msgspec import Struct
from msgspec.structs import replace

from release.core.check import Verdict
from release.core.secrets import without_secrets
from release.core.text import command_line, many, quote, size
from release.core.work_tree import CheckoutReport, CheckoutRequest, Data, Head, LeftOut
from release.errors import UsageError
from release.ui.ask import release_of
from release.ui.json_documents import Document, JsonCheck, ObjectId, errors_of, filled
from release.ui.options import Call, asks_nothing, common, complete, examples, of_model, tag_names
from release.ui.release_text import check_lines, refusal_lines
from release.ui.style import Shade, Style, plain, wrapped


@click.command(
    name="checkout",
    epilog=examples(
        "release checkout v1.4.0                     code and data, on from/v1.4.0",
        "release checkout v1.4.0 --worktree ../old   in a new folder",
        "release checkout v1.4.0 --detach            no branch",
        "release checkout charCNN@v1.3.0             a model, with only its data",
    ),
)
@click.argument("tag", metavar="TAG", required=False, shell_complete=tag_names)
@click.option("-b", "branch", metavar="NAME", help="The branch to create (default: from/TAG).")
@click.option("--detach", is_flag=True, help="Create no branch; detach HEAD at the tag's commit.")
@click.option("--worktree", "folder", metavar="DIR", help="Use a new work tree in DIR; this one is not changed.")
@click.option("--dry-run", is_flag=True, help="Run every check, change nothing; exit code as in a real run.")
@click.option("--no-data", is_flag=True, help="Check out only the code; data is not changed.")
@asks_nothing
@complete
@of_model
@common
def command(
    call: Call,
    *,
    tag: str | None,
    branch: str | None,
    detach: bool,
    folder: str | None,
    no_data: bool,
    dry_run: bool,
) -> int:
    """Check out a release: its code and data.

    Checks that none of your changes would be lost and that every object of the release is available, fetches the objects
    and verifies their content, and only then switches branch and data. If a step fails, everything is restored; after a kill, release recover finishes
    it or goes back.
    """
    if detach and branch is not None:
        raise UsageError("--detach and -b cannot be combined", help="leave one of them out")
    if tag is None and not call.can_ask:
        raise UsageError("missing argument TAG", help=call.with_words("TAG"))
    from release.commands.checkout.work import checkout

    project = call.project(of=tag)
    if tag is None:
        tag = release_of(project, "Which release?")
    request = CheckoutRequest(
        tag=tag,
        branch=branch,
        head=Head.DETACHED if detach else Head.BRANCH,
        folder=None if folder is None else posixpath.normpath(call.folder.absolute() / folder),
        data=Data.STAYS if no_data else Data.FOLLOWS,
    )
    with call.progress() as shown:
        call.announce(f"checking {tag} and the files here ...")
        report = checkout(request, project, shown, lambda _: not dry_run)
    return call.end(report, checked_out, partial(checkout_lines, quiet=call.quiet))


def checkout_lines(report: CheckoutReport, style: Style, *, quiet: bool = False) -> list[str]:
    """Return the obstacles, or the new position and the command to go back; `quiet`: without it."""
    if not report.moved and not report.refused:
        lines_of_plan = wrapped(_would(report), style)
        return [
            *check_lines(report.checks, style),
            "",
            *lines_of_plan,
            "Nothing was changed: this was a dry run.",
            *_by_hand(report),
        ]
    if report.refused:
        return refusal_lines(report.checks, style)
    head = f"{plain(report.tag)}  ({report.commit[:7]}), {_where(report)}"
    lines = [style.paint(head, Shade.GOOD), *wrapped(_data(report), style)]
    for warning in report.warnings:
        lines += wrapped(f"warning: {plain(warning)}", style)
    for each in report.left_out:
        lines += wrapped(f"left out: {plain(each.path)}: {plain(each.reason)}", style)
    same = report.folder is None and (report.left, report.left_commit) == (report.branch, report.commit)
    stayed = quiet or (same and not (report.written or report.removed))
    back = [] if stayed else [f"help: {way_back(report)}   (goes back)"]
    helps = (check.help for check in report.checks if check.verdict is Verdict.WARNING and check.help)
    return [*lines, *_by_hand(report), *(f"help: {help}" for help in dict.fromkeys(helps)), *back]


def _by_hand(report: CheckoutReport) -> list[str]:
    return [f"help: {plain(each.help)}   (brings {quote(each.path)})" for each in report.left_out]


def way_back(report: CheckoutReport) -> str:
    """Return the command that undoes the checkout."""
    if report.folder is not None:
        return command_line("git", "worktree", "remove", names=(report.folder,))
    words = ("git", "checkout") if report.left else ("git", "checkout", "--detach")
    moved = report.written or report.removed
    back = command_line(*words, report.left or report.left_commit or "")
    return f"{back} && dvc checkout" if moved else back


def _where(report: CheckoutReport) -> str:
    where = f"on branch {plain(report.branch)}" if report.branch else "with a detached HEAD"
    return where if report.folder is None else f"{where}, in {plain(report.folder)}"


def _would(report: CheckoutReport) -> str:
    """Return what a dry run found to do; the number of bytes to fetch is unknown."""
    parts = []
    if report.fetched:
        parts.append(f"fetch {many(report.fetched, 'object')}")
    if report.written:
        parts.append(f"write {many(report.written, 'file')} of data")
    if report.removed:
        parts.append(f"remove {report.removed}")
    *most, last = [f"check out {plain(report.tag)} ({report.commit[:7]}) {_where(report)}", *parts]
    return f"Would {', '.join(most)} and {last}." if most else f"Would {last}."


def _data(report: CheckoutReport) -> str:
    if report.data is Data.STAYS:
        return "Data was not changed."
    if not (report.written or report.removed or report.fetched):
        return "No data had to be changed."
    parts = [f"{many(report.written, 'file')} of data written"]
    if report.removed:
        parts.append(f"{report.removed} removed")
    if report.fetched:
        parts.append(f"{many(report.fetched, 'object')} fetched ({size(report.fetched_bytes)})")
    return f"{', '.join(parts)}."


class JsonFetched(Struct, frozen=True, kw_only=True):
    """Objects that were fetched from remotes."""

    objects: int
    bytes: int


class CheckoutDocument(Document, frozen=True, kw_only=True):
    """Answer of `checkout`."""

    moved: bool
    tag: str
    commit: ObjectId
    branch: str | None
    left: str | None
    left_commit: ObjectId | None
    worktree: str | None
    fetched: JsonFetched
    written: int
    removed: int
    checks: Sequence[JsonCheck]
    warnings: Sequence[str]
    left_out: Sequence[LeftOut]
    back: str | None


def checked_out(report: CheckoutReport) -> CheckoutDocument:
    """Return what `release checkout` answers."""
    return filled(
        CheckoutDocument,
        report,
        command="checkout",
        errors=errors_of(report.checks),
        branch=None if report.refused else report.branch,
        worktree=report.folder,
        fetched=JsonFetched(objects=report.fetched, bytes=report.fetched_bytes),
        warnings=[without_secrets(warning) for warning in report.warnings],
        left_out=[replace(each, reason=without_secrets(each.reason)) for each in report.left_out],
        back=way_back(report) if report.moved else None,
    )
