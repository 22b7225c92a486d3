"""Problems for everything that an audit does not check: excluded paths and Git LFS files. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec.structs import replace

from release.core.audit.audit import Problem, ProblemKind, RevisionAudit
from release.core.check import Verdict
from release.core.pointers.rules import verdict_of

_SHOWN = 3


def with_left_out(audit: RevisionAudit, lfs: Sequence[str], policy: Literal["warn", "fail"]) -> RevisionAudit:
    """Add the audit's excluded paths and the commit's Git LFS pointers (`lfs`) to its problems."""
    found = (*audit.problems, *_excluded(audit.excluded), *_lfs(lfs, policy))
    return replace(audit, problems=found, verdict=verdict_of(found))


def _excluded(paths: Sequence[str]) -> Iterator[Problem]:
    for path in paths:
        message = f"excluded: {path} (whether it can be restored was not checked)"
        yield Problem(
            severity=Verdict.WARNING, kind=ProblemKind.EXCLUDED, path=path, pointer=path, message=message, help=None
        )


def _lfs(paths: Sequence[str], policy: Literal["warn", "fail"]) -> Iterator[Problem]:
    if not paths:
        return
    named = ", ".join(paths[:_SHOWN]) + (f" and {len(paths) - _SHOWN:,} more" if len(paths) > _SHOWN else "")
    what = "1 file is a Git LFS pointer" if len(paths) == 1 else f"{len(paths):,} files are Git LFS pointers"
    yield Problem(
        severity=Verdict.FAILED if policy == "fail" else Verdict.WARNING,
        kind=ProblemKind.LFS,
        path=paths[0],
        pointer=paths[0],
        message=f"{what}, and the LFS server was not asked for the content; `git lfs fsck` checks it: {named}",
        help="git lfs ls-files && git lfs fsck",
    )
