"""All pointers of one commit, before any store is contacted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from release.core.audit.audit import Problem
from release.core.pointers.file import Recorded
from release.core.pointers.pointer import Out


class StageRecord(Struct, frozen=True, kw_only=True):
    """The last run of a stage: its inputs and outputs, with paths relative to the git root.

    `lock` is the path of its `dvc.lock` (for an import, of its `.dvc` file); `params` maps a file (relative to the git
    root) to the keys and values that the stage used.
    """

    name: str
    lock: str
    outs: tuple[Out, ...]
    deps: tuple[Recorded, ...] = ()
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class PointerSet(Struct, frozen=True, kw_only=True):
    """The audited outs of a commit and the problems of its pointers.

    `roots` maps each DVC root (folder relative to the git root, "" for itself) to the bytes of its `.dvc/config` (b""
    if it has none). `excluded` are paths excluded by the configuration or by `.dvcignore`. Not every out in `outs` has
    an object: see `Out.cache`, `origin` and `oid`.
    """

    commit: str
    outs: tuple[Out, ...] = ()
    problems: tuple[Problem, ...] = ()
    excluded: tuple[str, ...] = ()
    roots: Mapping[str, bytes] = field(default_factory=dict)
    stages: tuple[StageRecord, ...] = ()

    @property
    def uses_dvc(self) -> bool:
        """True if the commit has a DVC repository."""
        return bool(self.roots) or bool(self.outs) or bool(self.problems)
