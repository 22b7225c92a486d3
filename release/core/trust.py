"""Trust in settings of a commit's `.dvc/config`: which are used directly, which only after the user trusts them. Pure.

Anyone may have written a commit. DVC's schema has keys that name a program, files with credentials, and places to which
credentials are sent. Source: dvc/config_schema.py; a contract test compares these tables with the installed DVC.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
from urllib.parse import urlsplit

from msgspec import Struct

from release.core.secrets import without_secrets
from release.core.shell import command_line


class Use(Enum):
    """Handling of a key that a commit sets."""

    USED = "used"  # as the commit has it
    OUTSIDE = "outside"  # a file: used if a clone cannot have put it there, that is outside every work tree and cache
    INSIDE = "inside"  # a folder that is written: used if it is inside the work tree and not below .git
    TRUSTED = "trusted"  # used after the user trusts this key with this value
    UNUSED = "unused"  # `release` never reads it from a commit


def _each(use: Use, *keys: str) -> dict[str, Use]:
    return dict.fromkeys(keys, use)


REMOTE_KEYS: Mapping[str, Use] = {
    # location
    **_each(Use.USED, "url", "region", "endpointurl", "port", "oss_endpoint", "account_name", "profile", "projectname"),
    **_each(Use.USED, "version_aware", "worktree", "use_ssl", "use_https", "ssl_verify", "tenant_id"),
    **_each(Use.TRUSTED, "proxy_to", "data_proxy_target"),
    # identity; secrets in a commit are its own, and whoever can read it has them
    **_each(Use.USED, "user", "password", "ask_password", "passphrase", "ask_passphrase", "token", "auth"),
    **_each(Use.USED, "custom_auth_header", "access_key_id", "secret_access_key", "session_token"),
    **_each(Use.USED, "allow_anonymous_login", "connection_string", "sas_token", "account_key", "client_id"),
    **_each(Use.USED, "client_secret", "oss_key_id", "oss_key_secret", "gss_auth", "allow_agent", "kerberos"),
    **_each(Use.USED, "kerberos_principal", "gdrive_client_id", "gdrive_client_secret", "gdrive_use_service_account"),
    **_each(Use.USED, "gdrive_service_account_user_email", "exclude_environment_credential"),
    **_each(Use.USED, "exclude_visual_studio_code_credential", "exclude_shared_token_cache_credential"),
    **_each(Use.USED, "exclude_managed_identity_credential"),
    **_each(Use.OUTSIDE, "keyfile", "configpath", "credentialpath", "cert_path", "key_path", "kerb_ticket"),
    **_each(Use.OUTSIDE, "gdrive_service_account_json_file_path"),
    **_each(Use.TRUSTED, "bearer_token_command", "gdrive_user_credentials_file"),  # the plugin writes the latter
    # performance, time limits and storage options
    **_each(Use.USED, "jobs", "checksum_jobs", "max_sessions", "timeout", "read_timeout", "connect_timeout"),
    **_each(Use.USED, "connection_timeout", "verify", "type", "protected", "shared", "slow_link_warning", "method"),
    **_each(Use.USED, "no_traverse", "listobjects", "cache_regions", "sse", "sse_kms_key_id", "acl", "replication"),
    **_each(Use.USED, "sse_customer_algorithm", "sse_customer_key", "grant_read", "grant_read_acp"),
    **_each(Use.USED, "grant_write_acp", "grant_full_control", "gdrive_trash_only", "gdrive_acknowledge_abuse"),
}

SECTION_KEYS: Mapping[tuple[str, str], Use] = {
    ("core", "remote"): Use.USED,
    ("cache", "dir"): Use.INSIDE,
    **{("cache", key): Use.USED for key in ("type", "protected", "shared", "slow_link_warning", "verify")},
}

PROGRAMS = frozenset({"bearer_token_command"})  # their output is a secret
# Sent unchanged to the place that the remote's settings name. Keys that only sign a request are not among them.
_SENT = PROGRAMS | {"password", "token", "sas_token", "sse_customer_key"}
KNOWN_HOSTS = frozenset({"s3", "gs", "azure"})  # the provider's own hosts, unless an endpoint is set
_PORTS = {"http": 80, "webdav": 80, "https": 443, "webdavs": 443, "ssh": 22}
WITH_PORT = frozenset(_PORTS)


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
    return REMOTE_KEYS.get(key, Use.TRUSTED)


def is_sent(key: str) -> bool:
    """Return True if a remote's key is a secret that is sent unchanged, or a program that prints one."""
    return key in _SENT


def place_of(options: Mapping[str, object]) -> str | None:
    """Return the place that receives a remote's secrets: scheme, host and port; None if `options` name none.

    `options` are settings of one remote, perhaps only those of one configuration file. A host whose certificate is not
    verified as usual is a different place.
    """
    url = str(options.get("url") or "")
    try:
        parts = urlsplit(url)
        scheme = parts.scheme.lower()
        if scheme == "azure":
            return f"azure://{options['account_name']}" if options.get("account_name") else None
        if scheme in KNOWN_HOSTS:
            parts = urlsplit(str(options.get("endpointurl") or f"{scheme}://"))
        port = options.get("port") or parts.port or _PORTS.get(scheme)
    except ValueError:
        return None
    if scheme in ("", "remote"):
        return None
    verify = str(options.get("ssl_verify", "true"))
    unverified = "" if verify.lower() == "true" else f" ssl_verify={verify}"
    host = (parts.hostname or "") + (f":{port}" if port else "")
    return f"{parts.scheme.lower()}://{host}{unverified}"
