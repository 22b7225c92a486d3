"""Prompts for tags; the caller checks that there is a terminal."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from release.cli.ask import answered, choices_of, on_stderr
from release.errors import UsageError

if TYPE_CHECKING:
    from release.engine.project import Project


def several(question: str, rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Ask for some of the rows (a checklist); return their first cells. Ctrl-C raises KeyboardInterrupt."""
    import questionary  # 0.3 s, only needed for a prompt

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

    lines = list_releases(project, ListRequest(reach=Access.HERE)).releases
    if not lines:
        raise UsageError("there is no release here", help="release fetch brings what others released")
    return one(
        question, [(line.tag.name, line.when.strftime("%Y-%m-%d") if line.when else "", line.message) for line in lines]
    )
