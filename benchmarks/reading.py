"""The row on `verify --deep --every`: one process, two and four parts of the work, and two and four workers of Dask.

Every object comes from a web server that answers a GET after 0.4 s, so that waiting can be shared on two cores. The
objects are eight shards: one shard is never shared, so fewer objects would not keep four readers busy.
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

OBJECTS, WAIT_S = 4_200, 0.4
AIMS: dict[int, float | None] = {2: None, 4: 3.0}
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
        alone = [str(programs / "release"), *READ]
        others = [(_in_parts(alone, count, state), AIMS[count]) for count in AIMS]
        with ExitStack() as stack:
            for count, aim in AIMS.items():
                scheduler = stack.enter_context(_cluster(programs, Path(folder) / f"cluster-{count}", count))
                words = [*alone, "--dask", scheduler]
                others.append(
                    (Contender(name=f"{count} workers, `--dask`", words=words, state=state, check=_all_read), aim)
                )
            return bench.race(
                f"Every byte of {OBJECTS:,} objects that come after {WAIT_S} s each (aim: so many times faster)",
                Contender(name="one process", words=alone, state=state, check=_all_read),
                *others,
            )


def _in_parts(alone: Sequence[str], count: int, state: Path) -> Contender:
    """Return a contender of `count` processes that share the work by `--shard`."""
    parts = " & ".join(" ".join([*alone, "--shard", f"{number}/{count}"]) for number in range(1, count + 1))
    return Contender(
        name=f"{count} processes, `--shard`",
        words=["bash", "-c", f"{parts} & wait"],
        state=state,
        check=partial(_parts_read, count),
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
def _cluster(programs: Path, folder: Path, workers: int) -> Iterator[str]:
    """Yield the address of a scheduler with `workers` workers, one thread each, as processes of their own."""
    address = f"tcp://127.0.0.1:{free_port()}"
    host = ["--host", "tcp://127.0.0.1", "--no-dashboard"]
    scheduler = ["distributed.cli.dask_scheduler", *host, "--port", address.rpartition(":")[2]]
    worker = ["distributed.cli.dask_worker", address, *host, "--no-nanny", "--nthreads", "1"]
    with ExitStack() as stack:
        for number, words in enumerate([scheduler, *[worker] * workers]):
            stack.callback(end, _started([str(programs / "python"), "-m", *words], folder / f"{number}"))
        wait = (
            f"from distributed import Client; Client({address!r}, timeout=60).wait_for_workers({workers}, timeout=60)"
        )
        subprocess.run([str(programs / "python"), "-c", wait], check=True)
        yield address


def _started(words: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    folder.mkdir(parents=True)
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(words, cwd=folder, stdout=log, stderr=log, start_new_session=True)


def _all_read(folder: Path, said: str) -> None:
    del folder
    assert "Coverage: 100 %" in said, f"not everything was read:\n{said}"


def _parts_read(count: int, folder: Path, said: str) -> None:
    del folder
    assert said.count("Coverage: ") == count, f"not every part was read:\n{said}"
    assert "error" not in said, said
