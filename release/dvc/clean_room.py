"""The clean room: DVC's own loader, asked about a tree of files in a process of its own.

It decides about files that do not follow the grammar of `core/plain.py`. The process sees only regular files of a
commit, private folders, a configuration without secrets and, where the system allows it, no network.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, time
from typing import Any

import msgspec
from msgspec import Struct

from release import __version__
from release.core.plain import may_match
from release.core.pointer import DeclaredOut
from release.core.pointer_file import DeclaredStage
from release.dvc.dvc_config import BadDvcConfig, parse_dvc_config
from release.errors import ReleaseError
from release.git.process import Git
from release.git.repository import filtered_paths

_SCRIPT = Path(__file__).with_name("clean_room_script.py")
_ROOMS = 50  # in one process
_FORGOTTEN_S = 90 * 86_400.0  # age of an answer that is asked for again
LIMIT_S, _ROOM_S, _POINTER_S = 12.0, 1.0, 0.02  # for DVC to start, for each room, and for each pointer in it
_LIMITS = {"RLIMIT_AS": 4 << 30, "RLIMIT_FSIZE": 100_000_000, "RLIMIT_NOFILE": 512, "RLIMIT_CORE": 0}
_A_FILE_S = 0.001  # for each path that is only compared with `.dvcignore`
_ALLOWED = {"core": ("remote", "no_scm"), "parsing": ("bool", "list")}
_ALLOWED_OF_REMOTES = ("url", "version_aware", "worktree")


class LoaderFailure(Struct, frozen=True):
    """A file that DVC did not load, "" if DVC does not say which; not `refused`: the reason is not the file."""

    path: str
    words: str
    refused: bool


class SeenOut(DeclaredOut, frozen=True, kw_only=True):
    """An out as DVC has it; `place` is its path from the top of the room (None: outside)."""

    place: str | None
    oid: str | None


class SeenStage(DeclaredStage, frozen=True, kw_only=True):
    """A stage as DVC has it; `name` is "" for a `.dvc` file."""

    pointer: str
    outs: tuple[SeenOut, ...]


class Unseen(Struct, frozen=True):
    """A pointer file that DVC skips: `by_dvcignore`, or because of `.gitignore` or an out above it."""

    path: str
    by_dvcignore: bool


class Reading(Struct, frozen=True):
    """DVC's reading of one of its roots; `ignored` are those of the root's `paths` that a `.dvcignore` hides."""

    stages: tuple[SeenStage, ...]
    unseen: tuple[Unseen, ...]
    ignored: tuple[str, ...]
    failures: tuple[LoaderFailure, ...]


class Loaded(Struct, frozen=True, tag=True):
    """DVC's version, and what it reads of each root."""

    version: str
    roots: Mapping[str, Reading]


class Unjudged(Struct, frozen=True, tag=True):
    """No answer, and why."""

    reason: str
    help: str | None = None


class Root(Struct, frozen=True):
    """A DVC root of a room: its pointer files, the bytes of its `.dvc/config`, and `paths` of other files."""

    pointers: tuple[str, ...]
    config: bytes
    paths: tuple[str, ...] = ()


class Room(Struct, frozen=True):
    """The input of DVC: blobs by path, and the DVC roots that it is asked about."""

    files: tuple[tuple[str, str], ...]
    roots: Mapping[str, Root]

    @property
    def key(self) -> str:
        """A hash of everything that the answer depends on: the files, the installed packages, and this program."""
        return hashlib.sha256(json.dumps([_versions(), msgspec.to_builtins(self)]).encode()).hexdigest()


@cache
def _versions() -> list[str]:
    """Return names that change with this program, with Python, and with any installed package."""
    folders = [Path(folder) for folder in sys.path if Path(folder).is_dir()]
    packages = sorted(each.name for folder in folders for each in folder.iterdir() if each.suffix.endswith("-info"))
    return [__version__, hashlib.sha256(_SCRIPT.read_bytes()).hexdigest(), sys.version, *packages]


Read = Callable[[Iterable[str]], Iterable[bytes]]  # returns the content of blobs


def ask_loader(rooms: Sequence[Room], read: Read, environment: Mapping[str, str]) -> list[Loaded | Unjudged]:
    """Return DVC's answer for each room, remembered or new."""
    if find_spec("dvc") is None:
        return [Unjudged("DVC is not installed", "pip install dvc")] * len(rooms)
    memory = _memory(environment)
    keys = [room.key for room in rooms]
    known = {key: _remembered(memory, key) for key in keys}
    found: dict[str, Loaded | Unjudged] = {key: answer for key, answer in known.items() if answer is not None}
    new = [(key, room) for key, room in dict(zip(keys, rooms, strict=True)).items() if key not in found]
    for start in range(0, len(new), _ROOMS):
        some = new[start : start + _ROOMS]
        for (key, _), answer in zip(some, _ask([room for _, room in some], read, environment), strict=True):
            found[key] = answer
            _remember(memory, key, answer)
    if new and memory is not None:
        _forget_old(memory)
    return [found[key] for key in keys]


def ignored_by_dvc(
    paths: Collection[str], root: str, files: Mapping[str, bytes], environment: Mapping[str, str]
) -> frozenset[str] | None:
    """Return those of the paths that `.dvcignore` files hide from DVC in one of its roots; None if DVC does not say.

    `files` are the `.dvcignore` files by path. All paths start at the git root.
    """
    below = f"{root}/" if root else ""
    own = {path: data for path, data in files.items() if path.startswith(below)}
    names = {name for path in paths for name in path.split("/")}
    if not any(may_match(data, names) or not data.isascii() for data in own.values()):
        return frozenset()
    ids = {path: hashlib.sha256(data).hexdigest() for path, data in own.items()}
    content = {ids[path]: data for path, data in own.items()}
    room = Room(tuple(sorted(ids.items())), {root: Root((), b"", tuple(sorted(paths)))})
    (answer,) = ask_loader([room], lambda asked: map(content.__getitem__, asked), environment)
    if isinstance(answer, Unjudged) or answer.roots[root].failures:
        return None
    return frozenset(answer.roots[root].ignored)


# The process


def _ask(rooms: Sequence[Room], read: Read, environment: Mapping[str, str]) -> list[Loaded | Unjudged]:
    import tempfile  # most answers are remembered

    with tempfile.TemporaryDirectory(prefix="release-dvc-") as private:
        top, path = Path(private).resolve(), environment.get("PATH", os.defpath)
        found: list[Loaded | Unjudged | None] = [
            _made(room, top / f"room-{number}", read, path) for number, room in enumerate(rooms)
        ]
        waiting = [number for number, bad in enumerate(found) if bad is None]
        roots = [root for room in rooms for root in room.roots.values()]
        files_s = sum(_POINTER_S * len(root.pointers) + _A_FILE_S * len(root.paths) for root in roots)
        end_s = monotonic() + LIMIT_S + _ROOM_S * len(waiting) + files_s
        while waiting:
            asked = [_request(rooms[number], top / f"room-{number}") for number in waiting]
            answers = _answers(asked, top, path, end_s - monotonic())
            for number, answer in zip(waiting, answers, strict=False):
                found[number] = answer
            waiting = waiting[len(answers) :]
            if waiting:  # the process died over the first of them, or has no time left
                found[waiting.pop(0)] = Unjudged("DVC gave no answer about it within the limits of time and memory")
            if monotonic() >= end_s:
                break
        late = Unjudged("DVC had no time for it, after other commits that it gave no answer about")
        return [answer or late for answer in found]


def _request(room: Room, folder: Path) -> dict[str, Any]:
    roots = room.roots.items()
    asked = [{"root": name, "pointers": root.pointers, "paths": root.paths} for name, root in roots]
    return {"folder": str(folder), "roots": asked}


def _answers(asked: Sequence[Any], top: Path, path: str, limit_s: float) -> list[Loaded | Unjudged]:
    """Return the answers about rooms, in order, until the process ended or was stopped."""
    request = {
        "path": [folder for folder in sys.path if posixpath.isabs(folder)],
        "limits": {"RLIMIT_CPU": int(limit_s) + 1, **_LIMITS},
        "rooms": asked,
    }
    names = ("GLOBAL_CONFIG_DIR", "SYSTEM_CONFIG_DIR", "SITE_CACHE_DIR")
    environment = {
        **{f"DVC_{name}": str(top / name) for name in names},
        "DVC_NO_ANALYTICS": "1",
        "PATH": path,
        "HOME": str(top / "home"),
        "TMPDIR": str(top),
        "LC_ALL": "C.UTF-8",
    }
    process = subprocess.Popen(
        [sys.executable, "-I", str(_SCRIPT)],
        cwd=top,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        out, _ = process.communicate(json.dumps(msgspec.to_builtins(request)).encode(), timeout=max(limit_s, 0))
    except subprocess.TimeoutExpired as error:
        out = error.stdout or b""
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    found: list[Loaded | Unjudged] = []
    with suppress(msgspec.MsgspecError):  # a line that was not written to its end
        found.extend(msgspec.json.decode(line, type=Loaded | Unjudged) for line in out.splitlines())
    return found


# The room


def _made(room: Room, folder: Path, read: Read, path: str) -> Unjudged | None:
    """Check out the files of a room, with their attributes, into a repository of its own."""
    private = {"HOME": str(folder), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    git = Git(folder=folder, environment={"PATH": path, **private})
    try:
        folder.mkdir()
        git.run("init", "--quiet", "--template=")
        drafts = folder / ".git" / "drafts"
        drafts.mkdir()
        for number, data in enumerate(read(id for _, id in room.files)):
            (drafts / str(number)).write_bytes(data)
        numbers = range(len(room.files))
        asked = "".join(f".git/drafts/{number}\n" for number in numbers)
        ids = git.run("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=asked.encode()).text.split()
        lines = (f"100644 {id}\t{name}\0" for id, (name, _) in zip(ids, room.files, strict=True))
        git.run("update-index", "-z", "--index-info", stdin="".join(lines).encode("utf-8", "surrogateescape"))
        git.run("checkout-index", "--all", "--quiet")
        names = [name for name, _ in room.files]
        attributes = any(name.endswith(".gitattributes") for name in names)
        if filtered := filtered_paths(git, names if attributes else ()):
            return Unjudged(f"the git filter of {filtered[0]} in .gitattributes changes it, which cannot be checked")
        for name, root in room.roots.items():
            place = folder / name / ".dvc"
            place.mkdir(parents=True, exist_ok=True)
            (place / "config").write_bytes(_rewritten(root.config))
    except (ReleaseError, OSError) as error:
        return Unjudged(f"its files cannot be laid out for DVC: {error}")
    return None


def _rewritten(config: bytes) -> bytes:
    """Return the parts of a `.dvc/config` that decide what DVC loads: no secret, program or folder."""
    from configobj import ConfigObj, ConfigObjError  # type: ignore[import-untyped]

    try:
        sections = parse_dvc_config(config)
    except BadDvcConfig:  # the audit reports it
        return b""
    written = ConfigObj(encoding="utf-8")
    for name, keys in _ALLOWED.items():
        written[name] = _only(sections.get(name, {}), keys)
    for name, remote in sections["remote"].items():
        written[f'remote "{name}"'] = _only(remote, _ALLOWED_OF_REMOTES)
    try:
        return b"\n".join(written.write())
    except ConfigObjError:  # a value with every kind of quotes
        return b""


def _only(section: Any, keys: Iterable[str]) -> dict[str, str]:
    found = section if isinstance(section, dict) else {}
    return {key: found[key] for key in keys if isinstance(found.get(key), str)}


# Remembered answers: in a private folder, by all that they depend on


def _memory(environment: Mapping[str, str]) -> Path | None:
    """Return the folder; None if there is none that belongs to the user alone, or a clone could have brought it."""
    from release.dvc.inventory import ObjectCache

    cache = ObjectCache.of(environment)
    if cache is None:
        return None
    folder = cache.folder.resolve() / "clean-room"
    if any((above / ".git").exists() for above in folder.parents):
        return None
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.lstat()
        if stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o022:
            return folder
    return None


def _remembered(memory: Path | None, key: str) -> Loaded | None:
    if memory is not None:
        with suppress(OSError, msgspec.MsgspecError):
            return msgspec.json.decode((memory / f"{key}.json").read_bytes(), type=Loaded)
    return None


def _remember(memory: Path | None, key: str, answer: Loaded | Unjudged) -> None:
    """Store an answer, unless a retry could change it."""
    if memory is None or isinstance(answer, Unjudged):
        return
    if all(failure.refused for reading in answer.roots.values() for failure in reading.failures):
        from release.dvc.inventory import ObjectCache

        ObjectCache.write(memory / f"{key}.json", msgspec.json.encode(answer))


def _forget_old(memory: Path) -> None:
    """Delete old answers, and drafts that killed calls left."""
    until_s = time() - _FORGOTTEN_S
    with suppress(OSError):
        for file in memory.iterdir():
            with suppress(OSError):  # another call was faster
                if file.lstat().st_mtime < until_s:
                    file.unlink()
