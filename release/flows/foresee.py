"""Dry run of `release recover`."""

from __future__ import annotations

import os

from release.core.release import (
    OPEN,
    Decision,
    Record,
    RecordState,
    RecoverOutcome,
    RecoverReport,
    decide,
    describe_open,
    describe_undo,
)
from release.engine.project import Project
from release.engine.publish import begun_here, read_remote_state, why_not_taken_back
from release.errors import ExitCode
from release.flows.recover import (
    already_published,
    is_published,
    not_taken_back,
    nothing_pending,
    published_without_tag,
    remote_not_asked,
    to_take_back,
)
from release.git.record import locked, read_pending, read_unpublished, record_folder
from release.git.refs import read_refs
from release.git.repository import Repository


def preview_recovery(project: Project, *, undo: bool = False) -> RecoverReport:
    """Return what `recover` would find and do; change nothing. Raises as `recover` does before a push."""
    repository = project.repository
    folder = record_folder(repository.common_dir)
    if not os.path.lexists(folder) and not undo:  # no lock file is created where there never was a release
        return RecoverReport(outcome=RecoverOutcome.NOTHING, message=nothing_pending(()), foreseen=True)
    with locked(folder):
        record = read_pending(repository.common_dir)
        if record is not None:
            return _pending(repository, record, undo=undo)
        return _unpublished(repository, read_unpublished(repository.common_dir), undo=undo)


def _pending(repository: Repository, record: Record, *, undo: bool) -> RecoverReport:
    tag, remote = record.tag, record.remote
    if record.state is not RecordState.PUSHING and not record.push and begun_here(repository, record):
        message = f"{tag} is half made here, and would be made whole; it is not published yet"
        return _report(RecoverOutcome.FINISHED, message, tag)
    sight = read_remote_state(repository, record)
    decision = decide(record, sight)
    if undo and decision in OPEN:
        message = f"{describe_undo(record, sight)}: it would be asked whether to forget it"
        return _report(RecoverOutcome.ASK, message, tag)
    if decision is Decision.WAIT:
        raise remote_not_asked(repository, record)
    outcome, message = {
        Decision.FINISH: (RecoverOutcome.FINISHED, f"{remote} has {tag}, and it is ours: this clone would follow"),
        Decision.PUSH_AGAIN: (
            RecoverOutcome.PUSH_AGAIN,
            f"{remote} is as it was before {tag}: the same commit and tag would be pushed again",
        ),
        Decision.ASK: (
            RecoverOutcome.ASK,
            f"{describe_open(record, sight)}; it would be asked whether to publish it",
        ),
        Decision.TAKEN: (RecoverOutcome.FORGOTTEN, f"{remote} has another {tag}: ours would be forgotten"),
        Decision.MOVED: (
            RecoverOutcome.FORGOTTEN,
            f"{record.remote_branch} on {remote} has moved: {tag} was not published, and would be forgotten",
        ),
        Decision.FORGET: (RecoverOutcome.FORGOTTEN, f"{tag} has not left this clone, and would be forgotten"),
        Decision.DELETED: (
            RecoverOutcome.DELETED,
            f"{tag} was published, and somebody deleted it on {remote}: it would not be brought back",
        ),
    }[decision]
    return _report(outcome, message, tag)


def _unpublished(repository: Repository, unpublished: tuple[Record, ...], *, undo: bool) -> RecoverReport:
    if undo or any(each.undoing for each in unpublished):
        record = to_take_back(unpublished)
        if is_published(repository, record):
            raise already_published(record)
        half_published = published_without_tag(repository, record)
        if half_published is not None:
            raise half_published
        words = why_not_taken_back(repository, record)
        if words is not None:
            raise not_taken_back(repository, record, words)
        what = "its tag" if record.commit == record.base else "its tag and release commit"
        message = f"{record.tag} would be taken back: {what} would go here"
        return _report(RecoverOutcome.TAKEN_BACK, message, record.tag)
    waiting = [each for each in unpublished if not is_published(repository, each)]
    found = read_refs(repository.git, [each.tag_ref for each in waiting])
    lost = [each.tag for each in waiting if each.tag_ref not in found]
    message = nothing_pending([each.tag for each in waiting])
    if lost:
        message += f"; gone here: {', '.join(lost)}"
    names = tuple(each.tag for each in waiting)
    return RecoverReport(outcome=RecoverOutcome.NOTHING, message=message, unpublished=names, foreseen=True)


def _report(outcome: RecoverOutcome, message: str, tag: str) -> RecoverReport:
    code = ExitCode.PARTIAL if outcome is RecoverOutcome.DELETED else ExitCode.DONE
    return RecoverReport(outcome=outcome, message=message, tag=tag, exit_code=code, foreseen=True)
