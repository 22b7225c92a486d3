"""One request against one state of a repository: what every reader and writer of a plan needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from semver import Version

from release.adapters.git.objects import Objects
from release.adapters.git.scratch import Scratch
from release.core.audit.doubts import Unasked
from release.core.bump.facts import RepositoryFacts
from release.core.bump.request import BumpRequest
from release.core.check import Check
from release.core.versions.version import Level
from release.flows.project import Project
from release.flows.reach import Reach

if TYPE_CHECKING:
    from release.core.versions.auto import AutoChoice
    from release.flows.reading.kept_values import KeptValues


class OtherContent(Struct, frozen=True, kw_only=True):
    """What is released in the place of HEAD's own files: `commit` and `tree` lie in the scratch store.

    `blobs` are the files that differ from HEAD (path to blob id), `removed` those that are not there.
    """

    commit: str
    tree: str
    blobs: Mapping[str, str]
    removed: tuple[str, ...]
    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()


ReadContent = Callable[[Scratch, Objects, RepositoryFacts], OtherContent]


class Inquiry(Struct, frozen=True, kw_only=True):
    """The request, what it means (`kind`), and where to look; `tree` is the id of the released commit's tree.

    `auto` is what `auto` chose (None: a person did); until it has, `kind` is a patch. `content` is there
    for a rollback. `kept` reads the numbers that DVC keeps. `unasked`: how much of objects in doubt is read.
    """

    request: BumpRequest
    kind: Level | Version
    project: Project
    scratch: Scratch
    index_copy: Path
    objects: Objects
    facts: RepositoryFacts
    tree: str
    reach: Reach
    kept: KeptValues
    auto: AutoChoice | None = None
    content: OtherContent | None = None
    unasked: Unasked = Unasked.PROOF

    @property
    def released(self) -> str:
        """The commit whose files are released: HEAD's, or that of other content."""
        return self.facts.commit if self.content is None else self.content.commit
