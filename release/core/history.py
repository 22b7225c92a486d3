"""A repository's history as a graph: which releases a commit comes after, and which commits lie between two. Pure.

Read once, it answers for every release; git would be asked anew for each.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct


class HistoryCommit(Struct, frozen=True, kw_only=True):
    """A commit; `when` is its committer's date in seconds, `told` False for one that a changelog leaves out."""

    id: str
    parents: tuple[str, ...]
    when: int
    subject: str
    told: bool = True


class History:
    """The commits, children before their parents; `marked` are those that others are compared with.

    Sets of marked commits are bits of a number: a thousand releases of ten thousand commits stay small.
    """

    def __init__(self, commits: Sequence[HistoryCommit], marked: Iterable[str]) -> None:
        self._commits = {commit.id: commit for commit in commits}
        self._bits = {id: 1 << at for at, id in enumerate(dict.fromkeys(marked))}
        self._reached_by = self._spread_down(commits)
        self._reaches = self._spread_up(commits)

    def has(self, commit: str, ancestor: str) -> bool:
        """Whether a marked commit is the commit itself or lies in its history."""
        return bool(self._reaches.get(commit, 0) & self._bits[ancestor])

    def since(self, commit: str, before: str | None) -> tuple[str, ...]:
        """Subjects of the commits after a marked one (None: from the beginning), newest first."""
        seen_by = self._bits[before] if before is not None else 0
        queue: list[tuple[int, int, str]] = []
        known: set[str] = set()
        subjects: list[str] = []
        ids = [commit]
        while True:
            for id in ids:
                found = self._commits.get(id)
                if found is not None and id not in known and not self._reached_by[id] & seen_by:
                    known.add(id)
                    heapq.heappush(queue, (-found.when, len(known), id))
            if not queue:
                return tuple(subjects)
            found = self._commits[heapq.heappop(queue)[2]]
            if found.told:
                subjects.append(found.subject)
            ids = list(found.parents)

    def _spread_down(self, commits: Sequence[HistoryCommit]) -> Mapping[str, int]:
        """For each commit the marked ones in whose history it is."""
        found = {commit.id: self._bits.get(commit.id, 0) for commit in commits}
        for commit in commits:
            for parent in commit.parents:
                if parent in found:
                    found[parent] |= found[commit.id]
        return found

    def _spread_up(self, commits: Sequence[HistoryCommit]) -> Mapping[str, int]:
        """For each commit the marked ones in its history."""
        found: dict[str, int] = {}
        for commit in reversed(commits):
            mask = self._bits.get(commit.id, 0)
            for parent in commit.parents:
                mask |= found.get(parent, 0)
            found[commit.id] = mask
        return found
