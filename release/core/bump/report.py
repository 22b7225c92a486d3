"""What a command did, as a value that every face can show."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from release.core.bump.plan import BumpPlan
from release.errors import ExitCode


class Outcome(Enum):
    """How a bump ended."""

    RELEASED = "released"
    NOTHING = "nothing to release"
    REFUSED = "refused"
    PREVIEW = "preview"


class BumpReport(Struct, frozen=True, kw_only=True):
    """The plan and what became of it; `pushed` tells whether the remote has the release.

    `warnings` are said after the work: what was left for the user (a diverged branch, a detached HEAD).
    """

    plan: BumpPlan
    outcome: Outcome
    pushed: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """The process's exit code."""
        return self.plan.exit_code
