"""`release recover`: finish or discard an interrupted release or checkout; its dry run."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
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
from release.core.text import ignore as untold
from release.core.work_tree import CheckoutRecord
from release.engine.checkout_move import drop_branch, settle
from release.engine.project import Project
from release.engine.publish import (
    Making,
    OnStep,
    as_pending,
    begun_here,
    finish,
    follow_files,
    forget,
    ignore,
    push,
    read_remote_state,
    tag_refused,
    take_back,
    why_not_taken_back,
    work_tree_of,
)
from release.errors import Cancelled, ExitCode, Interrupted, Refused, Unknown
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
from release.git.refs import LocalUpdate, fetch_lost_objects, have_all, is_ancestor, read_refs, update_refs
from release.git.repository import Repository

Confirm = Callable[[str], bool]  # a question in one sentence; True: yes


def recover(
    project: Project,
    confirm: Confirm,
    *,
    undo: bool = False,
    on_step: OnStep = ignore,
    on_progress: OnProgress = untold,
) -> RecoverReport:
    """Finish or discard an interrupted release; `undo` withdraws an unpublished one. Raises Interrupted."""
    repository = project.repository
    with locked(record_folder(repository.common_dir)) as lock:
        record = read_pending(repository.common_dir)
        if isinstance(record, CheckoutRecord):
            with as_pending(repository, record):
                return _settle_checkout(project, record, lock, on_progress, undo=undo)
        if record is not None:
            settling = _Recovery(project, record, lock, (on_step, on_progress))
            with as_pending(repository, record):
                return settling.settle(confirm, undo=undo)
        drop_drafts(repository.common_dir)
        unpublished = read_unpublished(repository.common_dir)
        if undo or any(record.undoing for record in unpublished):
            return _take_back(repository, to_take_back(unpublished), lock)
        names, restored = _looked_through(repository, unpublished)
        return RecoverReport(
            outcome=RecoverOutcome.NOTHING, message=nothing_pending(names) + restored, unpublished=names
        )


def preview_recovery(project: Project, *, undo: bool = False) -> RecoverReport:
    """Return what `recover` would find and do; change nothing. Raises what `recover` raises before it pushes."""
    repository = project.repository
    folder = record_folder(repository.common_dir)
    if not os.path.lexists(folder) and not undo:  # no lock file is created where there never was a release
        return RecoverReport(outcome=RecoverOutcome.NOTHING, message=nothing_pending(()), preview=True)
    with locked(folder):
        record = read_pending(repository.common_dir)
        if isinstance(record, CheckoutRecord):
            record = replace(record, undoing=undo or record.undoing)
            known = _folder_is_gone(record) or settle(
                project, _tree_of(repository, record), record, untold, preview=True
            )
            return _checkout_report(record, known=known, done=False)
        if record is not None:
            decision, state = _inspect(repository, record, undo=undo)
            if decision is Decision.WAIT:
                raise remote_not_asked(repository, record)
            return _report(record, state, decision, done=False)
        unpublished = read_unpublished(repository.common_dir)
        if undo or any(each.undoing for each in unpublished):
            record = to_take_back(unpublished)
            error = _why_published(record, read_remote_state(repository, record))
            words = None if error else why_not_taken_back(repository, record)
            if error or words is not None:
                raise error or not_taken_back(repository, record, words or "")
            return _taken_back(record, done=False)
    waiting = [each for each in unpublished if not is_published(record=each, state=read_remote_state(repository, each))]
    found = read_refs(repository.git, [ref for each in waiting for ref in each.tag_refs])
    lost = [each.tag for each in waiting if not each.tag_refs.keys() <= found.keys()]
    names = tuple(tag for each in waiting for tag in each.tags)
    message = nothing_pending(names) + (f"; gone here: {', '.join(lost)}" if lost else "")
    return RecoverReport(outcome=RecoverOutcome.NOTHING, message=message, unpublished=names, preview=True)


def _settle_checkout(
    project: Project, record: CheckoutRecord, lock: int, on_progress: OnProgress, *, undo: bool
) -> RecoverReport:
    """Finish an interrupted checkout, or take it back. Can be repeated after a kill, in either direction."""
    repository = project.repository
    tree = _tree_of(repository, record)
    tree = replace(tree, git=tree.git.inheriting(lock))
    clear_own_leftovers(repository, record, tree)
    if undo and not record.undoing:
        record = replace(record, undoing=True)
        write_record(repository.common_dir, record)
    if _folder_is_gone(record):
        tree.git.run("worktree", "unlock", str(record.folder), ok=range(256))
        tree.git.run("worktree", "prune")
        if record.creates and record.branch is not None:
            drop_branch(tree.git, record.branch, record.commit)
        known = True
    else:
        known = settle(project, tree, record, on_progress)
    drop_record(repository.common_dir, record)
    drop_drafts(repository.common_dir)
    return _checkout_report(record, known=known, done=True)


def _tree_of(repository: Repository, record: CheckoutRecord) -> Repository:
    return work_tree_of(repository, record) or repository


def _folder_is_gone(record: CheckoutRecord) -> bool:
    """Return whether the checkout made a new work tree that is not there (any more). Raises Interrupted if it is there."""
    if record.folder is None:
        return False
    folder = Path(record.folder)
    if os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir())):
        aside = command_line("mv", names=(record.folder, f"{record.folder}.half"))
        raise Interrupted(f"{record.folder} was only half made", help=f"{aside} && release recover")
    return True


def _checkout_report(record: CheckoutRecord, *, known: bool, done: bool) -> RecoverReport:
    would = "was" if done else "would be"
    if not known:
        outcome, words = (
            RecoverOutcome.FORGOTTEN,
            f"{would} forgotten, because HEAD has moved since; dvc checkout gets its data",
        )
    elif record.folder is not None:
        outcome, words = RecoverOutcome.FORGOTTEN, f"{would} discarded: {record.folder} was not made"
    elif record.undoing:
        outcome, words = (
            RecoverOutcome.TAKEN_BACK,
            f"{would} taken back: code and data are those of {record.left_commit[:7]}",
        )
    else:
        outcome, words = RecoverOutcome.FINISHED, f"{would} finished"
    return RecoverReport(outcome=outcome, message=f"{record.name} {words}", tag=record.tag, preview=not done)


def _inspect(repository: Repository, record: Record, *, undo: bool) -> tuple[Decision, RemoteState | None]:
    """Decide about a pending release, from the refs here and on the remote (state None: it did not answer)."""
    if record.state is not RecordState.PUSHING and not record.push and begun_here(repository, record):
        return Decision.MAKE_WHOLE, None
    state = read_remote_state(repository, record)
    decision = decide(record, state)
    return Decision.GIVE_UP if undo and decision in OPEN else decision, state


def _report(
    record: Record, state: RemoteState | None, decision: Decision, *, done: bool, finished: Finished | None = None
) -> RecoverReport:
    outcome, message = describe_recovery(record, state, decision, done=done)
    return RecoverReport(
        outcome=outcome,
        message=message,
        tag=record.tag,
        finished=finished,
        unpublished=record.tags if done and decision is Decision.MAKE_WHOLE else (),
        exit_code=ExitCode.PARTIAL if outcome is RecoverOutcome.DELETED else ExitCode.DONE,
        preview=not done,
    )


def nothing_pending(unpublished: Sequence[str]) -> str:
    """Return the message that there is nothing to recover, with the tags that wait to be published."""
    waiting = f"; not published yet: {', '.join(unpublished)}" if unpublished else ""
    return f"no release was interrupted{waiting}"


def to_take_back(unpublished: Sequence[Record]) -> Record:
    """Return the unpublished release to withdraw: a partly withdrawn one, else the newest. Raises Refused if none."""
    half_undone = [record for record in unpublished if record.undoing]
    if not unpublished:
        raise Refused("there is no unpublished release to take back", help="release list")
    return max(half_undone or unpublished, key=lambda each: each.started)


def is_published(record: Record, state: RemoteState | None) -> bool:
    """Return whether the remote has the release; False without an answer (None)."""
    return state is not None and state.tag == record.last_object


def _why_published(record: Record, state: RemoteState | None) -> Refused | None:
    """Return the error if the remote has the release, or its commit without the tag; None if not, or not known."""
    if is_published(record, state):
        help = command_line("release", "show", names=record.tags[-1:])
        return Refused(f"{record.tag} is on {record.remote} already: it is published", help=help)
    if state is None or record.commit == record.base or not (state.branch == record.commit or state.holds_commit):
        return None
    words = f"the commit of {record.tag} is on {record.remote_branch} of {record.remote} already, without its tag"
    return Refused(words, help=f"release bump {record.version}   (publishes the tag)")


def not_taken_back(repository: Repository, record: Record, words: str) -> Refused:
    """Return the error for a release that cannot be withdrawn because of the user's own changes."""
    return Refused(f"{record.tag} was not taken back: {words}", help=_out_of_the_way(repository, record))


def _out_of_the_way(repository: Repository, record: Record) -> str:
    """Return the command that helps: delete another tag, rebase later commits, or stash edits."""
    no_tag = command_line("git", "tag", "-d", names=record.tags)
    branch_ref = f"refs/heads/{record.branch}"
    found = read_refs(repository.git, [*record.tag_refs, branch_ref])
    if any(found.get(ref, id) != id for ref, id in record.tag_refs.items()):
        return f"{no_tag} && release recover --undo"
    if record.branch is not None and found.get(branch_ref) != record.commit:
        later = command_line("git", "rebase", "--onto", record.base[:10], record.commit[:10], names=(record.branch,))
        return f"{later} && {no_tag}   (keeps your later commits, without the release)"
    return "git stash && release recover --undo"


def remote_not_asked(repository: Repository, record: Record) -> Interrupted:
    """Return the error for a remote that did not answer or was renamed, so that nothing is decided."""
    words, way = not_answered(record, repository.settings.remotes)
    return Interrupted(words, help=way)


def still_pending(record: Record, words: str) -> Cancelled:
    """Return the error for a user who stopped before anything happened."""
    return Cancelled(f"{words}, and {record.tag} is still pending", help="release recover")


class _Recovery:
    """The recovery of one release.

    Git processes that change this clone inherit the lock; those that query a remote do not.
    """

    def __init__(self, project: Project, record: Record, lock: int, told: tuple[OnStep, OnProgress]) -> None:
        repository = project.repository
        self._project = project
        self._repository = repository
        self._local = replace(repository, git=repository.git.inheriting(lock))
        self._record = record
        self._making = Making(repository=repository, local=self._local, record=record)
        self._on_step, self._on_progress = told

    def settle(self, confirm: Confirm, *, undo: bool) -> RecoverReport:
        """Decide from the state of the remote, then act on the decision."""
        record = self._record
        clear_own_leftovers(self._local, record, work_tree_of(self._local, record))
        decision, state = _inspect(self._repository, record, undo=undo)
        if decision is Decision.GIVE_UP:
            question = f"{describe_undo(record, state)}. Discard it here anyway?"
            if not self._answered(confirm, question):
                raise Interrupted(f"{record.tag} is still pending", help="release recover")
        if decision is Decision.ASK:
            question = f"{describe_open(record, state)}. Publish {record.tag} again?"
            decision = Decision.PUSH_AGAIN if self._answered(confirm, question) else Decision.FORGET
        if decision is Decision.PUSH_AGAIN:
            applied = state is not None and (state.branch == record.commit or state.holds_commit is True)
            decision = self._push_again(replace(record, remote_branch=None) if applied else record)
        finished = self._carry_out(decision)
        return _report(record, state, decision, done=True, finished=finished)

    def _finish(self) -> Finished:
        if not self._record.data:
            return finish(self._making, self._on_step)
        from release.engine.rollback_data import BY_HAND, follow_data

        self._making.follow = partial(follow_data, self._project, self._record, self._on_progress)
        finished = finish(self._making, self._on_step)
        if finished.data_trouble is None:
            return finished
        words = f"data here could not follow: {finished.data_trouble} ({BY_HAND})"
        return replace(finished, warnings=(*finished.warnings, words))

    def _carry_out(self, decision: Decision) -> Finished | None:
        """Finish the release, or drop its record; None: it was dropped. Raises Interrupted for WAIT."""
        if decision is Decision.MAKE_WHOLE:
            return self._finish()
        if decision is Decision.FINISH:
            self._require_objects()
            return self._finish()
        if decision is Decision.WAIT:
            raise remote_not_asked(self._repository, self._record)
        follow_files(self._making)  # if it was killed after the local branch moved, it had been published
        forget(self._local, self._record)
        return None

    def _require_objects(self) -> None:
        """Fetch objects that a power cut destroyed from the remote, which has them. Raises Interrupted."""
        record, git = self._record, self._repository.git
        if have_all(git, record.tag_refs.values(), since=record.base):
            return
        branch = (f"refs/heads/{record.remote_branch}",) if record.remote_branch else ()
        try:
            fetch_lost_objects(git, record.remote, *record.tag_refs, *branch)
        except Unknown as error:
            words = f"{record.tag} is published, but its objects are gone here: {error.message}"
            raise Interrupted(words, help="release recover") from error

    def _push_again(self, what: Record) -> Decision:
        """Push the same ids; `what` is the record, without the branch if only the tag is missing there."""
        record = self._record
        write_record(self._repository.common_dir, replace(record, asked=record.asked + 1))
        pushed = push(self._repository, what)
        decision = decide(
            record, read_remote_state(self._repository, record)
        )  # queried again, whatever the push reported
        if decision not in OPEN:
            return decision
        if pushed.answer is Answer.ACCEPTED:
            return Decision.FINISH
        if pushed.answer is Answer.PART or (
            pushed.answer is Answer.REFUSED and not record.atomic and what is not record
        ):
            raise tag_refused(record, pushed)
        if pushed.answer is Answer.UNSENT:
            raise still_pending(record, pushed.words)
        if pushed.answer in (Answer.REFUSED, Answer.HOOK):
            who = record.remote if pushed.answer is Answer.REFUSED else "the pre-push hook"
            raise Interrupted(
                f"{who} refuses {record.tag} now, but an earlier push of it was never answered and may still "
                f"arrive.\n{pushed.words}".rstrip(),
                help="release recover --undo   (discards it; look at the remote later)",
            )
        return Decision.WAIT

    def _answered(self, confirm: Confirm, question: str) -> bool:
        """Ask the question; Ctrl-C raises Cancelled, because nothing has been done yet."""
        try:
            return confirm(question)
        except KeyboardInterrupt as error:
            raise still_pending(self._record, "cancelled; nothing was changed") from error


def _looked_through(repository: Repository, unpublished: tuple[Record, ...]) -> tuple[tuple[str, ...], str]:
    """Return the tags that still wait, and a message about restored ones.

    `fetch.pruneTags` deletes local tags that no remote has; these are restored.
    """
    names: list[str] = []
    restored: list[str] = []
    for record in unpublished:
        if is_published(record, read_remote_state(repository, record)):
            forget(repository, record)
            continue
        branch_ref = f"refs/heads/{record.branch}"
        found = read_refs(repository.git, [*record.tag_refs, branch_ref])
        gone = {ref: id for ref, id in record.tag_refs.items() if ref not in found}
        tip = found.get(branch_ref)
        kept = record.branch is None or (tip and is_ancestor(repository.git, record.commit, tip))
        if gone and not kept:
            forget(repository, record)  # withdrawn by hand
            continue
        if gone:
            updates = [LocalUpdate(ref=ref, new=id, old="") for ref, id in gone.items()]
            update_refs(repository.git, updates, reason=f"release: {record.tag}")
            restored += [ref.removeprefix("refs/tags/") for ref in gone]
        names += record.tags
    return tuple(names), f"; set here again: {', '.join(restored)}" if restored else ""


def _take_back(repository: Repository, record: Record, lock: int) -> RecoverReport:
    local = replace(repository, git=repository.git.inheriting(lock))
    state = read_remote_state(repository, record)
    error = _why_published(record, state)
    if error is not None:
        if is_published(record, state):
            forget(local, record)
        raise error
    if record.undoing:
        clear_own_leftovers(local, record, work_tree_of(local, record))
    undoing = replace(record, undoing=True)
    write_record(repository.common_dir, undoing)
    words = take_back(local, undoing)
    if words is not None:
        write_record(repository.common_dir, record)
        raise not_taken_back(repository, record, words)
    forget(local, undoing)
    return _taken_back(record, done=True)


def _taken_back(record: Record, *, done: bool) -> RecoverReport:
    alone = record.commit == record.base
    if done:
        words = f"was taken back: {'its tag is' if alone else 'tag and release commit are'} gone here"
    else:
        words = f"would be taken back: {'its tag' if alone else 'its tag and release commit'} would go here"
    message = f"{record.tag} {words}"
    return RecoverReport(outcome=RecoverOutcome.TAKEN_BACK, message=message, tag=record.tag, preview=not done)
