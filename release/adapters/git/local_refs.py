"""Phase 4, update refs: branch and tag move together, in one transaction that checks old values."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from release.adapters.git.keep import DURABLE
from release.adapters.git.process import Git
from release.adapters.git.repository import Repository


class LocalUpdate(Struct, frozen=True, kw_only=True):
    """Update of a local ref: full name, new object id, and the expected old one ("": must not exist)."""

    ref: str
    new: str
    old: str


def locks_of(repository: Repository, updates: Sequence[LocalUpdate]) -> tuple[Path, ...]:
    """Return the lock files that would block the updates, of a running or a killed git.

    Only looks for the files. Taking the locks as a test would leave them behind after a kill, even from a
    command that changes nothing.
    """
    common = repository.common_dir
    locks = [common / f"{update.ref}.lock" for update in updates]
    if any(update.ref.startswith("refs/heads/") for update in updates):
        locks.append(repository.git_dir / "HEAD.lock")
    return tuple(lock for lock in locks if os.path.lexists(lock))


def update_refs(git: Git, updates: Sequence[LocalUpdate], *, reason: str) -> None:
    """Move all of the refs or none. Raises GitFailed."""
    if updates:
        git.having(*DURABLE).run(
            "update-ref", "-m", reason, "--create-reflog", "--stdin", "-z", stdin=_script(_lines(updates))
        )


def read_refs(git: Git, names: Iterable[str]) -> dict[str, str]:
    """Return the object ids of those refs (full names) that exist."""
    wanted = list(names)
    listing = git.run("for-each-ref", "--format=%(refname)%00%(objectname)", "--", *wanted).text
    pairs = (line.split("\0") for line in listing.split("\n") if line)
    return {name: id for name, id in pairs if name in wanted}


def _lines(updates: Sequence[LocalUpdate]) -> list[str]:
    return [
        f"update {update.ref}\0{update.new}\0{update.old}" if update.old else f"create {update.ref}\0{update.new}"
        for update in updates
    ]


def _script(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\0" for line in lines).encode("utf-8", "surrogateescape")
