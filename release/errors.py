"""Tree of errors. Each class has an exit code; each error says what happened and how to continue.

    ReleaseError
    |- UsageError        2    wrong call or configuration; not a repository
    |  `- NotFound            no such release, tag or commit
    |- Refused           3    a precondition does not hold; nothing was changed
    |  `- HostRefused         the git host refused the push
    |- DataMissing       4    data is not on its remote
    |- Unknown           6    something could not be queried
    |- Raced             7    a ref or the lock was taken by another process
    |- Interrupted       8    a release is pending: `release recover`
    |- PartlyDone        9    done in part, or differences found
    `- Cancelled       130    the user said no; nothing was changed

Each class, and every error where it differs from that of its class, names its section of
docs/troubleshooting.md: `error: ... [remote]`. The name is the anchor there; a test compares them.

Exit codes are public: see docs/reference/exit-codes.md. Code 1 is never raised: the boundary in
`app.py` returns it for any exception outside this tree, which is a bug. Code 5, a failed metric
gate, comes from checks alone.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """Exit codes of the process, for scripts and CI jobs."""

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
    """Base of all errors: `message`, and `help`, the exact command to continue with (or a hint, or None).

    `section` is the anchor in docs/troubleshooting.md.
    """

    code: ClassVar[ExitCode] = ExitCode.REFUSED
    section: str = "refused"

    def __init__(self, message: str, *, help: str | None = None, section: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.section = section or type(self).section


class UsageError(ReleaseError):
    """Wrong call or configuration, or not a repository."""

    code = ExitCode.USAGE
    section = "usage"


class NotFound(UsageError):
    """A release, tag or commit of the call that does not exist here."""

    section = "no-such-release"


class Refused(ReleaseError):
    """A precondition that does not hold; nothing was changed."""

    code = ExitCode.REFUSED
    section = "refused"


class HostRefused(Refused):
    """A push that the git host refused, such as that of a protected branch; nothing was changed."""

    section = "push"


class DataMissing(ReleaseError):
    """Data that is not, or not safely, on its remote."""

    code = ExitCode.DATA
    section = "data-on-remote"


class Unknown(ReleaseError):
    """Something that could not be queried, so its answer is unknown."""

    code = ExitCode.UNKNOWN
    section = "unknown"


class Raced(ReleaseError):
    """A lost race: the branch is behind or diverged, the tag is taken or moved, or the clone is locked."""

    code = ExitCode.RACED
    section = "raced"


class Interrupted(ReleaseError):
    """An interrupted release or checkout, which `release recover` resolves."""

    code = ExitCode.PENDING
    section = "interrupted"


class PartlyDone(ReleaseError):
    """A partial result, or differences found; the report says which."""

    code = ExitCode.PARTIAL
    section = "partial"


class Cancelled(ReleaseError):
    """The user said no; nothing was changed."""

    code = ExitCode.CANCELLED
    section = "cancelled"
