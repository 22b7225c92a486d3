"""Moment 3, publish: one atomic, leased push; and what its answer means."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from release.adapters.git.process import Git, Result, Running
from release.adapters.git.repository import Repository

PUSH_LIMIT_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RefUpdate:
    """One ref of a push: full name, the object id it shall have, and the one it must have before ("": none)."""

    ref: str
    new: str
    old: str


class Answer(Enum):
    """What is known after a push ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # every ref was refused: nothing happened, and nothing will
    NO_ATOMIC = "no atomic"  # this host cannot push atomically: nothing was sent
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """The answer; `reasons` per refused ref; `words` what the server and git said, without secrets."""

    answer: Answer
    reasons: Mapping[str, str]
    words: str

    @property
    def stale(self) -> bool:
        """Whether a ref was refused by git itself because the remote has moved: `[rejected]`, not `[remote rejected]`."""
        return any(reason.startswith("[rejected]") for reason in self.reasons.values())


def start_rehearsal(git: Git, remote: str, updates: tuple[RefUpdate, ...], *, atomic: bool = True) -> Running:
    """Begin a dry run of the push: proves "reachable and accepted so far", runs no hook, sends nothing."""
    return git.having(*_settings(remote)).start(
        "push", "--dry-run", "--no-verify", *_words(remote, updates, atomic=atomic)
    )


def start_push(git: Git, remote: str, updates: tuple[RefUpdate, ...], *, atomic: bool = True) -> Running:
    """Begin the push. Its process does not hear Ctrl-C: a half-heard one would leave the state unknown."""
    return git.having(*_settings(remote)).start("push", *_words(remote, updates, atomic=atomic), ignore_interrupt=True)


def read_answer(result: Result, updates: tuple[RefUpdate, ...]) -> Pushed:
    """What a finished push means, from its code and its porcelain lines alone."""
    flags, reasons = {}, {}
    for line in result.out.decode("utf-8", "replace").splitlines():
        fields = line.split("\t")
        if len(fields) == 3 and len(fields[0]) == 1:
            ref = fields[1].rpartition(":")[2]
            flags[ref], reasons[ref] = fields[0], fields[2]
    wanted = [update.ref for update in updates]
    refused = {ref: reasons[ref] for ref in wanted if flags.get(ref) == "!"}
    if result.code == 0 and all(flags.get(ref) in (" ", "*", "=") for ref in wanted):
        answer = Answer.ACCEPTED
    elif len(refused) == len(wanted) and all(
        reason.startswith(("[rejected]", "[remote rejected]")) for reason in refused.values()
    ):
        answer = Answer.REFUSED
    else:
        answer = Answer.UNKNOWN
    return Pushed(answer=answer, reasons=refused, words=result.error_text)


def push_limit_s(repository: Repository) -> float | None:
    """How long a push may take; no limit with a pre-push hook, which may upload data for hours (`dvc install`)."""
    configured = repository.settings.last("core.hookspath")
    hooks = repository.work_tree / Path(configured).expanduser() if configured else repository.common_dir / "hooks"
    return None if _executable(hooks / "pre-push") else PUSH_LIMIT_S


def _settings(remote: str) -> tuple[str, ...]:
    # A mirror remote would delete what is not here; a configured refspec must not add to ours.
    return (f"remote.{remote}.mirror=false", "push.followTags=false", "push.default=nothing")


def _words(remote: str, updates: tuple[RefUpdate, ...], *, atomic: bool) -> list[str]:
    leases = [f"--force-with-lease={update.ref}:{update.old}" for update in updates]
    specs = [f"{update.new}:{update.ref}" for update in updates]
    how = ["--atomic"] if atomic else []
    return ["--porcelain", "--no-follow-tags", "--recurse-submodules=check", *how, *leases, "--", remote, *specs]


def _executable(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & stat.S_IXUSR)
    except OSError:
        return False
