"""Whether DVC takes a configuration. One name that it does not know, and each of its commands fails, `dvc pull` too.

What nearly everybody writes is known here; whether it takes the rest, DVC's own schema is asked. Source: dvc/config_schema.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from release.core.secrets import without_secrets

_Fits = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, str) and value.lower() in ("true", "false")


def _each(fits: _Fits, *names: str) -> dict[str, _Fits]:
    return dict.fromkeys(names, fits)


_REMOTE = {**_each(_is_text, "url"), **_each(_is_flag, "verify")}
_VERSIONED = {**_REMOTE, **_each(_is_flag, "version_aware", "worktree")}
_WEB = {**_REMOTE, **_each(_is_text, "user", "password"), **_each(_is_flag, "ask_password")}
_REMOTES: Mapping[str, Mapping[str, _Fits]] = {
    "": _REMOTE,
    "s3": {
        **_VERSIONED,
        **_each(_is_text, "region", "profile", "credentialpath", "endpointurl"),
        **_each(_is_text, "access_key_id", "secret_access_key", "session_token"),
        **_each(_is_flag, "use_ssl", "allow_anonymous_login"),
    },
    "gs": {**_VERSIONED, **_each(_is_text, "projectname", "credentialpath")},
    "azure": {
        **_VERSIONED,
        **_each(_is_text, "connection_string", "sas_token", "account_name", "account_key"),
        **_each(_is_text, "tenant_id", "client_id", "client_secret"),
    },
    "ssh": {**_WEB, **_each(_is_text, "keyfile", "passphrase"), **_each(_is_flag, "ask_passphrase", "allow_agent")},
    **dict.fromkeys(("http", "https", "webdav", "webdavs"), _WEB),
}
_SECTIONS: Mapping[str, Mapping[str, _Fits]] = {
    "core": {
        **_each(_is_text, "remote", "site_cache_dir"),
        **_each(_is_flag, "analytics", "autostage", "check_update", "hardlink_lock", "no_scm", "interactive"),
    },
    "cache": _each(_is_text, "dir"),
}


def refusal_of(config: Mapping[str, Any]) -> str | None:
    """Why DVC refuses merged sections, None if it does not. No values are told, which may be secrets."""
    return None if _is_usual(config) else _asked(config)


def _is_usual(config: Mapping[str, Any]) -> bool:
    for name, section in config.items():
        if name == "remote":
            if not all(_is_usual_remote(remote) for remote in section.values()):
                return False
        elif section and not (name in _SECTIONS and _fits(section, _SECTIONS[name])):
            return False
    return True


def _is_usual_remote(remote: Mapping[str, Any]) -> bool:
    url = remote.get("url")
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    allowed = _REMOTES.get(parts.scheme if parts.netloc else "")
    return allowed is not None and _fits(remote, allowed)


def _fits(section: Mapping[str, Any], allowed: Mapping[str, _Fits]) -> bool:
    return all(key in allowed and allowed[key](value) for key, value in section.items())


def _asked(config: Mapping[str, Any]) -> str | None:
    from dvc.config_schema import SCHEMA
    from voluptuous import Invalid, Schema

    asked = {name: dict(section) for name, section in config.items() if name != "feature"}  # there, anything may stand
    try:
        Schema(SCHEMA)(asked)
    except Invalid as error:
        return without_secrets(" ".join(str(error).split()))[:300]
    except Exception as error:  # noqa: BLE001 - its functions trip over values of other kinds
        return type(error).__name__
    return None
