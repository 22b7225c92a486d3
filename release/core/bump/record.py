"""Write-ahead record: everything needed to finish or discard a release."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct, field


class RecordState(Enum):
    """Progress of a release when its record was last written."""

    PREPARING = "preparing"
    PUSHING = "pushing"
    UNPUBLISHED = "unpublished"


class Record(Struct, frozen=True, kw_only=True):
    """One release in progress.

    `branch` and `tag` are short names (branch None: tag only). `base` is the released commit, `tip` the remote branch's
    tip that the push is leased on ("" for a new branch), `commit` and `tag_object` the new ids. `remote_branch` is the
    branch's name on the remote. `blobs` are the files written (path to blob id). `also` are further tags of the same
    push (name to object id). `worktree` is the folder of the work tree; `attached`: HEAD was on the branch. `asked`
    counts pushes that were started and not answered. `started` is UTC, ISO 8601. `push` False: `--no-push`. `undoing`:
    an unpublished release is being undone. `accepted`: the remote confirmed everything; what is missing there now was
    deleted. `data`: a rollback, which also updates data in the work tree.
    """

    state: RecordState
    release_id: str
    version: str
    tag: str
    message: str
    remote: str
    branch: str | None
    remote_branch: str | None
    base: str
    tip: str
    commit: str
    tag_object: str
    worktree: str
    attached: bool
    started: str
    blobs: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[str, str] = field(default_factory=dict)
    atomic: bool = True
    asked: int = 0
    push: bool = True
    undoing: bool = False
    accepted: bool = False
    data: bool = False

    @property
    def mark(self) -> str:
        """Content of the `.keep` file."""
        return f"release {self.release_id}"

    @property
    def tag_ref(self) -> str:
        """Full name of the tag's ref."""
        return f"refs/tags/{self.tag}"
