"""Handling of Ctrl-C, SIGTERM and SIGHUP around a push: stopping it halfway would leave its result unknown."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Closing a terminal signals its whole process group: this process and any git that it started.
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def only_second_interrupt() -> Iterator[None]:
    """Ignore the first Ctrl-C, SIGTERM or SIGHUP in this block; raise KeyboardInterrupt on the next one."""
    numbers = [number for number in _ENDS if callable(signal.getsignal(number))]
    if threading.current_thread() is not threading.main_thread() or not numbers:
        yield
        return
    heard = 0

    def hear(number: int, frame: FrameType | None) -> None:
        del number, frame
        nonlocal heard
        heard += 1
        if heard > 1:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, hear) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def interrupt_ignored() -> Iterator[None]:
    """Ignore Ctrl-C and SIGHUP in this block, so that a child started in it ignores them, too."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
