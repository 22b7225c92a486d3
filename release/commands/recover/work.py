"""`release recover`: finish or discard an interrupted release or checkout; its dry run."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from release.core.release import (
    OPEN,
    Decision,
    Finished,
    Record,
    RecordState,
    RecoverOutcome,
    RecoverReport,
    RemoteState,
    decide,
    describe_open,
    describe_recovery,
    describe_undo,
    not_answered,
)
from release.core.text import OnProgress, command_line
from release.core.text import no_progress as untold
from release.core.work_tree import CheckoutRecord
from release.engine.checkout_move import drop_branch, settle
from release.engine.project import Project
from release.engine.publish import (
    Making,
    as_pending,
    begun_here,
    finish,
    follow_files,
    forget,
    push_record,
    read_remote_state,
    refs_here,
    tag_refused,
    work_tree_of,
)
from release.engine.withdraw import is_published, take_back_newest
from release.errors import Cancelled, ExitCode, Interrupted, Unknown
from release.git.push import Answer
from release.git.record import (
    clear_own_leftovers,
    drop_drafts,
    drop_record,
    locked,
    read_pending,
    read_unpublished,
    record_folder,
    write_record,
)
from release.git.refs import RefUpdate, fetch_lost_objects, have_all, is_ancestor, update_refs
from release.git.repository import Repository

Confirm = Callable[[str], bool]  # a question in one sentence; True: yes


def recover(
    project: Project,
    confirm: Confirm,
    *,
    undo: bool = False,
    preview: bool = False,
    on_progress: OnProgress = untold,
) -> RecoverReport:
    """Finish or discard an interrupted release; `undo` withdraws an unpublished one. Raises Interrupted.

    `preview`: return what would be found and done, or raise what would be raised before the push; change nothing.
    """
    repository = project.repository
    folder = record_folder(repository.common_dir)
    if preview and not (undo or os.path.lexists(folder)):  # no lock file is created where there never was a release
        return RecoverReport(outcome=RecoverOutcome.NOTHING, message="no release was interrupted", preview=True)
    with locked(folder) as lock:
        record = read_pending(repository.common_dir)
        local = replace(repository, git=repository.git.inheriting(lock))
        if isinstance(record, CheckoutRecord):
            with as_pending(repository, record):
                report = _settle_checkout(project, record, lock, on_progress, undo=undo, preview=preview)
        elif record is not None:

            def follow(making: Making) -> None:
                from release.engine.rollback import follow_data  # it loads DVC's readers

                follow_data(project, on_progress, making)

            making = Making(repository=repository, local=local, record=record, follow=follow)
            with as_pending(repository, record):
                report = _settle(making, confirm, undo=undo, preview=preview)
        else:
            unpublished = read_unpublished(repository.common_dir)
            if undo or any(record.undoing for record in unpublished):
                report = take_back_newest(repository, local, unpublished, preview=preview)
            else:
                report = _look_through(repository, unpublished, preview=preview)
    return replace(report, preview=preview)


def _settle_checkout(
    project: Project, record: CheckoutRecord, lock: int, on_progress: OnProgress, *, undo: bool, preview: bool
) -> RecoverReport:
    """Finish an interrupted checkout, or take it back. Can be repeated after a kill, in either direction."""
    repository = project.repository
    tree = work_tree_of(repository, record) or repository
    tree = replace(tree, git=tree.git.inheriting(lock))
    if not preview:
        clear_own_leftovers(repository, record, tree)
    if undo and not record.undoing:
        record = replace(record, undoing=True)
        if not preview:
            write_record(repository.common_dir, record)
    if record.folder is not None:
        _require_no_folder(record.folder)
        known = True
    else:
        known = settle(project, tree, record, on_progress, preview=preview)
    if not preview:
        if record.folder is not None:
            tree.git.run("worktree", "unlock", record.folder, ok=range(256))
            tree.git.run("worktree", "prune")
            if record.creates and record.branch is not None:
                drop_branch(tree.git, record.branch, record.commit)
        drop_record(repository.common_dir, record)
        drop_drafts(repository.common_dir)
    return _checkout_report(record, known=known)


def _checkout_report(record: CheckoutRecord, *, known: bool) -> RecoverReport:
    outcome, words = RecoverOutcome.FINISHED, "is finished"
    if not known:
        outcome = RecoverOutcome.FORGOTTEN
        words = "is forgotten, because HEAD has moved since; dvc checkout gets its data"
    elif record.folder is not None:
        outcome, words = RecoverOutcome.FORGOTTEN, f"is discarded: {record.folder} was not made"
    elif record.undoing:
        outcome = RecoverOutcome.TAKEN_BACK
        words = f"is taken back: code and data are those of {record.left_commit[:7]}"
    return RecoverReport(outcome=outcome, message=f"{record.name} {words}", tag=record.tag)


def _require_no_folder(name: str) -> None:
    """Raise Interrupted if the new work tree of a checkout was half made."""
    folder = Path(name)
    if os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir())):
        aside = command_line("mv", names=(name, f"{name}.half"))
        raise Interrupted(f"{name} was only half made", help=f"{aside} && release recover")


def _settle(making: Making, confirm: Confirm, *, undo: bool, preview: bool) -> RecoverReport:
    """Decide about a pending release from the refs here and on the remote, then act on the decision.

    Git processes that change this clone inherit the lock; those that query a remote do not.
    """
    record, repository = making.record, making.repository
    if not preview:
        clear_own_leftovers(making.local, record, work_tree_of(making.local, record))
    decision, state = _inspect(repository, record, undo=undo)
    if decision is Decision.WAIT and preview:
        raise _not_asked(repository, record)
    finished = None
    if not preview:
        decision = _answered(record, state, decision, confirm)
        if decision is Decision.PUSH_AGAIN:
            decision = _push_again(repository, record, state)
        finished = _carry_out(making, decision)
    outcome, message = describe_recovery(record, state, decision, done=not preview)
    return RecoverReport(
        outcome=outcome,
        message=message,
        tag=record.tag,
        finished=finished,
        unpublished=record.tags if decision is Decision.MAKE_WHOLE and not preview else (),
        exit_code=ExitCode.PARTIAL if outcome is RecoverOutcome.DELETED else ExitCode.DONE,
    )


def _inspect(repository: Repository, record: Record, *, undo: bool) -> tuple[Decision, RemoteState | None]:
    """Return the decision and the remote's state (None: it did not answer)."""
    if record.state is not RecordState.PUSHING and not record.push and begun_here(repository, record):
        return Decision.MAKE_WHOLE, None
    state = read_remote_state(repository, record)
    decision = decide(record, state)
    return Decision.GIVE_UP if undo and decision in OPEN else decision, state


def _answered(record: Record, state: RemoteState | None, decision: Decision, confirm: Confirm) -> Decision:
    """Ask what the remote cannot settle. Raises Interrupted, or Cancelled after Ctrl-C."""
    if decision not in (Decision.GIVE_UP, Decision.ASK):
        return decision
    question = f"{describe_open(record, state)}. Publish {record.tag} again?"
    if decision is Decision.GIVE_UP:
        question = f"{describe_undo(record, state)}. Discard it here anyway?"
    try:
        sure = confirm(question)
    except KeyboardInterrupt as error:
        raise _still_pending(record, "cancelled; nothing was changed") from error
    if decision is Decision.ASK:
        return Decision.PUSH_AGAIN if sure else Decision.FORGET
    if not sure:
        raise Interrupted(f"{record.tag} is still pending", help="release recover")
    return decision


def _push_again(repository: Repository, record: Record, state: RemoteState | None) -> Decision:
    """Push the same ids; without the branch if only the tag is missing there."""
    applied = state is not None and (state.branch == record.commit or state.holds_commit is True)
    write_record(repository.common_dir, replace(record, asked=record.asked + 1))
    pushed = push_record(repository, replace(record, remote_branch=None) if applied else record)
    # queried again, whatever the push reported
    decision = decide(record, read_remote_state(repository, record))
    if decision not in OPEN:
        return decision
    if pushed.answer is Answer.ACCEPTED:
        return Decision.FINISH
    if pushed.answer is Answer.PART or (pushed.answer is Answer.REFUSED and not record.atomic and applied):
        raise tag_refused(record, pushed)
    if pushed.answer is Answer.UNSENT:
        raise _still_pending(record, pushed.words)
    if pushed.answer in (Answer.REFUSED, Answer.HOOK):
        who = record.remote if pushed.answer is Answer.REFUSED else "the pre-push hook"
        raise Interrupted(
            f"{who} refuses {record.tag} now, but an earlier push of it was never answered and may still "
            f"arrive.\n{pushed.words}".rstrip(),
            help="release recover --undo   (discards it; look at the remote later)",
        )
    return Decision.WAIT


def _carry_out(making: Making, decision: Decision) -> Finished | None:
    """Finish the release, or drop its record; None: it was dropped. Raises Interrupted for WAIT."""
    record = making.record
    if decision is Decision.WAIT:
        raise _not_asked(making.repository, record)
    if decision not in (Decision.MAKE_WHOLE, Decision.FINISH):
        follow_files(making)  # if it was killed after the local branch moved, it had been published
        forget(making.local, record)
        return None
    if decision is Decision.FINISH:
        _require_objects(making.repository, record)
    finished = finish(making)
    if finished.data_trouble is None:
        return finished
    words = f"data here could not follow: {finished.data_trouble} (dvc checkout)"
    return replace(finished, warnings=(*finished.warnings, words))


def _require_objects(repository: Repository, record: Record) -> None:
    """Fetch objects that a power cut destroyed from the remote, which has them. Raises Interrupted."""
    git = repository.git
    if have_all(git, record.tag_refs.values(), since=record.base):
        return
    branch = (f"refs/heads/{record.remote_branch}",) if record.remote_branch else ()
    try:
        fetch_lost_objects(git, record.remote, *record.tag_refs, *branch)
    except Unknown as error:
        words = f"{record.tag} is published, but its objects are gone here: {error.message}"
        raise Interrupted(words, help="release recover") from error


def _not_asked(repository: Repository, record: Record) -> Interrupted:
    """Return the error for a remote that did not answer or was renamed, so that nothing is decided."""
    words, way = not_answered(record, repository.settings.remotes)
    return Interrupted(words, help=way)


def _still_pending(record: Record, words: str) -> Cancelled:
    return Cancelled(f"{words}, and {record.tag} is still pending", help="release recover", section="interrupted")


# Releases made with `--no-push`: those that wait, and one that is withdrawn


def _look_through(repository: Repository, unpublished: tuple[Record, ...], *, preview: bool) -> RecoverReport:
    """Report the releases that still wait. Records of published ones and of those withdrawn by hand are dropped.

    `fetch.pruneTags` deletes local tags that no remote has; these are restored.
    """
    if not preview:
        drop_drafts(repository.common_dir)
    names: list[str] = []
    lost: list[str] = []
    for record in unpublished:
        found, tip = refs_here(repository.git, record)
        gone = {ref: id for ref, id in record.tag_refs.items() if ref not in found}
        here = record.branch is None or (tip and is_ancestor(repository.git, record.commit, tip))
        if is_published(record, read_remote_state(repository, record)) or (gone and not here):
            if not preview:
                forget(repository, record)
            continue
        if not preview:
            updates = [RefUpdate(ref=ref, new=id, old="") for ref, id in gone.items()]
            update_refs(repository.git, updates, reason=f"release: {record.tag}")
        lost += [ref.removeprefix("refs/tags/") for ref in gone]
        names += record.tags
    message = "no release was interrupted"
    message += f"; not published yet: {', '.join(names)}" if names else ""
    if lost:
        message += f"; {'gone here' if preview else 'set here again'}: {', '.join(lost)}"
    return RecoverReport(outcome=RecoverOutcome.NOTHING, message=message, unpublished=tuple(names))
