"""What long work is doing, on one line of a terminal that is gone when the answer comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from release.cli.console import Console
from release.core.progress import OnProgress, ignore
from release.render.look import plain, short

LOOKING = "looking at the repository and its remotes ..."

_AFTER_S = 0.5  # what is done by then needs no progress
_EVERY_S = 0.1
_COUNT_EVERY_S = 1.0


@contextmanager
def progress(console: Console, *, quiet: bool, what: str = "") -> Iterator[OnProgress]:
    """What to tell, shown on stderr if a person reads there, and taken away at the end.

    `what` is shown with the seconds that it takes as long as nothing else is told: for work in which no step can
    be counted, such as waiting for a remote. Not for work that asks questions.
    """
    if quiet or not console.interactive:
        yield ignore
        return
    line, over = _Line(console), threading.Event()
    clock = threading.Thread(target=line.count, args=(what, over), daemon=True)
    if what:
        clock.start()
    try:
        yield line.tell
    finally:
        over.set()
        if what:
            clock.join()
        console.pass_by("")


def announce(console: Console, what: str, *, quiet: bool) -> None:
    """Say at once what is waited for, until something else is written; for git that may ask for a passphrase.

    Nothing is written over such a question, as `progress` would.
    """
    if console.interactive and not quiet:
        console.pass_by(short(f"{plain(what)} ", console.error_look.room))


class _Line:
    """`listing storage   12,000 of 61,204`, written over itself a few times a second."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next = time.monotonic() + _AFTER_S
        self._told = False

    def count(self, what: str, over: threading.Event) -> None:
        """Show how long it takes, until it is over or somebody tells more."""
        begun = time.monotonic()
        while not over.wait(_COUNT_EVERY_S) and not self._told:
            self._console.pass_by(
                short(f"{plain(what)}   {time.monotonic() - begun:.0f} s", self._console.error_look.room)
            )

    def tell(self, what: str, done: int, total: int | None) -> None:
        """Show it, unless the last one is too new."""
        self._told = True
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY_S
        count = f"{done:,}" if total is None else f"{done:,} of {total:,}"
        self._console.pass_by(short(f"{plain(what)}   {count}", self._console.error_look.room))
