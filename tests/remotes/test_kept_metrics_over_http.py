"""Numbers of metric files that are on a web server alone: each object once, and a reason where it does not give them."""

import re
import sys
import threading
import time
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pexpect
import pytest

pytestmark = [
    pytest.mark.system,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


class Shelf(SimpleHTTPRequestHandler):
    """A folder over HTTP that counts what is fetched, and can refuse."""

    server: Any

    def do_GET(self):
        self.server.fetched[self.path] += 1
        with self.server.counting:
            self.server.now += 1
            self.server.most = max(self.server.most, self.server.now)
        time.sleep(self.server.takes_s)
        self.server.answering.wait()
        with self.server.counting:
            self.server.now -= 1
        if self.server.refuses:
            self.send_error(self.server.refuses)
        else:
            super().do_GET()

    def do_HEAD(self):
        self.server.answering.wait()
        super().do_HEAD()

    def log_message(self, *_words):
        pass


@pytest.fixture
def shelf(kept):
    """Three releases, two of them with the same numbers, whose objects clones get over HTTP alone."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), partial(Shelf, directory=str(kept.world.store)))
    server.fetched, server.refuses = Counter(), 0
    server.takes_s, server.counting, server.now, server.most = 0.0, threading.Lock(), 0, 0
    server.answering = threading.Event()
    server.answering.set()
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    kept.dvc("remote", "add", "--default", "web", f"http://127.0.0.1:{server.server_port}")
    for number, accuracy in enumerate((0.75, 0.8, 0.75)):
        kept.write("params.yaml", f"evaluate:\n  accuracy: {accuracy}\n")
        kept.dvc("repro", "--quiet")
        kept.dvc("push", "--quiet", "--remote", "storage")
        kept.save(f"Accuracy {accuracy}")
        kept.git("tag", "-a", f"v{number}.0.0", "-m", f"Accuracy {accuracy}")
    kept.git("push", "--quiet", "--tags", "origin")
    yield server
    server.answering.set()
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture
def clone(kept, shelf):
    return kept.clone()


def accuracies(run):
    return [line["metrics"].get("eval/metrics.json:accuracy") for line in run.succeeds().json["releases"]]


def test_each_distinct_object_is_fetched_once_and_then_never_again(clone, shelf):
    assert accuracies(clone.release("list --json")) == [0.75, 0.8, 0.75]
    assert len(shelf.fetched) == 4, "two results, the folder's listing and the file in it"
    assert set(shelf.fetched.values()) == {1}
    shelf.fetched.clear()
    assert accuracies(clone.release("list --json")) == [0.75, 0.8, 0.75]
    clone.release("diff v0.0.0 v1.0.0").succeeds().says("0.7500 0.8000 +0.0500 better")
    assert not shelf.fetched
    assert clone.unchanged()


def test_a_changelog_made_anew_fetches_them_many_at_once(clone, shelf):
    shelf.takes_s = 0.5
    clone.release("changelog --rebuild --yes").succeeds()
    row = rb"\| eval/metrics.json:accuracy +\| 0.7500 \| 0.8000 \| \+0.0500 \| better +\|"
    assert re.search(row, clone.read("CHANGELOG.md"))
    assert set(shelf.fetched.values()) == {1}
    assert shelf.most > 1, "one after another"


def test_a_changelog_made_anew_tells_on_a_terminal_what_it_waits_for_and_asks_on_a_line_of_its_own(clone, shelf):
    shelf.takes_s = 1.5
    child = on_a_terminal(clone, "changelog --rebuild")
    child.expect_exact("reading releases")
    child.expect_exact("reading metrics from the remote   1 of")
    child.expect_exact("Write CHANGELOG.md?")
    assert not re.search("reading [^\x1b]*$", child.before), "it stands there still"
    time.sleep(2)  # nothing is written over the question
    child.send("y\r")
    child.expect(pexpect.EOF)
    assert "reading" not in child.before
    child.close()
    assert child.exitstatus == 0


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("verify v1.0.0", "asking the DVC remotes ..."),
        ("verify --objects", "reading what tags need ..."),
        ("checkout v1.0.0", "checking v1.0.0 and the files here ..."),
    ],
)
def test_a_slow_dvc_remote_is_told_from_the_beginning(clone, shelf, line, told):
    shelf.answering.clear()
    child = on_a_terminal(clone, line)
    child.expect_exact(told)
    assert child.expect_exact([pexpect.TIMEOUT, "\r\x1b[K"], timeout=1) == 0, "it is gone before the answer is there"
    shelf.answering.set()
    child.expect_exact("\r\x1b[K")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, child.before


def on_a_terminal(project, line):
    environment = project.world.environment() | {"TERM": "xterm"}
    words = ["-m", "release", *line.split()]
    return pexpect.spawn(sys.executable, words, env=environment, cwd=str(project.folder), timeout=60, encoding="utf-8")


def test_offline_asks_nobody(clone, shelf):
    for line in ("list", "show v1.0.0", "diff v0.0.0 v1.0.0", "status"):
        clone.release(f"{line} --offline").succeeds()
    assert not shelf.fetched


@pytest.mark.parametrize(("status", "words"), [(403, "web"), (500, "web")])
def test_a_server_that_refuses_is_told_with_its_name(clone, shelf, status, words):
    shelf.refuses = status
    run = clone.release("list --json")
    assert accuracies(run) == [None, None, None]
    assert words in run.json["releases"][0]["unread"]["eval/metrics.json"]


def test_a_server_that_is_gone_costs_one_wait_not_one_for_each_object(clone, shelf):
    shelf.shutdown()
    shelf.socket.close()
    run = clone.release("list --json")
    assert accuracies(run) == [None, None, None]
    assert "web" in run.json["releases"][0]["unread"]["eval/metrics.json"]
    clone.release("bump patch --allow-empty --dry-run --json").fails_with(6)
