"""Stores on a server, opened by DVC's file systems."""

from __future__ import annotations

import importlib.util
import logging
import threading
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

from msgspec import Struct, field
from msgspec.structs import replace

from release.core.limits import MAX_LISTING_BYTES
from release.core.pointer import Layout, ObjectKey, Stored
from release.core.remotes import SCHEMES, Scheme, is_secret
from release.core.secrets import Guarded, forms_of, without_secrets
from release.core.text import OnProgress, command_line, no_progress
from release.dvc.backend import Limits, ListingPage, Opening, Shape, connect
from release.dvc.store import (
    Forbidden,
    StoreFailed,
    command,
    expected_md5,
    explained,
    fitting,
    joined,
    missing_credentials,
    missing_status,
)
from release.errors import Cancelled, DataMissing, Unknown, UsageError

if TYPE_CHECKING:
    from release.dvc.backend_fsspec import Fsspec
    from release.dvc.backend_s3 import S3

FEW = 32  # so many parallel queries take about one round trip
_ENTRIES_A_QUESTION = 15  # so many rows of a listing cost as much as one query (loopback S3, measured)
_DIGITS = 5


def cost_of_the_rest(names: Collection[str], last: str, *, more: bool, parts: int) -> float | None:
    """Estimate what a listing costs after the first page of its first of `parts` equal parts, in single queries.

    `last` is the page's last name without everything before its random digits. None if there is no estimate.
    """
    seen = len(names)
    whole = seen
    if more:
        digits = last.replace("/", "")[:_DIGITS]
        try:
            share = (int(digits, 16) + 1) / 16 ** len(digits)
        except ValueError:
            return None  # foreign names, not spread evenly
        whole = max(seen + 1, round(seen / share))
    entries = whole * parts - seen
    pages = -(-entries // max(seen, 1)) if more else 0
    return max(parts - 1, pages) + entries / _ENTRIES_A_QUESTION


def folders(paths: Collection[str]) -> list[str]:
    """Return the folders that hold these paths, each with its final `/`, in order."""
    return sorted({path[: path.rindex("/") + 1] for path in paths})


# A DVC remote that is not a local folder: the queries of the audit, each answered completely or not at all

_MANY_PAGES = 16  # from this size on, sixteen parallel listings are worth their sixteen first pages
_HEX = "0123456789abcdef"

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


class CloudStore(Guarded, frozen=True, kw_only=True):
    """One remote. `root` is its folder as the backend writes paths; `secrets` are never shown."""

    name: str
    identity: str
    kind: str
    wire: S3 | Fsspec
    limits: Limits = field(default_factory=Limits)
    secrets: tuple[str, ...] = ()
    stopping: threading.Event = field(default_factory=threading.Event)

    def find(self, keys: Collection[ObjectKey], on_progress: OnProgress = no_progress) -> Mapping[ObjectKey, Stored]:
        """Return those of `keys` that are there. See `FolderStore.find`."""
        found: dict[ObjectKey, Stored] = {}
        for layout in sorted({key.layout for key in keys}):
            wanted = {self._place(key)[0]: key for key in keys if key.layout == layout}
            if layout == Layout.VERSION.value:
                every = [key for key in keys if key.layout == layout]  # one path may have many versions
                found |= self._ask_each(every, on_progress)
            elif self.wire.shape is Shape.BLIND or len(wanted) <= FEW:
                found |= self._ask_each(wanted.values(), on_progress)
            else:
                found |= self._list_or_ask(layout, wanted, on_progress)
        return {key: fitting(key, stored) for key, stored in found.items()}

    def read(self, key: ObjectKey, most_bytes: int = MAX_LISTING_BYTES) -> bytes:
        """Return the bytes of a small object. See `FolderStore.read`."""
        return joined(self.stream(key), most_bytes)

    def stream(self, key: ObjectKey) -> Iterator[bytes]:
        """Yield the bytes of an object in pieces. See `FolderStore.stream`."""
        path, version = self._place(key)
        with self._asking(f"reading {path}"):
            try:
                yield from self.wire.stream(path, version)
            except Exception as error:
                if missing_status(error):
                    raise DataMissing(
                        f"{key.oid} is not on remote `{self.name}`", help=command_line("dvc", "push", "-r", self.name)
                    ) from error
                raise

    def upload(self, key: ObjectKey, source: Path) -> None:
        """Upload a file under its object's name. See `FolderStore.upload`."""
        path, _version = self._place(key)
        cancelled = Cancelled(f"cancelled while {path} was uploaded")
        if self.stopping.is_set():
            raise cancelled
        try:
            with self._asking(f"uploading {path}"):
                self.wire.put(source, path, self.stopping.is_set)
        except Unknown:
            if not self.stopping.is_set():
                raise
        if self.stopping.is_set():  # an upload that was cut off may not raise: fsspec then stays silent
            raise cancelled

    def names(self, folder: str) -> list[str]:
        """Return the names of the files and folders in a folder below the root; none if it does not exist."""
        path = self._below(folder)
        with self._asking(f"listing {path}"):
            return list(self.wire.names(path))

    def write(self, path: str, source: Path) -> None:
        """Upload a file that is no object; `path` is below the root."""
        with self._asking(f"writing {self._below(path)}"):
            self.wire.put(source, self._below(path), self.stopping.is_set)

    def remove(self, path: str) -> None:
        """Delete a file that is no object; `path` is below the root."""
        with self._asking(f"deleting {self._below(path)}"):
            self.wire.remove(self._below(path))

    def stop(self) -> None:
        """Cut the connections of uploads that are in progress. See `FolderStore.stop`."""
        self.stopping.set()
        self.wire.cut()

    def close(self) -> None:
        """Close the connections. The store can still be queried."""
        self.wire.close()

    def _place(self, key: ObjectKey) -> tuple[str, str | None]:
        """Return the path of an object, and its version if the query names one (else None)."""
        if key.layout == Layout.VERSION.value:
            path, _, version = key.oid.partition("\0")
            return self._below(path), version or None
        return f"{self._top(key.layout)}{key.oid[:2]}/{key.oid[2:]}", None

    def _top(self, layout: str) -> str:
        return self._below("files/md5/" if layout == Layout.MD5.value else "")

    def _below(self, path: str) -> str:
        root = self.wire.root
        return f"{root}{path}" if not root or root.endswith("/") else f"{root}/{path}"

    def _list_or_ask(
        self, layout: str, wanted: dict[str, ObjectKey], on_progress: OnProgress
    ) -> dict[ObjectKey, Stored]:
        flat = self.wire.shape is Shape.FLAT and layout == Layout.MD5.value
        parts = [self._top(layout)] if flat else folders(wanted)
        listing = _Listing(self, wanted, on_progress)
        pages = listing.pages(parts[0])
        try:
            first = next(pages)
        except Forbidden:  # reading may be allowed where listing is not
            return self._ask_each(wanted.values(), on_progress)
        last = first.entries[-1][0].removeprefix(parts[0]) if first.entries else ""
        cost = cost_of_the_rest([path for path, _ in first.entries], last, more=first.more, parts=len(parts))
        rest = [key for key in wanted.values() if key not in listing.found]
        if cost is not None and cost > len(rest):
            pages.close()
            return self._sure(listing.found, on_progress) | self._ask_each(rest, on_progress)
        if flat and cost is not None and cost > _MANY_PAGES * (1 + len(first.entries) / _ENTRIES_A_QUESTION):
            pages.close()
            self._side_by_side(listing.take_all, [f"{parts[0]}{digit}" for digit in _HEX])
        else:
            for _page in pages:
                pass
            self._side_by_side(listing.take_all, parts[1:])
        return self._sure(listing.found, on_progress)

    def _sure(self, found: Mapping[ObjectKey, Stored], on_progress: OnProgress) -> dict[ObjectKey, Stored]:
        """Query again the objects that an approximate listing leaves in doubt.

        These are archived, or have another ETag than the expected MD5.
        """
        known = dict(found)
        if not self.wire.vague:
            return known
        asleep = [key for key, stored in found.items() if stored.archived is not None]
        other = [
            key
            for key, stored in found.items()
            if stored.archived is None and stored.md5 is not None and stored.md5 != (expected_md5(key) or stored.md5)
        ]
        again = self._ask_each([*asleep, *other[:FEW]], on_progress)
        for key in [*asleep, *other[:FEW]]:
            known.pop(key)
        known |= again
        if any(again[key].md5 is not None for key in other[:FEW] if key in again):
            more = self._ask_each(other[FEW:], on_progress)
        else:  # a store whose ETags are no MD5s at all, as with KMS: no evidence, so no single queries
            more = {key: replace(found[key], md5=None) for key in other[FEW:]}
        for key in other[FEW:]:
            known.pop(key)
        return known | more

    def _ask_each(self, keys: Collection[ObjectKey], on_progress: OnProgress) -> dict[ObjectKey, Stored]:
        found: dict[ObjectKey, Stored] = {}
        for done, (key, stored) in enumerate(self._side_by_side(self._ask, keys), 1):
            on_progress(f"asking {self.name}", done, len(keys))
            if stored is not None:
                found[key] = stored
        return found

    def _ask(self, key: ObjectKey) -> tuple[ObjectKey, Stored | None]:
        path, version = self._place(key)
        with self._asking(f"asking for {path}"):
            return key, self.wire.head(path, version)

    def _side_by_side(self, ask: Callable[[_Asked], _Answer], each: Iterable[_Asked]) -> list[_Answer]:
        """Return every answer, from a bounded number of parallel queries; the first error ends them."""
        asked = list(each)
        if len(asked) <= 1:
            return [ask(one) for one in asked]
        with ThreadPoolExecutor(min(self.limits.workers, len(asked)), "ask") as pool:
            try:
                return list(pool.map(ask, asked))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    @contextmanager
    def _asking(self, doing: str) -> Iterator[None]:
        """Convert every exception of a plugin to Unknown; the only place that does so.

        Whatever a plugin raises means the same here: the store could not be queried.
        """
        try:
            yield
        except (DataMissing, GeneratorExit):
            raise
        except Exception as error:
            raise explained(error, remote=self.name, kind=self.kind, doing=doing, secrets=self.secrets) from error


class _Listing(Struct):
    """The pages of one `find`; stores only the wanted entries."""

    store: CloudStore
    wanted: Mapping[str, ObjectKey]
    on_progress: OnProgress
    found: dict[ObjectKey, Stored] = field(default_factory=dict)
    seen: int = 0

    def take_all(self, prefix: str) -> None:
        """List a prefix to its end."""
        for _page in self.pages(prefix):
            pass

    def pages(self, prefix: str) -> Generator[ListingPage, None, None]:
        """Yield the pages of a prefix, with wanted entries stored. Raises Unknown."""
        pages = self.store.wire.pages(prefix)
        while True:
            try:
                with self.store._asking(f"listing {prefix}"):  # noqa: SLF001 - the listing is a part of the store
                    page = next(pages, None)
            except Unknown as error:
                if not self.seen:
                    raise
                words = f"listing cut short after {self.seen:,} objects: {error.message}"
                raise StoreFailed(f"remote `{self.store.name}`: {words}", help="try again later") from error
            if page is None:
                return
            for path, stored in page.entries:
                key = self.wanted.get(path)
                if key is not None:
                    self.found[key] = stored
            self.seen += len(page.entries)
            self.on_progress(f"listing {self.store.name}", self.seen, None)
            yield page


# Opening of a remote that is not a local folder, from its section of DVC's configuration

_LOGGERS = (
    *("asyncio", "dvc_objects", "fsspec"),  # of every plugin
    *("botocore", "urllib3", "gcsfs", "aiohttp", "adlfs", "azure", "asyncssh", "webhdfs"),
)


def open_store(
    name: str, settings: Mapping[str, object], *, on_terminal: bool = False, limits: Limits | None = None
) -> CloudStore:
    """Return the store of a remote's section in DVC's configuration, not yet connected.

    `settings` is the section as `DvcConfig.remote` gives it: `url` and paths are resolved. Without a terminal it
    never prompts for a password or a passphrase.
    Raises Forbidden if credentials are clearly missing, Unknown without DVC's plugin, or UsageError if the section is not valid.
    """
    url = str(settings["url"])
    kind = urlsplit(url).scheme.lower()
    scheme = SCHEMES.get(kind)
    if scheme is None:
        raise UsageError(
            f"remote `{name}`: no such kind of remote: {without_secrets(url)}",
            help="dvc remote list",
            section="data-on-remote",
        )
    lack = missing_credentials(kind, settings, on_terminal=on_terminal)
    if lack is not None:
        raise Forbidden(f"remote `{name}`: {lack[0]}", help=command(name, lack[1]))
    if importlib.util.find_spec(scheme.plugin) is None:
        help = command_line("pip", "install", f"dvc[{scheme.extra}]")  # what the extra of this package installs
        raise StoreFailed(f"remote `{name}`: DVC's plugin for {kind} is not installed", help=help)
    _silence_logs()
    limits = limits or Limits()
    chosen = _bounded(dict(settings), scheme, limits, on_terminal=on_terminal)
    secrets = secrets_in(settings)
    open_fs = lru_cache(maxsize=1)(lambda: _dvc_filesystem(name, chosen, kind, secrets, on_terminal=on_terminal))
    return CloudStore(
        name=name,
        identity=identity_of(settings),
        kind=kind,
        wire=connect(scheme.backend, Opening(url=url, settings=chosen, limits=limits, open_fs=open_fs)),
        limits=limits,
        secrets=secrets,
    )


@lru_cache(maxsize=1)
def _silence_logs() -> None:
    """Silence the plugins' loggers, which print tracebacks and URLs to stderr: we report errors ourselves."""
    for name in _LOGGERS:
        logging.getLogger(name).addHandler(logging.NullHandler())


def identity_of(settings: Mapping[str, object]) -> str:
    """Return the store's URL without password and final `/`, with the settings that tell it from others of that URL."""
    parts = urlsplit(str(settings["url"]))
    scheme = SCHEMES.get(parts.scheme.lower())
    place = parts.netloc.rpartition("@")
    user = place[0].partition(":")[0] if parts.scheme == "ssh" else ""
    url = urlunsplit((parts.scheme.lower(), f"{user}@{place[2]}" if user else place[2], parts.path.rstrip("/"), "", ""))
    more = [f"{key}={settings[key]}" for key in (scheme.identity if scheme else ()) if settings.get(key)]
    return without_secrets(" ".join([url, *more]))


def secrets_in(settings: Mapping[str, object]) -> tuple[str, ...]:
    """Return the values of a section that must not be shown, in every form in which a server may send them back."""
    named = [value for key, value in settings.items() if is_secret(key) and isinstance(value, str)]
    url = urlsplit(str(settings["url"]))
    users = (str(settings.get("user") or ""), unquote(url.username or ""))
    return forms_of([*named, url.password or ""], users)


def _bounded(settings: dict[str, Any], scheme: Scheme, limits: Limits, *, on_terminal: bool) -> dict[str, Any]:
    """Return the settings with time limits where the user set none, and without prompts if there is no terminal."""
    if scheme.connect_timeout_s is not None:
        connect_s = limits.read_s if scheme.prompts and on_terminal else limits.connect_s
        settings.setdefault(scheme.connect_timeout_s, connect_s)
    if scheme.read_timeout_s is not None:
        settings.setdefault(scheme.read_timeout_s, limits.read_s)
    if not on_terminal:
        settings.pop("ask_password", None)
        settings.pop("ask_passphrase", None)
    return settings


def _dvc_filesystem(
    name: str, settings: Mapping[str, Any], scheme: str, secrets: tuple[str, ...], *, on_terminal: bool
) -> tuple[Any, str]:
    """Return DVC's filesystem for the settings, and the remote's folder as that filesystem writes paths."""
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
