"""Update-refs and update-worktree phases after publishing. Idempotent: inspects each ref and file first."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from release.core.release import Finished, Record, RecordState, StepKind
from release.core.text import command_line
from release.errors import Interrupted, ReleaseError
from release.flows.running.steps import OnStep
from release.git.objects import ObjectMissing
from release.git.process import GitFailed
from release.git.record import drop_record, read_unpublished, write_record, written_at
from release.git.refs import LocalUpdate, is_ancestor, read_refs, update_refs
from release.git.repository import Repository, head_ref, open_repository
from release.git.worktree import drop_keep, files_of_the_user, update_files

Follow = Callable[[], tuple[str, ...]]  # moves data; returns warnings


def no_data() -> tuple[str, ...]:
    """Move no data: most releases do not change it."""
    return ()


def finish(
    repository: Repository, record: Record, on_step: OnStep, *, published: bool, follow: Follow = no_data
) -> Finished:
    """Move refs, files and data, then drop the record (unpublished: keep it and the pack). Raises Interrupted."""
    try:
        moved, ref_warnings = _move_refs(repository, record, published=published)
        on_step(StepKind.MOVE_REFS)
        files, file_warnings = _move_files(repository, record)
        on_step(StepKind.UPDATE_FILES)
        data_warnings = follow()
        _close(repository, record, published=published)
    except (GitFailed, ObjectMissing, OSError, KeyboardInterrupt) as error:
        where = "published" if published else "made"
        words = "it was stopped" if isinstance(error, KeyboardInterrupt) else str(error)
        raise Interrupted(
            f"{record.tag} is {where}, but this clone could not follow: {words}", help="release recover"
        ) from error
    return Finished(moved=moved, files=files, warnings=(*ref_warnings, *file_warnings, *data_warnings))


def begun_here(repository: Repository, record: Record) -> bool:
    """Return whether local refs have begun to follow a release that is not to be published yet."""
    branch_ref = f"refs/heads/{record.branch}"
    found = read_refs(repository.git, [record.tag_ref, branch_ref])
    moved = record.commit != record.base and found.get(branch_ref) == record.commit
    return found.get(record.tag_ref) == record.tag_object or moved


def follow_files(repository: Repository, record: Record) -> None:
    """Update the files where the local branch is at the release commit, whatever happened to the tag."""
    if record.branch is not None and record.commit != record.base:
        _move_files(repository, record)


def forget(repository: Repository, record: Record) -> None:
    """Drop the record of a release, and the `.keep` of its objects."""
    drop_keep(repository, record.mark, written_at(repository.common_dir, record))
    drop_record(repository.common_dir, record)


def take_back(repository: Repository, record: Record) -> str | None:
    """Withdraw an unpublished release: files, then refs. Return the obstacle (nothing changed), or None."""
    words = why_not_taken_back(repository, record)
    if words is not None:
        return words
    git = repository.git
    tree = _tree_to_take_back(repository, record)
    if tree is not None:
        words = update_files(tree, record.commit, record.base, record.blobs)
        if words is not None:
            return words
    branch_ref = f"refs/heads/{record.branch}"
    moved = record.branch is not None and record.commit != record.base
    found = read_refs(git, [record.tag_ref, branch_ref])
    tag_here, branch_here = found.get(record.tag_ref), found.get(branch_ref)
    updates = []
    if tag_here is not None:
        updates.append(LocalUpdate(ref=record.tag_ref, new="0" * len(record.commit), old=record.tag_object))
    if moved and branch_here == record.commit:
        updates.append(LocalUpdate(ref=branch_ref, new=record.base, old=record.commit))
    update_refs(git, updates, reason=f"release: take back {record.tag}")
    return None


def why_not_taken_back(repository: Repository, record: Record) -> str | None:
    """Return the reason why an unpublished release cannot be withdrawn now; None if none is known."""
    branch_ref = f"refs/heads/{record.branch}"
    found = read_refs(repository.git, [record.tag_ref, branch_ref])
    if found.get(record.tag_ref) not in (None, record.tag_object):
        return f"the tag {record.tag} here is another one"
    moved = record.branch is not None and record.commit != record.base
    if moved and found.get(branch_ref) not in (record.base, record.commit):
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


def work_tree_of(repository: Repository, record: Record) -> Repository | None:
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


def _close(repository: Repository, record: Record, *, published: bool) -> None:
    """Drop the record, and those of releases published with it; an unpublished one is kept, with its pack.

    If an unpublished release is made with `--no-push` again, its first record is kept, because only that one
    has the state before it.
    """
    if not published:
        if any(_is_again(record, other) for other in read_unpublished(repository.common_dir)):
            forget(repository, record)
            return
        write_record(repository.common_dir, replace(record, state=RecordState.UNPUBLISHED))
        drop_record(repository.common_dir, record)
        return
    tags = {record.tag: record.tag_object, **record.also}
    for other in read_unpublished(repository.common_dir):
        if tags.get(other.tag) == other.tag_object:
            forget(repository, other)
    forget(repository, record)


def _is_again(record: Record, first: Record) -> bool:
    """Return whether a record is of the same release as an earlier one."""
    return record.tag_object == first.tag_object and record.release_id != first.release_id


def _move_refs(repository: Repository, record: Record, *, published: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    git, updates, warnings = repository.git, [], []
    branch_ref = None if record.branch is None or record.commit == record.base else f"refs/heads/{record.branch}"
    tracking = f"refs/remotes/{record.remote}/{record.remote_branch}"
    found = read_refs(git, [record.tag_ref, tracking, *([branch_ref] if branch_ref else [])])
    if published and record.remote_branch and record.tip and found.get(tracking) == record.tip:
        # A push without an answer has not moved it.
        updates.append(LocalUpdate(ref=tracking, new=record.commit, old=record.tip))
    if record.tag_ref not in found:
        updates.append(LocalUpdate(ref=record.tag_ref, new=record.tag_object, old=""))
    elif found[record.tag_ref] != record.tag_object:
        again = command_line("git", "tag", "-d", names=(record.tag,))
        words = f"a local tag {record.tag} is another one: it was left as it is ({again} && git fetch --tags)"
        warnings.append(words)
    if branch_ref is not None:
        here = found.get(branch_ref)
        if here == record.base or (here is None and record.attached):
            updates.append(LocalUpdate(ref=branch_ref, new=record.commit, old=here or ""))
        elif here is not None and is_ancestor(git, record.commit, here) is not True:
            words = (
                f"{record.branch} has moved on here: it was left as it is, and lacks the release (git pull --rebase)"
            )
            warnings.append(words)
    update_refs(git, updates, reason=f"release: {record.tag}")
    return tuple(update.ref for update in updates if update.ref != tracking), tuple(warnings)


def _move_files(repository: Repository, record: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if record.commit == record.base or record.branch is None:
        return (), ()
    if not record.attached:
        return (), (f"HEAD is detached: index and files were left at {record.base[:10]}",)
    tree = work_tree_of(repository, record)
    if tree is None:
        return (), (f"the work tree {record.worktree} is gone: only the refs were moved",)
    branch_ref = f"refs/heads/{record.branch}"
    if head_ref(tree) != branch_ref or read_refs(tree.git, [branch_ref]).get(branch_ref) != record.commit:
        return (), ()
    words = update_files(tree, record.base, record.commit, record.blobs)
    if words is None:
        return tuple(record.blobs), ()
    left = (
        f"files here were left as they are, for they have changed meanwhile ({words}); git status shows the difference"
    )
    return (), (left,)
