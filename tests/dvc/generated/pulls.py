"""The real `dvc pull`, each in a process of its own that has no memory: forked from one that has loaded DVC.

Run as a script it answers requests, one JSON document a line. It runs in namespaces of its own, where they are allowed:
only the folder it is given can be written to, and there is no network.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

_SANDBOX = ("unshare", "--map-root-user", "--mount", "--net")
_CLOSED = 'mount --bind "$1" "$1" && mount -o remount,ro,bind / && shift && exec "$@"'
_PATIENCE_S = 60
_LOADED = (
    "dvc.cli",
    "dvc.commands.data_sync",
    "dvc.fs",
    "dvc.parsing",
    "dvc.repo",
    "dvc.schema",
    "dvc.stage.cache",
    "dvc_data.index.checkout",
    "dvc_data.index.fetch",
    "dvc_objects.fs.local",
    "ruamel.yaml",
)


class Puller:
    """The process that answers; `writable` is the folder that all clones lie in."""

    def __init__(self, writable: Path) -> None:
        self._program = [sys.executable, str(Path(__file__).resolve())]
        allowed = subprocess.run([*_SANDBOX, "true"], capture_output=True, check=False).returncode == 0
        if allowed:
            self._program = [*_SANDBOX, "sh", "-c", _CLOSED, "sh", str(writable), *self._program]
        self._process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._program, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, **request: Any) -> Any:
        """Answer one request: `pull`, or `named`, see below."""
        if self._process.poll() is not None:
            self.close()
            self._process = self._started()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the process that pulls died of {request}"
        return json.loads(answer)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait(_PATIENCE_S)
        self._process.stdout.close()


def _pull(_request: Mapping[str, Any]) -> Any:
    """Run `dvc pull` in the folder."""
    from dvc.cli import main  # noqa: PLC0415 - loaded by the process that serves

    return {"code": main(["pull"])}


def _named(request: Mapping[str, Any]) -> Any:
    """Return what DVC, after a pull, finds that the pointers name, and which pointers `.dvcignore` hides from it."""
    from dvc.repo import Repo  # noqa: PLC0415

    repo = Repo()
    outs = [file for out in repo.index.outs for file in _files_of(out)]
    hidden = [pointer for pointer in request["pointers"] if _is_hidden(repo, Path(pointer))]
    return {"files": outs, "hidden": hidden}


def _files_of(out: Any) -> list[tuple[str, bool]]:
    """Return each file of an out, and whether it is there with the content that the pointer names."""
    place = out.fs_path
    if not out.use_cache and out.hash_info and out.hash_info.isdir and Path(place).is_dir():
        return [(place, out.get_hash() == out.hash_info)]  # git may have a part of it; of a file it has all
    if not out.use_cache or not out.hash_info:
        return [(place, os.path.lexists(place))]
    if not out.hash_info.isdir or not out.is_in_repo:
        return [(place, _is_right(place, out.hash_info))]
    tree = out.get_obj()
    if tree is None:
        return [(place, False)]
    files = [(str(Path(place, *key)), hash_info) for key, (_, hash_info) in tree.iteritems()]
    return [(place, Path(place).is_dir()), *((path, _is_right(path, hash_info)) for path, hash_info in files)]


def _is_right(path: str, hash_info: Any) -> bool:
    from dvc_data.hashfile.hash import file_md5  # noqa: PLC0415
    from dvc_objects.fs.local import localfs  # noqa: PLC0415

    return Path(path).is_file() and file_md5(path, localfs, name=hash_info.name) == hash_info.value


def _is_hidden(repo: Any, pointer: Path) -> bool:
    """Return whether `.dvcignore` hides a pointer, or a folder above it."""
    ignore = repo.dvcignore
    folders = [folder for folder in pointer.parents if folder.is_relative_to(repo.root_dir)][:-1]
    return ignore.is_ignored_file(str(pointer), ignore_subrepos=False) or any(
        ignore.is_ignored_dir(str(each), ignore_subrepos=False) for each in folders
    )


_ANSWERS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {"pull": _pull, "named": _named}


def _answer(request: Mapping[str, Any]) -> Any:
    """Fork, answer there, and return what the child wrote."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        with os.fdopen(writer, "w") as stream:
            _in_child(request, stream)
    os.close(writer)
    with os.fdopen(reader) as stream:
        told = stream.read()
    _, status = os.waitpid(child, 0)
    said = Path(request["log"]).read_text(errors="replace") if Path(request["log"]).exists() else ""
    return {"said": said} | (json.loads(told) if told else {"died": status})


def _in_child(request: Mapping[str, Any], stream: Any) -> None:
    signal.alarm(_PATIENCE_S)
    os.setsid()  # whatever it ends, it does not end who serves
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        answer = _ANSWERS[request["what"]](request)
    except BaseException:  # noqa: BLE001 - it is told to whoever asked
        answer = {"error": traceback.format_exc(limit=-3)}
    json.dump(answer, stream)
    stream.flush()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _serve() -> None:
    for name in _LOADED:
        import_module(name)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        answers.write(json.dumps(_answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    _serve()
