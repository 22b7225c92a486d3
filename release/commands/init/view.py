"""Report of `release init`: what was found, each file as a difference, what is left to do; also as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from release.core.setup import InitPlan, InitReport
from release.core.text import command_line, for_terminal, many
from release.ui.json_documents import Document, filled
from release.ui.style import Shade, Style, plain


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


def plan_lines(plan: InitPlan, look: Style) -> list[str]:
    """Return what was found, and each file to be written in the form of `diff -u`."""
    lines = [f"  {plain(line)}" for line in plan.seen]
    if lines:
        lines.append("")
    for file in plan.files:
        word = "new" if file.before is None else "changed"
        lines.append(look.paint(f"{plain(file.path)}   {word}: {plain(file.why)}", Shade.STRONG))
        lines += [look.paint(for_terminal(row), _shade(row)) for row in file.diff.splitlines()[2:]]
        lines.append("")
    return lines


def outcome_lines(report: InitReport, look: Style) -> list[str]:
    """Return what was done, and what is left for the user."""
    del look
    plan = report.plan
    lines = []
    if not plan.files:
        lines.append("Everything is set up; nothing was changed.")
    elif report.written:
        lines += [
            f"Wrote {many(len(plan.files), 'file')}.",
            f"help: {command_line('git', 'add', names=[file.path for file in plan.files])} && git commit -m 'Set up releases'",
        ]
    else:
        lines.append(f"Would write {many(len(plan.files), 'file')}. Nothing was changed.")
    lines += [f"  - {plain(row)}" for row in plan.advice]
    return lines


def init_document(report: InitReport) -> InitDocument:
    """Return the document of `release init --json`."""
    files = [
        filled(JsonWrittenFile, file, change="created" if file.before is None else "changed")
        for file in report.plan.files
    ]
    return filled(
        InitDocument,
        report.plan,
        command="init",
        written=report.written,
        dry_run=report.preview,
        files=files,
    )


def _shade(row: str) -> Shade | None:
    return {"+": Shade.GOOD, "-": Shade.BAD, "@": Shade.FAINT}.get(row[:1])
