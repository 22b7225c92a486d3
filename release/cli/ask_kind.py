"""The question for KIND, with what each would make; who asks has made sure that a person is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from release.cli.options import Call

if TYPE_CHECKING:
    from release.core.bump.request import BumpRequest


def kind_of(call: Call, request: BumpRequest) -> str:
    """A level, or `auto`, chosen by a person. Ctrl-C raises KeyboardInterrupt.

    The remote is asked as one that may not ask back: a passphrase is typed for the release, not for the question, too.
    """
    from release.cli import ask
    from release.cli.progress import progress
    from release.flows.planning.choices import read_choices
    from release.flows.project import open_project

    project = open_project(call.folder, call.environment, on_terminal=False)
    remote = project.config.git_remote
    with progress(call.console, quiet=call.quiet, what=f"asking {remote} for its tags"):
        found = read_choices(project, request)
    return ask.kind(
        found.versions, found.auto, note="" if found.asked else f"{remote} did not answer; by the tags here"
    )
