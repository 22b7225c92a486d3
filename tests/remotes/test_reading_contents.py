"""`verify --deep` where a remote says that objects are there and then does not give them, or is not there at all."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

pytestmark = [
    pytest.mark.system,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


class Shelf(SimpleHTTPRequestHandler):
    """A folder over HTTP that answers HEAD, and answers GET as it is told."""

    server: Any

    def do_GET(self):
        if self.server.answers_get and self.path.endswith(self.server.only):
            self.send_error(self.server.answers_get)
        else:
            super().do_GET()

    def log_message(self, *_words):
        pass


@pytest.fixture
def shelf(project):
    """The project with its objects on a web server alone."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), partial(Shelf, directory=str(project.world.store)))
    server.answers_get, server.only = 0, ""
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    project.dvc("remote", "add", "--default", "--force", "web", f"http://127.0.0.1:{server.server_port}")
    project.save("Over HTTP")
    yield project, server
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.mark.parametrize(
    ("answer", "code", "verdict", "kind"),
    [(404, 4, "failed", "missing"), (403, 6, "unknown", "forbidden"), (501, 6, "unknown", "unknown")],
)
def test_what_is_there_and_is_not_given_is_no_proof(shelf, answer, code, verdict, kind):
    project, server = shelf
    project.release("verify --deep").succeeds()
    server.answers_get = answer
    project.release("verify").succeeds()
    (row,) = project.release("verify --deep --json").fails_with(code).json["revisions"]
    assert row["verdict"] == verdict
    assert {problem["kind"] for problem in row["problems"]} == {kind}


def test_an_object_that_is_not_given_keeps_no_other_from_being_read(shelf):
    project, server = shelf
    given, refused = sorted(project.objects_on_store(), key=lambda path: path.stat().st_size)[-2:]
    overwrite(given)
    server.answers_get, server.only = 500, refused.name
    (row,) = project.release("verify --deep --json").fails_with(4).json["revisions"]
    told = {problem["oid"]: problem["kind"] for problem in row["problems"]}
    assert told == {given.parent.name + given.name: "corrupt", refused.parent.name + refused.name: "unknown"}


def overwrite(path):
    size = path.stat().st_size
    path.chmod(0o644)
    path.write_bytes(b"x" * size)


def test_a_remote_that_cannot_be_asked_does_not_keep_the_other_from_being_read(two_remotes):
    overwrite(max(two_remotes.objects_on_store(), key=lambda path: path.stat().st_size))
    two_remotes.dvc("remote", "modify", "archive", "url", "http://127.0.0.1:9")
    two_remotes.save("A remote that nobody is")
    run = two_remotes.release("verify --deep --json").fails_with(4)
    (row,) = run.json["revisions"]
    told = {problem["remote"]: problem["kind"] for problem in row["problems"] if problem["severity"] != "warning"}
    assert told["storage"] == "corrupt"
    assert set(told) == {"storage", "archive"}


def test_a_sample_that_has_nothing_of_a_remote_reads_the_other(two_remotes):
    two_remotes.release("verify --deep --sample 1").succeeds()
