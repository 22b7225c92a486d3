"""The rules of the audit: what an out needs, against what its store holds. Pure.

Pointers, directory listings and the store's answers come in as values. Each rule has its fault case
in the tests, where the truth is a fresh clone and `dvc pull`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from release.core.audit import Problem, ProblemKind
from release.core.check import Verdict
from release.core.dir_listing import Entry
from release.core.pointer import Layout, ObjectKey, Out

_VERSION = Layout.VERSION.value
EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"


class Evidence(Protocol):
    """What a store says of an object; see `adapters.dvc.store.Stored`."""

    @property
    def size_bytes(self) -> int | None: ...  # noqa: D102

    @property
    def md5(self) -> str | None: ...  # noqa: D102

    @property
    def archived(self) -> str | None: ...  # noqa: D102

    @property
    def read(self) -> bool: ...  # noqa: D102


class Need(NamedTuple):
    """An object that an out needs: the path a user knows it by, its size and (versioned) its MD5 if the pointer says them."""

    key: ObjectKey
    path: str
    size_bytes: int | None = None
    md5: str | None = None

    @property
    def content(self) -> str | None:
        """The MD5 that its bytes must have; None if nothing says so."""
        return self.md5 if self.key.layout == _VERSION else self.key.oid.removesuffix(".dir")


class Directory(Struct, frozen=True, kw_only=True):
    """What is known of a directory out's listing.

    `entries` is None if no whole directory object could be had; `body_bytes` its size; `fault` what
    is wrong with the store's copy, None if nothing is known to be.
    """

    entries: tuple[Entry, ...] | None
    body_bytes: int | None = None
    fault: str | None = None


class Judged(Struct):
    """What an out came to: the objects it needs with their sizes (None: not known), and its problems."""

    sizes: dict[ObjectKey, int | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def needs(out: Out, remote: str, entries: Collection[Entry]) -> Iterator[Need]:
    """The objects of an out on the store `remote` (an identity), its directory object first."""
    layout = out.layout.value
    if out.oid is not None:
        size = None if out.is_dir else out.size_bytes
        yield Need(key=ObjectKey(remote, layout, out.oid), path=out.path, size_bytes=size)
    for entry in entries:
        yield Need(ObjectKey(remote, layout, entry.oid), f"{out.path}/{entry.relpath}")


def versioned_needs(out: Out, remote: str) -> tuple[list[Need], list[str]]:
    """The files of an out on a cloud-versioned store, and the paths of those without a version id: never pushed.

    An object's name there is its path below the remote's root, NUL, and the version id.
    """
    base = out.path.removeprefix(f"{out.subrepo}/") if out.subrepo else out.path
    found: list[Need] = []
    unpushed: list[str] = [] if out.cloud else [out.path]
    for entry in out.cloud:
        tail = f"/{entry.relpath}" if entry.relpath else ""
        if entry.version_id:
            key = ObjectKey(remote, Layout.VERSION.value, f"{base}{tail}\0{entry.version_id}")
            found.append(Need(key=key, path=out.path + tail, size_bytes=entry.size_bytes, md5=entry.md5))
        else:
            unpushed.append(out.path + tail)
    return found, unpushed


def judge(out: Out, wanted: Collection[Need], found: Mapping[ObjectKey, Evidence], remote: str) -> Judged:
    """Each needed object against the store's answer; `remote` is the remote's name."""
    judged = Judged()
    for need in wanted:
        stored = found.get(need.key)
        judged.sizes[need.key] = None if stored is None else stored.size_bytes
        problem = _object_problem(out, need, stored, remote)
        if problem is not None:
            judged.problems.append(problem)
    return judged


def judge_directory(
    out: Out, listing: Directory, wanted: Sequence[Need], found: Mapping[ObjectKey, Evidence], remote: str
) -> Judged:
    """A directory out: its directory object, every file, and their count and sum against the pointer.

    `wanted` are its `needs` with the listing's entries.
    """
    judged = judge(out, wanted, found, remote)
    stored = found.get(wanted[0].key)
    if stored is not None:
        judged.problems = [replace(each, help=_replace(out, remote)) for each in judged.problems]
        judged.problems += _body_problems(out, listing, stored, remote)
    if listing.entries is not None and not judged.problems:
        judged.problems += _sum_problems(out, [judged.sizes[need.key] for need in wanted[1:]], remote)
    return judged


def not_pushed(out: Out, path: str, remote: str) -> Problem:
    """A file of a cloud-versioned out without a version id."""
    message = f"{path} has no version id: it was not pushed to `{remote}` before the commit"
    return replace(_problem(out, ProblemKind.MISSING, message, remote, help=_push(remote)), path=path, oid=None)


def _object_problem(out: Out, need: Need, stored: Evidence | None, remote: str) -> Problem | None:
    path, oid, expected = need.path, need.key.oid, need.size_bytes
    if stored is None:
        what = f"the directory object of {path}" if need.key.is_dir else path
        message = f"{what} is not on `{remote}`"
        kind, help_line = ProblemKind.MISSING, _push(remote)
    elif stored.archived is not None:
        message = f"{path} is in the storage class {stored.archived} of `{remote}` and cannot be pulled"
        kind, help_line = ProblemKind.ARCHIVED, "restore the object in the store, then try again"
    elif expected is not None and stored.size_bytes not in (None, expected):
        message = f"{path} has {stored.size_bytes:,} bytes on `{remote}`, its pointer says {expected:,}"
        kind, help_line = ProblemKind.WRONG_SIZE, _replace(out, remote)
    elif (
        need.key.layout != Layout.VERSION.value
        and (oid == EMPTY_MD5) is not (stored.size_bytes == 0)
        and (stored.size_bytes is not None)
    ):
        message = f"{path} has {stored.size_bytes:,} bytes on `{remote}`, which its hash rules out"
        kind, help_line = ProblemKind.WRONG_SIZE, _replace(out, remote)
    elif _other_content(need, stored):
        message = f"{path} is corrupt on `{remote}`: its content is {stored.md5}, not {need.content}"
        kind, help_line = ProblemKind.CORRUPT, _replace(out, remote)
    else:
        return None
    return _problem(out, kind, message, remote, need=need, help=help_line)


def _other_content(need: Need, stored: Evidence) -> bool:
    """Whether the bytes are others. What a store calls their MD5 is not the name of an object of DVC 2."""
    if need.key.layout == Layout.LEGACY.value and not stored.read:
        return False
    return stored.md5 is not None and need.content is not None and stored.md5 != need.content


def _body_problems(out: Out, listing: Directory, stored: Evidence, remote: str) -> Iterator[Problem]:
    help_line = _replace(out, remote)
    if listing.fault is not None:
        message = f"the directory object of {out.path} on `{remote}` is corrupt: {listing.fault}"
        yield _problem(out, ProblemKind.CORRUPT, message, remote, help=help_line)
    elif listing.entries is None:
        message = f"the directory object of {out.path} could not be read from `{remote}`"
        yield _problem(out, ProblemKind.UNKNOWN, message, remote)
    elif stored.size_bytes not in (None, listing.body_bytes):
        message = f"the directory object of {out.path} has {stored.size_bytes:,} bytes on `{remote}`, not {listing.body_bytes:,}"
        yield _problem(out, ProblemKind.WRONG_SIZE, message, remote, help=help_line)


def _sum_problems(out: Out, sizes: Sequence[int | None], remote: str) -> Iterator[Problem]:
    if out.nfiles is not None and out.nfiles != len(sizes):
        message = f"{out.path} has {len(sizes):,} files on `{remote}`, its pointer says {out.nfiles:,}"
        yield _problem(out, ProblemKind.WRONG_SIZE, message, remote)
    total = sum(size for size in sizes if size is not None)
    if out.size_bytes is not None and None not in sizes and total != out.size_bytes:
        message = (
            f"the files of {out.path} have {total:,} bytes together on `{remote}`, the pointer says {out.size_bytes:,}: "
            "at least one is cut or changed"
        )
        yield _problem(out, ProblemKind.WRONG_SIZE, message, remote, help=_replace(out, remote))


def _push(remote: str) -> str:
    return f"dvc push -r {remote}"


def _replace(out: Out, remote: str) -> str:
    """`dvc push` takes what lies under a directory object, or under a name, for right: that has to go first."""
    target = out.path if out.stage else out.pointer
    return f"delete {out.oid} from the store of `{remote}`, then: dvc push -r {remote} {target}"


def _problem(
    out: Out, kind: ProblemKind, message: str, remote: str, *, need: Need | None = None, help: str | None = None
) -> Problem:
    return Problem(
        severity=Verdict.UNKNOWN if kind is ProblemKind.UNKNOWN else Verdict.FAILED,
        kind=kind,
        path=need.path if need else out.path,
        pointer=out.pointer,
        message=message,
        oid=need.key.oid if need else out.oid,
        remote=remote,
        size_bytes=need.size_bytes if need else None,
        help=help,
    )
