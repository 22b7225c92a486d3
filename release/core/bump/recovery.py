"""What to do about an interrupted release, decided by what the remote really holds."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from release.core.bump.record import Record, RecordState
from release.errors import ExitCode


class Decision(Enum):
    """The ways on."""

    FORGET = "forget"  # nothing was published, and nothing of it can be any more
    FINISH = "finish"  # it is published: this clone follows
    PUSH_AGAIN = "push again"  # the remote is as it was: push the same ids
    TAKEN = "taken"  # the tag there is another one: ours can never apply
    MOVED = "moved"  # the branch there went elsewhere: ours can never apply
    DELETED = "deleted"  # it was published, and somebody deleted the tag: not ours to bring back
    ASK = "ask"  # the remote alone cannot tell: published and deleted, or never published
    WAIT = "wait"  # the remote cannot be asked


class RemoteSight(Struct, frozen=True, kw_only=True):
    """What the remote holds of a release now.

    `tag` is the object id of its tag (None: absent), `branch` the tip of its branch (None: absent;
    "?": another one, whose id is not known). `holds_commit` tells whether that branch has our commit
    in its history (None: could not be found out).
    """

    tag: str | None
    branch: str | None
    holds_commit: bool | None


class Finished(Struct, frozen=True, kw_only=True):
    """What was brought up to date here, and what was left to the user."""

    moved: tuple[str, ...]
    files: tuple[str, ...]
    warnings: tuple[str, ...]


class RecoverOutcome(Enum):
    """How a recovery ended."""

    NOTHING = "nothing"
    FINISHED = "finished"
    FORGOTTEN = "forgotten"
    TAKEN_BACK = "taken back"
    DELETED = "deleted"
    PUSH_AGAIN = "push again"  # only foreseen: what comes of it the remote decides
    ASK = "ask"  # only foreseen: a person decides


class RecoverReport(Struct, frozen=True, kw_only=True):
    """What was found and done. `tag` None: nothing was pending. `unpublished` names releases made with `--no-push`.

    `foreseen`: nothing was done.
    """

    outcome: RecoverOutcome
    message: str
    tag: str | None = None
    finished: Finished | None = None
    unpublished: tuple[str, ...] = ()
    exit_code: ExitCode = ExitCode.DONE
    foreseen: bool = False


def decide(record: Record, sight: RemoteSight | None) -> Decision:
    """The way on for a record, by what was seen (None: the remote did not answer)."""
    if record.state is not RecordState.PUSHING:
        return Decision.FORGET
    if sight is None:
        return Decision.FINISH if record.accepted else Decision.WAIT
    if sight.tag is not None:
        return Decision.FINISH if sight.tag == record.tag_object else Decision.TAKEN
    return Decision.DELETED if record.accepted else _by_branch(record, sight)


def _by_branch(record: Record, sight: RemoteSight) -> Decision:
    """The tag is absent there: the branch tells whether our push has been applied, or still can be."""
    applied = sight.branch == record.commit or sight.holds_commit
    if record.remote_branch is None or (applied and record.commit == record.base):
        return Decision.ASK  # a commit that anybody may have pushed is no evidence
    if applied:
        # Without `atomic` the branch goes first: the tag may just not have come that far.
        return Decision.DELETED if record.atomic else Decision.ASK
    if (sight.branch or "") == record.tip:
        return Decision.PUSH_AGAIN
    return Decision.WAIT if sight.holds_commit is None and sight.branch is not None else Decision.MOVED
