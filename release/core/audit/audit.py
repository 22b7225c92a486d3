"""Result of auditing a commit's data: the verdict and the list of problems."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from release.core.check import Verdict
from release.core.numbers import size


class ProblemKind(Enum):
    """Kinds of problems, as printed; docs/reference/verify.md describes each."""

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
    """Today's default remote, if it has data that the commit's own remote lacks.

    `root` is the folder of the DVC repository, "" for the git root. `named` is True if the commit's configuration
    defines that remote, too. `target` is the path to pull, None for everything.
    """

    remote: str
    root: str
    named: bool
    target: str | None = None


class Problem(Struct, frozen=True, kw_only=True):
    """One problem with one object, out or pointer.

    `severity` is FAILED, UNKNOWN or WARNING. `path` is the file that a user knows (also inside a directory); `pointer`
    the file in git that names it; `remote` the remote's name. `size_bytes` and `in_cache` (None: not checked) say what
    an upload would take; `elsewhere` is another remote that has the data; `absent_folder` is the remote's folder, if
    that folder itself does not exist.
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
        """The message with the size of the object, and whether the local cache has it."""
        about = [] if self.size_bytes is None else [size(self.size_bytes)]
        about += ["in your cache"] if self.in_cache else []
        return f"{self.message} ({', '.join(about)})" if about else self.message


class RevisionAudit(Struct, frozen=True, kw_only=True):
    """Audit of one commit's data.

    `objects` counts distinct objects (directory objects included), `total_bytes` is the sum of their sizes; `pointers`
    counts outs; `digest` is the value that a tag records as `Release-Digest` (None if it could not be computed);
    `remotes` are the names of the remotes queried; `excluded` the paths that the configuration excludes.
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
    """Return the audit of a revision whose pointers could not be read; `problem` gives the reason."""
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
