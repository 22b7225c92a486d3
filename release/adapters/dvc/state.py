"""DVC's own database of file hashes, read only: files as `dvc add`, `dvc commit` and `dvc checkout` saw them.

A row counts only if the file still has the same inode, time and size, as for DVC itself.
Source: dvc_data/hashfile/state.py, dvc/repo/__init__.py (`site_cache_dir`) and dvc/dirs.py of DVC 3;
a contract test compares this with the installed DVC.
"""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from release.adapters.dvc.config import DvcSettings

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

    # `immutable`: otherwise SQLite creates files beside a database in WAL mode, even for reading
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
