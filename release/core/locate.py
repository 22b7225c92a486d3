"""All pointers of a commit: which file belongs to which DVC project, and outs that overlap."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict, replace

from release.core.config import Config
from release.core.matching import matches_any
from release.core.pointer import Out, Recorded, folders_above, is_stage_file, pipeline_of, pointer_changes, why_unsafe
from release.core.pointer_file import DeclaredStage, DvcFile, LockedStage
from release.core.problems import (
    Problem,
    ProblemKind,
    inside_another,
    named_twice,
    never_run,
    pointer_problems,
    unreadable,
    unsafe_path,
)


class StageRecord(Struct, frozen=True, kw_only=True):
    """The last run of a stage: its inputs and outputs, with paths relative to the git root.

    `lock` is the path of its `dvc.lock` (for an import, of its `.dvc` file); `params` maps a file (relative to the git
    root) to the keys and values that the stage used. `other_command`: it ran another command than dvc.yaml has.
    """

    name: str
    lock: str
    outs: tuple[Out, ...]
    other_command: bool = False
    deps: tuple[Recorded, ...] = ()
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class PointerSet(Struct, frozen=True, kw_only=True):
    """The audited outs of a commit and the problems of its pointers.

    `roots` maps each DVC root (folder relative to the git root, "" for itself) to the bytes of its `.dvc/config` (b""
    if it has none). `submodules` are (path, commit). `excluded` are paths excluded by the configuration or by `.dvcignore`. Not every out in `outs` has
    an object: see `Out.cache`, `origin` and `oid`.
    """

    commit: str
    outs: tuple[Out, ...] = ()
    problems: tuple[Problem, ...] = ()
    excluded: tuple[str, ...] = ()
    roots: Mapping[str, bytes] = field(default_factory=dict)
    stages: tuple[StageRecord, ...] = ()
    submodules: tuple[tuple[str, str], ...] = ()

    @property
    def uses_dvc(self) -> bool:
        """True if the commit has a DVC repository."""
        return bool(self.roots) or bool(self.outs) or bool(self.problems)


# Conversion of parsed pointer files to outs with paths from the git root


class Place(Struct, frozen=True, kw_only=True):
    """A pointer file: its path from the git root, and its DVC root (both without a final `/`)."""

    pointer: str
    root: str

    @property
    def folder(self) -> str:
        """The file's folder, "" for the git root."""
        return posixpath.dirname(self.pointer)


class Placed(Struct, frozen=True):
    """Content of one pointer file, or of one pair of dvc.yaml and dvc.lock."""

    outs: tuple[Out, ...] = ()
    problems: tuple[Problem, ...] = ()
    stages: tuple[StageRecord, ...] = ()


def place_dvc_file(file: DvcFile, at: Place) -> Placed:
    """Return the outs of a `.dvc` file."""
    outs: list[Out] = []
    problems: list[Problem] = []
    for recorded in file.outs:
        path, problem = _checked(recorded.path, file.wdir, at, at.pointer, f"the out {recorded.path!r}")
        if problem is not None:
            problems.append(problem)
        else:
            outs.append(_out(path, recorded, at, origin=file.origin))
    deps = tuple(_dep(dep, file.wdir, at) for dep in file.deps)
    records = (StageRecord(name="", lock=at.pointer, outs=tuple(outs), deps=deps),) if deps else ()
    return Placed(tuple(outs), tuple(problems), records)


def place_stages(stages: Iterable[DeclaredStage], lock: Mapping[str, LockedStage], at: Place) -> Placed:
    """Return the outs that dvc.yaml declares, with what `dvc.lock` (at `at`) recorded.

    Stages that only the lock has are ignored.
    """
    placed = [_place_stage(stage, lock.get(stage.name), at) for stage in stages]
    return Placed(
        tuple(out for each in placed for out in each.outs),
        tuple(problem for each in placed for problem in each.problems),
        tuple(record for each in placed for record in each.stages),
    )


@lru_cache(maxsize=4096)  # most stages are the same in most commits
def _place_stage(stage: DeclaredStage, locked: LockedStage | None, at: Place) -> Placed:
    outs, problems = _stage_outs(stage, locked, at)
    if locked is None:
        return Placed(tuple(outs), tuple(problems))
    problems += [
        unreadable(
            pipeline_of(at.pointer), f"DVC takes {dep.path!r}, which stage {stage.name} needs, for a pointer file"
        )
        for dep in locked.deps
        if is_stage_file(dep.path)
    ]
    record = StageRecord(
        name=stage.name,
        lock=at.pointer,
        outs=tuple(outs),
        other_command=bool(stage.command and locked.command) and stage.command != locked.command,
        deps=tuple(_dep(dep, stage.wdir, at) for dep in locked.deps),
        params={_located(file, stage.wdir, at) or file: values for file, values in locked.params.items()},
    )
    return Placed(tuple(outs), tuple(problems), (record,))


def _stage_outs(stage: DeclaredStage, locked: LockedStage | None, at: Place) -> tuple[list[Out], list[Problem]]:
    outs: list[Out] = []
    problems: list[Problem] = []
    recorded = {out.path: out for out in locked.outs} if locked else {}  # DVC compares the unnormalized text, too
    for declared in stage.outs:
        if not declared.cache and not is_stage_file(declared.path) and _located(declared.path, stage.wdir, at) is None:
            continue  # outside the repository, so there is nothing to restore
        what = f"the out {declared.path!r} of stage {stage.name}"
        path, problem = _checked(declared.path, stage.wdir, at, pipeline_of(at.pointer), what)
        if problem is not None:
            problems.append(problem)
            continue
        found = recorded.get(declared.path, Recorded(path=declared.path))
        found = replace(found, cache=declared.cache, push=declared.push, remote=declared.remote)
        out = _out(path, found, at, stage=stage.name, frozen=stage.frozen)
        if locked is None and declared.cache:
            problems.append(never_run(out))
        else:
            outs.append(out)
    return outs, problems


def _checked(written: str, wdir: str, at: Place, file: str, what: str) -> tuple[str, Problem | None]:
    """Return an out's path from the git root, and its problem if nothing may be there; `file` and `what` name it."""
    path = _located(written, wdir, at)
    if is_stage_file(written):
        return "", unreadable(file, f"DVC takes {what} for a pointer file")
    if path is None:
        return "", unreadable(file, f"{what} is outside its DVC repository")
    reason = why_unsafe(path)
    return path, None if reason is None else unsafe_path(file, path, reason)


def _out(path: str, recorded: Recorded, at: Place, **more: Any) -> Out:
    """Return an out with its path from the git root."""
    return Out(**{**asdict(recorded), "path": path}, pointer=at.pointer, subrepo=at.root, **more)


def _dep(dep: Recorded, wdir: str, at: Place) -> Recorded:
    return replace(dep, path=_located(dep.path, wdir, at) or dep.path)


def _located(path: str, wdir: str, at: Place) -> str | None:
    """Return the path from the git root, None if it is not below its DVC root."""
    if "://" in path or path.startswith("/") or wdir.startswith("/"):
        return None
    located = posixpath.normpath(posixpath.join(at.folder, wdir, path))
    below = f"{at.root}/" if at.root else ""
    if not located.startswith(below) or located in (".", "..") or located.startswith("../"):
        return None
    return located


# Conflicting outs of one commit.


def overlaps(outs: Iterable[Out]) -> list[Problem]:
    """Report cached outs inside others, and paths for which two pointers have different content."""
    first: dict[tuple[str, str], Out] = {}
    problems = []
    for out in outs:
        if out.cache:
            other = first.setdefault((out.subrepo, out.path), out)
            if other is not out and pointer_changes([other], [out]):
                problems.append(named_twice(out, other))
    for out in first.values():
        around = (first.get((out.subrepo, folder)) for folder in folders_above(out.path))
        problems += [inside_another(out, outer) for outer in around if outer is not None][:1]
    return problems


# Assembly of one commit's pointers, without excluded paths.


def assembled(
    outs: list[Out],
    problems: list[Problem],
    stages: list[StageRecord],
    excluded: list[str],
    roots: Mapping[str, bytes],
    config: Config,
) -> PointerSet:
    """Combine what the pointer files of a commit say: drop excluded paths, add the problems of each out."""
    prefix = f"{config.folder}/" if config.folder else ""

    def is_out(path: str) -> bool:
        return matches_any(path.removeprefix(prefix), config.audit.exclude)

    audited = tuple(out for out in outs if not is_out(out.path))
    overlapping = overlaps(audited)
    # Unsafe paths are problems even if excluded.
    bad = [problem for problem in problems if problem.kind is ProblemKind.UNSAFE_PATH or not is_out(problem.path)]
    taken_out = {path for path in (*(o.path for o in outs), *(p.path for p in problems)) if is_out(path)}
    return PointerSet(
        commit="",
        outs=audited,
        problems=(*bad, *overlapping, *(problem for out in audited for problem in pointer_problems(out, config.audit))),
        excluded=tuple(sorted({*excluded, *taken_out})),
        roots=roots,
        stages=tuple(stages),
    )
