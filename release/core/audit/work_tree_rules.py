"""Check of the work tree: data that differs from its pointers, and pointers that are not in git. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Sequence

from msgspec import Struct

from release.core.check import Check, CheckName, Verdict
from release.core.pointers.pointer import LOCK, PIPELINE, Origin, Out
from release.core.shell import command_line, pathspec
from release.errors import ExitCode

_SHOWN = 8
_ADDED_AT_ONCE = 50  # paths in one help line


class Difference(Struct, frozen=True):
    """An out that differs from its pointer: paths below it ("" is the out itself).

    `unreadable` is the reason if it could not be compared, else None.
    """

    out: Out
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unreadable: str | None = None

    @property
    def listed(self) -> bool:
        """True if files were added or removed; the content of the others is not compared yet."""
        return bool(self.added or self.removed)

    @property
    def text(self) -> str:
        """The difference in one line."""
        if self.unreadable is not None:
            return f"{self.out.path} cannot be read: {self.unreadable}"
        inside = [
            f"{path} {word}"
            for word, paths in (("changed", self.changed), ("added", self.added), ("removed", self.removed))
            for path in paths
            if path
        ]
        if not inside:
            return f"{self.out.path} changed since {_recorder(self.out)}"
        more = f", {len(inside) - 3:,} more" if len(inside) > 3 else ""
        return f"{self.out.path} changed since {_recorder(self.out)}: {', '.join(inside[:3])}{more}"


def work_tree_check(
    differences: Sequence[Difference], present: Collection[Out], untracked: Sequence[str] = ()
) -> Check:
    """Check all tracked data.

    `present` are the outs that exist in the work tree, `untracked` the paths of pointer files that are not in git.
    """
    changed = [each for each in differences if each.unreadable is None]
    unread = [each for each in differences if each.unreadable is not None]
    if untracked:
        return _untracked_check(untracked, [each.text for each in differences])
    if not differences:
        message = "every tracked file equals its pointer" if present else "no tracked data is checked out"
        return Check(name=CheckName.WORK_TREE, verdict=Verdict.OK, message=message)
    details = tuple(each.text for each in (*changed, *unread)[:_SHOWN])
    if len(differences) > _SHOWN:
        details = (*details, f"... {len(differences) - _SHOWN} more")
    if not changed:
        message = f"{len(unread)} of {len(present)} tracked outs could not be compared with their pointers"
        return Check(
            name=CheckName.WORK_TREE,
            verdict=Verdict.UNKNOWN,
            message=message if len(unread) > 1 else unread[0].text,
            details=details if len(unread) > 1 else (),
            help=command_line("ls", "-l", names=(unread[0].out.path,)),
            code=ExitCode.UNKNOWN,
        )
    message = f"{len(changed)} of {len(present)} tracked outs changed since they were recorded"
    only = len(differences) == 1
    return Check(
        name=CheckName.WORK_TREE,
        verdict=Verdict.FAILED,
        message=changed[0].text if only else message,
        details=() if only else details,
        help=_help([each.out for each in changed]),
        code=ExitCode.REFUSED,
    )


def _untracked_check(paths: Sequence[str], others: Sequence[str]) -> Check:
    """Refuse untracked pointers: without its pointer the release and its audit would miss the data."""
    rows = [*(f"{path} is not in git: {_left_out(path)} would be left out" for path in paths), *others]
    more = (f"... {len(rows) - _SHOWN} more",) if len(rows) > _SHOWN else ()
    added = tuple(map(pathspec, paths[:_ADDED_AT_ONCE]))
    return Check(
        name=CheckName.WORK_TREE,
        verdict=Verdict.FAILED,
        message=rows[0] if len(paths) == 1 else f"{rows[0]}, and {len(paths) - 1} more like it",
        details=() if len(rows) == 1 else (*rows[:_SHOWN], *more),
        help=f"{command_line('git', 'add', names=added)} && git commit",
        code=ExitCode.REFUSED,
    )


def _left_out(pointer: str) -> str:
    name = posixpath.basename(pointer)
    if name == PIPELINE:
        return "its stages"
    return "what its stages made" if name == LOCK else pointer.removesuffix(".dvc")


def _recorder(out: Out) -> str:
    return "`dvc add`" if _is_added(out) else "its pointer was written"


def _is_added(out: Out) -> bool:
    return out.stage is None and out.origin is Origin.OWN


def _help(outs: Sequence[Out]) -> str:
    added = [out.path for out in outs if _is_added(out)]
    committed = [out.path for out in outs if not _is_added(out)]
    commands = [
        command_line("dvc", verb, names=paths) for verb, paths in (("add", added), ("commit", committed)) if paths
    ]
    back = command_line("dvc", "checkout", names=[*added, *committed])
    return f"{' && '.join(commands)}, then commit the pointers; or back to the data of the commit: {back}"
