"""A web server that tells no sizes proves nothing by its answers: the bytes are read."""

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


def test_without_sizes_the_bytes_are_the_proof(shelf):
    project, server = shelf
    expected = tracked_files(project, "HEAD")
    audit = audit_of(project)
    server.tells_sizes = True
    told = audit_of(project)
    assert (audit.verdict, audit.objects, audit.total_bytes) == (Verdict.OK, 5, told.total_bytes)
    assert audit.digest == told.digest is not None
    assert restores(project, "HEAD", expected)


def test_a_login_page_in_the_place_of_every_object_is_no_proof(shelf):
    project, server = shelf
    for file in project.world.store.glob("files/md5/*/*"):
        file.chmod(0o644)
        file.write_text("<html>Please log in.</html>")
    audit = audit_of(project)
    assert audit.verdict is Verdict.FAILED
    assert {problem.kind.value for problem in audit.problems} <= {"corrupt", "wrong-size"}
    server.tells_sizes = True
    assert audit_of(project).verdict is Verdict.FAILED


def test_what_is_too_much_to_read_is_unknown(shelf):
    project, _server = shelf
    audit = audit_of(project, most_bytes=1)
    assert audit.verdict is Verdict.UNKNOWN
    assert all("no size" in problem.message for problem in audit.problems)


def test_a_release_without_sizes_is_made_and_proved_again(shelf):
    project, _server = shelf
    project.release("bump minor --yes").succeeds()
    assert "Release-Digest" in project.message_of("v0.1.0")
    project.release("verify v0.1.0").succeeds()
