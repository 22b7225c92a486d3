"""Stores that are folders; evidence for an object; errors of all stores with their help."""

from __future__ import annotations

import binascii
import os
import re
import stat
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from release.core.limits import MAX_LISTING_BYTES
from release.core.pointer import Layout, ObjectKey, Stored, reserved_folder
from release.core.remotes import SCHEMES
from release.core.secrets import without_secrets
from release.core.text import OnProgress, command_line, no_progress, quote, size
from release.errors import Cancelled, DataMissing, Refused, Unknown
from release.system.files import NoRegularFile, open_regular


def missing_credentials(scheme: str, settings: Mapping[str, object], *, on_terminal: bool) -> tuple[str, str] | None:
    """Return what the plugin needs and the section lacks: in words, and as a setting with a placeholder for its value.

    Returns None if nothing is known to be missing. Plugins report it badly: WebDAV's says `Invalid type for value`.
    """
    family = SCHEMES[scheme].extra
    asks = on_terminal and str(settings.get("ask_password")).lower() == "true"
    if settings.get("password") or settings.get("token") or asks:
        return None
    user = settings.get("user") or settings.get("custom_auth_header")
    if (family == "webdav" and user) or (family == "http" and settings.get("auth")):
        return "no password is set", "password PASSWORD"
    return None


def commands(remote: str, kind: str) -> str:
    """Return the command that sets the credentials of a remote of the scheme `kind`, on this machine only."""
    return " && ".join(command(remote, line) for line in SCHEMES[kind].credentials)


def command(remote: str, setting: str) -> str:
    """Return the command that sets one option (`name VALUE`)."""
    return command_line("dvc", "remote", "modify", "--local", names=(remote, *setting.split()))


# Errors of stores: what DVC's plugins raise becomes one of these classes, with a message that holds no secrets


class StoreFailed(Unknown):
    """A store that did not answer, or not as its protocol says."""

    section = "data-on-remote"


class Forbidden(StoreFailed):
    """The store refuses the request."""


# Names, because the libraries that define them are loaded only by the remotes that use them.
_NOT_SET = frozenset(
    {
        *("NoCredentialsError", "PartialCredentialsError"),  # botocore
        "DefaultCredentialsError",  # google-auth
        *("AzureAuthError", "CredentialUnavailableError", "NoAuthInURLError"),  # dvc-azure, azure-identity
    }
)
_NO_CREDENTIALS = _NOT_SET | {
    *("CredentialRetrievalError", "TokenRetrievalError", "UnauthorizedSSOTokenError"),  # botocore
    *("RefreshError", "ClientAuthenticationError"),  # google-auth, azure-core
    *("PermissionDenied", "SFTPPermissionDenied"),  # asyncssh
    *("ForbiddenOperation", "AuthError"),  # webdav4, dvc-gdrive
}
_NO_ANSWER = frozenset(
    {
        *("gaierror", "herror", "FSTimeoutError"),  # socket, fsspec
        *("HTTPClientError", "IncompleteReadError"),  # botocore
        *("ClientConnectionError", "TransportError"),  # aiohttp; google-auth and webdav4
        *("ServiceRequestError", "ServiceResponseError"),  # azure-core
        *("ChannelOpenError", "ConnectionLost", "DisconnectError"),  # asyncssh
        *("SFTPConnectionLost", "SFTPNoConnection"),
        *("ConnectError", "ConnectTimeout", "PoolTimeout", "ReadError", "ReadTimeout", "RemoteProtocolError"),  # httpx
        *("ChunkedEncodingError", "Timeout"),  # requests
    }
)


def explained(error: BaseException, *, remote: str, kind: str, doing: str, secrets: Collection[str]) -> Unknown:
    """Return the error for an exception of a plugin.

    `remote` is the remote's name, `kind` its scheme, `doing` what was tried ("listing files/md5").
    `secrets` are values that must not be shown.
    """
    if isinstance(error, Unknown):
        return error
    words = _words(error, secrets)
    doing = without_secrets(doing, secrets)  # it may name an object by its URL
    if _is(error, _NOT_SET):
        return Forbidden(f"remote `{remote}`: {doing} needs credentials: {words}", help=commands(remote, kind))
    if _status(error) in (401, 403, 407) or _is(error, _NO_CREDENTIALS) or _has(error, PermissionError):
        otherwise = f"check the permissions and credentials of this remote: {commands(remote, kind)}"
        message = f"remote `{remote}`: {doing} is not allowed: {words}"
        return Forbidden(message, help=SCHEMES[kind].grant or otherwise)
    if _is(error, _NO_ANSWER) or _has(error, ConnectionError, TimeoutError):
        return StoreFailed(
            f"remote `{remote}`: no answer while {doing}: {words}", help="check the connection and try again"
        )
    return StoreFailed(
        f"remote `{remote}`: {doing} failed: {words}",
        help=f"dvc remote list; {command_line('dvc', 'status', '-c', '-r', remote, '-v')}",
    )


def missing_status(error: BaseException) -> bool:
    """Return whether the store itself says that the object does not exist."""
    if _status(error) == 404:
        return True
    # fsspec's http says "not found" for a 403, too: then another status is among the causes.
    return isinstance(error, FileNotFoundError) and all(_status(each) in (None, 404) for each in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.__cause__ or each.__context__


def _status(error: BaseException) -> int | None:
    """Return the HTTP status of an exception of botocore, aiohttp, httpx, requests, azure or gcsfs; None if it has none."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):  # botocore
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return status if isinstance(status, int) else None
    for holder in (error, response):
        for name in ("status_code", "status", "code"):
            status = getattr(holder, name, None)
            if isinstance(status, str) and status.isdigit():
                status = int(status)
            if isinstance(status, int) and 100 <= status <= 599:
                return status
    return 403 if isinstance(error, OSError) and str(error).startswith("Forbidden: ") else None  # gcsfs says no more


def _is(error: BaseException, names: Collection[str]) -> bool:
    return any(base.__name__ in names for each in _chain(error) for base in type(each).__mro__)


def _has(error: BaseException, *kinds: type[BaseException]) -> bool:
    return any(isinstance(each, kinds) for each in _chain(error))


def _words(error: BaseException, secrets: Collection[str]) -> str:
    return without_secrets(" ".join(str(error).split()) or type(error).__name__, secrets)[:300]


class StoredTooLarge(Exception):
    """An object that is larger than the limit for reading it whole; the message states the limit."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__(f"it has more than {size(most_bytes)}")


def joined(pieces: Iterable[bytes], most_bytes: int) -> bytes:
    """Join the pieces of an object. Raises StoredTooLarge."""
    kept, total = [], 0
    for piece in pieces:
        total += len(piece)
        if total > most_bytes:
            raise StoredTooLarge(most_bytes)
        kept.append(piece)
    return b"".join(kept)


# Evidence that a store gives of an object's content and availability without its bytes being read

_MD5_DIGITS = re.compile(r"[0-9a-f]{32}")
_S3_ARCHIVES = frozenset({"GLACIER", "DEEP_ARCHIVE"})  # GLACIER_IR is readable at once
_KEYED = frozenset({"aws:kms", "aws:kms:dsse"})


def md5_of_etag(etag: str | None, *, encryption: str | None = None, customer_key: bool = False) -> str | None:
    """Return the MD5 in an S3 ETag; None if the ETag is something else.

    It is the content's MD5 for single-part uploads that are plain or encrypted with S3's own key. With
    KMS or a customer's key it is random; for multipart uploads it contains a `-`.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    """
    if etag is None or encryption in _KEYED or customer_key:
        return None
    bare = etag.strip('"')
    return bare if _MD5_DIGITS.fullmatch(bare) else None


def md5_of_base64(text: str | None) -> str | None:
    """Return the MD5 (hex) in a `md5Hash` of Google or a `Content-MD5`; None if there is none."""
    if not text:
        return None
    try:
        digest = binascii.a2b_base64(text)
    except (binascii.Error, ValueError):
        return None
    return digest.hex() if len(digest) == 16 else None


def s3_archive(storage_class: str | None, *, restore: str | None = None, archive: str | None = None) -> str | None:
    """Return the storage class or tier that prevents reading an S3 object; None if it can be read.

    `restore` is the `x-amz-restore` header (a finished restore makes a readable copy), `archive` the
    archive tier of Intelligent-Tiering.
    """
    if restore is not None and 'ongoing-request="false"' in restore:
        return None
    if archive:
        return archive
    return storage_class if storage_class in _S3_ARCHIVES else None


def expected_md5(key: ObjectKey) -> str | None:
    """Return the MD5 that the object's bytes must have; None if its name does not say.

    Objects of DVC 2 are named by the MD5 of their text with LF line endings, which the bytes need not have.
    """
    if key.layout != Layout.MD5.value:
        return None
    name = key.oid.removesuffix(".dir")
    return name if _MD5_DIGITS.fullmatch(name) else None


def fitting(key: ObjectKey, stored: Stored) -> Stored:
    """Return `stored` without an MD5 that proves nothing, as the object is named by another hash."""
    if key.layout == Layout.LEGACY.value and stored.md5 != key.oid.removesuffix(".dir"):
        return replace(stored, md5=None)
    return stored


# A DVC remote that is a folder. Uses only `stat` and `open` for reading, except in `upload`

_MD5 = Layout.MD5.value
_PIECE_BYTES = 1 << 20
_TELL_EVERY = 5_000
_READ_ONLY = 0o444  # DVC takes an object of this mode for complete


def object_path(layout: str, oid: str) -> str:
    """Return the path of an object below the root of a remote or cache: `files/md5/xx/yyyy`, or `xx/yyyy` for DVC 2."""
    inside = f"{oid[:2]}/{oid[2:]}"
    return f"files/md5/{inside}" if layout == _MD5 else inside


class FolderStore:
    """A DVC remote that is a folder. A folder that does not exist is empty. `CloudStore` has the same methods.

    Reading never writes: not to the store, not to DVC's caches or indexes. Every method raises `errors.Unknown`
    (Forbidden if the store refuses) if the store could not be queried; an answer is always complete. A query costs one `stat` for each wanted object, however many objects the folder has; a listing is never cheaper.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.identity = os.path.realpath(folder)
        self._folder = str(folder)
        self._stopping = threading.Event()

    def find(self, keys: Collection[ObjectKey], on_progress: OnProgress = no_progress) -> Mapping[ObjectKey, Stored]:
        """Return those of `keys` that are there. Raises Forbidden, or Unknown if the disk does not answer."""
        found: dict[ObjectKey, Stored] = {}
        for done, key in enumerate(keys):
            if done % _TELL_EVERY == 0:
                on_progress(f"reading {self.name}", done, len(keys))
            stored = self._stat(self._path(key))
            if stored is not None:
                found[key] = stored
        return found

    def read(self, key: ObjectKey, most_bytes: int = MAX_LISTING_BYTES) -> bytes:
        """Return a small object's bytes (a `.dir`). Raises DataMissing, Unknown, and StoredTooLarge before reading any."""
        with suppress(OSError):  # `stream` reports it
            if Path(self._path(key)).stat().st_size > most_bytes:
                raise StoredTooLarge(most_bytes)
        return joined(self.stream(key), most_bytes)

    def stream(self, key: ObjectKey) -> Iterator[bytes]:
        """Yield an object's bytes in pieces of a megabyte. Raises what `read` raises."""
        path = self._path(key)
        try:
            with open_regular(path) as file:
                while piece := file.read(_PIECE_BYTES):
                    yield piece
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, NoRegularFile):
            raise DataMissing(f"object {key.oid} is not on remote `{self.name}`", help="dvc push") from None
        except OSError as error:
            raise self._trouble(error, path) from None

    def upload(self, key: ObjectKey, source: Path) -> None:
        """Copy a file there atomically, read-only as DVC stores its objects. Refuses a target in .git or .hg."""
        target = Path(self._path(key))
        inside = reserved_folder(os.path.realpath(target.parent))
        if inside in (".git", ".hg"):
            words = f"object {key.oid} was not uploaded to remote `{self.name}`: its folder leads into {inside}"
            raise Refused(words, help="dvc remote list", section="data-on-remote")
        draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._copy(source, draft)
            draft.chmod(_READ_ONLY)
            draft.replace(target)
        except (OSError, Cancelled) as error:
            with suppress(OSError):
                draft.unlink()
            if isinstance(error, Cancelled):
                raise
            raise Refused(
                f"object {key.oid} could not be uploaded to remote `{self.name}`: {error.strerror}",
                help=f"check {quote(str(self._folder))}: free space and write permission",
                section="data-on-remote",
            ) from None

    def stop(self) -> None:
        """Cancel the uploads of other threads, even in the middle of an object, which then does not appear."""
        self._stopping.set()

    def close(self) -> None:
        """Do nothing: no file is left open."""

    def _copy(self, source: Path, draft: Path) -> None:
        with open_regular(source) as read, draft.open("xb") as write:
            while piece := read.read(_PIECE_BYTES):
                if self._stopping.is_set():
                    raise Cancelled(f"cancelled while {source.name} was copied")
                write.write(piece)
            write.flush()
            os.fsync(write.fileno())

    def _path(self, key: ObjectKey) -> str:
        return f"{self._folder}/{object_path(key.layout, key.oid)}"

    def _stat(self, path: str) -> Stored | None:
        try:
            found = os.stat(path)  # noqa: PTH116 - a path object takes twice as long
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._trouble(error, path) from None
        if not stat.S_ISREG(found.st_mode):
            return None
        if not found.st_mode & stat.S_IROTH and not os.access(path, os.R_OK):
            raise self._trouble(PermissionError(13, "Permission denied"), path)
        return Stored(size_bytes=found.st_size)

    def _trouble(self, error: OSError, path: str) -> Unknown:
        words = f"remote `{self.name}`: {path} cannot be read: {error.strerror}"
        if isinstance(error, PermissionError):
            return Forbidden(words, help=command_line("chmod", "-R", "a+rX", names=(str(self._folder),)))
        return StoreFailed(words, help=command_line("ls", "-l", names=(path,)))
