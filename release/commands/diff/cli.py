"""Command `release diff`, its text and its JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import click
from msgspec import Struct

from release.core.diff import Diff, Side
from release.core.metrics import Param
from release.core.pointer import PointerChange
from release.core.secrets import without_secrets
from release.core.text import for_markdown, many
from release.errors import ExitCode, UsageError
from release.ui.ask import release_of
from release.ui.json_documents import Document, JsonMetric, JsonPointer, ObjectId, document, error, filled
from release.ui.options import Call, changes_nothing, common, complete, examples, form, of_model, offline, tag_names
from release.ui.release_text import metric_table, shown_names, size_change, thing_lines
from release.ui.style import Shade, Style, aligned, and_more, first, plain, short, short_path, wrapped


@click.command(
    name="diff",
    epilog=examples(
        "release diff v1.3.2 v1.4.0               two releases",
        "release diff v1.4.0                      a release and the work tree",
        "release diff v1.4.0 HEAD --format md     Markdown for a pull request",
    ),
)
@click.argument("first", metavar="A", required=False, shell_complete=tag_names)
@click.argument("second", metavar="[B]", required=False, shell_complete=tag_names)
@click.option("--exit-code", "strict", is_flag=True, help="Exit with 9 if metrics, parameters or data differ.")
@form
@offline("Contact no remote; use only the local cache.")
@changes_nothing
@complete
@of_model
@common
def command(call: Call, *, first: str | None, second: str | None, strict: bool, form: str, offline: bool) -> int:
    """Show what differs between two releases.

    Shows metrics, parameters, data and models (with files inside directories) and the commits from A to B. A and B are
    tags, versions, branches or commits; without B, compares with the pointer, metric and parameter files of the work tree.
    """
    if call.as_json and form == "md":
        raise UsageError("--json and --format md cannot be combined", help="release diff A B --json   (or --format md)")
    if first is None and not call.can_ask:
        raise UsageError("missing argument A (tag, version or commit)", help=call.with_words("TAG"))
    from release.commands.diff.work import diff
    from release.engine.project import Access

    project = call.project(of=first)
    if first is None:
        first = release_of(project, "Compare which release with the work tree?")
    with call.progress("reading both sides"):
        found = diff(project, first, second, Access.OFFLINE if offline else Access.ALL)
    if call.as_json:
        call.console.answer(document(difference(found, strict=strict)))
    else:
        lines = diff_lines(found, call.console.style) if form == "text" else []
        page = "".join(f"{line}\n" for line in lines) or diff_page(found)
        call.console.answer(page)
    return int(found.strict_code) if strict else 0


_MOST_METRICS = 200
_MOST_FILES = 100
_MOST_COMMITS = 40


def diff_lines(diff: Diff, style: Style) -> list[str]:
    """Return differing metrics, parameters, data and models with the files inside, then the commits."""
    before, after = plain(diff.before.label), plain(diff.after.label)
    head = f"{before} -> {after}   {many(len(diff.commits), 'commit')}"
    lines = [style.paint(short(head, style.span), Shade.STRONG)]
    for block in (
        _metrics(diff, style),
        thing_lines(diff.pointers, diff.params, style),
        _files([change for change in diff.pointers if change.parent is not None], style),
        _commits(diff, style),
        [line for note in diff.notes for line in wrapped(f"note: {plain(note)}", style)],
    ):
        if block:
            lines += ["", *block]
    if not diff.differs:
        lines += ["", "Metrics, parameters, data and models are the same."]
    return lines


def diff_page(diff: Diff) -> str:
    """Return Markdown with a heading; all text from outside is escaped."""
    from release.core.auto import TYPES, CommitText, read_commits  # the terminal needs none of this
    from release.core.changelog import Notes, entry

    text = entry(
        Notes(
            version="",
            date=date.min,
            message="x",
            metrics=diff.metrics,
            params=diff.params,
            pointers=diff.pointers,
            commits=[
                said
                for id, subject in diff.commits
                for said in read_commits([CommitText(id=id, subject=subject)], TYPES)
            ],
        )
    )
    body = text.split("\n\n", 2)[2:]  # without the heading and the message of a release
    same = [] if diff.differs or diff.commits else ["Nothing differs."]
    notes = [f"Note: {for_markdown(note)}" for note in diff.notes]
    title = f"## {for_markdown(diff.before.label)} to {for_markdown(diff.after.label)}"
    return "\n\n".join(part.strip("\n") for part in (title, *body, *same, *notes)) + "\n"


def _metrics(diff: Diff, style: Style) -> list[str]:
    changed = first(diff.changed_metrics, style.most(_MOST_METRICS))
    if changed and (style.everything or len(diff.metrics) == len(changed) + 1):
        changed = diff.metrics
    rest = len(diff.metrics) - len(changed)
    if not changed:
        return [f"  {many(rest, 'metric')}, none of them changed"] if rest else []
    lines = metric_table(changed, shown_names(diff.metrics), (diff.before.label, diff.after.label), style)
    return [*lines, *and_more(rest)]


def _files(changes: Sequence[PointerChange], style: Style) -> list[str]:
    room = max(style.span // 2, 20)
    rows = [
        [short_path(plain(change.path), room), change.change.value, size_change(change)]
        for change in first(changes, style.most(_MOST_FILES))
    ]
    lines = [short(f"    {line}", style.span) for line in aligned(rows)]
    rest = len(changes) - len(rows)
    return [*lines, *and_more(rest, "more files", indent=4)]


def _commits(diff: Diff, style: Style) -> list[str]:
    shown = first(diff.commits, style.most(_MOST_COMMITS))
    lines = [short(f"  {commit[:7]}   {plain(subject)}", style.span) for commit, subject in shown]
    lines += and_more(len(diff.commits) - len(shown), "more commits")
    if diff.behind:
        before, after = plain(diff.before.label), plain(diff.after.label)
        lines += wrapped(f"{after} does not have {many(diff.behind, 'commit')} of {before}.", style)
    return lines


class JsonSide(Struct, frozen=True, kw_only=True):
    """One side of a comparison; `revision` null: the work tree."""

    revision: str | None
    commit: ObjectId


class JsonCommit(Struct, frozen=True, kw_only=True):
    """A commit."""

    commit: ObjectId
    subject: str


class DiffDocument(Document, frozen=True, kw_only=True):
    """Answer of `diff`."""

    before: JsonSide
    after: JsonSide
    differs: bool
    metrics: Sequence[JsonMetric]
    params: Sequence[Param]
    pointers: Sequence[JsonPointer]
    commits: Sequence[JsonCommit]
    behind: int
    warnings: Sequence[str]


def difference(diff: Diff, *, strict: bool) -> DiffDocument:
    """Return what `release diff` answers; `strict` as `--exit-code`."""
    code = diff.strict_code if strict else ExitCode.DONE
    words = f"{diff.before.label} and {diff.after.label} differ"
    return filled(
        DiffDocument,
        diff,
        command="diff",
        exit_code=code,
        errors=[error(code, words, None, "partial")] if code else (),
        before=_side(diff.before),
        after=_side(diff.after),
        commits=[JsonCommit(commit=commit, subject=subject) for commit, subject in diff.commits],
        warnings=[without_secrets(note) for note in diff.notes],
    )


def _side(side: Side) -> JsonSide:
    return JsonSide(revision=None if side.work_tree else side.label, commit=side.commit)
