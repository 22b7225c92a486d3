"""Moments 4 and 5: once a release is published, refs and files here follow. Looks first, so it can be run again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from release.adapters.git.keep import drop_keep
from release.adapters.git.local_refs import LocalUpdate, read_refs, update_refs
from release.adapters.git.objects import ObjectMissing
from release.adapters.git.process import GitFailed
from release.adapters.git.refs import is_ancestor
from release.adapters.git.repository import Repository, open_repository
from release.adapters.git.state import head_ref
from release.adapters.git.worktree import update_files
from release.adapters.record_file import drop_record, write_record
from release.core.plan import StepKind
from release.core.record import Record, RecordState
from release.core.recovery import Finished
from release.errors import Interrupted, ReleaseError
from release.flows.steps import OnStep


def finish(repository: Repository, record: Record, on_step: OnStep, *, published: bool) -> Finished:
    """Move refs, then files, then forget the record (unpublished: keep it and the pack). Raises Interrupted."""
    try:
        moved, ref_warnings = _move_refs(repository, record)
        on_step(StepKind.MOVE_REFS)
        files, file_warnings = _move_files(repository, record)
        on_step(StepKind.UPDATE_FILES)
    except (GitFailed, ObjectMissing) as error:
        where = "published" if published else "made"
        raise Interrupted(
            f"{record.tag} is {where}, but this clone could not follow: {error.message}", help="release recover"
        ) from error
    if published:
        forget(repository, record)
    else:
        write_record(repository.common_dir, replace(record, state=RecordState.UNPUBLISHED))
        drop_record(repository.common_dir, record)
    return Finished(moved=moved, files=files, warnings=(*ref_warnings, *file_warnings))


def forget(repository: Repository, record: Record) -> None:
    """Let go of a release's objects and of its record."""
    drop_keep(repository, record.mark)
    drop_record(repository.common_dir, record)


def take_back(repository: Repository, record: Record) -> str | None:
    """Undo an unpublished release: files, then refs. Why it cannot be, else None; then nothing was changed."""
    git = repository.git
    branch_ref = f"refs/heads/{record.branch}"
    moved = record.branch is not None and record.commit != record.base
    found = read_refs(git, [record.tag_ref, branch_ref])
    if found.get(record.tag_ref) != record.tag_object:
        return f"the tag {record.tag} is not here, or another one"
    if moved and found.get(branch_ref) != record.commit:
        return f"{record.branch} has moved on since"
    tree = open_repository(git.at(Path(record.worktree))) if moved and record.attached else None
    if tree is not None and head_ref(tree) == branch_ref:
        words = update_files(tree, record.commit, record.base, {})
        if words is not None:
            return words
    updates = [LocalUpdate(ref=record.tag_ref, new="0" * len(record.commit), old=record.tag_object)]
    if moved:
        updates.append(LocalUpdate(ref=branch_ref, new=record.base, old=record.commit))
    update_refs(git, updates, reason=f"release: take back {record.tag}")
    return None


def _move_refs(repository: Repository, record: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
    git, updates, warnings = repository.git, [], []
    branch_ref = None if record.branch is None or record.commit == record.base else f"refs/heads/{record.branch}"
    found = read_refs(git, [record.tag_ref, *([branch_ref] if branch_ref else [])])
    if record.tag_ref not in found:
        updates.append(LocalUpdate(ref=record.tag_ref, new=record.tag_object, old=""))
    elif found[record.tag_ref] != record.tag_object:
        words = f"a local tag {record.tag} is another one: it was left as it is (git tag -d {record.tag} && git fetch --tags)"
        warnings.append(words)
    if branch_ref is not None:
        here = found.get(branch_ref)
        if here == record.base:
            updates.append(LocalUpdate(ref=branch_ref, new=record.commit, old=record.base))
        elif here is not None and is_ancestor(git, record.commit, here) is not True:
            words = (
                f"{record.branch} has moved on here: it was left as it is, and lacks the release (git pull --rebase)"
            )
            warnings.append(words)
    update_refs(git, updates, reason=f"release: {record.tag}")
    return tuple(update.ref for update in updates), tuple(warnings)


def _move_files(repository: Repository, record: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if record.commit == record.base or record.branch is None:
        return (), ()
    if not record.attached:
        return (), (f"HEAD is detached: index and files were left at {record.base[:10]}",)
    try:
        tree = open_repository(repository.git.at(Path(record.worktree)))
    except ReleaseError:
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
