"""Report of `status`."""

from __future__ import annotations

from msgspec import Struct

from release.core.bump.plan import BumpPlan
from release.errors import ExitCode


class StatusReport(Struct, frozen=True, kw_only=True):
    """State of HEAD: the release that `auto` would make, as a plan that is not executed.

    If `auto` finds nothing to release, the plan is that of a patch with the `chosen` of `auto`. `released` is the
    published release at HEAD (None: there is none).
    """

    plan: BumpPlan
    released: str | None = None

    @property
    def check_code(self) -> ExitCode:
        """Exit code of `status --check`: that of `bump`, DONE if HEAD is released already."""
        return ExitCode.DONE if self.released is not None else self.plan.exit_code
