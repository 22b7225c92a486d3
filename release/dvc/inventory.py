"""Objects that this machine has, small objects read from a remote, and metric files among them."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from release.core.config import Config
from release.core.limits import MAX_DOCUMENT_BYTES, MAX_METRICS_LISTING_BYTES
from release.core.locate import PointerSet
from release.core.matching import matches_any
from release.core.metric_files import (
    CachedName,
    CachedObject,
    Unread,
    cached_names,
    directory_of,
    objects_of,
    too_large,
    value_file,
)
from release.core.metrics import UnreadCause, ValueFile
from release.core.pointer import BadListing, Entry, Layout, ObjectKey, Origin, Out, parse_listing
from release.core.text import OnProgress, no_progress
from release.dvc.backend import Limits
from release.dvc.contents import hash_pieces
from release.dvc.dvc_config import BadDvcConfig, BadDvcSettings, DvcSettings
from release.dvc.pointers import PointerReader
from release.dvc.store import object_path
from release.dvc.stores import CachedStore, Stores
from release.errors import DataMissing, ReleaseError, Unknown
from release.git.objects import ObjectMissing, Objects
from release.system.files import read_regular


class ObjectCache(Struct, frozen=True):
    """A folder of objects with the layout of a DVC remote. A failed write is no error: the object is not cached."""

    folder: Path

    @staticmethod
    def of(environment: Mapping[str, str]) -> ObjectCache | None:
        """Return the user's cache; None if there is no home."""
        base, home = environment.get("XDG_CACHE_HOME", "").strip(), environment.get("HOME", "").strip()
        if not base and not home:
            return None
        usual = Path(home, "Library/Caches") if sys.platform == "darwin" else Path(home, ".cache")
        return ObjectCache(Path(base) / "dvc-release" if base else usual / "dvc-release")

    def path_of(self, layout: str, oid: str) -> Path:
        """Return the path of an object, whether it exists or not."""
        return self.folder / object_path(layout, oid)

    def keep(self, layout: str, oid: str, data: bytes) -> None:
        """Store an object."""
        self.write(self.path_of(layout, oid), data)

    @staticmethod
    def write(place: Path, data: bytes) -> None:
        """Write a file at once, readable by this user alone: the data may be secret to others."""
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, draft = tempfile.mkstemp(prefix=".draft-", dir=place.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                Path(draft).replace(place)
            except BaseException:
                with suppress(OSError):
                    Path(draft).unlink()
                raise


# Small objects read by pointer: from DVC's cache, earlier downloads, or the remote that the revision names

_LIMITS = Limits(connect_s=5, read_s=20, attempts=2)  # short limits: the user waits for these metrics
_PATIENCE_S = 60.0  # for one object, however slowly it arrives
_WORKERS = 8

_Name = tuple[str, str]  # layout in the cache, and oid


class Pointed(Struct, frozen=True):
    """An object, and the `.dvc/config` of each DVC root of the commit that points at it."""

    object: CachedObject
    roots: Mapping[str, bytes]


class SmallObjects:
    """Reader of small objects; each distinct one is read once. With `ask` False, no remote is contacted."""

    def __init__(self, settings: DvcSettings, *, ask: bool) -> None:
        self._stores = Stores(settings, _LIMITS)
        self._memory = ObjectCache.of(settings.environment)
        self._ask = ask
        self._read: dict[_Name, bytes] = {}
        self._unread: dict[tuple[_Name, str], Unread] = {}  # separate for each remote that was queried

    def fetch(self, wanted: Iterable[Pointed], on_progress: OnProgress = no_progress) -> None:
        """Read objects ahead; `read` reports those that are not available."""
        far: dict[tuple[_Name, str], tuple[Pointed, CachedStore]] = {}
        for one in wanted:
            name = _name(one.object)
            if name in self._read:
                continue
            near = self._near(one)
            if isinstance(near, bytes):
                self._read[name] = near
                continue
            remote = near if isinstance(near, Unread) else self._store_of(one)
            if isinstance(remote, Unread):
                self._unread[name, self._remote_name(one)] = remote
            elif (name, remote.identity) not in self._unread:
                far.setdefault((name, remote.identity), (one, remote))
        if far:
            self._fetch_far(list(far.values()), on_progress)

    def read(self, one: Pointed) -> bytes | Unread:
        """Return the bytes of an object, or why it is not available."""
        name = _name(one.object)
        if name not in self._read:
            self.fetch([one])
        if name in self._read:
            return self._read[name]
        return self._unread[name, self._remote_name(one)]

    def _near(self, one: Pointed) -> bytes | Unread | None:
        """Return an object from this machine, or Unread if it is too large; None if there is no complete copy."""
        wanted = one.object
        limit = _limit(wanted)
        if wanted.size_bytes is not None and wanted.size_bytes > limit:
            return too_large(wanted.size_bytes, limit)
        layout, oid = _name(wanted)
        kept = [self._memory.path_of(layout, oid)] if self._memory else []
        for path in (*self._stores.cache(one.roots).places(ObjectKey("", layout, oid)), *kept):
            data = _whole(path, wanted, limit)
            if data is not None:
                return data
        return None

    def _store_of(self, one: Pointed) -> CachedStore | Unread:
        out = one.object.out
        if out.origin is not Origin.OWN:
            return Unread(
                reason="it is imported from elsewhere, and DVC's cache does not have it", cause=UnreadCause.FOREIGN
            )
        if not self._ask:
            return Unread(reason="DVC's cache does not have it, and no remote was asked", cause=UnreadCause.SKIPPED)
        try:
            remote = self._stores.remote_of(out, one.roots.get(out.subrepo, b""))
        except (BadDvcConfig, BadDvcSettings) as error:
            return Unread(
                reason=f"DVC's cache does not have it, and DVC's settings: {error}", cause=UnreadCause.UNKNOWN
            )
        if remote is None:
            return Unread(reason="DVC's cache does not have it, and no remote is configured", cause=UnreadCause.MISSING)
        return self._stores.open(remote)

    def _remote_name(self, one: Pointed) -> str:
        found = self._store_of(one)
        return "" if isinstance(found, Unread) else found.identity

    def _fetch_far(self, wanted: Collection[tuple[Pointed, CachedStore]], on_progress: OnProgress) -> None:
        from concurrent.futures import ThreadPoolExecutor  # needed only for objects that are on a remote alone

        pool = ThreadPoolExecutor(min(_WORKERS, len(wanted)), "numbers")
        try:
            for done, (one, store, found) in enumerate(pool.map(lambda each: _fetched(*each), wanted), 1):
                on_progress("reading metrics from the remote", done, len(wanted))
                name = _name(one.object)
                if isinstance(found, Unread):
                    self._unread[name, store.identity] = found
                    continue
                self._read[name] = found
                if self._memory is not None:
                    self._memory.keep(*name, found)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            self._stores.close()


def _fetched(one: Pointed, asked: CachedStore) -> tuple[Pointed, CachedStore, bytes | Unread]:
    if asked.trouble is None and asked.store is not None:
        try:
            return one, asked, _downloaded(one.object, asked)
        except ReleaseError as error:  # spares other objects of this remote the wait
            asked.trouble = error
    reason = asked.trouble.message if asked.trouble is not None else f"remote `{asked.remote.name}` cannot be opened"
    return one, asked, Unread(reason=reason, cause=UnreadCause.UNKNOWN)


def _downloaded(wanted: CachedObject, asked: CachedStore) -> bytes | Unread:
    """Download an object; returns Unread if the store does not have it, raises its other errors."""
    store = asked.store
    assert store is not None
    limit, data, until = _limit(wanted), bytearray(), time.monotonic() + _PATIENCE_S
    try:
        for piece in store.stream(ObjectKey(store.identity, wanted.store_layout.value, wanted.store_oid)):
            data += piece
            if len(data) > limit:
                return too_large(len(data), limit)
            if time.monotonic() > until:
                raise Unknown(f"remote `{store.name}` did not send {wanted.oid} within {_PATIENCE_S:.0f} s")
    except DataMissing:
        return Unread(
            reason=f"neither DVC's cache nor remote `{store.name}` has {wanted.oid}", cause=UnreadCause.MISSING
        )
    if not _is_whole(bytes(data), wanted):
        reason = f"its content on remote `{store.name}` is not what the pointer says ({wanted.oid})"
        return Unread(reason=reason, cause=UnreadCause.CORRUPT)
    return bytes(data)


def _name(wanted: CachedObject) -> _Name:
    return wanted.layout.value, wanted.oid


def _limit(wanted: CachedObject) -> int:
    return MAX_METRICS_LISTING_BYTES if wanted.oid.endswith(".dir") else MAX_DOCUMENT_BYTES


def _whole(path: Path, wanted: CachedObject, limit: int) -> bytes | None:
    try:
        data = read_regular(path, limit)
    except OSError:
        return None
    return data if _is_whole(data, wanted) else None


def _is_whole(data: bytes, wanted: CachedObject) -> bool:
    """Return whether the content hashes to its name; a directory object is hashed as it is, in the old layout, too."""
    is_dir = wanted.oid.endswith(".dir")
    found = hash_pieces([data], Layout.MD5 if is_dir else wanted.layout, lambda _size: None)
    return found == wanted.oid.removesuffix(".dir")


# Metric files that DVC tracks, of many commits

_Files = dict[str, tuple[ValueFile, ...]]


class _WantedFile(Struct, frozen=True):
    """A requested path of a commit, the out that it belongs to, and the `.dvc/config` of the commit's DVC roots."""

    commit: str
    path: str
    name: CachedName
    roots: Mapping[str, bytes]


class _Content(Struct, frozen=True):
    """A file of a requested path, and the object with its bytes."""

    wish: _WantedFile
    file: str
    object: CachedObject | Unread


class CachedFiles:
    """Reader of metric files by the pointers of commits. Information that two commits share is read and parsed once."""

    def __init__(self, settings: DvcSettings, *, ask: bool, on_progress: OnProgress) -> None:
        self._small = SmallObjects(settings, ask=ask)
        self._on_progress = on_progress
        self._parsed: dict[tuple[str, str, str, bool], ValueFile] = {}
        self._listings: dict[str, tuple[Entry, ...] | Unread] = {}

    def read(self, objects: Objects, wanted: Mapping[str, Sequence[str]], config: Config) -> dict[str, _Files]:
        """Return for each commit its requested paths that DVC tracks, with the files of each path."""
        wishes = list(_wanted_files(objects, wanted, config))
        bodies = [(wish, body) for wish in wishes if (body := directory_of(wish.name.out)) is not None]
        self._fetch(Pointed(body, wish.roots) for wish, body in bodies)
        contents = [content for wish in wishes for content in self._contents(wish)]
        self._fetch(
            Pointed(content.object, content.wish.roots)
            for content in contents
            if not isinstance(content.object, Unread)
        )
        found: dict[str, _Files] = {commit: {} for commit in wanted}
        for content in contents:
            wish = content.wish
            here = found[wish.commit]
            here[wish.path] = (*here.get(wish.path, ()), self._value(content, config))
        return found

    def _fetch(self, wanted: Iterable[Pointed]) -> None:
        self._small.fetch(wanted, self._on_progress)

    def _contents(self, wish: _WantedFile) -> Iterator[_Content]:
        body = directory_of(wish.name.out)
        entries = None if body is None else self._listing(Pointed(body, wish.roots))
        if isinstance(entries, Unread):
            yield _Content(wish, wish.name.path, entries)
            return
        for file, one in objects_of(wish.name, entries):
            yield _Content(wish, file, one)

    def _listing(self, body: Pointed) -> tuple[Entry, ...] | Unread:
        oid = body.object.oid
        if oid not in self._listings:
            data = self._small.read(body)
            if isinstance(data, Unread):
                return data  # another revision may name another remote
            try:
                self._listings[oid] = parse_listing(data, oid)
            except BadListing as error:
                self._listings[oid] = Unread(reason=f"its directory object {oid}: {error}", cause=UnreadCause.CORRUPT)
        return self._listings[oid]

    def _value(self, content: _Content, config: Config) -> ValueFile:
        one = content.object
        if isinstance(one, Unread):
            return value_file(content.file, one, foreign=True)
        foreign = _is_foreign(one.out, config)
        key = (content.file, one.layout.value, one.oid, foreign)
        if key not in self._parsed:
            read = self._small.read(Pointed(one, content.wish.roots))
            if isinstance(read, Unread):
                return value_file(content.file, read, foreign=foreign)
            self._parsed[key] = value_file(content.file, read, foreign=foreign)
        return self._parsed[key]


def _wanted_files(objects: Objects, wanted: Mapping[str, Sequence[str]], config: Config) -> Iterator[_WantedFile]:
    everything = replace(config, audit=replace(config.audit, exclude=()))
    reader = PointerReader(objects)
    reader.prefetch(list(wanted), everything)
    for commit, paths in wanted.items():
        pointers = _pointers(reader, commit, everything)
        if pointers is not None:
            for path, name in cached_names(paths, pointers.outs):
                yield _WantedFile(commit, path, name, pointers.roots)


def _pointers(reader: PointerReader, commit: str, config: Config) -> PointerSet | None:
    try:
        return reader.read(commit, config)
    except ObjectMissing:
        return None


def _is_foreign(out: Out, config: Config) -> bool:
    """Return whether the audit does not prove that others can get the bytes."""
    inside = out.path.removeprefix(f"{config.folder}/") if config.folder else out.path
    return out.origin is not Origin.OWN or not out.push or matches_any(inside, config.audit.exclude)
