"""Release records on disk, in `<git common dir>/release/`: the pending release, and those not yet published."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Any

from msgspec import ValidationError, convert
from msgspec.structs import asdict

from release.adapters.lock import InTheWay, out_of_the_way
from release.core.bump.record import Record, RecordState
from release.core.shell import quote
from release.errors import Interrupted

_SCHEMA = 1
_PENDING = "pending.json"


def record_folder(common_dir: Path) -> Path:
    """Return the folder of records and the lock."""
    return common_dir / "release"


def read_pending(common_dir: Path) -> Record | None:
    """Return the release that is in progress or was interrupted; None if there is none.

    Raises Interrupted if it cannot be read, InTheWay if something else is at its path.
    """
    return _read(record_folder(common_dir) / _PENDING, "a release was interrupted, and its record")


def read_unpublished(common_dir: Path) -> tuple[Record, ...]:
    """Return the releases made with `--no-push` that are not published yet. Raises as `read_pending`."""
    folder = record_folder(common_dir) / "unpublished"
    if os.path.lexists(folder) and not folder.is_dir():
        raise InTheWay(folder)
    found = [_read(file, "the record of an unpublished release,") for file in sorted(folder.glob("*.json"))]
    return tuple(record for record in found if record is not None)


def write_record(common_dir: Path, record: Record) -> None:
    """Write a record durably: it is complete on disk when this returns."""
    path = _path(common_dir, record)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    data = json.dumps({"schema": _SCHEMA, **_plain(record)}, indent=1).encode()
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        with suppress(OSError):  # a disk that was full may be read-only by now
            draft.unlink()
        raise
    _sync_folder(path.parent)


def written_at(common_dir: Path, record: Record) -> float:
    """Return the time of the record's last write, by the file system's clock, in seconds; infinite if it is gone."""
    try:
        return _path(common_dir, record).stat().st_mtime
    except FileNotFoundError:
        return inf


def drop_record(common_dir: Path, record: Record) -> None:
    """Delete a record; one that is gone already is fine."""
    path = _path(common_dir, record)
    path.with_suffix(".new").unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    _sync_folder(path.parent)


def drop_drafts(common_dir: Path) -> None:
    """Remove incomplete drafts of records that a killed process left; the caller must hold the lock."""
    for draft in record_folder(common_dir).glob("**/*.new"):
        draft.unlink(missing_ok=True)


def _path(common_dir: Path, record: Record) -> Path:
    folder = record_folder(common_dir)
    if record.state is RecordState.UNPUBLISHED:
        return folder / "unpublished" / f"{record.release_id}.json"
    return folder / _PENDING


def _plain(record: Record) -> Mapping[str, Any]:
    return {**asdict(record), "state": record.state.value}


def _read(path: Path, what: str) -> Record | None:
    try:
        return _parsed(path.read_bytes())
    except FileNotFoundError:
        return None
    except NotADirectoryError as error:
        raise InTheWay(path.parent) from error
    except PermissionError as error:
        if not os.access(path.parent, os.X_OK):  # another user's clone: its private lock permits no change here
            return None
        words = f"{what} {path} cannot be read: it belongs to {_owner_of(path)}"
        raise Interrupted(words, help=f"release recover, as {quote(_owner_of(path))}") from error
    except OSError as error:
        raise _unreadable(path, what, (error.strerror or "").lower()) from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, ValidationError) as error:
        raise _unreadable(path, what, str(error)) from error


def _unreadable(path: Path, what: str, why: str) -> Interrupted:
    way = f"look at it, and if no release is under way: {out_of_the_way(path)}"
    return Interrupted(f"{what} {path} cannot be read: {why}", help=way)


def _parsed(data: bytes) -> Record:
    fields = json.loads(data.decode("utf-8"))
    if fields.pop("schema") != _SCHEMA:
        raise ValueError("another schema")
    if unknown := fields.keys() - set(Record.__struct_fields__):
        raise ValueError(f"it has {min(unknown)!r}, which this release does not know")
    return convert(fields, Record)


def _owner_of(path: Path) -> str:
    """Return the name of the user who owns a file."""
    number = path.lstat().st_uid
    with suppress(ImportError, KeyError):
        import pwd

        return pwd.getpwuid(number).pw_name
    return f"user {number}"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
