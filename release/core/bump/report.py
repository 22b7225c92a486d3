"""Result of `release bump`."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from release.core.bump.plan import BumpPlan
from release.errors import ExitCode


class Outcome(Enum):
    """Outcomes of a bump."""

    RELEASED = "released"
    NOTHING = "nothing to release"
    REFUSED = "refused"
    PREVIEW = "preview"


class BumpReport(Struct, frozen=True, kw_only=True):
    """The plan and its outcome; `pushed`: the remote has the release.

    `warnings` are shown at the end: what was left to the user (a diverged branch, a detached HEAD).
    """

    plan: BumpPlan
    outcome: Outcome
    pushed: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """Exit code of the process."""
        return self.plan.exit_code
