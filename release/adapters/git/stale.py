"""Leftovers of a killed git of `release`: locks, empty objects and an empty tag. Files of others stay."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from release.adapters.git.repository import Repository
from release.adapters.record_file import written_at
from release.core.bump.record import Record
from release.core.shell import command_line
from release.errors import Interrupted

_TAKEN_BACK = frozenset({b"DIRC"})  # of an undo: it has none of our blobs, so any index younger than the record counts
_PATIENCE_S = 2.0  # a running git releases an empty lock long before that


def clear_own_leftovers(repository: Repository, record: Record, work_tree: Repository | None) -> tuple[Path, ...]:
    """Remove leftovers of a git that was killed while it worked on this record; returns the removed paths.

    The caller holds the lock of `adapters.lock`, which every git of ours inherits, so none is running.
    A ref lock that holds our id is ours. An empty lock, or one of HEAD or the index, is ours if it is
    younger than the record, has the content that our git would write, and is not released within 2 s.
    `work_tree` is the one that was released from (None: it is gone).
    Raises Interrupted for a lock that is not ours.
    """
    removed = [path for path in _empty_files(repository, record) if _removed(path)]
    for lock, ours in _locks(repository, record, work_tree):
        if lock.exists() and not _goes_away(lock):
            if not _is_ours(lock, ours, written_at(repository.common_dir, record)):
                raise Interrupted(
                    f"{lock} is in the way, and it is not ours: another git is at work here, or was killed",
                    help=f"wait for it; if no git runs here: {command_line('rm', names=(str(lock),))}, then release recover",
                )
            removed += [lock] * _removed(lock)
    return tuple(removed)


def _locks(
    repository: Repository, record: Record, work_tree: Repository | None
) -> Iterator[tuple[Path, frozenset[bytes]]]:
    """Yield each lock that our gits take, with the ids of which it holds one, if it is not empty."""
    common = repository.common_dir
    yield common / f"{record.tag_ref}.lock", frozenset({record.tag_object.encode()})
    if record.branch is not None:
        ids = frozenset({record.commit.encode(), record.base.encode()} if record.undoing else {record.commit.encode()})
        yield common / f"refs/heads/{record.branch}.lock", ids
    if record.remote_branch is not None:  # moved by the push itself
        yield common / f"refs/remotes/{record.remote}/{record.remote_branch}.lock", frozenset({record.commit.encode()})
    for name in ("packed-refs.lock", "reftable/tables.list.lock"):
        yield common / name, frozenset()
    for folder in dict.fromkeys([repository.git_dir, *([work_tree.git_dir] if work_tree else [])]):
        yield folder / "HEAD.lock", frozenset()
        yield folder / "index.lock", _TAKEN_BACK if record.undoing else _index_ids(record.blobs)


def _is_ours(lock: Path, ours: frozenset[bytes], record_written: float) -> bool:
    try:
        data, written = lock.read_bytes(), lock.stat().st_mtime
    except FileNotFoundError:
        return True
    if not data:
        return written >= record_written
    if lock.name == "index.lock":
        # A complete index of another git has none of our blobs; a broken one is no longer in use.
        return written >= record_written and (not _is_whole(data) or any(id in data for id in ours))
    return data.strip() in ours


def _index_ids(blobs: Mapping[str, str]) -> frozenset[bytes]:
    return frozenset(bytes.fromhex(id) for id in blobs.values() if id)  # a file that is removed has no id


def _is_whole(index: bytes) -> bool:
    """Return whether an index ends with its checksum (zeros with `index.skipHash`)."""
    return any(
        index[-size:] in (hashlib.new(name, index[:-size], usedforsecurity=False).digest(), bytes(size))
        for name, size in (("sha1", 20), ("sha256", 32))
    )


def _goes_away(lock: Path) -> bool:
    end = time.monotonic() + _PATIENCE_S
    age_s = max(0.0, time.time() - lock.stat().st_mtime) if lock.exists() else 0.0
    while time.monotonic() < end and age_s < _PATIENCE_S:
        if not lock.exists():
            return True
        time.sleep(0.05)
        age_s += 0.05
    return not lock.exists()


def _empty_files(repository: Repository, record: Record) -> Iterator[Path]:
    """Yield the empty files of this release's objects and tag: a power cut can keep a name but not its bytes."""
    ids = {record.commit, record.tag_object, *record.blobs.values(), *_trees(repository, record)}
    paths = [repository.object_dir / id[:2] / id[2:] for id in ids]
    for path in (*paths, repository.common_dir / record.tag_ref):
        with suppress(OSError):
            if path.is_file() and path.stat().st_size == 0:
                yield path


def _trees(repository: Repository, record: Record) -> Iterator[str]:
    """Yield the trees of the release commit that contain the files it writes, as far as they can be read."""
    if not record.blobs:
        return
    commit = repository.git.run("cat-file", "commit", record.commit, ok=range(256)).text
    if commit.startswith("tree "):
        yield commit.split("\n", 1)[0].split(" ")[1]
    words = ("ls-tree", "-r", "-t", "-d", "-z", record.commit)
    for entry in repository.git.list_paths(*words, paths=record.blobs, ok=range(256)).split(b"\0"):
        if entry:
            yield entry.split(b"\t")[0].split(b" ")[2].decode()


def _removed(path: Path) -> bool:
    with suppress(FileNotFoundError):
        path.unlink()
        return True
    return False
