"""What a long piece of work says while it runs; who shows it is not its business."""

from __future__ import annotations

from collections.abc import Callable

# What is being done ("listing storage"), how much is done, how much there is (None: not known).
OnProgress = Callable[[str, int, int | None], None]


def ignore(what: str, done: int, total: int | None) -> None:
    """Show nothing."""
