"""The question for KIND, with what each would make; who asks has made sure that a person is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from release.flows.project import Project


def kind_of(project: Project) -> str:
    """A level, or `auto`, chosen by a person. Ctrl-C raises KeyboardInterrupt."""
    from release.cli import ask
    from release.flows.planning.choices import auto_version, next_versions

    return ask.kind(next_versions(project), auto_version(project))
