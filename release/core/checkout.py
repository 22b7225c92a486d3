"""Going to a release: what would be lost, what is needed, and what was done; pure values and rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import Enum

from msgspec import Struct, field

from release.core.audit.audit import Problem, ProblemKind
from release.core.check import Check, Verdict, exit_code
from release.core.pointers.pointer import ObjectKey
from release.core.shell import command_line
from release.errors import ExitCode

_SHOWN = 20


class Head(Enum):
    """Where HEAD is afterwards."""

    BRANCH = "branch"
    DETACHED = "detached"


class Data(Enum):
    """Whether data follows the code."""

    FOLLOWS = "follows"
    STAYS = "stays"  # `--no-data`


class CheckoutRequest(Struct, frozen=True, kw_only=True):
    """`release checkout`, as asked. `branch` None: `from/TAG`; `folder` None: this work tree, else a new one there."""

    tag: str
    branch: str | None = None
    head: Head = Head.BRANCH
    folder: str | None = None
    data: Data = Data.FOLLOWS


class Wanted(Struct, frozen=True):
    """The content that a file of an out shall have: `layout` and `oid` name it in every cache and store."""

    layout: str
    oid: str

    @property
    def key(self) -> ObjectKey:
        """As an object of no particular store."""
        return ObjectKey("", self.layout, self.oid)


class DataMoves(Struct, frozen=True, kw_only=True):
    """What happens to data in the work tree, by path from the git root.

    `write` are files to make, `remove` files to take away, `before` the content that each of these
    has now if there is a file; all of it is in the cache before anything moves. `seen` is how each
    file lay there when it was looked at (None: it did not): what has changed since is not touched.
    """

    write: Mapping[str, Wanted]
    remove: Collection[str]
    before: Mapping[str, Wanted]
    seen: Mapping[str, tuple[int, ...] | None] = field(default_factory=dict)


class LeftOut(Struct, frozen=True, kw_only=True):
    """Data that a checkout did not bring: the path, why, and the command that brings it."""

    path: str
    reason: str
    help: str


class CheckoutReport(Struct, frozen=True, kw_only=True):
    """What was done: `branch` None if HEAD is detached; `left` is the branch, `left_commit` the commit that HEAD was.

    `fetched` and `fetched_bytes` count objects that came from a store; `written` and `removed` files
    of data. `folder` is the new work tree, None: this one. `moved` False: refused, see `checks`.
    `left_out` is data that comes from elsewhere and could not be had, or that nobody may fetch.
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
        """Of a refusal that of its checks; in part if something is left out."""
        code = ExitCode.DONE if self.moved else exit_code(self.checks)
        return ExitCode.PARTIAL if code is ExitCode.DONE and self.left_out else code

    @property
    def refused(self) -> bool:
        """Whether a check stands against it."""
        return not self.moved and exit_code(self.checks) is not ExitCode.DONE


def unsaved_check(paths: Collection[str], name: str, words: str, help: str, *, fine: str | None = None) -> Check:
    """A check about files that would be lost; `fine` says in words that there are none."""
    if not paths:
        return Check(name=name, verdict=Verdict.OK, message=fine or f"no file {words}")
    shown = tuple(sorted(paths))
    details = shown[:_SHOWN] if len(shown) <= _SHOWN else (*shown[:_SHOWN], f"... {len(shown) - _SHOWN:,} more")
    number = f"{len(shown):,} file{'' if len(shown) == 1 else 's'}"
    return Check.failed(name, f"{number} {words}", help, details=details)


# What makes it impossible to write the files of an out, whatever the cache has.
_FATAL = frozenset(
    {ProblemKind.UNRECORDED, ProblemKind.NEVER_RUN, ProblemKind.UNREADABLE_POINTER, ProblemKind.UNSAFE_PATH}
)


_APART = frozenset({ProblemKind.EXTERNAL, ProblemKind.LFS})


def _verify(tag: str) -> str:
    return command_line("release", "verify", names=(tag,))


def _verify_or_go_without(tag: str) -> str:
    go = command_line("release", "checkout", names=(tag,), more=("--no-data",))
    return f"{_verify(tag)}, or {go} for the code alone"


def restorable(tag: str, problems: Sequence[Problem], missing: Collection[str], *, unlisted: Collection[str]) -> Check:
    """Whether every file can be written: `missing` are oids that the cache lacks, `unlisted` directories not known.

    What is wrong with the release otherwise is a warning: the cache has it, but nobody else will.
    Imports have a check of their own (see `LeftOut`), and what git-lfs brings is no data of DVC's.
    """
    problems = [each for each in problems if each.kind not in _APART]
    blocking = [each for each in problems if _blocks(each, missing, unlisted)]
    failed = [each for each in blocking if each.severity is Verdict.FAILED]
    if blocking:
        first = (failed or blocking)[0]
        message = first.message if len(blocking) == 1 else f"{len(blocking):,} problems with the data of {tag}"
        details = () if len(blocking) == 1 else tuple(each.message for each in blocking[:_SHOWN])
        return Check(
            name="data",
            verdict=Verdict.FAILED if failed else Verdict.UNKNOWN,
            message=message,
            help=(None if failed else first.help) or _verify_or_go_without(tag),
            code=ExitCode.DATA if failed else ExitCode.UNKNOWN,
            details=details,
        )
    if unlisted:
        message = f"the files of {min(unlisted)} are not known: its list is neither in the cache nor on a remote"
        help = _verify_or_go_without(tag)
        return Check(name="data", verdict=Verdict.UNKNOWN, message=message, help=help, code=ExitCode.UNKNOWN)
    others = [each for each in problems if each.severity is not Verdict.WARNING]
    if others:
        message = f"the cache here has all data of {tag}, but its remote does not: {others[0].message}"
        return Check(name="data", verdict=Verdict.WARNING, message=message, help=_verify(tag))
    return Check(name="data", verdict=Verdict.OK, message="every object can be had")


def _blocks(problem: Problem, missing: Collection[str], unlisted: Collection[str]) -> bool:
    if problem.severity is Verdict.WARNING:
        return False
    if problem.kind in _FATAL or problem.path in unlisted:
        return True
    if problem.oid is not None:
        return problem.oid in missing
    return bool(missing) and problem.kind is not ProblemKind.IN_TREE_REMOTE
