"""The row on S3: SeaweedFS, a real server of its own on loopback, filled by the real DVC for each run."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

_ACTIONS = ["Admin", "Read", "Write", "List", "Tagging"]
_KEYS = {"accessKey": "AKBENCH", "secretKey": "SKBENCHsecret"}
_PATIENCE_S = 60.0
_MAKE_BUCKET = """
import sys, botocore.session
make = botocore.session.Session().create_client
make("s3", region_name="us-east-1", endpoint_url=sys.argv[1], aws_access_key_id=sys.argv[2],
     aws_secret_access_key=sys.argv[3]).create_bucket(Bucket="bench")
"""


@contextmanager
def directory_on_s3(programs: Path, environment: Mapping[str, str], work: Path, files: int) -> Iterator[Path]:
    """A state with one tracked directory of `files` files, pushed to a bucket; its server runs until the end."""
    work.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=work) as folder, _seaweedfs(programs / "weed", Path(folder)) as url:
        state = Path(folder, "state")
        project = state / "project"
        project.mkdir(parents=True)
        (project / "data").mkdir()
        for number in range(files):
            (project / "data" / f"{number:05d}.txt").write_text(f"{number}\n" * (1 + number % 7))

        def run(*words: str) -> None:
            program = programs / words[0]
            command = [str(program) if program.exists() else words[0], *words[1:]]
            done = subprocess.run(command, cwd=project, env=environment, capture_output=True, check=False)
            assert done.returncode == 0, f"{' '.join(words)[:200]}:\n{(done.stdout + done.stderr).decode()}"

        run("python", "-c", _MAKE_BUCKET, url, _KEYS["accessKey"], _KEYS["secretKey"])
        run("git", "init", "-q")
        run("dvc", "init", "-q")
        run("dvc", "remote", "add", "-q", "-d", "storage", "s3://bench/store")
        for name, value in (("endpointurl", url), ("region", "us-east-1")):
            run("dvc", "remote", "modify", "storage", name, value)
        for name, value in (("access_key_id", _KEYS["accessKey"]), ("secret_access_key", _KEYS["secretKey"])):
            run("dvc", "remote", "modify", "--local", "storage", name, value)
        run("dvc", "add", "-q", "data")
        run("git", "add", ".")
        run("git", "commit", "-q", "-m", "On S3")
        run("dvc", "push", "-q")
        yield state


@contextmanager
def _seaweedfs(program: Path, folder: Path) -> Iterator[str]:
    """The server's URL, from its first answer to the end of its process group."""
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [{"name": "bench", "credentials": [_KEYS], "actions": _ACTIONS}]}))
    (folder / "data").mkdir()
    ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
    words = [str(program), "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder / 'data'}", "-filer", "-s3"]
    words += [f"-{name}.port={port}" for name, port in ports.items()]
    words += [f"-{name}.port.grpc={free_port()}" for name in ports]
    words += [f"-s3.config={config}", "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"]
    words += ["-master.volumeSizeLimitMB=64", "-volume.max=20"]
    url = f"http://127.0.0.1:{ports['s3']}"
    with ExitStack() as stack:
        log = stack.enter_context((folder / "weed.log").open("wb"))
        server = subprocess.Popen(words, stdout=log, stderr=log, cwd=folder, start_new_session=True)
        stack.callback(end, server)
        until = time.monotonic() + _PATIENCE_S
        while not _answers(url):
            assert server.poll() is None, (folder / "weed.log").read_text("utf-8", "replace")[-2000:]
            assert time.monotonic() < until, "the S3 server does not answer"
            time.sleep(0.1)
        yield url


def end(server: subprocess.Popen[bytes]) -> None:
    """End a process and its group: politely, then by force."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(server.pid, number)
        with suppress(subprocess.TimeoutExpired):
            server.wait(5)
            return


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False
    return True


def free_port() -> int:
    """Return a port of this machine that no one listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
