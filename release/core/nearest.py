"""Suggestion for a mistyped word."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 200  # characters of a word that are compared: the time is quadratic


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the known word that is most similar; None if none is."""
    import difflib  # 7 ms, and only a mistake needs it

    near = difflib.get_close_matches(word[:_LONGEST], list(known), n=1, cutoff=cutoff)
    return near[0] if near else None
