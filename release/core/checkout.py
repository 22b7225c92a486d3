"""Checkout of a release: request, planned data changes, checks and report; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import Enum

from msgspec import Struct, field

from release.core.audit.audit import Problem, ProblemKind
from release.core.check import Check, CheckName, Verdict, exit_code
from release.core.pointers.pointer import ObjectKey
from release.core.shell import command_line
from release.errors import ExitCode

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


class DataMoves(Struct, frozen=True, kw_only=True):
    """Changes of data in the work tree, by path from the git root.

    `write` are files to write, `remove` files to remove, `before` the content that each of these has now, if it exists;
    all of it is in the cache before anything changes. `seen` is the state of each file when it was inspected (None: it
    did not exist); files that changed since are not touched.
    """

    write: Mapping[str, NeededObject]
    remove: Collection[str]
    before: Mapping[str, NeededObject]
    seen: Mapping[str, tuple[int, ...] | None] = field(default_factory=dict)


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


def unsaved_check(paths: Collection[str], name: CheckName, words: str, help: str, *, fine: str | None = None) -> Check:
    """Check for files that would be lost; `fine` is the message if there are none."""
    if not paths:
        return Check(name=name, verdict=Verdict.OK, message=fine or f"no file {words}")
    shown = tuple(sorted(paths))
    details = (
        shown[:_CHECKOUT_SHOWN]
        if len(shown) <= _CHECKOUT_SHOWN
        else (*shown[:_CHECKOUT_SHOWN], f"... {len(shown) - _CHECKOUT_SHOWN:,} more")
    )
    number = f"{len(shown):,} file{'' if len(shown) == 1 else 's'}"
    return Check.failed(name, f"{number} {words}", help, details=details)


# Problems that make it impossible to write the files of an out, even if the cache is complete.
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
        message = f"the files of {min(unlisted)} are not known: its list is neither in the cache nor on a remote"
        help = _verify_or_go_without(tag)
        return Check(name=CheckName.DATA, verdict=Verdict.UNKNOWN, message=message, help=help, code=ExitCode.UNKNOWN)
    others = [each for each in problems if each.severity is not Verdict.WARNING]
    if others:
        message = f"the cache here has all data of {tag}, but its remote does not: {others[0].message}"
        return Check(name=CheckName.DATA, verdict=Verdict.WARNING, message=message, help=_verify(tag))
    return Check(name=CheckName.DATA, verdict=Verdict.OK, message="every object can be had")


def _blocks(problem: Problem, missing: Collection[str], unlisted: Collection[str]) -> bool:
    if problem.severity is Verdict.WARNING:
        return False
    if problem.kind in _FATAL or problem.path in unlisted:
        return True
    if problem.oid is not None:
        return problem.oid in missing
    return bool(missing) and problem.kind is not ProblemKind.IN_TREE_REMOTE
