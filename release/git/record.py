"""The record of a release under way: lock, file, leftovers of interrupted releases, tags seen before."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from math import inf
from pathlib import Path
from typing import TextIO

from msgspec import ValidationError, convert, to_builtins

from release.core.release import Record, RecordKind, RecordState
from release.core.text import command_line, quote
from release.core.work_tree import CheckoutRecord
from release.errors import Interrupted, Raced, Refused
from release.git.repository import Repository
from release.system.environment import now


class Locked(Raced):
    """Another `release` is running in this clone."""


class InTheWay(Refused):
    """A foreign file or folder at the path of the lock or records."""

    section = "in-the-way"

    def __init__(self, path: Path) -> None:
        what = f"{path} is in the way: `release` stores its lock and records there"
        super().__init__(what, help=f"check it, then: {out_of_the_way(path)}")


def out_of_the_way(path: Path) -> str:
    """Return the command that moves a file or folder aside; nothing is deleted."""
    return command_line("mv", names=(str(path), f"{path}.old"))


def record_room(folder: Path) -> None:
    """Create the folder of lock and records if it does not exist. Raises InTheWay."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError as error:
        raise InTheWay(folder) from error


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Lock `folder`/lock; yields its file descriptor, which git processes that change this clone inherit.

    A git that outlives this process keeps the lock, so the next process with the lock knows that no git of an
    interrupted release is still running. Raises Locked, naming owner and age, or Refused.
    """
    with _opened(folder) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise Locked(_owner(file.read()), help="wait for it to end, then run again") from error
        except OSError as error:
            words = f"{folder} cannot be locked: {error.strerror}"
            raise Refused(words, help="use a clone on a file system that has locks") from error
        file.truncate(0)
        owner = {"pid": os.getpid(), "host": os.uname().nodename, "since": now().isoformat(timespec="seconds")}
        file.write(json.dumps(owner))
        file.flush()
        try:
            yield file.fileno()
        finally:
            file.truncate(0)
            fcntl.flock(file, fcntl.LOCK_UN)  # explicit: a process that a git hook left running may keep it open


def _opened(folder: Path) -> TextIO:
    record_room(folder)
    try:
        return (folder / "lock").open("a+", encoding="utf-8")
    except IsADirectoryError as error:
        raise InTheWay(folder / "lock") from error


def at_work(folder: Path) -> str | None:
    """Describe the current holder of `folder`/lock in a sentence; None if it is free or its holder was killed."""
    owner = ""
    try:
        with (folder / "lock").open(encoding="utf-8") as file:
            owner = file.read()
            if owner:  # empty: it was released; do not lock it here, another process may want it now
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _owner(owner)
    except OSError:
        return None
    return None


def _owner(text: str) -> str:
    try:
        owner = json.loads(text)
        age_s = int((now() - datetime.fromisoformat(owner["since"])).total_seconds())
        return f"another release is running in this clone: process {owner['pid']} on {owner['host']}, for {age_s} s"
    except (ValueError, KeyError, TypeError):
        return "another release is running in this clone"


# Release records on disk, in `<git common dir>/release/`: the pending release, and those not yet published

_SCHEMA = 2
_OF_ONE = ("tag", "version", "message", "tag_object")  # fields of schema 1, which had one release
_PENDING = "pending.json"


def record_folder(common_dir: Path) -> Path:
    """Return the folder of records and the lock."""
    return common_dir / "release"


Pending = Record | CheckoutRecord


def read_pending(common_dir: Path) -> Pending | None:
    """Return the release or checkout that is in progress or was interrupted; None if there is none.

    Raises Interrupted if it cannot be read, InTheWay if something else is at its path.
    """
    return _read(record_folder(common_dir) / _PENDING, "a release was interrupted, and its record")


def read_unpublished(common_dir: Path) -> tuple[Record, ...]:
    """Return the releases made with `--no-push` that are not published yet. Raises what `read_pending` raises."""
    folder = record_folder(common_dir) / "unpublished"
    if os.path.lexists(folder) and not folder.is_dir():
        raise InTheWay(folder)
    found = [_read(file, "the record of an unpublished release,") for file in sorted(folder.glob("*.json"))]
    return tuple(record for record in found if isinstance(record, Record))


def write_record(common_dir: Path, record: Pending) -> None:
    """Write a record durably: it is complete on disk when this returns."""
    path = _path(common_dir, record)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    plain = to_builtins(record)
    fields = {"checkout": plain} if isinstance(record, CheckoutRecord) else plain
    data = json.dumps({"schema": _SCHEMA, **fields}, indent=1).encode()
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


def written_at(common_dir: Path, record: Pending) -> float:
    """Return the time of the record's last write, by the file system's clock, in seconds; infinite if it is gone."""
    try:
        return _path(common_dir, record).stat().st_mtime
    except FileNotFoundError:
        return inf


def drop_record(common_dir: Path, record: Pending) -> None:
    """Delete a record; one that is gone already is fine."""
    path = _path(common_dir, record)
    path.with_suffix(".new").unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    _sync_folder(path.parent)


def drop_drafts(common_dir: Path) -> None:
    """Remove incomplete drafts of records that a killed process left; the caller must hold the lock."""
    for draft in record_folder(common_dir).glob("**/*.new"):
        draft.unlink(missing_ok=True)


def _path(common_dir: Path, record: Pending) -> Path:
    folder = record_folder(common_dir)
    if isinstance(record, Record) and record.state is RecordState.UNPUBLISHED:
        return folder / "unpublished" / f"{record.release_id}.json"
    return folder / _PENDING


def _read(path: Path, what: str) -> Pending | None:
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
    way = f"check it; if no release is running: {out_of_the_way(path)}"
    return Interrupted(f"{what} {path} cannot be read: {why}", help=way)


def _parsed(data: bytes) -> Pending:
    fields = json.loads(data.decode("utf-8"))
    schema = fields.pop("schema")
    if schema == 1:
        fields["releases"] = [{name: fields.pop(name) for name in _OF_ONE}]
    elif schema != _SCHEMA:
        raise ValueError("another schema")
    if "checkout" in fields:
        return convert(fields["checkout"], CheckoutRecord)
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


# Leftovers of a killed git of `release`: locks, empty objects and an empty tag. Files of others stay

_PATIENCE_S = 2.0  # a running git releases an empty lock long before that


def clear_own_leftovers(repository: Repository, record: Pending, work_tree: Repository | None) -> None:
    """Remove leftovers of a git that was killed while it worked on this record.

    The caller holds the lock (`locked`), which every git of ours inherits, so none is running.
    A ref lock that holds our id is ours. An empty lock, or one of the index, is ours if it is younger than the record,
    has the content that our git would write, and is not released within 2 s.
    `work_tree` is the one that was released from (None: it is gone).
    Raises Interrupted for a lock that is not ours.
    """
    if isinstance(record, Record):
        for path in _empty_files(repository, record):
            path.unlink(missing_ok=True)
    contents = _contents(record)
    for lock in _locks(repository, record, work_tree):
        if lock.exists() and not _goes_away(lock):
            if not _is_ours(lock, contents, written_at(repository.common_dir, record), work_tree or repository):
                raise Interrupted(
                    f"{lock} is in the way: another git process is running here or was killed",
                    help=f"wait for it; if no git runs here: {command_line('rm', names=(str(lock),))}, then release recover",
                )
            lock.unlink(missing_ok=True)


def _branches(record: Pending) -> list[str]:
    names = (record.branch, record.left) if isinstance(record, CheckoutRecord) else (record.branch,)
    return [f"refs/heads/{name}" for name in names if name is not None]


def _locks(repository: Repository, record: Pending, work_tree: Repository | None) -> Iterator[Path]:
    """Yield each lock that our gits take."""
    refs = _branches(record)
    if isinstance(record, CheckoutRecord):
        refs.append(f"refs/tags/{record.tag}")
    else:
        refs += [*record.tag_refs, *(record.kept_refs if record.kind is RecordKind.UNDO else ())]
        if record.remote_branch is not None:  # moved by the push itself
            refs.append(f"refs/remotes/{record.remote}/{record.remote_branch}")
    for name in (*refs, "packed-refs", "reftable/tables.list"):
        yield repository.common_dir / f"{name}.lock"
    for folder in dict.fromkeys(each.git_dir for each in (repository, work_tree) if each is not None):
        yield folder / "HEAD.lock"
        yield folder / "index.lock"


def _contents(record: Pending) -> tuple[str, ...]:
    """Return what our gits write into the lock of a ref; the commits come first, the new one before the old one."""
    if isinstance(record, CheckoutRecord):
        ids = (record.commit, record.left_commit, record.new_object or "")
        return (*ids, *(f"ref: {ref}" for ref in _branches(record)))
    return (record.commit, record.base if record.undoing else record.commit, *record.tag_refs.values())


def _is_ours(lock: Path, contents: tuple[str, ...], record_written: float, work_tree: Repository) -> bool:
    try:
        data, written = lock.read_bytes(), lock.stat().st_mtime
    except FileNotFoundError:
        return True
    if data and lock.name != "index.lock":
        return data.strip().decode("utf-8", "replace") in contents
    if not data or not _is_whole(data):  # a broken index is no longer in use
        return written >= record_written
    # A complete one has the files of one of the commits; that of a `git commit -a` with an open editor differs.
    git = work_tree.git.having(GIT_INDEX_FILE=str(lock))
    words = ("diff-index", "--cached", "--quiet", "--ignore-submodules=none")
    same = (git.run(*words, commit, "--", ok=range(256)).code == 0 for commit in contents[:2])
    return written >= record_written and any(same)


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
    """Yield object files and tag refs of this release that a power cut left empty."""
    ids = {record.commit, *record.tag_refs.values(), *record.blobs.values(), *_trees(repository, record)}
    paths = [repository.object_dir / id[:2] / id[2:] for id in ids]
    for path in (*paths, *(repository.common_dir / ref for ref in record.tag_refs)):
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


# Tags that each git remote had at the last `release fetch`: `<git common dir>/release/seen-tags.json`

_SEEN_SCHEMA = 1


def read_seen(common_dir: Path, urls: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the tags (name to object id) by remote name; a remote whose URL is not that of `urls` is left out."""
    try:
        document = json.loads(_seen_path(common_dir).read_text("utf-8"))
        if document["schema"] != _SEEN_SCHEMA:
            return {}
        return {
            str(remote): {str(tag): str(object_id) for tag, object_id in found["tags"].items()}
            for remote, found in document["remotes"].items()
            if found["url"] == _digest(urls.get(remote, ""))
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def write_seen(common_dir: Path, urls: Mapping[str, str], seen: Mapping[str, Mapping[str, str]]) -> None:
    """Replace the file. Stores only a hash of each URL, as URLs may hold secrets. Raises OSError, InTheWay.

    Takes no lock: of two concurrent fetches the last one wins, and a draft that `recover` removes is lost.
    """
    path = _seen_path(common_dir)
    record_room(path.parent)
    remotes = {name: {"url": _digest(urls.get(name, "")), "tags": dict(tags)} for name, tags in seen.items()}
    number, draft = tempfile.mkstemp(prefix="seen-tags-", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            json.dump({"schema": _SEEN_SCHEMA, "remotes": remotes}, file, indent=1)
        with suppress(FileNotFoundError):
            Path(draft).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(draft).unlink()
        raise


def _seen_path(common_dir: Path) -> Path:
    return record_folder(common_dir) / "seen-tags.json"


def _digest(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "surrogateescape")).hexdigest()
