"""The pointers of a commit, read from git objects only: never from the work tree or the cache."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping, Sequence
from weakref import WeakKeyDictionary

from msgspec import Struct, field
from msgspec.structs import replace

from release.adapters.dvc.ignored import Ignored
from release.adapters.dvc.resolve import Resolver, Unresolved, refusal
from release.adapters.dvc.scan import Found, Scan
from release.adapters.git.objects import LINK_MODE, SUBMODULE_MODE, TREE_MODE, ObjectMissing, Objects
from release.core.audit.audit import Problem
from release.core.config.values import Config
from release.core.path_glob import matches_any
from release.core.pointers.dvc_yaml import DeclaredStage, DvcYaml, parse_dvc_yaml
from release.core.pointers.fields import BadPointer
from release.core.pointers.file import LockedStage, parse_dvc_file, parse_lock
from release.core.pointers.placing import Place, Placed, place_dvc_file, place_stages
from release.core.pointers.pointer import Out
from release.core.pointers.pointer_set import PointerSet, StageRecord
from release.core.pointers.rules import (
    not_in_git,
    not_understood,
    pointer_problems,
    shared_with_git,
    unreadable,
)


def read_pointers(objects: Objects, commit: str, config: Config) -> PointerSet:
    """The outs of a commit below the configuration's folder, and what is wrong with its pointers.

    Asks no remote. What was read of one commit is remembered for all others that are read through
    the same `objects`. Raises ObjectMissing if the commit is not completely in the repository.
    """
    return PointerReader(objects).read(commit, config)


class _Memory(Struct):
    """What was read, by content: it holds for every commit."""

    trees: dict[str, str] = field(default_factory=dict)  # commit -> tree
    scan: Scan = field(default_factory=Scan)
    blobs: dict[str, bytes] = field(default_factory=dict)
    templated: dict[str, DvcYaml] = field(default_factory=dict)  # by blob; their stages depend on other files, too
    placed: dict[tuple[str, ...], Placed] = field(default_factory=dict)
    sets: dict[tuple[object, ...], PointerSet] = field(default_factory=dict)
    resolver: Resolver = field(default_factory=Resolver)


_memories: WeakKeyDictionary[Objects, _Memory] = WeakKeyDictionary()


class PointerReader:
    """Reads the pointers of many commits; every tree and blob is read and parsed once for one `objects`."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._memory = _memories.setdefault(objects, _Memory())

    def prefetch(self, commits: Sequence[str], config: Config) -> None:
        """Read what `read` will need of many commits with few questions. What is missing is left for `read` to say."""
        known = self._memory.trees
        for id, commit in zip(commits, self._objects.each(commits), strict=True):
            if commit is not None and commit.data.startswith(b"tree "):
                known[id] = commit.data.split(b"\n", 1)[0][5:].decode()
        trees = dict.fromkeys(known[commit] for commit in commits if commit in known)
        self._memory.scan.prefetch(self._objects, trees)
        self._read_blobs(found for tree in trees for found in self._found_or_nothing(tree, config.folder))

    def read(self, commit: str, config: Config) -> PointerSet:
        """See `read_pointers`."""
        tree = self._memory.trees.get(commit) or self._objects.tree_of(commit)
        found = self._found(tree, config.folder)
        known = self._memory.sets.get(self._key(found, tree, config))
        if known is None:
            self._read_blobs(found)
            known = self._assemble(tree, found, config)
            self._memory.sets[self._key(found, tree, config)] = known
        left_to_git = [out for out in known.outs if not out.cache]
        absent = [not_in_git(out) for out in left_to_git if self._objects.entry(tree, out.path) is None]
        crowded = [shared_with_git(out) for out in known.outs if out.is_dir and self._is_folder(tree, out.path)]
        return replace(known, commit=commit, problems=(*known.problems, *absent, *crowded))

    def _is_folder(self, tree: str, path: str) -> bool:
        entry = self._objects.entry(tree, path)
        return entry is not None and entry.is_tree

    def _key(self, found: tuple[Found, ...], tree: str, config: Config) -> tuple[object, ...]:
        """What the pointers of a commit depend on, as far as is known."""
        templated = self._memory.templated
        others = tree if templated and any(each.id in templated for each in found) else ""
        return (found, config.folder, config.audit, others)

    def _found(self, tree: str, folder: str) -> tuple[Found, ...]:
        """What lies below `folder`, and the DVC folders and ignore files above it."""
        if not folder:
            return self._memory.scan.below(self._objects, tree)
        above: list[Found] = []
        here, path = tree, ""
        for part in folder.split("/"):
            entries = self._objects.tree(here)
            above += [Found(path + e.path, e.mode, e.id) for e in entries if e.path in (".dvc", ".dvcignore")]
            child = next((entry for entry in entries if entry.path == part and entry.is_tree), None)
            if child is None:
                return tuple(above)
            here, path = child.id, f"{path}{part}/"
        below = self._memory.scan.below(self._objects, here)
        return (*above, *(Found(path + each.path, each.mode, each.id) for each in below))

    def _found_or_nothing(self, tree: str, folder: str) -> tuple[Found, ...]:
        try:
            return self._found(tree, folder)
        except ObjectMissing:
            return ()

    def _read_blobs(self, found: Iterable[Found]) -> None:
        blobs = self._memory.blobs
        new = {e.id: None for e in found if e.id not in blobs and e.mode not in (TREE_MODE, SUBMODULE_MODE)}
        for id, blob in zip(new, self._objects.each(new), strict=True):
            if blob is not None:
                blobs[id] = blob.data

    def _blob(self, found: Found) -> bytes:
        if found.id not in self._memory.blobs:
            raise ObjectMissing(
                f"{found.path} (object {found.id}) is not in this repository (a partial clone, or damage)",
                help="git fetch --refetch, or git fsck --full",
            )
        return self._memory.blobs[found.id]

    def _assemble(self, tree: str, found: tuple[Found, ...], config: Config) -> PointerSet:
        roots = self._roots(found)
        in_the_way = {posixpath.dirname(each.path) for each in found if _is_in_the_way(each)}
        ignore_files = [each for each in found if posixpath.basename(each.path) == ".dvcignore"]
        ignored = Ignored({each.path.removesuffix(".dvcignore"): self._blob(each) for each in ignore_files})
        by_path = {each.path: each for each in found}
        outs: list[Out] = []
        problems: list[Problem] = []
        stages: list[StageRecord] = []
        excluded: list[str] = []
        for pointer in found:
            name = posixpath.basename(pointer.path)
            if name in (".dvc", "dvc.lock", ".dvcignore") or pointer.mode == SUBMODULE_MODE:
                continue
            root = _root_of(pointer.path, roots.keys() | in_the_way)
            if root is not None and ignored.hides(pointer.path, root):
                excluded.append(pointer.path)
                continue
            at = Place(pointer=pointer.path, root=root or "")
            placed = self._place_pipeline(at, by_path, tree) if name == "dvc.yaml" else self._place_file(at, pointer)
            if root is None or root in in_the_way:
                problems += [_no_dvc(at.pointer) if root is None else _skipped(at)] if placed.outs else []
                continue
            outs += placed.outs
            problems += placed.problems
            stages += placed.stages
        problems += [unreadable(path, reason) for path, reason in ignored.unreadable.items()]
        return _without_excluded(outs, problems, stages, excluded, roots, config)

    def _roots(self, found: Sequence[Found]) -> Mapping[str, bytes]:
        """Folders with a `.dvc` folder, and the `config` in it."""
        roots: dict[str, bytes] = {}
        for each in found:
            if each.mode == TREE_MODE and posixpath.basename(each.path) == ".dvc":
                entry = next((e for e in self._objects.tree(each.id) if e.path == "config"), None)
                roots[posixpath.dirname(each.path)] = b"" if entry is None else self._config(entry.id)
        return roots

    def _config(self, id: str) -> bytes:
        blobs = self._memory.blobs
        if id not in blobs:
            blobs[id] = self._objects.read(id)
        return blobs[id]

    def _place_file(self, at: Place, found: Found) -> Placed:
        key = (at.pointer, at.root, found.id, found.mode)
        placed = self._memory.placed.get(key)
        if placed is None:
            try:
                placed = place_dvc_file(parse_dvc_file(self._regular(found)), at)
            except BadPointer as error:
                placed = Placed(problems=(unreadable(at.pointer, str(error)),))
            self._memory.placed[key] = placed
        return placed

    def _place_pipeline(self, at: Place, found: Mapping[str, Found], tree: str) -> Placed:
        declared = found[at.pointer]
        lock = found.get(f"{at.pointer.removesuffix('dvc.yaml')}dvc.lock")
        key = (at.pointer, at.root, declared.id, declared.mode, *((lock.id, lock.mode) if lock else ()))
        memory = self._memory
        if key in memory.placed:
            return memory.placed[key]
        try:
            pipeline = memory.templated.get(declared.id) or self._pipeline(declared)
        except BadPointer as error:
            return Placed(problems=(unreadable(at.pointer, str(error)),))
        stages = pipeline.stages
        if pipeline.templated:
            memory.templated[declared.id] = pipeline
            try:
                stages = memory.resolver.resolve(pipeline.document, declared, self._objects, tree)
            except (Unresolved, BadPointer) as error:
                return Placed(problems=(not_understood(at.pointer, f"its stages cannot be resolved: {error}"),))
            key = (*key, str(id(stages)))  # which the resolver keeps
        if key not in memory.placed:
            memory.placed[key] = self._place_stages(at, stages, lock)
        return memory.placed[key]

    def _pipeline(self, declared: Found) -> DvcYaml:
        pipeline = parse_dvc_yaml(self._regular(declared))
        refused = None if pipeline.plain else refusal(pipeline.document)
        if refused is not None:
            raise BadPointer(refused)
        return pipeline

    def _place_stages(self, at: Place, stages: Iterable[DeclaredStage], lock: Found | None) -> Placed:
        lock_path = f"{at.pointer.removesuffix('dvc.yaml')}dvc.lock"
        try:
            locked: Mapping[str, LockedStage] = {} if lock is None else parse_lock(self._regular(lock))
        except BadPointer as error:
            return Placed(problems=(unreadable(lock_path, str(error)),))
        return place_stages(stages, locked, replace(at, pointer=lock_path))

    def _regular(self, found: Found) -> bytes:
        if found.mode == LINK_MODE:
            message = "it is a symbolic link"
            raise BadPointer(message)
        return self._blob(found)


def _is_in_the_way(found: Found) -> bool:
    """Whether it is a file with the name of DVC's folder: DVC takes what lies beside it for another repository."""
    return found.mode != TREE_MODE and posixpath.basename(found.path) == ".dvc"


def _skipped(at: Place) -> Problem:
    file = posixpath.join(at.root, ".dvc")
    reason = f"{file} is a file, so DVC takes that folder for another repository, and `dvc pull` skips it"
    return replace(unreadable(at.pointer, reason), help=f"git rm {file}, and commit it")


def _root_of(path: str, roots: Collection[str]) -> str | None:
    """The nearest DVC root above a file."""
    folder = posixpath.dirname(path)
    while folder not in roots:
        if not folder:
            return None
        folder = posixpath.dirname(folder)
    return folder


def _no_dvc(pointer: str) -> Problem:
    return replace(
        unreadable(pointer, "no folder above it has a .dvc folder at this commit, so `dvc pull` does not work"),
        help="git add .dvc/config, and commit it",
    )


def _without_excluded(
    outs: list[Out],
    problems: list[Problem],
    stages: list[StageRecord],
    excluded: list[str],
    roots: Mapping[str, bytes],
    config: Config,
) -> PointerSet:
    prefix = f"{config.folder}/" if config.folder else ""

    def is_out(path: str) -> bool:
        return matches_any(path.removeprefix(prefix), config.audit.exclude)

    audited = tuple(out for out in outs if not is_out(out.path))
    bad = [problem for problem in problems if not is_out(problem.path)]
    taken_out = {path for path in (*(o.path for o in outs), *(p.path for p in problems)) if is_out(path)}
    return PointerSet(
        commit="",
        outs=audited,
        problems=(*bad, *(problem for out in audited for problem in pointer_problems(out, config.audit))),
        excluded=tuple(sorted({*excluded, *taken_out})),
        roots=roots,
        stages=tuple(stages),
    )
