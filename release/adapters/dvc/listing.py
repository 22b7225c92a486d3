"""Choice between listing a store and querying each object, from the first page of a listing.

DVC names objects by hashes, which are spread evenly: where the first page ends shows how many there are.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

FEW = 32  # so many parallel queries take about one round trip
_ENTRIES_A_QUESTION = 15  # so many rows of a listing cost as much as one query (loopback S3, measured)
_DIGITS = 5


class Ahead(Struct, frozen=True):
    """Estimated rest of a listing."""

    requests: int
    entries: int

    @property
    def in_questions(self) -> float:
        """The cost, in single queries."""
        return self.requests + self.entries / _ENTRIES_A_QUESTION


def estimate(names: Collection[str], last: str, *, more: bool, parts: int) -> Ahead | None:
    """Estimate what is left after the first page of the first of `parts` equal parts; None if that is impossible.

    `last` is the page's last name without everything before its random digits.
    """
    seen = len(names)
    whole = seen
    if more:
        digits = last.replace("/", "")[:_DIGITS]
        try:
            share = (int(digits, 16) + 1) / 16 ** len(digits)
        except ValueError:
            return None  # foreign names, not spread evenly
        whole = max(seen + 1, round(seen / share))
    entries = whole * parts - seen
    return Ahead(requests=max(parts - 1, -(-entries // max(seen, 1)) if more else parts - 1), entries=entries)


def folders(paths: Collection[str]) -> list[str]:
    """Return the folders that hold these paths, each with its final `/`, in order."""
    return sorted({path[: path.rindex("/") + 1] for path in paths})
