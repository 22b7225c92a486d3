"""Real blob servers on loopback, each started for a run, waited for, and ended with its process group."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from project.ports import free_port

OFFLINE = Path(__file__).parent
START_LIMIT_S = 60.0


@contextmanager
def running(args: list[str], log: Path, answers: Callable[[], bool]) -> Iterator[subprocess.Popen[bytes]]:
    """A server process, from its first answer to the end of its group."""
    with log.open("wb") as out:
        process = subprocess.Popen(args, stdout=out, stderr=out, cwd=log.parent, start_new_session=True)
    try:
        deadline = time.monotonic() + START_LIMIT_S
        while not answers():
            assert process.poll() is None, log.read_text("utf-8", "replace")[-2000:]
            assert time.monotonic() < deadline, f"{args[0]} did not answer: {log.read_text('utf-8', 'replace')[-2000:]}"
            time.sleep(0.05)
        yield process
    finally:
        with suppress(ProcessLookupError):  # it ended by itself: why is told above
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def http_answers(port: int) -> Callable[[], bool]:
    def asked() -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).close()
        except urllib.error.HTTPError as error:
            error.close()
            return True
        except OSError:
            return False
        return True

    return asked


def identity(name: str, actions: list[str]) -> dict[str, Any]:
    keys = {"accessKey": f"AK{name.upper()}", "secretKey": f"SK{name.upper()}secret"}
    return {"name": name, "credentials": [keys], "actions": actions}


@contextmanager
def seaweedfs(folder: Path) -> Iterator[int]:
    """SeaweedFS, a real S3 server. Identities: `owner`, `reader` (reads, may not list), `stranger`."""
    ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
    grpc = {name: free_port() for name in ports}
    config = folder / "s3.json"
    config.write_text(
        json.dumps(
            {
                "identities": [
                    identity("owner", ["Admin", "Read", "Write", "List", "Tagging"]),
                    identity("reader", ["Read:plain", "Read:versioned"]),
                    identity("stranger", ["Read:elsewhere"]),
                ]
            }
        )
    )
    (folder / "data").mkdir()
    weed = Path(sys.executable).with_name("weed")
    args = [str(weed), "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder / 'data'}", "-filer", "-s3"]
    args += [f"-{name}.port={port}" for name, port in ports.items()]
    args += [f"-{name}.port.grpc={port}" for name, port in grpc.items()]
    args += [
        f"-s3.config={config}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=60",  # each bucket takes seven at its first write
    ]
    args += ["-master.telemetry=false"]
    with running(args, folder / "weed.log", http_answers(ports["s3"])):
        yield ports["s3"]


@contextmanager
def sftp(folder: Path) -> Iterator[int]:
    """asyncssh's SFTP server over `folder`: user dvc, password `pw-of-dvc`; see sftp_server.py for what it can be told."""
    with script("sftp_server.py", folder) as port:
        yield port


@contextmanager
def webdav(folder: Path) -> Iterator[int]:
    """wsgidav over `folder`: user dvc, password `pw-of-dvc`; see webdav_server.py."""
    with script("webdav_server.py", folder) as port:
        yield port


@contextmanager
def script(name: str, folder: Path) -> Iterator[int]:
    """One of the servers beside this file; it writes its port when it listens."""
    note = folder.parent / f"{folder.name}.port"
    args = [sys.executable, str(OFFLINE / name), str(folder), str(note)]
    with running(args, folder.parent / f"{folder.name}.log", lambda: note.exists() and bool(note.read_text())):
        yield int(note.read_text())


@contextmanager
def azurite(program: str, folder: Path) -> Iterator[int]:
    """Microsoft's emulator of Azure Blob Storage (npm azurite), with its well-known account."""
    port = free_port()
    args = [program, "--silent", "--skipApiVersionCheck", "--location", str(folder)]
    args += ["--blobHost", "127.0.0.1", "--blobPort", str(port)]
    with running(args, folder / "azurite.log", http_answers(port)):
        yield port


@contextmanager
def google(folder: Path) -> Iterator[int]:
    """An emulator of Google Cloud Storage (PyPI's gcp-storage-emulator), with a bucket `plain`; it knows no pages."""
    port = free_port()
    args = [str(Path(sys.executable).with_name("gcp-storage-emulator")), f"--data-dir={folder}", "start", "--in-memory"]
    args += ["--host=127.0.0.1", f"--port={port}", "--quiet", "--default-bucket=plain"]
    with running(args, folder / "google.log", http_answers(port)):
        yield port


HDFS_SITE = {
    "fs.defaultFS": "hdfs://127.0.0.1:{rpc}",
    "hadoop.tmp.dir": "{folder}/data",
    "dfs.namenode.http-address": "127.0.0.1:{web}",
    "dfs.datanode.address": "127.0.0.1:{data}",
    "dfs.datanode.http.address": "127.0.0.1:{data_web}",
    "dfs.datanode.ipc.address": "127.0.0.1:{data_rpc}",
    "dfs.datanode.hostname": "127.0.0.1",
    "dfs.replication": "1",
    "dfs.permissions.superusergroup": "nobody-is-in-it",
}


@contextmanager
def hdfs(folder: Path, jars: Path) -> Iterator[int]:
    """HDFS of Apache Hadoop with WebHDFS: a NameNode, whose port this is, and a DataNode. The superuser is `root-of-hdfs`."""
    names = ("rpc", "web", "data", "data_web", "data_rpc")
    ports = {name: free_port() for name in names}
    site = {name: value.format(folder=folder, **ports) for name, value in HDFS_SITE.items()}
    rows = "".join(f"<property><name>{name}</name><value>{value}</value></property>" for name, value in site.items())
    for name in ("core-site.xml", "hdfs-site.xml"):
        (folder / name).write_text(f"<configuration>{rows}</configuration>")
    for name in ("hdfs", "datanode", "static"):
        (folder / "webapps" / name).mkdir(parents=True)
    nodes = "org.apache.hadoop.hdfs.server"
    java = ["java", "-Xmx256m", "-DHADOOP_USER_NAME=root-of-hdfs", "-cp", f"{folder}:{jars}/*"]
    name_node = [*java, f"{nodes}.namenode.NameNode"]
    made = subprocess.run([*name_node, "-format", "-nonInteractive"], check=False, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr[-2000:]
    answers = http_answers(ports["web"])
    with (
        running(name_node, folder / "name-node.log", answers),
        running([*java, f"{nodes}.datanode.DataNode"], folder / "data-node.log", lambda: takes_files(ports["web"])),
    ):
        yield ports["web"]


def takes_files(port: int) -> bool:
    """Whether a DataNode is there to take files: else the NameNode has no place to send a client to."""
    query = "op=CREATE&noredirect=false&user.name=root-of-hdfs"
    with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as asked:
        try:
            asked.request("PUT", f"/webhdfs/v1/first?{query}")
            return asked.getresponse().status == 307
        except TimeoutError:  # a busy machine
            return False


@contextmanager
def half_listings(upstream: int) -> Iterator[int]:
    """A proxy before WebHDFS: of each LISTSTATUS comes the first half."""
    with served(type("HalfHere", (HalfListings,), {"upstream": upstream, "how": "half", "asked": []})) as port:
        yield port


class Server(ThreadingHTTPServer):
    """A server that says nothing of a client who is gone: gcsfs drops connections in the middle of an answer."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def web_folder(folder: Path) -> Iterator[int]:
    """A plain web server over `folder`, as `Web` says."""
    with served(type("WebHere", (Web,), {"folder": folder})) as port:
        yield port


@contextmanager
def proxy(upstream: int, *, later_pages: str = "") -> Iterator[tuple[int, list[str]]]:
    """A proxy and the list of what was asked ("GET /path?query").

    It can spoil what follows the first part of a listing: `500`, `close` (no answer), `half` (of the body).
    """
    asked: list[str] = []
    with served(type("ProxyHere", (Proxy,), {"upstream": upstream, "how": later_pages, "asked": asked})) as port:
        yield port, asked


@contextmanager
def google_pages(upstream: int, *, later_pages: str = "", closed: bool = False) -> Iterator[int]:
    """What the emulator lacks of Google's published API: listings in pages, and (`closed`) the refusal of a bucket."""
    how = {"upstream": upstream, "how": later_pages, "asked": [], "closed": closed}
    with served(type("GooglePagesHere", (GooglePages,), how)) as port:
        yield port


@contextmanager
def silent() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield listening.getsockname()[1]


class Web(BaseHTTPRequestHandler):
    """Takes PUT. Below /nohead HEAD is refused, /auth wants dvc:pw-of-dvc, /closed is 403, /ill 500."""

    folder: Path
    protocol_version = "HTTP/1.1"

    def log_message(self, *args) -> None:
        pass

    def allowed(self) -> bool:
        top = self.path.split("/")[1]
        refused = {"closed": 403, "ill": 500}.get(top)
        if top == "auth" and self.headers.get("Authorization") != "Basic ZHZjOnB3LW9mLWR2Yw==":
            refused = 401
        if top == "nohead" and self.command == "HEAD":
            refused = 405
        if refused:
            self.answer(refused, b"")
        return not refused

    def answer(self, code: int, body: bytes, **headers: str) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self) -> None:
        if not self.allowed():
            return
        file = self.folder / self.path.lstrip("/")
        if not file.is_file():
            self.answer(404, b"")
            return
        body = file.read_bytes()
        if self.headers.get("Range") != "bytes=0-0":
            self.answer(200, body)
        elif body:
            self.answer(206, body[:1], Content_Range=f"bytes 0-0/{len(body)}")
        else:
            self.answer(416, b"", Content_Range="bytes */0")

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        body = self.chunks() if self.headers.get("Transfer-Encoding") == "chunked" else self.whole()
        if self.allowed():
            file = self.folder / self.path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
            self.answer(201, b"")

    def whole(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body


class Proxy(BaseHTTPRequestHandler):
    """Passes everything on as it came; signatures hold, for the Host header stays the client's."""

    upstream: int
    how: str
    asked: list[str]
    later_pages: tuple[str, ...] = ("continuation-token=", *(f"prefix=base/files/md5/{digit}" for digit in "89abcdef"))
    protocol_version = "HTTP/1.1"

    def log_message(self, *args) -> None:
        pass

    def relay(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        size = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(size)
        if len(body) < size:  # the client is gone
            self.close_connection = True
            return
        later = self.how and any(word in unquote(self.path) for word in self.later_pages)
        if later and self.how == "close":
            self.close_connection = True
            return
        status, headers, content = self.onward(body)
        if later and self.how == "500":
            status, headers, content = 500, [], b""
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        length = dict(headers).get("Content-Length", "0") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length)
        self.end_headers()
        if later and self.how == "half":
            self.close_connection = True
            content = content[: len(content) // 2]
        if self.command != "HEAD":
            self.wfile.write(content)

    def onward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        with closing(HTTPConnection("127.0.0.1", self.upstream, timeout=30)) as onward:
            onward.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                onward.putheader(name, value)
            onward.endheaders(body or None)
            answer = onward.getresponse()
            return answer.status, answer.getheaders(), answer.read()

    def do_GET(self) -> None:
        self.relay()

    def do_HEAD(self) -> None:
        self.relay()

    def do_PUT(self) -> None:
        self.relay()

    def do_DELETE(self) -> None:
        self.relay()

    def do_POST(self) -> None:
        self.relay()


class HalfListings(Proxy):
    """A listing of WebHDFS is one answer."""

    later_pages: tuple[str, ...] = ("op=LISTSTATUS",)


class GooglePages(Proxy):
    """Objects: list of the JSON API, v1: `maxResults`, `pageToken`, `nextPageToken`; errors as that API words them."""

    later_pages = ("pageToken=", *Proxy.later_pages)

    closed: bool

    def onward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        if self.closed:
            words = "anonymous caller does not have storage.objects.list access to the Google Cloud Storage bucket."
            error = {"code": 403, "message": words, "errors": [{"message": words, "reason": "forbidden"}]}
            return 403, [("Content-Type", "application/json")], json.dumps({"error": error}).encode()
        status, headers, content = super().onward(body)
        asked = urlsplit(self.path)
        if status == 200 and self.command == "GET" and re.fullmatch("/storage/v1/b/[^/]+/o", asked.path):
            content = self.page(json.loads(content), parse_qs(asked.query))
        return status, headers, content

    @staticmethod
    def page(answer: dict[str, Any], asked: dict[str, list[str]]) -> bytes:
        first = int(asked.get("pageToken", ["0"])[0])
        after = first + int(asked.get("maxResults", ["1000"])[0])
        items = answer.pop("items", [])
        if items[after:]:
            answer["nextPageToken"] = str(after)
        return json.dumps({**answer, "items": items[first:after]}).encode()
