"""Input and checks of git hooks. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from release.core.audit.audit import Problem
from release.core.check import Check, CheckName, Verdict
from release.core.pointers.pointer import Out
from release.core.shell import command_line
from release.errors import ExitCode

_ZERO = re.compile(r"0+")
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Pushed(Struct, frozen=True, kw_only=True):
    """A pushed ref: from `old`, the remote's object id ("" if none), to the object `new`."""

    old: str
    new: str


def pushed_commits(lines: Iterable[str]) -> tuple[Pushed, ...]:
    """Parse the lines of a pre-push hook (githooks(5)): local ref, local object, remote ref, remote object.

    Deletions are left out.
    """
    found = []
    for line in lines:
        words = line.split()
        if len(words) != 4 or not (_OID.fullmatch(words[1]) and _OID.fullmatch(words[3])) or _ZERO.fullmatch(words[1]):
            continue
        found.append(Pushed(old="" if _ZERO.fullmatch(words[3]) else words[3], new=words[1]))
    return tuple(found)


def not_in_cache_check(absent: Sequence[Out]) -> Check:
    """Check that the objects of pointers that are new in this commit are in the cache; `absent` are not."""
    if not absent:
        return Check(name=CheckName.CACHE, verdict=Verdict.OK, message="what the staged pointers name is in the cache")
    pointers = list(dict.fromkeys(out.pointer for out in absent))
    one = f"{absent[0].pointer} names data that is not in the cache"
    return Check(
        name=CheckName.CACHE,
        verdict=Verdict.FAILED,
        message=one if len(pointers) == 1 else f"{len(pointers)} staged pointers name data that is not in the cache",
        help=_absent_help(absent),
        code=ExitCode.DATA,
        details=tuple(f"{out.path} ({out.oid})" for out in absent[:20]),
    )


def pointer_check(problems: Sequence[Problem]) -> Check:
    """Refuse pointers that cannot be read, or have no hash."""
    return Check(
        name=CheckName.POINTERS,
        verdict=Verdict.FAILED,
        message=problems[0].message,
        help=problems[0].help,
        code=ExitCode.DATA,
        details=tuple(problem.message for problem in problems[1:20]),
    )


def _absent_help(absent: Sequence[Out]) -> str:
    if all(out.stage is None for out in absent):
        return f"{command_line('dvc', 'add', names=[out.path for out in absent[:5]])}, or if a remote has it: dvc fetch"
    return "dvc repro, or if a remote has it: dvc fetch"
