"""Records on disk, below `<git common dir>/release/`: one release on its way, and those not yet published."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Any

from msgspec.structs import asdict

from release.core.bump.record import Record, RecordState
from release.errors import Interrupted

_SCHEMA = 1
_PENDING = "pending.json"


def record_folder(common_dir: Path) -> Path:
    """Where records and the lock are."""
    return common_dir / "release"


def read_pending(common_dir: Path) -> Record | None:
    """The release that is on its way, or was interrupted; None if there is none. Raises Interrupted if unreadable."""
    return _read(record_folder(common_dir) / _PENDING)


def read_unpublished(common_dir: Path) -> tuple[Record, ...]:
    """The releases made with `--no-push` that are not published yet."""
    files = sorted((record_folder(common_dir) / "unpublished").glob("*.json"))
    return tuple(record for record in map(_read, files) if record is not None)


def write_record(common_dir: Path, record: Record) -> None:
    """Make the record durable: it is whole on disk when this returns."""
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
        with suppress(OSError):  # the disk that had no room for it may be read-only by now
            draft.unlink()
        raise
    _sync_folder(path.parent)


def written_at(common_dir: Path, record: Record) -> float:
    """When the record was last written, by the file system's clock, in seconds; infinite if it is gone."""
    try:
        return _path(common_dir, record).stat().st_mtime
    except FileNotFoundError:
        return inf


def drop_record(common_dir: Path, record: Record) -> None:
    """Forget a record; gone already is fine."""
    path = _path(common_dir, record)
    path.with_suffix(".new").unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    _sync_folder(path.parent)


def drop_drafts(common_dir: Path) -> None:
    """Remove what a kill left of a record that was never whole; the caller holds the lock."""
    for draft in record_folder(common_dir).glob("**/*.new"):
        draft.unlink(missing_ok=True)


def _path(common_dir: Path, record: Record) -> Path:
    folder = record_folder(common_dir)
    if record.state is RecordState.UNPUBLISHED:
        return folder / "unpublished" / f"{record.release_id}.json"
    return folder / _PENDING


def _plain(record: Record) -> Mapping[str, Any]:
    return {**asdict(record), "state": record.state.value}


def _read(path: Path) -> Record | None:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except PermissionError:  # of another user of this clone: the lock, private like this, lets nobody change anything
        return None
    try:
        fields = json.loads(text)
        if fields.pop("schema") != _SCHEMA:
            raise ValueError("another schema")  # noqa: TRY301 - told with the others below
        return Record(**{**fields, "state": RecordState(fields["state"])})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Interrupted(
            f"a release was interrupted, and its record {path} cannot be read: {error}",
            help=f"look at it, and if no release is under way: rm {path}",
        ) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
