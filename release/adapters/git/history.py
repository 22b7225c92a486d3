"""Complete history of many tips, from one `git log`."""

from __future__ import annotations

from collections.abc import Iterable

from release.adapters.git.commits import read_log
from release.adapters.git.process import Git
from release.core.history import HistoryCommit


def read_history(git: Git, tips: Iterable[str], *, folder: str = "") -> tuple[HistoryCommit, ...]:
    """Return every commit reachable from the tips, children before their parents.

    `told` is False for merges and for commits that change nothing below `folder` (from the git root; "": everywhere).
    """
    asked = "".join(f"{tip}\n" for tip in dict.fromkeys(tips)).encode()
    if not asked:
        return ()
    rows = read_log(git, ("%P", "%ct", "%s"), "--topo-order", "--stdin", stdin=asked)
    below = _changing(git, asked, folder) if folder else None
    return tuple(
        HistoryCommit(
            id=id,
            parents=tuple(parents.split()),
            when=int(when),
            subject=subject,
            told=" " not in parents and (below is None or id in below),
        )
        for id, parents, when, subject in rows
    )


def _changing(git: Git, asked: bytes, folder: str) -> frozenset[str]:
    words = ("rev-list", "--full-history", "--no-merges", "--stdin", "--", f":(top,literal){folder}")
    return frozenset(git.run(*words, stdin=asked).text.split("\n"))
