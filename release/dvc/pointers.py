"""Pointers of a commit."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from msgspec import Struct, field
from msgspec.structs import replace

from release.core.check import Verdict
from release.core.config import Config
from release.core.limits import MAX_PIPELINE_VALUES, MAX_POINTER_VALUES
from release.core.lineage import alone, upstream
from release.core.locate import Place, Placed, PointerSet, StageRecord, assembled, place_dvc_file, place_stages
from release.core.plain import has_patterns, is_plain, is_plain_yaml, may_match
from release.core.pointer import LOCK, PIPELINE, Entry, Out, folders_above, is_pointer, listing_oid, lock_of
from release.core.pointer_file import (
    BadPointer,
    BeyondLimit,
    DvcFile,
    as_yaml,
    lock_parts,
    parse_machine_written,
    read_dvc_file,
    read_dvc_yaml,
    read_lock,
)
from release.core.problems import (
    Problem,
    ProblemKind,
    behind_link,
    half_in_git,
    in_the_way,
    not_in_git,
    not_understood,
    own_of_dvc,
    passed_over,
    refused_by_dvc,
    shared_with_git,
    too_much,
    unjudged_by_dvc,
    unreadable,
)
from release.core.text import command_line
from release.dvc.clean_room import Loaded, Room, Root, SeenStage, Unjudged, ask_loader
from release.dvc.contents import hash_pieces
from release.dvc.dvc_config import BadDvcConfig, parse_dvc_config
from release.dvc.scan import Found, Scan, is_in_the_way, no_dvc, root_of, skipped
from release.errors import Refused, ReleaseError
from release.git.objects import LINK_MODE, SUBMODULE_MODE, TREE_MODE, ObjectMissing, Objects, TreeEntry, followed

_LFS = b"version https://git-lfs"


class Conflicts:
    """Conflicts in many commits; a result for a folder's tree is cached for every commit that has it."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._known: dict[tuple[int, str, str], list[Problem]] = {}

    def of(self, tree: str, outs: Sequence[Out]) -> list[Problem]:
        """Return the conflicts of a commit's tree with these outs; `outs` must live as long as this object."""
        problems: list[Problem] = []
        for folder, here in self._by_folder(outs).items():
            entry = self._objects.entry(tree, folder) if folder else TreeEntry("40000", "", tree)
            if entry is None:
                problems += self._above(tree, folder, here)
                continue
            key = (id(outs), folder, entry.id)
            if key not in self._known:
                self._known[key] = self._inside(entry, here)
            problems += self._known[key]
        return problems

    @staticmethod
    def _by_folder(outs: Sequence[Out]) -> dict[str, list[Out]]:
        folders: dict[str, list[Out]] = {}
        for out in outs:
            if out.cache:
                folders.setdefault(posixpath.dirname(out.path), []).append(out)
        return folders

    def _above(self, tree: str, folder: str, outs: Collection[Out]) -> list[Problem]:
        """Report a file in the place of a folder above the outs."""
        above = (self._objects.entry(tree, each) for each in folders_above(folder))
        entry = next((each for each in above if each is not None), None)
        return [] if entry is None or entry.is_tree else self._barred(entry, outs)

    @staticmethod
    def _barred(entry: TreeEntry, outs: Collection[Out]) -> list[Problem]:
        """Report a file or symbolic link in the place of a folder that would hold the outs."""
        if entry.is_link:
            return [behind_link(out, entry.path) for out in outs]
        return [in_the_way(out, f"the file {entry.path}") for out in outs]

    def _inside(self, folder: TreeEntry, outs: Collection[Out]) -> list[Problem]:
        if not folder.is_tree:
            return self._barred(folder, outs)
        names = {entry.path: entry for entry in self._objects.tree(folder.id)}
        found = [(out, names.get(posixpath.basename(out.path))) for out in outs]
        problems = (self._at_its_place(out, entry) for out, entry in found if entry is not None)
        return [problem for problem in problems if problem is not None]

    def _at_its_place(self, out: Out, entry: TreeEntry) -> Problem | None:
        if entry.is_link:
            return behind_link(out, out.path)
        if out.is_dir or any(each.relpath for each in out.cloud):
            return self._in_its_folder(out, entry) if entry.is_tree else in_the_way(out, "a file")
        if entry.is_tree:
            return in_the_way(out, "a folder")
        found = self._objects.get(entry.id)
        if found is None or found.content is None or found.kind != "blob" or found.data.startswith(_LFS):
            return shared_with_git(out)
        return None if self._is_the_same(out, found.data) else in_the_way(out, "a file with different content")

    def _in_its_folder(self, out: Out, folder: TreeEntry) -> Problem:
        link = next((entry.path for entry in self._objects.walk(folder.id, f"{out.path}/") if entry.is_link), None)
        return shared_with_git(out) if link is None else behind_link(out, link)

    @staticmethod
    def _is_the_same(out: Out, data: bytes) -> bool:
        if out.oid is None:
            return out.cloud[0].md5 == hashlib.md5(data, usedforsecurity=False).hexdigest() if out.cloud else True
        return hash_pieces([data], out.layout, lambda _size: None) == out.oid


# Pointers of a commit, read from git objects only: never from the work tree or the cache


def read_pointers(objects: Objects, commit: str, config: Config) -> PointerSet:
    """Return the outs of a commit below the configuration's folder, and the problems of its pointers.

    Contacts no remote. Results are cached for all other commits that are read through the same `objects`.
    Raises ObjectMissing if the commit is not completely in the repository.
    """
    return PointerReader(objects).read(commit, config)


def model_alone(objects: Objects, commit: str, config: Config) -> PointerSet:
    """Return the pointers of a model that no other data of the commit is made from; see `alone`. Raises Refused."""
    own, every = (read_pointers(objects, commit, each) for each in (config, replace(config, only=())))
    if own.outs is every.outs:
        words = f"it is not known what {config.only[0]} was made from in commit {commit[:10]}"
        raise Refused(words, help=command_line("release", "verify", names=(commit,)))
    return alone(own, every, config.only[0], partial(_in_git, objects, objects.tree_of(commit)))


def _is_pulled_as_a_whole(pointers: PointerSet) -> bool:
    """Return whether `dvc pull MODEL` fails for what is said of other data: two outs of one path, or an unknown remote."""
    if len({out.path for out in pointers.outs}) < len(pointers.outs):
        return True
    named = {(out.subrepo, out.remote) for out in pointers.outs if out.remote is not None}
    for root in {root for root, _ in named}:
        try:
            known = parse_dvc_config(pointers.roots.get(root, b"")).get("remote", {})
        except BadDvcConfig:
            return True
        if any(remote not in known for folder, remote in named if folder == root):
            return True
    return False


def _in_git(objects: Objects, tree: str, path: str) -> bool | None:
    """Return whether a tree has a path; None with a symbolic link above, at or below it."""
    entries = [objects.entry(tree, each) for each in (path, *folders_above(path))]
    if any(entry is not None and entry.is_link for entry in entries):
        return None
    inside = objects.walk(entries[0].id) if entries[0] is not None and entries[0].is_tree else ()
    return None if any(entry.is_link for entry in inside) else entries[0] is not None


class _Parsed(Struct, frozen=True):
    """The value of a pointer file, or why there is none; `plain`: it is as DVC writes it."""

    value: Any
    plain: bool


class _Project(Struct, frozen=True):
    """A DVC root of a commit: the files that DVC reads there, and those that are not plain."""

    config: bytes
    files: tuple[Found, ...]
    odd: tuple[str, ...]

    @property
    def pointers(self) -> tuple[str, ...]:
        """The pointer files."""
        return tuple(each.path for each in self.files if is_pointer(each.name) and each.mode != SUBMODULE_MODE)


class _Memory(Struct):
    """Parsed content by object id; valid for every commit."""

    trees: dict[str, str] = field(default_factory=dict)  # commit -> tree
    scan: Scan = field(default_factory=Scan)
    blobs: dict[str, bytes] = field(default_factory=dict)
    too_large: dict[str, str] = field(default_factory=dict)  # blobs beyond the limit, with the reason
    parsed: dict[tuple[str, str], _Parsed] = field(default_factory=dict)  # by kind of file, and blob
    stages: dict[bytes, _Parsed] = field(default_factory=dict)  # by their text in a `dvc.lock`
    placed: dict[tuple[object, ...], Placed] = field(default_factory=dict)
    projects: dict[tuple[object, ...], Mapping[str, _Project]] = field(default_factory=dict)
    sets: dict[tuple[object, ...], PointerSet] = field(default_factory=dict)
    answers: dict[str, Loaded | Unjudged] = field(default_factory=dict)  # by room
    linked_configs: bool = False  # some `.dvc/config` is a symbolic link


_memories: WeakKeyDictionary[Objects, _Memory] = WeakKeyDictionary()
_WORD = re.compile(rb"[^\s'\",\[\]{}:/]+")


class PointerReader:
    """Reader of the pointers of many commits; every tree and blob is read and parsed once per `objects`."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._memory = _memories.setdefault(objects, _Memory())
        self._obstacles = Conflicts(objects)

    def prefetch(self, commits: Sequence[str], config: Config) -> None:
        """Read what `read` will need of many commits, in few requests; `read` reports missing objects."""
        known = self._memory.trees
        for id, commit in zip(commits, self._objects.each(commits), strict=True):
            if commit is not None and commit.content is not None and commit.content.startswith(b"tree "):
                known[id] = commit.content.split(b"\n", 1)[0][5:].decode()
        trees = dict.fromkeys(known[commit] for commit in commits if commit in known)
        self._memory.scan.prefetch(self._objects, trees)
        self._objects.read_trees(trees)
        rooms: dict[str, Room] = {}
        scanned: dict[str, tuple[Found, ...]] = {}
        for tree in trees:
            with suppress(ReleaseError):
                scanned[tree] = self._memory.scan.below(self._objects, tree)
        self._read_blobs(each for found in scanned.values() for each in found)
        for tree, each in scanned.items():
            with suppress(ReleaseError):
                found = self._followed(tree, each)
                self._read_blobs(found)
                rooms |= self._rooms(tree, self._projects(tree, found, config))
        self._ask(rooms)

    def read(self, commit: str, config: Config) -> PointerSet:
        """Read the pointers of a commit. See `read_pointers`."""
        tree = self._memory.trees.get(commit) or self._objects.tree_of(commit)
        found = self._followed(tree, self._memory.scan.below(self._objects, tree))
        self._read_blobs(found)
        key = (*self._key(found, tree, config), config.audit)
        known = self._memory.sets.get(key)
        if known is None:
            known = self._memory.sets[key] = self._assemble(tree, found, config)
        if config.only:
            known = self._narrowed(known, tree, config.only)
        obstacles = self._obstacles.of(tree, known.outs)
        safe = self._without_unsafe(known, obstacles)
        return replace(safe, commit=commit, problems=(*known.problems, *self._absent(tree, known.outs), *obstacles))

    def _narrowed(self, known: PointerSet, tree: str, only: tuple[str, ...]) -> PointerSet:
        """Return only the data of a model, and what it was made from; all data if DVC cannot pull a part of it."""
        key = (id(known), tree, only)
        if key not in self._memory.sets:
            whole = _is_pulled_as_a_whole(known)
            found = known if whole else upstream(known, only, partial(_in_git, self._objects, tree))
            self._memory.sets[key] = found
        return self._memory.sets[key]

    def _without_unsafe(self, known: PointerSet, obstacles: Iterable[Problem]) -> PointerSet:
        """Return the pointers without outs that would be written through a link of the commit; no command sees them."""
        unsafe = frozenset(each.path for each in obstacles if each.kind is ProblemKind.UNSAFE_PATH)
        if not unsafe:
            return known
        outs = tuple(out for out in known.outs if out.path not in unsafe)
        return self._memory.sets.setdefault((id(known), unsafe), replace(known, outs=outs))

    def _absent(self, tree: str, outs: Iterable[Out]) -> Iterable[Problem]:
        """Report outs that DVC leaves to git and that the commit lacks, wholly or in part."""
        for out in outs:
            if out.cache or (out.is_dir and out.nfiles == 0):  # git cannot track an empty folder
                continue
            entry = self._objects.entry(tree, out.path) or followed(self._objects, tree, out.path)
            if entry is None:
                yield not_in_git(out)
            elif out.is_dir and entry.is_tree and listing_oid(self._entries(entry, out)) != out.oid:
                files = sum(1 for _ in self._objects.walk(entry.id))
                yield half_in_git(out, files)

    def _entries(self, folder: TreeEntry, out: Out) -> Iterable[Entry]:
        for each in self._objects.walk(folder.id):
            found = self._objects.get(each.id)
            if found is not None and found.content is not None and not each.is_link:
                yield Entry(each.path, hash_pieces([found.content], out.layout, lambda _size: None))

    def _key(self, found: tuple[Found, ...], tree: str, config: Config) -> tuple[object, ...]:
        """Return the cache key: everything that the pointers of a commit depend on."""
        pipelines = (
            each for each in found if each.name == PIPELINE and each.is_file and each.id not in self._memory.too_large
        )
        elsewhere = self._memory.linked_configs or any(not self._parsed(each).plain for each in pipelines)
        return (found, config.folder, tree if elsewhere else "")

    def _followed(self, tree: str, found: tuple[Found, ...]) -> tuple[Found, ...]:
        """Replace symbolic links with their targets, which DVC reads, and drop links to folders, which it does not.

        A link out of the commit stays a link.
        """
        links = [each for each in found if each.mode == LINK_MODE]
        if not links:
            return found
        there = {each: followed(self._objects, tree, each.path) for each in links}
        return tuple(
            Found(each.path, target.mode, target.id, linked=True) if (target := there.get(each)) is not None else each
            for each in found
            if (target := there.get(each)) is None or not target.is_tree or each.name == ".dvc"
        )

    def _read_blobs(self, found: Iterable[Found]) -> None:
        blobs, too_large = self._memory.blobs, self._memory.too_large
        new = {
            each.id: None
            for each in found
            if each.id not in blobs and each.id not in too_large and each.mode not in (TREE_MODE, SUBMODULE_MODE)
        }
        for id, blob in zip(new, self._objects.each(new), strict=True):
            if blob is not None and blob.content is not None:
                blobs[id] = blob.content
            elif blob is not None:
                too_large[id] = blob.excess

    def _blob(self, found: Found) -> bytes:
        if found.id not in self._memory.blobs:
            raise ObjectMissing(
                f"{found.path} (object {found.id}) is not in this repository (a partial clone, or damage)",
                help="git fetch --refetch   (or git fsck --full)",
            )
        return self._memory.blobs[found.id]

    # Plain or not

    def _parsed(self, found: Found) -> _Parsed:
        """Return a pointer file, or params.yaml, parsed; its value is a BadPointer if it cannot be read."""
        kind = found.name if found.name in (PIPELINE, LOCK, "params.yaml") else ".dvc"
        known = self._memory.parsed
        if (kind, found.id) not in known:
            data = self._blob(found)
            written = parse_machine_written(data) if kind == ".dvc" else None
            parsed = self._read_text(kind, data) if written is None else _Parsed(written, plain=True)
            if isinstance(parsed.value, BeyondLimit) and kind != ".dvc":  # DVC would follow aliases that explode
                self._memory.too_large[found.id] = str(parsed.value)
            known[kind, found.id] = parsed
        return known[kind, found.id]

    def _read_text(self, kind: str, data: bytes) -> _Parsed:
        """Return a file parsed. Of a `dvc.lock` only the stages that no other commit had are read, if all are plain."""
        parts = lock_parts(data) if kind == LOCK else [data]
        if len(parts) == 1:
            return _parse(kind, data)
        known = self._memory.stages
        stages: dict[str, Any] = {}
        for part in parts:
            if part not in known:
                known[part] = _parse(kind, part)
            if not known[part].plain:
                return _parse(kind, data)
            stages |= known[part].value
        return _Parsed(stages, plain=True) if len(stages) == len(parts) else _parse(kind, data)

    def _projects(self, tree: str, found: tuple[Found, ...], config: Config) -> Mapping[str, _Project]:
        """Return the DVC roots that have data of the configuration's folder."""
        key = self._key(found, tree, config)
        if key in self._memory.projects:
            return self._memory.projects[key]
        roots = self._roots(found, tree)
        in_the_way = {posixpath.dirname(each.path) for each in found if is_in_the_way(each)}
        here = f"{config.folder}/" if config.folder else ""
        outer = root_of(f"{here}x", roots)
        files: dict[str, list[Found]] = {root: [] for root in roots if root == outer or f"{root}/".startswith(here)}
        general = [each for each in found if each.name in (".gitignore", ".gitattributes")]
        for each in found:
            root = root_of(each.path, roots.keys() | in_the_way)
            if root in files and root not in in_the_way and each.mode != SUBMODULE_MODE and each.name != ".dvc":
                files[root].append(each)
        for root, own in files.items():
            own += [each for each in general if f"{root}/".startswith(_folder_of(each)) and each not in own]
        projects = {
            root: _Project(roots[root], tuple(own), self._odd(own, [e for e in found if e.path == _dvc(root)]))
            for root, own in files.items()
        }
        return self._memory.projects.setdefault(key, projects)

    def _odd(self, files: Sequence[Found], folder: Sequence[Found]) -> tuple[str, ...]:
        """Return the files of a root that are not as DVC writes them; `folder` is its `.dvc` folder."""
        pointers = [each.path for each in files if is_pointer(each.name)]
        names = {part for path in pointers for part in path.split("/")}
        names |= {LOCK} if PIPELINE in names else set()  # DVC refuses to read what git would ignore, there or not
        above = {folder for path in pointers for folder in folders_above(path)}
        read = (
            each
            for each in files
            if each.name != "params.yaml" or f"{_folder_of(each)}{PIPELINE}" in pointers  # else no one reads it
        )
        odd = (each.path for each in read if not self._is_plain(each, names, above))
        return (*(each.path for each in folder if each.linked), *odd)

    def _is_plain(self, found: Found, names: Collection[str], above: set[str]) -> bool:
        """Return whether a file is plain; `names` are in the paths of pointers, `above` are folders that have some."""
        if found.linked or not found.is_file or found.id in self._memory.too_large:
            return False
        data = self._blob(found)
        match found.name:
            case ".gitignore":
                return not may_match(data, names)
            case ".gitattributes":
                return not may_match(data, names, attributes=True)
            case ".dvcignore":
                return not has_patterns(data)
            case _:
                parsed = self._parsed(found)
        return parsed.plain and above.isdisjoint(_written_to(parsed.value, found))

    # Asking DVC

    def _rooms(self, tree: str, projects: Mapping[str, _Project]) -> dict[str, Room]:
        """Return the room for all roots that are not plain, by its key; nothing if all are."""
        too_large = self._memory.too_large.keys()  # with such a file nothing that DVC could say would count
        odd = {
            root: project
            for root, project in projects.items()
            if project.odd and too_large.isdisjoint(each.id for each in project.files)
        }
        if not odd:
            return {}
        files = {each.path: each.id for project in odd.values() for each in project.files if each.is_file}
        texts = [
            self._blob(each)
            for project in odd.values()
            for each in project.files
            if each.name == PIPELINE and each.is_file and not self._parsed(each).plain
        ]
        files = {**self._named(tree, texts), **files} if texts else files
        room = Room(
            tuple(sorted(files.items())), {root: Root(each.pointers, each.config) for root, each in odd.items()}
        )
        return {room.key: room}

    def _named(self, tree: str, texts: Sequence[bytes]) -> dict[str, str]:
        """Return files of values that a `dvc.yaml` may name: those whose name is a word in it, path -> id."""
        words = frozenset(word for text in texts for word in _WORD.findall(text))

        def is_named(path: str) -> bool:
            name = posixpath.basename(path).encode("utf-8", "surrogateescape")
            return name in words or (_WORD.fullmatch(name) is None and any(name in text for text in texts))

        found: dict[str, str] = {}
        for each in self._objects.walk(tree):
            entry = followed(self._objects, tree, each.path) if each.is_link else each
            if entry is not None and entry.is_tree:  # a link to a folder
                inner = (
                    one for one in self._objects.walk(entry.id) if one.mode.startswith("100") and is_named(one.path)
                )
                found |= {f"{each.path}/{one.path}": one.id for one in inner}
            elif entry is not None and entry.mode != SUBMODULE_MODE and is_named(each.path):
                found[each.path] = entry.id
        return found

    def _ask(self, rooms: Mapping[str, Room]) -> None:
        new = {key: room for key, room in rooms.items() if key not in self._memory.answers}
        if new:
            answers = ask_loader(list(new.values()), self._content, self._objects.git.environment)
            self._memory.answers |= zip(new, answers, strict=True)

    def _content(self, ids: Iterable[str]) -> Iterable[bytes]:
        return (b"" if blob is None else blob.data for blob in self._objects.each(ids))

    # Outs and problems

    def _assemble(self, tree: str, found: tuple[Found, ...], config: Config) -> PointerSet:
        projects = self._projects(tree, found, config)
        rooms = self._rooms(tree, projects)
        self._ask(rooms)
        answer = next((self._memory.answers[key] for key in rooms), None)
        here = f"{config.folder}/" if config.folder else ""
        outs: list[Out] = []
        problems: list[Problem] = [each for each in self._outside(found) if each.path.startswith(here)]
        refusals: list[Problem] = []
        stages: list[StageRecord] = []
        excluded: list[str] = []
        for root, project in projects.items():
            seen = _seen(project, root, answer)
            refusals += (
                *seen.failures.values(),
                *self._no_files(tree, root, project),
                *self._changed_settings(tree, root, project),
            )
            by_path = {each.path: each for each in project.files}
            excluded += (path for path in project.pointers if path in seen.hidden and path.startswith(here))
            for pointer in (by_path[path] for path in project.pointers if path not in seen.hidden):
                if pointer.name != LOCK and pointer.path.startswith(here):
                    placed = self._place(pointer, root, by_path, seen)
                    outs += placed.outs
                    problems += placed.problems
                    stages += placed.stages
        roots = {root: project.config for root, project in projects.items()}
        known = assembled(outs, problems, stages, [each for each in excluded if not each.endswith(LOCK)], roots, config)
        outer = root_of(f"{here}x", roots) or config.folder
        top = f"{outer}/" if outer else ""
        submodules = tuple(
            (each.path, each.id) for each in found if each.mode == SUBMODULE_MODE and each.path.startswith(top)
        )
        failed = {each.path for each in known.problems if each.severity is Verdict.FAILED}
        refusals = [each for each in refusals if each.severity is Verdict.FAILED or each.path not in failed]
        return replace(known, problems=tuple(dict.fromkeys((*refusals, *known.problems))), submodules=submodules)

    def _outside(self, found: Sequence[Found]) -> Iterable[Problem]:
        """Report pointers that belong to no DVC root, or that DVC skips because of a file named `.dvc`."""
        roots = {posixpath.dirname(each.path) for each in found if each.name == ".dvc"}
        in_the_way = {posixpath.dirname(each.path) for each in found if is_in_the_way(each)}
        for each in found:
            root = root_of(each.path, roots)
            if (root is None or root in in_the_way) and is_pointer(each.name) and each.is_file and each.name != LOCK:
                at = Place(pointer=each.path, root=root or "")
                value = self._parsed(each).value if each.id in self._memory.blobs else None
                if value and not isinstance(value, BadPointer) and getattr(value, "outs", True):
                    yield no_dvc(at.pointer) if root is None else skipped(at)

    def _no_files(self, tree: str, root: str, project: _Project) -> Iterable[Problem]:
        """Report what is no file where DVC reads one, and no folder where DVC has one."""
        for each in project.files:
            if each.mode == TREE_MODE:
                yield not_understood(each.path, "it is a folder, where DVC reads a file")
            elif each.mode == LINK_MODE and each.name == ".dvcignore":
                yield not_understood(each.path, "it is a symbolic link that leads to no file of the commit")
            elif each.id in self._memory.too_large:
                yield too_much(each.path, self._memory.too_large[each.id])
        for path in (
            posixpath.join(_dvc(root), "config.local"),
            posixpath.join(_dvc(root), "tmp"),
            _cache_of(root, project.config),
        ):
            entry = self._objects.entry(tree, path)
            if entry is not None and (path.endswith("/config.local") or not entry.is_tree):
                yield own_of_dvc(path)

    def _changed_settings(self, tree: str, root: str, project: _Project) -> Iterable[Problem]:
        """Report attributes that may give a clone another `.dvc/config` than the commit has."""
        own = self._objects.entry(tree, f"{_dvc(root)}/.gitattributes")
        files = {each.path: each.id for each in project.files if each.name == ".gitattributes" and each.is_file}
        files |= {} if own is None or own.is_tree else {f"{_dvc(root)}/.gitattributes": own.id}
        for path, id in files.items():
            if f"{_dvc(root)}/".startswith(path.removesuffix(".gitattributes")):
                data = self._objects.read(id, path).replace(b"eol=crlf", b"eol=lf")  # DVC reads settings with either
                if may_match(data, {"config"}, attributes=True):
                    yield not_understood(path, "it may change the bytes of .dvc/config, which cannot be checked")

    def _roots(self, found: Sequence[Found], tree: str) -> Mapping[str, bytes]:
        """Return the folders with a `.dvc` folder -> the bytes of the `config` in it."""
        roots: dict[str, bytes] = {}
        for each in found:
            if each.mode == TREE_MODE and each.name == ".dvc":
                entry = next((e for e in self._objects.tree(each.id) if e.path == "config"), None)
                if entry is not None and entry.is_link:
                    self._memory.linked_configs = True
                    entry = followed(self._objects, tree, f"{each.path}/config")
                roots[posixpath.dirname(each.path)] = b"" if entry is None else self._config(entry.id, each.path)
        return roots

    def _config(self, id: str, folder: str) -> bytes:
        blobs = self._memory.blobs
        if id not in blobs:
            blobs[id] = self._objects.read(id, f"{folder}/config")
        return blobs[id]

    def _place(self, pointer: Found, root: str, by_path: Mapping[str, Found], seen: _Seen) -> Placed:
        """Return the outs and problems of a pointer file, compared with what DVC reads of it if it was asked."""
        lock = by_path.get(lock_of(pointer.path)) if pointer.name == PIPELINE else None
        lock = None if lock is not None and lock.path in seen.hidden else lock
        theirs = seen.stages.get(pointer.path, ())
        written = repr(theirs) if pointer.name == PIPELINE and theirs else ""
        contents = ((each.id, each.mode) if each is not None else () for each in (pointer, lock))
        key = (pointer.path, root, *contents, written)
        placed = self._memory.placed.get(key)
        if placed is None:
            try:
                placed = self._placed(pointer, root, lock, theirs)
            except _Unread as error:
                placed = Placed(problems=(error.problem,))
            self._memory.placed[key] = placed
        refused = seen.refused.intersection((pointer.path, lock.path) if lock is not None else (pointer.path,))
        own = tuple(each for each in placed.problems if not refused or each.kind is ProblemKind.UNSAFE_PATH)
        if not own and pointer.path in seen.skipped:
            return Placed(problems=(passed_over(pointer.path, seen.version),))
        return replace(placed, problems=(*own, *_differences(placed, pointer.path, seen)))

    def _placed(self, pointer: Found, root: str, lock: Found | None, theirs: Sequence[SeenStage]) -> Placed:
        at = Place(pointer=pointer.path, root=root)
        if pointer.name != PIPELINE:
            return place_dvc_file(self._value(pointer), at)
        stages = theirs or self._value(pointer)
        return place_stages(stages, {} if lock is None else self._value(lock), replace(at, pointer=lock_of(at.pointer)))

    def _value(self, found: Found) -> Any:
        """Return a parsed pointer file. Raises _Unread."""
        if found.mode == LINK_MODE:
            raise _Unread(unreadable(found.path, "it is a symbolic link that leads to no file of the commit"))
        if found.id in self._memory.too_large:
            raise _Unread(too_much(found.path, self._memory.too_large[found.id]))
        value = self._parsed(found).value
        if isinstance(value, BeyondLimit):
            raise _Unread(too_much(found.path, str(value)))
        if isinstance(value, BadPointer):
            raise _Unread(unreadable(found.path, str(value)))
        return value


class _Unread(Exception):
    """A pointer file without a value, as a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def _parse(kind: str, data: bytes) -> _Parsed:
    readers: dict[str, Callable[[Any], Any]] = {PIPELINE: read_dvc_yaml, LOCK: read_lock, "params.yaml": bool}
    try:
        document = as_yaml(data, most_values=MAX_PIPELINE_VALUES if kind == PIPELINE else MAX_POINTER_VALUES)
        plain = is_plain_yaml(data) and is_plain(kind, document)
        if kind == PIPELINE and not plain:  # DVC resolves it
            return _Parsed((), plain=False)
        reader: Callable[[Any], Any] = readers.get(kind, read_dvc_file)
        return _Parsed(reader(document), plain)
    except BadPointer as error:
        return _Parsed(error, plain=False)


def _dvc(root: str) -> str:
    return posixpath.join(root, ".dvc")


def _cache_of(root: str, config: bytes) -> str:
    """Return where DVC would have its cache if that is below the git root; another path otherwise."""
    folder: object = None
    with suppress(BadDvcConfig):  # the audit reports it
        folder = parse_dvc_config(config).get("cache", {}).get("dir")
    return posixpath.normpath(posixpath.join(_dvc(root), folder if isinstance(folder, str) else "cache"))


def _folder_of(found: Found) -> str:
    return found.path.removesuffix(found.name)


def _written_to(value: Any, found: Found) -> Iterable[str]:
    """Return the paths of a pointer file's outs."""
    stages = value if isinstance(value, tuple) else [value] if isinstance(value, DvcFile) else []
    folder = posixpath.dirname(found.path)
    return [posixpath.normpath(posixpath.join(folder, each.wdir, out.path)) for each in stages for out in each.outs]


# What DVC says of a root in the clean room


class _Seen(Struct, frozen=True):
    """DVC's reading of one root: problems by file, and pointer files that `.dvcignore` or `.gitignore` hides."""

    version: str = ""
    failures: Mapping[str, Problem] = field(default_factory=dict)
    stages: Mapping[str, tuple[SeenStage, ...]] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()

    @property
    def refused(self) -> frozenset[str]:
        """The files that DVC refuses."""
        return frozenset(path for path, each in self.failures.items() if each.severity is Verdict.FAILED)


def _seen(project: _Project, root: str, answer: Loaded | Unjudged | None) -> _Seen:
    if not project.odd or answer is None or (isinstance(answer, Loaded) and root not in answer.roots):
        return _Seen()
    if isinstance(answer, Unjudged):
        return _Seen(failures={project.odd[0]: unjudged_by_dvc(project.odd, answer.reason, answer.help)})
    reading, version = answer.roots[root], answer.version
    failures: dict[str, Problem] = {}
    for failure in reading.failures:
        path = failure.path or project.odd[0]
        refused = refused_by_dvc(path, failure.words, version)
        unjudged = unjudged_by_dvc((path,), f"DVC {version} here could not read it: {failure.words}", None)
        failures[path] = refused if failure.refused else unjudged
    stages: dict[str, tuple[SeenStage, ...]] = {}
    for stage in reading.stages:
        stages[stage.pointer] = (*stages.get(stage.pointer, ()), stage)
    return _Seen(
        version=version,
        failures=failures,
        stages=stages,
        hidden=frozenset(each.path for each in reading.unseen if each.by_dvcignore),
        skipped=frozenset(each.path for each in reading.unseen if not each.by_dvcignore and not failures),
    )


def _differences(placed: Placed, pointer: str, seen: _Seen) -> Iterable[Problem]:
    """Report outs that DVC reads otherwise than this program does, unless a problem says so already."""
    reported = {each.path for each in placed.problems}
    if not seen.version or seen.failures or pointer in reported:
        return
    theirs = {
        out.place: (out.oid, out.cache, out.push, out.remote)
        for stage in seen.stages.get(pointer, ())
        for out in stage.outs
        if out.place is not None
    }
    ours = {out.path: (out.oid, out.cache, out.push, out.remote) for out in placed.outs}
    for path in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(path), theirs.get(path)
        same = mine is not None and other is not None and mine in (other, (None, *other[1:]))
        if not same and path not in reported:
            yield not_understood(pointer, f"DVC {seen.version} reads the out {path} of it otherwise", path)
