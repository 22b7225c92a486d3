"""One request against one state of a repository: what every reader and writer of a plan needs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from semver import Version

from release.adapters.git.objects import Objects
from release.adapters.git.scratch import Scratch
from release.core.auto import AutoChoice
from release.core.facts import RepositoryFacts
from release.core.request import BumpRequest
from release.core.version import Level
from release.flows.project import Project


class Reach(Enum):
    """How far a plan may look."""

    EVERYWHERE = "everywhere"
    HERE = "here"  # `--offline`: no remote is asked, neither git's nor DVC's


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """The request, what it means (`kind`), and where to look; `tree` is the id of the released commit's tree.

    `auto` is what `auto` chose (None: a person did); until it has, `kind` is a patch.
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
    auto: AutoChoice | None = None
