"""The verdict on a commit's data: what was asked for, and what is wrong."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from release.core.check import Verdict
from release.core.numbers import size


class ProblemKind(Enum):
    """Public words; docs/reference/verify.md tells each."""

    MISSING = "missing"
    CORRUPT = "corrupt"
    WRONG_SIZE = "wrong-size"
    UNRECORDED = "unrecorded"
    NEVER_RUN = "never-run"
    NOT_PUSHABLE = "not-pushable"
    NOT_IN_GIT = "not-in-git"
    NO_REMOTE = "no-remote"
    LOCAL_ONLY_REMOTE = "local-only-remote"
    IN_TREE_REMOTE = "in-tree-remote"
    EXTERNAL = "external"
    EXCLUDED = "excluded"
    LFS = "lfs"
    ARCHIVED = "archived"
    FORBIDDEN = "forbidden"
    UNREADABLE_POINTER = "unreadable-pointer"
    IN_THE_WAY = "in-the-way"
    UNSAFE_PATH = "unsafe-path"
    MOVED_TAG = "moved-tag"
    DIGEST_MISMATCH = "digest-mismatch"
    UNKNOWN = "unknown"


class Elsewhere(Struct, frozen=True, kw_only=True):
    """Today's default remote has what the commit's own lacks.

    `root` is the folder of the DVC repository, "" for the git root. `named` tells that the commit's
    configuration knows that remote, too. `target` is what to pull, None for everything.
    """

    remote: str
    root: str
    named: bool
    target: str | None = None


class Problem(Struct, frozen=True, kw_only=True):
    """One thing wrong with one object, out or pointer.

    `severity` is FAILED, UNKNOWN or WARNING. `path` is the file a user knows (inside a directory
    too); `pointer` the file in git that names it; `remote` the remote's name; `size_bytes` and
    `in_cache` (None: not looked) say what it would take to upload it; `elsewhere` where it is instead;
    `absent_folder` is the folder that the remote is, if not even that is there.
    """

    severity: Verdict
    kind: ProblemKind
    path: str
    pointer: str
    message: str
    oid: str | None = None
    remote: str | None = None
    size_bytes: int | None = None
    in_cache: bool | None = None
    help: str | None = None
    elsewhere: Elsewhere | None = None
    absent_folder: str | None = None

    @property
    def told(self) -> str:
        """The message, with what it would take to mend it: the size, and whether the cache here has it."""
        about = [] if self.size_bytes is None else [size(self.size_bytes)]
        about += ["in your cache"] if self.in_cache else []
        return f"{self.message} ({', '.join(about)})" if about else self.message


class RevisionAudit(Struct, frozen=True, kw_only=True):
    """What is known of one commit's data.

    `objects` counts distinct objects (directory objects included), `total_bytes` their sizes;
    `pointers` counts outs; `digest` is what a tag swears to as `Release-Digest` (None if it could not
    be computed); `remotes` the names asked; `excluded` the paths that the configuration takes out.
    """

    rev: str
    commit: str
    verdict: Verdict
    pointers: int
    objects: int
    total_bytes: int
    excluded: tuple[str, ...]
    problems: tuple[Problem, ...]
    remotes: tuple[str, ...] = ()
    digest: str | None = None
    uses_dvc: bool = True


def nothing_known(rev: str, commit: str, problem: Problem) -> RevisionAudit:
    """The audit of a revision whose pointers could not even be read, for the reason that `problem` tells."""
    return RevisionAudit(
        rev=rev,
        commit=commit,
        verdict=Verdict.UNKNOWN,
        pointers=0,
        objects=0,
        total_bytes=0,
        excluded=(),
        problems=(problem,),
    )
