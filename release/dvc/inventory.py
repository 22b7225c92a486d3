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
from release.dvc.store import StoreFailed, object_path
from release.dvc.stores import CachedStore, Store, Stores
from release.errors import DataMissing, ReleaseError
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

    def path_of(self, key: ObjectKey) -> Path:
        """Return the path of an object, whether it exists or not."""
        return self.folder / object_path(key.layout, key.oid)

    def keep(self, key: ObjectKey, data: bytes) -> None:
        """Store an object."""
        self.write(self.path_of(key), data)

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
_NOT_HERE = "DVC's cache does not have it"

_Roots = Mapping[str, bytes]  # the `.dvc/config` of each DVC root of a commit
_Pointed = tuple[CachedObject, _Roots]


class SmallObjects:
    """Reader of small objects; each distinct one is read once. With `ask` False, no remote is contacted."""

    def __init__(self, settings: DvcSettings, *, ask: bool) -> None:
        self._stores = Stores(settings, _LIMITS)
        self._memory = ObjectCache.of(settings.environment)
        self._ask = ask
        self._read: dict[ObjectKey, bytes] = {}  # by the key of the content
        self._unread: dict[tuple[ObjectKey, str], Unread] = {}  # separate for each remote that was queried

    def fetch(self, wanted: Iterable[_Pointed], on_progress: OnProgress = no_progress) -> None:
        """Read objects ahead; `read` reports those that are not available."""
        far: dict[tuple[ObjectKey, str], tuple[CachedObject, CachedStore]] = {}
        for one, roots in wanted:
            if one.content in self._read:
                continue
            near = self._near(one, roots)
            if isinstance(near, bytes):
                self._read[one.content] = near
                continue
            store = self._store_of(one.out, roots)
            key = one.content, "" if isinstance(store, Unread) else store.identity
            if near is not None:
                self._unread[key] = near
            elif isinstance(store, Unread):
                self._unread[key] = store
            elif key not in self._unread:
                far.setdefault(key, (one, store))
        if far:
            self._fetch_far(list(far.values()), on_progress)

    def read(self, one: CachedObject, roots: _Roots) -> bytes | Unread:
        """Return the bytes of an object, or why it is not available."""
        if one.content not in self._read:
            self.fetch([(one, roots)])
        if one.content in self._read:
            return self._read[one.content]
        store = self._store_of(one.out, roots)
        return self._unread[one.content, "" if isinstance(store, Unread) else store.identity]

    def _near(self, one: CachedObject, roots: _Roots) -> bytes | Unread | None:
        """Return an object from this machine, or Unread if it is too large; None if there is no complete copy."""
        limit, size_bytes = _limit(one), one.need.size_bytes
        if size_bytes is not None and size_bytes > limit:
            return too_large(size_bytes, limit)
        kept = [self._memory.path_of(one.content)] if self._memory else []
        for path in (*self._stores.cache(roots).places(one.content), *kept):
            with suppress(OSError):
                data = read_regular(path, limit)
                if _is_whole(data, one.content):
                    return data
        return None

    def _store_of(self, out: Out, roots: _Roots) -> CachedStore | Unread:
        if out.origin is not Origin.OWN:
            return Unread(reason=f"it is imported from elsewhere, and {_NOT_HERE}", cause=UnreadCause.FOREIGN)
        if not self._ask:
            return Unread(reason=f"{_NOT_HERE}, and no remote was asked", cause=UnreadCause.SKIPPED)
        try:
            remote = self._stores.remote_of(out, roots.get(out.subrepo, b""))
        except (BadDvcConfig, BadDvcSettings) as error:
            return Unread(reason=f"{_NOT_HERE}, and DVC's settings: {error}", cause=UnreadCause.UNKNOWN)
        if remote is None:
            return Unread(reason=f"{_NOT_HERE}, and no remote is configured", cause=UnreadCause.MISSING)
        return self._stores.open(remote)

    def _fetch_far(self, wanted: Collection[tuple[CachedObject, CachedStore]], on_progress: OnProgress) -> None:
        from concurrent.futures import ThreadPoolExecutor  # needed only for objects that are on a remote alone

        pool = ThreadPoolExecutor(min(_WORKERS, len(wanted)), "numbers")
        try:
            found = pool.map(lambda each: _fetched(*each), wanted)
            for done, ((one, store), data) in enumerate(zip(wanted, found, strict=True), 1):
                on_progress("reading metrics from the remote", done, len(wanted))
                if isinstance(data, Unread):
                    self._unread[one.content, store.identity] = data
                    continue
                self._read[one.content] = data
                if self._memory is not None:
                    self._memory.keep(one.content, data)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            self._stores.close()


def _fetched(one: CachedObject, asked: CachedStore) -> bytes | Unread:
    if asked.trouble is None and asked.store is not None:
        try:
            return _downloaded(one, asked.store)
        except ReleaseError as error:  # spares other objects of this remote the wait
            asked.trouble = error
    reason = asked.trouble.message if asked.trouble is not None else f"remote `{asked.remote.name}` cannot be opened"
    return Unread(reason=reason, cause=UnreadCause.UNKNOWN)


def _downloaded(one: CachedObject, store: Store) -> bytes | Unread:
    """Download an object; returns Unread if the store does not have it, raises its other errors."""
    limit, data, until, oid = _limit(one), bytearray(), time.monotonic() + _PATIENCE_S, one.content.oid
    try:
        for piece in store.stream(replace(one.need.key, remote=store.identity)):
            data += piece
            if len(data) > limit:
                return too_large(len(data), limit)
            if time.monotonic() > until:
                raise StoreFailed(f"remote `{store.name}` did not send {oid} within {_PATIENCE_S:.0f} s")
    except DataMissing:
        reason = f"neither DVC's cache nor remote `{store.name}` has {oid}"
        return Unread(reason=reason, cause=UnreadCause.MISSING)
    if not _is_whole(bytes(data), one.content):
        reason = f"its content on remote `{store.name}` is not what the pointer says ({oid})"
        return Unread(reason=reason, cause=UnreadCause.CORRUPT)
    return bytes(data)


def _limit(one: CachedObject) -> int:
    return MAX_METRICS_LISTING_BYTES if one.content.is_dir else MAX_DOCUMENT_BYTES


def _is_whole(data: bytes, key: ObjectKey) -> bool:
    """Return whether the content hashes to its name; a directory object is hashed as it is, in the old layout, too."""
    found = hash_pieces([data], Layout.MD5 if key.is_dir else Layout(key.layout), lambda _size: None)
    return found == key.oid.removesuffix(".dir")


# Metric files that DVC tracks, of many commits

_Files = dict[str, tuple[ValueFile, ...]]


class _WantedFile(Struct, frozen=True):
    """A requested path of a commit, the out that it belongs to, and the `.dvc/config` of the commit's DVC roots."""

    commit: str
    path: str
    name: CachedName
    roots: _Roots


class CachedFiles:
    """Reader of metric files by the pointers of commits. Information that two commits share is read and parsed once."""

    def __init__(self, settings: DvcSettings, *, ask: bool, on_progress: OnProgress) -> None:
        self._small = SmallObjects(settings, ask=ask)
        self._on_progress = on_progress
        self._parsed: dict[tuple[str, ObjectKey, bool], ValueFile] = {}
        self._listings: dict[str, tuple[Entry, ...] | Unread] = {}

    def read(self, objects: Objects, wanted: Mapping[str, Sequence[str]], config: Config) -> dict[str, _Files]:
        """Return for each commit its requested paths that DVC tracks, with the files of each path."""
        wishes = list(_wanted_files(objects, wanted, config))
        bodies = [(body, wish.roots) for wish in wishes if (body := directory_of(wish.name.out)) is not None]
        self._small.fetch(bodies, self._on_progress)
        contents = [(wish, file, one) for wish in wishes for file, one in self._contents(wish)]
        files = [(one, wish.roots) for wish, _, one in contents if not isinstance(one, Unread)]
        self._small.fetch(files, self._on_progress)
        found: dict[str, _Files] = {commit: {} for commit in wanted}
        for wish, file, one in contents:
            here = found[wish.commit]
            here[wish.path] = (*here.get(wish.path, ()), self._value(file, one, wish.roots, config))
        return found

    def _contents(self, wish: _WantedFile) -> Iterable[tuple[str, CachedObject | Unread]]:
        body = directory_of(wish.name.out)
        entries = None if body is None else self._listing(body, wish.roots)
        return [(wish.name.path, entries)] if isinstance(entries, Unread) else objects_of(wish.name, entries)

    def _listing(self, body: CachedObject, roots: _Roots) -> tuple[Entry, ...] | Unread:
        oid = body.content.oid
        if oid not in self._listings:
            data = self._small.read(body, roots)
            if isinstance(data, Unread):
                return data  # another revision may name another remote
            try:
                self._listings[oid] = parse_listing(data, oid)
            except BadListing as error:
                self._listings[oid] = Unread(reason=f"its directory object {oid}: {error}", cause=UnreadCause.CORRUPT)
        return self._listings[oid]

    def _value(self, file: str, one: CachedObject | Unread, roots: _Roots, config: Config) -> ValueFile:
        if isinstance(one, Unread):
            return value_file(file, one, foreign=True)
        key = (file, one.content, _is_foreign(one.out, config))
        if key not in self._parsed:
            read = self._small.read(one, roots)
            if isinstance(read, Unread):
                return value_file(file, read, foreign=key[2])
            self._parsed[key] = value_file(file, read, foreign=key[2])
        return self._parsed[key]


def _wanted_files(objects: Objects, wanted: Mapping[str, Sequence[str]], config: Config) -> Iterator[_WantedFile]:
    everything = replace(config, audit=replace(config.audit, exclude=()))
    reader = PointerReader(objects)
    reader.prefetch(list(wanted), everything)
    for commit, paths in wanted.items():
        with suppress(ObjectMissing):  # the commit is not complete here
            pointers = reader.read(commit, everything)
            yield from (_WantedFile(commit, *each, pointers.roots) for each in cached_names(paths, pointers.outs))


def _is_foreign(out: Out, config: Config) -> bool:
    """Return whether the audit does not prove that others can get the bytes."""
    inside = out.path.removeprefix(f"{config.folder}/") if config.folder else out.path
    return out.origin is not Origin.OWN or not out.push or matches_any(inside, config.audit.exclude)
