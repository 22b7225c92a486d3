"""Progress of long work, on one line of the terminal that disappears before the answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from release.cli.console import Console
from release.core.text import OnProgress, ignore
from release.render.look import plain, short

LOOKING = "looking at the repository and its remotes ..."

_AFTER_S = 0.5  # shorter work needs no progress
_EVERY_S = 0.1
_COUNT_EVERY_S = 1.0


@contextmanager
def progress(console: Console, *, quiet: bool, what: str = "") -> Iterator[OnProgress]:
    """Yield the progress callback; it writes to stderr on a terminal, and the line is removed at the end.

    `what` is shown with the elapsed seconds until the first progress report, for work without countable steps,
    such as waiting for a remote. Not for work that prompts.
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
    """Show what is waited for, until something else is written; for git commands that may ask for a passphrase.

    Such a prompt is not overwritten, as `progress` would do.
    """
    if console.interactive and not quiet:
        console.pass_by(short(f"{plain(what)} ", console.error_look.room))


class _Line:
    """A line such as `listing storage   12,000 of 61,204`, rewritten a few times a second."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next = time.monotonic() + _AFTER_S
        self._told = False

    def count(self, what: str, over: threading.Event) -> None:
        """Show the elapsed seconds, until the work ends or reports progress."""
        begun = time.monotonic()
        while not over.wait(_COUNT_EVERY_S) and not self._told:
            self._console.pass_by(
                short(f"{plain(what)}   {time.monotonic() - begun:.0f} s", self._console.error_look.room)
            )

    def tell(self, what: str, done: int, total: int | None) -> None:
        """Show the progress, unless the last line is too recent."""
        self._told = True
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY_S
        count = f"{done:,}" if total is None else f"{done:,} of {total:,}"
        self._console.pass_by(short(f"{plain(what)}   {count}", self._console.error_look.room))
