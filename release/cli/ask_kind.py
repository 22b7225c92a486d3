"""Prompt for KIND, with the version of each choice; the caller checks that there is a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from release.cli.options import Call

if TYPE_CHECKING:
    from release.core.release import BumpRequest


def kind_of(call: Call, request: BumpRequest) -> str:
    """Ask for a level or `auto`. Ctrl-C raises KeyboardInterrupt.

    The remote is queried without a terminal, so that a passphrase is typed only once, for the release.
    """
    from release.cli import ask
    from release.cli.progress import progress
    from release.engine.kind import read_choices
    from release.engine.project import open_project

    project = open_project(call.folder, call.environment, on_terminal=False)
    remote = project.config.git_remote
    with progress(call.console, quiet=call.quiet, what=f"asking {remote} for its tags"):
        found = read_choices(project, request)
    return ask.kind(
        found.versions, found.auto, note="" if found.asked else f"{remote} did not answer; by the tags here"
    )
