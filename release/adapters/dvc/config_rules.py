"""Validation of a DVC configuration: one name that DVC does not know, and each of its commands fails, `dvc pull` too.

Usual settings are checked here; DVC's own schema judges all others. Source: dvc/config_schema.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from release.core.schemes import FOLDER_USUAL, SCHEMES, SETTINGS
from release.core.secrets import without_secrets

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
    return None if _is_usual(config) else _validated(config)


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

    asked = {name: dict(section) for name, section in config.items() if name != "feature"}  # there, anything may stand
    try:
        Schema(SCHEMA)(asked)
    except Invalid as error:
        return without_secrets(" ".join(str(error).split()))[:300]
    except Exception as error:  # noqa: BLE001 - its functions trip over values of other kinds
        return type(error).__name__
    return None
