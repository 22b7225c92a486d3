"""The work tree and index that follow a release, and objects kept from `git gc`."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from contextlib import suppress
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


def update_files(
    repository: Repository, base: str, new: str, paths: Collection[str], *, both: bool = False
) -> str | None:
    """Update index and files from `base` to `new`; no effect if they are up to date.

    `paths` are those that differ between the two commits; `both` is as in `files_of_the_user`. Returns git's error if it
    refused because the user has changed or staged them meanwhile, else None. Raises GitFailed: a lock, a full disk, a
    kill.
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
    if files_of_the_user(repository, base, new, paths, both=both):
        return words
    # Killed halfway: each file is the old one, the new one, or the beginning of the new one.
    git.run("read-tree", "-i", "-m", base, new)
    git.run("update-index", "-q", "--refresh", ok=(0, 1))
    left = git.list_paths("diff-files", "-z", "--name-only", paths=paths).split(b"\0")
    _remove(repository.work_tree, [path for path in paths if path not in ids])
    git.run("checkout-index", "-f", "-u", "-z", "--stdin", stdin=b"\0".join(left))
    return None


def files_of_the_user(
    repository: Repository, base: str, new: str, paths: Collection[str], *, both: bool = False
) -> tuple[str, ...]:
    """Return the paths that the user has changed or staged: neither as in `base` nor on the way to `new`.

    A file is on the way if it is missing, or the beginning of the new one: git was killed while it wrote. `both`: it may
    have been on the way back to `base`, too.
    """
    olds, news = _ids(repository.git, base, paths), _ids(repository.git, new, paths)
    index, here = _index(repository.git, paths), _ids_here(repository, paths)
    found = []
    for path in paths:
        ends = (olds.get(path), news.get(path))
        written = here.get(path) in (None, *ends) or _is_part(repository, path, ends if both else ends[1:])
        if index.get(path) not in ends or not (written or _has_only(repository.work_tree, path, here)):
            found.append(path)
    return tuple(found)


def _ids_here(repository: Repository, paths: Collection[str]) -> dict[str, str]:
    """Return blob ids by path of the files and links on disk; "" for a folder; absent paths are left out."""
    found, files = {}, []
    for path in paths:
        file = repository.work_tree / path
        if file.is_symlink():
            found[path] = repository.git.run("hash-object", "--stdin", stdin=os.fsencode(file.readlink())).text
        elif file.is_file():
            files.append(path)
        elif file.exists():
            found[path] = ""
    quoted = ('"' + "".join("\\" + format(byte, "03o") for byte in os.fsencode(path)) + '"\n' for path in files)
    ids = repository.git.run("hash-object", "--stdin-paths", stdin="".join(quoted).encode()).text.split()
    return found | dict(zip(files, ids, strict=True))


def _is_part(repository: Repository, path: str, ids: Collection[str | None]) -> bool:
    """Return whether a file is the beginning of one of these blobs, as git writes it."""
    file = repository.work_tree / path
    if file.is_symlink() or not file.is_file():
        return False
    data = file.read_bytes()
    wholes = (repository.git.run("cat-file", "--filters", f"--path={path}", id).out for id in ids if id is not None)
    return any(whole.startswith(data) for whole in wholes)


def _has_only(work_tree: Path, path: str, known: Collection[str]) -> bool:
    """Return whether a folder is in the place of a file, and has only files that are looked at, too."""
    folder = work_tree / path
    if folder.is_symlink() or not folder.is_dir():
        return False
    below = (Path(here, name) for here, _, names in os.walk(folder) for name in names)
    return all(str(file.relative_to(work_tree)) in known for file in below)


def _remove(work_tree: Path, paths: Iterable[str]) -> None:
    for path in paths:
        # A folder of the new commit may be there by now, or a file of it above.
        with suppress(FileNotFoundError, IsADirectoryError, NotADirectoryError):
            (work_tree / path).unlink()
        for above in Path(path).parents[:-1]:
            with suppress(OSError):  # it is not empty, or was not made
                (work_tree / above).rmdir()


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
        raise Refused(f"objects {', '.join(lost)} did not reach the repository", help="git fsck --full", section="git")


def drop_keep(repository: Repository, mark: str, since: float) -> None:
    """Remove our `.keep` files; the packs stay, for git's gc. Files of others stay, too.

    A file that is younger than `since` (seconds) and holds only the beginning of the mark is ours: the disk was full.
    """
    for keep in sorted((repository.object_dir / "pack").glob("pack-*.keep")):
        text = keep.read_text("utf-8", "replace").strip()
        if text == mark or (mark.startswith(text) and keep.stat().st_mtime >= since):
            keep.unlink(missing_ok=True)


def merged(git: Git, ours: bytes, base: bytes, theirs: bytes) -> tuple[bytes, bool]:
    """Return a three-way merge of texts, with False if it has conflict markers."""
    from tempfile import TemporaryDirectory  # only `init --update` merges

    names = ("yours", "as written before", "new")
    with TemporaryDirectory() as place:
        paths = [Path(place, name) for name in names]
        for path, data in zip(paths, (ours, base, theirs), strict=True):
            path.write_bytes(data)
        labels = [word for name in names for word in ("-L", name)]
        done = git.run("merge-file", "-p", *labels, *map(str, paths), ok=range(128))
        return done.out, done.code == 0
