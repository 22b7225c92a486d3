"""Checks with a verdict, and the kinds of change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from release.errors import ExitCode


class Verdict(Enum):
    """The public verdicts; `UNKNOWN` never counts as OK."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class CheckName(str, Enum):
    """The public names of checks, stable for programs."""

    ALREADY_RELEASED = "already released"
    BRANCH = "branch"
    CACHE = "cache"
    CHANGELOG = "changelog"
    CHANGES = "changes"
    CLONE = "clone"
    COMMAND = "command"
    DATA = "data"
    DATA_DIGEST = "data digest"
    DATA_ON_REMOTE = "data on remote"
    FILES = "files"
    GATES = "gates"
    HIDDEN = "hidden"
    HISTORY = "history"
    IDENTITY = "identity"
    IMPORTS = "imports"
    IN_THE_WAY = "in the way"
    INDEX = "index"
    INTERRUPTED = "interrupted"
    LINEAGE = "lineage"
    METRICS = "metrics"
    MODEL = "model"
    OPERATION = "operation"
    POINTERS = "pointers"
    PUSH = "push"
    REFS = "refs"
    REMOTE = "remote"
    RESTORED_DATA = "restored data"
    SIGNING = "signing"
    STAGES = "stages"
    TAG = "tag"
    TAGS = "tags"
    UNPUBLISHED = "unpublished"
    UNSAVED_DATA = "unsaved data"
    VERSION = "version"
    VERSION_FILES = "version-files"
    WORK_TREE = "work tree"

    @property
    def section(self) -> str:
        """The anchor of the name in docs/troubleshooting.md: `data-on-remote`."""
        return self.value.replace(" ", "-")

    __str__ = str.__str__  # as enum.StrEnum, which Python 3.10 does not have


class Check(Struct, frozen=True, kw_only=True):
    """A verdict with its reason.

    `message` is one sentence that names the file, tag or object; `details` are further lines, each a
    row below it; `help` is the exact command that corrects it; `code` the exit code if the verdict is
    FAILED or UNKNOWN; `subject` what the check is about where one name has several ("origin").
    """

    name: CheckName
    verdict: Verdict
    message: str
    help: str | None = None
    code: ExitCode = ExitCode.REFUSED
    details: tuple[str, ...] = ()
    subject: str = ""

    @classmethod
    def failed(
        cls,
        name: CheckName,
        message: str,
        help: str | None,
        code: ExitCode = ExitCode.REFUSED,
        *,
        details: Sequence[str] = (),
        subject: str = "",
    ) -> Check:
        """Return a check that failed."""
        failed = cls(name=name, verdict=Verdict.FAILED, message=message, help=help, code=code)
        return replace(failed, details=tuple(details), subject=subject)

    @classmethod
    def ok(cls, name: CheckName, message: str) -> Check:
        """Return a check that passed."""
        return cls(name=name, verdict=Verdict.OK, message=message)

    @classmethod
    def skipped(cls, name: CheckName, message: str) -> Check:
        """Return a check that was not made."""
        return cls(name=name, verdict=Verdict.SKIPPED, message=message)

    @classmethod
    def warning(cls, name: CheckName, message: str, help: str | None = None, *, details: Sequence[str] = ()) -> Check:
        """Return a check that only warns."""
        return cls(name=name, verdict=Verdict.WARNING, message=message, help=help, details=tuple(details))

    @classmethod
    def unknown(cls, name: CheckName, message: str, help: str | None, *, details: Sequence[str] = ()) -> Check:
        """Return a check without an answer."""
        return replace(Check.failed(name, message, help, ExitCode.UNKNOWN, details=details), verdict=Verdict.UNKNOWN)

    @property
    def title(self) -> str:
        """The name with the subject: "data on remote", "remote origin"."""
        return f"{self.name} {self.subject}" if self.subject else f"{self.name}"

    @property
    def section(self) -> str:
        """The section of docs/troubleshooting.md."""
        return self.name.section

    @property
    def blocks(self) -> bool:
        """True if the check stops a release."""
        return self.verdict in (Verdict.FAILED, Verdict.UNKNOWN)


# "With several failed checks all are listed; the code is the first of" these (docs/reference/exit-codes.md).
PRECEDENCE = (
    *(ExitCode.PENDING, ExitCode.USAGE, ExitCode.REFUSED, ExitCode.RACED),
    *(ExitCode.DATA, ExitCode.UNKNOWN, ExitCode.GATE),
)


def exit_code(checks: Iterable[Check]) -> ExitCode:
    """Return the exit code for all checks; DONE if none blocks."""
    codes = {check.code for check in checks if check.blocks}
    return next((code for code in PRECEDENCE if code in codes), ExitCode.DONE)


# Kinds of change between two commits


class Change(Enum):
    """Kinds of change, as printed."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
