"""The push of a release: leases, porcelain output, pre-push hook."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from enum import Enum
from math import inf
from typing import Any

from msgspec import Struct

from release.git.process import Git, Result, Running, TimedOut, only_second_interrupt
from release.git.refs import RefUpdate


class PushHook(AbstractContextManager["PushHook"]):
    """The hook of a push that the git from `watched` starts."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def watched(self, git: Git) -> Git:
        """Return a git to push with."""
        number = self._file.fileno()
        return git.having(GIT_TRACE2_EVENT=f"/dev/fd/{number}", GIT_TRACE2_EVENT_NESTING="1").inheriting(number)

    @property
    def refused(self) -> bool:
        """Return whether the hook ran and refused: then git sent nothing at all."""
        return any(end is not None and end.get("code") != 0 for end in self._ends())

    @property
    def runs(self) -> bool:
        """Return whether the hook has begun and not ended: git has sent nothing so far."""
        return None in self._ends()

    def seconds(self) -> float:
        """Return the hook's time in seconds; infinite while it runs, 0 if there is none (or none yet)."""
        return sum(inf if end is None else float(end.get("t_rel", 0.0)) for end in self._ends())

    def _ends(self) -> list[dict[str, Any] | None]:
        """Return the exit event of each hook (git can have several); None for one that has not ended."""
        begun = [each.get("child_id") for each in self._events("child_start") if each.get("hook_name") == "pre-push"]
        ended = {each.get("child_id"): each for each in self._events("child_exit")}
        return [ended.get(child) for child in begun]

    def _events(self, kind: str) -> list[dict[str, Any]]:
        self._file.seek(0)
        found = []
        for line in self._file.read().splitlines():
            with suppress(ValueError):
                event = json.loads(line)
                # Gits that git starts write here, too: their session ids contain a "/".
                if isinstance(event, dict) and event.get("event") == kind and "/" not in str(event.get("sid")):
                    found.append(event)
        return found


# Phase 3, publish: one atomic push with leases, and the meaning of its result


class Answer(Enum):
    """Outcome of a push, as far as known."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # no ref was changed or will be: each was refused, or had the value already
    PART = "part"  # the first ref was changed, the rest was refused or not sent: no `atomic`
    HOOK = "hook"  # the local `pre-push` hook refused: nothing was sent
    UNSENT = "unsent"  # the user stopped the push while the `pre-push` hook ran: nothing was sent
    UNKNOWN = "unknown"


class RefState(Enum):
    """State of one of our refs on a remote."""

    OURS = "ours"
    BEFORE = "before"  # the old value
    OTHER = "other"
    ABSENT = "absent"


class Pushed(Struct, frozen=True, kw_only=True):
    """Result of a push; `reasons` by refused ref, `words` is the output of server and git, without secrets.

    `rest`: for PART, the outcome of the refs that were not changed.
    `sent`: for ACCEPTED, whether the push changed a ref.
    """

    answer: Answer
    reasons: Mapping[str, str]
    words: str
    rest: Answer = Answer.REFUSED
    sent: bool = True

    @property
    def said_there(self) -> str:
        """The server's own output, on one line: git marks it with `remote:`."""
        lines = (line for line in self.words.splitlines() if line.startswith("remote:"))
        return " ".join(" ".join(lines).split())


def start_rehearsal(
    git: Git, remote: str, updates: tuple[RefUpdate, ...], *, atomic: bool, submodules: str = "check"
) -> Running:
    """Start a dry run of the push: shows that the remote answers and accepts it so far. Runs no hook, sends nothing."""
    return git.having(*_settings(remote), "core.hooksPath=/dev/null").start(
        "push", "--dry-run", "--no-verify", *_words(remote, updates, atomic=atomic, submodules=submodules)
    )


def push(git: Git, remote: str, updates: tuple[RefUpdate, ...], *, atomic: bool = True) -> Pushed:
    """Push and wait for the result; never raises for a failed push.

    The process ignores Ctrl-C: stopping it halfway would leave the state unknown. A second Ctrl-C or the
    time limit stops it. The time of the hook does not count.
    """
    with PushHook() as hook, only_second_interrupt():
        watched = hook.watched(git).having(*_settings(remote))
        try:
            running = watched.start("push", *_words(remote, updates, atomic=atomic), ignore_interrupt=True)
            result = running.finish(ok=range(-64, 256), limit_s=git.push_limit_s, not_counted_s=hook.seconds)
        except (TimedOut, KeyboardInterrupt) as error:
            answer = _when_stopped(hook)
            where = " while the pre-push hook ran: nothing was sent" if answer is Answer.UNSENT else ""
            words = error.message if isinstance(error, TimedOut) else f"the push was stopped{where}"
            return Pushed(answer=answer, reasons={}, words=words)
        if result.code != 0 and hook.refused:
            said = result.masked(result.out)  # hooks write to stdout, too
            return Pushed(answer=Answer.HOOK, reasons={}, words=f"{said}\n{result.error_text}".strip())
    return read_answer(result, updates)


def _when_stopped(hook: PushHook) -> Answer:
    """Return the outcome of a stopped push: git sends nothing before the hook has ended."""
    if hook.refused:
        return Answer.HOOK
    return Answer.UNSENT if hook.runs else Answer.UNKNOWN


def refs_by_push(git: Git, remote: str, updates: tuple[RefUpdate, ...]) -> Mapping[str, RefState] | None:
    """Return the state of the refs on the push URL, where that is not the fetch URL, from a dry run.

    None if the remote did not answer.
    """
    words = _words(remote, updates, atomic=False)
    asking = git.having(*_settings(remote)).start("push", "--dry-run", "--no-verify", *words)
    try:
        result = asking.finish(ok=range(-64, 256), limit_s=git.ask_limit_s)
    except TimedOut:
        return None
    flags, _ = _porcelain(result)
    kinds = {"=": RefState.OURS, " ": RefState.BEFORE, "*": RefState.ABSENT, "!": RefState.OTHER}
    found = {each.ref: kinds.get(flags.get(each.ref, "")) for each in updates}
    known = {ref: sight for ref, sight in found.items() if sight is not None}
    return known if len(known) == len(updates) and result.code in (0, 1) else None


def read_answer(result: Result, updates: tuple[RefUpdate, ...]) -> Pushed:
    """Determine the outcome of a finished push from its exit code and porcelain lines alone."""
    flags, reasons = _porcelain(result)
    wanted = [update.ref for update in updates]
    refused = {ref: reasons[ref] for ref in wanted if flags.get(ref) == "!"}
    said_no = {reason.partition(" (")[0] for reason in refused.values()}
    # A job in the same second makes the same commit: the branch is up to date (`=`), the lease on the tag stale.
    as_before = said_no == {"[rejected]"} and all(flags.get(ref) in ("!", "=") for ref in wanted)
    if result.code == 0 and all(flags.get(ref) in (" ", "*", "=", "-", "+") for ref in wanted):
        answer = Answer.ACCEPTED
    elif as_before or (len(refused) == len(wanted) and said_no <= {"[rejected]", "[remote rejected]"}):
        answer = Answer.REFUSED
    elif flags.get(wanted[0]) in (" ", "*", "=") and all(
        refused.get(ref, "").startswith("[remote rejected]") for ref in wanted[1:]
    ):
        answer = Answer.PART  # even with `atomic`: git refuses a hidden ref and accepts the others
    else:
        answer = Answer.UNKNOWN
    sent = any(flags.get(ref) != "=" for ref in wanted)
    return Pushed(answer=answer, reasons=refused, words=result.error_text, sent=sent)


def _settings(remote: str) -> tuple[str, ...]:
    # A mirror remote would delete refs that are not here; a configured refspec must not add to ours.
    named = (f"remote.{remote}.mirror=false",) if "=" not in remote else ()  # a URL, which is no mirror
    return (*named, "push.followTags=false", "push.default=nothing")


def _words(remote: str, updates: tuple[RefUpdate, ...], *, atomic: bool, submodules: str = "check") -> list[str]:
    leases = [f"--force-with-lease={update.ref}:{update.old}" for update in updates]
    specs = [f"{update.new}:{update.ref}" for update in updates]
    how = ["--atomic"] if atomic else []
    return [
        "--porcelain",
        "--no-follow-tags",
        f"--recurse-submodules={submodules}",
        *how,
        *leases,
        "--",
        remote,
        *specs,
    ]


def _porcelain(result: Result) -> tuple[dict[str, str], dict[str, str]]:
    """Return flag and summary for each ref (full name)."""
    flags, reasons = {}, {}
    for line in result.out.decode("utf-8", "replace").split("\n"):
        fields = line.split("\t")
        if len(fields) == 3 and len(fields[0]) == 1:
            ref = fields[1].rpartition(":")[2]
            flags[ref], reasons[ref] = fields[0], fields[2]
    return flags, reasons
