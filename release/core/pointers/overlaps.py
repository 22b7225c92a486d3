"""Conflicting outs of one commit. Pure.

`dvc repro` refuses them; `dvc pull` does not report them, and of a folder that contains another out it restores only
that out.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from release.core.audit.audit import Problem
from release.core.pointers.changes import pointer_changes
from release.core.pointers.pointer import Out
from release.core.pointers.rules import inside_another, named_twice


def overlaps(outs: Iterable[Out]) -> list[Problem]:
    """Report cached outs inside others, and paths for which two pointers have different content."""
    first: dict[tuple[str, str], Out] = {}
    problems = []
    for out in outs:
        if out.cache:
            other = first.setdefault((out.subrepo, out.path), out)
            if other is not out and pointer_changes([other], [out]):
                problems.append(named_twice(out, other))
    for out in first.values():
        outer = _around(out, first)
        if outer is not None:
            problems.append(inside_another(out, outer))
    return problems


def _around(out: Out, outs: Mapping[tuple[str, str], Out]) -> Out | None:
    folder = posixpath.dirname(out.path)
    while folder:
        if (out.subrepo, folder) in outs:
            return outs[out.subrepo, folder]
        folder = posixpath.dirname(folder)
    return None
