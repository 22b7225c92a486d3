"""Progress reports of long operations, independent of their display."""

from __future__ import annotations

from collections.abc import Callable

# Arguments: the activity ("listing storage"), the amount done, the total (None: not known).
OnProgress = Callable[[str, int, int | None], None]


def ignore(what: str, done: int, total: int | None) -> None:
    """Ignore the report."""
