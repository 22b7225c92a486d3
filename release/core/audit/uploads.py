"""Uploads of missing data: what a push would send, and its result. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from release.core.audit.audit import Problem, ProblemKind, RevisionAudit
from release.core.audit.rules import Directory, Evidence, Need
from release.core.check import Check, CheckName, Verdict
from release.core.numbers import many, size
from release.core.pointers.pointer import Layout, ObjectKey
from release.core.shell import command_line, quote

# Problems that uploading the right bytes under the object's name fixes.
_MENDABLE = frozenset({ProblemKind.MISSING, ProblemKind.WRONG_SIZE, ProblemKind.CORRUPT})


class Upload(Struct, frozen=True, kw_only=True):
    """An object that the local cache has in full and its remote lacks. `replaces`: the remote has wrong bytes."""

    key: ObjectKey
    path: str
    remote: str
    size_bytes: int
    replaces: bool = False


class Uploads(Struct, frozen=True, kw_only=True):
    """Objects that can be uploaded, and paths that cannot.

    `lost` are paths whose bytes are neither on the remote nor in the local cache; `damaged` those whose cached content
    does not match its name. `held` are directories whose directory object is not uploaded because some of their files
    are lost: if it were there, a later `dvc push` by someone who has those files would skip them.
    """

    ready: tuple[Upload, ...] = ()
    lost: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    held: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """True if nothing would be missing after the upload."""
        return bool(self.ready) and not (self.lost or self.damaged or self.held)

    @property
    def size_bytes(self) -> int:
        """Total size of the upload."""
        return sum(upload.size_bytes for upload in self.ready)

    @property
    def words(self) -> str:
        """Number and size, such as `3 objects (1.2 GB)`."""
        return f"{many(len(self.ready), 'object')} ({size(self.size_bytes)})"


class Uploaded(Struct, frozen=True, kw_only=True):
    """Result of an upload. `faults` are reasons for objects that failed; `foreseen`: dry run, nothing was sent."""

    planned: Uploads
    done: tuple[Upload, ...] = ()
    faults: tuple[str, ...] = ()
    foreseen: bool = False

    def would_mend(self, audit: RevisionAudit) -> bool:
        """Return True if this dry run is expected to fix a revision that fails now."""
        return self.foreseen and self.planned.whole and can_be_pushed(audit)


def is_missing_on_remote(need: Need, stored: Evidence | None, cached_bytes: int | None) -> bool:
    """Return True if the store's object needs an upload, as far as can be decided without reading it.

    `cached_bytes` is the size of the local cache's copy, None if there is none. An archived object is not replaced: it
    exists and can be restored. On a cloud-versioned remote an upload would make a new version, which no commit names;
    that takes `dvc push` and a commit.
    """
    if need.key.layout == Layout.VERSION.value:
        return False
    if stored is None:
        return True
    if stored.archived is not None:
        return False
    if stored.md5 is not None and (need.key.layout == Layout.MD5.value or stored.read):
        return stored.md5 != need.content
    known = (stored.size_bytes, need.size_bytes if cached_bytes is None else cached_bytes)
    return None not in known and known[0] != known[1]


def is_content_missing(need: Need, listing: Directory | None, stored: Evidence | None) -> bool:
    """Return True if a directory object needs an upload; like `is_lacking`, but using its listing."""
    if listing is None:
        return False
    return listing.fault is not None or is_missing_on_remote(need, stored, listing.body_bytes)


def can_be_pushed(audit: RevisionAudit) -> bool:
    """Return True if uploading could fix everything that is wrong with a commit's data."""
    bad = [problem for problem in audit.problems if problem.severity is not Verdict.WARNING]
    return bool(bad) and all(_is_object(problem) for problem in bad)


def with_uploads(checks: Sequence[Check], uploads: Uploads) -> tuple[Check, ...]:
    """Turn the data failures of a plan that uploads first into warnings."""
    message = f"{uploads.words} will be uploaded from your cache first"
    return tuple(
        Check(name=check.name, verdict=Verdict.WARNING, message=message, details=check.details)
        if check.name == CheckName.DATA_ON_REMOTE and check.blocks
        else check
        for check in checks
    )


class Author(Struct, frozen=True, kw_only=True):
    """Author of a commit; `commit` is its short id."""

    name: str
    email: str
    commit: str


def with_hints(audit: RevisionAudit, push: str | None, authors: Mapping[str, Author]) -> RevisionAudit:
    """Return the audit with help lines that depend on where the bytes are.

    In the local cache: `push`, the command that uploads them. Elsewhere: the author of the pointer (`authors`, by the
    pointer's path) must push them.
    """
    return replace(
        audit, problems=tuple(_with_hint(problem, push, authors.get(problem.pointer)) for problem in audit.problems)
    )


def out_of_reach(audit: RevisionAudit) -> tuple[str, ...]:
    """Return the pointers of objects that an upload would fix but the local cache lacks, each once."""
    problems = (problem for problem in audit.problems if _is_object(problem) and problem.in_cache is False)
    return tuple(dict.fromkeys(problem.pointer for problem in problems))


def _with_hint(problem: Problem, push: str | None, author: Author | None) -> Problem:
    if not _is_object(problem) or problem.in_cache is None:
        return problem
    if problem.elsewhere is not None:
        back = f"; or put it back: {push}" if problem.in_cache and push else ""
        return replace(problem, help=f"{problem.help}{back}")
    if problem.absent_folder is not None:
        return replace(problem, help=_mount(problem, problem.absent_folder, push if problem.in_cache else None))
    if problem.in_cache:
        return replace(problem, help=push)
    if author is None:
        return problem
    target = problem.pointer if problem.pointer.endswith(".dvc") else problem.path
    command = command_line("dvc", "push", "-r", problem.remote or "storage", names=(target,))
    who = quote(f"{author.name} <{author.email}>")
    words = f"not in your cache: ask {who}, who committed {quote(problem.pointer)} ({quote(author.commit)})"
    if problem.kind is not ProblemKind.MISSING:
        command = command_line(
            "release", "verify", author.commit, "--push"
        )  # `dvc push` skips existing objects, even wrong ones
    return replace(problem, help=f"{words}, to run: {command}")


def _mount(problem: Problem, folder: str, push: str | None) -> str:
    """Return the help for a missing remote folder: an unmounted disk and a new remote look the same."""
    new = push or "whoever has the data runs: dvc push"
    return f"the folder {quote(folder)} of {quote(problem.remote or '')} does not exist: is its disk mounted? If it is new: {new}"


def _is_object(problem: Problem) -> bool:
    return problem.kind in _MENDABLE and problem.oid is not None and problem.severity is not Verdict.UNKNOWN
