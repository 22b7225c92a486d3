"""A repository and its remote at one moment, as values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct, field

from release.core.shell import command_line
from release.core.tags.tag import TagRef


class ChangedFile(Struct, frozen=True, kw_only=True):
    """A tracked file that differs from HEAD: `staged` in the index, else only in the work tree."""

    path: str
    staged: bool


class WorkTreeState(Struct, frozen=True, kw_only=True):
    """HEAD and what differs from it.

    `commit` None: there is no commit yet. `branch` is the short name (None: detached). `operation`
    is the merge, rebase... that is under way (None: nothing is).
    """

    commit: str | None
    branch: str | None
    changed: tuple[ChangedFile, ...]
    operation: str | None
    index_locked: bool

    @property
    def end_of_operation(self) -> str:
        """The command that ends what is under way."""
        return (
            "git bisect reset" if self.operation == "bisect" else command_line("git", self.operation or "", "--abort")
        )

    @property
    def operation_told(self) -> str:
        """What is under way, in a sentence."""
        return f"{'an' if self.operation == 'am' else 'a'} {self.operation} is under way"


class RemoteRefs(Struct, frozen=True, kw_only=True, dict=True):
    """What a remote has: full ref name to object id; `peeled` where a tag object is there."""

    refs: Mapping[str, str] = field(default_factory=dict)
    peeled: Mapping[str, str] = field(default_factory=dict)
    default_branch: str | None = None

    def branch(self, name: str) -> str | None:
        """The tip of a branch by its short name; None if the remote has none."""
        return self.refs.get(f"refs/heads/{name}")

    @cached_property
    def tags(self) -> tuple[TagRef, ...]:
        """Its tags; what they peel to is told by the remote."""
        start = "refs/tags/"
        return tuple(
            TagRef(name=ref[len(start) :], object_id=id, commit_id=self.peeled.get(ref, id))
            for ref, id in self.refs.items()
            if ref.startswith(start)
        )


class BranchState(Struct, frozen=True, kw_only=True):
    """The branch that a release goes to, against the remote's.

    `name` is ours, `remote_name` the remote's (its upstream); `tip` is what the remote has ("": the
    branch is not there yet). `tip_is_ours`: whether `tip` is in our history (None: it is not even
    here). `head_is_theirs`: whether our commit is in the remote branch's history. `unpushed` are the
    ids of our commits that the remote branch lacks. `detached`: HEAD names no branch; `name` was told by
    the CI service or by the remote.
    """

    name: str
    remote_name: str
    tip: str
    tip_is_ours: bool | None
    head_is_theirs: bool
    unpushed: frozenset[str]
    detached: bool


class WrittenFile(Struct, frozen=True, kw_only=True):
    """A file that the release writes, as it stands in the released commit.

    `kind` is "file", "absent", or in a word what else stands there ("folder", "symbolic link"...).
    `data` None: there is no file. `mode` is git's. `in_the_way`: on disk there is something that git
    does not have. `filtered` and `hidden`: an attribute or an index flag forbids to write it.
    """

    path: str
    kind: str
    mode: str = "100644"
    data: bytes | None = None
    in_the_way: bool = False
    filtered: bool = False
    hidden: bool = False
