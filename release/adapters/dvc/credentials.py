"""What a remote's section lacks to be let in, and the commands that set it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from release.core.schemes import SCHEMES
from release.core.shell import command_line


def missing_credentials(scheme: str, settings: Mapping[str, object], *, on_terminal: bool) -> tuple[str, str] | None:
    """Return what a section lacks and its plugin needs: in words, and the setting with a word for its value.

    Returns None if nothing is known to lack. Plugins report it badly: WebDAV's says `Invalid type for value`.
    """
    family = SCHEMES[scheme].extra
    user, header = settings.get("user"), settings.get("custom_auth_header")
    asks = on_terminal and str(settings.get("ask_password")).lower() == "true"
    password = settings.get("password") or asks
    if family == "webdav" and not settings.get("token") and (user or header) and not password:
        return f"{_whose(user, header)} has no password", "password PASSWORD"
    auth = str(settings.get("auth") or "").lower()
    if family == "http" and auth in ("basic", "digest") and not user:
        return f"`auth = {auth}` has no user", "user USER"
    if family == "http" and auth == "custom" and not header:
        return "`auth = custom` has no header", "custom_auth_header NAME"
    if family == "http" and auth and not password:
        return f"{_whose(user, header)} has no password", "password PASSWORD"
    return None


def commands(remote: str, kind: str) -> str:
    """Return the command that sets the credentials of a remote of the scheme `kind`, on this machine only."""
    return " && ".join(command(remote, line) for line in SCHEMES[kind].credentials)


def command(remote: str, setting: str) -> str:
    """Return the command that sets one option (`name VALUE`)."""
    return command_line("dvc", "remote", "modify", "--local", names=(remote, *setting.split()))


def _whose(user: object, header: object) -> str:
    return f"user `{user}`" if user else f"the header `{header}`"
