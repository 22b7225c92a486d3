"""Facts that a release needs, read before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from release.core.audit.audit import RevisionAudit
from release.core.audit.lineage import StaleStage
from release.core.bump.record import Record
from release.core.check import Check
from release.core.config.values import Config
from release.core.metrics.metric import ValueFile
from release.core.pointers.pointer import Out
from release.core.snapshot import BranchState, RemoteRefs, WorkTreeState, WrittenFile
from release.core.tags.tag import TagRef


class RepositoryFacts(Struct, frozen=True, kw_only=True):
    """The repository and its git remote.

    `commit` is the commit to release; `at`: it was named with `--at`. `branch` None: HEAD is detached and no branch
    could be determined, or `--at`. `remote` None: it was not asked, or could not be reached, see `remote_problem`.
    `push_urls` is the number of push URLs. `ancestors` and `descendants` are names of tags (local and remote) that are
    in the commit's history or have it in theirs. `on_remote_branches` are the remote branches that contain the commit
    (`--at` only). `author`, `committer`: `Name <email> seconds zone`, None if git has no identity; `identity_problem`
    is git's message. `signing` names the settings that require signatures. `pending` is an interrupted release, or, if
    `at_work` is set, one that another process is making.
    """

    config: Config
    commit: str
    at: bool
    state: WorkTreeState
    branch: BranchState | None
    remote_name: str
    remote: RemoteRefs | None
    remote_problem: Check | None
    push_urls: int
    local_tags: tuple[TagRef, ...]
    ancestors: frozenset[str]
    descendants: frozenset[str]
    absent: frozenset[str]
    on_remote_branches: tuple[str, ...]
    shallow: bool
    author: str | None
    committer: str | None
    signing: tuple[str, ...]
    branch_elsewhere: str | None
    pending: Record | None
    unpublished: tuple[Record, ...]
    at_work: str | None = None
    identity_problem: str = ""


class CommitFacts(Struct, frozen=True, kw_only=True):
    """Content of the released commit, and of the previous release (`before`).

    `missing` are metric and parameter files that the configuration names and the commit lacks. `commits` are (id,
    subject), newest first. `outs_before` and the `before` values are empty if there is no previous release. `files` are
    those that the release will write. `baselines` are the metric files of the tags that gates name (None: the tag's
    commit is not here; tags that do not exist are left out). `stages` counts the stages that were run, `stale` are
    those that were run with other inputs than the commit has.
    """

    metrics: tuple[ValueFile, ...] = ()
    metrics_before: tuple[ValueFile, ...] = ()
    params: tuple[ValueFile, ...] = ()
    params_before: tuple[ValueFile, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    outs: tuple[Out, ...] = ()
    outs_before: tuple[Out, ...] = ()
    audit: RevisionAudit | None = None
    tracked_data: Check | None = None
    commits: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, WrittenFile] = field(default_factory=dict)
    baselines: Mapping[str, tuple[ValueFile, ...] | None] = field(default_factory=dict)
    stages: int = 0
    stale: tuple[StaleStage, ...] = ()
