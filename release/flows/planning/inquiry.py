"""Context of a plan: one request and one state of a repository, for all its readers and writers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from semver import Version

from release.core.audit_rules import ReadBudget
from release.core.check import Check
from release.core.release import BumpRequest, RepositoryFacts
from release.core.version import Level
from release.flows.project import Project
from release.flows.reach import Access
from release.git.objects import Objects
from release.git.scratch import Scratch

if TYPE_CHECKING:
    from release.core.auto import AutoChoice
    from release.flows.reading.kept_values import CachedMetrics


class OtherContent(Struct, frozen=True, kw_only=True):
    """Content that is released instead of HEAD's own files: `commit` and `tree` are in the scratch store.

    `blobs` are the files that differ from HEAD (path -> blob id), `removed` the deleted paths.
    """

    commit: str
    tree: str
    blobs: Mapping[str, str]
    removed: tuple[str, ...]
    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()


ReadContent = Callable[[Scratch, Objects, RepositoryFacts], OtherContent]


class PlanContext(Struct, frozen=True, kw_only=True):
    """The request, its parsed `kind`, and the sources to read; `tree` is the tree id of the released commit.

    `auto` is the choice of `auto` (None: the user named the kind); before that choice `kind` is a patch.
    `content` is set for a rollback. `kept` reads metrics that DVC tracks. `unasked` limits how much of objects
    in doubt is read.
    """

    request: BumpRequest
    kind: Level | Version
    project: Project
    scratch: Scratch
    index_copy: Path
    objects: Objects
    facts: RepositoryFacts
    tree: str
    reach: Access
    kept: CachedMetrics
    auto: AutoChoice | None = None
    content: OtherContent | None = None
    unasked: ReadBudget = ReadBudget.PROOF

    @property
    def released(self) -> str:
        """Return the commit whose files are released: HEAD's, or that of other content."""
        return self.facts.commit if self.content is None else self.content.commit
