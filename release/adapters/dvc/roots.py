"""DVC repositories of a commit: a pointer belongs to the nearest folder above it that has a `.dvc` folder."""

from __future__ import annotations

import posixpath
from collections.abc import Collection

from msgspec.structs import replace

from release.adapters.dvc.scan import Found
from release.core.audit.audit import Problem
from release.core.pointers.placing import Place
from release.core.pointers.rules import unreadable
from release.core.shell import command_line, pathspec
from release.git.objects import TREE_MODE


def root_of(path: str, roots: Collection[str]) -> str | None:
    """Return the nearest DVC root above a file; None if there is none."""
    folder = posixpath.dirname(path)
    while folder not in roots:
        if not folder:
            return None
        folder = posixpath.dirname(folder)
    return folder


def is_in_the_way(found: Found) -> bool:
    """Return whether this is a file named `.dvc`: DVC takes the folder that contains it for another repository."""
    return found.mode != TREE_MODE and posixpath.basename(found.path) == ".dvc"


def skipped(at: Place) -> Problem:
    """Return the problem of a pointer that DVC skips because of a file named `.dvc`."""
    file = posixpath.join(at.root, ".dvc")
    reason = f"{file} is a file, so DVC takes that folder for another repository, and `dvc pull` skips it"
    return replace(unreadable(at.pointer, reason), help=f"{command_line('git', 'rm', pathspec(file))}, and commit it")


def no_dvc(pointer: str) -> Problem:
    """Return the problem of a pointer without a DVC repository."""
    return replace(
        unreadable(pointer, "no folder above it has a .dvc folder at this commit, so `dvc pull` does not work"),
        help="git add .dvc/config, and commit it",
    )
