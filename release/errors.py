"""What went wrong, as one tree; each kind says what happened, how to go on, and its exit code.

    ReleaseError
    |- UsageError        2    wrong call or configuration; not a repository
    |- Refused           3    a precondition does not hold; nothing was changed
    |- DataMissing       4    data is not on its remote
    |- Unknown           6    something could not be asked
    |- Raced             7    someone else was faster
    |- Interrupted       8    a release is pending: `release recover`
    |- PartlyDone        9    done in part, or differences found
    `- Cancelled       130    the user said no; nothing was changed

Exit codes are public: see "Exit codes" in docs/reference. Code 1 is never raised: it is what the
boundary in `cli/app.py` returns for anything outside this tree, a bug. Code 5, a failed metric
gate, comes from checks alone.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the process returns, for scripts and CI jobs."""

    DONE = 0
    BUG = 1
    USAGE = 2
    REFUSED = 3
    DATA = 4
    GATE = 5
    UNKNOWN = 6
    RACED = 7
    PENDING = 8
    PARTIAL = 9
    CANCELLED = 130


class ReleaseError(Exception):
    """What happened, and `help`: the exact command that gets the user on (or a hint, or None)."""

    code: ClassVar[ExitCode] = ExitCode.REFUSED

    def __init__(self, message: str, *, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class UsageError(ReleaseError):
    """The call or the configuration is wrong, or this is no repository."""

    code = ExitCode.USAGE


class Refused(ReleaseError):
    """A precondition does not hold; nothing was changed."""

    code = ExitCode.REFUSED


class DataMissing(ReleaseError):
    """Data is not, or not safely, on its remote."""

    code = ExitCode.DATA


class Unknown(ReleaseError):
    """Something could not be asked, so its answer is not known."""

    code = ExitCode.UNKNOWN


class Raced(ReleaseError):
    """Someone else was faster: behind, diverged, tag taken or moved."""

    code = ExitCode.RACED


class Interrupted(ReleaseError):
    """A release was interrupted; `release recover` settles it."""

    code = ExitCode.PENDING


class PartlyDone(ReleaseError):
    """Done in part, or differences found: the report says which."""

    code = ExitCode.PARTIAL


class Cancelled(ReleaseError):
    """The user said no; nothing was changed."""

    code = ExitCode.CANCELLED
