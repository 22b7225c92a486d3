"""Report of `release init`: what was found, each file as a difference, what is left to do; also as JSON."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from release.core.setup import InitPlan
from release.core.text import command_line, for_terminal, many
from release.ui.json_documents import Document, error, filled
from release.ui.style import Shade, Style, aligned, and_more, first, marked, plain, short, short_path, spaced, wrapped

_LONGEST_PATH, _LONGEST_DIFF = 40, 400

_SHADES = {"+": Shade.GOOD, "-": Shade.BAD, "@": Shade.FAINT}


class JsonWrittenFile(Struct, frozen=True, kw_only=True):
    """A file that is written, with its `diff -u`."""

    path: str
    change: Literal["created", "changed"]
    why: str
    diff: str


class InitDocument(Document, frozen=True, kw_only=True):
    """Answer of `init`."""

    written: bool
    dry_run: bool
    files: Sequence[JsonWrittenFile]
    seen: Sequence[str]
    missing: Sequence[str]
    warnings: Sequence[str]
    advice: Sequence[str]


def found_lines(plan: InitPlan, style: Style) -> list[str]:
    """Return what is there, and what is missing."""
    rows = [*plan.seen, *([f"missing: {', '.join(plan.missing)}"] if plan.missing else [])]
    return spaced([f"  {line}" for row in rows for line in wrapped(plain(row), style, 2)])


def proposal_lines(plan: InitPlan, style: Style) -> list[str]:
    """Return a table of the files to write, and the warnings, which stand above the question."""
    return spaced(_table(plan, style), warning_lines(plan, style))


def _table(plan: InitPlan, style: Style) -> list[str]:
    """Return a line for each file: path, new or changed, and why."""
    paths = [short_path(plain(file.path), style.span if style.whole else _LONGEST_PATH) for file in plan.files]
    words = ["new" if file.before is None else "changed" for file in plan.files]
    rows = zip(paths, words, (plain(file.why) for file in plan.files), strict=True)
    return [short(f"  {line}", style.span) for line in aligned(list(rows))]


def warning_lines(plan: InitPlan, style: Style) -> list[str]:
    """Return what would stop a clone or a CI job from working."""
    return [line for row in plan.warnings for line in marked("warning", Shade.DOUBTFUL, row, style)]


def file_diffs(plan: InitPlan, style: Style) -> list[str]:
    """Return a `diff -u` of each file to write; of a lock file and the like only the first lines."""
    lines = []
    for file in plan.files:
        word = "new" if file.before is None else "changed"
        lines.append(style.paint(f"{plain(file.path)}   {word}: {plain(file.why)}", Shade.STRONG))
        rows = file.diff.splitlines()
        rows = rows[2:] if len(rows) > 2 else rows
        generated = len(rows) > _LONGEST_DIFF or file.path.endswith(".json")
        shown = first(rows, style.most(_LONGEST_DIFF // 10)) if generated else rows
        lines += [style.paint(for_terminal(row), _SHADES.get(row[:1])) for row in shown]
        lines += and_more(len(rows) - len(shown), "more lines", indent=0)
        lines.append("")
    return lines


def written_lines(plan: InitPlan, style: Style, *, written: bool, root: str = "", quiet: bool = False) -> list[str]:
    """Return what was done, and what the user still has to do; `root` is the way from here to the git root."""
    if not plan.files:
        lines = ["Everything is set up; nothing was changed."]
    elif written:
        add = command_line("git", "add", names=_from_here(root, (file.path for file in plan.files)))
        lines = [f"Wrote {many(len(plan.files), 'file')}.", f"help: {add} && git commit -m 'Set up releases'"]
        if plan.conflicts:
            lines = [*lines[:1], *wrapped(plain(_conflict(plan)), style)]
            look = command_line("git", "diff", names=_from_here(root, plan.conflicts))
            lines.append(f"help: {look}   (choose between <<<<<<< and >>>>>>>)")
    else:
        lines = [f"Would write {many(len(plan.files), 'file')}. Nothing was changed."]
    left = [wrapped(plain(row), style, 4) for row in plan.advice]
    return (
        lines[:1]
        if quiet
        else lines + [f"{'    ' if at else '  - '}{line}" for row in left for at, line in enumerate(row)]
    )


def _from_here(root: str, paths: Iterable[str]) -> list[str]:
    return [posixpath.normpath(posixpath.join(root, path)) for path in paths]


def _conflict(plan: InitPlan) -> str:
    return f"You and the new version changed the same lines of {', '.join(plan.conflicts)}."


def init_document(plan: InitPlan, *, written: bool, dry_run: bool) -> InitDocument:
    """Return the document of `release init --json`."""
    files = [
        filled(JsonWrittenFile, file, change="created" if file.before is None else "changed") for file in plan.files
    ]
    errors = [error(plan.exit_code, _conflict(plan), command_line("git", "diff"), "refused")] if plan.conflicts else []
    code = plan.exit_code
    return filled(
        InitDocument, plan, command="init", exit_code=code, errors=errors, written=written, dry_run=dry_run, files=files
    )
