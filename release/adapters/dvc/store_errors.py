"""Errors of stores: what DVC's plugins raise becomes one of these classes, with a message that holds no secrets.

Unknown
|- Forbidden       401, 403, no or wrong credentials
|- Unreachable     no connection, or no answer in time
|- ListingCut      a listing that ended before its end
`- PluginMissing   DVC's plugin for this kind of remote is not installed
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from release.adapters.dvc.credentials import commands
from release.core.schemes import SCHEMES
from release.core.secrets import without_secrets
from release.core.shell import command_line
from release.errors import Unknown


class Forbidden(Unknown):
    """The store refuses the request."""


class StoreUnreachable(Unknown):
    """The store does not answer."""


class ListingCut(Unknown):
    """A listing that stopped halfway: what it named is there; nothing is known of the rest."""


class PluginMissing(Unknown):
    """DVC's plugin for this kind of remote is not installed."""


# Names, because the libraries that define them are loaded only by the remotes that use them.
_NOT_SET = frozenset(name for scheme in SCHEMES.values() for name in scheme.unset)
_NO_CREDENTIALS = _NOT_SET | {name for scheme in SCHEMES.values() for name in scheme.denied}
_NO_ANSWER = frozenset(name for scheme in SCHEMES.values() for name in scheme.silent)


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
        return Forbidden(f"remote `{remote}`: {doing} is not allowed: {words}", help=_grant(remote, kind))
    if _is(error, _NO_ANSWER) or _has(error, ConnectionError, TimeoutError) or _unresolved(error):
        return StoreUnreachable(
            f"remote `{remote}`: no answer while {doing}: {words}", help="check the connection and try again"
        )
    return Unknown(
        f"remote `{remote}`: {doing} failed: {words}",
        help=f"dvc remote list; {command_line('dvc', 'status', '-c', '-r', remote, '-v')}",
    )


def missing_status(error: BaseException) -> bool:
    """Return whether the store itself says that the object does not exist."""
    if _status(error) == 404:
        return True
    return isinstance(error, FileNotFoundError) and not _refused_underneath(error)


def cut_short(error: Unknown, *, remote: str, seen: int) -> ListingCut:
    """Return the error for a listing that failed after `seen` objects."""
    return ListingCut(
        f"remote `{remote}`: listing cut short after {seen:,} objects: {error.message}", help="try again later"
    )


def _refused_underneath(error: BaseException) -> bool:
    """Return whether another status caused "not found": fsspec's http raises that for a 403, too."""
    return any(_status(each) not in (None, 404) for each in _chain(error))


def _grant(remote: str, kind: str) -> str:
    return SCHEMES[kind].grant or f"check the rights of this remote and its credentials: {commands(remote, kind)}"


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
    return None


def _is(error: BaseException, names: Collection[str]) -> bool:
    return any(base.__name__ in names for each in _chain(error) for base in type(each).__mro__)


def _has(error: BaseException, *kinds: type[BaseException]) -> bool:
    return any(isinstance(each, kinds) for each in _chain(error))


def _unresolved(error: BaseException) -> bool:
    return any(type(each).__name__ in ("gaierror", "herror", "FSTimeoutError") for each in _chain(error))


def _words(error: BaseException, secrets: Collection[str]) -> str:
    return without_secrets(" ".join(str(error).split()) or type(error).__name__, secrets)[:300]
