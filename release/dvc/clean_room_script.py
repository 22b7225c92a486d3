"""The program that runs inside the clean room: prints what DVC's own loader says of folders, as lines of JSON.

It runs with `python -I`, imports nothing of this package, and reads one request as JSON: `path` (of modules), `limits`
(names of resources -> limits), and `rooms`, each with its folder and the DVC roots there, each with its pointer files
and paths of other files.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
from pathlib import Path
from posixpath import dirname, join, normpath, relpath
from typing import Any

_MOST_CAUSES, _MOST_WORDS = 4, 600
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # linux/sched.h


def _confine(limits: dict[str, int]) -> None:
    """Limit memory, time and files, and leave the network where the system allows it."""
    for name, most in limits.items():
        with contextlib.suppress(ValueError, OSError):  # above the limit that this process has already
            resource.setrlimit(getattr(resource, name), (most, most))
    if sys.platform == "linux":
        import ctypes

        uid, gid = os.getuid(), os.getgid()
        unshare = getattr(ctypes.CDLL(None), "unshare", lambda _: -1)
        if unshare(_NEW_NETWORK) != 0 and unshare(_NEW_USER | _NEW_NETWORK) == 0:
            for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
                with contextlib.suppress(OSError):
                    Path("/proc/self", name).write_text(text)


def _words(error: BaseException, folder: str) -> str:
    """Return DVC's message with its reason: for YAML that is the cause, or what the schema says."""
    found = [str(error)]
    inner = getattr(error, "exc", None) or error.__cause__
    while inner is not None and len(found) < _MOST_CAUSES:
        errors = getattr(inner, "errors", None)
        found.append("; ".join(map(str, errors)) if errors else str(inner))
        inner = inner.__cause__
    parts = dict.fromkeys(" ".join(text.split()).replace(f"{folder}/", "") for text in found if text.strip())
    return ": ".join(parts)[:_MOST_WORDS] or type(error).__name__


def _is_refusal(error: BaseException) -> bool:
    """Return whether DVC refuses what it read; a missing plugin, or too little memory, is no refusal."""
    from dvc.stage.exceptions import StageFileDoesNotExistError

    chain: list[BaseException] = []
    here: BaseException | None = error
    while here is not None and len(chain) < _MOST_CAUSES:
        chain.append(here)
        here = here.__cause__ or here.__context__
    ours = (ImportError, MemoryError, OSError, RecursionError)
    here_only = any(isinstance(each, ours) or "MissingDeps" in type(each).__name__ for each in chain)
    return not here_only or any(isinstance(each, (StageFileDoesNotExistError, UnicodeError)) for each in chain)


def _failure(path: str, error: BaseException, folder: str) -> dict[str, Any]:
    """Describe a failure; errors of YAML know their file, which may be the lock of a dvc.yaml."""
    own = getattr(error, "path", None)
    place = relpath(join(folder, own if isinstance(own, str) and own else path), folder) if own or path else ""
    return {"path": place, "words": _words(error, folder), "refused": _is_refusal(error)}


def _stage(stage: Any, folder: str) -> dict[str, Any]:
    return {
        "pointer": relpath(stage.path, folder),
        "name": getattr(stage, "name", None) or "",
        "wdir": relpath(stage.wdir, dirname(stage.path)),
        "frozen": bool(stage.frozen),
        "outs": [
            {
                "path": out.def_path,
                "place": relpath(out.fs_path, folder) if out.is_in_repo else None,
                "oid": out.hash_info.value if out.hash_info else None,
                "cache": out.use_cache,
                "push": out.can_push,
                "remote": out.remote,
            }
            for out in stage.outs
        ],
    }


def _trip(repo: Any, path: str) -> Exception | None:
    """Return what DVC says of one file."""
    from dvc.repo.index import Index

    try:
        Index.from_file(repo, path)
    except Exception as error:  # noqa: BLE001
        return error
    return None


def _has_stages(repo: Any, path: str) -> bool:
    """Return whether DVC skipped something: a dvc.yaml may have artifacts or plots only."""
    from dvc.repo.index import Index

    try:
        return bool(Index.from_file(repo, path).stages)
    except Exception:  # noqa: BLE001 - it has something that DVC would have reported
        return True


def _judge(folder: str, root: dict[str, Any]) -> dict[str, Any]:
    """Return what DVC reads of one of its roots; paths are relative to the folder of the room."""
    from dvc.repo import Repo

    failures: list[dict[str, Any]] = []

    def report(path: str, error: Any) -> None:
        failures.append(_failure(path, error, folder))

    try:
        repo = Repo(normpath(join(folder, root["root"])))
    except Exception as error:  # noqa: BLE001
        report("", error)
        return {"stages": [], "unseen": [], "ignored": [], "failures": failures}
    repo.stage_collection_error_handler = report
    stages: list[Any] = []
    try:
        stages = repo.index.stages
    except Exception as error:  # noqa: BLE001 - DVC trips over values of other kinds, and does not say where
        tripped = ((join(folder, pointer), _trip(repo, join(folder, pointer))) for pointer in root["pointers"])
        found = [(path, inner) for path, inner in tripped if type(inner) is type(error)]
        for path, inner in found or [("", error)]:
            report(path, inner)
    seen = [_stage(stage, folder) for stage in stages]
    reported = {each["pointer"] for each in seen} | {each["path"] for each in failures}
    unseen = []
    for path in root["pointers"]:
        hidden = bool(repo.dvcignore.is_ignored_file(join(folder, path)))
        if hidden or (path not in reported and _has_stages(repo, join(folder, path))):
            unseen.append({"path": path, "by_dvcignore": hidden})
    ignored = [path for path in root["paths"] if repo.dvcignore.is_ignored_file(join(folder, path))]
    return {"stages": seen, "unseen": unseen, "ignored": ignored, "failures": failures}


def _answer(room: dict[str, Any], version: str) -> dict[str, Any]:
    """Return the answer about a room, as `Loaded` or `Unjudged` of the module that asks."""
    os.chdir(room["folder"])
    try:
        roots = {root["root"]: _judge(room["folder"], root) for root in room["roots"]}
    except Exception as error:  # noqa: BLE001 - what DVC refuses is in the failures; this is an error of this program
        return {"type": "Unjudged", "reason": f"asking DVC {version} failed: {type(error).__name__}: {error}"}
    return {"type": "Loaded", "version": version, "roots": roots}


def main() -> None:
    """Answer the request."""
    request = json.load(sys.stdin)
    sys.path[:] = request["path"]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what DVC prints is not part of an answer
    _confine(request["limits"])
    import dvc  # after the limits, which it must keep, too

    for room in request["rooms"]:
        answers.write(json.dumps(_answer(room, dvc.__version__)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
