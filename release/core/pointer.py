"""Pointers: outs, objects, directory listings, safe paths, and changes between two commits."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Collection, Iterable
from enum import Enum

from msgspec import MsgspecError, Struct, convert, field
from msgspec.json import Decoder

from release.core.check import Change
from release.core.limits import MAX_LISTING_ENTRIES
from release.core.text import size

PIPELINE, LOCK = "dvc.yaml", "dvc.lock"
POINTER_NAMES = ("*.dvc", PIPELINE, LOCK)  # as patterns


def is_stage_file(path: str) -> bool:
    """Return whether DVC reads a file as a stage, not as data or a dependency (`dvc.dvcfile.is_valid_filename`)."""
    return path.endswith(".dvc") or path[path.rfind("/") + 1 :] == PIPELINE


def is_pointer(path: str) -> bool:
    """Return whether a file says which data a commit has: a `.dvc` file, dvc.yaml or dvc.lock.

    A path whose last part is `.dvc` is DVC's folder, or a file that is in its way.
    """
    name = path[path.rfind("/") + 1 :]
    return name == LOCK or (is_stage_file(name) and name != ".dvc")


def pipeline_of(lock: str) -> str:
    """Return the path of the dvc.yaml that belongs to a dvc.lock."""
    return f"{lock.removesuffix(LOCK)}{PIPELINE}"


def folders_above(path: str) -> list[str]:
    """Return the folders above a path, the nearest first, without the git root."""
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(len(parts) - 1, 0, -1)]


def lock_of(pipeline: str) -> str:
    """Return the path of the dvc.lock that belongs to a dvc.yaml."""
    return f"{pipeline.removesuffix(PIPELINE)}{LOCK}"


class Layout(Enum):
    """Layouts of objects below the remote's root."""

    MD5 = "md5"  # files/md5/xx/yyyy, DVC 3
    LEGACY = "legacy"  # xx/yyyy, DVC 2 and older (md5-dos2unix)
    VERSION = "version"  # the plain path, with a version id (cloud-versioned remotes)


class ObjectKey(Struct, frozen=True, order=True, gc=False):  # there may be millions; six times as fast as a tuple
    """One object on one remote; `oid` keeps the `.dir` suffix of directory objects.

    `remote` is the identity of the store (its resolved URL without secrets), not its name: two names of one store are
    one. `layout` is the value of `Layout`.
    """

    remote: str
    layout: str
    oid: str

    @property
    def is_dir(self) -> bool:
        """True if the object is a directory listing."""
        return self.oid.endswith(".dir")


class Stored(Struct, frozen=True, kw_only=True, gc=False):
    """Facts about an object on a store: the store's report without reading its bytes, or, with `read`, from its bytes.

    `md5` (hex) is evidence of the content if the store gives any (a single-part S3 ETag), else None; for
    bytes that were read it is the hash by which DVC names them. `archived` is a storage class whose
    objects cannot be read at once, else None. `unread` is the reason why the bytes could not be read when they were
    asked for, else None.
    """

    size_bytes: int | None
    md5: str | None = None
    archived: str | None = None
    unread: str | None = None
    read: bool = False


class CloudEntry(Struct, frozen=True, kw_only=True):
    """A file on a cloud-versioned remote: `relpath` is "" for a single file."""

    relpath: str
    remote_name: str | None
    version_id: str | None
    md5: str | None
    size_bytes: int | None


class Origin(Enum):
    """Origin of an out's bytes."""

    OWN = "own"
    IMPORT = "import"  # dvc import: another repository
    IMPORT_URL = "import-url"  # dvc import-url --no-download or version-aware: another URL


class DeclaredOut(Struct, frozen=True, kw_only=True):
    """An out as a dvc.yaml declares it: `path` as written, relative to the working folder of its stage."""

    path: str
    cache: bool = True
    push: bool = True
    remote: str | None = None


class Recorded(DeclaredOut, frozen=True, kw_only=True):
    """An out or dependency as a `.dvc` file or a dvc.lock records it.

    `oid` is None if none is recorded. `hash_name` is "md5", or what the pointer names; `layout` is LEGACY if it names
    none. `size_bytes` (for a directory the sum of its files) and `nfiles` are None if not recorded. `isexec`: it is an
    executable file. Dependencies of imports have their `cloud` version, too.
    """

    oid: str | None = None
    hash_name: str = "md5"
    layout: Layout = Layout.MD5
    size_bytes: int | None = None
    nfiles: int | None = None
    isexec: bool = False
    cloud: tuple[CloudEntry, ...] = ()


class Out(Recorded, frozen=True, kw_only=True):
    """One out of a commit.

    `path` is relative to the git root, with `/`. `pointer` is the file that declares it (`model.pt.dvc`, `dvc.lock`),
    relative to the git root; `stage` the name in dvc.yaml (None for a `.dvc` file). `frozen`: `dvc repro` skips its
    stage. `subrepo` is the folder (relative to the git root) of the nearest .dvc/config; "" for the root.
    """

    pointer: str
    stage: str | None = None
    origin: Origin = Origin.OWN
    frozen: bool = False
    subrepo: str = ""

    @property
    def is_dir(self) -> bool:
        """True if the out is a directory."""
        return self.oid is not None and self.oid.endswith(".dir")


class PointerChange(Struct, frozen=True, kw_only=True):
    """A model or data pointer that differs between two commits; sizes in bytes, None if unknown."""

    path: str
    parent: str | None  # the directory out that the file is in, for changes inside directories
    change: Change
    before_oid: str | None
    after_oid: str | None
    before_size_bytes: int | None
    after_size_bytes: int | None

    def sides(self, unknown: str = "?") -> tuple[str, str]:
        """Return both sizes as text; if they look the same, each with a short object id: the change must be visible."""
        sizes = self.before_size_bytes, self.after_size_bytes
        before, after = (unknown if each is None else size(each) for each in sizes)
        if before != after or self.change is not Change.CHANGED or not (self.before_oid and self.after_oid):
            return before, after
        return f"{before} ({self.before_oid[:7]})", f"{after} ({self.after_oid[:7]})"


# Rule for paths where DVC, and every command here, may write or delete data.

_RESERVED = re.compile(r"[/\\](?:\.(git|dvc|hg)|(git|dvc|hg)~1)[ .]*[/\\:]", re.IGNORECASE)
_NO_NAME = re.compile(r"/\.{0,2}/|[/\\]\.\.[/\\]")  # an empty part, `.` or `..`; Windows takes `\` for `/`
_MOST_NAME_BYTES = 255  # of one part, on every file system that DVC meets
_NAMES = {"g": ".git", "d": ".dvc", "h": ".hg"}
_USUAL = re.compile(
    r"(?!.{256})[A-Za-z0-9_-][A-Za-z0-9_. -]*(?:/[A-Za-z0-9_-][A-Za-z0-9_. -]*)*"
)  # surely safe, and quickly


def why_unsafe(path: str) -> str | None:
    """Return the reason why no data may be at a path (with `/`) below a folder, None if it may."""
    try:
        text = f"/{_as_disks_see_it(path)}/"
    except UnicodeEncodeError:
        return "it is not text that can name a file"
    if "\0" in text:
        return "it has a NUL in it"
    if text.startswith("//"):
        return "it is absolute" if path else "it is empty"
    if _NO_NAME.search(text):
        return "it has an empty part, `.` or `..` in it"
    if any(len(part) > _MOST_NAME_BYTES for part in path.encode("utf-8", "surrogateescape").split(b"/")):
        return f"a part of it has more than {_MOST_NAME_BYTES} bytes"
    folder = reserved_folder(path)
    return None if folder is None else f"a part of it is {folder}, where no data may be"


def reserved_folder(path: str) -> str | None:
    """Return which of `.git`, `.dvc` and `.hg` a path goes into, in whatever spelling; None if into none."""
    found = _RESERVED.search(f"/{_as_disks_see_it(path)}/")
    return None if found is None else _NAMES[(found[1] or found[2])[0].lower()]


def first_unsafe(paths: Iterable[str]) -> str | None:
    """Return the first unsafe path, None if all are safe."""
    odd = (path for path in paths if _USUAL.fullmatch(path) is None)
    return next((path for path in odd if why_unsafe(path) is not None), None)


def _as_disks_see_it(path: str) -> str:
    """Return the path as file systems compare it; like HFS+ it drops invisible characters (category Cf).

    Raises UnicodeEncodeError if it is not text.
    """
    if path.isascii():
        return path
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    for char in set(text):
        if unicodedata.category(char) == "Cf":
            text = text.replace(char, "")
    return unicodedata.normalize("NFKC", text)


# Parser of directory objects: bytes -> files, or BadListing

_MD5S = re.compile(r"[0-9a-f]*")
_MD5_LENGTH = 32
_MOST_CONVERTED = 100_000_000  # bytes that the slow reader takes


class BadListing(ValueError):
    """A directory object with the wrong content; the message says why."""


class TooManyEntries(BadListing):
    """A listing with more files than the limit; it may be valid."""


class UnsafeListing(BadListing):
    """A listing that names a file at an unsafe path."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"it names {path!r}")


class Entry(Struct, frozen=True, order=True, gc=False, forbid_unknown_fields=True):
    """A file of a directory: path below it, and oid. DVC fails at other keys than these two."""

    relpath: str
    oid: str = field(name="md5")


_DECODER = Decoder(tuple[Entry, ...])


def parse_listing(data: bytes, oid: str) -> tuple[Entry, ...]:
    """Return the files of a directory object, each at a path that is safe to write.

    Raises BadListing if the bytes do not hash to `oid` or are not a listing, UnsafeListing for an unsafe path,
    TooManyEntries for more files than the limit. Those are counted before parsing: each entry has a `}`, names rarely
    do.
    """
    if data.count(b"}") > MAX_LISTING_ENTRIES:
        raise TooManyEntries(f"it has more than {MAX_LISTING_ENTRIES:,} files")
    found = hashlib.md5(data, usedforsecurity=False).hexdigest() + ".dir"
    if found != oid:
        raise BadListing(f"its content is {found}")
    entries = _entries(data)
    paths = [entry.relpath for entry in entries]
    if len(set(paths)) != len(paths):
        raise BadListing("it names a file twice")
    unsafe = first_unsafe(paths)
    if unsafe is not None:
        raise UnsafeListing(unsafe)
    if not _folders(paths).isdisjoint(paths):
        raise BadListing("it has a path as a file and as a folder")
    return entries


def _folders(paths: Iterable[str]) -> set[str]:
    """Return every folder above the paths."""
    found: set[str] = set()
    level = {path.rpartition("/")[0] for path in paths}
    while level := level - found - {""}:
        found |= level
        level = {path.rpartition("/")[0] for path in level}
    return found


def _entries(data: bytes) -> tuple[Entry, ...]:
    try:
        entries = _DECODER.decode(data)
    except (MsgspecError, ValueError, RecursionError) as error:  # before msgspec 0.20 its errors are not ValueErrors
        if len(data) > _MOST_CONVERTED:
            raise BadListing(str(error)) from None
        entries = _converted(data)  # a name that is not UTF-8, or an error
    if not _MD5S.fullmatch("".join(entry.oid for entry in entries)) or any(
        len(entry.oid) != _MD5_LENGTH for entry in entries
    ):
        raise BadListing("an entry has no valid md5")
    return entries


def _converted(data: bytes) -> tuple[Entry, ...]:
    try:
        return convert(json.loads(data.decode()), tuple[Entry, ...])  # DVC fails at UTF-16 and at a byte order mark
    except (MsgspecError, ValueError, RecursionError):
        raise BadListing("it is not a list of files with path and md5") from None


def listing_oid(entries: Iterable[Entry]) -> str:
    """Return the oid of the directory object that DVC writes for these files."""
    listed = [{"md5": entry.oid, "relpath": entry.relpath} for entry in sorted(entries)]
    return hashlib.md5(json.dumps(listed, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + ".dir"


# Comparison of the models and data of two commits


def pointer_changes(before: Collection[Out], after: Collection[Out]) -> tuple[PointerChange, ...]:
    """Return the outs whose (path, oid) differs, by path.

    A cloud-versioned out without an md5 of its own is compared by the md5s of its files. An out that two pointers name
    counts once.
    """
    old, new = ({out.path: out for out in outs} for outs in (before, after))
    changes = []
    for path in sorted(old.keys() | new.keys()):
        was, now = old.get(path), new.get(path)
        if was is None or now is None or _content(was) != _content(now):
            changes.append(_change(path, was, now))
    return tuple(changes)


def _content(out: Out) -> tuple[object, ...]:
    return (out.oid,) if out.oid is not None else tuple((entry.relpath, entry.md5) for entry in out.cloud)


def _change(path: str, was: Out | None, now: Out | None) -> PointerChange:
    return PointerChange(
        path=path,
        parent=None,
        change=Change.ADDED if was is None else Change.REMOVED if now is None else Change.CHANGED,
        before_oid=was.oid if was else None,
        after_oid=now.oid if now else None,
        before_size_bytes=was.size_bytes if was else None,
        after_size_bytes=now.size_bytes if now else None,
    )
