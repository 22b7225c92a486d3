"""Prompts on the terminal; the caller checks that there is one."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from release.cli.console import Console
from release.render.look import aligned, plain, short

if TYPE_CHECKING:
    from questionary import Choice, Question

KINDS = ("patch", "minor", "major", "pre", "final")
_LONGEST_REASON = 48


def confirm(question: str, console: Console, *, default: bool = False) -> bool:
    """Ask `question [y/N]`; return True for y or yes, False for anything else, including the end of input.

    With `default` it is `[Y/n]`, and an empty line is True.
    """
    console.say(f"{question} [{'Y/n' if default else 'y/N'}] ")
    try:
        line = sys.stdin.readline()
    except KeyboardInterrupt:
        console.say("\n")
        raise
    if not line.endswith("\n"):
        console.say("\n")
    return line.strip().lower() in ("y", "yes") or (default and line in ("\n", "\r\n"))


def kind(versions: Mapping[str, str], auto: tuple[str, str] | None = None, note: str = "") -> str:
    """Ask for the level to release, showing the version of each; `versions` has the possible ones.

    `auto` is the version of `auto` with its reason; None: not offered. `note` is added to the question.
    """
    rows = [(name, versions[name], "") for name in KINDS if name in versions]
    if auto is not None:
        rows.append(("auto", auto[0], short(plain(auto[1]), _LONGEST_REASON)))
    return choose(f"What kind of release? ({plain(note)})" if note else "What kind of release?", rows)


def choose(question: str, choices: Sequence[Sequence[str]]) -> str:
    """Ask for one of the rows; return its first cell. Ctrl-C raises KeyboardInterrupt."""
    import questionary  # 0.3 s, only needed for a prompt

    return str(answered(questionary.select(question, choices=choices_of(choices), **on_stderr())))


def text(question: str, *, default: str) -> str | None:
    """Ask for a line of text; return None if it is empty, which means `default`."""
    import questionary

    said = str(answered(questionary.text(question, instruction=f"(empty: {plain(default)}) ", **on_stderr())))
    return said.strip() or None


def choices_of(rows: Sequence[Sequence[str]]) -> list[Choice]:
    """Return choices with aligned columns; each returns the first cell of its row."""
    from questionary import Choice

    lines = aligned([[plain(cell) for cell in row] for row in rows])
    return [Choice(line, value=row[0]) for line, row in zip(lines, rows, strict=True)]


def answered(question: Question) -> Any:
    """Ask, and return the answer. Ctrl-C raises KeyboardInterrupt (`ask` would print and return None)."""
    try:
        return question.unsafe_ask()
    except EOFError as error:  # Ctrl-D
        raise KeyboardInterrupt from error


def on_stderr() -> dict[str, Any]:
    """Return the arguments that print a prompt to stderr: stdout is the answer, and may be a file."""
    from prompt_toolkit.output import create_output

    return {"output": create_output(stdout=sys.stderr)}
