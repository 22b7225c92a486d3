"""Command `release demo`: `release bump` in a small project with real commands; its JSON document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from release.core.text import quote
from release.ui.json_documents import Document, document, filled
from release.ui.options import Call, asks_nothing, common, examples
from release.ui.style import Shade

if TYPE_CHECKING:
    from release.commands.demo.work import DemoReport


class JsonDemoStep(Struct, frozen=True, kw_only=True):
    """A command that was run, in a folder of the demo."""

    command: str
    folder: str
    exit_code: int
    output: str


class DemoDocument(Document, frozen=True, kw_only=True):
    """Answer of `demo`."""

    folder: str
    releases: Sequence[str]
    steps: Sequence[JsonDemoStep]


@click.command(
    "demo",
    short_help="Build a small ML project, and release it with real commands.",
    epilog=examples(
        "release demo             in ./release-demo",
        "release demo /tmp/demo   somewhere else, new or empty",
    ),
)
@click.argument("directory", metavar="[DIR]", default="release-demo")
@click.option("--dry-run", is_flag=True, help="Check that DIR is free; build nothing.")
@asks_nothing
@common
def command(call: Call, *, directory: str, dry_run: bool) -> int:
    """Build a small ML project, and release it with real commands.

    Creates DIR (default: release-demo) with a project, a bare git repository as its remote, and a folder as blob store.
    Trains a model and releases it; trains a better one, shows two ways to lose data, then releases the better one, too.
    Shows every command before it runs. Needs no network and writes nothing outside DIR.
    """
    from release.commands.demo.work import Shown, demo, preview_demo

    console, style = call.console, call.console.style

    def show(kind: Shown, text: str) -> None:
        if call.as_json or call.quiet:
            return
        if kind is Shown.HEADING:
            text = f"\n{style.paint(text, Shade.STRONG)}"
        elif kind is Shown.TEXT:
            text = f"# {text}"
        elif kind is Shown.COMMAND:
            text = "\n".join(style.paint(line, Shade.STRONG) for line in typed(text, style.room))
        console.answer(f"{text}\n")

    folder = Path(call.folder, directory)
    report = preview_demo(folder) if dry_run else demo(folder, call.environment, show)
    if call.as_json:
        steps = [filled(JsonDemoStep, step) for step in report.steps]
        found = DemoDocument(command="demo", folder=str(report.folder), releases=report.releases, steps=steps)
        console.answer(document(found))
    elif dry_run:
        console.answer(f"Would build the demo in {report.folder}: nothing was changed.\n")
    else:
        console.answer(_goodbye(report))
    return 0


def typed(command: str, room: int) -> list[str]:
    """Return the command as typed at a prompt, in lines of at most `room` columns that can be pasted together.

    A word longer than `room` is not broken.
    """
    lines = ["$"]
    for word in re.findall(r"""(?:[^\s'"]|'[^']*'|"[^"]*")+""", command):
        if len(lines[-1]) + len(word) + 3 > room >= len(word) + 6:
            lines[-1] += " \\"
            lines.append(f"    {word}")
        else:
            lines[-1] += f" {word}"
    return lines


def _goodbye(report: DemoReport) -> str:
    old, *_ = report.releases
    project = quote(str(report.folder / "project"))
    return (
        f"\nTry more commands there (release list), or restore {old} as anyone can:\n"
        f"  cd {project}\n"
        f"  git clone -q -b {quote(old)} ../origin.git ../copy && cd ../copy && dvc pull\n"
    )
