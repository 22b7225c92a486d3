"""Local inventory of a commit's objects: lists and sizes in DVC's cache, lists downloaded earlier.

Contacts no remote, and reads no content but lists.
"""

from __future__ import annotations

import time

from release.adapters.dvc.cache import LocalCache
from release.adapters.dvc.config import BadDvcSettings, DvcSettings
from release.adapters.dvc.config_text import BadConfig
from release.adapters.dvc.object_memory import ObjectCache
from release.adapters.dvc.stores import Stores
from release.core.audit.held import Known, joined, known_of_directory, known_of_file, known_of_versions
from release.core.audit.rules import Directory, Need, needs_on
from release.core.check import Verdict
from release.core.pointers.pointer import ObjectKey, Out
from release.core.pointers.pointer_set import PointerSet
from release.core.pointers.rules import is_wanted, verdict_of

_AT_ONCE = 2_000


class Inventory:
    """Local inventory for a whole command: reads each list once, looks up each object once."""

    def __init__(self, settings: DvcSettings, *, patience_s: float = 2.0) -> None:
        self._stores = Stores(settings)
        self._patience_s = patience_s  # per directory: the cache may be on a network
        memory = ObjectCache.of(settings.environment)
        self._given = LocalCache([] if memory is None else [memory.folder])  # it has the layout of a cache
        self._listings: dict[ObjectKey, Directory] = {}
        self._whole: dict[tuple[int, tuple[tuple[str, bytes], ...]], tuple[PointerSet, Known]] = {}
        self._parts: dict[tuple[int, bytes, int], tuple[Out, Known]] = {}

    def of(self, pointers: PointerSet) -> Known:
        """Return what is known of all objects that the commit needs; the kinds of its remotes decide which."""
        if verdict_of(pointers.problems) is not Verdict.OK:
            return Known(fault="something is wrong with its pointers")
        same = (id(pointers.outs), tuple(pointers.roots.items()))  # commits with the same outs share the tuple, too
        if same not in self._whole:
            self._whole[same] = (pointers, self._of_outs(pointers))
        return self._whole[same][1]

    def _of_outs(self, pointers: PointerSet) -> Known:
        cache = self._stores.cache(pointers.roots)
        parts = []
        for out in filter(is_wanted, pointers.outs):
            key = (id(out), pointers.roots[out.subrepo], id(cache))
            if key not in self._parts:
                self._parts[key] = (out, self._of_out(out, key[1], cache))  # keeps the out alive, and so its id
            parts.append(self._parts[key][1])
        fault = next((part.fault for part in parts if part.fault is not None), None)
        return Known(fault=fault) if fault is not None else joined(parts)

    def _of_out(self, out: Out, config: bytes, cache: LocalCache) -> Known:
        try:
            remote = self._stores.remote_of(out, config)
        except (BadConfig, BadDvcSettings) as error:
            return Known(fault=f"DVC's settings: {error}")
        if remote is None:
            return Known(fault=f"{out.path} has no remote")
        place = f"{out.subrepo}\0{remote.name}"
        if remote.version_aware:
            return known_of_versions(needs_on(out, place, version_aware=True, entries=()))
        if out.oid is None:
            return Known(fault=f"{out.path} has version ids, and `{remote.name}` keeps no versions")
        if not out.is_dir:
            (need,) = needs_on(out, place, version_aware=False, entries=())
            return known_of_file(out, need, cache.sizes([need.key]).get(need.key))
        return self._of_directory(out, place, cache)

    def _of_directory(self, out: Out, place: str, cache: LocalCache) -> Known:
        listing = self._listing(ObjectKey("", out.layout.value, out.oid or ""), cache)
        wanted: list[Need] = needs_on(out, place, version_aware=False, entries=listing.entries or ())
        if listing.entries is None:
            return Known(sizes={wanted[0].key: None}, unlisted=(out.path,))
        here: dict[ObjectKey, int] = {}
        until = time.monotonic() + self._patience_s
        for start in range(1, len(wanted), _AT_ONCE):
            if time.monotonic() > until:
                return Known(fault=f"DVC's cache is too slow to tell all sizes in {out.path}")
            here |= cache.sizes([need.key for need in wanted[start : start + _AT_ONCE]])
        return known_of_directory(out, wanted, listing.body_bytes or 0, here)

    def _listing(self, key: ObjectKey, cache: LocalCache) -> Directory:
        """Return a list from the cache or an earlier download; its name is its hash, so both are certain."""
        if key not in self._listings:
            found = cache.directory(key)
            self._listings[key] = found if found.entries is not None else self._given.directory(key)
        return self._listings[key]
