"""What a remote's section lacks to be let in, and the commands that set it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from release.core.shell import command_line

_WEBDAV = frozenset({"webdav", "webdavs"})
_WEB = frozenset({"http", "https"})
_LINES: Mapping[str, tuple[str, ...]] = {
    "s3": ("access_key_id ID", "secret_access_key KEY"),
    "gs": ("credentialpath FILE",),
    "azure": ("account_name NAME", "account_key KEY"),
    "ssh": ("keyfile FILE",),
    **dict.fromkeys(_WEBDAV, ("user USER", "password PASSWORD")),
    **dict.fromkeys(_WEB, ("auth basic", "user USER", "password PASSWORD")),
}


def lacking(scheme: str, settings: Mapping[str, object], *, on_terminal: bool) -> tuple[str, str] | None:
    """What a section has not that its plugin cannot do without: in words, and the option with a word for its value.

    None if nothing is known to lack. Plugins only trip over it: WebDAV's says `Invalid type for value`.
    """
    user, header = settings.get("user"), settings.get("custom_auth_header")
    asks = on_terminal and str(settings.get("ask_password")).lower() == "true"
    password = settings.get("password") or asks
    if scheme in _WEBDAV and not settings.get("token") and (user or header) and not password:
        return f"{_whose(user, header)} has no password", "password PASSWORD"
    auth = str(settings.get("auth") or "").lower()
    if scheme in _WEB and auth in ("basic", "digest") and not user:
        return f"`auth = {auth}` has no user", "user USER"
    if scheme in _WEB and auth == "custom" and not header:
        return "`auth = custom` has no header", "custom_auth_header NAME"
    if scheme in _WEB and auth and not password:
        return f"{_whose(user, header)} has no password", "password PASSWORD"
    return None


def commands(remote: str, kind: str) -> str:
    """What sets the credentials of a remote of that kind, on this machine alone."""
    lines = _LINES.get(kind, ("OPTION VALUE",))
    return " && ".join(command(remote, line) for line in lines)


def command(remote: str, setting: str) -> str:
    """What sets one option (`name VALUE`)."""
    return command_line("dvc", "remote", "modify", "--local", names=(remote, *setting.split()))


def _whose(user: object, header: object) -> str:
    return f"user `{user}`" if user else f"the header `{header}`"
