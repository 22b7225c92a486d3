"""Where a size and its pointer disagree, and only the object's bytes would tell which of the two is wrong. Pure."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum

from msgspec.structs import replace

from release.core.audit.audit import Problem, ProblemKind
from release.core.audit.rules import Judged
from release.core.check import Verdict
from release.core.pointers.pointer import ObjectKey


class Unasked(Enum):
    """What is read of such objects without being asked to."""

    PROOF = "proof"  # much: the answer is what was asked for, or a release hangs on it
    LOOK = "look"  # little: somebody only looks, or waits


def left_in_doubt(judged: Judged, unread: Collection[ObjectKey]) -> Judged:
    """An out with objects that were not read: which of the two is wrong is not known, and `release verify` finds out."""
    if not any(key in unread for key in judged.doubts):
        return judged
    return replace(judged, problems=[_in_doubt(problem) for problem in judged.problems])


def _in_doubt(problem: Problem) -> Problem:
    if problem.kind is not ProblemKind.WRONG_SIZE or problem.severity is not Verdict.FAILED:
        return problem
    message = f"{problem.message}; which of the two is wrong is in doubt, for it was not read"
    return replace(problem, severity=Verdict.UNKNOWN, message=message, help="release verify, which reads it")
