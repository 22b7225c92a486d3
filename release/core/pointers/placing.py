"""Conversion of parsed pointer files to outs with paths from the git root.

The outs of a stage come from dvc.yaml and dvc.lock together.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from release.core.audit.audit import Problem
from release.core.pointers.dvc_yaml import DeclaredOut, DeclaredStage
from release.core.pointers.file import DvcFile, LockedStage, Recorded
from release.core.pointers.pointer import Origin, Out, is_stage_file, pipeline_of
from release.core.pointers.pointer_set import StageRecord
from release.core.pointers.rules import layout_of, never_run, not_understood, unreadable, unsafe_path
from release.core.pointers.safe_path import why_unsafe


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
    problems = _misplaced(file.strange, at.pointer)
    for recorded in file.outs:
        path = _located(recorded.path, file.wdir, at)
        reason = why_unsafe(path or "")
        if is_stage_file(recorded.path):
            problems.append(unreadable(at.pointer, f"DVC takes the out {recorded.path!r} for a pointer file"))
        elif path is None:
            problems.append(unreadable(at.pointer, f"the path {recorded.path!r} leads out of its DVC repository"))
        elif reason is not None:
            problems.append(unsafe_path(at.pointer, path, reason))
        else:
            outs.append(_out(path, recorded, at, origin=file.origin))
    deps = tuple(_dep(dep, file.wdir, at) for dep in file.deps)
    records = (StageRecord(name="", lock=at.pointer, outs=tuple(outs), deps=deps),) if deps else ()
    return Placed(tuple(outs), tuple(problems), records)


def place_stages(stages: Iterable[DeclaredStage], lock: Mapping[str, LockedStage], at: Place) -> Placed:
    """Return the outs that dvc.yaml declares, with what `dvc.lock` (at `at`) recorded.

    Stages that only the lock has are ignored.
    """
    outs: list[Out] = []
    problems: list[Problem] = []
    records: list[StageRecord] = []
    for stage in stages:
        locked = lock.get(stage.name)
        own, bad = _stage_outs(stage, locked, at)
        outs += own
        problems += bad
        if locked is not None:
            problems += _misplaced(locked.strange, at.pointer)
            problems += [
                unreadable(
                    pipeline_of(at.pointer),
                    f"DVC takes {dep.path!r}, which stage {stage.name} needs, for a pointer file",
                )
                for dep in locked.deps
                if is_stage_file(dep.path)
            ]
            records.append(
                StageRecord(
                    name=stage.name,
                    lock=at.pointer,
                    outs=tuple(own),
                    deps=tuple(_dep(dep, stage.wdir, at) for dep in locked.deps),
                    params={_located(file, stage.wdir, at) or file: values for file, values in locked.params.items()},
                )
            )
    return Placed(tuple(outs), tuple(problems), tuple(records))


def _stage_outs(stage: DeclaredStage, locked: LockedStage | None, at: Place) -> tuple[list[Out], list[Problem]]:
    outs: list[Out] = []
    problems: list[Problem] = []
    recorded = {out.path: out for out in locked.outs} if locked else {}  # DVC compares the unnormalized text, too
    for declared in stage.outs:
        path = _located(declared.path, stage.wdir, at)
        if is_stage_file(declared.path):
            reason = f"DVC takes the out {declared.path!r} of stage {stage.name} for a pointer file"
            problems.append(unreadable(pipeline_of(at.pointer), reason))
            continue
        if path is None and not declared.cache:  # outside the repository, so there is nothing to restore
            continue
        if path is None:
            reason = f"the out {declared.path!r} of stage {stage.name} leads out of its DVC repository"
            problems.append(unreadable(pipeline_of(at.pointer), reason))
            continue
        unsafe = why_unsafe(path)
        if unsafe is not None:
            problems.append(unsafe_path(pipeline_of(at.pointer), path, unsafe))
            continue
        found = recorded.get(declared.path, Recorded(path=declared.path, hash_name="md5"))
        out = _out(path, _flagged(found, declared), at, stage=stage.name)
        if locked is None and declared.cache:
            problems.append(never_run(out))
        else:
            outs.append(out)
    return outs, problems


def _flagged(recorded: Recorded, declared: DeclaredOut) -> Recorded:
    if declared.cache and declared.push and declared.remote is None:
        return recorded
    return replace(recorded, cache=declared.cache, push=declared.push, remote=declared.remote)


def _out(path: str, recorded: Recorded, at: Place, *, stage: str | None = None, origin: Origin = Origin.OWN) -> Out:
    return Out(
        path=path,
        pointer=at.pointer,
        stage=stage,
        oid=recorded.oid,
        hash_name=recorded.hash_name or "md5",
        layout=layout_of(recorded.hash_name),
        size_bytes=recorded.size_bytes,
        nfiles=recorded.nfiles,
        cache=recorded.cache,
        push=recorded.push,
        remote=recorded.remote,
        origin=origin,
        cloud=recorded.cloud,
        subrepo=at.root,
    )


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


def _misplaced(keys: tuple[str, ...], pointer: str) -> list[Problem]:
    return [not_understood(pointer, f"the key `{key}` is not known here") for key in dict.fromkeys(keys)]
