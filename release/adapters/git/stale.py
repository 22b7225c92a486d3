"""Locks and empty objects that a killed git of ours left behind; anybody else's are never touched."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from release.adapters.git.repository import Repository
from release.core.record import Record


def clear_own_locks(repository: Repository, record: Record) -> tuple[Path, ...]:
    """Remove ref locks that hold our ids, and empty object files of our ids. Returns what was removed."""
    ours = {record.commit: record.branch and f"refs/heads/{record.branch}", record.tag_object: record.tag_ref}
    removed = []
    for id, ref in ours.items():
        if not ref:
            continue
        lock = repository.common_dir / f"{ref}.lock"
        with suppress(OSError):
            if lock.read_bytes().strip() == id.encode():
                lock.unlink()
                removed.append(lock)
        loose = repository.object_dir / id[:2] / id[2:]
        with suppress(OSError):
            if loose.stat().st_size == 0:  # a power cut: the name was written, the bytes were not
                loose.unlink()
                removed.append(loose)
    return tuple(removed)
