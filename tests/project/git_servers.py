"""Git servers on loopback, each to be shared by many tests: every path of this machine is served."""

import base64
import getpass
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from project.ports import free_port

PATIENCE_S = 60
SSHD = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/hostkey
PidFile none
AuthorizedKeysFile {folder}/userkey.pub
StrictModes no
UsePAM no
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
AcceptEnv GIT_PROTOCOL
MaxStartups 100
SetEnv GIT_CONFIG_GLOBAL={config}
LogLevel VERBOSE
"""


@dataclass(frozen=True, slots=True)
class Server:
    """How a repository is reached: `url` for a path, over this server's port or that of a proxy before it."""

    scheme: str
    port: int
    key: Path | None = None

    def url(self, path: Path, port: int | None = None) -> str:
        user = f"{getpass.getuser()}@" if self.key else ""
        return f"{self.scheme}://{user}127.0.0.1:{port or self.port}{path}"

    @property
    def variables(self) -> dict[str, str]:
        if self.key is None:
            return {}
        options = "-F /dev/null -o IdentitiesOnly=yes -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR"
        return {"GIT_SSH_COMMAND": f"ssh -i {self.key} {options}"}


@contextmanager
def git_daemon(folder: Path) -> Iterator[Server]:
    """git://, anonymous."""
    port = free_port()
    # `git daemon` is a wrapper whose child outlives it: the child is started.
    program = Path(_output(["git", "--exec-path"])) / "git-daemon"
    words = [str(program), "--base-path=/", "--export-all", "--enable=receive-pack", "--listen=127.0.0.1"]
    with _process([*words, f"--port={port}", "--reuseaddr"], folder, port):
        yield Server("git", port)


@contextmanager
def sshd(folder: Path) -> Iterator[Server]:
    """ssh://, a key for this user alone; each connection stands in the folder's `log`."""
    for key in ("hostkey", "userkey"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)],
            check=True,
            stdin=subprocess.DEVNULL,
        )
    with suppress(PermissionError):
        Path("/run/sshd").mkdir(exist_ok=True)  # privilege separation, if we are root
    port = free_port()
    config = folder / "sshd_config"
    config.write_text(SSHD.format(port=port, folder=folder, config=folder / "gitconfig"))
    program = shutil.which("sshd") or "/usr/sbin/sshd"
    with _process([program, "-D", "-e", "-f", str(config)], folder, port):
        yield Server("ssh", port, folder / "userkey")


@contextmanager
def http(folder: Path, pushes_with: str | None = None) -> Iterator[Server]:
    """http://, `git http-backend` behind the standard library's server; a push needs `USER:PASSWORD`, if that is given."""

    class Handler(_Backend):
        environment = _environment(folder)
        credential = None if pushes_with is None else f"basic {base64.b64encode(pushes_with.encode()).decode()}"

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            """A client that was killed is what these tests are about."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield Server("http", server.server_address[1])
        finally:
            server.shutdown()
            thread.join(PATIENCE_S)


class _Backend(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    environment: dict[str, str]
    credential: str | None = None

    def log_message(self, *words):
        """Say nothing."""

    def _answer(self):
        data = self._body()
        path, _, query = self.path.partition("?")
        kind, _, given = self.headers.get("Authorization", "").partition(" ")
        if self.credential not in (None, f"{kind.lower()} {given}") and "receive-pack" in self.path:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        variables = {
            "GIT_PROJECT_ROOT": "/",
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "REMOTE_USER": "ada",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(data)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=data, env=self.environment | variables, capture_output=True, check=False
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        fields = [line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line]
        status = next((int(value.split()[0]) for name, value in fields if name.lower() == "status"), 200)
        self.send_response(status if done.stdout else 500)
        for name, value in fields:
            if name.lower() != "status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815 - the names that http.server looks for

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        whole = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        return whole


def _environment(folder: Path) -> dict[str, str]:
    config = folder / "gitconfig"
    config.write_text("[safe]\n\tdirectory = *\n[http]\n\treceivepack = true\n")
    path = os.environ.get("PATH", os.defpath)
    return {"PATH": path, "HOME": str(folder), "GIT_CONFIG_GLOBAL": str(config), "GIT_CONFIG_NOSYSTEM": "1"}


@contextmanager
def _process(words: list[str], folder: Path, port: int) -> Iterator[None]:
    environment = _environment(folder)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, env=environment, start_new_session=True)
    try:
        _wait_for(port)
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(PATIENCE_S)


def _output(words: list[str]) -> str:
    return subprocess.run(words, capture_output=True, check=True, text=True).stdout.strip()


def _wait_for(port: int) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise AssertionError(f"nothing answers on port {port}")
