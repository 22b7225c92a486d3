"""Execution of a plan: record, objects, push, refs, files. After the push starts, it only goes forward."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from msgspec import Struct
from msgspec.structs import replace

from release.core.release import Finished, Record, RecordState, StepKind
from release.core.text import command_line, pathspec, quote
from release.errors import Cancelled, Interrupted, Raced, Refused, ReleaseError, UsageError
from release.flows.running.finish import Follow, finish, forget, no_data
from release.flows.running.remote_side import read_remote_state, ref_updates
from release.flows.running.steps import OnStep
from release.git import push as git_push
from release.git.push import Answer, Pushed
from release.git.record import locked, read_pending, record_folder, write_record
from release.git.refs import read_refs
from release.git.repository import Repository
from release.git.scratch import Scratch
from release.git.worktree import keep_objects, paths_in_the_way, rehearse_files


class Work(Struct, frozen=True, kw_only=True):
    """A release ready to be made: its record (state PREPARING) and the ids that only the scratch store has."""

    record: Record
    new_objects: tuple[str, ...]
    push: bool


def run(repository: Repository, scratch: Scratch, work: Work, on_step: OnStep, follow: Follow = no_data) -> Finished:
    """Make the release. Raises Refused or Raced if the remote refused everything, Interrupted if unknown."""
    with locked(record_folder(repository.common_dir)) as lock:
        holding = replace(repository, git=repository.git.inheriting(lock))
        if read_pending(repository.common_dir) is not None:
            raise Interrupted("a release was interrupted in this clone meanwhile", help="release recover")
        _require_unchanged(repository, scratch, work)
        record = replace(work.record, push=work.push)
        with as_pending(repository, record):
            _keep(holding, scratch, replace(work, record=record), on_step)
            if work.push:
                record = publish_recorded(repository, record)
                on_step(StepKind.PUBLISH)
            return finish(holding, record, on_step, published=work.push, follow=follow)


@contextmanager
def as_pending(repository: Repository, record: Record) -> Iterator[None]:
    """Raise Interrupted for any error that leaves the record behind."""
    try:
        yield
    except (KeyboardInterrupt, OSError, ReleaseError) as error:
        if isinstance(error, (Interrupted, Cancelled)) or not _is_pending(repository, record):
            raise
        words = "it was stopped" if isinstance(error, KeyboardInterrupt) else str(error)
        way = error.help if isinstance(error, UsageError) else None  # a question that nobody can answer
        raise Interrupted(f"{record.tag} was interrupted: {words}", help=way or "release recover") from error


def publish_recorded(repository: Repository, record: Record) -> Record:
    """Push what the record names, updating the record before and after. Raises Refused, Raced or Interrupted."""
    pushing = replace(record, state=RecordState.PUSHING, asked=record.asked + 1)
    try:
        write_record(repository.common_dir, pushing)
    except BaseException:
        forget(repository, record)
        raise
    pushed = push(repository, record)
    if pushed.answer is Answer.UNKNOWN:
        raise Interrupted(
            f"{record.remote} gave no clear answer: {record.tag} may or may not be there. {pushed.words}".rstrip(),
            help="release recover",
        )
    if pushed.answer is Answer.PART:
        with suppress(OSError):  # the result is neither both nor none, whatever the host advertises
            write_record(repository.common_dir, replace(pushing, atomic=False))
        raise tag_refused(record, pushed)
    if pushed.answer is Answer.UNSENT:
        forget(repository, record)
        raise Cancelled(f"{pushed.words}, and nothing was changed")
    if pushed.answer is not Answer.ACCEPTED:
        forget(repository, record)
        raise refusal(repository, record, pushed)
    accepted = replace(pushing, accepted=True)
    with suppress(OSError):  # useful for recover, but the remote knows it, too
        write_record(repository.common_dir, accepted)
    return accepted


def push(repository: Repository, record: Record) -> Pushed:
    """Push the record's refs at once; branch first, then tag, if the host is not atomic."""
    updates = ref_updates(record)
    if record.atomic:
        return git_push.push(repository.git, record.remote, updates)
    sent = False  # set when this push changed the remote: refs that were there before do not count
    pushed = None
    for update in updates:
        pushed = git_push.push(repository.git, record.remote, (update,), atomic=False)
        if pushed.answer is not Answer.ACCEPTED:
            if not sent:
                return pushed
            known = pushed.answer is not Answer.UNKNOWN
            return replace(pushed, answer=Answer.PART, rest=pushed.answer) if known else pushed
        sent = sent or pushed.sent
    assert pushed is not None, "a record has refs"
    return pushed


def refusal(repository: Repository, record: Record, pushed: Pushed) -> ReleaseError:
    """Return the error of a refused push: by the local hook, by a race, else with the remote's message."""
    if pushed.answer is Answer.HOOK:
        words = f"the pre-push hook refused {record.tag}, and nothing was changed\n{pushed.words}".rstrip()
        return Refused(words, help="do what the hook says, then run again")
    now = read_remote_state(repository, record)
    if now is not None:
        if now.tag not in (None, record.tag_object):
            return Raced(f"someone released {record.tag} while you were about to", help="git pull, then run again")
        if record.remote_branch is not None and (now.branch or "") != record.tip:
            return Raced(
                f"someone pushed to {record.remote_branch} on {record.remote} while you were about to release",
                help=f"{command_line('git', 'pull', '--rebase', names=(record.remote, record.remote_branch))}, then run again",
            )
    reasons = "; ".join(f"{ref}: {reason}" for ref, reason in pushed.reasons.items())
    # rejected by the local git: a stale lease
    if any(reason.startswith("[rejected]") for reason in pushed.reasons.values()):
        words = f"{record.remote} was not as it had been before, and nothing was changed: {reasons}"
        return Raced(words, help=f"{command_line('git', 'fetch', names=(record.remote,))}, then run again")
    return Refused(
        f"{record.remote} refused the release, and nothing was changed: {reasons}\n{pushed.words}".rstrip(),
        help=f"as {quote(record.remote)} says; if the branch is protected: {_around_protection(record)}",
    )


def _around_protection(record: Record) -> str:
    prepare = f"release prepare {record.version}"
    if record.base != record.tip:  # the user's own commits are pushed, too, also with `--no-commit`
        return f"{prepare}   (its pull request takes your commits along)"
    return f"{prepare}, or release bump {record.version} --no-commit"


def tag_refused(record: Record, pushed: Pushed) -> Interrupted:
    """Return the error of a non-atomic push whose branch arrived and whose tag was refused, with the message.

    The refused tag may be that of an unpublished release in the same push.
    """
    branch = record.remote_branch or record.branch
    others = [ref.removeprefix("refs/tags/") for ref in pushed.reasons if ref != record.tag_ref]
    tag = " and ".join(others) or "the tag"
    begins = f"{record.remote} has the commit of {record.tag} on {branch}, "
    if pushed.rest is Answer.UNSENT:
        return Interrupted(f"{begins}and not the tag: stopped while the pre-push hook ran", help="release recover")
    hook = pushed.rest is Answer.HOOK
    why = "; ".join(dict.fromkeys(reason.removeprefix("[remote rejected] ") for reason in pushed.reasons.values()))
    ends = "the pre-push hook refused the tag" if hook else f"refused {tag} {why}".rstrip()
    words = f"{begins}but {ends}.\n{pushed.words}".rstrip()
    return Interrupted(words, help=f"as {'the hook' if hook else quote(record.remote)} says, then: release recover")


def _is_pending(repository: Repository, record: Record) -> bool:
    try:
        pending = read_pending(repository.common_dir)
    except (Interrupted, OSError, KeyboardInterrupt):
        return True
    return pending is not None and pending.release_id == record.release_id


def _require_unchanged(repository: Repository, scratch: Scratch, work: Work) -> None:
    """Check that the local state is still the planned one. Raises Raced or Refused."""
    record, git = work.record, repository.git
    branch_ref = f"refs/heads/{record.branch}"
    found = read_refs(git, [record.tag_ref, branch_ref])
    moved = record.branch is not None and record.attached and found.get(branch_ref) != record.base
    if moved or found.get(record.tag_ref, record.tag_object) != record.tag_object:
        what = record.branch if moved else record.tag
        raise Raced(f"{what} was changed here while you were about to release", help="look at it, then run again")
    if not record.blobs or not record.attached:
        return
    if os.path.lexists(repository.git_dir / "index.lock"):
        raise Refused("the index is locked: another git is at work here", help="wait for it, then run again")
    words = rehearse_files(scratch.git, scratch.folder / "index", record.base, record.commit)
    if words is not None:
        raise Refused(f"files here were changed meanwhile: {words}", help="git status")
    known = git.list_paths("ls-tree", "-r", "-z", "--name-only", record.base, paths=record.blobs)
    new = tuple(set(record.blobs) - set(known.decode("utf-8", "surrogateescape").split("\0")))
    if in_the_way := paths_in_the_way(repository.work_tree, new):
        words = f"{in_the_way[0]} appeared meanwhile, and the release would overwrite it"
        raise Refused(
            words, help=f"{command_line('git', 'add', '-f', pathspec(in_the_way[0]))} && git commit, or move it away"
        )


def _keep(repository: Repository, scratch: Scratch, work: Work, on_step: OnStep) -> None:
    try:
        write_record(repository.common_dir, work.record)
        if work.new_objects:
            keep_objects(scratch.git, repository, work.new_objects, base=work.record.base, mark=work.record.mark)
        on_step(StepKind.KEEP)
    except BaseException:
        forget(repository, work.record)
        raise
