"""Rules for the work tree: tracked data that differs, forgotten `dvc add`, and moves of `checkout`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Sequence
from enum import Enum

from msgspec import Struct

from release.core.check import Check, CheckName, Verdict, exit_code
from release.core.pointer import LOCK, PIPELINE, ObjectKey, Origin, Out
from release.core.problems import Problem, ProblemKind
from release.core.text import command_line, few_rows, many, pathspec
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
        message = (
            "all tracked files match their pointers" if present else "no DVC data checked out here; nothing to compare"
        )
        return Check.ok(CheckName.WORK_TREE, message)
    details = few_rows([each.text for each in (*changed, *unread)], _SHOWN)
    if not changed:
        message = f"{len(unread)} of {len(present)} tracked outs could not be compared with their pointers"
        return Check.unknown(
            CheckName.WORK_TREE,
            message if len(unread) > 1 else unread[0].text,
            command_line("ls", "-l", names=(unread[0].out.path,)),
            details=details if len(unread) > 1 else (),
        )
    message = f"{len(changed)} of {len(present)} tracked outs changed since they were recorded"
    only = len(differences) == 1
    return Check.failed(
        CheckName.WORK_TREE,
        changed[0].text if only else message,
        _help([each.out for each in changed]),
        details=() if only else details,
    )


def _untracked_check(paths: Sequence[str], others: Sequence[str]) -> Check:
    """Refuse untracked pointers: without its pointer the release and its audit would miss the data."""
    rows = [*(f"{path} is not in git: {_left_out(path)} would be left out" for path in paths), *others]
    added = tuple(map(pathspec, paths[:_ADDED_AT_ONCE]))
    return Check.failed(
        CheckName.WORK_TREE,
        rows[0] if len(paths) == 1 else f"{rows[0]}, and {len(paths) - 1} more like it",
        f"{command_line('git', 'add', names=added)} && git commit",
        details=() if len(rows) == 1 else few_rows(rows, _SHOWN),
    )


def _left_out(pointer: str) -> str:
    name = posixpath.basename(pointer)
    if name == PIPELINE:
        return "its stages"
    return "the outputs of its stages" if name == LOCK else pointer.removesuffix(".dvc")


def _recorder(out: Out) -> str:
    return "`dvc add`" if is_added(out) else "its pointer was written"


def is_added(out: Out) -> bool:
    """Return whether `dvc add` writes the out's pointer."""
    return out.stage is None and out.origin is Origin.OWN


def _help(outs: Sequence[Out]) -> str:
    added = [out.path for out in outs if is_added(out)]
    committed = [out.path for out in outs if not is_added(out)]
    commands = [
        command_line("dvc", verb, names=paths) for verb, paths in (("add", added), ("commit", committed)) if paths
    ]
    back = command_line("dvc", "checkout", names=[*added, *committed])
    return f"{' && '.join(commands)}, then commit the pointers; or, to restore the committed data: {back}"


# Input and checks of git hooks.

_ZERO = re.compile(r"0+")
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class PushedRange(Struct, frozen=True, kw_only=True):
    """A pushed ref: from `old`, the remote's object id ("" if none), to the object `new`."""

    old: str
    new: str


def pushed_commits(lines: Iterable[str]) -> tuple[PushedRange, ...]:
    """Parse the lines of a pre-push hook (githooks(5)): local ref, local object, remote ref, remote object.

    Deletions are left out.
    """
    found = []
    for line in lines:
        words = line.split()
        if len(words) != 4 or not (_OID.fullmatch(words[1]) and _OID.fullmatch(words[3])) or _ZERO.fullmatch(words[1]):
            continue
        found.append(PushedRange(old="" if _ZERO.fullmatch(words[3]) else words[3], new=words[1]))
    return tuple(found)


def not_in_cache_check(absent: Sequence[Out]) -> Check:
    """Check that the objects of pointers that are new in this commit are in the cache; `absent` are not."""
    if not absent:
        return Check.ok(CheckName.CACHE, "all data of the staged pointers is in the cache")
    pointers = list(dict.fromkeys(out.pointer for out in absent))
    one = f"{absent[0].pointer} points to data that is not in the cache"
    return Check.failed(
        CheckName.CACHE,
        one if len(pointers) == 1 else f"{len(pointers)} staged pointers point to data that is not in the cache",
        _absent_help(absent),
        ExitCode.DATA,
        details=tuple(f"{out.path} ({out.oid})" for out in absent[:20]),
    )


def pointer_check(problems: Sequence[Problem]) -> Check:
    """Refuse pointers that cannot be read, or have no hash."""
    return Check.failed(
        CheckName.POINTERS,
        problems[0].message,
        problems[0].help,
        ExitCode.DATA,
        details=tuple(problem.message for problem in problems[1:20]),
    )


def _absent_help(absent: Sequence[Out]) -> str:
    if all(out.stage is None for out in absent):
        return (
            f"{command_line('dvc', 'add', names=[out.path for out in absent[:5]])}, or, if a remote has it: dvc fetch"
        )
    return "dvc repro, or, if a remote has it: dvc fetch"


# Checkout of a release: request, planned data changes, checks and report

_CHECKOUT_SHOWN = 20


class Head(Enum):
    """State of HEAD after the checkout."""

    BRANCH = "branch"
    DETACHED = "detached"


class Data(Enum):
    """Handling of data in the work tree."""

    FOLLOWS = "follows"
    STAYS = "stays"  # `--no-data`


class CheckoutRequest(Struct, frozen=True, kw_only=True):
    """Arguments of `release checkout`; `branch` None: `from/TAG`; `folder`: a new work tree, None: this one."""

    tag: str
    branch: str | None = None
    head: Head = Head.BRANCH
    folder: str | None = None
    data: Data = Data.FOLLOWS


class NeededObject(Struct, frozen=True):
    """Content that a file of an out must have: `layout` and `oid` name it in every cache and store."""

    layout: str
    oid: str

    @property
    def key(self) -> ObjectKey:
        """The key of the object, without a store."""
        return ObjectKey("", self.layout, self.oid)


class CheckoutRecord(Struct, frozen=True, kw_only=True):
    """A checkout in progress: from one end to the other; every state between can be settled to either.

    `left` (None: HEAD was detached) and `left_commit` are where HEAD was, `branch` and `commit` where it goes. `creates`:
    the branch is new. `new_object` is the tag object if the tag has no local ref yet. `worktree` is the folder of the
    work tree, `folder` a new one that is made (None: this one changes). `data` False: `--no-data`. `started` is UTC, ISO
    8601. `undoing`: it is being taken back.
    """

    tag: str
    commit: str
    branch: str | None
    creates: bool
    new_object: str | None
    left: str | None
    left_commit: str
    worktree: str
    folder: str | None
    data: bool
    started: str
    undoing: bool = False

    @property
    def name(self) -> str:
        """The checkout, in a sentence."""
        return f"the checkout of {self.tag}"

    @property
    def interrupted(self) -> str:
        """The interruption, as a sentence."""
        return f"a checkout was interrupted: {self.tag}, started {self.started} in {self.worktree}"


class LeftOut(Struct, frozen=True, kw_only=True):
    """Data that a checkout did not restore: the path, the reason, and the command that restores it."""

    path: str
    reason: str
    help: str


class CheckoutReport(Struct, frozen=True, kw_only=True):
    """Result of a checkout.

    `branch` None: HEAD is detached; `left` and `left_commit` are HEAD's branch and commit before. `fetched` and
    `fetched_bytes` count objects downloaded from a store; `written` and `removed` files of data. `folder` is the new
    work tree, None: this one. `moved` False: refused, see `checks`. `left_out` is data from other sources that could
    not be, or may not be, fetched.
    """

    tag: str
    commit: str
    moved: bool
    checks: tuple[Check, ...] = ()
    branch: str | None = None
    left: str | None = None
    left_commit: str | None = None
    fetched: int = 0
    fetched_bytes: int = 0
    written: int = 0
    removed: int = 0
    folder: str | None = None
    data: Data = Data.FOLLOWS
    warnings: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """Exit code of the checks if refused; PARTIAL if something is left out."""
        code = ExitCode.DONE if self.moved else exit_code(self.checks)
        return ExitCode.PARTIAL if code is ExitCode.DONE and self.left_out else code

    @property
    def refused(self) -> bool:
        """True if a check blocks."""
        return not self.moved and exit_code(self.checks) is not ExitCode.DONE


SAVE = "dvc commit -f, then commit the pointers; or move them away"  # data that no cache has


def unhide(paths: Collection[str]) -> str:
    """Return the commands that show git's changes in files again; one call takes only one of the options."""
    few = sorted(paths)[:_CHECKOUT_SHOWN]
    options = ("--no-assume-unchanged", "--no-skip-worktree")
    return " && ".join(command_line("git", "update-index", option, names=few) for option in options)


def unsaved_check(paths: Collection[str], name: CheckName, words: str, help: str, *, fine: str | None = None) -> Check:
    """Check for files that would be lost; `fine` is the message if there are none."""
    if not paths:
        return Check.ok(name, fine or f"no file {words}")
    details = few_rows(sorted(paths), _CHECKOUT_SHOWN)
    return Check.failed(name, f"{many(len(paths), 'file')} {words}", help, details=details)


# Problems that make it impossible to write the files of an out, even if the cache is complete.
_FATAL = frozenset(
    {ProblemKind.UNRECORDED, ProblemKind.NEVER_RUN, ProblemKind.UNREADABLE_POINTER, ProblemKind.UNSAFE_PATH}
)


_APART = frozenset({ProblemKind.EXTERNAL, ProblemKind.LFS})


def _verify(tag: str) -> str:
    return command_line("release", "verify", names=(tag,))


def _verify_or_go_without(tag: str) -> str:
    go = command_line("release", "checkout", names=(tag,), more=("--no-data",))
    return f"{_verify(tag)}   (or only the code: {go})"


def restorable(tag: str, problems: Sequence[Problem], missing: Collection[str], *, unlisted: Collection[str]) -> Check:
    """Check that every file can be written.

    `missing` are oids that the cache lacks, `unlisted` directories whose listing is unknown. Other problems of the
    release are warnings: the cache has the data, but other clones cannot get it. Imports have their own check (see
    `LeftOut`); Git LFS files are not DVC's data.
    """
    problems = [each for each in problems if each.kind not in _APART]
    blocking = [each for each in problems if _blocks(each, missing, unlisted)]
    failed = [each for each in blocking if each.severity is Verdict.FAILED]
    if blocking:
        first = (failed or blocking)[0]
        message = first.message if len(blocking) == 1 else f"{len(blocking):,} problems with the data of {tag}"
        details = () if len(blocking) == 1 else tuple(each.message for each in blocking[:_CHECKOUT_SHOWN])
        return Check(
            name=CheckName.DATA,
            verdict=Verdict.FAILED if failed else Verdict.UNKNOWN,
            message=message,
            help=(None if failed else first.help) or _verify_or_go_without(tag),
            code=ExitCode.DATA if failed else ExitCode.UNKNOWN,
            details=details,
        )
    if unlisted:
        message = f"the files of {min(unlisted)} are unknown: its list of files is neither in the cache nor on a remote"
        help = _verify_or_go_without(tag)
        return Check.unknown(CheckName.DATA, message, help)
    others = [each for each in problems if each.severity is not Verdict.WARNING]
    if others:
        message = f"the cache here has all data of {tag}, but its remote does not: {others[0].message}"
        return Check.warning(CheckName.DATA, message, _verify(tag))
    return Check.ok(CheckName.DATA, "every object is available")


def _blocks(problem: Problem, missing: Collection[str], unlisted: Collection[str]) -> bool:
    if problem.severity is Verdict.WARNING:
        return False
    if problem.kind in _FATAL or problem.path in unlisted:
        return True
    if problem.oid is not None:
        return problem.oid in missing
    return bool(missing) and problem.kind is not ProblemKind.IN_TREE_REMOTE
