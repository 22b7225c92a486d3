"""Files of a commit that may be pointers, and the DVC projects in it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from release.core.limits import MAX_POINTER_FILES
from release.core.pointer import LOCK, PIPELINE
from release.core.problems import Problem, unreadable
from release.core.text import command_line, pathspec
from release.git.objects import LINK_MODE, SUBMODULE_MODE, TREE_MODE, ObjectMissing, Objects, check_tree

if TYPE_CHECKING:
    from release.core.locate import Place

_NAMES = frozenset({PIPELINE.encode(), LOCK.encode(), b"params.yaml", b".dvcignore", b".gitignore", b".gitattributes"})
_FOLDERS = frozenset({b".dvc", b"params.yaml", b".dvcignore", b".gitignore"})  # DVC fails at a folder of the last names


class Found(Struct, frozen=True):
    """A file: path relative to the scanned tree, octal mode, id. `.dvc` folders and submodules are listed, too.

    `linked`: mode and id are those of the file that a symbolic link at the path leads to.
    """

    path: str
    mode: str
    id: str
    linked: bool = False

    @property
    def name(self) -> str:
        """The last part of the path."""
        return posixpath.basename(self.path)

    @property
    def is_file(self) -> bool:
        """Return whether it is a regular file."""
        return self.mode not in (LINK_MODE, TREE_MODE, SUBMODULE_MODE)


class ScannedTree(Struct, frozen=True):
    """The wanted files of one tree, and its folders."""

    own: tuple[Found, ...]
    below: tuple[tuple[str, str], ...]  # folder name with `/`, tree id


class Scan:
    """Files below trees that `parse` finds in each tree (by default pointers); results are cached by tree id.

    More than `most` files raise ObjectTooLarge.
    """

    def __init__(self, parse: Callable[..., ScannedTree] | None = None, most: int = MAX_POINTER_FILES) -> None:
        self._parse = parse or _parse
        self._most = most
        self._trees: dict[str, ScannedTree] = {}
        self._found: dict[str, tuple[Found, ...]] = {}
        self._depths: dict[str, int] = {}

    def prefetch(self, objects: Objects, trees: Iterable[str]) -> None:
        """Read trees and everything below them, one request per depth. Missing ones are left out."""
        level = [id for id in dict.fromkeys(trees) if id not in self._trees]
        while level:
            for id, found in zip(level, objects.each(level), strict=True):
                if found is not None and found.content is not None and found.kind == "tree":
                    self._trees[id] = self._parse(found.content, id_bytes=len(id) // 2)
            children = (child for id in level if id in self._trees for _, child in self._trees[id].below)
            level = [child for child in dict.fromkeys(children) if child not in self._trees]

    def below(self, objects: Objects, tree: str) -> tuple[Found, ...]:
        """Return everything found below a tree. Raises ObjectMissing if a part of it is not in the repository."""
        self.prefetch(objects, [tree])
        waiting = [tree]
        while waiting:
            id = waiting[-1]
            if id not in self._trees:
                objects.read(id)  # raises if it is there and too large
                raise ObjectMissing(
                    f"tree {id} is not in this repository (a shallow or partial clone, or damage)",
                    help="git fetch --unshallow --tags   (or git fsck --full)",
                )
            node = self._trees[id]
            missing = [child for _, child in node.below if child not in self._found]
            waiting.extend(missing)
            if not missing:
                waiting.pop()
                self._depths[id] = 1 + max((self._depths[child] for _, child in node.below), default=0)
                found = len(node.own) + sum(len(self._found[child]) for _, child in node.below)
                check_tree(tree, self._depths[id], found, self._most)
                deeper = ((name, each) for name, child in node.below for each in self._found[child])
                self._found[id] = (*node.own, *(Found(name + each.path, each.mode, each.id) for name, each in deeper))
        return self._found[tree]


def _parse(data: bytes, *, id_bytes: int) -> ScannedTree:
    own: list[Found] = []
    below: list[tuple[str, str]] = []
    at, end = 0, len(data)
    tree_mode, submodule_mode = TREE_MODE.encode(), SUBMODULE_MODE.encode()
    while at < end:
        space = data.index(b" ", at)
        zero = data.index(b"\0", space)
        name, stop = data[space + 1 : zero], zero + 1 + id_bytes
        is_tree = data[at:space] == tree_mode
        wanted = name.endswith(b".dvc") or name in _NAMES or data[at:space] == submodule_mode
        if wanted and (not is_tree or name in _FOLDERS):
            text = name.decode("utf-8", "surrogateescape")
            own.append(Found(text, data[at:space].decode(), data[zero + 1 : stop].hex()))
        if is_tree and name != b".dvc":  # DVC looks for no pointers in that folder
            below.append((name.decode("utf-8", "surrogateescape") + "/", data[zero + 1 : stop].hex()))
        at = stop
    return ScannedTree(tuple(own), tuple(below))


# DVC repositories of a commit: a pointer belongs to the nearest folder above it that has a `.dvc` folder


def root_of(path: str, roots: Collection[str]) -> str | None:
    """Return the nearest DVC root above a file; None if there is none."""
    folder = posixpath.dirname(path)
    while folder not in roots:
        if not folder:
            return None
        folder = posixpath.dirname(folder)
    return folder


def is_in_the_way(found: Found) -> bool:
    """Return whether this is a file named `.dvc`: DVC takes the folder that contains it for another repository."""
    return found.mode != TREE_MODE and posixpath.basename(found.path) == ".dvc"


def skipped(at: Place) -> Problem:
    """Return the problem of a pointer that DVC skips because of a file named `.dvc`."""
    file = posixpath.join(at.root, ".dvc")
    reason = f"{file} is a file, so DVC takes that folder for another repository, and `dvc pull` skips it"
    return replace(unreadable(at.pointer, reason), help=f"{command_line('git', 'rm', pathspec(file))} && git commit")


def no_dvc(pointer: str) -> Problem:
    """Return the problem of a pointer without a DVC repository."""
    return replace(
        unreadable(pointer, "no folder above it has a .dvc folder at this commit, so `dvc pull` does not work"),
        help="git add .dvc/config && git commit",
    )
