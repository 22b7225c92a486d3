"""Changes of a checkout: fetch objects into the cache, move code and data; undo if a step fails."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from msgspec import Struct, field

from release.core.pointer import Layout
from release.core.text import OnProgress, command_line
from release.core.work_tree import DataMoves, NeededObject
from release.dvc.cache_files import LinkMaker, remove_files
from release.dvc.contents import hash_file
from release.errors import DataMissing, PartlyDone, Refused, Unknown
from release.flows.switching.files import DataTree, stamp_of
from release.git import porcelain
from release.git.refs import LocalUpdate, resolve_commit, update_refs
from release.git.repository import Repository

_AT_ONCE = 8  # objects fetched in parallel


class Fetched(Struct):
    """Totals of the objects fetched from the stores."""

    objects: int = 0
    total_bytes: int = 0


def missing_objects(then: DataTree, paths: Iterable[str], on_progress: OnProgress) -> dict[NeededObject, str]:
    """Return the objects of these files that are missing or damaged in the cache, each with a path that needs it."""
    wanted: dict[NeededObject, str] = {body: path for path, body in then.directories.items()}
    for path in paths:
        wanted.setdefault(then.files[path], path)
    missing = {}
    for done, (each, path) in enumerate(wanted.items()):
        on_progress("looking into the cache", done, len(wanted))
        if not then.cache_of(path).holds(each.layout, each.oid):
            missing[each] = path
    return missing


def fetch_objects(then: DataTree, missing: dict[NeededObject, str], on_progress: OnProgress) -> Fetched:
    """Fetch missing objects into the cache and verify them. Raises DataMissing, Unknown; OSError of the disk."""
    fetched = Fetched()

    def bring(each: NeededObject) -> int:
        path = missing[each]
        origin = then.origins.get(each)
        if origin is None or origin[0].store is None:
            trouble = origin[0].trouble if origin is not None else None
            if trouble is not None:
                raise trouble
            message = f"{path} (object {each.oid}) is not in the cache, and no remote has it"
            raise DataMissing(message, help="release verify TAG tells what is missing where")
        asked, key = origin
        assert asked.store is not None
        cache = then.cache_of(path)
        return cache.receive(each.layout, each.oid, asked.store.stream(key), f"remote `{asked.store.name}`")

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            for done, size in enumerate(pool.map(bring, missing)):
                on_progress("fetching objects", done, len(missing))
                fetched.objects += 1
                fetched.total_bytes += size
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return fetched


def save_before(work_tree: Path, now: DataTree, then: DataTree, moves: DataMoves) -> None:
    """Save everything that will be removed to a cache. Raises Refused if a file changed in the meantime."""
    check_as_seen(work_tree, moves)
    caches = (*now.caches.values(), *then.caches.values())
    for path, wanted in moves.before.items():
        if not any(cache.holds(wanted.layout, wanted.oid) for cache in caches):
            root = now.roots.get(path, "")
            now.caches[root].save(wanted.layout, wanted.oid, work_tree / path)


def check_as_seen(work_tree: Path, moves: DataMoves) -> None:
    """Raise Refused for a file that changed since it was inspected, e.g. during a fetch or a prompt."""
    for path, stamp in moves.seen.items():
        if stamp_of(work_tree / path) != stamp:
            raise _changed_meanwhile(path)


def _changed_meanwhile(path: str) -> Refused:
    return Refused(
        f"{path} was changed meanwhile: it was left as it is", help=command_line("dvc", "status", names=(path,))
    )


class Move(Struct):
    """A checkout in progress in a work tree; `undo` restores what `go` changed.

    `words` are arguments of `git checkout`; `blocking` are data files that git's own files will replace.
    """

    repository: Repository
    now: DataTree
    then: DataTree
    moves: DataMoves
    commit: str
    words: tuple[str, ...]
    new_branch: str | None
    blocking: frozenset[str]
    old: tuple[str | None, str]
    on_progress: OnProgress
    modes: dict[str, int] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    written: list[str] = field(default_factory=list)

    def go(self) -> None:
        """Move code, then data. Raises Refused with git's message, or OSError; then call `undo`."""
        work_tree = self.repository.work_tree
        self.modes = {path: os.stat(work_tree / path).st_mode for path in self.moves.before}  # noqa: PTH116
        self._take_away(self.blocking)
        if self.words:
            _checked_out(self.repository, self.commit, *self.words)
        self._take_away(set(self.moves.remove) - self.blocking)
        self._write()

    def undo(self) -> None:
        """Restore everything, including data; files changed by others stay. Raises PartlyDone if it fails."""
        branch, commit = self.old
        work_tree, git = self.repository.work_tree, self.repository.git
        try:
            remove_files(work_tree, [path for path in self.written if self._is_new(path)])
            back = ("--detach", commit) if branch is None else (branch,)
            if self.words:
                _checked_out(self.repository, commit, *back, "--")
            if self.new_branch is not None and resolve_commit(git, f"refs/heads/{self.new_branch}") == self.commit:
                ref = f"refs/heads/{self.new_branch}"
                gone = LocalUpdate(ref=ref, new="0" * len(self.commit), old=self.commit)
                update_refs(git, [gone], reason="release: checkout taken back")
            self._restore()
        except (OSError, Refused, Unknown) as error:
            name = branch or commit
            again = command_line("git", "switch", *(() if branch else ("--detach",)), names=(name,))
            words = (
                f"the way back to {name} failed, too: {error}. Nothing is lost: every file's content is in DVC's cache"
            )
            raise PartlyDone(words, help=f"{again}, then dvc checkout") from error

    def _take_away(self, paths: Collection[str]) -> None:
        remove_files(self.repository.work_tree, self._looked_at_again(paths))

    def _looked_at_again(self, paths: Collection[str]) -> Iterator[str]:
        for path in paths:
            self._look_again(path)
            self.taken.add(path)
            yield path

    def _look_again(self, path: str) -> None:
        """Check again right before a file is replaced: hooks or the user may have changed it. Raises Refused."""
        if path in self.moves.seen and path not in self.taken:
            file = self.repository.work_tree / path
            if stamp_of(file) not in (self.moves.seen[path], None) and not self._is_known(path):
                raise _changed_meanwhile(path)

    def _is_known(self, path: str) -> bool:
        """Return whether a file has its old or its new content: DVC's own hooks move data, too."""
        sides = (self.moves.before.get(path), self.moves.write.get(path))
        return any(_holds(self.repository.work_tree / path, each) for each in sides if each is not None)

    def _is_new(self, path: str) -> bool:
        """Return whether a new file still has the content that was written."""
        return path not in self.moves.before and _holds(self.repository.work_tree / path, self.moves.write[path])

    def _write(self) -> None:
        work_tree = self.repository.work_tree
        for done, (path, wanted) in enumerate(self.moves.write.items()):
            self.on_progress("writing files", done, len(self.moves.write))
            self._look_again(path)
            source = self.then.cache_of(path).path_of(wanted.layout, wanted.oid)
            self.written.append(path)
            maker_of(work_tree, self.then, path).make(source, path, program=path in self.then.programs)

    def _restore(self) -> None:
        """Restore files, last written first, so that no step needs more disk space than before."""
        work_tree = self.repository.work_tree
        written = [path for path in reversed(self.written) if path in self.moves.before]
        for path in dict.fromkeys((*written, *self.moves.before)):
            wanted, file = self.moves.before[path], work_tree / path
            if _holds(file, wanted) and not file.is_symlink():
                continue
            if os.path.lexists(file) and not self._is_known(path):
                continue
            for cache in (*self.now.caches.values(), *self.then.caches.values()):
                if cache.holds(wanted.layout, wanted.oid):
                    source = cache.path_of(wanted.layout, wanted.oid)
                    maker_of(work_tree, self.now, path).make(source, path, mode=self.modes.get(path, 0o644))
                    break


def _checked_out(repository: Repository, commit: str, *words: str) -> None:
    """Run `git checkout`. A hook may fail after it, so HEAD decides. Raises Refused with git's message."""
    said = porcelain.checkout(repository, repository.work_tree, *words)
    if resolve_commit(repository.git, "HEAD") != commit:
        raise Refused(f"git checkout refused: {said.words or said.code}", help="git status")


def maker_of(work_tree: Path, tree: DataTree, path: str) -> LinkMaker:
    """Return the maker for files of the file's DVC root."""
    root = tree.roots.get(path, "")
    return LinkMaker(tree.types.get(root, ("copy",)), work_tree, posixpath.join(root, ".dvc/tmp"))


def _holds(path: Path, wanted: NeededObject) -> bool:
    try:
        return hash_file(path, Layout(wanted.layout), lambda _: None) == wanted.oid
    except OSError:
        return False
