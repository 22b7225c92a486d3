"""Opening a remote that is not a local folder, from its section of DVC's configuration.

The light path: DVC's filesystem classes and nothing of its `Repo`, no temporary folder and so no
index of what was on the remote some day. Nothing is connected before the first question.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from release.adapters.dvc.cloud_store import CloudStore
from release.adapters.dvc.credentials import command, lacking
from release.adapters.dvc.store_errors import Forbidden, PluginMissing, explained
from release.adapters.dvc.wire import Limits, Wire
from release.core.secrets import forms_of, without_secrets
from release.core.shell import command_line
from release.errors import UsageError

# The extra of ours, and the module of DVC's plugin, for each scheme.
_PLUGINS = {
    "s3": ("s3", "dvc_s3"),
    "gs": ("gs", "dvc_gs"),
    "azure": ("azure", "dvc_azure"),
    "ssh": ("ssh", "dvc_ssh"),
    "webdav": ("webdav", "dvc_webdav"),
    "webdavs": ("webdav", "dvc_webdav"),
    "http": ("http", "dvc_http"),
    "https": ("http", "dvc_http"),
    "oss": ("oss", "dvc_oss"),
    "gdrive": ("gdrive", "dvc_gdrive"),
    "hdfs": ("hdfs", "dvc_hdfs"),
    "webhdfs": ("webhdfs", "dvc_webhdfs"),
}
_OUR_EXTRAS = frozenset({"s3", "gs", "azure", "ssh", "webdav"})
_SECRET = ("password", "secret", "token", "key", "connection_string", "passphrase", "credential")
_NO_SECRET = frozenset({"keyfile", "credentialpath", "key_path", "sse_kms_key_id", "bearer_token_command"})
_PATHS = frozenset(
    {
        "cert_path",
        "configpath",
        "credentialpath",
        "gdrive_service_account_json_file_path",
        "gdrive_user_credentials_file",
        "key_path",
        "keyfile",
    }
)
# They log what went wrong, tracebacks and URLs included, to a stderr that nobody gave them; we tell it ourselves.
_TALKATIVE = (
    "adlfs",
    "aiohttp",
    "asyncio",
    "asyncssh",
    "azure",
    "botocore",
    "dvc_objects",
    "fsspec",
    "gcsfs",
    "urllib3",
)
_PLACES = ("endpointurl", "account_name", "host", "port")  # what tells two stores of one URL apart


def open_store(
    name: str,
    settings: Mapping[str, object],
    *,
    folder: Path,
    on_terminal: bool = False,
    limits: Limits | None = None,
    config: Mapping[str, Any] | None = None,
) -> CloudStore:
    """The store behind a section of DVC's configuration, not yet connected.

    `settings` is the section as DVC's Config gives it, with `url`; `config` is the whole of it, for
    a `url` that leans on another remote (`remote://other/path`). `folder` is the repository's: paths in the section are relative to its `.dvc`. Without a
    terminal nothing is asked for: no password, no passphrase.
    Raises PluginMissing, Forbidden if it is plain that credentials lack, or UsageError if the section is not valid.
    """
    settings = resolved(settings, config or {})
    url = str(settings["url"])
    scheme = urlsplit(url).scheme.lower()
    if scheme not in _PLUGINS:
        raise UsageError(f"remote `{name}`: no such kind of remote: {without_secrets(url)}", help="dvc remote list")
    extra, module = _PLUGINS[scheme]
    if importlib.util.find_spec(module) is None:
        ours = f"dvc-release[{extra}]" if extra in _OUR_EXTRAS else f"dvc[{extra}]"
        help = command_line("pip", "install", ours)
        raise PluginMissing(f"remote `{name}`: DVC's plugin for {scheme} is not installed", help=help)
    lack = lacking(scheme, settings, on_terminal=on_terminal)
    if lack is not None:
        raise Forbidden(f"remote `{name}`: {lack[0]}", help=command(name, lack[1]))
    _keep_quiet()
    limits = limits or Limits()
    chosen = _bounded(_with_paths(settings, folder), scheme, limits, on_terminal=on_terminal)
    secrets = secrets_in(settings)
    open_fs = lru_cache(maxsize=1)(lambda: _dvc_filesystem(name, chosen, scheme, secrets, on_terminal=on_terminal))
    wire, root = _wire(scheme, url, chosen, limits, open_fs)
    return CloudStore(
        name=name,
        identity=identity_of(settings),
        kind=scheme,
        root=root,
        wire=wire,
        limits=limits,
        secrets=secrets,
    )


@lru_cache(maxsize=1)
def _keep_quiet() -> None:
    for talkative in _TALKATIVE:
        logging.getLogger(talkative).addHandler(logging.NullHandler())


def resolved(settings: Mapping[str, object], config: Mapping[str, Any]) -> Mapping[str, object]:
    """The section with that of the remote which its URL leans on, its own values first. As dvc.fs does it."""
    leaning = [settings]
    while (parts := urlsplit(str(leaning[-1]["url"]))).scheme == "remote":
        base = config.get("remote", {}).get(parts.netloc.lower())
        if base is None or "url" not in base or base in leaning:
            raise UsageError(f"remote `{parts.netloc}` does not exist, or leans on itself", help="dvc remote list")
        leaning.append(base)
    url = str(leaning[-1]["url"])
    for each in reversed(leaning[:-1]):
        url = f"{url.rstrip('/')}/{urlsplit(str(each['url'])).path.lstrip('/')}"
    merged: dict[str, object] = {}
    for each in reversed(leaning):
        merged |= each
    return {**merged, "url": url}


def identity_of(settings: Mapping[str, object]) -> str:
    """The store's URL without password and final `/`, and what else tells it from another of that URL."""
    parts = urlsplit(str(settings["url"]))
    place = parts.netloc.rpartition("@")
    user = place[0].partition(":")[0] if parts.scheme == "ssh" else ""
    url = urlunsplit((parts.scheme.lower(), f"{user}@{place[2]}" if user else place[2], parts.path.rstrip("/"), "", ""))
    more = [f"{key}={settings[key]}" for key in _PLACES if settings.get(key)]
    return without_secrets(" ".join([url, *more]))


def secrets_in(settings: Mapping[str, object]) -> tuple[str, ...]:
    """The values of a section that must not be shown, in every form in which a server may send them back."""
    named = [
        value
        for key, value in settings.items()
        if any(word in key for word in _SECRET) and key not in _NO_SECRET and isinstance(value, str)
    ]
    url = urlsplit(str(settings["url"]))
    users = (str(settings.get("user") or ""), unquote(url.username or ""))
    return forms_of([*named, url.password or ""], users)


def _wire(
    scheme: str, url: str, settings: Mapping[str, Any], limits: Limits, open_fs: Callable[[], tuple[Any, str]]
) -> tuple[Wire, str]:
    """How the scheme is spoken to, and the root folder as it writes paths."""
    if scheme == "s3":
        from release.adapters.dvc.wire.s3 import S3

        parts = urlsplit(url)
        return S3(settings, limits, lambda: open_fs()[0]), f"{parts.netloc}{parts.path}".rstrip("/")
    fs, root = open_fs()
    if scheme == "azure":
        from release.adapters.dvc.wire.azure import Azure

        return Azure(fs, limits), root.rstrip("/")
    if scheme == "gs":
        from release.adapters.dvc.wire.gs import Gs

        return Gs(fs, limits), root.rstrip("/")
    if scheme in ("http", "https"):
        from release.adapters.dvc.wire.http import Http

        return Http(fs, limits, url), root.rstrip("/")
    from release.adapters.dvc.wire.tree import Tree

    return Tree(fs, limits), root if root == "/" else root.rstrip("/")


def _with_paths(settings: Mapping[str, object], folder: Path) -> dict[str, Any]:
    """The settings with absolute paths of key and credential files; DVC writes them relative to `.dvc`."""
    return {
        key: str(folder / ".dvc" / Path(value).expanduser()) if key in _PATHS and isinstance(value, str) else value
        for key, value in settings.items()
    }


def _bounded(settings: dict[str, Any], scheme: str, limits: Limits, *, on_terminal: bool) -> dict[str, Any]:
    """The settings with time limits where the user set none, and without questions that nobody can answer."""
    if scheme in ("s3", "http", "https"):
        settings.setdefault("connect_timeout", limits.connect_s)
        settings.setdefault("read_timeout", limits.read_s)
    if scheme in ("ssh", "webdav", "webdavs"):  # ssh: for connecting; webdav: for each answer
        settings.setdefault("timeout", limits.read_s if on_terminal or scheme != "ssh" else limits.connect_s)
    if not on_terminal:
        settings.pop("ask_password", None)
        settings.pop("ask_passphrase", None)
    return settings


def _dvc_filesystem(
    name: str, settings: Mapping[str, Any], scheme: str, secrets: tuple[str, ...], *, on_terminal: bool
) -> tuple[Any, str]:
    """DVC's filesystem for the settings, and the root folder as it writes paths."""
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
