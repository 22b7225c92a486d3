"""Settings of a commit's `.dvc/config`: which are used as they are, and which only after the user trusts them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from release.core.secrets import without_secrets
from release.core.text import command_line


class Backend(Enum):
    """A class that speaks the protocol of a store, see `connect` in `dvc/backend.py`."""

    TREE = "tree"  # any file system of DVC that lists folders
    WEBHDFS = "webhdfs"
    HTTP = "http"
    S3 = "s3"
    AZURE = "azure"
    GS = "gs"


class Use(Enum):
    """Treatment of a setting that a commit's `.dvc/config` has."""

    USED = "used"  # as the commit has it
    OUTSIDE = "outside"  # a file: used if it lies where a clone cannot have put it: outside every work tree and cache
    TRUSTED = "trusted"  # used after the user trusted this key with this value


class RemoteSetting(Struct, frozen=True, kw_only=True):
    """One key of a remote's section.

    `flag` means that its value is true or false. `path` is a local path, relative to the folder of the file that has
    it. `secret` must not be shown. `sent` is sent as it is to the host of the remote: credentials that only sign a
    request are not.
    """

    use: Use = Use.USED
    flag: bool = False
    path: bool = False
    secret: bool = False
    sent: bool = False


class Scheme(Struct, frozen=True, kw_only=True):
    """One kind of DVC remote.

    DVC's plugin comes with the extra `extra`: of this package if `ours`, else of dvc.
    `usual` are the settings that every supported DVC takes, as plain text or flags; DVC's schema judges all others.
    `identity` are the settings that tell two stores of one URL apart.
    `credentials` are the lines (`NAME VALUE`) that set credentials with `dvc remote modify --local REMOTE`, and
    `variables` the environment variables that hold them in CI. `grant` says which rights are needed, where a service
    has names for them.
    `port` is the default port, None if the URL names no host. `hosted` means that the provider is the host, unless
    `endpointurl` names another. `accounts` means that `account_name` is a part of the host's name.
    `connect_timeout_s` and `read_timeout_s` are the settings (their values in seconds) that bound the time to connect
    and to answer; None if there is none. `prompts` means that a password is asked for while connecting.
    """

    extra: str
    ours: bool = False
    backend: Backend = Backend.TREE
    usual: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ("OPTION VALUE",)
    variables: tuple[str, ...] = ()
    grant: str | None = None
    port: int | None = None
    hosted: bool = False
    accounts: bool = False
    connect_timeout_s: str | None = None
    read_timeout_s: str | None = None
    prompts: bool = False

    @property
    def plugin(self) -> str:
        """The module of DVC's plugin."""
        return f"dvc_{self.extra}"


def _each(setting: RemoteSetting, *keys: str) -> dict[str, RemoteSetting]:
    return dict.fromkeys(keys, setting)


_PLAIN = RemoteSetting()
_FLAG = RemoteSetting(flag=True)
_SECRET = RemoteSetting(secret=True)
_SENT = RemoteSetting(secret=True, sent=True)

PROGRAM = "bearer_token_command"  # a program that prints a secret

SETTINGS: Mapping[str, RemoteSetting] = {
    # where the store is
    "url": RemoteSetting(path=True),
    **_each(_PLAIN, "region", "endpointurl", "port", "oss_endpoint", "account_name", "profile", "projectname"),
    **_each(_PLAIN, "ssl_verify", "tenant_id"),
    **_each(_FLAG, "version_aware", "worktree", "use_ssl", "use_https"),
    **_each(RemoteSetting(use=Use.TRUSTED), "proxy_to", "data_proxy_target"),
    # who asks; secrets that a commit carries are its own, and every reader of it has them
    **_each(_PLAIN, "user", "auth", "custom_auth_header", "client_id", "gss_auth", "kerberos", "kerberos_principal"),
    **_each(_PLAIN, "gdrive_client_id", "gdrive_use_service_account", "gdrive_service_account_user_email"),
    **_each(_PLAIN, "exclude_environment_credential", "exclude_visual_studio_code_credential"),
    **_each(_PLAIN, "exclude_shared_token_cache_credential", "exclude_managed_identity_credential"),
    **_each(_FLAG, "ask_password", "ask_passphrase", "allow_anonymous_login", "allow_agent"),
    **_each(_SENT, "password", "token", "sas_token", "sse_customer_key"),
    **_each(_SECRET, "passphrase", "access_key_id", "secret_access_key", "session_token", "connection_string"),
    **_each(_SECRET, "account_key", "client_secret", "oss_key_id", "oss_key_secret", "gdrive_client_secret"),
    **_each(
        RemoteSetting(use=Use.OUTSIDE, path=True), "keyfile", "configpath", "credentialpath", "cert_path", "key_path"
    ),
    "gdrive_service_account_json_file_path": RemoteSetting(use=Use.OUTSIDE, path=True),
    "kerb_ticket": RemoteSetting(use=Use.OUTSIDE),  # DVC takes it as it is
    "gdrive_user_credentials_file": RemoteSetting(use=Use.TRUSTED, path=True),  # the plugin writes it
    PROGRAM: RemoteSetting(use=Use.TRUSTED, sent=True),
    # how much, how long, and how it is written
    "verify": _FLAG,
    **_each(_PLAIN, "jobs", "checksum_jobs", "max_sessions", "timeout", "read_timeout", "connect_timeout"),
    **_each(_PLAIN, "connection_timeout", "type", "protected", "shared", "slow_link_warning", "method"),
    **_each(_PLAIN, "no_traverse", "listobjects", "cache_regions", "sse", "sse_kms_key_id", "acl", "replication"),
    **_each(_PLAIN, "sse_customer_algorithm", "grant_read", "grant_read_acp", "grant_write_acp", "grant_full_control"),
    **_each(_PLAIN, "gdrive_trash_only", "gdrive_acknowledge_abuse"),
}
_SECRET_WORDS = ("password", "secret", "token", "key", "connection_string", "passphrase", "credential")

FOLDER_USUAL = ("url", "verify")  # what every DVC takes in the section of a local folder
_VERSIONED = (*FOLDER_USUAL, "version_aware", "worktree")
_LOGIN = (*FOLDER_USUAL, "user", "password", "ask_password")
_USER_AND_PASSWORD = ("user USER", "password PASSWORD")

_HTTP = Scheme(
    extra="http",
    backend=Backend.HTTP,
    usual=_LOGIN,
    credentials=("auth basic", *_USER_AND_PASSWORD),
    port=80,
    connect_timeout_s="connect_timeout",
    read_timeout_s="read_timeout",
)
_WEBDAV = Scheme(
    extra="webdav",
    ours=True,
    usual=_LOGIN,
    credentials=_USER_AND_PASSWORD,
    port=80,
    read_timeout_s="timeout",
)
SCHEMES: Mapping[str, Scheme] = {
    "s3": Scheme(
        extra="s3",
        ours=True,
        backend=Backend.S3,
        usual=(
            *(*_VERSIONED, "region", "profile", "credentialpath", "endpointurl", "access_key_id", "secret_access_key"),
            *("session_token", "use_ssl"),
        ),
        identity=("endpointurl",),
        credentials=("access_key_id ID", "secret_access_key KEY"),
        variables=("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        grant=(
            "allow s3:ListBucket on the bucket and s3:GetObject on its objects "
            "(without s3:ListBucket a missing object answers 403, too)"
        ),
        hosted=True,
        connect_timeout_s="connect_timeout",
        read_timeout_s="read_timeout",
    ),
    "gs": Scheme(
        extra="gs",
        ours=True,
        backend=Backend.GS,
        usual=(*_VERSIONED, "projectname", "credentialpath"),
        identity=("endpointurl",),
        credentials=("credentialpath FILE",),
        grant=(
            "allow storage.objects.list and storage.objects.get on the bucket (the role Storage Object Viewer has both)"
        ),
        hosted=True,
    ),
    "azure": Scheme(
        extra="azure",
        ours=True,
        backend=Backend.AZURE,
        usual=(
            *(*_VERSIONED, "connection_string", "sas_token", "account_name", "account_key", "tenant_id", "client_id"),
            "client_secret",
        ),
        identity=("account_name",),
        credentials=("account_name NAME", "account_key KEY"),
        variables=("AZURE_STORAGE_CONNECTION_STRING",),
        hosted=True,
        accounts=True,
    ),
    "ssh": Scheme(
        extra="ssh",
        ours=True,
        usual=(*_LOGIN, "keyfile", "passphrase", "ask_passphrase", "allow_agent"),
        identity=("port",),
        credentials=("keyfile FILE",),
        port=22,
        connect_timeout_s="timeout",
        prompts=True,
    ),
    "http": _HTTP,
    "https": replace(_HTTP, port=443),
    "webdav": _WEBDAV,
    "webdavs": replace(_WEBDAV, port=443),
    "webhdfs": Scheme(
        extra="webhdfs",
        ours=True,
        backend=Backend.WEBHDFS,
        usual=(*FOLDER_USUAL, "token", "use_https"),
        identity=("use_https",),
        credentials=_USER_AND_PASSWORD,
        port=50070,
    ),
    "hdfs": Scheme(extra="hdfs"),
    "oss": Scheme(extra="oss", identity=("oss_endpoint",)),
    "gdrive": Scheme(extra="gdrive"),
}


IDENTITY = frozenset(key for scheme in SCHEMES.values() for key in scheme.identity)


class Unshared(Enum):
    """The part of a remote that only one user has, so that no other user's clone finds it."""

    REMOTE = "remote"  # its section
    DEFAULT = "default"  # that it is the default remote
    HOME = "home"  # its folder, which is in the user's home


def scheme_of(url: str) -> Scheme | None:
    """Return the kind of remote that a URL names; None for a local folder and for what DVC does not know."""
    name, separator, _ = url.partition("://")
    return SCHEMES.get(name.lower()) if separator else None


def is_secret(key: str) -> bool:
    """Return whether a setting's value must not be shown; a key that is not known is judged by its words."""
    known = SETTINGS.get(key)
    return known.secret if known is not None else any(word in key for word in _SECRET_WORDS)


# Trust in settings of a commit's `.dvc/config`: which are used directly, which only after the user trusts them.


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
