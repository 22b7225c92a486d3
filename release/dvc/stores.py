"""Opened stores and caches of a project."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from release.core.audit_rules import Directory, parse_directory
from release.core.limits import MAX_LISTING_BYTES
from release.core.pointer import Entry, ObjectKey, Out, Stored
from release.core.remotes import Pair
from release.core.text import OnProgress, no_progress
from release.dvc.dvc_config import BadDvcConfig, BadDvcSettings, Configs, DvcConfig, DvcSettings, RemoteSettings
from release.dvc.store import FolderStore, StoredTooLarge, object_path
from release.dvc.trust import untrusted
from release.errors import DataMissing, ReleaseError, Unknown
from release.system.files import read_regular

if TYPE_CHECKING:
    from release.dvc.backend import Limits
    from release.dvc.remote import CloudStore  # loaded only if a remote is no folder

Store: TypeAlias = "FolderStore | CloudStore"


def read_listing(store: Store, key: ObjectKey, cache: LocalCache) -> Directory:
    """Return the files of a directory object. Raises Unknown if the store could not be queried.

    A folder is always read itself, as that costs nothing. From another store the body is fetched only if the
    cache has none; the size and content that the store reports are compared with it later.
    """
    cached = cache.directory_body(key)
    if cached is not None and not isinstance(store, FolderStore):
        return parse_directory(cached, key.oid)
    try:
        found = parse_directory(store.read(key), key.oid)
    except DataMissing:
        found = Directory(entries=None)
    except StoredTooLarge as error:
        found = Directory(entries=None, unread=str(error))
    if cached is None or found.entries is not None or found.unsafe is not None:
        return found
    listing = parse_directory(cached, key.oid)
    if listing.unread is not None:
        return listing
    # What is too large on the store is smaller in the cache, so it is not the same object.
    return replace(listing, fault=found.fault or found.unread or listing.fault)


# DVC's local cache, read only: which objects this machine has, and verified contents of directory objects


class LocalCache:
    """The caches of a repository's DVC roots, searched in order."""

    def __init__(self, folders: Collection[Path]) -> None:
        self._folders = tuple(dict.fromkeys(folders))

    def places(self, key: ObjectKey) -> tuple[Path, ...]:
        """Return the path that an object has in each cache, whether it exists or not."""
        return tuple(folder / object_path(key.layout, key.oid) for folder in self._folders)

    def path_of(self, key: ObjectKey) -> Path | None:
        """Return the file of an object; None if no cache has it. Its content is not checked."""
        there = filter(os.path.isfile, self.places(key))  # False if the disk refuses the lookup, too
        return next(there, None)

    def listing(self, key: ObjectKey) -> tuple[Entry, ...] | None:
        """Return the files of a directory object; None if no cache has it whole."""
        body = self.directory_body(key)
        return None if body is None else parse_directory(body, key.oid).entries

    def directory_body(self, key: ObjectKey) -> bytes | None:
        """Return the bytes of a directory object if a cache has them complete (their MD5 is its name), else None."""
        for path in self.places(key):
            with suppress(OSError):
                data = read_regular(path, MAX_LISTING_BYTES)
                if hashlib.md5(data, usedforsecurity=False).hexdigest() + ".dir" == key.oid:
                    return data
        return None


# Stores that the outs need, each opened once and queried once per command


class CachedStore(Struct):
    """A store, the objects wanted of it and its answers; `trouble` is set if it could not be queried."""

    remote: RemoteSettings
    store: Store | None
    trouble: ReleaseError | None = None
    wanted: dict[ObjectKey, None] = field(default_factory=dict)
    found: Mapping[ObjectKey, Stored] = field(default_factory=dict)
    directories: dict[ObjectKey, Directory] = field(default_factory=dict)
    answered: int = 0  # so many of `wanted`, from its beginning, are answered

    @property
    def identity(self) -> str:
        """The key that distinguishes two stores."""
        return self.remote.name if self.store is None else self.store.identity

    def list_directory(self, key: ObjectKey, cache: LocalCache) -> Directory:
        """Return the files of a directory object, which is read once."""
        if key not in self.directories:
            self.directories[key] = Directory(entries=None)
            if self.store is not None and self.trouble is None:
                try:
                    self.directories[key] = read_listing(self.store, key, cache)
                except Unknown as error:
                    self.trouble = error
        return self.directories[key]

    def absent_folder(self) -> str | None:
        """Return the store's folder if it does not exist (disk not mounted, or nothing pushed yet), else None."""
        folder = self.remote.folder
        return None if folder is None or self.found or folder.is_dir() else str(folder)

    def ask(self, on_progress: OnProgress = no_progress) -> None:
        """Query at once everything wanted that was not queried before."""
        if self.store is None or self.trouble is not None or self.answered == len(self.wanted):
            return
        new = list(islice(self.wanted, self.answered, None)) if self.answered else self.wanted
        try:
            found = self.store.find(new, on_progress)
        except Unknown as error:
            self.trouble = error
            return
        self.found = {**self.found, **found} if self.answered else found
        self.answered = len(self.wanted)


class Stores:
    """Remotes of every DVC root and configuration in the commits of one command."""

    def __init__(self, settings: DvcSettings, limits: Limits | None = None) -> None:
        self.settings = settings
        self._limits = limits
        self._configs = Configs(settings)
        self._asked: dict[tuple[str, ...], CachedStore] = {}
        self._by_identity: dict[str, CachedStore] = {}
        self._caches: dict[tuple[tuple[str, bytes], ...], LocalCache] = {}
        self._remotes: dict[tuple[str, bytes, str | None], RemoteSettings | None] = {}

    def remote_of(self, out: Out, config: bytes) -> RemoteSettings | None:
        """Return the remote of an out; None if there is none. `config` is the `.dvc/config` of its root.

        Raises BadConfig for the commit's config, BadDvcSettings for a file of this machine.
        """
        named = out.remote or (out.cloud[0].remote_name if out.cloud else None)
        key = (out.subrepo, config, self.settings.remote or named)
        if key not in self._remotes:
            self._remotes[key] = self._configs.at(out.subrepo, config).remote(key[2])
        return self._remotes[key]

    def missing_remote(self, out: Out, config: bytes) -> str | None:
        """Return the name of the out's remote if that does not exist: DVC reads nothing then, not even an import."""
        found = self._config(out.subrepo, config)
        return found.missing_remote(self.settings.remote or out.remote) if found and found.refused is None else None

    def open(self, remote: RemoteSettings) -> CachedStore:
        """Open the store of a remote; two names of one store share it."""
        key = (remote.name, remote.url, *(f"{name}={value}" for name, value in sorted(remote.options.items())))
        if key not in self._asked:
            opened = _open(remote, self.settings, self._limits)
            self._asked[key] = self._by_identity.setdefault(opened.identity, opened)
        return self._asked[key]

    def holding(self, out: Out, config: bytes) -> CachedStore | None:
        """Open the store of the out's remote (see `remote_of`); None if it has no remote, or if settings are invalid."""
        try:
            remote = self.remote_of(out, config)
        except (BadDvcConfig, BadDvcSettings):
            return None
        return None if remote is None else self.open(remote)

    def asked(self) -> tuple[CachedStore, ...]:
        """Return every store that was opened."""
        return tuple(self._by_identity.values())

    def close(self) -> None:
        """Close the connections of every store."""
        for asked in self._by_identity.values():
            if asked.store is not None:
                asked.store.close()

    def cache(self, roots: Mapping[str, bytes]) -> LocalCache:
        """Return the local caches of DVC roots (folder -> its `.dvc/config`); a root whose config is broken has none.

        The same roots have the same object.
        """
        key = tuple(roots.items())
        if key not in self._caches:
            configs = ((root, self._config(root, blob)) for root, blob in roots.items())
            usual = {root: Path(self.settings.git_root, root, ".dvc", "cache") for root in roots}
            folders = [Path(config.cache_folder() or usual[root]) for root, config in configs if config is not None]
            self._caches[key] = LocalCache(folders)
        return self._caches[key]

    def untrusted(self, roots: Mapping[str, bytes]) -> tuple[Pair, ...]:
        """Return the settings in the `.dvc/config` of these DVC roots that the user has not trusted yet."""
        configs = (self._config(root, blob) for root, blob in roots.items())
        return tuple(dict.fromkeys(pair for config in configs if config is not None for pair in config.untrusted()))

    def site_cache_folder(self, root: str, config: bytes) -> str | None:
        """Return `core.site_cache_dir` of a DVC root; None if it is not set, or cannot be known."""
        found = self._config(root, config)
        return found.site_cache_folder() if found else None

    def refusal(self, root: str, config: bytes) -> str | None:
        """Return why DVC does not accept the `.dvc/config` of a DVC root; None if it does."""
        try:
            refused = self._configs.at(root, config).refused
        except BadDvcSettings:  # of this machine
            return None
        except BadDvcConfig as error:
            return str(error)
        return None if refused is None else f"DVC refuses it: {refused}"

    def _config(self, root: str, blob: bytes) -> DvcConfig | None:
        try:
            return self._configs.at(root, blob)
        except (BadDvcConfig, BadDvcSettings):
            return None


def _open(remote: RemoteSettings, settings: DvcSettings, limits: Limits | None) -> CachedStore:
    if remote.untrusted:
        return CachedStore(remote, None, trouble=untrusted(remote.name, remote.untrusted))
    if remote.folder is not None:
        return CachedStore(remote, FolderStore(remote.name, remote.folder))
    from release.dvc.remote import open_store  # not needed for folders

    try:
        store = open_store(remote.name, remote.options, on_terminal=settings.on_terminal, limits=limits)
    except ReleaseError as error:
        return CachedStore(remote, None, trouble=error)
    return CachedStore(remote, store)
