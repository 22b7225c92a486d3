"""Objects that a pointer file marks as executable (`isexec: true`); pure. Source: dvc/output.py (`set_exec`)."""

from __future__ import annotations

from typing import Any

from release.core.pointers.fields import BadPointer, as_yaml

_MARK = b"isexec"


def executable_oids(data: bytes) -> frozenset[str]:
    """Return the oids of executable outs of a `.dvc` file or `dvc.lock`; none if it cannot be read."""
    if _MARK not in data:  # true of nearly all files
        return frozenset()
    try:
        document = as_yaml(data)
    except BadPointer:
        return frozenset()
    found: set[str] = set()
    waiting: list[Any] = [document]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            if here.get("isexec") is True and isinstance(here.get("md5"), str):
                found.add(here["md5"])
            waiting += here.values()
        elif isinstance(here, list):
            waiting += here
    return frozenset(found)
