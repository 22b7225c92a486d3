"""HTTP remotes cannot be listed; servers differ in what they answer."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from blobs import SHORT

from release.dvc.store import Forbidden
from release.errors import Unknown

pytestmark = [
    pytest.mark.system,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
    # dvc-http hands its password over in a way that aiohttp will drop
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated", "ignore:The 'auth' parameter is deprecated"),
]


@pytest.fixture
def web(http):
    yield http
    while http.opened:
        http.opened.pop().close()


@contextmanager
def hanging_up() -> Iterator[int]:
    """A port at which somebody listens, and ends each connection without a word."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def end_each() -> None:
            while True:
                try:
                    caller, _ = door.accept()
                except OSError:
                    return
                caller.recv(1 << 16)
                caller.close()

        ending = threading.Thread(target=end_each)
        ending.start()
        try:
            yield door.getsockname()[1]
        finally:
            door.shutdown(socket.SHUT_RDWR)
            ending.join()


def at(web, top: str, **more) -> dict[str, Any]:
    return {**web.settings, "url": web.settings["url"].replace("/base", f"/{top}"), **more}


def test_a_server_without_head_is_asked_for_one_byte(web, data):
    found = web.store(at(web, "nohead")).find(data.keys())
    assert {key.oid: stored.size_bytes for key, stored in found.items()} == {
        oid: len(body) for oid, body in data.objects.items()
    }


def test_a_password_opens_and_its_absence_is_forbidden(web, data):
    opening = at(web, "auth", auth="basic", user="dvc", password="pw-of-dvc")
    assert len(web.store(opening).find(data.keys())) == 46
    with pytest.raises(Forbidden):
        web.store(at(web, "auth")).find(data.keys())


def test_a_server_error_is_not_absence(web, data):
    with pytest.raises(Unknown):
        web.store(at(web, "ill"), SHORT).find([data.entry])


def test_a_server_that_hangs_up_is_unreachable(web, data):
    with hanging_up() as port, pytest.raises(Unknown, match="no answer"):
        web.store({**web.settings, "url": f"http://127.0.0.1:{port}/base"}, SHORT).find([data.entry])
