"""Opening of a remote that is not a local folder, from its section of DVC's configuration.

Uses DVC's filesystem classes without its `Repo` and without a temporary folder, so that no index of former contents
is used. Nothing is connected before the first request.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from release.adapters.dvc.cloud_store import CloudStore
from release.adapters.dvc.credentials import command, missing_credentials
from release.adapters.dvc.store_errors import Forbidden, PluginMissing, explained
from release.adapters.dvc.wire import Limits, Opening, connect
from release.core.schemes import SCHEMES, Scheme, is_secret
from release.core.secrets import forms_of, without_secrets
from release.core.shell import command_line
from release.errors import UsageError

_LOGGERS = ("asyncio", "dvc_objects", "fsspec")  # of every plugin


def open_store(
    name: str,
    settings: Mapping[str, object],
    *,
    on_terminal: bool = False,
    limits: Limits | None = None,
) -> CloudStore:
    """Return the store behind a section of DVC's configuration, not yet connected.

    `settings` is the section as `DvcConfig.remote` gives it: `url` and paths are resolved. Without a terminal nothing
    is prompted for: no password, no passphrase.
    Raises PluginMissing, Forbidden if credentials are plainly missing, or UsageError if the section is not valid.
    """
    url = str(settings["url"])
    kind = urlsplit(url).scheme.lower()
    scheme = SCHEMES.get(kind)
    if scheme is None:
        raise UsageError(f"remote `{name}`: no such kind of remote: {without_secrets(url)}", help="dvc remote list")
    if importlib.util.find_spec(scheme.plugin) is None:
        ours = f"dvc-release[{scheme.extra}]" if scheme.ours else f"dvc[{scheme.extra}]"
        help = command_line("pip", "install", ours)
        raise PluginMissing(f"remote `{name}`: DVC's plugin for {kind} is not installed", help=help)
    lack = missing_credentials(kind, settings, on_terminal=on_terminal)
    if lack is not None:
        raise Forbidden(f"remote `{name}`: {lack[0]}", help=command(name, lack[1]))
    _silence_logs()
    limits = limits or Limits()
    chosen = _bounded(dict(settings), scheme, limits, on_terminal=on_terminal)
    secrets = secrets_in(settings)
    open_fs = lru_cache(maxsize=1)(lambda: _dvc_filesystem(name, chosen, kind, secrets, on_terminal=on_terminal))
    return CloudStore(
        name=name,
        identity=identity_of(settings),
        kind=kind,
        wire=connect(scheme.backend, Opening(url=url, settings=chosen, limits=limits, open_fs=open_fs)),
        limits=limits,
        secrets=secrets,
    )


@lru_cache(maxsize=1)
def _silence_logs() -> None:
    """Silence the plugins' loggers, which print tracebacks and URLs to stderr: we report errors ourselves."""
    for name in {*_LOGGERS, *(name for scheme in SCHEMES.values() for name in scheme.loggers)}:
        logging.getLogger(name).addHandler(logging.NullHandler())


def identity_of(settings: Mapping[str, object]) -> str:
    """Return the store's URL without password and final `/`, with the settings that tell it from others of that URL."""
    parts = urlsplit(str(settings["url"]))
    scheme = SCHEMES.get(parts.scheme.lower())
    place = parts.netloc.rpartition("@")
    user = place[0].partition(":")[0] if parts.scheme == "ssh" else ""
    url = urlunsplit((parts.scheme.lower(), f"{user}@{place[2]}" if user else place[2], parts.path.rstrip("/"), "", ""))
    more = [f"{key}={settings[key]}" for key in (scheme.identity if scheme else ()) if settings.get(key)]
    return without_secrets(" ".join([url, *more]))


def secrets_in(settings: Mapping[str, object]) -> tuple[str, ...]:
    """Return the values of a section that must not be shown, in every form in which a server may send them back."""
    named = [value for key, value in settings.items() if is_secret(key) and isinstance(value, str)]
    url = urlsplit(str(settings["url"]))
    users = (str(settings.get("user") or ""), unquote(url.username or ""))
    return forms_of([*named, url.password or ""], users)


def _bounded(settings: dict[str, Any], scheme: Scheme, limits: Limits, *, on_terminal: bool) -> dict[str, Any]:
    """Return the settings with time limits where the user set none, and without prompts if there is no terminal."""
    if scheme.connect_timeout_s is not None:
        connect_s = limits.read_s if scheme.prompts and on_terminal else limits.connect_s
        settings.setdefault(scheme.connect_timeout_s, connect_s)
    if scheme.read_timeout_s is not None:
        settings.setdefault(scheme.read_timeout_s, limits.read_s)
    if not on_terminal:
        settings.pop("ask_password", None)
        settings.pop("ask_passphrase", None)
    return settings


def _dvc_filesystem(
    name: str, settings: Mapping[str, Any], scheme: str, secrets: tuple[str, ...], *, on_terminal: bool
) -> tuple[Any, str]:
    """Return DVC's filesystem for the settings, and the remote's folder as that filesystem writes paths."""
    from dvc.fs import get_cloud_fs

    try:
        kind, config, root = get_cloud_fs({}, **settings)
        if scheme == "ssh":
            config["agent_forwarding"] = False  # DVC's default lends the user's keys to the host
        if scheme == "ssh" and not on_terminal:
            from asyncssh import SSHClient

            config["client_factory"] = SSHClient  # DVC's own asks for the passphrases of keys
        return kind(**config), str(root or "")
    except Exception as error:
        raise explained(error, remote=name, kind=scheme, doing="reading its settings", secrets=secrets) from error
