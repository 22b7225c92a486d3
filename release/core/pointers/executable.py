"""Which objects a pointer file marks as programs (`isexec: true`); pure. Source: dvc/output.py (`set_exec`)."""

from __future__ import annotations

from typing import Any

from release.core.pointers.fields import BadPointer, as_yaml

_MARK = b"isexec"


def executable_oids(data: bytes) -> frozenset[str]:
    """The oids of the outs of a `.dvc` file or `dvc.lock` that are programs; none of a file that cannot be read."""
    if _MARK not in data:  # nearly all
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
