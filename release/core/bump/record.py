"""The write-ahead record: everything that is needed to finish, or to forget, a release."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct, field


class RecordState(Enum):
    """How far a release had come when its record was last written."""

    PREPARING = "preparing"
    PUSHING = "pushing"
    UNPUBLISHED = "unpublished"


class Record(Struct, frozen=True, kw_only=True):
    """One release on its way.

    `branch` and `tag` are short names (branch None: tag only). `base` is the released commit, `tip`
    the remote branch's tip that the push is leased on ("" for a new branch), `commit` and
    `tag_object` the new ids. `remote_branch` is the branch's name there. `blobs` are the files
    written (path to blob id). `also` are further tags that the same push publishes (name to object
    id). `worktree` is the folder that was released from; `attached` whether HEAD was the branch.
    `asked` counts pushes that were started and not answered. `started` is UTC, ISO 8601. `push`
    False: it is to stay here (`--no-push`). `undoing`: an unpublished one is being taken back.
    `accepted`: the remote said that it has it all; what is missing there now was deleted.
    `data`: a rollback, whose data in the work tree follows, too.
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
        """What its `.keep` file says."""
        return f"release {self.release_id}"

    @property
    def tag_ref(self) -> str:
        """The tag's full name."""
        return f"refs/tags/{self.tag}"
