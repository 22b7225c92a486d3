"""`release checkout`: code and data of a release, or nothing changes."""

from __future__ import annotations

import os
import posixpath
import shutil
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from release.core.check import Check, CheckName, Verdict, exit_code
from release.core.config import Config
from release.core.locate import PointerSet
from release.core.pointer import Out
from release.core.remotes import EXTERNAL_ALLOWED, Pair, trust_command
from release.core.text import OnProgress, command_line, ignore
from release.core.work_tree import (
    SAVE,
    CheckoutRecord,
    CheckoutReport,
    CheckoutRequest,
    Data,
    DataMoves,
    NeededObject,
    restorable,
    unsaved_check,
)
from release.dvc.pointers import read_pointers
from release.dvc.stores import Stores
from release.engine.audit import audit_revisions
from release.engine.checkout_data import (
    DataSurvey,
    DataTree,
    Footprint,
    check_caches,
    fetch_by_dvc,
    imports_check,
    left_out,
    mark_programs,
    missing_imports,
    never_fetched,
    read_data_tree,
    without,
)
from release.engine.checkout_move import (
    CHECKOUT_LIMIT_S,
    Fetched,
    GitSide,
    Move,
    TargetTag,
    drop_branch,
    fetch_objects,
    find_target,
    inspect_git,
    make_empty,
    maker_of,
    missing_objects,
    save_before,
    take_tag,
)
from release.engine.project import Project
from release.engine.publish import as_pending
from release.errors import ExitCode, Interrupted, Refused, UsageError
from release.git.objects import Objects
from release.git.record import clear_own_leftovers, drop_record, locked, read_pending, record_folder, write_record
from release.git.refs import resolve_commit
from release.git.repository import Repository
from release.git.scratch import Scratch
from release.system.environment import now
from release.system.files import read_file, write_file


def check_folder(folder: str) -> None:
    """Check that a folder is new or empty. Raises UsageError."""
    path = Path(folder)
    if os.path.lexists(path) and not (path.is_dir() and not any(path.iterdir())):
        raise UsageError(f"{folder} already exists and is not empty", help="release checkout TAG --worktree NEW-FOLDER")


def make_worktree(repository: Repository, folder: str, side: GitSide, then: DataTree, on_progress: OnProgress) -> None:
    """Make the work tree with code and data."""
    path = Path(folder)
    _add(repository, path, side)
    _share_cache(path, then)
    for done, (name, wanted) in enumerate(then.files.items()):
        on_progress("writing files", done, len(then.files))
        source = then.cache_of(name).path_of(wanted.layout, wanted.oid)
        maker_of(path, then, name).make(source, name, program=name in then.programs)
    make_empty(path, then)


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


def always(report: CheckoutReport) -> bool:
    """Confirm."""
    del report
    return True


def checkout(
    request: CheckoutRequest, project: Project, on_progress: OnProgress = ignore, confirm: Confirm = always
) -> CheckoutReport:
    """Check out the release; return a report, even if it is refused (then nothing was changed).

    Raises UsageError for an unknown tag, DataMissing or Unknown if an object cannot be fetched.
    """
    repository = project.repository
    if request.folder is not None:
        check_folder(request.folder)
    with locked(record_folder(repository.common_dir)) as lock:
        pending = read_pending(repository.common_dir)
        if pending is not None:
            raise Interrupted(pending.interrupted, help="release recover")
        target = find_target(project, request.tag)
        with Scratch(repository) as scratch, Objects(repository.git) as objects:
            side = inspect_git(project, request, target, scratch, objects)
            looked = _inspect(project, request, target, objects, side, on_progress)
            report = _found(request, target, side, looked)
            if exit_code(report.checks) is not ExitCode.DONE or not confirm(report):
                return report
            reasons: Mapping[str, str] = {}
            if looked.lacking and looked.imports_allowed:
                on_progress("fetching imports with DVC", 0, len(looked.lacking))
                reasons = fetch_by_dvc(repository.work_tree, looked.lacking, target.commit)
                looked = _inspect(project, request, target, objects, side, on_progress)
                if exit_code(looked.checks) is not ExitCode.DONE:
                    return replace(report, checks=(*side.checks, *looked.checks))
            fetched = fetch_objects(looked.then, looked.missing, on_progress)
            holding = replace(repository, git=repository.git.inheriting(lock))
            _recorded(holding, request, target, side, looked, on_progress)
    out = left_out(looked.lacking, reasons, asked=looked.imports_allowed)
    return replace(_report(report, side, looked, fetched, request.folder), left_out=out)


def _found(request: CheckoutRequest, target: TargetTag, side: GitSide, looked: _Inspected) -> CheckoutReport:
    """Return the report of what was found and what would be done."""
    return CheckoutReport(
        tag=target.name,
        commit=target.commit,
        moved=False,
        checks=(*side.checks, *looked.checks),
        data=request.data,
        left_out=left_out(never_fetched(looked.lacking, allowed=looked.imports_allowed), {}),
        branch=side.branch,
        fetched=len(looked.missing),
        written=len(looked.moves.write),
        removed=len(set(looked.moves.remove)),
        folder=request.folder,
    )


def _untrusted(project: Project, stores: Stores, *sides: PointerSet) -> tuple[Pair, ...] | None:
    """Return the pairs the user has yet to trust before DVC may fetch imports; None if the configuration forbids it.

    DVC runs what the configuration of the commit and of the imports' sources names.
    """
    if project.config.audit.external != "allow":
        return None
    return tuple(pair for side in sides for pair in stores.untrusted(side.roots)) + tuple(
        pair for pair in (EXTERNAL_ALLOWED,) if not stores.trust.has(pair)
    )


class _Inspected(Struct, frozen=True, kw_only=True):
    """The data of both sides, the files to write and remove, and the checks.

    `lacking` are imports that are not available here; `imports_allowed`: DVC may fetch them.
    """

    now: DataTree
    then: DataTree
    moves: DataMoves
    missing: dict[NeededObject, str]
    checks: tuple[Check, ...]
    lacking: tuple[Out, ...] = ()
    imports_allowed: bool = False


_NO_MOVES = DataMoves(write={}, remove=(), before={})


def _code_alone(target: TargetTag, side: GitSide) -> _Inspected:
    empty = DataTree(pointers=PointerSet(commit=target.commit))
    checks = (unsaved_check(side.in_the_way, CheckName.IN_THE_WAY, _IN_THE_WAY, _MOVE, fine=_FREE),)
    return _Inspected(now=empty, then=empty, moves=_NO_MOVES, missing={}, checks=checks)


def _inspect(
    project: Project,
    request: CheckoutRequest,
    target: TargetTag,
    objects: Objects,
    side: GitSide,
    on_progress: OnProgress,
) -> _Inspected:
    if request.data is Data.STAYS:
        return _code_alone(target, side)
    settings, work_tree = project.dvc, project.repository.work_tree
    # All data of the repository, not only the project's: none of it may be lost.
    config = Config() if project.config.folder else project.config
    stores = Stores(settings)
    wanted = read_pointers(objects, target.commit, config)
    lacking = missing_imports(wanted, settings, stores)
    head = read_pointers(objects, side.head, Config())
    untrusted = _untrusted(project, stores, wanted, head) if lacking else None
    then = read_data_tree(without(wanted, lacking), settings, stores, ask=True)
    check_caches(then, objects, work_tree, side.head)
    mark_programs(then, objects, target.commit)
    if request.folder is not None:
        now = DataTree(pointers=PointerSet(commit=side.head))
        found = Footprint(moves=replace(_NO_MOVES, write=then.files), unsaved=set(), in_the_way=set())
    else:
        now = read_data_tree(without(head, lacking), settings, stores, ask=False)  # an unchanged import is left alone
        found = DataSurvey(work_tree, now, then, side.tracked).inspect(settings)
    missing = missing_objects(then, found.moves.write, on_progress)
    audit = audit_revisions(objects, [(target.name, target.commit)], config, settings, on_progress)[0]
    in_the_way = (set(side.in_the_way) - found.moves.before.keys()) | found.in_the_way
    return _Inspected(
        now=now,
        then=then,
        moves=found.moves,
        missing=missing,
        lacking=lacking,
        imports_allowed=untrusted == (),
        checks=(
            *imports_check(lacking, untrusted),
            *_cache_check(stores.untrusted(wanted.roots)),
            unsaved_check(found.unsaved, CheckName.UNSAVED_DATA, _UNSAVED, SAVE, fine=_SAVED),
            unsaved_check(in_the_way, CheckName.IN_THE_WAY, _IN_THE_WAY, _MOVE, fine=_FREE),
            restorable(target.name, audit.problems, {each.oid for each in missing}, unlisted=then.unlisted),
        ),
    )


def _cache_check(untrusted: Collection[Pair]) -> tuple[Check, ...]:
    """Return the warning that the commit's own cache folder is not used."""
    folders = [pair for pair in untrusted if pair.key == "cache.dir"]
    if not folders:
        return ()
    message = f"the commit keeps DVC's cache outside the work tree ({folders[0].value}): .dvc/cache is used instead"
    return (Check(name=CheckName.CACHE, verdict=Verdict.WARNING, message=message, help=trust_command(folders)),)


_UNSAVED = "inside tracked data, not in any cache"
_IN_THE_WAY = "in the way, not tracked by git or DVC"
_SAVED = "every file of tracked data is in a cache"
_FREE = "none of your files are where the release has files"
_MOVE = "move them away, or use --worktree DIR"


def _recorded(
    repository: Repository,
    request: CheckoutRequest,
    target: TargetTag,
    side: GitSide,
    looked: _Inspected,
    on_progress: OnProgress,
) -> None:
    """Change code and data under a record, which is dropped when all is done or has gone back."""
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
    go, undo = _steps(repository, request.folder, side, looked, on_progress)
    with as_pending(repository, record):
        write_record(repository.common_dir, record)
        try:
            go()
            take_tag(repository.git, target.name, target.new_object)
        except BaseException:
            clear_own_leftovers(repository, record, repository)  # of a git that was killed
            undo()
            drop_record(repository.common_dir, record)
            raise
        drop_record(repository.common_dir, record)


def _steps(
    repository: Repository, folder: str | None, side: GitSide, looked: _Inspected, on_progress: OnProgress
) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return what makes the changes, and what takes them back."""
    if folder is not None:
        return (
            partial(make_worktree, repository, folder, side, looked.then, on_progress),
            partial(_take_away, repository, Path(folder), side, existed=Path(folder).is_dir()),
        )
    save_before(repository.work_tree, looked.now, looked.then, looked.moves)
    move = Move(
        repository=repository,
        now=looked.now,
        then=looked.then,
        moves=looked.moves,
        commit=side.commit,
        words=side.words,
        branch=side.branch,
        creates=side.creates,
        blocking=frozenset(set(side.in_the_way) & looked.moves.before.keys()),
        old=(side.left, side.head),
        on_progress=on_progress,
        paths=side.differing,
    )
    return move.go, move.undo


def _report(
    report: CheckoutReport, side: GitSide, looked: _Inspected, fetched: Fetched, folder: str | None
) -> CheckoutReport:
    return replace(
        report,
        moved=True,
        branch=side.branch,
        left=side.left,
        left_commit=side.head,
        fetched=fetched.objects,
        fetched_bytes=fetched.total_bytes,
        written=len(looked.moves.write),
        removed=len(set(looked.moves.remove)),
        folder=folder,
        warnings=_warnings(side, looked, report),
    )


def _warnings(side: GitSide, looked: _Inspected, report: CheckoutReport) -> tuple[str, ...]:
    warnings = [
        each.message for each in report.checks if each.verdict is Verdict.WARNING and each.name != CheckName.IMPORTS
    ]
    if side.lonely:
        words = f"HEAD was {side.head[:7]}, which is on no branch or tag; to save it: git branch NAME {side.head[:10]}"
        warnings.append(words)
    if side.submodules and report.folder is not None:
        there = command_line("git", "-C", report.folder, "submodule", "update", "--init")
        warnings.append(f"submodules are not checked out there: {', '.join(side.submodules[:5])}; to get them: {there}")
    excluded = looked.then.pointers.excluded
    if excluded:
        warnings.append(f"not audited and not changed: {', '.join(excluded[:5])}")
    return tuple(warnings)
