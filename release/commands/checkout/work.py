"""`release checkout`: code and data of a release, or nothing changes."""

from __future__ import annotations

import posixpath
import shutil
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from msgspec.structs import replace

from release.core.check import Check, CheckName, Verdict, exit_code
from release.core.config import of_tag
from release.core.pointer import Out
from release.core.remotes import Pair, trust_command
from release.core.text import OnProgress, command_line, many, no_progress
from release.core.work_tree import (
    SAVE,
    CheckoutRecord,
    CheckoutReport,
    CheckoutRequest,
    Data,
    restorable,
    unsaved_check,
)
from release.dvc.stores import Stores
from release.engine.audit import audit_revisions
from release.engine.checkout_data import (
    DataChange,
    DataTree,
    data_config,
    left_out,
    no_change,
    survey_data,
)
from release.engine.checkout_move import (
    CHECKOUT_LIMIT_S,
    GitSide,
    Move,
    TargetTag,
    drop_branch,
    fetch_missing,
    find_target,
    inspect_git,
    save_before,
    take_back_checkout,
    take_tag,
)
from release.engine.project import Project
from release.engine.publish import as_pending
from release.errors import ExitCode, Interrupted, Refused
from release.git.objects import Objects
from release.git.record import clear_own_leftovers, drop_record, locked, read_pending, record_folder, write_record
from release.git.refs import resolve_commit
from release.git.repository import Repository
from release.git.scratch import Scratch
from release.system.environment import now
from release.system.files import check_new_folder, read_file, write_file


def make_worktree(repository: Repository, folder: str, side: GitSide, then: DataTree, on_progress: OnProgress) -> None:
    """Make the work tree with code and data."""
    path = Path(folder)
    _add(repository, path, side)
    _share_cache(path, then)
    change = DataChange(now=then, then=then, write=then.files)
    Move(
        repository=replace(repository, work_tree=path), change=change, commit=side.commit, on_progress=on_progress
    ).go()


def _add(repository: Repository, path: Path, side: GitSide) -> None:
    """Add the work tree. A hook may fail after it, so success is read from its HEAD. Raises Refused with git's message."""
    if side.branch is None:
        words = ["--detach", "--", str(path), side.commit]
    elif side.creates:
        words = ["--no-track", "-b", side.branch, "--", str(path), side.commit]
    else:
        words = ["--", str(path), side.branch]
    said = repository.git.run("worktree", "add", *words, ok=range(256), limit_s=CHECKOUT_LIMIT_S)
    if not path.is_dir() or resolve_commit(repository.git.at(path), "HEAD") != side.commit:
        raise Refused(f"git worktree add refused: {said.error_text or said.code}", help="git worktree list")


def _share_cache(path: Path, then: DataTree) -> None:
    """Let DVC there use this clone's cache: nothing is downloaded or stored twice."""
    for root, cache in then.caches.items():
        local = posixpath.join(root, ".dvc/config.local")
        write_file(path, local, f"[cache]\n    dir = {cache.folder}\n".encode(), before=read_file(path, local))


def _take_away(repository: Repository, path: Path, side: GitSide, *, existed: bool) -> None:
    """Remove the work tree. The folder was new or empty, so nothing else is in it.

    `git worktree remove` would need `--force`.
    """
    shutil.rmtree(path, ignore_errors=True)
    repository.git.run("worktree", "prune", ok=range(256))
    if existed:
        path.mkdir(exist_ok=True)
    if side.creates and side.branch is not None:
        drop_branch(repository.git, side.branch, side.commit)


# Work of `release checkout`: check out code and data of a release, or change nothing

Confirm = Callable[[CheckoutReport], bool]  # called after all checks passed; False: only preview


def checkout(
    request: CheckoutRequest,
    project: Project,
    on_progress: OnProgress = no_progress,
    confirm: Confirm = lambda _: True,
) -> CheckoutReport:
    """Check out the release; return a report, even if it is refused (then nothing was changed).

    Raises UsageError for an unknown tag, DataMissing or Unknown if an object cannot be fetched.
    """
    repository = project.repository
    if request.folder is not None:
        check_new_folder(Path(request.folder), help="release checkout TAG --worktree NEW-FOLDER")
    with locked(record_folder(repository.common_dir)) as lock:
        pending = read_pending(repository.common_dir)
        if pending is not None:
            raise Interrupted(pending.interrupted, help="release recover")
        target = find_target(project, request.tag)
        project = replace(project, config=of_tag(project.config, target.name))
        with Scratch(repository) as scratch, Objects(repository.git) as objects:
            side = inspect_git(project, request, target, scratch, objects)
            change, checks = _inspect(project, request, target, objects, side, on_progress)
            report = _found(request, target, side, change, checks)
            if exit_code(report.checks) is not ExitCode.DONE or not confirm(report):
                return report
            fetched_bytes = fetch_missing(change, on_progress)
            holding = replace(project, repository=replace(repository, git=repository.git.inheriting(lock)))
            _recorded(holding, request, target, side, change, on_progress)
    warnings = _warnings(side, change.then.pointers.excluded, report)
    if project.config.model is not None and request.data is Data.FOLLOWS:
        words = f"only the data of {project.config.model} was brought along, and what it was made from"
        warnings = (*warnings, f"{words}; for the rest: dvc pull")
    return replace(report, moved=True, fetched_bytes=fetched_bytes, warnings=warnings)


def _found(
    request: CheckoutRequest, target: TargetTag, side: GitSide, change: DataChange, checks: tuple[Check, ...]
) -> CheckoutReport:
    """Return the report of what was found and what would be done."""
    return CheckoutReport(
        tag=target.name,
        commit=target.commit,
        moved=False,
        checks=(*side.checks, *checks),
        data=request.data,
        left_out=left_out(change.left_out),
        branch=side.branch,
        left=side.left,
        left_commit=side.head,
        fetched=len(change.missing),
        written=len(change.write),
        removed=len(set(change.remove)),
        folder=request.folder,
    )


def _inspect(
    project: Project,
    request: CheckoutRequest,
    target: TargetTag,
    objects: Objects,
    side: GitSide,
    on_progress: OnProgress,
) -> tuple[DataChange, tuple[Check, ...]]:
    """Return the change of the data, and the checks."""
    if request.data is Data.STAYS:
        checks = (unsaved_check(side.in_the_way, CheckName.IN_THE_WAY, _IN_THE_WAY, _MOVE, fine=_FREE),)
        return no_change(target.commit), checks
    tracked = side.tracked if request.folder is None else None
    commits = side.head, target.commit
    change = survey_data(project, project.repository, objects, commits, tracked, on_progress)
    stores, wanted = Stores(project.dvc), change.then.pointers
    revisions = [(target.name, target.commit)]
    audit = audit_revisions(objects, revisions, data_config(project), project.dvc, on_progress)[0]
    in_the_way = (set(side.in_the_way) - change.before.keys()) | change.in_the_way
    missing = {each.oid for each in change.missing}
    return change, (
        *_imports_check(change.left_out),
        *_cache_check(stores.untrusted(wanted.roots)),
        unsaved_check(change.unsaved, CheckName.UNSAVED_DATA, _UNSAVED, SAVE, fine=_SAVED),
        unsaved_check(in_the_way, CheckName.IN_THE_WAY, _IN_THE_WAY, _MOVE, fine=_FREE),
        restorable(target.name, audit.problems, missing, unlisted=change.then.unlisted),
    )


def _imports_check(outs: Collection[Out]) -> tuple[Check, ...]:
    if not outs:
        return ()
    message = f"{many(len(outs), 'out')} from elsewhere left out: {', '.join(out.path for out in outs)}"
    help = command_line("dvc", "pull", names=[out.pointer for out in outs])
    return (Check.warning(CheckName.IMPORTS, message, help),)


def _cache_check(untrusted: Collection[Pair]) -> tuple[Check, ...]:
    """Return the warning that the commit's own cache folder is not used."""
    folders = [pair for pair in untrusted if pair.key == "cache.dir"]
    if not folders:
        return ()
    message = f"the commit keeps DVC's cache outside the work tree ({folders[0].value}): .dvc/cache is used instead"
    return (Check.warning(CheckName.CACHE, message, trust_command(folders)),)


_UNSAVED = "inside tracked data, not in any cache"
_IN_THE_WAY = "in the way, not tracked by git or DVC"
_SAVED = "every file of tracked data is in a cache"
_FREE = "none of your files are where the release has files"
_MOVE = "move them away, or use --worktree DIR"


def _recorded(
    project: Project,
    request: CheckoutRequest,
    target: TargetTag,
    side: GitSide,
    change: DataChange,
    on_progress: OnProgress,
) -> None:
    """Change code and data under a record, which is dropped when all is done or has gone back."""
    repository = project.repository
    existed = request.folder is not None and Path(request.folder).is_dir()
    record = CheckoutRecord(
        tag=target.name,
        commit=side.commit,
        branch=side.branch,
        creates=side.creates,
        new_object=target.new_object,
        left=side.left,
        left_commit=side.head,
        worktree=str(repository.work_tree),
        folder=request.folder,
        data=request.data is Data.FOLLOWS,
        started=now().isoformat(timespec="seconds"),
    )
    if request.folder is None:
        save_before(repository.work_tree, change)
    with as_pending(repository, record):
        write_record(repository.common_dir, record)
        try:
            if request.folder is not None:
                make_worktree(repository, request.folder, side, change.then, on_progress)
            else:
                _move(repository, side, change, on_progress).go()
            take_tag(repository.git, target.name, target.new_object)
        except BaseException:
            clear_own_leftovers(repository, record, repository)  # of a git that was killed
            if request.folder is not None:
                _take_away(repository, Path(request.folder), side, existed=existed)
            else:
                take_back_checkout(project, repository, record)
            drop_record(repository.common_dir, record)
            raise
        drop_record(repository.common_dir, record)


def _move(repository: Repository, side: GitSide, change: DataChange, on_progress: OnProgress) -> Move:
    return Move(
        repository=repository,
        change=change,
        commit=side.commit,
        on_progress=on_progress,
        words=side.words,
        blocking=frozenset(set(side.in_the_way) & change.before.keys()),
    )


def _warnings(side: GitSide, excluded: Sequence[str], report: CheckoutReport) -> tuple[str, ...]:
    warnings = [
        each.message for each in report.checks if each.verdict is Verdict.WARNING and each.name != CheckName.IMPORTS
    ]
    if side.lonely:
        words = f"HEAD was {side.head[:7]}, which is on no branch or tag; to save it: git branch NAME {side.head[:10]}"
        warnings.append(words)
    if side.submodules and report.folder is not None:
        there = command_line("git", "-C", report.folder, "submodule", "update", "--init")
        warnings.append(f"submodules are not checked out there: {', '.join(side.submodules[:5])}; to get them: {there}")
    if excluded:
        warnings.append(f"not audited and not changed: {', '.join(excluded[:5])}")
    return tuple(warnings)
