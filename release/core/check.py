"""One thing looked at before anything changes, and what was found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

from msgspec import Struct

from release.errors import ExitCode


class Verdict(Enum):
    """Public words; `UNKNOWN` is never fine."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Check(Struct, frozen=True, kw_only=True):
    """A verdict with its reason.

    `name` is short and stable ("data on remote", "branch"); `message` one sentence that names the
    file, tag or object; `details` further lines, each a row below it; `help` the exact command that
    mends it; `code` the exit code if the verdict is FAILED or UNKNOWN.
    """

    name: str
    verdict: Verdict
    message: str
    help: str | None = None
    code: ExitCode = ExitCode.REFUSED
    details: tuple[str, ...] = ()

    @classmethod
    def failed(
        cls,
        name: str,
        message: str,
        help: str | None,
        code: ExitCode = ExitCode.REFUSED,
        *,
        details: Sequence[str] = (),
    ) -> Check:
        """A check whose answer is no."""
        return cls(name=name, verdict=Verdict.FAILED, message=message, help=help, code=code, details=tuple(details))

    @property
    def blocks(self) -> bool:
        """Whether the release may not go on."""
        return self.verdict in (Verdict.FAILED, Verdict.UNKNOWN)


# "With several failed checks all are listed; the code is the first of" these (docs/reference/commands.md, exit codes).
PRECEDENCE = (
    ExitCode.PENDING,
    ExitCode.USAGE,
    ExitCode.REFUSED,
    ExitCode.RACED,
    ExitCode.DATA,
    ExitCode.UNKNOWN,
    ExitCode.GATE,
)


def exit_code(checks: Iterable[Check]) -> ExitCode:
    """The one code for all checks together; DONE if none blocks."""
    codes = {check.code for check in checks if check.blocks}
    return next((code for code in PRECEDENCE if code in codes), ExitCode.DONE)
