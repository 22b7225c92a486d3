"""The row on `verify --deep --every`: one process, four parts of the work, and four workers of Dask.

Every object comes from a web server that answers a GET after 0.4 s, so that waiting can be shared on two cores.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING

from benchmarks.environments import programs_of
from benchmarks.race import Contender, Result
from benchmarks.s3 import end, free_port

if TYPE_CHECKING:
    from benchmarks.rows import Bench

OBJECTS, WAIT_S, WORKERS = 1_600, 0.4, 4
READ = ("verify", "--deep", "--every", "30d")


class _Waiting(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        time.sleep(WAIT_S)
        super().do_GET()

    def log_message(self, *words: object) -> None:
        del words


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


def reading(bench: Bench) -> Result:
    """Read everything once; each turn begins without records."""
    programs = programs_of("release-dask", bench.work)
    with TemporaryDirectory(dir=bench.work) as folder, _served(bench.states.directory(OBJECTS) / "store") as url:
        state = _released(bench, Path(folder), url)
        with _cluster(programs, Path(folder)) as scheduler:
            alone = [str(programs / "release"), *READ]
            parts = " & ".join(" ".join([*alone, "--shard", f"{number}/{WORKERS}"]) for number in range(1, WORKERS + 1))
            four = ["bash", "-c", f"{parts} & wait"]
            return bench.race(
                f"Every byte of {OBJECTS:,} objects that come after {WAIT_S} s each (aim: so many times faster)",
                Contender(name="one process", words=alone, state=state, check=_all_read),
                (Contender(name="four processes, `--shard`", words=four, state=state, check=_parts_read), 3.0),
                (
                    Contender(
                        name="four workers, `--dask`", words=[*alone, "--dask", scheduler], state=state, check=_all_read
                    ),
                    3.0,
                ),
            )


def _released(bench: Bench, folder: Path, url: str) -> Path:
    """Return a state whose data is on the server, with one release."""
    state = folder / "state"
    shutil.copytree(bench.states.directory(OBJECTS) / "project", state / "project", symlinks=True)
    for words in (
        [str(bench.ours / "dvc"), "remote", "modify", "-q", "storage", "url", url],
        ["git", "commit", "-q", "-a", "-m", "On a web server"],
        [str(bench.ours / "release"), "bump", "minor", "-m", "x", "--no-push", "--yes", "-q"],
    ):
        subprocess.run(words, cwd=state / "project", env=bench.environment, check=True, capture_output=True)
    shutil.rmtree(state / "project" / ".dvc" / "cache", ignore_errors=True)  # it would be copied for each turn
    return state


@contextmanager
def _served(store: Path) -> Iterator[str]:
    server = _Server(("127.0.0.1", 0), partial(_Waiting, directory=str(store)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _cluster(programs: Path, folder: Path) -> Iterator[str]:
    """Yield the address of a scheduler with its workers, one thread each, as processes of their own."""
    address = f"tcp://127.0.0.1:{free_port()}"
    host = ["--host", "tcp://127.0.0.1", "--no-dashboard"]
    scheduler = ["distributed.cli.dask_scheduler", *host, "--port", address.rpartition(":")[2]]
    worker = ["distributed.cli.dask_worker", address, *host, "--no-nanny", "--nthreads", "1"]
    with ExitStack() as stack:
        for number, words in enumerate([scheduler, *[worker] * WORKERS]):
            stack.callback(end, _started([str(programs / "python"), "-m", *words], folder / f"{number}"))
        wait = (
            f"from distributed import Client; Client({address!r}, timeout=60).wait_for_workers({WORKERS}, timeout=60)"
        )
        subprocess.run([str(programs / "python"), "-c", wait], check=True)
        yield address


def _started(words: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    folder.mkdir()
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(words, cwd=folder, stdout=log, stderr=log, start_new_session=True)


def _all_read(folder: Path, said: str) -> None:
    del folder
    assert "Coverage: 100 %" in said, f"not everything was read:\n{said}"


def _parts_read(folder: Path, said: str) -> None:
    del folder
    assert said.count("Coverage: ") == WORKERS, f"not every part was read:\n{said}"
    assert "error" not in said, said
