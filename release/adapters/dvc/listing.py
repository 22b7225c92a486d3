"""Whether to list a store or to ask for each object: what lies ahead, from the first page of a listing.

DVC's objects are named by hashes, which are spread evenly: where the first page ends tells how many there are.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

FEW = 32  # so many single questions take about one round trip, side by side
_ENTRIES_A_QUESTION = 15  # so many rows of a listing cost as much as one question (loopback S3, measured)
_DIGITS = 5


class Ahead(Struct, frozen=True):
    """What is left of a listing, estimated."""

    requests: int
    entries: int

    @property
    def in_questions(self) -> float:
        """Its cost, counted in single questions."""
        return self.requests + self.entries / _ENTRIES_A_QUESTION


def estimate(names: Collection[str], last: str, *, more: bool, parts: int) -> Ahead | None:
    """What is left after the first page of the first of `parts` equal parts; None if it cannot be told.

    `last` is the page's last name with everything before its random digits taken off.
    """
    seen = len(names)
    whole = seen
    if more:
        digits = last.replace("/", "")[:_DIGITS]
        try:
            share = (int(digits, 16) + 1) / 16 ** len(digits)
        except ValueError:
            return None  # foreign names: not spread evenly
        whole = max(seen + 1, round(seen / share))
    entries = whole * parts - seen
    return Ahead(requests=max(parts - 1, -(-entries // max(seen, 1)) if more else parts - 1), entries=entries)


def folders(paths: Collection[str]) -> list[str]:
    """The folders that hold these paths, each with its final `/`, in order."""
    return sorted({path[: path.rindex("/") + 1] for path in paths})
