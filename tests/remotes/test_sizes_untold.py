"""A web server that tells no sizes proves that the objects are there, and not what `Release-Digest` says of them."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from project.truth import audit_of, restores, tracked_files

from release.core.check import Verdict

pytestmark = [
    pytest.mark.system,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


class Shelf(SimpleHTTPRequestHandler):
    """A folder over HTTP, as it is behind a server that compresses or sends in chunks: no Content-Length."""

    server: Any

    def send_header(self, keyword, value):
        if keyword != "Content-Length" or self.server.tells_sizes:
            super().send_header(keyword, value)

    def send_error(self, code, message=None, explain=None):
        self.send_response(code)
        super().send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words):
        pass


@pytest.fixture
def shelf(project):
    """The project with its objects on a web server alone."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), partial(Shelf, directory=str(project.world.store)))
    server.tells_sizes = False
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    project.dvc("remote", "add", "--default", "--force", "web", f"http://127.0.0.1:{server.server_port}")
    project.save("Over HTTP")
    yield project, server
    server.shutdown()
    serving.join()
    server.server_close()


def test_without_sizes_a_release_is_proved_and_has_no_digest(shelf):
    project, server = shelf
    expected = tracked_files(project, "HEAD")
    audit = audit_of(project)
    assert (audit.verdict, audit.objects, audit.total_bytes, audit.digest) == (Verdict.OK, 5, 0, None)
    assert restores(project, "HEAD", expected)
    server.tells_sizes = True
    told = audit_of(project)
    assert (told.verdict, told.digest is None) == (Verdict.OK, False)


def test_a_release_without_sizes_is_made_without_a_digest_and_proved_again(shelf):
    project, _server = shelf
    project.release("bump minor --yes").succeeds()
    assert "Release-Digest" not in project.message_of("v0.1.0")
    assert "Release-Schema" in project.message_of("v0.1.0")
    project.release("verify v0.1.0").succeeds()
