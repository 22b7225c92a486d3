"""One `release` at a time in a clone: a lock that the kernel lets go when its owner dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from release.adapters.clock import now
from release.errors import Raced


class Locked(Raced):
    """Another `release` is at work in this clone."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder`/lock. Raises Locked, naming owner and age."""
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise Locked(_owner(file.read()), help="wait for it to end, then run again") from error
        file.truncate(0)
        owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": now().isoformat(timespec="seconds")}
        file.write(json.dumps(owner))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _owner(text: str) -> str:
    try:
        owner = json.loads(text)
        age_s = int((now() - datetime.fromisoformat(owner["since"])).total_seconds())
        return f"another release is at work in this clone: process {owner['pid']} on {owner['host']}, for {age_s} s"
    except (ValueError, KeyError, TypeError):
        return "another release is at work in this clone"
