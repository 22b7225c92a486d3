"""What long work is doing, on one line of a terminal that is gone when the answer comes."""

from __future__ import annotations

import time

from release.cli.console import Console
from release.core.progress import OnProgress, ignore
from release.render.look import plain, short

_AFTER_S = 0.5  # what is done by then needs no progress
_EVERY_S = 0.1


def progress(console: Console, *, quiet: bool) -> Progress | None:
    """A line on stderr if a person reads there, else None."""
    return Progress(console) if console.interactive and not quiet else None


def teller(shown: Progress | None) -> OnProgress:
    """What to call: the line, or nothing."""
    return ignore if shown is None else shown.tell


class Progress:
    """`listing storage   12,000 of 61,204`, written over itself a few times a second."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next = time.monotonic() + _AFTER_S
        self._shown = False

    def tell(self, what: str, done: int, total: int | None) -> None:
        """Show it, unless the last one is too new."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY_S
        count = f"{done:,}" if total is None else f"{done:,} of {total:,}"
        self._console.say(f"\r\x1b[K{short(f'{plain(what)}   {count}', self._console.error_look.room)}")
        self._shown = True

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._console.say("\r\x1b[K")
            self._shown = False
