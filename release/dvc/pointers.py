"""Pointers of a commit."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Collection, Iterable, Mapping, Sequence
from weakref import WeakKeyDictionary

from msgspec import Struct, field
from msgspec.structs import replace

from release.core.config import Config
from release.core.locate import Place, Placed, PointerSet, StageRecord, assembled, place_dvc_file, place_stages
from release.core.pointer import LOCK, PIPELINE, Out, is_pointer, lock_of
from release.core.pointer_file import (
    BadPointer,
    BeyondLimit,
    DeclaredStage,
    DvcYaml,
    LockedStage,
    as_yaml,
    parse_dvc_file,
    parse_dvc_yaml,
    parse_lock,
)
from release.core.problems import (
    Problem,
    ProblemKind,
    at_link,
    below_link,
    ignored_out,
    in_the_way,
    is_empty_folder,
    not_in_git,
    not_understood,
    shared_with_git,
    too_much,
    unreadable,
)
from release.dvc.ask_dvc import GitIgnored, Ignored, Resolver, Unresolved, refusal
from release.dvc.contents import hash_pieces
from release.dvc.scan import Found, Scan, content_of, files_of, is_in_the_way, no_dvc, root_of, skipped
from release.git.objects import LINK_MODE, SUBMODULE_MODE, TREE_MODE, ObjectMissing, Objects, TreeEntry, followed

_LFS = b"version https://git-lfs"


class Conflicts:
    """Conflicts in many commits; a result for a folder's tree is cached for every commit that has it."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._folders: dict[int, dict[str, list[Out]]] = {}
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

    def _by_folder(self, outs: Sequence[Out]) -> dict[str, list[Out]]:
        if id(outs) not in self._folders:
            folders: dict[str, list[Out]] = {}
            for out in outs:
                if out.cache:
                    folders.setdefault(posixpath.dirname(out.path), []).append(out)
            self._folders[id(outs)] = folders
        return self._folders[id(outs)]

    def _above(self, tree: str, folder: str, outs: Collection[Out]) -> list[Problem]:
        """Report a file in the place of a folder above the outs."""
        while folder := posixpath.dirname(folder):
            entry = self._objects.entry(tree, folder)
            if entry is not None:
                return [] if entry.is_tree else self._barred(entry, outs)
        return []

    @staticmethod
    def _barred(entry: TreeEntry, outs: Collection[Out]) -> list[Problem]:
        """Report a file or symbolic link in the place of a folder that would hold the outs."""
        if entry.is_link:
            return [below_link(out, entry.path) for out in outs]
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
            return at_link(out, out.path)
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
        return shared_with_git(out) if link is None else at_link(out, link)

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


class _Memory(Struct):
    """Parsed content by object id; valid for every commit."""

    trees: dict[str, str] = field(default_factory=dict)  # commit -> tree
    scan: Scan = field(default_factory=Scan)
    blobs: dict[str, bytes] = field(default_factory=dict)
    too_large: dict[str, str] = field(default_factory=dict)  # blobs beyond the limit, with the reason
    templated: dict[str, DvcYaml] = field(default_factory=dict)  # by blob; their stages also depend on other files
    placed: dict[tuple[str, ...], Placed] = field(default_factory=dict)
    sets: dict[tuple[object, ...], PointerSet] = field(default_factory=dict)
    resolver: Resolver = field(default_factory=Resolver)
    values: dict[str, bool] = field(default_factory=dict)  # params.yaml, by blob: whether it is a mapping
    linked_configs: bool = False  # some `.dvc/config` is a symbolic link


_memories: WeakKeyDictionary[Objects, _Memory] = WeakKeyDictionary()


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
        self._read_blobs(found for tree in trees for found in self._found_or_nothing(tree, config.folder))

    def read(self, commit: str, config: Config) -> PointerSet:
        """Read the pointers of a commit. See `read_pointers`."""
        tree = self._memory.trees.get(commit) or self._objects.tree_of(commit)
        found = self._followed(tree, self._found(tree, config.folder))
        known = self._memory.sets.get(self._key(found, tree, config))
        if known is None:
            self._read_blobs(found)
            known = self._assemble(tree, found, config)
            self._memory.sets[self._key(found, tree, config)] = known
        left_to_git = [out for out in known.outs if not out.cache and not is_empty_folder(out)]
        absent = [not_in_git(out) for out in left_to_git if not self._has(tree, out.path)]
        obstacles = self._obstacles.of(tree, known.outs)
        safe = self._without_unsafe(known, obstacles)
        return replace(safe, commit=commit, problems=(*known.problems, *absent, *obstacles))

    def _without_unsafe(self, known: PointerSet, obstacles: Iterable[Problem]) -> PointerSet:
        """Return the pointers without outs that would be written through a link of the commit; no command sees them."""
        unsafe = frozenset(each.path for each in obstacles if each.kind is ProblemKind.UNSAFE_PATH)
        if not unsafe:
            return known
        outs = tuple(out for out in known.outs if out.path not in unsafe)
        return self._memory.sets.setdefault((id(known), unsafe), replace(known, outs=outs))

    def _has(self, tree: str, path: str) -> bool:
        return self._objects.entry(tree, path) is not None or followed(self._objects, tree, path) is not None

    def _key(self, found: tuple[Found, ...], tree: str, config: Config) -> tuple[object, ...]:
        """Return the cache key: everything that the pointers of a commit depend on, as far as known."""
        templated = self._memory.templated
        elsewhere = self._memory.linked_configs or (templated and any(each.id in templated for each in found))
        others = tree if elsewhere else ""
        return (found, config.folder, config.audit, others)

    def _found(self, tree: str, folder: str) -> tuple[Found, ...]:
        """Return the files found below `folder`, and the DVC folders and ignore files above it."""
        if not folder:
            return self._memory.scan.below(self._objects, tree)
        above: list[Found] = []
        here, path = tree, ""
        for part in folder.split("/"):
            entries = self._objects.tree(here)
            above += [
                Found(path + e.path, e.mode, e.id) for e in entries if e.path in (".dvc", ".dvcignore", ".gitignore")
            ]
            child = next((entry for entry in entries if entry.path == part and entry.is_tree), None)
            if child is None:
                return tuple(above)
            here, path = child.id, f"{path}{part}/"
        below = self._memory.scan.below(self._objects, here)
        return (*above, *(Found(path + each.path, each.mode, each.id) for each in below))

    def _followed(self, tree: str, found: tuple[Found, ...]) -> tuple[Found, ...]:
        """Replace symbolic links with their targets, which DVC reads, and drop links to folders, which it does not.

        A link out of the commit stays a link.
        """
        links = [each for each in found if each.mode == LINK_MODE and not each.path.endswith(".gitignore")]
        if not links:
            return found
        there = {each: followed(self._objects, tree, each.path) for each in links}
        return tuple(
            Found(each.path, target.mode, target.id) if (target := there.get(each)) is not None else each
            for each in found
            if (target := there.get(each)) is None or not target.is_tree or posixpath.basename(each.path) == ".dvc"
        )

    def _found_or_nothing(self, tree: str, folder: str) -> tuple[Found, ...]:
        try:
            return self._found(tree, folder)
        except ObjectMissing:
            return ()

    def _read_blobs(self, found: Iterable[Found]) -> None:
        blobs = self._memory.blobs
        known = blobs.keys() | self._memory.too_large
        new = {e.id: None for e in found if e.id not in known and e.mode not in (TREE_MODE, SUBMODULE_MODE)}
        for id, blob in zip(new, self._objects.each(new), strict=True):
            if blob is not None and blob.content is not None:
                blobs[id] = blob.content
            elif blob is not None:
                self._memory.too_large[id] = blob.excess

    def _blob(self, found: Found) -> bytes:
        if found.id not in self._memory.blobs:
            raise ObjectMissing(
                f"{found.path} (object {found.id}) is not in this repository (a partial clone, or damage)",
                help="git fetch --refetch, or git fsck --full",
            )
        return self._memory.blobs[found.id]

    def _assemble(self, tree: str, found: tuple[Found, ...], config: Config) -> PointerSet:
        roots = self._roots(found, tree)
        in_the_way = {posixpath.dirname(each.path) for each in found if is_in_the_way(each)}
        ignored = Ignored(self._named(found, ".dvcignore"))
        git_ignored = GitIgnored(self._named(found, ".gitignore"))
        by_path = {each.path: each for each in found}
        outs: list[Out] = []
        problems: list[Problem] = []
        stages: list[StageRecord] = []
        excluded: list[str] = []
        for pointer in found:
            name = posixpath.basename(pointer.path)
            if not is_pointer(name) or name == LOCK or pointer.mode == SUBMODULE_MODE:
                continue
            root = root_of(pointer.path, roots.keys() | in_the_way)
            if root is not None and ignored.hides(pointer.path, root):
                excluded.append(pointer.path)
                continue
            at = Place(pointer=pointer.path, root=root or "")
            if name == PIPELINE:
                hidden = root is not None and ignored.hides(lock_of(pointer.path), root)
                placed = self._place_pipeline(at, by_path, tree, None if hidden else by_path.get(lock_of(pointer.path)))
            else:
                placed = self._place_file(at, pointer)
            if root is None or root in in_the_way:
                problems += [no_dvc(at.pointer) if root is None else skipped(at)] if placed.outs else []
                continue
            outs += placed.outs
            problems += placed.problems
            problems += [ignored_out(out) for out in placed.outs if ignored.refuses(out.path, root)]
            problems += git_ignored.problems(files_of(at.pointer, by_path), root)
            stages += placed.stages
        problems += [unreadable(path, reason) for path, reason in ignored.unreadable.items()]
        too_large = self._memory.too_large
        files = {
            each.path: too_large[each.id] for each in found if each.id in too_large and each.path.endswith("ignore")
        }
        beyond = {**ignored.unknown, **git_ignored.unknown, **files} if outs or problems else {}
        problems += [too_much(path, reason) for path, reason in beyond.items()]
        submodules = tuple((each.path, each.id) for each in found if each.mode == SUBMODULE_MODE)
        return replace(assembled(outs, problems, stages, excluded, roots, config), submodules=submodules)

    def _named(self, found: Iterable[Found], name: str) -> dict[str, bytes]:
        """Return the files of that name: folder -> bytes. A `.gitignore` that is a link is skipped, as git does."""
        own = (
            each
            for each in found
            if posixpath.basename(each.path) == name
            and each.mode != LINK_MODE
            and each.id not in self._memory.too_large
        )
        return {each.path.removesuffix(name): self._blob(each) for each in own}

    def _roots(self, found: Sequence[Found], tree: str) -> Mapping[str, bytes]:
        """Return the folders with a `.dvc` folder -> the bytes of the `config` in it."""
        roots: dict[str, bytes] = {}
        for each in found:
            if each.mode == TREE_MODE and posixpath.basename(each.path) == ".dvc":
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

    def _place_file(self, at: Place, found: Found) -> Placed:
        key = (at.pointer, at.root, found.id, found.mode)
        placed = self._memory.placed.get(key)
        if placed is None:
            try:
                placed = place_dvc_file(parse_dvc_file(self._regular(found)), at)
            except BadPointer as error:
                placed = Placed(problems=(_not_read(at.pointer, error),))
            self._memory.placed[key] = placed
        return placed

    def _place_pipeline(self, at: Place, found: Mapping[str, Found], tree: str, lock: Found | None) -> Placed:
        declared = found[at.pointer]
        params = found.get(f"{at.pointer.removesuffix('dvc.yaml')}params.yaml")
        key = (at.pointer, at.root, *(part for each in (declared, lock, params) for part in content_of(each)))
        memory = self._memory
        if key in memory.placed:
            return memory.placed[key]
        try:
            pipeline = memory.templated.get(declared.id) or self._pipeline(declared)
        except BadPointer as error:
            return Placed(problems=(_not_read(at.pointer, error),))
        stages = pipeline.stages
        if pipeline.templated or not self._holds_values(params):
            memory.templated[declared.id] = pipeline
            try:
                stages = memory.resolver.resolve(pipeline.document, declared, self._objects, tree)
            except (Unresolved, BadPointer) as error:
                return Placed(problems=(not_understood(at.pointer, f"its stages cannot be resolved: {error}"),))
            key = (*key, str(id(stages)))  # the resolver keeps these stages alive, so their id stays their own
        if key not in memory.placed:
            memory.placed[key] = self._place_stages(at, stages, lock)
        return memory.placed[key]

    def _holds_values(self, params: Found | None) -> bool:
        """Return whether params.yaml is absent or a mapping: DVC reads it with every dvc.yaml beside it.

        For anything else, DVC's own code reports the problem.
        """
        if params is None or params.mode == TREE_MODE:
            return params is None
        known = self._memory.values
        if params.id not in known:
            try:
                known[params.id] = isinstance(as_yaml(self._regular(params)) or {}, dict)
            except BadPointer:
                known[params.id] = False
        return known[params.id]

    def _pipeline(self, declared: Found) -> DvcYaml:
        pipeline = parse_dvc_yaml(self._regular(declared))
        refused = None if pipeline.plain else refusal(pipeline.document)
        if refused is not None:
            raise BadPointer(refused)
        return pipeline

    def _place_stages(self, at: Place, stages: Iterable[DeclaredStage], lock: Found | None) -> Placed:
        lock_path = lock_of(at.pointer)
        try:
            locked: Mapping[str, LockedStage] = {} if lock is None else parse_lock(self._regular(lock))
        except BadPointer as error:
            return Placed(problems=(_not_read(lock_path, error),))
        return place_stages(stages, locked, replace(at, pointer=lock_path))

    def _regular(self, found: Found) -> bytes:
        if found.mode == LINK_MODE:
            message = "it is a symbolic link that leads to no file of the commit"
            raise BadPointer(message)
        if found.id in self._memory.too_large:
            raise BeyondLimit(self._memory.too_large[found.id])
        return self._blob(found)


def _not_read(path: str, error: BadPointer) -> Problem:
    """Return the problem of a pointer: one beyond a limit may be valid, one that cannot be read is not."""
    return too_much(path, str(error)) if isinstance(error, BeyondLimit) else unreadable(path, str(error))
