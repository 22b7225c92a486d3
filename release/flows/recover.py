"""Settling an interrupted release: forward if the remote has it, forgotten if it never can have it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from release.adapters.git import refs
from release.adapters.git.process import Git
from release.adapters.git.publish import Answer
from release.adapters.git.repository import Repository
from release.adapters.git.stale import clear_own_locks
from release.adapters.lock import locked
from release.adapters.record_file import read_pending, read_unpublished, record_folder, write_record
from release.core.record import Record, RecordState
from release.core.recovery import Decision, RecoverOutcome, RecoverReport, RemoteSight, decide
from release.errors import ExitCode, Interrupted, Refused, Unknown
from release.flows.finish import finish, forget, take_back
from release.flows.project import Project
from release.flows.run import push
from release.flows.steps import OnStep, ignore

Confirm = Callable[[str], bool]  # a question in one sentence; True is yes


def recover(project: Project, confirm: Confirm, *, undo: bool = False, on_step: OnStep = ignore) -> RecoverReport:
    """Finish or forget what was interrupted; `undo` takes an unpublished release back. Raises Interrupted."""
    repository = project.repository
    with locked(record_folder(repository.common_dir)):
        record = read_pending(repository.common_dir)
        if record is not None:
            clear_own_locks(repository, record)
            return _settle(repository, record, confirm, undo=undo, on_step=on_step)
        unpublished = read_unpublished(repository.common_dir)
        if undo:
            return _take_back(repository, unpublished)
        names = tuple(record.tag for record in unpublished)
        waiting = f"; not published yet: {', '.join(names)}" if names else ""
        return RecoverReport(
            outcome=RecoverOutcome.NOTHING, message=f"no release was interrupted{waiting}", unpublished=names
        )


def _settle(repository: Repository, record: Record, confirm: Confirm, *, undo: bool, on_step: OnStep) -> RecoverReport:
    sight = _look(repository, record)
    decision = decide(record, sight)
    if decision is Decision.ASK:
        decision = _ask(record, confirm)
    if decision is Decision.PUSH_AGAIN:
        if undo:
            return _undo_unanswered(repository, record, confirm)
        decision = _push_again(repository, record)
    return _carry_out(repository, record, decision, on_step)


def _carry_out(repository: Repository, record: Record, decision: Decision, on_step: OnStep) -> RecoverReport:
    remote, tag = record.remote, record.tag
    if decision is Decision.FINISH:
        finished = finish(repository, record, on_step, published=True)
        message = f"{remote} has {tag}, and it is ours"
        return RecoverReport(outcome=RecoverOutcome.FINISHED, message=message, tag=tag, finished=finished)
    if decision is Decision.WAIT:
        raise Interrupted(
            f"{remote} could not be asked about {tag}: it may or may not be there", help="release recover"
        )
    forget(repository, record)
    if decision is Decision.DELETED:
        message = f"{tag} was published, and somebody deleted it on {remote}: it was not brought back"
        return RecoverReport(outcome=RecoverOutcome.DELETED, message=message, tag=tag, exit_code=ExitCode.PARTIAL)
    reasons = {
        Decision.TAKEN: f"{remote} has another {tag}: ours was forgotten",
        Decision.MOVED: f"{record.remote_branch} on {remote} has moved: {tag} was not published, and was forgotten",
    }
    message = reasons.get(decision, f"{tag} had not left this clone, and was forgotten")
    return RecoverReport(outcome=RecoverOutcome.FORGOTTEN, message=message, tag=tag)


def _look(repository: Repository, record: Record) -> RemoteSight | None:
    if record.state is not RecordState.PUSHING:
        return None
    git = repository.git
    try:
        there = refs.remote_refs(refs.start_asking(git, record.remote), record.remote)
    except Unknown:
        return None
    tip = there.branch(record.remote_branch) if record.remote_branch else None
    holds = None
    if tip is not None and tip not in (record.commit, record.tip) and record.tag_ref not in there.refs:
        holds = _holds(git, record, tip)
    return RemoteSight(tag=there.refs.get(record.tag_ref), branch=tip, holds_commit=holds)


def _holds(git: Git, record: Record, tip: str) -> bool | None:
    known = refs.is_ancestor(git, record.commit, tip)
    if known is None:
        refs.fetch_branch(git, record.remote, record.remote_branch or "")
        known = refs.is_ancestor(git, record.commit, tip)
    return known


def _push_again(repository: Repository, record: Record) -> Decision:
    again = replace(record, asked=record.asked + 1)
    write_record(repository.common_dir, again)
    pushed = push(repository, record)
    decision = decide(record, _look(repository, record))  # asked again, whatever the push said
    if decision is not Decision.PUSH_AGAIN:
        return decision
    if pushed.answer is Answer.REFUSED:
        raise Interrupted(
            f"{record.remote} refuses {record.tag} now, but an earlier push of it was never answered and may still "
            f"arrive.\n{pushed.words}".rstrip(),
            help="release recover --undo   (forgets it; look at the remote later)",
        )
    return Decision.WAIT


def _ask(record: Record, confirm: Confirm) -> Decision:
    question = f"{record.remote} has no tag {record.tag}: it never arrived, or somebody deleted it. Publish {record.tag} again?"
    return Decision.PUSH_AGAIN if confirm(question) else Decision.FORGET


def _undo_unanswered(repository: Repository, record: Record, confirm: Confirm) -> RecoverReport:
    question = f"A push of {record.tag} was never answered and may still arrive. Forget it here all the same?"
    if not confirm(question):
        raise Interrupted(f"{record.tag} is still pending", help="release recover")
    forget(repository, record)
    return RecoverReport(
        outcome=RecoverOutcome.FORGOTTEN,
        message=f"{record.tag} was forgotten; it may still appear on {record.remote}",
        tag=record.tag,
    )


def _take_back(repository: Repository, unpublished: tuple[Record, ...]) -> RecoverReport:
    if not unpublished:
        raise Refused("there is no unpublished release to take back", help="release list")
    record = max(unpublished, key=lambda each: each.started)
    words = take_back(repository, record)
    if words is not None:
        raise Refused(f"{record.tag} was not taken back: {words}", help=f"git tag -d {record.tag}")
    forget(repository, record)
    message = f"{record.tag} was taken back: tag and release commit are gone here"
    return RecoverReport(outcome=RecoverOutcome.TAKEN_BACK, message=message, tag=record.tag)
