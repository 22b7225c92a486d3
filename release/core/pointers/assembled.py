"""Assembly of one commit's pointers, without excluded paths. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from release.core.audit.audit import Problem, ProblemKind
from release.core.config.values import Config
from release.core.path_glob import matches_any
from release.core.pointers.overlaps import overlaps
from release.core.pointers.pointer import Out
from release.core.pointers.pointer_set import PointerSet, StageRecord
from release.core.pointers.rules import pointer_problems


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
