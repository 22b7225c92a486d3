"""State of a repository and its remote."""

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
    """HEAD and the differences from it.

    `commit` None: there is no commit yet. `branch` is the short name (None: detached). `operation` is the merge,
    rebase... in progress (None: none).
    """

    commit: str | None
    branch: str | None
    changed: tuple[ChangedFile, ...]
    operation: str | None
    index_locked: bool

    @property
    def end_of_operation(self) -> str:
        """The command that ends the operation in progress."""
        return (
            "git bisect reset" if self.operation == "bisect" else command_line("git", self.operation or "", "--abort")
        )

    @property
    def operation_told(self) -> str:
        """The operation in progress, as a sentence."""
        return f"{'an' if self.operation == 'am' else 'a'} {self.operation} is under way"


class RemoteRefs(Struct, frozen=True, kw_only=True, dict=True):
    """Refs of a remote: full ref name to object id; `peeled` for tag objects."""

    refs: Mapping[str, str] = field(default_factory=dict)
    peeled: Mapping[str, str] = field(default_factory=dict)
    default_branch: str | None = None

    def branch(self, name: str) -> str | None:
        """Return the tip of a branch by its short name; None if the remote has none."""
        return self.refs.get(f"refs/heads/{name}")

    @cached_property
    def tags(self) -> tuple[TagRef, ...]:
        """Its tags, peeled by the remote."""
        start = "refs/tags/"
        return tuple(
            TagRef(name=ref[len(start) :], object_id=id, commit_id=self.peeled.get(ref, id))
            for ref, id in self.refs.items()
            if ref.startswith(start)
        )


class BranchState(Struct, frozen=True, kw_only=True):
    """The branch to release on, compared with the remote's.

    `name` is the local name, `remote_name` the remote's (its upstream); `tip` is the remote's commit ("": the branch
    does not exist there yet). `tip_is_ours`: `tip` is in our history (None: it is not in this repository).
    `head_is_theirs`: our commit is in the remote branch's history. `unpushed` are the ids of our commits that the
    remote branch lacks. `detached`: HEAD names no branch; `name` comes from the CI service or from the remote.
    """

    name: str
    remote_name: str
    tip: str
    tip_is_ours: bool | None
    head_is_theirs: bool
    unpushed: frozenset[str]
    detached: bool


class WrittenFile(Struct, frozen=True, kw_only=True):
    """A file that the release writes, as it is in the released commit.

    `kind` is "file", "absent", or another object's kind ("folder", "symbolic link"...). `data` None: there is no file.
    `mode` is git's. `in_the_way`: the path exists on disk but not in git. `filtered` and `hidden`: an attribute or an
    index flag forbids writing it.
    """

    path: str
    kind: str
    mode: str = "100644"
    data: bytes | None = None
    in_the_way: bool = False
    filtered: bool = False
    hidden: bool = False
