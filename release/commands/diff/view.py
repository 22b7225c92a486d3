"""Text and JSON of `release diff`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from release.core.diff import Diff, Side
from release.core.metrics import Param
from release.core.pointer import PointerChange
from release.core.secrets import without_secrets
from release.core.text import for_markdown, many
from release.errors import ExitCode
from release.ui.json_documents import Document, JsonMetric, JsonPointer, ObjectId, error, filled
from release.ui.release_text import metric_table, shown_names, size_change, thing_lines
from release.ui.style import Shade, Style, aligned, and_more, first, plain, short, short_path, wrapped

_MOST_METRICS = 200
_MOST_FILES = 100
_MOST_COMMITS = 40


def diff_lines(diff: Diff, style: Style) -> list[str]:
    """Return differing metrics, parameters, data and models with the files inside, then the commits."""
    lines = [style.paint(short(_head(diff), style.span), Shade.STRONG)]
    for block in (
        _metrics(diff, style),
        thing_lines(diff.pointers, diff.params, style),
        _files([change for change in diff.pointers if change.parent is not None], style),
        _commits(diff, style),
        [line for note in diff.notes for line in wrapped(f"note: {plain(note)}", style.room)],
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


def _head(diff: Diff) -> str:
    return f"{plain(diff.before.label)} -> {plain(diff.after.label)}   {many(len(diff.commits), 'commit')}"


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
        lines += wrapped(f"{after} does not have {many(diff.behind, 'commit')} of {before}.", style.room)
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
        errors=[error(code, words, None)] if code else (),
        before=_side(diff.before),
        after=_side(diff.after),
        commits=[JsonCommit(commit=commit, subject=subject) for commit, subject in diff.commits],
        warnings=[without_secrets(note) for note in diff.notes],
    )


def _side(side: Side) -> JsonSide:
    return JsonSide(revision=None if side.work_tree else side.label, commit=side.commit)
