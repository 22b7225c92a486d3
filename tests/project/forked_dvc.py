"""The real dvc, each call in a process of its own: forked from one that has loaded DVC, whose imports take a second.

Run as a script it answers requests, one JSON document a line.
"""

import atexit
import gc
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import IO, Any, NoReturn

PATIENCE_S = 120
# What a Python, or its C library, reads as it starts: a fork has what the first process had.
_READ_AT_START = ("PYTHON", "COVERAGE_", "FSSPEC_", "LD_", "LC_", "LANG", "TZ")
_LOADED = (
    "configobj",
    "dulwich.ignore",
    "dulwich.index",
    "dulwich.worktree",
    "dvc.cachemgr",
    "dvc.cli",
    "dvc.cli.parser",
    "dvc.data_cloud",
    "dvc.dirs",
    "dvc.fs",
    "dvc.lock",
    "dvc.parsing",
    "dvc.repo",
    "dvc.repo.artifacts",
    "dvc.repo.brancher",
    "dvc.repo.datasets",
    "dvc.repo.graph",
    "dvc.repo.index",
    "dvc.repo.metrics",
    "dvc.repo.open_repo",
    "dvc.repo.params",
    "dvc.repo.plots",
    "dvc.repo.stage",
    "dvc.repo.trie",
    "dvc.repo.worktree",
    "dvc.rwlock",
    "dvc.schema",
    "dvc.stage.cache",
    "dvc.utils.strictyaml",
    "dvc_data.hashfile._progress",
    "dvc_data.hashfile.db.index",
    "dvc_data.hashfile.db.local",
    "dvc_data.hashfile.status",
    "dvc_data.index.checkout",
    "dvc_data.index.collect",
    "dvc_data.index.fetch",
    "dvc_data.index.push",
    "dvc_objects.fs.local",
    "fsspec.implementations.memory",
    "networkx",
    "platformdirs",
    "psutil",
    "rich.live",
    "rich.table",
    "ruamel.yaml",
    "scmrepo.git",
)


class _Stem:
    """The process that forks; it ends with the one that started it, whose end of the pipe is closed then."""

    def __init__(self) -> None:
        self.settings = _read_at_start(os.environ)
        self._lock = Lock()
        self._process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        atexit.register(self._close)

    def ask(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        assert answer, f"the process that forks died of {request}"
        return dict(json.loads(answer))

    def _close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()
        self._process.wait()


_STEMS: list[_Stem] = []  # one, once it is needed


def run(
    lines: Sequence[Sequence[str]], *, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[bytes]:
    """Run the real dvc with each line in turn, all in one process; its exit code is the first that is not 0."""
    if not _STEMS:
        _STEMS.append(_Stem())
    stem = _STEMS[0]
    if _read_at_start(environment) != stem.settings:
        return _unforked(lines, folder, environment)
    told = stem.ask({"lines": lines, "folder": str(folder), "environment": dict(environment)})
    out, err = (told[name].encode("latin-1") for name in ("out", "err"))
    return subprocess.CompletedProcess(["dvc", *lines[0]], told["code"], out, err)


def _unforked(
    lines: Sequence[Sequence[str]], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[bytes]:
    program = "import json, sys; from dvc.cli import main; sys.exit(next(filter(None, map(main, json.loads(sys.argv[1]))), 0))"
    words = [sys.executable, "-c", program, json.dumps(lines)]
    return subprocess.run(
        words, cwd=folder, env=environment, input=b"", capture_output=True, timeout=PATIENCE_S, check=False
    )


def _read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_READ_AT_START)}


# --- in the process that forks, and in its forks


def _serve() -> None:
    del sys.path[0]  # this folder
    for name in _LOADED:
        with suppress(ImportError):  # another version of DVC
            import_module(name)
    gc.collect()
    gc.freeze()  # else each fork copies all that is loaded as it collects
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        answers.write(json.dumps(_answer(json.loads(line))) + "\n")
        answers.flush()


def _answer(request: Mapping[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if not child:
            _be_dvc(request, out, err)
        _, status = os.waitpid(child, 0)
        said = []
        for stream in (out, err):
            stream.seek(0)
            said.append(stream.read().decode("latin-1"))
    return {"code": os.waitstatus_to_exitcode(status), "out": said[0], "err": said[1]}


def _be_dvc(request: Mapping[str, Any], out: IO[bytes], err: IO[bytes]) -> NoReturn:
    """Do in this fork what `python -m dvc` does; what is loaded is not taken down at the end, which takes long."""
    signal.alarm(PATIENCE_S)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.path.insert(0, request["folder"])
    tempfile.tempdir = None
    code = 255
    try:
        from dvc.cli import main  # noqa: PLC0415 - loaded by now

        code = next(filter(None, map(main, request["lines"])), 0)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - this fork must not go on as the process that forks
        traceback.print_exc()
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
