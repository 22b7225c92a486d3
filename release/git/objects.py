"""Git objects: commits, trees and blobs, one `cat-file --batch` for each command; LFS pointers."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from hashlib import sha256
from itertools import repeat
from subprocess import Popen
from typing import IO

from msgspec import Struct
from msgspec.structs import replace

from release.core.limits import MAX_COMMIT_FILES, MAX_MESSAGE_BYTES, MAX_OBJECT_BYTES, MAX_TREE_DEPTH
from release.core.text import command_line, quote, size
from release.errors import Refused
from release.git.process import Git, TimedOut

TREE_MODE = "40000"
LINK_MODE = "120000"
SUBMODULE_MODE = "160000"

_SHA1_BYTES = 20
_TREE_LINE = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)
_TREE_LINE_256 = re.compile(rb"([0-7]+) ([^\0]+)\0(.{32})", re.DOTALL)

_PIPE_BYTES = 32_768  # fits into the buffer of any pipe, so writing does not block
_COMMITTED = re.compile(rb"^committer .*> (\d{1,15}) ", re.MULTILINE)
_FINDING = {  # commands that show where an object is used, by kind
    "blob": ("git", "log", "--all", "--oneline", "--find-object"),
    "tree": ("git", "log", "--all", "--oneline", "-t", "--find-object"),
    "commit": ("git", "log", "-1", "--format=%an%x20%ad"),
    "tag": ("git", "for-each-ref", "--points-at"),
}


class ObjectMissing(Refused):
    """An expected object is not in the repository."""

    section = "git"


class ObjectTooLarge(ObjectMissing):
    """An object that exceeds the read limit."""


class GitObject(Struct, frozen=True):
    """A git object; `kind` is blob, tree, commit or tag. `content` is None if it exceeds the limit."""

    id: str
    kind: str
    size_bytes: int
    content: bytes | None

    @property
    def data(self) -> bytes:
        """Return the content. Raises ObjectTooLarge."""
        return self.data_of(None)

    def data_of(self, path: str | None) -> bytes:
        """Return the content. Raises ObjectTooLarge, naming the file if `path` is given."""
        if self.content is None:
            name = path or f"{self.kind} {self.id}"
            finding = command_line(*_FINDING[self.kind], self.id)
            help_line = f"make {quote(path)} smaller, and commit it" if path else finding
            raise ObjectTooLarge(f"{name} was not read: {self.excess}", help=help_line)
        return self.content

    @property
    def excess(self) -> str:
        """Describe by how much the object is too large."""
        return f"it has {size(self.size_bytes)}; the limit is {size(_most_bytes(self.kind))}"


class TreeEntry(Struct, frozen=True):
    """An entry of a tree: octal mode as git writes it (`100644`, `40000`), name or path, object id.

    Bytes of the name that are not UTF-8 are surrogates.
    """

    mode: str
    path: str
    id: str

    @property
    def is_tree(self) -> bool:
        """Return whether the entry is a folder."""
        return self.mode == TREE_MODE

    @property
    def is_link(self) -> bool:
        """Return whether the entry is a symbolic link."""
        return self.mode == LINK_MODE


class Objects(AbstractContextManager["Objects"]):
    """The repository's objects, read through one process that starts with the first request.

    Not thread-safe. Ignores replace refs and the work tree.
    """

    def __init__(self, git: Git) -> None:
        self.git = git
        self._process: Popen[bytes] | None = None
        self._answers: Iterator[GitObject | None] = iter(())
        self._trees: dict[str, tuple[TreeEntry, ...]] = {}
        self._tree_of: dict[str, str] = {}  # by commit id

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def get(self, id: str) -> GitObject | None:
        """Return an object by its full id or full ref name; None if it does not exist."""
        return self.get_many([id])[0]

    def read(self, id: str, path: str | None = None) -> bytes:
        """Return the bytes of an object that must exist; `path` is for messages. Raises ObjectMissing."""
        return self.need(id).data_of(path)

    def need(self, id: str) -> GitObject:
        """Return an object that must exist. Raises ObjectMissing."""
        found = self.get(id)
        if found is None:
            raise _missing(id)
        return found

    def get_many(self, ids: Iterable[str]) -> list[GitObject | None]:
        """Return objects in the given order. All requests are sent at once, in one round trip."""
        return list(self.each(ids))

    def each(self, ids: Iterable[str]) -> Iterator[GitObject | None]:
        """Yield the objects of `get_many`, each as soon as git has it, while git reads the next one.

        A new request ends this one, even if not all objects are taken.
        """
        names = list(ids)
        self.prepare(names)
        at, cut = 0, True
        while cut and at < len(names):  # restart after an object that is too large: git would go on to send its content
            for _ in self._answers:  # drain an earlier request whose caller stopped reading
                pass
            answers = self._answers = self._asked(names[at:])
            for found in answers:
                at += 1
                cut = found is not None and found.content is None
                yield found
            cut = cut and self._answers is answers

    def _asked(self, names: list[str]) -> Iterator[GitObject | None]:
        if self._process is None:
            self._process = self.git.open("cat-file", "--batch")
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        question, writer = _lines(names), None
        if len(question) < _PIPE_BYTES:
            _send(process.stdin, question)
        else:
            writer = threading.Thread(target=_send, args=(process.stdin, question), daemon=True)
            writer.start()
        for found in map(_answer, repeat(process.stdout), names):
            if found is not None and found.content is None:
                process.kill()
                self._process = None
            yield found
            if self._process is not process:
                break
        if writer is not None:
            writer.join()
        if self._process is not process:
            _end(process)

    def sizes(self, ids: Iterable[str]) -> list[int | None]:
        """Return the sizes in bytes of objects in the given order, without reading them; None for missing ones."""
        names = list(ids)
        asked = self.git.run("cat-file", "--batch-check", stdin=_lines(names))
        return [_size(line, name) for line, name in zip(asked.out.splitlines(keepends=True), names, strict=True)]

    @property
    def partial(self) -> bool:
        """Return whether this is a partial clone, whose missing objects a remote has promised."""
        return self.git.promisor is not None

    def prepare(self, ids: Iterable[str]) -> None:
        """Fetch the missing ones of these objects at once if this is a partial clone; else do nothing."""
        if self.git.promisor is None or len(names := list(ids)) < 2:
            return

        fetch_promised(self.git, self.git.promisor, names)

    def tree(self, id: str) -> tuple[TreeEntry, ...]:
        """Return the entries of one tree, not recursive, by its id. Raises ObjectMissing."""
        if id not in self._trees:
            self._trees[id] = _parse_tree(self.read(id), id_bytes=len(id) // 2)
        return self._trees[id]

    def tree_of(self, commit: str) -> str:
        """Return the tree id of a commit. Raises ObjectMissing."""
        tree = self._tree_of.get(commit) or _tree_of(self.read(commit))
        if tree is None:
            raise _missing(commit)
        return tree

    def committed_s(self, commit: str) -> int:
        """Return when a commit was made, in seconds since 1970; 0 if it does not say. Raises ObjectMissing."""
        found = _COMMITTED.search(self.read(commit).partition(b"\n\n")[0])
        return int(found[1]) if found else 0

    def before(self, commit: str, most: int) -> Iterator[str]:
        """Yield at most so many commits before a commit, by first parents, as far as they are here."""
        for _ in range(most):
            found = self.get(commit)
            lines = found.data.split(b"\n", 2) if found is not None else []
            if len(lines) < 2 or not lines[1].startswith(b"parent "):
                return
            commit = lines[1].removeprefix(b"parent ").decode()
            if self.get(commit) is None:
                return
            yield commit

    def preload(self, commits: Iterable[str]) -> None:
        """Read the whole trees of many commits, one request per level for all of them. Missing objects are skipped."""
        ids = list(commits)
        for id, one in zip(ids, self.each(ids), strict=True):
            tree = None if one is None else _tree_of(one.data)
            if tree is not None:
                self._tree_of[id] = tree
        level = [self._tree_of[id] for id in ids if id in self._tree_of]
        while level := self.read_trees(level):
            level = [entry.id for id in level for entry in self._trees.get(id, ()) if entry.is_tree]

    def read_trees(self, ids: Iterable[str]) -> list[str]:
        """Read trees, not recursive, in one request; returns those that were new. Missing objects are skipped."""
        new = [id for id in dict.fromkeys(ids) if id not in self._trees]
        for id, found in zip(new, self.each(new), strict=True):
            if found is not None:
                self._trees[id] = _parse_tree(found.data, id_bytes=len(id) // 2)
        return new

    def walk(self, tree: str, prefix: str = "") -> Iterator[TreeEntry]:
        """Yield every file below a tree, level by level, with `prefix` before its path; folders are not listed.

        The trees of one level are requested together, so a deep tree does not cost a round trip per folder.
        """
        level = [(prefix, tree)]
        seen = depth = 0
        while level:
            depth += 1
            seen += len(level)
            check_tree(tree, depth, seen)
            unknown = list(dict.fromkeys(id for _, id in level if id not in self._trees))
            for id, found in zip(unknown, self.each(unknown), strict=True):
                if found is None:
                    raise _missing(id)
                self._trees[id] = _parse_tree(found.data, id_bytes=len(id) // 2)
            below = []
            for folder, id in level:
                for entry in self._trees[id]:
                    path = f"{folder}{entry.path}"
                    if entry.is_tree:
                        below.append((f"{path}/", entry.id))
                    else:
                        seen += 1
                        yield TreeEntry(entry.mode, path, entry.id)
                check_tree(tree, depth, seen + len(below))
            level = below

    def entry(self, tree: str, path: str) -> TreeEntry | None:
        """Return the entry at `path` (with `/`) below a tree; None if there is none."""
        found: TreeEntry | None = None
        here = tree
        for part in path.split("/"):
            if found is not None and not found.is_tree:
                return None
            found = next((entry for entry in self.tree(here) if entry.path == part), None)
            if found is None:
                return None
            here = found.id
        return None if found is None else TreeEntry(found.mode, path, found.id)

    def file(self, tree: str, path: str) -> bytes | None:
        """Return the bytes of a file at `path` below a tree; None for a link, a folder or nothing. Raises ObjectMissing."""
        entry = self.entry(tree, path)
        return None if entry is None or entry.is_tree or entry.is_link else self.read(entry.id)


class Grafted(Objects):
    """The objects of a submodule, and made-up ones that put its tree at its path in the repository around it."""

    def __init__(self, git: Git) -> None:
        super().__init__(git)
        self._made: dict[str, GitObject] = {}

    def each(self, ids: Iterable[str]) -> Iterator[GitObject | None]:
        """Yield the objects, in order."""
        asked = list(ids)
        found = super().each(id for id in asked if id not in self._made)
        yield from (self._made[id] if id in self._made else next(found) for id in asked)

    def graft(self, commit: str, path: str, around: Mapping[str, bytes]) -> str:
        """Return the id of a made-up commit with the submodule's tree at `path`, and the files `around` (path -> bytes)."""
        files = {name: self._make("blob", data, commit) for name, data in around.items()}
        tree = self._tree_with(
            {**{name: ("100644", id) for name, id in files.items()}, path: (TREE_MODE, self.tree_of(commit))}, commit
        )
        return self._make("commit", f"tree {tree}\n".encode(), commit)

    def _tree_with(self, entries: Mapping[str, tuple[str, str]], like: str) -> str:
        here = {name: entry for name, entry in entries.items() if "/" not in name}
        for folder in {name.partition("/")[0] for name in entries} - here.keys():
            below = {name[len(folder) + 1 :]: entry for name, entry in entries.items() if name.startswith(f"{folder}/")}
            here[folder] = (TREE_MODE, self._tree_with(below, like))
        parts = (
            f"{mode} {name}".encode("utf-8", "surrogateescape") + b"\0" + bytes.fromhex(id)
            for name, (mode, id) in here.items()
        )
        return self._make("tree", b"".join(parts), like)

    def _make(self, kind: str, content: bytes, like: str) -> str:
        id = sha256(f"{kind} ".encode() + content).hexdigest()[: len(like)]
        self._made[id] = GitObject(id, kind, len(content), content)
        return id


def check_tree(tree: str, depth: int, files: int, most: int = MAX_COMMIT_FILES) -> None:
    """Raise ObjectTooLarge for a tree with too many levels or files: a few small objects can expand to billions."""
    if depth > MAX_TREE_DEPTH or files > most:
        reason = (
            f"more than {MAX_TREE_DEPTH} levels of folders"
            if depth > MAX_TREE_DEPTH
            else f"it has more than {most:,} files"
        )
        raise ObjectTooLarge(f"tree {tree} was not read: {reason}", help=command_line("git", "ls-tree", tree))


def tree_lines(data: bytes, *, id_bytes: int) -> list[tuple[bytes, bytes, bytes]]:
    """Return mode, name and binary id of each line of a tree object."""
    return (_TREE_LINE if id_bytes == _SHA1_BYTES else _TREE_LINE_256).findall(data)


def _lines(names: Iterable[str]) -> bytes:
    return b"".join([name.encode("utf-8", "surrogateescape") + b"\n" for name in names])


def _send(stdin: IO[bytes], payload: bytes) -> None:
    with suppress(BrokenPipeError):  # git has ended: reading the next object reports it
        stdin.write(payload)
        stdin.flush()


def _answer(stdout: IO[bytes], name: str) -> GitObject | None:
    header = stdout.readline()
    if header.endswith((b" missing\n", b" ambiguous\n")):
        return None
    if not header:
        raise _stopped(name)
    id, kind, count = header.decode().split()
    size_bytes = int(count)
    if size_bytes > _most_bytes(kind):
        return GitObject(id, kind, size_bytes, None)
    data = stdout.read(size_bytes + 1)
    if len(data) <= size_bytes:  # git stopped at damaged data
        raise _stopped(name)
    return GitObject(id, kind, size_bytes, data[:-1])  # without the line break that follows


def _most_bytes(kind: str) -> int:
    return MAX_MESSAGE_BYTES if kind in ("commit", "tag") else MAX_OBJECT_BYTES


def _end(process: Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    process.wait()


def _size(line: bytes, name: str) -> int | None:
    if line.endswith((b" missing\n", b" ambiguous\n")):
        return None
    if not line:
        raise _stopped(name)
    return int(line.split()[2])


def _stopped(name: str) -> Refused:
    message = f"git stopped while object {name} was read: the repository may be damaged"
    return Refused(message, help="git fsck --full", section="git")


def _parse_tree(data: bytes, *, id_bytes: int) -> tuple[TreeEntry, ...]:
    return tuple(
        [
            TreeEntry(mode.decode(), name.decode("utf-8", "surrogateescape"), id.hex())
            for mode, name, id in tree_lines(data, id_bytes=id_bytes)
        ]
    )


def _tree_of(data: bytes) -> str | None:
    """Return the tree that a commit names; None if it is no commit."""
    first = data.split(b"\n", 1)[0]
    return first[5:].decode() if first.startswith(b"tree ") else None


def _missing(id: str) -> ObjectMissing:
    return ObjectMissing(
        f"object {id} is not in this repository (a shallow or partial clone, or damage)",
        help="git fetch --unshallow --tags   (or git fsck --full)",
    )


# Missing objects of a partial clone (`--filter=blob:none`), fetched at once; git itself connects for each object

# Git's own options for fetching missing objects: promisor-remote.c, `fetch_objects`.
_FETCH = ("--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none", "--stdin")


def fetch_promised(git: Git, promisor: str, ids: Sequence[str]) -> None:
    """Fetch those of the objects that are missing. Failures are not reported here: reading the objects reports them."""
    whole = [id for id in ids if len(id) in (40, 64) and id.isalnum()]
    # `--missing` keeps git from fetching; an object that it does not list is missing.
    words = ("rev-list", "--objects", "--no-walk", "--no-object-names", "--ignore-missing", "--missing=print")
    listing = "".join(f"{id}\n" for id in whole).encode()
    here = git.run(*words, "--filter=tree:0", "--stdin", stdin=listing, ok=range(256))
    if here.code:
        return
    known = set(here.text.split("\n"))
    lacking = [id for id in dict.fromkeys(whole) if id not in known]
    if len(lacking) > 1:
        quiet = replace(git, settings=(*git.settings, "fetch.negotiationAlgorithm=noop", "core.hooksPath=/dev/null"))
        wanted = "".join(f"{id}\n" for id in lacking).encode()
        try:
            quiet.run("fetch", *_FETCH, "--", promisor, stdin=wanted, ok=range(-64, 256), limit_s=git.ask_limit_s)
        except TimedOut:
            return


# Paths of a commit resolved through symbolic links, as in a checkout of it

_MOST_LINKS = 40  # as in Linux


def followed(objects: Objects, tree: str, path: str) -> TreeEntry | None:
    """Return the entry at `path` below a tree, links followed; its path is the resolved one.

    None if nothing is there, or a link leads out of the tree or in a circle. Raises ObjectMissing.
    """
    folders, names = [tree], [""]
    waiting, links = path.split("/")[::-1], 0
    while waiting:
        part = waiting.pop()
        if part == "..":
            if len(folders) == 1:
                return None
            folders.pop()
            names.pop()
        elif part not in ("", "."):
            found = next((entry for entry in objects.tree(folders[-1]) if entry.path == part), None)
            if found is None:
                return None
            if found.is_link:
                links += 1
                target = objects.read(found.id).decode("utf-8", "surrogateescape")
                if links > _MOST_LINKS or target.startswith("/"):
                    return None
                waiting += target.split("/")[::-1]
            elif found.is_tree:
                folders.append(found.id)
                names.append(f"{names[-1]}{part}/")
            else:
                return None if waiting else TreeEntry(found.mode, names[-1] + part, found.id)
    return TreeEntry(TREE_MODE, names[-1].removesuffix("/"), folders[-1])


# Git LFS pointers in commits: git stores a few lines in place of a file, an LFS server its content

_FILES = frozenset({"100644", "100755", "100664"})
_STARTS = tuple(
    f"version {url}\n".encode()
    for url in (
        "https://git-lfs.github.com/spec/v1",
        "https://hawser.github.com/spec/v1",
        "http://git-media.io/v/2",
    )
)
_SIZES = range(100, 1025)


class LfsPointers:
    """Git LFS pointers of many commits. Each tree and blob is read once, a blob only if its size fits."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._blobs: dict[str, bool] = {}
        self._below: dict[str, tuple[str, ...]] = {}

    def prefetch(self, commits: Collection[str], folder: str) -> None:
        """Read the trees of many commits and the sizes of their files, each in one step. Missing ones are left out."""
        if self._objects.partial:  # whether the files of a commit are fetched depends on its own attributes
            return
        self._objects.preload(commits)
        trees: dict[str, None] = {}
        for commit in commits:
            with suppress(ObjectMissing):
                trees |= dict.fromkeys(self._unknown(self._top(commit, folder)))
        self._look_at(trees)

    def of(self, commit: str, folder: str) -> tuple[str, ...]:
        """Return the paths of LFS pointers below a folder of a commit, from the git root. Raises ObjectMissing."""
        self._objects.preload([commit])
        top = self._top(commit, folder)
        trees = self._unknown(top)
        self._look_at(trees)
        for id in trees:
            self._below[id] = tuple(path for entry in self._objects.tree(id) for path in self._paths(entry))
        found = self._below[top] if top is not None else ()
        return tuple(f"{folder}/{path}" if folder else path for path in found)

    def _top(self, commit: str, folder: str) -> str | None:
        """Return the id of a folder's tree; None if it is no folder. Raises ObjectMissing."""
        tree = self._objects.tree_of(commit)
        entry = self._objects.entry(tree, folder) if folder else None
        return tree if not folder else entry.id if entry is not None and entry.is_tree else None

    def _unknown(self, tree: str | None) -> list[str]:
        """Return this tree and those below it that were not read yet, each after its subtrees."""
        done: dict[str, None] = {}
        waiting = [] if tree is None else [tree]
        while waiting:
            id = waiting[-1]
            missing = [
                each.id
                for each in self._objects.tree(id)
                if each.is_tree and each.id not in self._below and each.id not in done
            ]
            waiting += missing
            if not missing:
                waiting.pop()
                if id not in self._below:
                    done[id] = None
        return list(done)

    def _mention_lfs(self, entries: Collection[TreeEntry]) -> bool:
        attributes = {entry.id: None for entry in entries if entry.path == ".gitattributes"}
        return any(found is not None and b"lfs" in found.data for found in self._objects.each(attributes))

    def _look_at(self, trees: Iterable[str]) -> None:
        entries = [entry for id in trees for entry in self._objects.tree(id) if entry.mode in _FILES]
        blobs = {entry.id: None for entry in entries if entry.id not in self._blobs}
        # A partial clone would fetch each missing blob.
        if not blobs or (self._objects.partial and not self._mention_lfs(entries)):
            return
        self._objects.prepare(blobs)
        sizes = self._objects.sizes(blobs)
        self._blobs |= dict.fromkeys(blobs, False)
        small = [id for id, size in zip(blobs, sizes, strict=True) if size in _SIZES]
        for id, found in zip(small, self._objects.each(small), strict=True):
            self._blobs[id] = found is not None and found.data.startswith(_STARTS)

    def _paths(self, entry: TreeEntry) -> Collection[str]:
        if entry.is_tree:
            return [f"{entry.path}/{path}" for path in self._below[entry.id]]
        return [entry.path] if entry.mode in _FILES and self._blobs.get(entry.id) else []
