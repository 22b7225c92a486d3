"""Plan of a release, made before anything changes; preview and execution use the same plan."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct
from semver import Version

from release.core.audit.audit import RevisionAudit
from release.core.check import Check, exit_code
from release.core.gates.result import GateResult
from release.core.metrics.metric import Metric, Param
from release.core.pointers.pointer import PointerChange
from release.core.tags.tag import ReleaseTag
from release.errors import ExitCode


class StepKind(Enum):
    """Steps of a release that change something, in their order."""

    KEEP = "keep"  # move objects into the store, write the record
    PUBLISH = "publish"
    MOVE_REFS = "move refs"
    UPDATE_FILES = "update files"


class Step(Struct, frozen=True, kw_only=True):
    """One step with its sentence ("push main and v1.4.0 to origin together").

    `together` says that a push updates several refs at once or none of them.
    """

    kind: StepKind
    text: str
    together: bool = False


class FileChange(Struct, frozen=True, kw_only=True):
    """A file of the release commit; `created` if it is new."""

    path: str
    created: bool


class BumpPlan(Struct, frozen=True, kw_only=True):
    """A planned release.

    `kind` is the requested KIND. `branch` is the short name of the branch that gets the release commit (None: only a
    tag is made). `base` is the commit that is released. `commit` and `tag_object` are the ids of the prepared objects
    (None if a failed check prevented them). `previous` is the release that deltas and gates compare with. `commits` are
    the subjects since then, newest first. `also_published` names unpushed commits and tags that are pushed along.
    `nothing` is the reason why there is nothing to release (None: there is something). `chosen` is the choice of
    `auto`: a level, a version or `none` (None: the user chose); `reasons` explain it.
    """

    kind: str
    version: Version | None
    tag: str | None
    previous: ReleaseTag | None
    message: str
    base: str
    branch: str | None
    remote: str
    commits: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    metrics: tuple[Metric, ...] = ()
    params: tuple[Param, ...] = ()
    pointers: tuple[PointerChange, ...] = ()
    gates: tuple[GateResult, ...] = ()
    audit: RevisionAudit | None = None
    changelog_entry: str = ""
    files: tuple[FileChange, ...] = ()
    steps: tuple[Step, ...] = ()
    chosen: str | None = None
    reasons: tuple[str, ...] = ()
    also_published: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    push: bool = True
    commit: str | None = None
    tag_object: str | None = None
    nothing: str | None = None

    @property
    def exit_code(self) -> ExitCode:
        """Exit code of the checks; DONE if the release may proceed."""
        return exit_code(self.checks)

    @property
    def refused(self) -> bool:
        """True if any check blocks."""
        return self.exit_code is not ExitCode.DONE
