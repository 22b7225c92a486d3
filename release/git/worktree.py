"""The work tree and index that follow a release, and objects kept from `git gc`."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from pathlib import Path

from release.errors import Refused
from release.git.process import Git
from release.git.repository import Repository


def rehearse_files(scratch: Git, index_copy: Path, base: str, new: str) -> str | None:
    """Check in a dry run whether files and index can go from one commit to the other.

    Returns None if they can, else git's error.
    """
    git = scratch.having(GIT_INDEX_FILE=str(index_copy), GIT_OPTIONAL_LOCKS="1")
    result = git.run("read-tree", "-m", "-u", "-n", base, new, ok=range(256))
    return None if result.code == 0 else result.error_text.removeprefix("error: ")


def paths_in_the_way(work_tree: Path, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the paths that exist on disk, or are below something that is not a folder.

    This includes ignored files: `read-tree -u` would overwrite one, and would replace a file or link that
    has the name of a folder.
    """
    return tuple(path for path in paths if _taken(work_tree, path))


def _taken(work_tree: Path, path: str) -> bool:
    here = work_tree
    for part in path.split("/"):
        if here != work_tree and (here.is_symlink() or (os.path.lexists(here) and not here.is_dir())):
            return True
        here /= part
    return os.path.lexists(here)


def update_files(repository: Repository, base: str, new: str, paths: Collection[str]) -> str | None:
    """Update index and files from `base` to `new`; no effect if they are up to date.

    `paths` are those that differ between the two commits. Returns git's error if it refused because the
    user has changed or staged them meanwhile, else None. Raises GitFailed: a lock, a full disk, a kill.
    """
    git = repository.git.having(*DURABLE, GIT_OPTIONAL_LOCKS="1")
    ids, index = _ids(git, new, paths), _index(git, paths)
    if index != ids:
        result = git.run("read-tree", "-m", "-u", base, new, ok=range(256))
        if result.code == 0:
            return None
        words = result.error_text
    else:
        words = "the index was updated, the files were not"
    if files_of_the_user(repository, base, new, paths):
        return words
    # Killed halfway: each file is the old one, the new one, or the beginning of the new one.
    olds = _ids(git, base, paths)
    left = [path for path in paths if _file_state(repository, path, olds.get(path), ids.get(path)) is not FileState.NEW]
    git.run("read-tree", "-i", "-m", base, new)
    _write_files(repository, git, left, ids)
    git.run("update-index", "-q", "--refresh", ok=(0, 1))
    return None


def files_of_the_user(repository: Repository, base: str, new: str, paths: Collection[str]) -> tuple[str, ...]:
    """Return the paths that the user has changed or staged: neither as in `base` nor on the way to `new`."""
    olds, news = _ids(repository.git, base, paths), _ids(repository.git, new, paths)
    index = _index(repository.git, paths)
    return tuple(
        path
        for path in paths
        if index.get(path) not in (olds.get(path), news.get(path))
        or _file_state(repository, path, olds.get(path), news.get(path)) is FileState.FOREIGN
    )


class FileState(Enum):
    """State of a file that the release changes."""

    OLD = "old"
    NEW = "new"
    PART = "part"  # missing, or the beginning of the new file: git was killed while it wrote
    FOREIGN = "foreign"


def _file_state(repository: Repository, path: str, old: str | None, new: str | None) -> FileState:
    file = repository.work_tree / path
    if not os.path.lexists(file):
        return FileState.NEW if new is None else FileState.PART
    if not file.is_file() or file.is_symlink():
        return FileState.FOREIGN
    here = repository.git.run("hash-object", "--", path).text
    if here in (new, old):
        return FileState.NEW if here == new else FileState.OLD
    if new is None:
        return FileState.FOREIGN
    whole = repository.git.run("cat-file", "--filters", f"--path={path}", new).out
    return FileState.PART if whole.startswith(file.read_bytes()) else FileState.FOREIGN


def _write_files(repository: Repository, git: Git, paths: Sequence[str], ids: Mapping[str, str]) -> None:
    written = [path for path in paths if path in ids]
    if written:
        names = "".join(f"{path}\0" for path in written).encode("utf-8", "surrogateescape")
        git.run("checkout-index", "-f", "-u", "-z", "--stdin", stdin=names)
    for path in paths:
        if path not in ids:
            (repository.work_tree / path).unlink(missing_ok=True)


def _ids(git: Git, commit: str, paths: Collection[str]) -> dict[str, str]:
    """Return blob ids by path in a commit; absent paths are left out."""
    return _path_to_id(git.list_paths("ls-tree", "-r", "-z", commit, paths=paths), 2)


def _index(git: Git, paths: Collection[str]) -> dict[str, str]:
    return _path_to_id(git.list_paths("ls-files", "-s", "-z", paths=paths), 1)


def _path_to_id(listing: bytes, field: int) -> dict[str, str]:
    items = listing.decode("utf-8", "surrogateescape").split("\0")
    pairs = (item.split("\t", 1) for item in items if item)
    return {path: words.split(" ")[field] for words, path in pairs}


# Objects of a release in the repository's store, protected from `git gc` until a ref reaches them

DURABLE = ("core.fsync=objects,reference,index", "core.fsyncMethod=fsync")


def keep_objects(scratch: Git, repository: Repository, ids: tuple[str, ...], *, base: str, mark: str) -> None:
    """Move the objects that `ids` reach and `base` does not into the store, as one fsynced pack.

    The pack's `.keep` file holds `mark`. Raises Refused, GitFailed.
    """
    git = repository.git.having(*DURABLE)
    wanted = "\n".join((*ids, f"^{base}")).encode() + b"\n"
    pack = scratch.run("pack-objects", "--revs", "--stdout", "-q", stdin=wanted)
    git.run("index-pack", "--stdin", f"--keep={mark}", stdin=pack.out)
    check = git.run("cat-file", "--batch-check=%(objectname)", stdin="\n".join(ids).encode() + b"\n").text.split("\n")
    lost = [line.split()[0] for line in check if line.endswith(" missing")]
    if lost:
        raise Refused(f"objects {', '.join(lost)} did not reach the repository", help="git fsck --full")


def drop_keep(repository: Repository, mark: str, since: float) -> None:
    """Remove our `.keep` files; the packs stay, for git's gc. Files of others stay, too.

    A file that is younger than `since` (seconds) and holds only the beginning of the mark is ours: the disk was full.
    """
    for keep in keep_files(repository):
        text = keep.read_text("utf-8", "replace").strip()
        if text == mark or (mark.startswith(text) and keep.stat().st_mtime >= since):
            keep.unlink(missing_ok=True)


def keep_files(repository: Repository) -> list[Path]:
    """Return every `.keep` file of the store."""
    return sorted((repository.object_dir / "pack").glob("pack-*.keep"))
