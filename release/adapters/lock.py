"""Lock of a clone: one `release` at a time. The kernel frees it when its owner and all its gits have ended."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TextIO

from release.adapters.clock import now
from release.core.shell import command_line
from release.errors import Raced, Refused


class Locked(Raced):
    """Another `release` is running in this clone."""


class InTheWay(Refused):
    """A foreign file or folder at the path of the lock or records."""

    def __init__(self, path: Path) -> None:
        what = f"{path} is in the way: lock and records of releases are kept there"
        super().__init__(what, help=f"look at it, then: {out_of_the_way(path)}")


def out_of_the_way(path: Path) -> str:
    """Return the command that moves a file or folder aside; nothing is deleted."""
    return command_line("mv", names=(str(path), f"{path}.old"))


def record_room(folder: Path) -> None:
    """Create the folder of lock and records if it does not exist. Raises InTheWay."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError as error:
        raise InTheWay(folder) from error


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Lock `folder`/lock; yields its file descriptor, which git processes that change this clone inherit.

    A git that outlives this process keeps the lock, so whoever gets the lock knows that no git of an
    interrupted release is still running. Raises Locked, naming owner and age, or Refused.
    """
    with _opened(folder) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise Locked(_owner(file.read()), help="wait for it to end, then run again") from error
        except OSError as error:
            words = f"{folder} cannot be locked: {error.strerror}"
            raise Refused(words, help="use a clone on a file system that has locks") from error
        file.truncate(0)
        owner = {"pid": os.getpid(), "host": os.uname().nodename, "since": now().isoformat(timespec="seconds")}
        file.write(json.dumps(owner))
        file.flush()
        try:
            yield file.fileno()
        finally:
            file.truncate(0)
            fcntl.flock(file, fcntl.LOCK_UN)  # explicit: a process that a git hook left running may keep it open


def _opened(folder: Path) -> TextIO:
    record_room(folder)
    try:
        return (folder / "lock").open("a+", encoding="utf-8")
    except IsADirectoryError as error:
        raise InTheWay(folder / "lock") from error


def at_work(folder: Path) -> str | None:
    """Describe the current holder of `folder`/lock in a sentence; None if it is free or its holder was killed."""
    owner = ""
    try:
        with (folder / "lock").open(encoding="utf-8") as file:
            owner = file.read()
            if owner:  # empty: it was released; do not lock it here, another process may want it now
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _owner(owner)
    except OSError:
        return None
    return None


def _owner(text: str) -> str:
    try:
        owner = json.loads(text)
        age_s = int((now() - datetime.fromisoformat(owner["since"])).total_seconds())
        return f"another release is at work in this clone: process {owner['pid']} on {owner['host']}, for {age_s} s"
    except (ValueError, KeyError, TypeError):
        return "another release is at work in this clone"
