"""DVC's configuration as it was at a commit: that commit's `.dvc/config` with this machine's own levels.

What `dvc pull` in a clone of the commit would use decides which store is asked: the levels system,
global and repository. `config.local` only adds what opens the store (credentials), or names a
remote that no clone knows. Source: dvc/config.py and dvc/dirs.py of DVC 3.
"""

from __future__ import annotations

import os
import posixpath
import re
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from release.adapters.dvc.config_rules import refusal_of
from release.adapters.dvc.config_text import BadConfig, parse_config
from release.core.secrets import Guarded
from release.errors import UsageError

_PATHS = {
    "cache": ("dir",),
    "remote": (
        "url",
        "gdrive_user_credentials_file",
        "gdrive_service_account_json_file_path",
        "credentialpath",
        "configpath",
        "keyfile",
        "cert_path",
        "key_path",
    ),
}
_DECIDING = ("url", "version_aware", "worktree")  # say which store it is; the rest says how to open it
_NO_SCHEMES = ("file://", "local://")  # DVC takes these schemes, and what they begin, for a path
_URL = re.compile(r"\w+://")


class BadDvcSettings(UsageError):
    """A DVC config file of this machine cannot be read."""


class DvcSettings(Guarded, frozen=True, kw_only=True):
    """Where DVC's own settings lie: the top of the work tree, and the caller's environment.

    `git_root` is the top of the worktree that the command runs in: relative URLs start there, as
    for DVC. `remote` is the remote to ask instead of each out's own (`--dvc-remote`), None for
    those. `on_terminal` tells whether a person can be asked for a password.
    """

    git_root: Path
    environment: Mapping[str, str]
    remote: str | None = None
    on_terminal: bool = False

    @property
    def home(self) -> str:
        """The user's home folder."""
        return self.environment.get("HOME") or posixpath.expanduser("~")

    def system_file(self) -> Path:
        """DVC's system-wide config file."""
        folder = self.environment.get("DVC_SYSTEM_CONFIG_DIR")
        if folder:
            return Path(folder, "config")
        if sys.platform == "darwin":
            return Path("/Library/Application Support/dvc/config")
        first = self.environment.get("XDG_CONFIG_DIRS", "").split(os.pathsep)[0].strip()
        return Path(first or "/etc/xdg", "dvc", "config")

    def global_file(self) -> Path:
        """DVC's config file of the user."""
        folder = self.environment.get("DVC_GLOBAL_CONFIG_DIR")
        if folder:
            return Path(folder, "config")
        if sys.platform == "darwin":
            return Path(self.home, "Library/Application Support/dvc/config")
        base = self.environment.get("XDG_CONFIG_HOME", "").strip()
        return Path(base or Path(self.home, ".config"), "dvc", "config")


class RemoteSettings(Guarded, frozen=True, kw_only=True):
    """A DVC remote, ready to be opened.

    `url` is resolved and may hold secrets; `options` is the remote's section as DVC's own `Config`
    would give it, paths and `remote://` resolved; `config` is everything.
    `folder` is the folder that it is, None if it is no local one. `local_only` tells that only
    `config.local` names it, so that no clone has it.
    """

    name: str
    url: str
    options: Mapping[str, Any]
    config: Mapping[str, Any]
    folder: Path | None = None
    local_only: bool = False

    @property
    def version_aware(self) -> bool:
        """Whether files are kept under their own names, with version ids (cloud versioning)."""
        return any(str(self.options.get(key)).lower() == "true" for key in ("version_aware", "worktree"))


class DvcConfig(Struct, frozen=True, kw_only=True):
    """The merged configuration of one DVC root at one commit: `shared` without `config.local`, `full` with it.

    `refused` says why DVC does not take what a clone has of it; None if it does.
    """

    shared: Mapping[str, Any]
    full: Mapping[str, Any]
    refused: str | None = None

    def remote(self, name: str | None) -> RemoteSettings | None:
        """The remote of that name, or the default one; None if there is none."""
        if self.refused is not None:
            message = f"DVC refuses it: {self.refused}"
            raise BadConfig(message)
        chosen = name or _core_remote(self.shared) or _core_remote(self.full)
        if not chosen:
            return None
        chosen = chosen.lower()
        if chosen not in self.full["remote"]:
            return None
        options, passed = _followed({each: self._section(each) for each in self.full["remote"]}, chosen)
        unknown = any(each not in self.shared["remote"] for each in passed)
        only = unknown or (name is None and not _core_remote(self.shared))
        return RemoteSettings(
            name=chosen,
            url=options["url"],
            options=options,
            config=self.full,
            folder=_folder(options["url"]),
            local_only=only,
        )

    def _section(self, name: str) -> dict[str, Any]:
        """A remote's section: which store it is by what a clone has, how it is opened by what is here."""
        full, shared = self.full["remote"][name], self.shared["remote"].get(name)
        if shared is None:
            return dict(full)
        options = {key: value for key, value in full.items() if key not in _DECIDING or key in shared}
        return options | {key: shared[key] for key in _DECIDING if key in shared}

    def cache_folder(self) -> str | None:
        """`cache.dir`, resolved; None if it is not set."""
        value = self.full.get("cache", {}).get("dir")
        return value if isinstance(value, str) and value else None

    def site_cache_folder(self) -> str | None:
        """`core.site_cache_dir`; None if it is not set."""
        value = self.full.get("core", {}).get("site_cache_dir")
        return value if isinstance(value, str) and value else None


class Configs:
    """The configurations of one command: each file and blob is read once."""

    def __init__(self, settings: DvcSettings) -> None:
        self.settings = settings
        self._files: dict[Path, dict[str, Any]] = {}
        self._merged: dict[tuple[str, bytes], DvcConfig] = {}

    def at(self, root: str, blob: bytes) -> DvcConfig:
        """The configuration of the DVC root `root` (relative to the git root) whose `.dvc/config` is `blob`.

        Raises BadConfig if the blob cannot be read, BadDvcSettings for a file of this machine.
        """
        if (root, blob) not in self._merged:
            folder = Path(self.settings.git_root, root, ".dvc")
            committed = self._resolve(parse_config(blob), folder)
            shared: dict[str, Any] = {"core": {}, "cache": {}, "remote": {}}
            for file in (self.settings.system_file(), self.settings.global_file()):
                shared = _merge(shared, self._file(file))
            shared = _merge(shared, committed)
            full = _merge(shared, self._file(folder / "config.local"))
            self._merged[root, blob] = DvcConfig(shared=shared, full=full, refused=refusal_of(shared))
        return self._merged[root, blob]

    def _file(self, path: Path) -> dict[str, Any]:
        if path not in self._files:
            try:
                self._files[path] = self._resolve(parse_config(path.read_bytes()), path.parent)
            except (FileNotFoundError, NotADirectoryError):
                self._files[path] = {}
            except (OSError, BadConfig) as error:
                words = error.strerror if isinstance(error, OSError) else error
                raise BadDvcSettings(
                    f"DVC's settings {path} cannot be read: {words}", help="dvc config --list"
                ) from None
        return self._files[path]

    def _resolve(self, sections: dict[str, Any], folder: Path) -> dict[str, Any]:
        base = posixpath.abspath(folder)
        for key in _PATHS["cache"]:
            _resolve_path(sections.get("cache"), key, base, self.settings.home)
        for remote in sections["remote"].values():
            for key in _PATHS["remote"]:
                _resolve_path(remote, key, base, self.settings.home)
        return sections


def _resolve_path(section: dict[str, Any] | None, key: str, base: str, home: str) -> None:
    value = (section or {}).get(key)
    if section is None or not isinstance(value, str) or _URL.match(value) or posixpath.isabs(value):
        return
    if value == "~" or value.startswith("~/"):
        section[key] = home + value[1:]
        return
    expanded = posixpath.expanduser(value)
    section[key] = expanded if posixpath.isabs(expanded) else posixpath.abspath(posixpath.join(base, value))


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        merged[key] = _merge(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return merged


def _core_remote(config: Mapping[str, Any]) -> str | None:
    value = config.get("core", {}).get("remote")
    return value if isinstance(value, str) and value else None


def _followed(remotes: Mapping[str, Any], name: str) -> tuple[dict[str, Any], Collection[str]]:
    """A remote's section, `remote://other/path` joined with the section that it builds on, and the remotes of it. Raises BadConfig."""
    options: dict[str, Any] = {}
    tail: list[str] = []
    seen: dict[str, None] = {}
    while name not in seen:
        seen[name] = None
        section = remotes.get(name, {})
        url = section.get("url")
        if not isinstance(url, str) or not url:
            message = f"remote `{name}` has no url"
            raise BadConfig(message)
        options = {**section, **options}
        try:
            parts = urlsplit(url)
        except ValueError as error:
            message = f"the url of remote `{name}` is none: {error}"
            raise BadConfig(message) from None
        if url.startswith(_NO_SCHEMES):
            message = f"the url of remote `{name}` is {url}, which DVC takes for a folder `{parts.scheme}:` where it is called: write the path alone"
            raise BadConfig(message)
        if not url.startswith("remote://"):
            return {**options, "url": "/".join([url, *reversed(tail)])}, seen
        tail.append(parts.path.lstrip("/"))
        name = parts.netloc.lower()
    message = f"remote `{name}` refers to itself"
    raise BadConfig(message)


def _folder(url: str) -> Path | None:
    return None if _URL.match(url) else Path(url)
