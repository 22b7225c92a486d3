"""Command `release fetch`, its text and its JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import click
from msgspec import Struct

from release.core.tag_changes import FetchedTag, FetchReport, TagChange
from release.core.tags import way_out
from release.core.text import command_line, many
from release.errors import ExitCode
from release.ui.json_documents import Document, ObjectId, error, filled, only
from release.ui.options import Call, asks_nothing, common, examples
from release.ui.style import Shade, Style, aligned, marked, plain, short


@click.command(
    name="fetch",
    epilog=examples(
        "release fetch             branches and tags of every remote",
        "release fetch --dry-run   what would change; nothing is fetched",
        "release fetch --prune     also delete tags that are gone from the remotes",
    ),
)
@click.option("--prune", is_flag=True, help="Delete local tags that a remote once had and no remote has now.")
@click.option("--dry-run", is_flag=True, help="Query the remotes, fetch nothing; exit code as in a real run.")
@asks_nothing
@common
def command(call: Call, *, prune: bool, dry_run: bool) -> int:
    """Fetch all tags of all git remotes.

    Like `git fetch --all --tags`, but reports tags that differ on a remote without changing yours, restores annotated
    tags that a CI checkout replaced with lightweight ones, and continues if a remote does not answer. A tag that no remote ever had
    is never deleted.
    """
    from release.commands.fetch.work import fetch, plan_fetch

    project = call.project()
    call.announce("asking the git remotes ...")
    report = plan_fetch(project) if dry_run else fetch(project, prune=prune)
    return call.end(report, fetched, fetch_lines)


_SHOWN = (TagChange.NEW, TagChange.REPAIRED, TagChange.MOVED, TagChange.VANISHED, TagChange.PRUNED)
_SHADES = {TagChange.NEW: Shade.GOOD, TagChange.MOVED: Shade.BAD, TagChange.VANISHED: Shade.DOUBTFUL}


def fetch_lines(report: FetchReport, style: Style) -> list[str]:
    """Return a row for each changed tag, a sentence for the others, and the next commands."""
    lines: list[str] = []
    for change in _SHOWN:
        found = report.having(change)
        rows = [[change.value, plain(tag.tag), plain(tag.remote), _what(tag, report)] for tag in found]
        for line in aligned(rows):
            text = short(f"  {line}", style.span)
            lines.append(style.paint(text, _SHADES.get(change)))
    for remote in report.remotes:
        if remote.trouble is not None:
            lines += marked("unknown", Shade.BAD, remote.trouble, style)
    for warning in report.warnings:
        lines += marked("warning", Shade.DOUBTFUL, warning, style)
    return [*lines, *([""] if lines else []), _sentence(report), *_helps(report)]


def bring_back(tag: FetchedTag) -> str:
    """Return the command that restores a deleted tag, as long as git still has its object."""
    return command_line("git", "update-ref", f"refs/tags/{tag.tag}", tag.before or "")


def _what(tag: FetchedTag, report: FetchReport) -> str:
    before, after = (tag.before or "")[:7], (tag.after or "")[:7]
    if tag.change is TagChange.MOVED:
        return f"{after} there, {before} here is unchanged"
    if tag.change is TagChange.REPAIRED:
        return "annotated again" if report.fetched else "lightweight here, annotated there"
    if tag.change in (TagChange.VANISHED, TagChange.PRUNED):
        return f"{before} is on no remote {'that answered' if _dead(report) else 'now'}"
    return after


def _sentence(report: FetchReport) -> str:
    dead = _dead(report)
    if dead == len(report.remotes):
        return "No remote answered: nothing is known, and nothing was changed."
    same = len({tag.tag for tag in report.having(TagChange.UNCHANGED)})  # a tag on several remotes counts once
    if not (same or report.local or dead or any(map(report.having, _SHOWN))):
        return "Already up to date."
    parts = [f"{many(same, 'tag')} unchanged"]
    if report.local:
        parts.append(f"{len(report.local)} {'on no remote that answered' if dead else 'only here'}")
    return f"{', '.join(parts)}."


def _dead(report: FetchReport) -> int:
    return sum(remote.trouble is not None for remote in report.remotes)


def _helps(report: FetchReport) -> list[str]:
    lines = [f"help: {bring_back(tag)}   (brings it back)" for tag in report.having(TagChange.PRUNED)]
    if moved := report.having(TagChange.MOVED):
        tag = moved[0]
        lines.append(
            f"help: {command_line('git', 'fetch', names=(tag.remote, f'refs/tags/{tag.tag}'))} "
            "&& git show FETCH_HEAD   (shows the tag there; do not trust a tag that moved)"
        )
    if report.having(TagChange.VANISHED) and not _dead(report):
        lines.append("help: release fetch --prune   (deletes the vanished tags here, too)")
    lines += [f"help: {plain(way_out(tag))}" for tag in report.broken]
    if report.replaced and not report.replaced[0].lightweight:
        lines.append(f"help: {plain(report.replaced[0].help)}   (the tag as it is here)")
    first = sorted(report.attested, key=lambda name: report.attested[name] is None)[:1]  # one that differs, if any
    lines += [f"help: {command_line('release', 'verify', names=(tag,))}   (proves its data)" for tag in first]
    dead = [remote for remote in report.remotes if remote.trouble is not None]
    lines += [f"help: {command_line('git', 'ls-remote', names=(remote.name,))}" for remote in dead]
    return lines


_DIFFERENT = tuple(change for change in TagChange if change is not TagChange.UNCHANGED)


class JsonFetchedTag(Struct, frozen=True, kw_only=True):
    """A tag that differs on a remote; `restore` is the command that brings a deleted tag back."""

    tag: str
    remote: str
    change: Annotated[TagChange, only(*_DIFFERENT)]
    before: ObjectId | None
    after: ObjectId | None
    restore: str | None


class JsonRemote(Struct, frozen=True, kw_only=True):
    """A git remote that was asked."""

    name: str
    verdict: Literal["ok", "unknown"]
    message: str | None


class FetchDocument(Document, frozen=True, kw_only=True):
    """Answer of `fetch`; `warnings` name tags here that a later release recorded as another object."""

    fetched: bool
    remotes: Sequence[JsonRemote]
    tags: Sequence[JsonFetchedTag]
    unchanged: int
    local_only: Sequence[str]
    warnings: Sequence[str]


def fetched(report: FetchReport) -> FetchDocument:
    """Return what `release fetch` answers."""
    dead = [remote for remote in report.remotes if remote.trouble is not None]
    errors = [
        error(ExitCode.UNKNOWN, one.trouble or "", command_line("git", "ls-remote", names=(one.name,)), "remote")
        for one in dead
    ]
    if report.exit_code is ExitCode.RACED:
        errors = [
            error(
                ExitCode.RACED,
                f"{tag.tag} is a different object on {tag.remote}; the tag here is unchanged",
                None,
                "tag",
            )
            for tag in report.having(TagChange.MOVED)
        ]
    return filled(
        FetchDocument,
        report,
        command="fetch",
        errors=errors,
        remotes=[
            JsonRemote(name=each.name, verdict="ok" if each.trouble is None else "unknown", message=each.trouble)
            for each in report.remotes
        ],
        tags=[
            filled(JsonFetchedTag, tag, restore=bring_back(tag) if change is TagChange.PRUNED else None)
            for change in _DIFFERENT
            for tag in report.having(change)
        ],
        unchanged=len(report.having(TagChange.UNCHANGED)),
        local_only=report.local,
    )
