"""What `status` answers, as a value."""

from __future__ import annotations

from msgspec import Struct

from release.core.bump.plan import BumpPlan
from release.errors import ExitCode


class StatusReport(Struct, frozen=True, kw_only=True):
    """Where HEAD stands: the release that `auto` would make, planned but not meant to be made.

    Where `auto` finds nothing worth one, the plan is that of a patch with the `chosen` of `auto`.

    `released` is the published release that HEAD carries (None: it carries none).
    """

    plan: BumpPlan
    released: str | None = None

    @property
    def check_code(self) -> ExitCode:
        """What `status --check` exits with: what `bump` would, DONE if HEAD is released already."""
        return ExitCode.DONE if self.released is not None else self.plan.exit_code
