"""Questions on the terminal."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from release.errors import UsageError
from release.ui.console import Console
from release.ui.options import Call
from release.ui.style import aligned, plain, short

if TYPE_CHECKING:
    from questionary import Choice, Question

    from release.core.release import BumpRequest
    from release.engine.project import Project


KINDS = ("patch", "minor", "major", "pre", "final")
_LONGEST_REASON = 48


def confirm(question: str, console: Console, *, default: bool = False) -> bool:
    """Ask a question for `y` or `n`, shown until Enter; Enter alone is `default`. Ctrl-C raises KeyboardInterrupt."""
    import questionary  # 0.3 s, only needed for a prompt

    console.pass_by("")  # a prompt does not know about that line
    return bool(answered(questionary.confirm(question, default=default, auto_enter=False, **on_stderr())))


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
    import questionary

    return str(answered(questionary.select(question, choices=choices_of(choices), **on_stderr())))


def text(question: str, *, default: str) -> str | None:
    """Ask for a line of text; return None if it is empty, which means `default`."""
    import questionary

    said = str(answered(questionary.text(question, instruction=f'(default: "{plain(default)}"): ', **on_stderr())))
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


# Prompt for KIND, with the version of each choice; the caller checks that there is a terminal


def kind_of(call: Call, request: BumpRequest) -> str:
    """Ask for a level or `auto`. Ctrl-C raises KeyboardInterrupt.

    The remote is queried without a terminal, so that a passphrase is typed only once, for the release.
    """
    from release.engine.kind import read_choices
    from release.engine.project import open_project
    from release.ui.console import progress

    project = open_project(call.folder, call.environment, on_terminal=False)
    remote = project.config.git_remote
    with progress(call.console, quiet=call.quiet, what=f"asking {remote} for its tags"):
        found = read_choices(project, request)
    return kind(
        found.versions, found.auto, note="" if found.asked else f"{remote} did not answer; only local tags are used"
    )


# Prompts for tags; the caller checks that there is a terminal


def several(question: str, rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Ask for some of the rows (a checklist); return their first cells. Ctrl-C raises KeyboardInterrupt."""
    import questionary

    found = answered(questionary.checkbox(question, choices=choices_of(rows), **on_stderr()))
    return tuple(str(name) for name in found)


def one(question: str, rows: Sequence[Sequence[str]]) -> str:
    """Ask for one of the rows with a search field; return its first cell. Ctrl-C raises KeyboardInterrupt."""
    import questionary

    known = inspect.signature(questionary.select).parameters  # search needs questionary 2.1
    search: dict[str, Any] = {"use_search_filter": True, "use_jk_keys": False} if "use_search_filter" in known else {}
    return str(answered(questionary.select(question, choices=choices_of(rows), **search, **on_stderr())))


def release_of(project: Project, question: str) -> str:
    """Ask for a release of this clone, newest first. Raises UsageError if there is none."""
    from release.engine.project import Access
    from release.engine.release_list import ListRequest, list_releases

    lines = list_releases(project, ListRequest(access=Access.OFFLINE)).releases
    if not lines:
        raise UsageError("no releases here", help="release fetch   (gets releases of others)")
    return one(
        question, [(line.tag.name, line.when.strftime("%Y-%m-%d") if line.when else "", line.message) for line in lines]
    )
