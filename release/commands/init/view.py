"""Report of `release init`: what was found, each file as a difference, what is left to do; also as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from release.core.setup import InitPlan
from release.core.text import command_line, for_terminal, many
from release.ui.json_documents import Document, filled
from release.ui.style import Shade, Style, plain

_SHADES = {"+": Shade.GOOD, "-": Shade.BAD, "@": Shade.FAINT}


class JsonWrittenFile(Struct, frozen=True, kw_only=True):
    """A file that is written, with the difference as `diff -u` shows it."""

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
    advice: Sequence[str]


def plan_lines(plan: InitPlan, style: Style) -> list[str]:
    """Return what was found, and each file to be written in the form of `diff -u`."""
    lines = [f"  {plain(line)}" for line in plan.seen]
    if lines:
        lines.append("")
    for file in plan.files:
        word = "new" if file.before is None else "changed"
        lines.append(style.paint(f"{plain(file.path)}   {word}: {plain(file.why)}", Shade.STRONG))
        lines += [style.paint(for_terminal(row), _SHADES.get(row[:1])) for row in file.diff.splitlines()[2:]]
        lines.append("")
    return lines


def outcome_lines(plan: InitPlan, *, written: bool) -> list[str]:
    """Return what was done, and what is left for the user."""
    if not plan.files:
        lines = ["Everything is set up; nothing was changed."]
    elif written:
        add = command_line("git", "add", names=[file.path for file in plan.files])
        lines = [f"Wrote {many(len(plan.files), 'file')}.", f"help: {add} && git commit -m 'Set up releases'"]
    else:
        lines = [f"Would write {many(len(plan.files), 'file')}. Nothing was changed."]
    return lines + [f"  - {plain(row)}" for row in plan.advice]


def init_document(plan: InitPlan, *, written: bool, dry_run: bool) -> InitDocument:
    """Return the document of `release init --json`."""
    files = [
        filled(JsonWrittenFile, file, change="created" if file.before is None else "changed") for file in plan.files
    ]
    return filled(InitDocument, plan, command="init", written=written, dry_run=dry_run, files=files)
