"""Recovery of an interrupted release, decided by the state of the remote."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from msgspec import Struct

from release.core.bump.record import Record, RecordState
from release.core.shell import command_line
from release.errors import ExitCode


class Decision(Enum):
    """Possible decisions."""

    FORGET = "forget"  # nothing was published, and nothing can be any more
    FINISH = "finish"  # it is published: update this clone
    PUSH_AGAIN = "push again"  # the remote is unchanged: push the same ids
    TAKEN = "taken"  # the remote has another tag of that name: ours can never apply
    MOVED = "moved"  # the remote branch moved elsewhere: ours can never apply
    DELETED = "deleted"  # it was published and its tag was deleted: do not restore it
    ASK = "ask"  # the remote's state is ambiguous: published and deleted, or never published
    WAIT = "wait"  # the remote cannot be reached


class RemoteState(Struct, frozen=True, kw_only=True):
    """State of a release's refs on the remote.

    `tag` is the object id of its tag (None: absent), `branch` the tip of its branch (None: absent; "?": another commit,
    whose id is not known). `holds_commit`: that branch has our commit in its history (None: not known).
    """

    tag: str | None
    branch: str | None
    holds_commit: bool | None


class Finished(Struct, frozen=True, kw_only=True):
    """Local refs and files that were updated, and warnings about those that were left alone."""

    moved: tuple[str, ...]
    files: tuple[str, ...]
    warnings: tuple[str, ...]


class RecoverOutcome(Enum):
    """Outcomes of a recovery."""

    NOTHING = "nothing"
    FINISHED = "finished"
    FORGOTTEN = "forgotten"
    TAKEN_BACK = "taken back"
    DELETED = "deleted"
    PUSH_AGAIN = "push again"  # dry run only: the result depends on the remote
    ASK = "ask"  # dry run only: the user decides


class RecoverReport(Struct, frozen=True, kw_only=True):
    """Result of a recovery.

    `tag` None: nothing was pending. `unpublished` names releases made with `--no-push`. `foreseen`: dry run, nothing
    was done.
    """

    outcome: RecoverOutcome
    message: str
    tag: str | None = None
    finished: Finished | None = None
    unpublished: tuple[str, ...] = ()
    exit_code: ExitCode = ExitCode.DONE
    foreseen: bool = False


def decide(record: Record, sight: RemoteState | None) -> Decision:
    """Decide how to recover, from the remote's state (None: the remote did not answer)."""
    if record.state is not RecordState.PUSHING:
        return Decision.FORGET
    if sight is None:
        return Decision.FINISH if record.accepted else Decision.WAIT
    if sight.tag is not None:
        return Decision.FINISH if sight.tag == record.tag_object else Decision.TAKEN
    return Decision.DELETED if record.accepted else _by_branch(record, sight)


OPEN = (Decision.PUSH_AGAIN, Decision.WAIT, Decision.ASK)  # still open: `--undo` discards these


def half_there(record: Record, sight: RemoteState | None) -> bool:
    """Return True if the remote branch has the release commit but not the tag, possible without `atomic`."""
    if sight is None or sight.tag is not None or record.commit == record.base:
        return False
    return sight.branch == record.commit or bool(sight.holds_commit)


def describe_open(record: Record, sight: RemoteState | None) -> str:
    """Describe what is not known about a release whose tag is absent on the remote."""
    if half_there(record, sight):
        there = f"{record.remote} has the commit of {record.tag} on {record.remote_branch}, and no tag {record.tag}"
        return f"{there}: it never arrived, was refused, or somebody deleted it"
    return f"{record.remote} has no tag {record.tag}: it never arrived, or somebody deleted it"


def not_answered(record: Record, remotes: Sequence[str]) -> tuple[str, str]:
    """Return the message and the help for a remote that did not answer; `remotes` are the configured ones."""
    if record.remote in remotes:
        words = f"{record.remote} could not be asked about {record.tag}: it may or may not be there"
        return words, "release recover"
    there = f"there is {', '.join(remotes)}" if remotes else "there is none"
    words = (
        f"{record.tag} was pushed to the git remote {record.remote}, which is not configured any more ({there}): "
        "it may or may not have arrived"
    )
    if not remotes:
        back = f"{command_line('git', 'remote', 'add', names=(record.remote,))} URL"
    else:
        renamed = remotes[0] if len(remotes) == 1 else "NAME"
        rename = command_line("git", "remote", "rename", names=(renamed, record.remote))
        back = f"if it is called otherwise now: {rename}"
    return words, f"{back}, then release recover   (or, to forget the release: release recover --undo)"


def describe_undo(record: Record, sight: RemoteState | None) -> str:
    """Describe what is left open if the release is discarded."""
    if half_there(record, sight):
        there = f"{record.remote} has the commit of {record.tag} on {record.remote_branch} already, and there it stays"
        return f"{there}; only the tag can be given up"
    return f"A push of {record.tag} was never answered and may still arrive"


def describe_forgotten(record: Record, sight: RemoteState | None) -> str:
    """Describe the state of a discarded release, with the next command."""
    if not half_there(record, sight):
        return f"{record.tag} was forgotten; it may still appear on {record.remote}"
    stays = f"its commit {record.commit[:7]} stays on {record.remote_branch} of {record.remote}, without a tag"
    pull = command_line("git", "pull", "--ff-only", names=(record.remote, record.remote_branch or ""))
    way = f"to make the tag later: {pull}, then release bump {record.version}"
    return f"{record.tag} was forgotten; {stays} ({way})"


def _by_branch(record: Record, sight: RemoteState) -> Decision:
    """Decide by the branch while the tag is absent: it shows if the push was applied, or still can be."""
    applied = sight.branch == record.commit or sight.holds_commit
    if record.remote_branch is None or (applied and record.commit == record.base):
        return Decision.ASK  # any user may have pushed that commit; it proves nothing
    if applied:
        # Without `atomic` the branch is pushed first: perhaps the tag has not arrived yet.
        return Decision.DELETED if record.atomic else Decision.ASK
    if (sight.branch or "") == record.tip:
        return Decision.PUSH_AGAIN
    return Decision.WAIT if sight.holds_commit is None and sight.branch is not None else Decision.MOVED
