"""Executing a plan: record, objects, push, refs, files. After the push starts, one only goes forward."""

from __future__ import annotations

from dataclasses import dataclass, replace

from release.adapters.git import publish, refs
from release.adapters.git.keep import keep_objects
from release.adapters.git.process import TimedOut
from release.adapters.git.publish import Answer, Pushed, RefUpdate
from release.adapters.git.repository import Repository
from release.adapters.git.scratch import Scratch
from release.adapters.lock import locked
from release.adapters.record_file import read_pending, record_folder, write_record
from release.core.plan import StepKind
from release.core.record import Record, RecordState
from release.core.recovery import Finished
from release.errors import Interrupted, Raced, Refused, ReleaseError, Unknown
from release.flows.finish import finish, forget
from release.flows.steps import OnStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A release ready to be made: its record (state PREPARING) and its ends that only the scratch store has."""

    record: Record
    new_objects: tuple[str, ...]
    push: bool


def run(repository: Repository, scratch: Scratch, work: Work, on_step: OnStep) -> Finished:
    """Make it. Raises Refused or Raced if the remote refused everything, Interrupted if its state is unknown."""
    with locked(record_folder(repository.common_dir)):
        if read_pending(repository.common_dir) is not None:
            raise Interrupted("a release was interrupted in this clone meanwhile", help="release recover")
        _keep(repository, scratch, work, on_step)
        if work.push:
            publish_recorded(repository, work.record, on_step)
        try:
            return finish(repository, work.record, on_step, published=work.push)
        except KeyboardInterrupt as error:
            words = f"{work.record.tag} is made, but this clone has not followed yet"
            raise Interrupted(words, help="release recover") from error


def ref_updates(record: Record) -> tuple[RefUpdate, ...]:
    """The refs of the push, each with the value that the remote must have before."""
    updates = []
    if record.remote_branch is not None:
        updates.append(RefUpdate(ref=f"refs/heads/{record.remote_branch}", new=record.commit, old=record.tip))
    tags = {record.tag: record.tag_object, **record.also}
    updates += [RefUpdate(ref=f"refs/tags/{name}", new=id, old="") for name, id in tags.items()]
    return tuple(updates)


def publish_recorded(repository: Repository, record: Record, on_step: OnStep) -> None:
    """Push what the record names; the record says so first. Raises Refused, Raced or Interrupted."""
    write_record(repository.common_dir, replace(record, state=RecordState.PUSHING, asked=record.asked + 1))
    pushed = push(repository, record)
    if pushed.answer is Answer.UNKNOWN:
        raise Interrupted(
            f"{record.remote} gave no clear answer: {record.tag} may or may not be there. {pushed.words}".rstrip(),
            help="release recover",
        )
    if pushed.answer is not Answer.ACCEPTED:
        if record.asked == 0:  # no earlier push of these ids can still arrive
            forget(repository, record)
        raise refusal(repository, record, pushed)
    on_step(StepKind.PUBLISH)


def push(repository: Repository, record: Record) -> Pushed:
    """One push of the record's refs; branch first and tag second where the host cannot do both at once."""
    updates = ref_updates(record)
    if record.atomic:
        return _push(repository, record, updates, atomic=True)
    for update in updates:
        pushed = _push(repository, record, (update,), atomic=False)
        if pushed.answer is not Answer.ACCEPTED:
            first = update is updates[0]
            return pushed if first else replace(pushed, answer=Answer.UNKNOWN)
    return pushed


def refusal(repository: Repository, record: Record, pushed: Pushed) -> ReleaseError:
    """Why the remote refused: someone was faster, if its refs are not what they were; else its own words."""
    reasons = "; ".join(f"{ref}: {reason}" for ref, reason in pushed.reasons.items())
    try:
        now = refs.remote_refs(refs.start_asking(repository.git, record.remote), record.remote)
    except Unknown:
        now = None
    if now is not None:
        taken = now.refs.get(record.tag_ref)
        if taken is not None and taken != record.tag_object:
            return Raced(f"someone released {record.tag} while you were about to", help="git pull, then run again")
        moved = record.remote_branch is not None and (now.branch(record.remote_branch) or "") != record.tip
        if moved:
            return Raced(
                f"someone pushed to {record.remote_branch} on {record.remote} while you were about to release",
                help="git pull --rebase, then run again",
            )
    return Refused(
        f"{record.remote} refused the release, and nothing was changed: {reasons}\n{pushed.words}".rstrip(),
        help="if the branch is protected: release bump KIND --no-commit",
    )


def _push(repository: Repository, record: Record, updates: tuple[RefUpdate, ...], *, atomic: bool) -> Pushed:
    running = publish.start_push(repository.git, record.remote, updates, atomic=atomic)
    try:
        result = running.finish(ok=range(-64, 256), limit_s=publish.push_limit_s(repository), patient=True)
    except (TimedOut, KeyboardInterrupt) as error:
        words = error.message if isinstance(error, TimedOut) else "the push was stopped"
        return Pushed(answer=Answer.UNKNOWN, reasons={}, words=words)
    return publish.read_answer(result, updates)


def _keep(repository: Repository, scratch: Scratch, work: Work, on_step: OnStep) -> None:
    write_record(repository.common_dir, work.record)
    try:
        if work.new_objects:
            keep_objects(scratch.git, repository, work.new_objects, base=work.record.base, mark=work.record.mark)
        on_step(StepKind.KEEP)
    except BaseException:
        forget(repository, work.record)
        raise
