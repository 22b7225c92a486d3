"""What long work is doing, on one line of a terminal that is gone when the answer comes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from release.cli.console import Console
from release.core.progress import OnProgress, ignore
from release.render.look import plain, short

_AFTER_S = 0.5  # what is done by then needs no progress
_EVERY_S = 0.1


@contextmanager
def progress(console: Console, *, quiet: bool) -> Iterator[OnProgress]:
    """What to tell, shown on stderr if a person reads there, and taken away at the end."""
    if quiet or not console.interactive:
        yield ignore
        return
    try:
        yield _Line(console).tell
    finally:
        console.pass_by("")


class _Line:
    """`listing storage   12,000 of 61,204`, written over itself a few times a second."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next = time.monotonic() + _AFTER_S

    def tell(self, what: str, done: int, total: int | None) -> None:
        """Show it, unless the last one is too new."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY_S
        count = f"{done:,}" if total is None else f"{done:,} of {total:,}"
        self._console.pass_by(short(f"{plain(what)}   {count}", self._console.error_look.room))
