"""Metric and parameter files that DVC tracks, mapped to the objects that hold them; pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from release.core.limits import MAX_DOCUMENT_BYTES
from release.core.metrics.file import FOLDER_SUFFIXES, parse_values
from release.core.metrics.metric import Lack, ValueFile
from release.core.numbers import size
from release.core.pointers.dir_listing import Entry
from release.core.pointers.pointer import Layout, Origin, Out

MAX_FILES = 1_000  # limit per directory: more is data, not metrics


class CachedObject(Struct, frozen=True, kw_only=True):
    """An object to read.

    `oid` is the MD5 (hex) of its content (with `.dir`), `layout` that of the cache. `store_oid` is its name on the
    remote, `store_layout` the layout there; both differ on cloud-versioned remotes.
    """

    out: Out
    layout: Layout
    oid: str
    store_layout: Layout
    store_oid: str
    size_bytes: int | None = None


class Unread(Struct, frozen=True, kw_only=True):
    """An object that could not be read: the reason, as one clause, and its kind."""

    reason: str
    lack: Lack


class CachedName(Struct, frozen=True, kw_only=True):
    """A wanted path with a matching out: the same path, a directory above it, or an out below it.

    `inside` is the part below a directory out. `whole`: every readable file of the directory is wanted.
    """

    path: str
    out: Out
    inside: str = ""
    whole: bool = False

    @property
    def listed(self) -> bool:
        """True if a directory object maps the path to its object."""
        return self.out.is_dir


def cached_names(paths: Iterable[str], outs: Sequence[Out]) -> Iterator[tuple[str, CachedName]]:
    """Yield each wanted path with the outs that hold it; nothing for a path that no out has."""
    cached = [out for out in outs if out.cache]
    at: dict[str, list[int]] = {}
    for number, out in enumerate(cached):
        at.setdefault(out.path, []).append(number)
    names = sorted(at)
    for path in dict.fromkeys(paths):
        near = [path, *_folders_above(path), *_names_below(f"{path}/", names)]
        for number in sorted(number for name in near for number in at.get(name, ())):
            name = _name_in(path, cached[number])
            if name is not None:
                yield path, name


def _folders_above(path: str) -> Iterator[str]:
    end = path.rfind("/")
    while end > 0:
        yield path[:end]
        end = path.rfind("/", 0, end)


def _names_below(folder: str, names: Sequence[str]) -> Iterator[str]:
    """Yield the sorted names that begin with `folder`."""
    at = bisect_left(names, folder)
    while at < len(names) and names[at].startswith(folder):
        yield names[at]
        at += 1


def _name_in(path: str, out: Out) -> CachedName | None:
    folder = out.is_dir or any(entry.relpath for entry in out.cloud)
    if out.path == path:
        return CachedName(path=path, out=out, whole=folder)
    if folder and path.startswith(f"{out.path}/"):
        return CachedName(path=path, out=out, inside=path[len(out.path) + 1 :])
    if out.path.startswith(f"{path}/") and (folder or out.path.lower().endswith(FOLDER_SUFFIXES)):
        return CachedName(path=out.path, out=out, whole=folder)
    return None


def objects_of(name: CachedName, entries: Sequence[Entry] | None) -> Iterator[tuple[str, CachedObject | Unread]]:
    """Yield the files of a name by path; `entries` are those of its directory object (None: it has none)."""
    out = name.out
    if out.hash_name != "md5":
        yield name.path, Unread(reason=f"its pointer has a {out.hash_name} hash, not MD5", lack=Lack.FOREIGN)
    elif out.cloud:
        yield from _versioned(name)
    elif out.oid is None:
        foreign = out.origin is not Origin.OWN
        reason = "its pointer has no hash: it is fetched from elsewhere" if foreign else "its pointer has no hash"
        yield name.path, Unread(reason=reason, lack=Lack.FOREIGN if foreign else Lack.MISSING)
    elif entries is None:
        yield name.path, _object(out, out.oid, out.size_bytes)
    else:
        yield from _listed(name, entries)


def directory_of(out: Out) -> CachedObject | None:
    """Return the directory object of an out, None if it needs none."""
    if not out.is_dir or out.oid is None or out.cloud or out.hash_name != "md5":
        return None
    return _object(out, out.oid, None)


def value_file(path: str, read: bytes | Unread, *, foreign: bool) -> ValueFile:
    """Return the file's values, or the problem. Bytes of `foreign` files are not part of the tag's metric digest."""
    if isinstance(read, Unread):
        return ValueFile(path=path, problem=read.reason, kept=True, lack=read.lack)
    found = parse_values(path, read)
    return ValueFile(
        path=path,
        values=found.values,
        sha256="" if foreign else found.sha256,
        problem=found.problem,
        kept=True,
    )


def _versioned(name: CachedName) -> Iterator[tuple[str, CachedObject | Unread]]:
    """Yield files on a cloud-versioned remote, where an object's name is its path, NUL, and the version id."""
    out = name.out
    base = out.path.removeprefix(f"{out.subrepo}/") if out.subrepo else out.path
    found: list[tuple[str, CachedObject | Unread]] = []
    for entry in out.cloud:
        path = f"{out.path}/{entry.relpath}" if entry.relpath else out.path
        if not _is_meant(name, entry.relpath):
            continue
        if entry.md5 is None or entry.version_id is None:
            found.append((path, Unread(reason="its pointer has no version id, or no hash", lack=Lack.MISSING)))
            continue
        below = f"{base}/{entry.relpath}" if entry.relpath else base
        one = CachedObject(
            out=out,
            layout=Layout.MD5,
            oid=entry.md5,
            store_layout=Layout.VERSION,
            store_oid=f"{below}\0{entry.version_id}",
            size_bytes=entry.size_bytes,
        )
        found.append((path, one))
    yield from found or [(name.path, _absent(name))]


def _listed(name: CachedName, entries: Sequence[Entry]) -> Iterator[tuple[str, CachedObject | Unread]]:
    meant = [entry for entry in entries if _is_meant(name, entry.relpath)]
    if len(meant) > MAX_FILES:
        reason = f"it is a directory of {len(meant)} files, and {MAX_FILES} are the most that are read"
        yield name.path, Unread(reason=reason, lack=Lack.FOREIGN)
        return
    for entry in meant:
        yield f"{name.out.path}/{entry.relpath}", _object(name.out, entry.oid, None)
    if not meant and not name.whole:
        yield name.path, _absent(name)


def _is_meant(name: CachedName, relpath: str) -> bool:
    if relpath == name.inside:
        return True
    below = name.whole or bool(name.inside)
    start = f"{name.inside}/" if name.inside else ""
    return below and relpath.startswith(start) and relpath.lower().endswith(FOLDER_SUFFIXES)


def _absent(name: CachedName) -> Unread:
    return Unread(reason=f"the tracked directory {name.out.path} has no such file", lack=Lack.MISSING)


def _object(out: Out, oid: str, size_bytes: int | None) -> CachedObject:
    return CachedObject(
        out=out, layout=out.layout, oid=oid, store_layout=out.layout, store_oid=oid, size_bytes=size_bytes
    )


def too_large(size_bytes: int, limit: int = MAX_DOCUMENT_BYTES) -> Unread:
    """Return the reason for an object that exceeds the size limit of files with values."""
    return Unread(reason=f"it has {size(size_bytes)}, and {size(limit)} is the most that is read", lack=Lack.FOREIGN)
