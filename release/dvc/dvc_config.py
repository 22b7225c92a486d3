"""DVC's configuration, merged from all its files, with each value's origin."""

from __future__ import annotations

import os
import posixpath
import re
import sys
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from release.core.limits import MAX_SETTINGS_BYTES
from release.core.remotes import (
    FOLDER_USUAL,
    IDENTITY,
    PROGRAM,
    SCHEMES,
    SETTINGS,
    Pair,
    Unshared,
    Use,
    is_sent,
    place_of,
    scheme_of,
    use_of,
)
from release.core.secrets import Guarded, without_secrets
from release.core.text import command_line, quote
from release.dvc.trust import Trust
from release.errors import UsageError
from release.system.files import read_regular

NAMED = ("remote", "machine", "db")  # sections with a name: ['remote "storage"']

_NAMED_SECTION = re.compile(r'^\s*(remote|machine|db)\s*"(.*)"\s*$')


class BadDvcConfig(ValueError):
    """Text that is not a DVC configuration; the message says why."""


def parse_dvc_config(data: bytes) -> dict[str, Any]:
    """Parse sections by name; `remote`, `machine` and `db` map names to sections. All names are lower case.

    Raises BadDvcConfig.
    """
    from configobj import ConfigObj, ConfigObjError  # type: ignore[import-untyped]

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadDvcConfig(f"byte {error.start} is not UTF-8") from None
    if "\0" in text:
        raise BadDvcConfig("it contains a NUL character")
    try:
        document: dict[str, Any] = _lower(ConfigObj(text.splitlines()).dict())
    except ConfigObjError as error:
        raise BadDvcConfig(_reason(error)) from None
    except (UnicodeError, RecursionError) as error:
        raise BadDvcConfig(type(error).__name__) from None
    found: dict[str, Any] = {kind: {} for kind in NAMED}
    for name, value in document.items():
        if not isinstance(value, dict):
            raise BadDvcConfig(f"`{name}` is outside any section")
        if name in NAMED:
            raise BadDvcConfig(f"the section `{name}` has no name: ['{name} \"NAME\"']")
        if match := _NAMED_SECTION.match(name):
            found[match[1]][match[2]] = value
        else:
            found[name] = value
    return found


def _reason(error: Any) -> str:
    """Describe an error by its line number; never by the line itself, which may hold a password."""
    first = (getattr(error, "errors", None) or [error])[0]
    what = "it is no part of a configuration"
    return f"line {first.line_number}: {what}" if first.line_number is not None else what


def _lower(values: dict[str, Any]) -> dict[str, Any]:
    return {key.lower(): _lower(value) if isinstance(value, dict) else value for key, value in values.items()}


# Validation of a DVC configuration: one name that DVC does not know, and each of its commands fails, `dvc pull` too

_Fits = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, str) and value.lower() in ("true", "false")


def _each(fits: _Fits, *names: str) -> dict[str, _Fits]:
    return dict.fromkeys(names, fits)


_SECTIONS: Mapping[str, Mapping[str, _Fits]] = {
    "core": {
        **_each(_is_text, "remote", "site_cache_dir"),
        **_each(_is_flag, "analytics", "autostage", "check_update", "hardlink_lock", "no_scm", "interactive"),
    },
    "cache": _each(_is_text, "dir"),
}


def refusal_of(config: Mapping[str, Any]) -> str | None:
    """Return why DVC refuses the merged sections, None if it does not. Contains no values: they may be secrets."""
    return None if all(_is_usual(name, section) for name, section in config.items()) else _validated(config)


def _is_usual(name: str, section: Mapping[str, Any]) -> bool:
    if name == "remote":
        return all(map(_is_usual_remote, section.values()))
    return _fits(section, _SECTIONS[name]) if name in _SECTIONS else name in NAMED and not section


def _is_usual_remote(remote: Mapping[str, Any]) -> bool:
    url = remote.get("url")
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if not (parts.scheme and parts.netloc):
        usual: tuple[str, ...] = FOLDER_USUAL
    elif parts.scheme in SCHEMES:
        usual = SCHEMES[parts.scheme].usual
    else:
        return False
    return _fits(remote, {key: _is_flag if SETTINGS[key].flag else _is_text for key in usual})


def _fits(section: Mapping[str, Any], allowed: Mapping[str, _Fits]) -> bool:
    return all(key in allowed and allowed[key](value) for key, value in section.items())


def _validated(config: Mapping[str, Any]) -> str | None:
    from dvc.config_schema import SCHEMA
    from voluptuous import Invalid, Schema

    asked = {name: dict(section) for name, section in config.items() if section or name not in NAMED}
    asked.pop("feature", None)  # there, anything may stand
    try:
        Schema(SCHEMA)(asked)
    except Invalid as error:
        return without_secrets(" ".join(str(error).split()))[:300]
    except Exception as error:  # noqa: BLE001 - its functions trip over values of other kinds
        return type(error).__name__
    return None


# DVC's configuration at a commit: that commit's `.dvc/config` with the levels of this machine

_PATHS = tuple(key for key, setting in SETTINGS.items() if setting.path)  # of remotes
_TLS = ("ssl_verify", "use_https")  # say how the host is known and spoken to
# These say which store it is; the rest says how to open it. Azure's account is set with the credentials.
_DECIDING = frozenset({"url", "version_aware", "worktree", *IDENTITY} - {"account_name"})
_NO_SCHEMES = ("file://", "local://")  # DVC takes these schemes, and what they begin, for a path
_URL = re.compile(r"\w+://")
_ACCOUNT = re.compile(r"[A-Za-z0-9-]+")  # of Azure
_NAME = re.compile(r"(?!-)[\w.+-]*@(?!-)[\w.:%-]+")  # user and host of ssh


class BadDvcSettings(UsageError):
    """A DVC config file of this machine cannot be read."""

    section = "configuration"


class DvcSettings(Guarded, frozen=True, kw_only=True):
    """The places of DVC's own settings: the top of the work tree, and the caller's environment.

    `git_root` is the top of the worktree that the command runs in: relative URLs start there, as for DVC. `remote` is
    the remote to use instead of each out's own (`--dvc-remote`), None for those. `on_terminal` means that a password
    can be prompted for.
    """

    git_root: Path
    environment: Mapping[str, str]
    remote: str | None = None
    on_terminal: bool = False

    @property
    def home(self) -> str:
        """Return the user's home folder."""
        return self.environment.get("HOME") or posixpath.expanduser("~")

    def own_files(self) -> tuple[Path, Path]:
        """Return DVC's config files of the system and of the user."""
        get = self.environment.get
        if sys.platform == "darwin":
            usual = ("/Library/Application Support", f"{self.home}/Library/Application Support")
        else:
            system = get("XDG_CONFIG_DIRS", "").split(os.pathsep)[0].strip() or "/etc/xdg"
            usual = (system, get("XDG_CONFIG_HOME", "").strip() or f"{self.home}/.config")
        folders = (get("DVC_SYSTEM_CONFIG_DIR") or f"{usual[0]}/dvc", get("DVC_GLOBAL_CONFIG_DIR") or f"{usual[1]}/dvc")
        return Path(folders[0], "config"), Path(folders[1], "config")


class RemoteSettings(Guarded, frozen=True, kw_only=True):
    """A DVC remote, ready to be opened.

    `url` is resolved and may hold secrets; `options` is the remote's section as DVC's own `Config` would give it, paths
    and `remote://` resolved. `folder` is the local folder that the remote is, None if it is none. `unshared` says what
    only this user's configuration or home has of it, None if every clone finds it. `relative` is its path as the commit has it, None if it is none that starts in the
    clone. `untrusted` are settings of the commit that the user has
    not trusted, and that are not in `options`: without them the remote is not contacted.
    """

    name: str
    url: str
    options: Mapping[str, Any]
    folder: Path | None = None
    unshared: Unshared | None = None
    relative: str | None = None
    untrusted: tuple[Pair, ...] = ()

    @property
    def version_aware(self) -> bool:
        """Return whether files have their own names there, with version ids (cloud versioning)."""
        return any(str(self.options.get(key)).lower() == "true" for key in ("version_aware", "worktree"))


class DvcConfig(Struct, frozen=True, kw_only=True):
    """The configuration of one DVC root at one commit: `full` is everything merged.

    `committed` is the commit's part, which every clone has; `written` the same before its paths were resolved; `below`
    are the system and global files, `local` is `config.local`. `folder` is the root, relative to the git root. `refused`
    says why DVC does not accept the commit's part; None if it does.
    """

    full: Mapping[str, Any]
    committed: Mapping[str, Any]
    written: Mapping[str, Any]
    below: Mapping[str, Any]
    local: Mapping[str, Any]
    folder: str
    trust: Trust
    refused: str | None = None

    def remote(self, name: str | None) -> RemoteSettings | None:
        """Return the remote of that name, or the default one; None if there is none. Raises BadDvcConfig."""
        if self.refused is not None:
            raise BadDvcConfig(f"DVC refuses it: {self.refused}")
        chosen = self._chosen(name)
        if chosen not in self.full["remote"]:
            return None
        url, passed = _resolved_url({each: self._section(each) for each in self.full["remote"]}, chosen)
        options, untrusted = self._options(passed, _scheme(url))
        options["url"] = url
        if _scheme(url) == "azure" and not _ACCOUNT.fullmatch(str(options.get("account_name") or "none")):
            # It becomes a part of the host's.
            raise BadDvcConfig(f"the account_name of remote `{chosen}` is not a valid name")
        written = str(self.written["remote"].get(tuple(passed)[-1], {}).get("url") or "")
        return RemoteSettings(
            name=chosen,
            url=url,
            options=options,
            folder=None if _URL.match(url) else Path(url),
            unshared=self._unshared(name, passed, written),
            relative=None if _URL.match(written) or written.startswith(("/", "~")) else written or None,
            untrusted=(*untrusted, *self._unknown_place(passed, options)),
        )

    def _chosen(self, name: str | None) -> str:
        return (
            name or _text_at(self.committed, "core", "remote") or _text_at(self.full, "core", "remote") or ""
        ).lower()

    def missing_remote(self, name: str | None) -> str | None:
        """Return the name of a remote that does not exist, where that name or the default one is used; else None."""
        chosen = self._chosen(name)
        return chosen if chosen and chosen not in self.full["remote"] else None

    def _unshared(self, name: str | None, passed: Collection[str], written: str) -> Unshared | None:
        if any(each not in self.committed["remote"] for each in passed):
            return Unshared.REMOTE
        if name is None and not _text_at(self.committed, "core", "remote"):
            return Unshared.DEFAULT
        return Unshared.HOME if written == "~" or written.startswith("~/") else None

    def _section(self, name: str) -> dict[str, Any]:
        """Return a remote's section: the commit decides which store it is, what is here decides how it is opened."""
        full, shared = self.full["remote"][name], self.committed["remote"].get(name)
        if shared is None:
            return dict(full)
        options = {key: value for key, value in full.items() if key not in _DECIDING}
        return options | {key: shared[key] for key in _DECIDING if key in shared}

    def _options(self, passed: Collection[str], scheme: str) -> tuple[dict[str, Any], tuple[Pair, ...]]:
        """Return the settings of a remote and of those that it builds on, and those that the user has yet to trust."""
        sections = {name: self._section(name) for name in passed}
        merged = _chained(sections, passed)
        anonymous = str(merged.get("allow_anonymous_login")).lower() == "true"
        options: dict[str, Any] = {}
        untrusted: list[Pair] = []
        for name, section in sections.items():
            for key in section.keys() - options.keys():
                use, pair = use_of(key, scheme, anonymous=anonymous), self._pair(name, key)
                if not self._is_the_commits(name, key) or self._may(use, pair, str(section[key])):
                    options[key] = section[key]
                elif key in self.below["remote"].get(name, {}):
                    options[key] = self.below["remote"][name][key]
                else:
                    untrusted.append(pair)
        return options, tuple(sorted(untrusted))

    def _pair(self, name: str, key: str) -> Pair:
        return Pair(f"remote.{name}.{key}", str(self.written["remote"].get(name, {}).get(key)))

    def _is_the_commits(self, name: str, key: str) -> bool:
        return key in self.committed["remote"].get(name, {}) and key not in self.local["remote"].get(name, {})

    def _may(self, use: Use, pair: Pair, value: str) -> bool:
        """Return whether a setting of the commit is used."""
        if use is Use.USED:
            return True
        if use is Use.OUTSIDE and not self.trust.can_bring(value):
            return True
        return self.trust.has(pair)

    def _unknown_place(self, passed: Collection[str], options: Mapping[str, Any]) -> tuple[Pair, ...]:
        """Return the place that would receive a secret of the user, if none of the user's files allows it.

        DVC merges sections by the name of the remote: the URL of a new commit would receive the password of the old
        one. A password in `config.local` was set for this repository: it may go to the only place that its commits name.
        Each section with a secret is checked: a new remote that builds on an old one brings the old one's password.
        """
        secrets = [(name, key) for name in passed for key in self._section(name) if self._is_secret(name, key)]
        own = [key for key in _TLS if not any(self._is_the_commits(name, key) for name in passed)]
        asked = place_of(_without(own, options))
        if not secrets or asked is None:
            return ()
        pair = Pair(f"remote.{next(iter(passed))}.url", asked)
        if self.trust.has(pair) or all(self._may_receive(name, asked, str(options["url"])) for name, _ in secrets):
            return ()
        return (pair,)

    def _may_receive(self, name: str, asked: str, url: str) -> bool:
        """Return whether the user's own files, or all commits here, name a place for the secrets of a section.

        Where the user's own files name a place, commits do not name another.
        """
        own = _merge(self.below, self.local)["remote"]
        if name in own:
            try:
                own_url, passed = _resolved_url(own, name)
            except BadDvcConfig:  # none of its own, or one that builds on a remote of the commit
                own_url, passed = "", (name,)
            chain = _chained(own, passed)
            scheme = scheme_of(url)
            provider = {"url": url} if scheme is not None and scheme.hosted else {}
            named = place_of({**provider, **_without(_TLS, chain), **({"url": own_url} if own_url else {})})
            if named == asked:
                return True
            if own_url:
                return False
        secrets = [key for key in self._section(name) if self._is_secret(name, key)]
        in_local = all(key in self.local["remote"].get(name, {}) for key in secrets)
        return in_local and self._places_so_far(name) == {asked}

    def _is_secret(self, name: str, key: str) -> bool:
        """Return whether a setting is a secret of the user, or a program that prints one."""
        return is_sent(key) and (key == PROGRAM or not self._is_the_commits(name, key))

    def _places_so_far(self, name: str) -> set[str | None]:
        """Return every place that `.dvc/config` gives this remote in any commit of this clone."""
        places: set[str | None] = set()
        for blob in self.trust.versions(posixpath.join(self.folder, ".dvc/config")):
            with suppress(BadDvcConfig):  # DVC could not use it either
                sections = _merge(self.below, parse_dvc_config(blob))["remote"]
                sections = {**self.local["remote"], **sections}  # what no commit names is the user's
                if name in sections:
                    url, passed = _resolved_url(sections, name)
                    places.add(place_of({**_chained(sections, passed), "url": url}))
        return places - {None}  # a folder receives no credentials

    def cache_folder(self) -> str | None:
        """Return `cache.dir`, resolved; None if it is not set, or is a folder of the commit's choice elsewhere."""
        value = _text_at(self.full, "cache", "dir")
        if value is None:
            return None
        if "dir" not in self.committed.get("cache", {}) or "dir" in self.local.get("cache", {}):
            return value
        if self.trust.is_inside(value) and not self.trust.is_inside(value, of=".git"):
            return value
        if self.trust.has(Pair("cache.dir", str(self.written["cache"]["dir"]))):
            return value
        return _text_at(self.below, "cache", "dir")

    def site_cache_folder(self) -> str | None:
        """Return `core.site_cache_dir` of the user's own files; None if it is not set."""
        return _text_at(_merge(self.below, self.local), "core", "site_cache_dir")

    def untrusted(self) -> tuple[Pair, ...]:
        """Return all settings of the commit that the user has yet to trust. A broken remote has none."""
        found: dict[Pair, None] = {}
        for name in self.full["remote"]:
            try:
                remote = self.remote(name)
            except BadDvcConfig:
                continue
            found |= dict.fromkeys(remote.untrusted if remote is not None else ())
        folder = self.full.get("cache", {}).get("dir")
        if folder and self.cache_folder() != folder:
            found[Pair("cache.dir", str(self.written["cache"]["dir"]))] = None
        return tuple(found)


class Configs:
    """The configurations of one command. Each file and blob is read once."""

    def __init__(self, settings: DvcSettings) -> None:
        self.settings = settings
        self.trust = Trust(settings.git_root, settings.environment)
        self._files: dict[Path, dict[str, Any]] = {}
        self._merged: dict[tuple[str, bytes], DvcConfig] = {}

    def at(self, root: str, blob: bytes) -> DvcConfig:
        """Return the configuration of the DVC root `root` (relative to the git root) whose `.dvc/config` is `blob`.

        Raises BadDvcConfig if the blob cannot be read, BadDvcSettings for a file of this machine.
        """
        if (root, blob) not in self._merged:
            folder = Path(self.settings.git_root, root, ".dvc")
            committed = self._resolve(parse_dvc_config(blob), folder)
            local = self._file(folder / "config.local")
            written = parse_dvc_config(blob)
            if local and self.trust.is_the_clones(folder / "config.local"):  # then it came with the clone
                committed, written = _merge(committed, local), _merge(written, local)
                local = parse_dvc_config(b"")
            below: dict[str, Any] = {"core": {}, "cache": {}, "remote": {}}
            for file in self.settings.own_files():
                below = _merge(below, self._file(file))
            self._merged[root, blob] = DvcConfig(
                full=_merge(_merge(below, committed), local),
                committed=committed,
                written=written,
                below=below,
                local=_merge(parse_dvc_config(b""), local),
                folder=root,
                trust=self.trust,
                refused=refusal_of(committed),
            )
        return self._merged[root, blob]

    def _file(self, path: Path) -> dict[str, Any]:
        if path not in self._files:
            try:
                self._files[path] = self._resolve(parse_dvc_config(read_regular(path, MAX_SETTINGS_BYTES)), path.parent)
            except (FileNotFoundError, NotADirectoryError):
                self._files[path] = {}
            except OSError as error:
                words = f"DVC's settings {path} cannot be read: {error.strerror}"
                raise BadDvcSettings(words, help=command_line("ls", "-l", names=(str(path),))) from None
            except BadDvcConfig as error:
                words = f"DVC's settings {path} cannot be read: {error}"
                raise BadDvcSettings(words, help=f"correct {quote(str(path))}") from None
        return self._files[path]

    def _resolve(self, sections: dict[str, Any], folder: Path) -> dict[str, Any]:
        base = posixpath.abspath(folder)
        _resolve_path(sections.get("cache"), "dir", base, self.settings.home)
        for remote in sections["remote"].values():
            for key in _PATHS:
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


def _text_at(config: Mapping[str, Any], section: str, key: str) -> str | None:
    value = config.get(section, {}).get(key)
    return value if isinstance(value, str) and value else None


def _resolved_url(remotes: Mapping[str, Any], name: str) -> tuple[str, Collection[str]]:
    """Return a remote's URL and the remotes that it is made of: `remote://other/path` is joined with the URL of `other`.

    Raises BadDvcConfig.
    """
    tail: list[str] = []
    seen: dict[str, None] = {}
    while name not in seen:
        seen[name] = None
        url = remotes.get(name, {}).get("url")
        if not isinstance(url, str) or not url:
            raise BadDvcConfig(f"remote `{name}` has no url")
        try:
            parts = urlsplit(url)
            if parts.scheme in SCHEMES and SCHEMES[parts.scheme].port is not None:
                _ = parts.port  # else the client trips over it
        except ValueError as error:
            raise BadDvcConfig(f"the url of remote `{name}` is invalid: {error}") from None
        if url.startswith(_NO_SCHEMES):
            raise BadDvcConfig(
                f"the url of remote `{name}` is {url}, which DVC takes for a folder `{parts.scheme}:`: write only the path"
            )
        users = {parts.username, *(remotes[each].get("user") for each in seen)}  # DVC takes one of them
        if parts.scheme == "ssh" and not all(_NAME.fullmatch(f"{user or ''}@{parts.hostname}") for user in users):
            # A ProxyCommand of the user's would get it.
            raise BadDvcConfig(f"the url of remote `{name}` has no plain user and host")
        if not url.startswith("remote://"):
            return "/".join([url, *reversed(tail)]), seen
        tail.append(parts.path.lstrip("/"))
        name = parts.netloc.lower()
    raise BadDvcConfig(f"remote `{name}` refers to itself")


def _chained(sections: Mapping[str, Any], passed: Collection[str]) -> dict[str, Any]:
    """Return the settings of a remote with those of the remotes that it builds on."""
    return {key: value for name in reversed(tuple(passed)) for key, value in sections[name].items()}


def _without(keys: Collection[str], options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key not in keys}


def _scheme(url: str) -> str:
    return urlsplit(url).scheme.lower() if _URL.match(url) else ""
