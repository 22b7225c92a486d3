"""Questions on the terminal; the caller checks that there is one. Ctrl-C and Ctrl-D raise KeyboardInterrupt."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from release.errors import UsageError
from release.ui.console import Console, progress
from release.ui.options import Call
from release.ui.style import aligned, plain, short

if TYPE_CHECKING:
    from release.core.release import BumpRequest
    from release.engine.project import Project


KINDS = ("patch", "minor", "major", "pre", "final")
_LONGEST_REASON = 48


def confirm(question: str, console: Console, *, default: bool = False) -> bool:
    """Ask a question for `y` or `n`, shown until Enter; Enter alone is `default`."""
    console.pass_by("")  # a prompt does not know about that line
    return bool(_answer("confirm", question, default=default, auto_enter=False))


def letter(question: str, letters: Mapping[str, str], console: Console) -> str:
    """Ask for one of the letters, each with what it does; Enter alone is the last one."""
    console.pass_by("")
    shown = "  ".join(f"[{each}] {does}" for each, does in letters.items())
    while True:
        said = str(_answer("text", question, instruction=f"{shown}: ")).strip().lower()
        if not said:
            return list(letters)[-1]
        if said[0] in letters:
            return said[0]


def kind(versions: Mapping[str, str], auto: tuple[str, str] | None = None, note: str = "") -> str:
    """Ask for the level to release, showing the version of each; `versions` has the possible ones.

    `auto` is the version of `auto` with its reason; None: not offered. `note` is added to the question.
    """
    rows = [(name, versions[name], "") for name in KINDS if name in versions]
    if auto is not None:
        rows.append(("auto", auto[0], short(plain(auto[1]), _LONGEST_REASON)))
    return choose(f"What kind of release? ({plain(note)})" if note else "What kind of release?", rows)


def kind_of(call: Call, request: BumpRequest) -> str:
    """Ask for a level or `auto`, with the version of each.

    The remote is queried without a terminal, so that a passphrase is typed only once, for the release.
    """
    from release.engine.kind import read_choices

    project = call.project(on_terminal=False)
    remote = project.config.git_remote
    with progress(call.console, quiet=call.quiet, what=f"asking {remote} for its tags"):
        found = read_choices(project, request)
    note = "" if found.asked else f"{remote} did not answer; only local tags are used"
    return kind(found.versions, found.auto, note)


def choose(question: str, rows: Sequence[Sequence[str]]) -> str:
    """Ask for one of the rows; return its first cell."""
    return str(_answer("select", question, choices=_choices(rows)))


def one(question: str, rows: Sequence[Sequence[str]]) -> str:
    """Ask for one of many rows, with a search field; return its first cell."""
    return str(_answer("select", question, choices=_choices(rows), use_search_filter=True, use_jk_keys=False))


def several(question: str, rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Ask for some of the rows (a checklist); return their first cells."""
    return tuple(_answer("checkbox", question, choices=_choices(rows)))


def text(question: str, *, default: str) -> str | None:
    """Ask for a line of text; return None if it is empty, which means `default`."""
    said = str(_answer("text", question, instruction=f'(default: "{plain(default)}"): '))
    return said.strip() or None


def release_of(project: Project, question: str) -> str:
    """Ask for a release of this clone, newest first. Raises UsageError if there is none."""
    from release.engine.release_list import ListRequest, list_releases

    lines = list_releases(project, ListRequest(offline=True)).releases
    if not lines:
        raise UsageError("no releases here", help="release fetch   (gets releases of others)")
    return one(
        question, [(line.tag.name, line.when.strftime("%Y-%m-%d") if line.when else "", line.message) for line in lines]
    )


def _choices(rows: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    lines = aligned([[plain(cell) for cell in row] for row in rows])
    return [{"name": line, "value": row[0]} for line, row in zip(lines, rows, strict=True)]


def _answer(prompt: str, question: str, **options: Any) -> Any:
    """Ask with a prompt of questionary, on stderr: stdout is the answer of the command, and may be a file."""
    import questionary  # 0.3 s
    from prompt_toolkit.output import create_output

    ask = getattr(questionary, prompt)
    try:
        return ask(question, output=create_output(stdout=sys.stderr), **options).unsafe_ask()
    except EOFError as error:
        raise KeyboardInterrupt from error
