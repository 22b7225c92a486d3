"""Ctrl-C, SIGTERM and a hangup around a push: a half-heard one would leave its state unknown."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# A terminal that is closed tells its whole group: us, and a git that is at work for us.
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def only_second_interrupt() -> Iterator[None]:
    """A first Ctrl-C (SIGTERM, hangup) is not heard in here, the next one is a KeyboardInterrupt."""
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
    """A child that is started meanwhile inherits that it does not hear Ctrl-C, nor a hangup."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
