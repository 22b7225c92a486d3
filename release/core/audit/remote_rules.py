"""Problems with a commit's remotes themselves, regardless of their content. Pure."""

from __future__ import annotations

import posixpath
from typing import Literal

from msgspec.structs import replace

from release.core.audit.audit import Problem, ProblemKind, RevisionAudit
from release.core.check import Verdict
from release.core.shell import command_line, quote
from release.errors import ReleaseError


def config_path(root: str) -> str:
    """Return the path of a DVC root's `.dvc/config`, relative to the git root."""
    return f"{root}/.dvc/config" if root else ".dvc/config"


def no_remote(root: str, name: str | None, outs: int) -> Problem:
    """Report outs without a remote: no default is set (`name` None), or the named one does not exist."""
    what = "no default remote is set" if name is None else f"remote `{name}` does not exist"
    return _remote_problem(
        ProblemKind.NO_REMOTE,
        root,
        f"{config_path(root)}: {what}, so {_outs(outs)} nowhere to be pulled from",
        remote=name,
        help=f"dvc remote add {'-d ' if name is None else ''}{quote(name or 'storage')} URL, and commit .dvc/config",
    )


def local_only_remote(root: str, name: str, outs: int) -> Problem:
    """Report a remote that only this machine's `config.local` defines."""
    return _remote_problem(
        ProblemKind.LOCAL_ONLY_REMOTE,
        root,
        f"remote `{name}` is set in .dvc/config.local only: a clone does not know it, and {_outs(outs)} no remote there",
        remote=name,
        help=f"dvc remote add -d {quote(name)} URL (without --local), and commit .dvc/config",
    )


def in_tree_remote(root: str, name: str, folder: str, policy: Literal["warn", "fail"]) -> Problem:
    """Report a remote that is a folder inside the work tree."""
    return _remote_problem(
        ProblemKind.IN_TREE_REMOTE,
        root,
        f"remote `{name}` is the folder {folder} inside the work tree: its objects are there, but no clone can pull them",
        remote=name,
        severity=Verdict.FAILED if policy == "fail" else Verdict.WARNING,
        help=_move_out(root, name, folder),
    )


def unreadable_config(root: str, reason: str) -> Problem:
    """Report a `.dvc/config` of the commit that cannot be read."""
    return _remote_problem(
        ProblemKind.UNREADABLE_POINTER,
        root,
        f"{config_path(root)} cannot be read: {reason}",
        help=f"mend {quote(config_path(root))} and commit it",
    )


def remote_unanswered(root: str, name: str, error: ReleaseError, outs: int, *, forbidden: bool) -> Problem:
    """Report a store that did not answer; nothing is known of its objects."""
    return _remote_problem(
        ProblemKind.FORBIDDEN if forbidden else ProblemKind.UNKNOWN,
        root,
        f"remote `{name}` could not be asked about {outs} {'out' if outs == 1 else 'outs'}: {error.message}",
        remote=name,
        severity=Verdict.UNKNOWN,
        help=error.help,
    )


def already_reported(problem: Problem, rev: str) -> Problem:
    """Add how to restore `rev` from today's default remote, if that has what the commit's remote lacks.

    It stays a failure, because `dvc pull` at the revision uses the revision's own configuration.
    """
    there = problem.elsewhere
    if there is None:
        return problem
    below = f" --cd {quote(there.root)}" if there.root else ""
    config, using = f" && git checkout '@{{-1}}' -- {quote(config_path(there.root))}", ""
    if there.named:
        config, using = "", f" -r {quote(there.remote)}"
    target = f" {quote(posixpath.relpath(there.target, there.root or '.'))}" if there.target else ""
    command = f"git checkout {quote(rev)}{config} && dvc{below} pull{using}{target}"
    return replace(
        problem,
        message=f"{problem.message}; today's default remote `{there.remote}` has it",
        help=f"restorable only with the default remote of today: {command}",
    )


def is_down(audit: RevisionAudit) -> bool:
    """Return True if the only problem with a commit's data is a store that could not be reached."""
    bad = [problem for problem in audit.problems if problem.severity is not Verdict.WARNING]
    unknown = (ProblemKind.UNKNOWN, ProblemKind.FORBIDDEN)
    return bool(bad) and all(problem.kind in unknown and problem.remote is not None for problem in bad)


def tag_by_hand(tag: str, revision: str, git_remote: str) -> str:
    """Return commands that tag without proof while a store is down; the tag message says so."""
    made = command_line("git", "tag", "-a", tag, revision, "-m", f"{tag}, data not verified")
    push = command_line("git", "push", names=(git_remote, f"refs/tags/{tag}"))
    return f"{made} && {push}   (by hand: without proof that the data is there)"


def _move_out(root: str, name: str, folder: str) -> str:
    """Return commands, run at the git root, that move the store beside the work tree."""
    beside = posixpath.join("..", folder)
    moved = f"mkdir -p {quote(posixpath.dirname(beside))} && mv {quote(folder)} {quote(beside)}"
    below = f"--cd {quote(root)} " if root else ""
    return f"{moved} && dvc {below}remote modify {quote(name)} url {quote(posixpath.relpath(beside, root or '.'))}"


def _outs(count: int) -> str:
    return "1 out has" if count == 1 else f"{count:,} outs have"


def _remote_problem(
    kind: ProblemKind,
    root: str,
    message: str,
    *,
    remote: str | None = None,
    severity: Verdict = Verdict.FAILED,
    help: str | None = None,
) -> Problem:
    path = config_path(root)
    return Problem(severity=severity, kind=kind, path=path, pointer=path, message=message, remote=remote, help=help)
