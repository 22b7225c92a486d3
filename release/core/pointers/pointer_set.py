"""Everything that one commit says about its data, before any store is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from release.core.audit.audit import Problem
from release.core.pointers.file import Recorded
from release.core.pointers.pointer import Out


class StageRecord(Struct, frozen=True, kw_only=True):
    """A stage that was run: what it read, with paths relative to the git root.

    `lock` is the path of its `dvc.lock` (for a `.dvc` file that imports, of that file), `params`
    maps a file (relative to the git root) to the keys and values that the stage used.
    """

    name: str
    lock: str
    outs: tuple[Out, ...]
    deps: tuple[Recorded, ...] = ()
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class PointerSet(Struct, frozen=True, kw_only=True):
    """The audited outs of a commit and what is wrong with its pointers.

    `roots` maps each DVC root (folder relative to the git root, "" for itself) to the bytes of its
    `.dvc/config` (b"" if it has none). `excluded` are paths taken out by the configuration or by
    `.dvcignore`. Not every out in `outs` has an object: see `Out.cache`, `origin` and `oid`.
    """

    commit: str
    outs: tuple[Out, ...] = ()
    problems: tuple[Problem, ...] = ()
    excluded: tuple[str, ...] = ()
    roots: Mapping[str, bytes] = field(default_factory=dict)
    stages: tuple[StageRecord, ...] = ()

    @property
    def uses_dvc(self) -> bool:
        """Whether the commit has a DVC repository at all."""
        return bool(self.roots) or bool(self.outs) or bool(self.problems)
