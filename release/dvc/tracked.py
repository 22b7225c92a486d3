"""Tracked data in the work tree compared with its pointers; pointers that git does not track."""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import pwd
import stat
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct, field

from release.core.limits import MAX_IGNORE_BYTES
from release.core.pointer import POINTER_NAMES, Entry, Layout, ObjectKey, Out, folders_above, is_pointer, listing_oid
from release.core.text import OnProgress, command_line, no_progress
from release.core.work_tree import Difference
from release.dvc.cache_files import files_below
from release.dvc.clean_room import ignored_by_dvc
from release.dvc.contents import hash_file
from release.dvc.dvc_config import DvcSettings
from release.dvc.scan import root_of
from release.dvc.stores import LocalCache, Stores
from release.errors import Refused
from release.git.repository import Repository
from release.system.files import read_regular

_DVC_MAJOR = 3  # a part of the folder's name
_BATCH = 900  # SQLite allows 999 values per query
_HASH_VERSION = 1


def state_database(settings: DvcSettings, root: str, configured: str | None) -> Path | None:
    """Return the database of a DVC root (relative to the git root); None if there is none.

    `configured` is `core.site_cache_dir`. Nothing is created, neither folders nor DVC's `btime` file.
    """
    folder = os.path.realpath(settings.git_root / root)
    token = str((folder, None, _born(folder), _user(settings.environment), _DVC_MAJOR, 0))
    name = hashlib.md5(token.encode(), usedforsecurity=False).hexdigest()
    database = Path(_site_cache(settings, configured), "repo", name, "hashes", "local", "cache.db")
    return database if database.is_file() else None


def remembered(database: Path | None, files: Mapping[str, os.stat_result]) -> dict[str, tuple[str, str]]:
    """Return (hash name, hash) of those files (absolute paths) whose row still matches their status.

    A database that another process may be writing to is not read: then the result is empty.
    """
    if database is None or not files or _is_busy(database):
        return {}
    import sqlite3  # needed only if a file has to be compared

    # `immutable`: otherwise SQLite creates files next to a database in WAL mode, even for reading
    try:
        connection = sqlite3.connect(f"{database.as_uri()}?mode=ro&immutable=1", uri=True)
    except sqlite3.Error:
        return {}
    try:
        rows = dict(_rows(connection.execute, list(files)))
    except (sqlite3.Error, ValueError):
        return {}
    finally:
        connection.close()
    found = ((path, _fitting(row, files[path])) for path, row in rows.items() if path in files)
    return {path: hashed for path, hashed in found if hashed is not None}


def _rows(execute: object, paths: Sequence[str]) -> Iterable[tuple[str, object]]:
    for start in range(0, len(paths), _BATCH):
        batch = paths[start : start + _BATCH]
        marks = ", ".join("?" * len(batch))
        query = f"SELECT key, value FROM Cache WHERE raw = 1 AND key IN ({marks})"  # noqa: S608  only marks
        yield from execute(query, batch)  # type: ignore[operator]


def _fitting(row: object, status: os.stat_result) -> tuple[str, str] | None:
    try:
        entry = json.loads(row) if isinstance(row, str) else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or entry.get("checksum") != _checksum(status):
        return None
    version, hashed = entry.get("version"), entry.get("hash_info")
    if not isinstance(hashed, dict) or len(hashed) != 1 or (version is not None and version != _HASH_VERSION):
        return None
    ((name, value),) = hashed.items()
    if not isinstance(value, str):
        return None
    return ("md5-dos2unix" if version is None and name == "md5" else name, value)


def _checksum(status: os.stat_result) -> str:
    """Return DVC's token of a file's status: `fsspec.utils.tokenize([inode, mtime, size])` as a decimal number."""
    text = str(([status.st_ino, status.st_mtime, status.st_size],))
    return str(int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(), 16))


def _is_busy(database: Path) -> bool:
    try:
        return database.with_name(database.name + "-wal").stat().st_size > 0
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _born(folder: str) -> float | None:
    try:
        return os.path.getmtime(f"{folder}/.dvc/tmp/btime")  # noqa: PTH204  the float that DVC uses
    except OSError:
        pass
    try:
        return getattr(os.stat(folder), "st_birthtime", None)  # noqa: PTH116  as above
    except OSError:
        return None


def _user(environment: Mapping[str, str]) -> str:
    """Return `getpass.getuser()` for the caller's environment."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        if user := environment.get(name):
            return user
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return ""


def _site_cache(settings: DvcSettings, configured: str | None) -> str:
    if folder := settings.environment.get("DVC_SITE_CACHE_DIR"):
        return folder
    if configured:
        return configured
    return "/Library/Caches/dvc" if sys.platform == "darwin" else "/var/tmp/dvc"  # noqa: S108  DVC's own place


# Comparison of the work tree's data with its pointers, to find a forgotten `dvc add`


def compare_tracked_data(
    git_root: Path,
    outs: Collection[Out],
    *,
    dvc: DvcSettings,
    roots: Mapping[str, bytes],
    on_progress: OnProgress = no_progress,
) -> tuple[list[Difference], list[Out]]:
    """Return the outs whose data in the work tree differs from their pointers, and those that are present.

    Absent ones are fine. `roots` are those of the outs' `PointerSet`.
    """
    stores = Stores(dvc)
    cache = stores.cache(roots)
    compared = [_Compared(out, git_root / out.path) for out in outs if out.cache and (out.oid or out.cloud)]
    for each in compared:
        each.inspect(cache)
    for root in dict.fromkeys(each.out.subrepo for each in compared):
        here = [each for each in compared if each.out.subrepo == root]
        hidden = _hidden(git_root, root, [path for each in here for path in each.extra], dvc.environment)
        files = {str(file.path): file.status for each in here for file in each.files}
        database = state_database(dvc, root, stores.site_cache_folder(root, roots.get(root, b""))) if files else None
        known = remembered(database, files)
        for each in here:
            each.list_changes(hidden)
            each.recall(known)
    total = sum(file.status.st_size for each in compared for file in each.files if file.found is None)
    done = 0

    def count(size_bytes: int) -> None:
        nonlocal done
        done += size_bytes
        on_progress("reading tracked files", done, max(total, done))

    for each in compared:
        each.settle(count)
    differences = [each.difference for each in compared if each.difference]
    return differences, [each.out for each in compared if each.present]


class _File(Struct):
    """A file of an out; `oid` is its hash in the pointer (None: a directory whose listing is not available)."""

    relpath: str
    path: Path
    status: os.stat_result
    oid: str | None
    found: str | None = None


class _Compared(Struct):
    """One out and the files at its path; `extra` (from the git root) and `removed` are those that only one side has."""

    out: Out
    path: Path
    present: bool = False
    files: list[_File] = field(default_factory=list)
    extra: Sequence[str] = ()
    removed: Collection[str] = ()
    difference: Difference | None = None

    def inspect(self, cache: LocalCache) -> None:
        """Compare names and sizes."""
        try:
            status = self.path.stat()
            self.present = True
            if self.out.is_dir or any(entry.relpath for entry in self.out.cloud):
                if stat.S_ISDIR(status.st_mode):
                    self._look_into(cache)
                else:
                    self.difference = Difference(self.out, changed=("",))
            else:
                self._look_at(status)
        except (FileNotFoundError, NotADirectoryError):
            self.present = False
        except OSError as error:
            self.difference = Difference(self.out, unreadable=error.strerror or str(error))

    def list_changes(self, hidden: Collection[str]) -> None:
        """Record the files that were added, except those `hidden` by `.dvcignore`, or removed."""
        added = sorted(path.removeprefix(f"{self.out.path}/") for path in self.extra if path not in hidden)
        if added or self.removed:
            self.difference = Difference(self.out, added=tuple(added), removed=tuple(sorted(self.removed)))

    def recall(self, known: Mapping[str, tuple[str, str]]) -> None:
        """Take the hashes of the files from DVC's database."""
        wanted = "md5-dos2unix" if self.out.layout is Layout.LEGACY else "md5"
        for file in self.files:
            name, value = known.get(str(file.path), ("", ""))
            if name == wanted:
                file.found = value

    def settle(self, on_bytes: Callable[[int], None]) -> None:
        """Compute the missing hashes and record what differs."""
        if self.difference is not None and not self.difference.listed:
            return
        try:
            for file in self.files:
                if file.found is None:
                    file.found = hash_file(file.path, self.out.layout, on_bytes)
        except OSError as error:
            self.difference = Difference(self.out, unreadable=error.strerror or str(error))
            return
        changed = tuple(sorted(file.relpath for file in self.files if file.oid not in (None, file.found)))
        if any(file.oid is None for file in self.files):
            entries = (Entry(file.relpath, file.found or "") for file in self.files)
            changed = () if listing_oid(entries) == self.out.oid else ("",)
        if changed or self.difference is not None:
            before = self.difference or Difference(self.out)
            self.difference = Difference(self.out, changed=changed, added=before.added, removed=before.removed)

    def _look_at(self, status: os.stat_result) -> None:
        sized = self.out.layout is not Layout.LEGACY and self.out.size_bytes is not None
        if not stat.S_ISREG(status.st_mode) or (sized and status.st_size != self.out.size_bytes):
            self.difference = Difference(self.out, changed=("",))
        else:
            oid = self.out.oid or self.out.cloud[0].md5
            if oid is not None:
                self.files = [_File("", self.path, status, oid)]

    def _look_into(self, cache: LocalCache) -> None:
        found = files_below(self.path)
        expected = self._expected(cache)
        if expected is None:
            self.files = [_File(relpath, self.path / relpath, status, None) for relpath, status in found.items()]
            self.present = bool(found)
            return
        self.present = bool(found) or not expected
        if not found:  # an empty folder, as a checkout of folders leaves it, has nothing that could differ
            return
        self.extra = [f"{self.out.path}/{relpath}" for relpath in found.keys() - expected.keys()]
        self.removed = expected.keys() - found.keys()
        self.files = [
            _File(relpath, self.path / relpath, found[relpath], oid)
            for relpath, oid in expected.items()
            if relpath in found and oid is not None
        ]

    def _expected(self, cache: LocalCache) -> dict[str, str | None] | None:
        """Return the files in the pointer (path -> hash); None if only their common hash is known here."""
        if self.out.cloud:
            return {entry.relpath: entry.md5 for entry in self.out.cloud}
        entries = cache.listing(ObjectKey("", self.out.layout.value, self.out.oid or ""))
        return None if entries is None else {entry.relpath: entry.oid for entry in entries}


def add_tracked(git_root: Path, outs: Collection[Out], environment: Mapping[str, str]) -> None:
    """Run `dvc add` for outs of `.dvc` files, in the DVC project of each. Raises Refused if it fails."""
    for root in sorted({out.subrepo for out in outs}):
        paths = [os.path.relpath(out.path, root or ".") for out in outs if out.subrepo == root]
        words = [sys.executable, "-m", "dvc", "add", "--quiet", "--", *paths]
        done = subprocess.run(words, cwd=git_root / root, env=dict(environment), capture_output=True, check=False)
        if done.returncode:
            said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().partition("\n")[0]
            raise Refused(f"`dvc add` failed: {said}", help=command_line("dvc", "add", names=paths))


# Pointer files of the work tree that git does not track: a release would not contain them

_PATTERNS = tuple(f":(glob)**/{name}" for name in POINTER_NAMES)


def untracked_pointers(repository: Repository, folder: str) -> tuple[str, ...]:
    """Return pointer paths below the configuration's folder ("": everywhere), sorted.

    Files that git or DVC ignores are left out. Git does not search other repositories inside the work tree,
    submodules included.
    """
    git = repository.git
    listing = git.run(  # with a limit: git itself can take for ever over a pattern of .gitignore
        "ls-files", "--others", "--exclude-standard", "-z", "--", *_PATTERNS, limit_s=git.ask_limit_s
    )
    found = (path for path in listing.out.decode("utf-8", "surrogateescape").split("\0") if path)
    by_root: dict[str, list[str]] = {}
    for path in found:
        if path.startswith(f"{folder}/" if folder else "") and is_pointer(path) and "/.dvc/" not in f"/{path}":
            roots = {each for each in folders_above(path) if (repository.work_tree / each / ".dvc").is_dir()}
            by_root.setdefault(root_of(path, roots) or "", []).append(path)
    hidden = (_hidden(repository.work_tree, root, paths, git.environment) for root, paths in by_root.items())
    return tuple(sorted({path for paths in by_root.values() for path in paths}.difference(*hidden)))


# What `.dvcignore` files of the work tree hide from DVC


def _hidden(git_root: Path, root: str, paths: Sequence[str], environment: Mapping[str, str]) -> frozenset[str]:
    """Return those of `paths` (from the git root) that DVC does not see in `root`; none if DVC does not say."""
    files: dict[str, bytes] = {}
    for folder in {"", *(above for path in paths for above in folders_above(path))}:
        with suppress(OSError):  # no regular file, or too large: it hides nothing
            files[posixpath.join(folder, ".dvcignore")] = read_regular(
                git_root / folder / ".dvcignore", MAX_IGNORE_BYTES
            )
    return ignored_by_dvc(paths, root, files, environment) or frozenset()
