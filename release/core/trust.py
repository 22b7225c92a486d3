"""Trust in settings of a commit's `.dvc/config`: which are used directly, which only after the user trusts them. Pure.

Anyone may have written a commit. DVC's schema has keys that name a program, files with credentials, and places to which
credentials are sent. Source: dvc/config_schema.py; a contract test compares these tables with the installed DVC.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from release.core.schemes import SCHEMES, SETTINGS, Use
from release.core.secrets import without_secrets
from release.core.shell import command_line

SECTION_KEYS: Mapping[tuple[str, str], Use] = {
    ("core", "remote"): Use.USED,
    ("cache", "dir"): Use.INSIDE,
    **{("cache", key): Use.USED for key in ("type", "protected", "shared", "slow_link_warning", "verify")},
}


class Pair(Struct, frozen=True, order=True):
    """A setting with its value, as the user trusts it: `remote.storage.bearer_token_command`, `get-token`."""

    key: str
    value: str

    @property
    def is_place(self) -> bool:
        """True if it names the place that receives a remote's credentials."""
        return self.key.endswith(".url")

    @property
    def text(self) -> str:
        """`key=value`, as in a command or an environment variable."""
        return f"{self.key}={self.value}"


EXTERNAL_ALLOWED = Pair("audit.external", "allow")  # DVC fetches imports, and runs what their sources configure


def trust_command(pairs: Collection[Pair]) -> str:
    """Return the command with which the user trusts these pairs.

    If a pair looks like a secret, the command lists none: it then prompts for all that HEAD sets.
    """
    if any(without_secrets(pair.text) != pair.text for pair in pairs):
        return "release config --trust"
    return command_line("release", "config", "--trust", names=[pair.text for pair in pairs])


def parse_pair(text: str) -> Pair | None:
    """Parse `key=value`; None if it is not one."""
    key, equals, value = text.partition("=")
    return Pair(key.strip(), value.strip()) if equals and key.strip() and value.strip() else None


def use_of(key: str, scheme: str, *, anonymous: bool) -> Use:
    """Return the handling of a remote's key for a URL scheme. Unknown keys need trust."""
    if (scheme, key) == ("gs", "endpointurl") and not anonymous:
        return Use.TRUSTED  # it receives the access token of the user's Google account
    return SETTINGS[key].use if key in SETTINGS else Use.TRUSTED


def is_sent(key: str) -> bool:
    """Return whether a remote's key is a secret that is sent as it is, or a program that prints one."""
    return key in SETTINGS and SETTINGS[key].sent


def prints_secret(key: str) -> bool:
    """Return whether a remote's key is a program, which prints a secret."""
    return key in SETTINGS and SETTINGS[key].program


def place_of(options: Mapping[str, object]) -> str | None:
    """Return the place that receives a remote's secrets: scheme, host and port; None if `options` name none.

    `options` are settings of one remote, perhaps only those of one configuration file. A place where the certificate
    of the host is not verified as usual is another place, and so is one with `use_https`.
    """
    url = str(options.get("url") or "")
    try:
        parts = urlsplit(url)
        name = parts.scheme.lower()
        scheme = SCHEMES.get(name)
        if scheme is not None and scheme.accounts:
            return f"{name}://{options['account_name']}" if options.get("account_name") else None
        if scheme is not None and scheme.hosted:
            parts = urlsplit(str(options.get("endpointurl") or f"{name}://"))
        port = options.get("port") or parts.port or (scheme.port if scheme is not None else None)
    except ValueError:
        return None
    if name in ("", "remote"):
        return None
    verify, encrypted = str(options.get("ssl_verify", "true")), str(options.get("use_https", "false"))
    more = "" if verify.lower() == "true" else f" ssl_verify={verify}"
    more += "" if encrypted.lower() == "false" else f" use_https={encrypted}"
    host = (parts.hostname or "") + (f":{port}" if port else "")
    return f"{parts.scheme.lower()}://{host}{more}"
