"""WebHDFS: a release on Apache Hadoop, and answers that its client takes for others."""

import hashlib
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from blobs import HdfsBlobs, path_of
from project.truth import restores, tracked_files

from release.core.pointer import ObjectKey
from release.dvc.remote import open_store
from release.dvc.store import Forbidden
from release.errors import Cancelled, DataMissing, Unknown

pytestmark = pytest.mark.system

KEY = ObjectKey("it", "md5", hashlib.md5(b"content").hexdigest())
SEVEN: tuple[int, dict[str, str], bytes] = (200, {}, b'{"FileStatus": {"type": "FILE", "length": 7}}')


@pytest.fixture
def server(webhdfs):
    yield webhdfs
    while webhdfs.opened:
        webhdfs.opened.pop().close()


@pytest.fixture
def on_hdfs(webhdfs, hdfs, released):
    """A released project that is moved to a folder of HDFS of its own."""
    root = f"/{released.world.root.parent.name}"
    blobs = HdfsBlobs(port=hdfs, root=root)
    blobs.ask("PUT", root, "MKDIRS")
    blobs.ask("PUT", root, "SETOWNER", owner="dvc")
    url = f"webhdfs://127.0.0.1:{hdfs}{root}"
    released.dvc("remote", "add", "--default", "--force", "hadoop", url)
    released.dvc("remote", "modify", "hadoop", "user", "dvc")
    released.save("On Hadoop")
    yield released, blobs
    blobs.ask("DELETE", root, "DELETE", recursive="true")


def test_a_release_is_refused_uploaded_made_and_checked_out(on_hdfs):
    project, blobs = on_hdfs
    expected = tracked_files(project, "HEAD")
    project.release("bump minor --yes").fails_with(4).says("is not on `hadoop`")
    project.release("bump minor --yes --push-data").succeeds()
    assert restores(project, "v0.2.0", expected)
    project.empty_cache()
    clone = project.clone("elsewhere")
    clone.release("checkout v0.2.0").succeeds()
    assert tracked_files(clone, "HEAD") == expected
    clone.release("verify v0.2.0 --deep").succeeds()
    blobs.delete(next(iter(blobs.all())))
    clone.release("verify v0.2.0").fails_with(4).says("is not on `hadoop`")
    clone.release("verify v0.2.0 --push").succeeds().says("Uploaded 1 object")


def test_an_object_appears_whole_and_replaces_a_broken_one(server, tmp_path):
    source = tmp_path / "new"
    source.write_bytes(bytes(range(256)) * 4096)  # a megabyte: many pieces
    key = ObjectKey("it", "md5", hashlib.md5(source.read_bytes()).hexdigest())
    server.blobs.put(path_of(key), b"broken")
    sizes = []

    def stopped() -> bool:
        status = json.loads(server.blobs.ask("GET", f"/base/{path_of(key)}", "GETFILESTATUS"))
        sizes.append(status["FileStatus"]["length"])
        return False

    before = set(server.blobs.all())
    store = server.store()
    store.wire.put(source, store._place(key)[0], stopped)
    try:
        assert store.read(key) == source.read_bytes()
        assert len(sizes) > 1
        assert set(sizes) == {len(b"broken")}
        assert set(server.blobs.all()) == before
    finally:
        server.blobs.delete(path_of(key))


def test_an_upload_that_is_stopped_leaves_nothing(server, tmp_path):
    source = tmp_path / "new"
    source.write_bytes(bytes(4 << 20))
    key = ObjectKey("it", "md5", hashlib.md5(source.read_bytes()).hexdigest())
    answers = iter([False, False, True])
    before = server.blobs.all()
    store = server.store()
    with pytest.raises(Cancelled):
        store.wire.put(source, store._place(key)[0], lambda: next(answers, True))
    assert server.blobs.all() == before


def test_a_folder_in_the_place_of_an_object_is_none(server, data):
    with server.without(path_of(data.entry)):
        folder = f"/base/{path_of(data.entry)}"
        server.blobs.ask("PUT", folder, "MKDIRS", permission="777")
        try:
            assert server.store().find([data.entry]) == {}
            assert set(server.store().find(data.keys())) == set(data.keys()) - {data.entry}
        finally:
            server.blobs.ask("DELETE", folder, "DELETE")


class Nodes(ThreadingHTTPServer):
    """Serves `Node`; `asked` are the requests so far: (path, Authorization)."""

    told: dict[str, tuple[int, dict[str, str], bytes]]
    asked: list[tuple[str, str | None]]


class Node(BaseHTTPRequestHandler):
    """A NameNode, or a DataNode, that gives the answers of `told`: operation -> (status, headers, body)."""

    server: Nodes  # type: ignore[mutable-override]

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        operation = parse_qs(urlsplit(self.path).query).get("op", [""])[0]
        status, headers, body = self.server.told[operation]
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        self.do_GET()

    def do_POST(self):
        self.do_GET()

    def do_DELETE(self):
        self.do_GET()

    def log_message(self, *_words):
        pass


@contextmanager
def node(**told):
    server = Nodes(("127.0.0.1", 0), Node)
    server.told, server.asked = told, []
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield server
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def remote(server, **more):
    return open_store("storage", {"url": f"webhdfs://127.0.0.1:{server.server_port}/base", **more})


def words_of(exception, message, status):
    """An error as the REST API words it."""
    error = {"exception": exception, "javaClassName": f"java.io.{exception}", "message": message}
    return status, {"Content-Type": "application/json"}, json.dumps({"RemoteException": error}).encode()


def test_a_web_server_that_knows_no_webhdfs_has_no_missing_objects():
    with node(GETFILESTATUS=(404, {}, b"<html>"), OPEN=(404, {}, b"")) as server:
        store = remote(server)
        for ask in (lambda: store.find([KEY]), lambda: store.read(KEY)):
            with pytest.raises(Unknown, match="is WebHDFS enabled on this host and port"):
                ask()


def test_what_webhdfs_says_is_missing_is_missing():
    gone = words_of("FileNotFoundException", "File does not exist", 404)
    with node(GETFILESTATUS=gone, OPEN=gone) as server:
        assert remote(server).find([KEY]) == {}
        with pytest.raises(DataMissing):
            remote(server).read(KEY)


@pytest.mark.parametrize(
    "answer", [words_of("AccessControlException", "Permission denied", 403), (401, {}, b""), (403, {}, b"<html>")]
)
def test_a_refusal_is_forbidden_with_help(answer):
    with node(GETFILESTATUS=answer) as server, pytest.raises(Forbidden) as told:
        remote(server).find([KEY])
    assert told.value.help


def test_a_standby_name_node_is_no_absence():
    standby = words_of("StandbyException", "Operation category READ is not supported in state standby", 403)
    with node(GETFILESTATUS=standby) as server, pytest.raises(Unknown, match="in state standby"):
        remote(server).find([KEY])


def test_a_status_without_a_length_is_no_proof():
    body = json.dumps({"FileStatus": {"type": "FILE", "pathSuffix": ""}}).encode()
    with node(GETFILESTATUS=(200, {}, body)) as server, pytest.raises(Unknown):
        remote(server).find([KEY])


@pytest.mark.parametrize(("status", "kind"), [(403, Forbidden), (404, Unknown), (500, Unknown)])
def test_the_refusal_of_a_data_node_is_not_taken_for_the_bytes(status, kind):
    with node(OPEN=(status, {}, b"content")) as data:
        place = {"Location": f"http://127.0.0.1:{data.server_port}/webhdfs/v1/x?op=OPEN"}
        with node(GETFILESTATUS=SEVEN, OPEN=(307, place, b"")) as name, pytest.raises(kind):
            remote(name).read(KEY)


def test_the_password_is_for_the_host_that_the_settings_name():
    with node(OPEN=(200, {}, b"content")) as data:
        place = {"Location": f"http://127.0.0.1:{data.server_port}/webhdfs/v1/x?op=OPEN"}
        with node(GETFILESTATUS=SEVEN, OPEN=(307, place, b"")) as name:
            assert remote(name, user="dvc", password="pw-of-dvc").read(KEY) == b"content"
    assert [header is not None for _, header in name.asked] == [True, True]
    assert [header for _, header in data.asked] == [None]


def test_a_file_that_nobody_takes_is_not_uploaded(tmp_path):
    source = tmp_path / "new"
    source.write_bytes(b"content")
    done: tuple[int, dict[str, str], bytes] = (200, {}, b'{"boolean": true}')
    gone = words_of("FileNotFoundException", "File does not exist", 404)
    told = {"MKDIRS": done, "GETFILESTATUS": gone, "CREATE": (201, {}, b""), "APPEND": done, "DELETE": done}
    with node(**told) as server:
        with pytest.raises(Unknown):
            remote(server).upload(KEY, source)
        assert not [path for path, _ in server.asked if "op=RENAME" in path]


def test_a_gateway_sends_files_itself():
    with node(GETFILESTATUS=SEVEN, OPEN=(200, {}, b"content")) as gateway:
        assert remote(gateway).read(KEY) == b"content"
