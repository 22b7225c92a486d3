"""Rules of the audit: the verdict on each object from what the remote answered."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from release.core.check import Verdict
from release.core.pointer import (
    BadListing,
    Entry,
    Layout,
    ObjectKey,
    Out,
    Stored,
    TooManyEntries,
    UnsafeListing,
    parse_listing,
    pipeline_of,
)
from release.core.problems import (
    Problem,
    ProblemKind,
    RevisionAudit,
    problem_at,
    severity_of,
    unsafe_entry,
    with_problems,
)
from release.core.text import and_commit, command_line, first_few, quote

_VERSION, _LEGACY = Layout.VERSION.value, Layout.LEGACY.value
EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"


class Need(Struct, frozen=True, gc=False):
    """An object that an out needs; `path` is the one that a user knows.

    `size_bytes` and `md5` (cloud-versioned objects only) come from the pointer; None if it does not say.
    """

    key: ObjectKey
    path: str
    size_bytes: int | None = None
    md5: str | None = None

    @property
    def content(self) -> str | None:
        """The MD5 that the bytes must have; None if it is not known."""
        return self.md5 if self.key.layout == _VERSION else self.key.oid.removesuffix(".dir")


class Directory(Struct, frozen=True, kw_only=True):
    """The listing of a directory out.

    `entries` is None if no complete directory object could be read; `body_bytes` is its size; `fault` describes damage
    of the store's copy (None: none known); `unread` the size limit that it exceeds; `unsafe` an unsafe path in it
    (None: all are safe).
    """

    entries: tuple[Entry, ...] | None
    body_bytes: int | None = None
    fault: str | None = None
    unread: str | None = None
    unsafe: str | None = None


def parse_directory(data: bytes, oid: str) -> Directory:
    """Return what the bytes of a directory object say. Never raises: a `fault` is what is wrong with the bytes."""
    try:
        return Directory(entries=parse_listing(data, oid), body_bytes=len(data))
    except UnsafeListing as error:
        return Directory(entries=None, body_bytes=len(data), unsafe=error.path)
    except TooManyEntries as error:
        return Directory(entries=None, unread=str(error))
    except BadListing as error:
        return Directory(entries=None, fault=str(error))


class Judged(Struct):
    """Audit result of one out: the objects it needs with their sizes (None: not known), and its problems.

    `doubts` are objects of which only the bytes show whether they are right: their size differs from the pointer's, or
    one of the two is not known. DVC itself checks neither the size nor the number of files in a pointer.
    """

    sizes: dict[ObjectKey, int | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    doubts: list[ObjectKey] = field(default_factory=list)


def needs(out: Out, remote: str, entries: Collection[Entry]) -> Iterator[Need]:
    """Yield the objects of an out on the store `remote` (an identity), its directory object first."""
    layout = out.layout.value
    if out.oid is not None:
        size = None if out.is_dir else out.size_bytes
        yield Need(key=ObjectKey(remote, layout, out.oid), path=out.path, size_bytes=size)
    for entry in entries:
        yield Need(ObjectKey(remote, layout, entry.oid), f"{out.path}/{entry.relpath}")


def needs_on(out: Out, remote: str, *, version_aware: bool, entries: Collection[Entry]) -> list[Need]:
    """Return the objects of an out on the store `remote` (an identity), for either kind of store."""
    return versioned_needs(out, remote)[0] if version_aware else list(needs(out, remote, entries))


def versioned_needs(out: Out, remote: str) -> tuple[list[Need], list[str]]:
    """Return an out's files on a cloud-versioned store, and the paths without a version id (never pushed).

    An object's name there is its path below the remote's root, NUL, and the version id.
    """
    base = out.path.removeprefix(f"{out.subrepo}/") if out.subrepo else out.path
    found: list[Need] = []
    unpushed: list[str] = [] if out.cloud else [out.path]
    for entry in out.cloud:
        tail = f"/{entry.relpath}" if entry.relpath else ""
        if entry.version_id:
            key = ObjectKey(remote, _VERSION, f"{base}{tail}\0{entry.version_id}")
            found.append(Need(key=key, path=out.path + tail, size_bytes=entry.size_bytes, md5=entry.md5))
        else:
            unpushed.append(out.path + tail)
    return found, unpushed


def judge_out(out: Out, wanted: Collection[Need], found: Mapping[ObjectKey, Stored], remote: str) -> Judged:
    """Check each needed object against the store's answer; `remote` is the remote's name."""
    judged = Judged()
    sizes, get = judged.sizes, found.get  # there may be a hundred thousand
    for need in wanted:
        key = need.key
        stored = get(key)
        sizes[key] = None if stored is None else stored.size_bytes
        problem = _object_problem(out, need, stored, remote)
        if problem is not None:
            judged.problems.append(problem)
            if problem.severity is Verdict.UNKNOWN:
                judged.doubts.append(need.key)
    if not out.is_dir and not judged.problems:
        _require_proof(judged, out, wanted, found, remote)
    return judged


def _require_proof(
    judged: Judged, out: Out, wanted: Iterable[Need], found: Mapping[ObjectKey, Stored], remote: str
) -> None:
    """Doubt the objects of which too little is known: no size in the pointer, or none in the store's answer."""
    unproven = [
        need
        for need in wanted
        if need.key.layout != _VERSION  # a version id names one content
        and (found[need.key].size_bytes is None or (out.size_bytes is None and not need.key.is_dir))
        and not _is_proven(need, found[need.key])
    ]
    if unproven:
        more = f" and {len(unproven) - 1:,} more" if len(unproven) > 1 else ""
        who = out.pointer if out.size_bytes is None else f"`{remote}`"
        message = (
            f"{who} gives no size for {unproven[0].path}{more}, so only the bytes could prove it: they were not read"
        )
        help_line = _record_size(out) if out.size_bytes is None else command_line("release", "verify", "--deep")
        judged.problems.append(_problem(out, ProblemKind.UNKNOWN, message, remote, help=help_line))
        judged.doubts = [need.key for need in unproven]


def judge_directory(
    out: Out, listing: Directory, wanted: Sequence[Need], found: Mapping[ObjectKey, Stored], remote: str
) -> Judged:
    """Check a directory out: its directory object, each file, and their count and total against the pointer.

    `wanted` are the out's `needs` with the listing's entries.
    """
    judged = judge_out(out, wanted, found, remote)
    stored = found.get(wanted[0].key)
    if listing.unsafe is not None:
        judged.problems.append(unsafe_entry(out, listing.unsafe))
    elif stored is not None:
        judged.problems = [replace(each, help=_replace(out, remote)) for each in judged.problems]
        judged.problems += _body_problems(out, listing, stored, remote)
    if listing.entries is not None and not judged.problems:
        files = wanted[1:]
        judged.problems += _sum_problems(out, files, found, judged.sizes, remote)
        if any(problem.severity is Verdict.UNKNOWN for problem in judged.problems):
            judged.doubts = [need.key for need in files if not _is_proven(need, found[need.key])]
    if not judged.problems:
        _require_proof(judged, out, wanted, found, remote)
    return judged


def not_pushed(out: Out, path: str, remote: str) -> Problem:
    """Report a file of a cloud-versioned out that has no version id."""
    message = f"{path} has no version id: it was not pushed to `{remote}` before the commit"
    return replace(_problem(out, ProblemKind.MISSING, message, remote, help=_push(remote)), path=path, oid=None)


def _object_problem(out: Out, need: Need, stored: Stored | None, remote: str) -> Problem | None:
    path, oid, layout, expected = need.path, need.key.oid, need.key.layout, need.size_bytes
    if stored is None:
        what = f"the directory object of {path}" if need.key.is_dir else path
        message = f"{what} is not on `{remote}`"
        kind, help_line = ProblemKind.MISSING, _push(remote)
    elif stored.archived is not None:
        message = f"{path} is in the storage class {stored.archived} of `{remote}` and cannot be pulled"
        kind, help_line = ProblemKind.ARCHIVED, "restore the object in the store, then try again"
    elif stored.unread is not None:
        message = f"{path} cannot be checked: {stored.unread}"
        kind, help_line = ProblemKind.UNKNOWN, f"try again; if it stays, {_replace(out, remote)}"
    elif expected is not None and stored.size_bytes not in (None, expected):
        if _is_proven(need, stored):
            words = f"{expected:,} bytes for {path}, which has {stored.size_bytes:,} on `{remote}`"
            return replace(_edited(out, words, remote), path=path, oid=oid, size_bytes=expected)
        message = f"{path} has {stored.size_bytes:,} bytes on `{remote}`, but its pointer says {expected:,}"
        kind, help_line = ProblemKind.WRONG_SIZE, _replace(out, remote)
        if stored.md5 is None and stored.size_bytes != 0 and oid != EMPTY_MD5:
            return _in_doubt(_problem(out, kind, message, remote, need=need))
    elif layout != _VERSION and (oid == EMPTY_MD5) is not (stored.size_bytes == 0) and (stored.size_bytes is not None):
        message = f"{path} has {stored.size_bytes:,} bytes on `{remote}`, which does not fit its hash"
        kind, help_line = ProblemKind.WRONG_SIZE, _replace(out, remote)
    elif stored.md5 is not None and _other_content(need, stored):
        message = f"{path} is corrupt on `{remote}`: its content is {stored.md5}, not {need.content}"
        kind, help_line = ProblemKind.CORRUPT, _replace(out, remote)
    else:
        return None
    return _problem(out, kind, message, remote, need=need, help=help_line)


def _other_content(need: Need, stored: Stored) -> bool:
    """Return True if the bytes differ. The MD5 that a store reports does not name an object of DVC 2."""
    if need.key.layout == _LEGACY and not stored.read:
        return False
    return need.content is not None and stored.md5 != need.content


def _is_proven(need: Need, stored: Stored) -> bool:
    """Return True if the content is proven right, whatever its size."""
    if need.key.oid == EMPTY_MD5:
        return stored.size_bytes == 0
    return stored.md5 is not None and stored.md5 == need.content


def _body_problems(out: Out, listing: Directory, stored: Stored, remote: str) -> Iterator[Problem]:
    if listing.fault is not None:
        message = f"the directory object of {out.path} on `{remote}` is corrupt: {listing.fault}"
        yield _problem(out, ProblemKind.CORRUPT, message, remote, help=_replace(out, remote))
    elif listing.unread is not None:
        message = f"the directory object of {out.path} on `{remote}` was not read: {listing.unread}"
        yield _problem(
            out, ProblemKind.UNKNOWN, message, remote, help=f"track {quote(out.path)} as several directories"
        )
    elif listing.entries is None:
        message = f"the directory object of {out.path} could not be read from `{remote}`"
        yield _problem(out, ProblemKind.UNKNOWN, message, remote, help="release verify   (once it can be read)")
    elif stored.size_bytes not in (None, listing.body_bytes):
        message = f"the directory object of {out.path} has {stored.size_bytes:,} bytes on `{remote}`, not {listing.body_bytes:,}"
        yield _problem(out, ProblemKind.WRONG_SIZE, message, remote, help=_replace(out, remote))


def _sum_problems(
    out: Out,
    files: Sequence[Need],
    found: Mapping[ObjectKey, Stored],
    sizes: Mapping[ObjectKey, int | None],
    remote: str,
) -> Iterator[Problem]:
    if out.nfiles is not None and out.nfiles != len(files):  # the listing is right: its name is its hash
        yield _edited(out, f"{out.nfiles:,} files for {out.path}, which has {len(files):,}", remote)
    if out.size_bytes is None:
        return
    counted = [sizes[need.key] for need in files]
    total = sum(size for size in counted if size is not None)
    if None in counted or total == out.size_bytes:
        return
    if all(_is_proven(need, found[need.key]) for need in files):
        yield _edited(out, f"{out.size_bytes:,} bytes for {out.path}, whose files have {total:,} in total", remote)
        return
    message = (
        f"the files of {out.path} have {total:,} bytes in total on `{remote}`, but the pointer says {out.size_bytes:,}: "
        "at least one is truncated or changed"
    )
    yield _in_doubt(_problem(out, ProblemKind.WRONG_SIZE, message, remote))


def _in_doubt(problem: Problem) -> Problem:
    """Return a wrong size as unknown: the object is cut, or the pointer is wrong and DVC restores it."""
    message = f"{problem.message}; it was not read, so it is unknown which of the two is wrong"
    return replace(problem, severity=Verdict.UNKNOWN, message=message, help="release verify --deep")


def _record_size(out: Out) -> str:
    path = out.pointer if out.stage is None else f"{pipeline_of(out.pointer)}:{out.stage}"
    return f"{and_commit(command_line('dvc', 'commit', '-f', names=(path,)), out.pointer)}   (records the size)"


def _push(remote: str) -> str:
    return command_line("dvc", "push", "-r", remote)


def _replace(out: Out, remote: str) -> str:
    """Return the commands that replace a bad object: `dvc push` skips existing ones, so delete it first."""
    target = out.path if out.stage else out.pointer
    push = command_line("dvc", "push", "-r", remote, names=(target,))
    return f"delete {quote(out.oid or '')} from the store of {quote(remote)}, then: {push}"


def _edited(out: Out, words: str, remote: str) -> Problem:
    """Warn that the bytes are right and the pointer's size or count is wrong."""
    message = f"{out.pointer} says {words}; the content is right, so DVC restores it"
    help_line = f"correct {quote(out.pointer)} by hand, and commit it"
    return replace(_problem(out, ProblemKind.WRONG_SIZE, message, remote, help=help_line), severity=Verdict.WARNING)


def _problem(
    out: Out, kind: ProblemKind, message: str, remote: str, *, need: Need | None = None, help: str | None = None
) -> Problem:
    severity = Verdict.UNKNOWN if kind is ProblemKind.UNKNOWN else Verdict.FAILED
    path, oid, size_bytes = (need.path, need.key.oid, need.size_bytes) if need else (out.path, out.oid, None)
    problem = problem_at(path, kind, message, help, severity, remote=remote)
    return replace(problem, pointer=out.pointer, oid=oid, size_bytes=size_bytes)


# `Release-Digest`: one digest over all objects of a release, directory entries included

_AT_ONCE = 10_000


def digest_of(lines: Iterable[str]) -> str:
    """Return the SHA-256 (hex) of the sorted unique lines, each ended by a newline; see `line_of`."""
    hasher = hashlib.sha256()
    ordered = sorted(set(lines))
    for start in range(0, len(ordered), _AT_ONCE):  # one text of a million lines would double the memory
        text = "".join(f"{line}\n" for line in ordered[start : start + _AT_ONCE])
        hasher.update(text.encode("utf-8", "surrogateescape"))
    return hasher.hexdigest()


def digest_of_objects(sizes: Mapping[ObjectKey, int | None]) -> str:
    """Return the `Release-Digest` of objects; all sizes must be known, except of version ids."""
    return digest_of(line_of(key, size or 0) for key, size in sizes.items())


def line_of(key: ObjectKey, size_bytes: int) -> str:
    """Return `layout:oid:size`, or `version:path:id` for a file on a cloud-versioned remote."""
    if key.layout == _VERSION:
        path, _, version_id = key.oid.partition("\0")
        return f"{key.layout}:{path}:{version_id}"
    return f"{key.layout}:{key.oid}:{size_bytes}"


# Problems for everything that an audit does not check: excluded paths and Git LFS files.


def with_left_out(audit: RevisionAudit, lfs: Sequence[str], policy: Literal["warn", "fail"]) -> RevisionAudit:
    """Add the audit's excluded paths and the commit's Git LFS pointers (`lfs`) to its problems."""
    return with_problems(audit, (*_excluded(audit.excluded), *_lfs(lfs, policy)))


def _excluded(paths: Sequence[str]) -> Iterator[Problem]:
    for path in paths:
        message = f"excluded: {path} (not checked)"
        yield problem_at(path, ProblemKind.EXCLUDED, message, None, Verdict.WARNING)


def _lfs(paths: Sequence[str], policy: Literal["warn", "fail"]) -> Iterator[Problem]:
    if not paths:
        return
    what = "1 file is a Git LFS pointer" if len(paths) == 1 else f"{len(paths):,} files are Git LFS pointers"
    message = f"{what} whose content on the LFS server was not checked (`git lfs fsck` does that): {first_few(paths)}"
    yield problem_at(paths[0], ProblemKind.LFS, message, "git lfs ls-files && git lfs fsck", severity_of(policy))
