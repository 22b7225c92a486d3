"""Objects whose size differs from their pointer's, where only the bytes show which is wrong. Pure."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum

from msgspec.structs import replace

from release.core.audit.audit import Problem, ProblemKind
from release.core.audit.rules import Judged
from release.core.check import Verdict
from release.core.pointers.pointer import ObjectKey


class ReadBudget(Enum):
    """Read budget for such objects."""

    PROOF = "proof"  # much: verification was requested, or a release depends on it
    LOOK = "look"  # little: the command only inspects, or a user is waiting


def unresolved_sizes(judged: Judged, unread: Collection[ObjectKey]) -> Judged:
    """Downgrade size failures to UNKNOWN if any doubtful object of the out was not read."""
    if not any(key in unread for key in judged.doubts):
        return judged
    return replace(judged, problems=[_unresolved(problem) for problem in judged.problems])


def _unresolved(problem: Problem) -> Problem:
    if problem.kind is not ProblemKind.WRONG_SIZE or problem.severity is not Verdict.FAILED:
        return problem
    message = f"{problem.message}; which of the two is wrong is in doubt, for it was not read"
    return replace(problem, severity=Verdict.UNKNOWN, message=message, help="release verify, which reads it")
