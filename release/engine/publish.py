"""Publication: push, local refs, work tree; each idempotent, so `recover` uses them, too."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from release.core.release import Finished, Record, RecordKind, RecordState, RemoteState, Step, StepKind
from release.core.stages import stage_of
from release.core.text import command_line, many, pathspec, quote
from release.errors import Cancelled, HostRefused, Interrupted, Raced, Refused, ReleaseError, Unknown, UsageError
from release.git import push as git_push
from release.git import refs
from release.git.objects import ObjectMissing
from release.git.process import Git, GitFailed
from release.git.push import Answer, Pushed, RefState
from release.git.record import (
    Pending,
    drop_record,
    locked,
    read_pending,
    read_unpublished,
    record_folder,
    write_record,
    written_at,
)
from release.git.refs import RefUpdate, is_ancestor, read_refs, update_refs
from release.git.repository import Repository, head_ref, open_repository
from release.git.scratch import Scratch
from release.git.worktree import (
    drop_keep,
    files_of_the_user,
    keep_objects,
    paths_in_the_way,
    rehearse_files,
    update_files,
)

OnStep = Callable[[StepKind], None]
_MOST_NAMES = 8


def no_step(step: StepKind) -> None:
    """Do nothing."""


# State of a release on the remote, queried at the URL that is pushed to

_ELSEWHERE = "?"  # an id that is not ours; the id itself is unknown


def ref_updates(record: Record) -> tuple[RefUpdate, ...]:
    """Return the refs of the push, each with the value that the remote must have before.

    The last release's tag comes last: if it is there, everything is, even without atomic pushes.
    """
    updates = []
    if record.remote_branch is not None:
        updates.append(RefUpdate(ref=f"refs/heads/{record.remote_branch}", new=record.commit, old=record.tip))
    if record.kind is RecordKind.MARK:
        return tuple(updates)
    if record.kind is RecordKind.UNDO:
        return (*updates, *(RefUpdate(ref=ref, new="", old=id) for ref, id in record.tag_refs.items()))
    tags = {**{f"refs/tags/{name}": id for name, id in record.also.items()}, **record.tag_refs}
    updates += [RefUpdate(ref=ref, new=id, old="") for ref, id in tags.items()]
    return tuple(updates)


def read_remote_state(repository: Repository, record: Record) -> RemoteState | None:
    """Return the state; None without an answer, or if the remote is no longer configured.

    Git would take the name of an unknown remote for a path.
    """
    if record.remote not in repository.settings.remotes:
        return None
    pushed_to = _push_side(repository, record.remote)
    if pushed_to is not None and record.kind is RecordKind.RELEASE:
        return _read_by_push(repository, record, pushed_to)
    if pushed_to is not None:
        return _read_at(repository.git, record, pushed_to)
    return _read_at(repository.git, record, record.remote)


def _push_side(repository: Repository, remote: str) -> str | None:
    """Return the push URL if it differs from the fetch URL, else None."""
    settings = repository.settings
    if not (settings.every(f"remote.{remote}.pushurl") or settings.named(r"url\..+\.pushinsteadof")):
        return None
    urls = [repository.git.run("remote", "get-url", *how, "--", remote).text for how in ((), ("--push",))]
    return urls[1] if urls[0] != urls[1] else None


def _read_at(git: Git, record: Record, place: str) -> RemoteState | None:
    try:
        there = refs.remote_refs(refs.start_asking(git, place), place)
        tip = there.branch(record.remote_branch) if record.remote_branch else None
        holds = None
        undecided = record.last_ref not in there.refs or record.kind is not RecordKind.RELEASE
        if tip is not None and tip not in (record.commit, record.tip) and undecided:
            holds = _holds(git, record, place, tip)
    except Unknown:
        return None
    return RemoteState(tag=there.refs.get(record.last_ref), branch=tip, holds_commit=holds)


def _holds(git: Git, record: Record, place: str, tip: str) -> bool | None:
    known = refs.is_ancestor(git, record.commit, tip)
    if known is None:
        refs.fetch_objects(git, place, f"refs/heads/{record.remote_branch}")
        known = refs.is_ancestor(git, record.commit, tip)
    return known


def _read_by_push(repository: Repository, record: Record, url: str) -> RemoteState | None:
    """Query by a dry run, because a pusher may have no read access; read by URL only if that is not enough."""
    found = git_push.refs_by_push(repository.git, record.remote, ref_updates(record))
    if found is None:
        return None
    tag = {RefState.OURS: record.last_object, RefState.OTHER: _ELSEWHERE}.get(found[record.last_ref])
    branch = found.get(f"refs/heads/{record.remote_branch}")
    if tag is None and branch is RefState.OTHER:
        return _read_at(repository.git, record, url) or RemoteState(tag=None, branch=_ELSEWHERE, holds_commit=None)
    tips = {RefState.OURS: record.commit, RefState.BEFORE: record.tip, RefState.OTHER: _ELSEWHERE}
    return RemoteState(tag=tag, branch=tips.get(branch) if branch else None, holds_commit=None)


# Update-refs and update-worktree phases after publishing. Idempotent: inspects each ref and file first


def refs_here(git: Git, record: Record) -> tuple[dict[str, str], str | None]:
    """Return the refs here that a record names (full name to id), and the commit of its branch (None: it has none)."""
    branch_ref = f"refs/heads/{record.branch}"
    found = read_refs(git, [*record.tag_refs, branch_ref])
    return found, found.get(branch_ref)


def begun_here(repository: Repository, record: Record) -> bool:
    """Return whether local refs have begun to follow a release that is not to be published yet."""
    found, tip = refs_here(repository.git, record)
    moved = record.commit != record.base and tip == record.commit
    return moved or any(found.get(ref) == id for ref, id in record.tag_refs.items())


def forget(repository: Repository, record: Record) -> None:
    """Drop the record of a release, and the `.keep` of its objects."""
    drop_keep(repository, record.mark, written_at(repository.common_dir, record))
    drop_record(repository.common_dir, record)


def take_back(repository: Repository, record: Record) -> str | None:
    """Withdraw an unpublished release: files, then refs. Return git's refusal (nothing changed), or None."""
    git = repository.git
    tree = _tree_to_take_back(repository, record)
    if tree is not None:
        words = update_files(tree, record.commit, record.base, record.blobs)
        if words is not None:
            return words
    found, tip = refs_here(git, record)
    updates = [RefUpdate(ref=ref, new="", old=id) for ref, id in record.tag_refs.items() if ref in found]
    if record.branch is not None and record.commit != record.base and tip == record.commit:
        updates.append(RefUpdate(ref=f"refs/heads/{record.branch}", new=record.base, old=record.commit))
    update_refs(git, updates, reason=f"release: take back {record.tag}")
    return None


def why_not_taken_back(repository: Repository, record: Record) -> str | None:
    """Return the reason why an unpublished release cannot be withdrawn now; None if none is known."""
    found, tip = refs_here(repository.git, record)
    for ref, id in record.tag_refs.items():
        if found.get(ref) not in (None, id):
            return f"the tag {ref.removeprefix('refs/tags/')} here is another one"
    moved = record.branch is not None and record.commit != record.base
    if moved and tip not in (record.base, record.commit):
        return f"{record.branch} has moved on since"
    tree = _tree_to_take_back(repository, record)
    mine = files_of_the_user(tree, record.commit, record.base, record.blobs) if tree else ()
    return f"{', '.join(mine)} has changed since" if mine else None


def _tree_to_take_back(repository: Repository, record: Record) -> Repository | None:
    """Return the work tree that has the release's files; None if there is none, or no file changed."""
    if record.branch is None or record.commit == record.base or not record.attached:
        return None
    branch_ref = f"refs/heads/{record.branch}"
    tree = work_tree_of(repository, record)
    if tree is None or read_refs(repository.git, [branch_ref]).get(branch_ref) != record.commit:
        return None
    return tree if head_ref(tree) == branch_ref else None


def work_tree_of(repository: Repository, record: Pending) -> Repository | None:
    """Return the work tree that was released from; None if it is gone or belongs to another repository.

    If its folder was renamed (moved, copied, mounted elsewhere), it is this one if it has the branch.
    """
    if str(repository.work_tree) == record.worktree:
        return repository
    with suppress(ReleaseError):
        tree = open_repository(repository.git.at(Path(record.worktree)))
        if tree.common_dir == repository.common_dir:
            return tree
    return repository if record.branch and head_ref(repository) == f"refs/heads/{record.branch}" else None


def _close(repository: Repository, record: Record) -> None:
    """Drop the record, and those of releases published with it; an unpublished one is kept, with its pack.

    If an unpublished release is made with `--no-push` again, its first record is kept, because only that one
    has the state before it.
    """
    if not record.push:
        others = read_unpublished(repository.common_dir)
        if any(each.tag_refs == record.tag_refs and each.release_id != record.release_id for each in others):
            forget(repository, record)
            return
        write_record(repository.common_dir, replace(record, state=RecordState.UNPUBLISHED))
        drop_record(repository.common_dir, record)
        return
    tags = {**record.tag_refs, **{f"refs/tags/{name}": id for name, id in record.also.items()}}
    for other in read_unpublished(repository.common_dir):
        if other.tag_refs.items() <= tags.items():
            forget(repository, other)
    forget(repository, record)


_FATAL = 128  # of git: a ref is locked, or was moved
_TRIES = 3  # a `git fetch` that runs here at the same time moves the same refs, or has them locked


def _move_refs(making: Making) -> None:
    """Move the refs here; those that another git moves meanwhile are read again.

    The last try leaves out the tracking ref: what is published needs it not, and the next fetch moves it.
    """
    for left in reversed(range(_TRIES)):
        warned = len(making.warnings)
        try:
            _move_refs_once(making, track=left > 0)
        except GitFailed as error:
            if not left or error.result.code != _FATAL:  # a git that was killed leaves locks, which `recover` clears
                raise
            del making.warnings[warned:]
        else:
            return


def _move_refs_once(making: Making, *, track: bool) -> None:
    record, git, updates = making.record, making.local.git, []
    branch_ref = None if record.branch is None or record.commit == record.base else f"refs/heads/{record.branch}"
    tracking = f"refs/remotes/{record.remote}/{record.remote_branch}"
    found = read_refs(git, [*record.tag_refs, tracking, *([branch_ref] if branch_ref else [])])
    if track and record.push and record.remote_branch and record.tip and found.get(tracking) == record.tip:
        # A push without an answer has not moved it.
        updates.append(RefUpdate(ref=tracking, new=record.commit, old=record.tip))
    updates += _tag_updates(making, found)
    if branch_ref is not None:
        here = found.get(branch_ref)
        if here == record.base or (here is None and record.attached):
            updates.append(RefUpdate(ref=branch_ref, new=record.commit, old=here or ""))
        elif here is not None and is_ancestor(git, record.commit, here) is not True:
            words = f"{record.branch} has moved here: it was not changed, and lacks the release (git pull --rebase)"
            making.warnings.append(words)
    if record.blobs and not record.attached:
        making.warnings.append(f"HEAD is detached: index and files were left at {record.base[:10]}")
    update_refs(git, updates, reason=f"release: {record.tag}")
    _set_upstream(making.local, record)
    making.moved = tuple(update.ref for update in updates if update.ref != tracking)


def _tag_updates(making: Making, found: Mapping[str, str]) -> list[RefUpdate]:
    """Return the updates of the record's tags; `found` are the refs here."""
    record, updates = making.record, []
    if record.kind is RecordKind.UNDO:
        kept = read_refs(making.local.git, record.kept_refs)
        wanted = [(ref, id) for ref, id in record.kept_refs.items() if kept.get(ref) != id]
        gone = [(ref, id) for ref, id in record.tag_refs.items() if found.get(ref) == id]
        return [
            *(RefUpdate(ref=ref, new=id, old=kept.get(ref, "")) for ref, id in wanted),
            *(RefUpdate(ref=ref, new="", old=id) for ref, id in gone),
        ]
    for ref, id in record.tag_refs.items():
        if record.kind is RecordKind.RELEASE and ref not in found:
            updates.append(RefUpdate(ref=ref, new=id, old=""))
        elif found.get(ref) not in (None, id):
            tag = ref.removeprefix("refs/tags/")
            again = command_line("git", "tag", "-d", names=(tag,))
            making.warnings.append(
                f"a different local tag {tag} exists: it was not changed ({again} && git fetch --tags)"
            )
    return updates


def _set_upstream(repository: Repository, record: Record) -> None:
    """Set the upstream of a branch that the release pushed as a new one, as `git push -u` does; best effort."""
    start, settings = f"branch.{record.branch}", repository.settings
    new = record.push and record.branch is not None and record.remote_branch is not None and not record.tip
    if not new or not record.attached or settings.last(f"{start}.remote") or settings.last(f"{start}.merge"):
        return
    for key, value in (("remote", record.remote), ("merge", f"refs/heads/{record.remote_branch}")):
        repository.git.run("config", "--local", f"{start}.{key}", value, ok=range(256))


def _move_data(making: Making) -> None:
    if making.follow is not None:
        making.follow(making)


def _update_files(making: Making) -> None:
    record, tree = making.record, work_tree_of(making.local, making.record)
    if tree is None:
        making.warnings.append(f"the work tree {record.worktree} is gone: only the refs were moved")
        return
    branch_ref = f"refs/heads/{record.branch}"
    if head_ref(tree) != branch_ref or read_refs(tree.git, [branch_ref]).get(branch_ref) != record.commit:
        return
    words = update_files(tree, record.base, record.commit, record.blobs)
    if words is None:
        making.files = tuple(record.blobs)
        return
    changed = f"files here were left as they are, because they have changed since ({words})"
    making.warnings.append(f"{changed}; git status shows the difference")


# Steps of a release. After the push starts, it only goes forward


class Work(Struct, frozen=True, kw_only=True):
    """A release ready to be made: its record (state PREPARING) and the ids that only the scratch store has."""

    record: Record
    new_objects: tuple[str, ...]


class Making(Struct, kw_only=True):
    """A release that is being made, and what its steps did so far.

    `local` is `repository` whose git processes inherit the lock: those that change this clone. `scratch` has the
    `new_objects` (None: they are in the store already). `follow` moves the data (None: there is none to move);
    `data_trouble` is the reason why it could not.
    """

    repository: Repository
    local: Repository
    record: Record
    scratch: Scratch | None = None
    new_objects: tuple[str, ...] = ()
    follow: Follow | None = None
    moved: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)
    data_trouble: str | None = None


Follow = Callable[[Making], None]  # moves data; warnings and trouble go into the `Making`


class RunnableStep(Step, frozen=True, kw_only=True):
    """A step that is shown in the plan, and can be run."""

    run: Callable[[Making], None]


def steps_of(record: Record) -> tuple[RunnableStep, ...]:
    """Return every step of a release, in their order. A plan shows them, `run` and `recover` run them."""
    tags, blobs = _and([*record.tags, *record.also]), list(record.blobs)
    files = _and(blobs) if len(blobs) <= _MOST_NAMES else many(len(blobs), "file")
    made = f"commit {files} and tag {record.tag}" if files else f"tag {record.tag} at {record.base[:7]}"
    what = _and([record.remote_branch, tags]) if record.remote_branch else tags
    moved = f"move {record.branch} and set {record.tag} here" if files else f"set {record.tag} here"
    together = record.atomic and bool(record.remote_branch or record.also)
    if record.kind is not RecordKind.RELEASE:
        made, what, moved = f"commit {files or record.name}", record.remote_branch or "", f"move {record.branch} here"
        together = together and record.kind is RecordKind.UNDO
    if record.kind is RecordKind.UNDO:
        what, moved = f"{what} and the deletion of {record.tag}", f"move {record.branch} and delete {record.tag} here"
    found = [RunnableStep(kind=StepKind.KEEP, text=made, run=_keep)]
    if record.push:
        text = f"push {what} to {record.remote}{' together' if together else ''}"
        found.append(RunnableStep(kind=StepKind.PUBLISH, text=text, together=together, run=_publish))
    found.append(RunnableStep(kind=StepKind.MOVE_REFS, text=moved, run=_move_refs))
    if files and record.attached:
        text = f"bring {files} up to date here"
        found.append(RunnableStep(kind=StepKind.UPDATE_FILES, text=text, run=_update_files))
    if record.data and record.attached:
        text = "bring the data up to date here"
        found.append(RunnableStep(kind=StepKind.MOVE_DATA, text=text, run=_move_data))
    return tuple(found)


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def run(
    repository: Repository, scratch: Scratch, work: Work, on_step: OnStep, follow: Follow | None = None
) -> Finished:
    """Make the release. Raises Refused or Raced if the remote accepted nothing, Interrupted if `recover` must settle it."""
    with locked(record_folder(repository.common_dir)) as lock:
        making = Making(
            repository=repository,
            local=replace(repository, git=repository.git.inheriting(lock)),
            record=work.record,
            scratch=scratch,
            new_objects=work.new_objects,
            follow=follow,
        )
        pending = read_pending(repository.common_dir)
        if pending is not None:
            raise Interrupted(pending.interrupted, help="release recover")
        _require_unchanged(repository, scratch, work.record)
        with as_pending(repository, work.record):
            try:
                _run_steps(making, on_step, (StepKind.KEEP,))
            except BaseException:
                forget(repository, work.record)
                raise
            _run_steps(making, on_step, (StepKind.PUBLISH,))
            return finish(making, on_step)


def finish(making: Making, on_step: OnStep = no_step) -> Finished:
    """Run the steps in this clone, then drop the record (unpublished: keep it and the pack). Raises Interrupted."""
    record = making.record
    try:
        _run_steps(making, on_step, (StepKind.MOVE_REFS, StepKind.UPDATE_FILES, StepKind.MOVE_DATA))
        _close(making.local, record)
    except (GitFailed, ObjectMissing, OSError, KeyboardInterrupt) as error:
        where = "published" if record.push else "made"
        words = "it was stopped" if isinstance(error, KeyboardInterrupt) else str(error)
        raise Interrupted(
            f"{record.name} is {where}, but this clone could not follow: {words}", help="release recover"
        ) from error
    return Finished(
        moved=making.moved, files=making.files, warnings=tuple(making.warnings), data_trouble=making.data_trouble
    )


def follow_files(making: Making) -> None:
    """Update the files where the local branch is at the release commit, whatever happened to the tag."""
    _run_steps(making, no_step, (StepKind.UPDATE_FILES,))


def _run_steps(making: Making, on_step: OnStep, kinds: tuple[StepKind, ...]) -> None:
    for step in steps_of(making.record):
        if step.kind in kinds:
            step.run(making)
            on_step(step.kind)


@contextmanager
def as_pending(repository: Repository, record: Pending) -> Iterator[None]:
    """Raise Interrupted for any error that leaves the record behind."""
    try:
        yield
    except (KeyboardInterrupt, OSError, ReleaseError) as error:
        if isinstance(error, (Interrupted, Cancelled)) or not _is_pending(repository):
            raise
        words = "it was stopped" if isinstance(error, KeyboardInterrupt) else str(error)
        way = error.help if isinstance(error, UsageError) else None  # a question without a terminal
        raise Interrupted(f"{record.name} was interrupted: {words}", help=way or "release recover") from error


def _publish(making: Making) -> None:
    """Push what the record names, updating the record before and after. Raises Refused, Raced or Interrupted."""
    repository, record = making.repository, making.record
    pushing = replace(record, state=RecordState.PUSHING, asked=record.asked + 1)
    try:
        write_record(repository.common_dir, pushing)
    except BaseException:
        forget(repository, record)
        raise
    pushed = push_record(repository, record)
    if pushed.answer is Answer.UNKNOWN:
        raise Interrupted(
            f"{record.remote} gave no clear answer: {record.tag} may or may not be there.\n{pushed.words}".rstrip(),
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
    making.record = replace(pushing, accepted=True)
    with suppress(OSError):  # useful for recover, but the remote knows it, too
        write_record(repository.common_dir, making.record)


def push_record(repository: Repository, record: Record) -> Pushed:
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
        words = f"the pre-push hook refused {record.name}, and nothing was changed\n{pushed.words}".rstrip()
        return Refused(
            words,
            help="do what the hook says, then run again; if it refuses the commit's message: "
            'commit-message = "chore(release): {tag}" in [tool.release]',
            section="push",
        )
    now = read_remote_state(repository, record)
    if now is not None:
        # Two jobs with one identity make the same stage tag in the same second, so it may be the very same object.
        if stage_of(record.tag) is not None and now.tag is not None:
            return Raced(f"someone made {record.tag} while you were about to", help="release fetch, then run again")
        if record.kind is RecordKind.RELEASE and now.tag not in (None, record.last_object):
            return Raced(f"someone released {record.tag} while you were about to", help="git pull, then run again")
        if record.remote_branch is not None and (now.branch or "") != record.tip:
            return Raced(
                f"someone pushed to {record.remote_branch} on {record.remote} while you were at work",
                help=f"{command_line('git', 'pull', '--rebase', names=(record.remote, record.remote_branch))}, then run again",
            )
    reasons = "; ".join(f"{ref}: {reason}" for ref, reason in pushed.reasons.items())
    # rejected by the local git: a stale lease
    if any(reason.startswith("[rejected]") for reason in pushed.reasons.values()):
        words = f"{record.remote} was not as it had been before, and nothing was changed: {reasons}"
        return Raced(words, help=f"{command_line('git', 'fetch', names=(record.remote,))}, then run again")
    return HostRefused(
        f"{record.remote} refused {record.name}, and nothing was changed: {reasons}\n{pushed.words}".rstrip(),
        help=f"as {quote(record.remote)} says; if the branch is protected: {_around_protection(record)}",
    )


def _around_protection(record: Record) -> str:
    if record.kind is RecordKind.UNDO:
        return f"{command_line('release', 'yank', names=record.tags)} --no-commit -m REASON   (or {command_line('release', 'delete', names=record.tags)})"
    if record.kind is RecordKind.MARK:
        return f"{command_line('release', 'yank', names=record.tags)} --no-commit -m REASON"
    prepare = f"release prepare {record.version}"
    if record.base != record.tip:  # the user's own commits are pushed, too, also with `--no-commit`
        return f"{prepare}   (its pull request includes your commits)"
    return f"{prepare}   (or release bump {record.version} --no-commit)"


def tag_refused(record: Record, pushed: Pushed) -> Interrupted:
    """Return the error of a non-atomic push whose branch arrived and whose tag was refused, with the message.

    The refused tag may be that of an unpublished release in the same push.
    """
    branch = record.remote_branch or record.branch
    others = [ref.removeprefix("refs/tags/") for ref in pushed.reasons if ref not in record.tag_refs]
    tag = " and ".join(others) or "the tag"
    begins = f"{record.remote} has the commit of {record.tag} on {branch}, "
    if pushed.rest is Answer.UNSENT:
        return Interrupted(f"{begins}and not the tag: stopped while the pre-push hook ran", help="release recover")
    hook = pushed.rest is Answer.HOOK
    why = "; ".join(dict.fromkeys(reason.removeprefix("[remote rejected] ") for reason in pushed.reasons.values()))
    ends = "the pre-push hook refused the tag" if hook else f"refused {tag} {why}".rstrip()
    words = f"{begins}but {ends}.\n{pushed.words}".rstrip()
    return Interrupted(words, help=f"as {'the hook' if hook else quote(record.remote)} says, then: release recover")


def _is_pending(repository: Repository) -> bool:
    try:
        return read_pending(repository.common_dir) is not None
    except (Interrupted, OSError, KeyboardInterrupt):
        return True


def _require_unchanged(repository: Repository, scratch: Scratch, record: Record) -> None:
    """Check that the local state is still the planned one. Raises Raced or Refused."""
    git = repository.git
    found, tip = refs_here(git, record)
    moved = record.branch is not None and record.attached and tip != record.base
    if moved or any(found.get(ref, id) != id for ref, id in record.tag_refs.items()):
        what = record.branch if moved else record.tag
        raise Raced(f"{what} was changed here while you were about to release", help="look at it, then run again")
    if not record.blobs or not record.attached:
        return
    if os.path.lexists(repository.git_dir / "index.lock"):
        raise Refused(
            "the index is locked: another git is at work here", help="wait for it, then run again", section="index"
        )
    words = rehearse_files(scratch.git, scratch.folder / "index", record.base, record.commit)
    if words is not None:
        raise Refused(f"files here changed after the plan was made: {words}", help="git status", section="files")
    known = git.list_paths("ls-tree", "-r", "-z", "--name-only", record.base, paths=record.blobs)
    new = tuple(set(record.blobs) - set(known.decode("utf-8", "surrogateescape").split("\0")))
    if in_the_way := paths_in_the_way(repository.work_tree, new):
        words = f"{in_the_way[0]} appeared after the plan was made, and the release would overwrite it"
        raise Refused(
            words,
            help=f"{command_line('git', 'add', '-f', pathspec(in_the_way[0]))} && git commit   (or move it away)",
            section="files",
        )


def _keep(making: Making) -> None:
    repository, record = making.repository, making.record
    write_record(repository.common_dir, record)
    if making.scratch is not None and making.new_objects:
        keep_objects(making.scratch.git, making.local, making.new_objects, base=record.base, mark=record.mark)
