"""The word that somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 200  # of a word that is compared: the time grows with the square


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known word that is most like this one; None if none is like it."""
    import difflib  # 7 ms, and only a mistake needs it

    near = difflib.get_close_matches(word[:_LONGEST], list(known), n=1, cutoff=cutoff)
    return near[0] if near else None
