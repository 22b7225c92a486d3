"""Stores that the outs need, each opened once and queried once per command."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct, field

from release.adapters.dvc.cache import LocalCache
from release.adapters.dvc.config import BadDvcSettings, Configs, DvcConfig, DvcSettings, RemoteSettings
from release.adapters.dvc.config_text import BadConfig
from release.adapters.dvc.dir_objects import read_listing
from release.adapters.dvc.folder_store import FolderStore
from release.adapters.dvc.store import Store, Stored
from release.adapters.dvc.trust import Trust, untrusted
from release.core.audit.rules import Directory
from release.core.pointers.pointer import ObjectKey, Out
from release.core.progress import OnProgress, ignore
from release.core.trust import Pair
from release.errors import ReleaseError, Unknown

if TYPE_CHECKING:
    from release.adapters.dvc.wire import Limits


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

    def ask(self, on_progress: OnProgress = ignore) -> None:
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

    def is_known(self, remote: RemoteSettings, root: str, config: bytes) -> bool:
        """Return whether a root's `.dvc/config` names that remote for the same store."""
        try:
            there = self._configs.at(root, config).remote(remote.name)
        except (BadConfig, BadDvcSettings):
            return False
        return there is not None and not there.local_only and there.url == remote.url

    def open(self, remote: RemoteSettings) -> CachedStore:
        """Open the store of a remote; two names of one store share it."""
        key = (remote.name, remote.url, *(f"{name}={value}" for name, value in sorted(remote.options.items())))
        if key not in self._asked:
            opened = _open(remote, self.settings, self._limits)
            self._asked[key] = self._by_identity.setdefault(opened.identity, opened)
        return self._asked[key]

    def holding(self, out: Out, config: bytes) -> CachedStore | None:
        """Open the store of `remote_of`; None if there is none, or if settings are invalid."""
        try:
            remote = self.remote_of(out, config)
        except (BadConfig, BadDvcSettings):
            return None
        return None if remote is None else self.open(remote)

    def asked(self) -> tuple[CachedStore, ...]:
        """Return every store that was opened."""
        return tuple(self._by_identity.values())

    @property
    def trust(self) -> Trust:
        """The user's trust in this repository."""
        return self._configs.trust

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
            configs = {root: self._config(root, blob) for root, blob in roots.items()}
            known = {root: config for root, config in configs.items() if config is not None}
            self._caches[key] = LocalCache.of(self.settings, known)
        return self._caches[key]

    def untrusted(self, roots: Mapping[str, bytes]) -> tuple[Pair, ...]:
        """Return the settings in the `.dvc/config` of these DVC roots that the user has not trusted yet."""
        configs = (self._config(root, blob) for root, blob in roots.items())
        return tuple(dict.fromkeys(pair for config in configs if config is not None for pair in config.untrusted()))

    def site_cache_folder(self, root: str, config: bytes) -> str | None:
        """Return `core.site_cache_dir` of a DVC root; None if it is not set, or cannot be known."""
        found = self._config(root, config)
        return found.site_cache_folder() if found else None

    def _config(self, root: str, blob: bytes) -> DvcConfig | None:
        try:
            return self._configs.at(root, blob)
        except (BadConfig, BadDvcSettings):
            return None


def _open(remote: RemoteSettings, settings: DvcSettings, limits: Limits | None) -> CachedStore:
    if remote.untrusted:
        return CachedStore(remote, None, trouble=untrusted(remote.name, remote.untrusted))
    if remote.folder is not None:
        return CachedStore(remote, FolderStore(remote.name, remote.folder))
    from release.adapters.dvc.open_store import open_store  # not needed for folders

    try:
        store = open_store(remote.name, remote.options, on_terminal=settings.on_terminal, limits=limits)
    except ReleaseError as error:
        return CachedStore(remote, None, trouble=error)
    return CachedStore(remote, store)
