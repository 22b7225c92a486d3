"""Requests to the API of a forge: the token, time limits, redirects, and what each failure means."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from math import inf
from secrets import token_hex
from typing import IO, TYPE_CHECKING, Any, TypeVar
from urllib.parse import urljoin, urlsplit

import msgspec
from msgspec import Struct

from release.core.forge import Forge, ForgeKind, Token, how_to_give, rights_for
from release.core.secrets import forms_of, without_secrets
from release.core.text import age, command_line, for_terminal, quote
from release.errors import Refused, ReleaseError, Unknown, UsageError

if TYPE_CHECKING:
    import requests

T = TypeVar("T")

_CONNECT_S, _READ_S = 10, 60
_MOST_REDIRECTS = 5
_MOST_BYTES = 32 * 1024 * 1024  # of an answer that is read whole
_MOST_PAGES = 1000  # of a list, 100 values each
_LONGEST_PAUSE_S = 7 * 86_400.0  # that a message names, of a server that asks to wait
_WITHOUT_HEADERS_S = 60.0  # of a rate limit that does not say how long to wait, as GitHub's docs ask
_LONGEST_WORDS = 300  # of a server's own words in a message
MOST_REQUESTS = 100  # of a list of pull requests that begins with the newest


class ForgeFailed(Unknown):
    """A request that the forge did not answer as its API says."""

    section = "forge"


class Transient(ForgeFailed):
    """A failure that may pass: no connection, a lost answer, an overloaded server, a rate limit (`wait_s`)."""

    def __init__(self, message: str, *, help: str | None, wait_s: float | None = None) -> None:
        super().__init__(message, help=help)
        self.wait_s = wait_s


class Conflict(Refused):
    """A change that the forge refused: something else changed the page meanwhile, or a value is not valid."""

    section = "forge"


class NotThere(ForgeFailed):
    """An address without anything, for this token."""


class Gone(NotThere):
    """A failed change of something that is not there: another run may have deleted it."""


class Body(Struct, frozen=True, kw_only=True):
    """Content of a request: a JSON value, or a file. `field` None: the file alone, else a form with that field."""

    json: Any = None
    file: IO[bytes] | None = None
    size_bytes: int = 0
    name: str = ""
    field: str | None = None


class Response(Struct, frozen=True, kw_only=True):
    """An answer that was read whole; `next_url` is the next page of a list."""

    status: int
    headers: Mapping[str, str]
    data: bytes
    next_url: str | None = None

    def value(self) -> Any:
        """Return the JSON value; None if it is none."""
        try:
            return json.loads(self.data)
        except (ValueError, RecursionError):
            return None


class Api:
    """The API of one forge, with its token. Every method raises ReleaseError."""

    def __init__(self, forge: Forge, token: Token | None, help: str, grant: str = "") -> None:
        """Take the forge, its token (None: nothing is sent), and for help lines the command and the token's rights."""
        self.forge, self.help, self.grant = forge, help, grant or rights_for(forge.kind)
        self._token = token
        self._known = forms_of([token.value]) if token else ()
        self._session = _session()

    def __enter__(self) -> Api:  # noqa: PYI034 - Self is Python 3.11's
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def value_at(self, path: str, kind: type[T]) -> T:
        """Return the JSON value at a path of the API, or at a URL. Raises NotThere."""
        return self._value(self._answer("GET", self._url(path), None, {}), kind)

    def is_answered(self, path: str) -> bool:
        """Return whether the address is the API's: a JSON object, be it that a token is missing."""
        answer = self._once("GET", self._url(path), None, {}, None)
        return answer.status in (200, 401, 403) and isinstance(answer.value(), dict)

    def values_at(self, path: str, kind: type[T], **params: object) -> Iterator[T]:
        """Yield every value of a list that comes in pages."""
        url: str | None = self._url(path)
        more: Mapping[str, object] = {**params, "per_page": 100}
        for _ in range(_MOST_PAGES):
            if url is None:
                return
            answer = self._answer("GET", url, None, more)
            yield from self._value(answer, list[kind])  # type: ignore[valid-type]
            url, more = answer.next_url, {}
        raise ForgeFailed(f"{self._name} has more than {_MOST_PAGES} pages of a list", help=self.help)

    def send(self, method: str, path: str, body: Body | None = None, **params: object) -> None:
        """Send a change."""
        self._answer(method, self._url(path), body, params)

    def sent(self, method: str, path: str, body: Body, kind: type[T]) -> T:
        """Send a change and return the JSON value of the answer."""
        return self._value(self._answer(method, self._url(path), body, {}), kind)

    def digest(self, url: str, size_bytes: int) -> str | None:
        """Return the SHA-256 of a file of that size; None if it is not there. Raises Unknown if it is longer."""
        found, left = hashlib.sha256(), size_bytes

        def read(block: bytes) -> None:
            nonlocal left
            left -= len(block)
            if left < 0:
                raise ForgeFailed(f"{self._name} sends more of {url} than its size", help=self.help)
            found.update(block)

        try:
            self._answer("GET", url, None, {}, read)
        except NotThere:
            return None
        return found.hexdigest()

    @property
    def _name(self) -> str:
        return f"{self.forge.kind.value} ({self.forge.host})"

    def _url(self, path: str) -> str:
        return path if "://" in path else f"{self.forge.api}/{path}"

    def _is_own(self, url: str) -> bool:
        """Return whether a URL is of the forge: only there the token is sent."""
        try:
            said, api, server = urlsplit(url), urlsplit(self.forge.api), urlsplit(self.forge.server)
        except ValueError:
            return False
        own = {(api.scheme, api.netloc), (server.scheme, server.netloc), (server.scheme, f"uploads.{server.netloc}")}
        return (said.scheme, said.netloc) in own

    def _answer(
        self,
        method: str,
        url: str,
        body: Body | None,
        params: Mapping[str, object],
        sink: Callable[[bytes], None] | None = None,
    ) -> Response:
        """Return the answer of the address that redirects lead to; the bytes of a good one go to `sink`, if there is one."""
        for _ in range(_MOST_REDIRECTS):
            if method != "GET" and not self._is_own(url):
                raise Refused(
                    f"{self._name} sends {self.forge.path} on to another host", help="git remote -v", section="forge"
                )
            answer = self._once(method, url, body, params, sink)
            target = answer.headers.get("Location")
            if answer.status not in (301, 302, 303, 307, 308) or target is None:
                return self._checked(answer, method)
            try:
                target = urljoin(url, target)
                is_address = urlsplit(target).scheme in ("http", "https")
            except ValueError:
                is_address = False
            if not is_address:
                raise ForgeFailed(f"{self._name} sends on to what is no address", help=self.help)
            url, params = target, {}
        raise ForgeFailed(f"{self._name} sends the request in a circle", help=self.help)

    def _once(
        self,
        method: str,
        url: str,
        body: Body | None,
        params: Mapping[str, object],
        sink: Callable[[bytes], None] | None,
    ) -> Response:
        import requests

        data, headers = _payload(body)
        try:
            with self._session.request(
                method,
                url,
                params={name: str(value) for name, value in params.items()},
                data=data,
                headers={**self._headers(url), **headers},
                timeout=(_CONNECT_S, _READ_S),
                allow_redirects=False,
                stream=True,
                auth=lambda request: request,  # or requests would add a password of `~/.netrc`
            ) as got:
                blocks = got.iter_content(1 << 20)
                read = b"".join(_limited(blocks)) if sink is None or got.status_code != 200 else _poured(blocks, sink)
                next_url = got.links.get("next", {}).get("url")
                return Response(status=got.status_code, headers=got.headers, data=read, next_url=next_url)
        except (requests.exceptions.RequestException, OSError, ValueError) as error:  # ValueError: an odd `Location`
            words = f"no answer from {_host_of(url)}: {self._clean(_reason(error))}"
        raise Transient(words, help=f"check the network, then: {self.help}")

    def _headers(self, url: str) -> dict[str, str]:
        headers = {
            "Accept": "application/vnd.github+json" if self.forge.kind is ForgeKind.GITHUB else "application/json"
        }
        if self.forge.kind is ForgeKind.GITHUB:
            headers["X-GitHub-Api-Version"] = "2022-11-28"
        if self._token is None or not self._is_own(url):
            return headers
        if self.forge.kind is ForgeKind.GITLAB:
            name = "JOB-TOKEN" if self._token.name == "CI_JOB_TOKEN" else "PRIVATE-TOKEN"
            return {**headers, name: self._token.value}
        word = "Bearer" if self.forge.kind is ForgeKind.GITHUB else "token"
        return {**headers, "Authorization": f"{word} {self._token.value}"}

    def _value(self, answer: Response, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(answer.data, type=kind)
        except (msgspec.MsgspecError, RecursionError) as error:
            words = f"{self._name} answered something else than its API has: {self._clean(str(error))}"
            if answer.data.lstrip()[:1] == b"<":
                words = f"{self._name} answered with a web page: a proxy or a login is in front of its API"
            raise ForgeFailed(words, help=f"check that {quote(self.forge.api)} is the API, then: {self.help}") from None

    def _checked(self, answer: Response, method: str) -> Response:
        """Return a good answer. Raises the error that a status means."""
        status = answer.status
        if status < 400:
            return answer
        said = self._said(answer)
        words = f"{self._name} answered {status}" + (f": {said}" if said else "")
        # Of GitHub, "Rate limits for the REST API" in its docs
        limited = "Retry-After" in answer.headers or answer.headers.get("X-RateLimit-Remaining") == "0"
        if status == 429 or (status == 403 and (limited or "rate limit" in said.lower())):
            asked_s = _wait_s(answer)
            when = "" if asked_s is None else f"; it asks to wait {age(timedelta(seconds=asked_s))}"
            wait_s = _WITHOUT_HEADERS_S if asked_s is None else asked_s
            raise Transient(f"{words} (rate limit){when}", help=f"later: {self.help}", wait_s=wait_s)
        if status >= 500 or status == 408:
            raise Transient(words, help=f"later: {self.help}", wait_s=_wait_s(answer))
        raise self._refusal(status, words, method)

    def _refusal(self, status: int, words: str, method: str) -> ReleaseError:
        name = quote(self._token.name) if self._token else "no token"
        path = self.forge.path
        if status == 401:
            return ForgeFailed(
                f"{self._name} does not accept the token in {name} (wrong, revoked or expired)",
                help=f"make a new token with {self.grant}, and set {how_to_give(self.forge)}",
            )
        if status == 403:
            return ForgeFailed(f"{words}; {name} may not do that on {path}", help=f"give {name} {self.grant}")
        if status == 404:
            return (NotThere if method == "GET" else Gone)(
                f"{self._name} has no repository {path} that {name} may see or change",
                help=f"give {name} {self.grant}; the repository's name is from: git remote -v",
            )
        if method == "GET" or status in (405, 410, 413):
            return Refused(words, help=self.help, section="forge")
        return Conflict(words, help=self.help)

    def _said(self, answer: Response) -> str:
        """Return the server's own words, without secrets and on one line; "" if it has none."""
        value = answer.value()
        if not isinstance(value, dict):
            return ""
        said = value.get("message") or value.get("error") or value.get("error_description") or ""
        errors = value.get("errors")
        more = [
            " ".join(str(each[key]) for key in ("field", "code", "message") if each.get(key))
            if isinstance(each, dict)
            else str(each)
            for each in (errors if isinstance(errors, list) else ())
        ]
        return self._clean("; ".join(filter(None, [said if isinstance(said, str) else str(said), *more])))

    def _clean(self, text: str) -> str:
        return for_terminal(without_secrets(" ".join(text.split()), self._known))[:_LONGEST_WORDS]


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:  # of a link that a server gave
        return for_terminal(url[:_LONGEST_WORDS])


def _session() -> requests.Session:
    try:
        import requests  # 0.1 s; comes with DVC
    except ImportError:
        raise UsageError(
            "the Python package requests, which comes with DVC, is not installed",
            help=command_line("python", "-m", "pip", "install", "requests"),
        ) from None
    return requests.Session()


class _Form:
    """A form with one file, sent in blocks: requests itself would read the file into memory."""

    def __init__(self, body: Body, field: str) -> None:
        self.boundary = token_hex(16)
        named = f'form-data; name="{field}"; filename="{body.name}"'
        kind = "Content-Type: application/octet-stream"
        self._head = f"--{self.boundary}\r\nContent-Disposition: {named}\r\n{kind}\r\n\r\n".encode()
        self._end = f"\r\n--{self.boundary}--\r\n".encode()
        self._file, self._size_bytes = body.file, body.size_bytes

    def __len__(self) -> int:
        return len(self._head) + self._size_bytes + len(self._end)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        while self._file is not None and (block := self._file.read(1 << 20)):
            yield block
        yield self._end


def _payload(body: Body | None) -> tuple[Any, dict[str, str]]:
    """Return data and headers of a request; a file is read again from its start if the request is repeated."""
    if body is None:
        return None, {}
    if body.file is None:
        return json.dumps(body.json).encode(), {"Content-Type": "application/json"}
    body.file.seek(0)
    if body.field is not None:
        form = _Form(body, body.field)
        return form, {"Content-Type": f"multipart/form-data; boundary={form.boundary}"}
    headers = {"Content-Type": "application/octet-stream"}
    # An empty file would be sent in chunks, which GitHub refuses.
    return (body.file, headers) if body.size_bytes else (b"", {**headers, "Content-Length": "0"})


def _poured(blocks: Iterable[bytes], sink: Callable[[bytes], None]) -> bytes:
    for block in blocks:
        sink(block)
    return b""


def _limited(blocks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for block in blocks:
        size += len(block)
        if size > _MOST_BYTES:
            raise OSError("the answer is too long")
        yield block


def _wait_s(answer: Response) -> float | None:
    """Return the seconds that a server asks to wait; None if it does not say."""
    after, reset = answer.headers.get("Retry-After", ""), answer.headers.get("X-RateLimit-Reset", "")
    if after.isdecimal():
        return min(float(after), _LONGEST_PAUSE_S)
    if answer.headers.get("X-RateLimit-Remaining") == "0" and reset.isdecimal():
        return min(max(0.0, float(reset) - time.time()), _LONGEST_PAUSE_S)
    return None


def _reason(error: BaseException) -> str:
    """Return the innermost reason: requests and urllib3 wrap it in their own words, with the whole request."""
    while (inner := error.__cause__ or error.__context__) is not None and inner is not error:
        error = inner
    text = str(getattr(error, "strerror", None) or error)
    return text.rpartition(": ")[2] or type(error).__name__


# Repetition: every step of a publication looks first, so that a lost answer costs one more look

_WAITS_S = (0.5, 1, 2, 4)
_LONGEST_WAIT_S = 60


def repeated(action: Callable[[], T], on_wait: Callable[[str, float], None]) -> T:
    """Return what the call returns; after a failure that may pass wait, longer each time. Raises its last error."""
    for usual_s in (*_WAITS_S, inf):
        try:
            return action()
        except (Transient, Conflict, Gone) as error:
            asked_s = error.wait_s if isinstance(error, Transient) else None
            pause_s = usual_s if asked_s is None or usual_s == inf else asked_s  # inf: the last try
            if pause_s > _LONGEST_WAIT_S:
                raise
            on_wait(error.message, pause_s)
        time.sleep(pause_s)
    raise AssertionError("the last failure is raised")
