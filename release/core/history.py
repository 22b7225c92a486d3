"""A repository's history as a graph: ancestor releases of a commit, and commits between two. Pure.

It is read once for all releases, instead of one call of git for each.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct


class HistoryCommit(Struct, frozen=True, kw_only=True):
    """A commit; `when` is its committer's date in Unix seconds, `told` False if a changelog omits it."""

    id: str
    parents: tuple[str, ...]
    when: int
    subject: str
    told: bool = True


class History:
    """A graph of commits, given children first; `marked` are the commits that can be queried.

    Sets of marked commits are bits of an integer, which is compact for a thousand releases of ten thousand commits.
    """

    def __init__(self, commits: Sequence[HistoryCommit], marked: Iterable[str]) -> None:
        self._commits = {commit.id: commit for commit in commits}
        self._bits = {id: 1 << at for at, id in enumerate(dict.fromkeys(marked))}
        self._reached_by = self._spread_down(commits)
        self._reaches = self._spread_up(commits)

    def has(self, commit: str, ancestor: str) -> bool:
        """Return True if the marked commit `ancestor` is `commit` itself or in its history."""
        return bool(self._reaches.get(commit, 0) & self._bits[ancestor])

    def since(self, commit: str, before: str | None) -> tuple[str, ...]:
        """Return subjects of the commits after the marked commit `before` (None: all), newest first."""
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
        """Map each commit to the marked ones that have it in their history."""
        found = {commit.id: self._bits.get(commit.id, 0) for commit in commits}
        for commit in commits:
            for parent in commit.parents:
                if parent in found:
                    found[parent] |= found[commit.id]
        return found

    def _spread_up(self, commits: Sequence[HistoryCommit]) -> Mapping[str, int]:
        """Map each commit to the marked ones in its history."""
        found: dict[str, int] = {}
        for commit in reversed(commits):
            mask = self._bits.get(commit.id, 0)
            for parent in commit.parents:
                mask |= found.get(parent, 0)
            found[commit.id] = mask
        return found
