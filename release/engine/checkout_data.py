"""Data of a checkout: cached, moved, restored."""

from __future__ import annotations

import os
import posixpath
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from release.core.config import Config
from release.core.locate import PointerSet
from release.core.pointer import Entry, Layout, ObjectKey, Origin, Out, reserved_folder
from release.core.text import OnProgress, command_line, no_progress
from release.core.work_tree import Difference, LeftOut, NeededObject
from release.dvc.cache_files import CacheFolder, files_below, link_types
from release.dvc.contents import hash_file
from release.dvc.dvc_config import BadDvcConfig, BadDvcSettings, Configs, DvcSettings
from release.dvc.pointers import read_pointers
from release.dvc.stores import CachedStore, LocalCache, Stores
from release.dvc.tracked import compare_tracked_data
from release.engine.project import Project
from release.errors import Refused, Unknown
from release.git.objects import Objects
from release.git.repository import Repository


class DataTree(Struct):
    """The data of a commit as files, by path from the git root.

    `directories` are directory objects by the path of their out; `unlisted` are outs whose files are unknown;
    `empty` are outs that are folders without a file. `origins` has the store and key of each object, where known;
    `programs` are executable files.
    """

    pointers: PointerSet
    files: dict[str, NeededObject] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)
    directories: dict[str, NeededObject] = field(default_factory=dict)
    unlisted: set[str] = field(default_factory=set)
    empty: set[str] = field(default_factory=set)
    origins: dict[NeededObject, tuple[CachedStore, ObjectKey]] = field(default_factory=dict)
    caches: dict[str, CacheFolder] = field(default_factory=dict)
    types: dict[str, tuple[str, ...]] = field(default_factory=dict)
    programs: frozenset[str] = frozenset()

    def cache_of(self, path: str) -> CacheFolder:
        """Return the cache of the DVC root that a file belongs to."""
        return self.caches[self.roots[path]]


def read_data_tree(pointers: PointerSet, settings: DvcSettings, stores: Stores, *, ask: bool) -> DataTree:
    """Return the files of every out; directories listed from the cache, else (`ask`) their store. Writes nothing."""
    tree = DataTree(pointers=pointers, programs=frozenset(out.path for out in pointers.outs if out.isexec))
    configs = Configs(settings)
    for root, blob in pointers.roots.items():
        try:
            config = configs.at(root, blob)
            folder = Path(config.cache_folder() or Path(settings.git_root, root, ".dvc", "cache"))
            cache = config.full.get("cache", {})
        except (BadDvcConfig, BadDvcSettings):
            folder, cache = Path(settings.git_root, root, ".dvc", "cache"), {}
        tree.caches[root] = CacheFolder(folder, shared=str(cache.get("shared", "")) == "group")
        tree.types[root] = link_types(cache.get("type"))
    local = stores.cache(pointers.roots)
    for out in pointers.outs:
        if not out.cache:
            continue
        store = stores.holding(out, pointers.roots[out.subrepo]) if ask else None
        for relpath, wanted, key in _contents(out, store, tree, local):
            path = posixpath.join(out.path, relpath) if relpath else out.path
            tree.files[path] = wanted
            tree.roots[path] = out.subrepo
            if store is not None and out.push:
                tree.origins[wanted] = (store, key)
    return tree


def _contents(
    out: Out, store: CachedStore | None, tree: DataTree, local: LocalCache
) -> Iterator[tuple[str, NeededObject, ObjectKey]]:
    identity = store.identity if store is not None else ""
    if out.cloud:
        base = out.path.removeprefix(f"{out.subrepo}/") if out.subrepo else out.path
        for each in out.cloud:
            if each.md5 is None:
                tree.unlisted.add(out.path)
                return
            name = f"{base}/{each.relpath}" if each.relpath else base
            key = ObjectKey(identity, Layout.VERSION.value, f"{name}\0{each.version_id}")
            yield each.relpath, NeededObject(Layout.MD5.value, each.md5), key
    elif out.oid is None or out.hash_name != "md5":
        tree.unlisted.add(out.path)
    elif not out.is_dir:
        key = ObjectKey(identity, out.layout.value, out.oid)
        yield "", NeededObject(out.layout.value, out.oid), key
    else:
        key = ObjectKey(identity, out.layout.value, out.oid)
        entries = _listing(key, store, local)
        if entries is None:
            tree.unlisted.add(out.path)
            return
        body = NeededObject(out.layout.value, out.oid)
        tree.directories[out.path] = body
        tree.roots[out.path] = out.subrepo
        if store is not None and out.push:
            tree.origins[body] = (store, key)
        if not entries:
            tree.empty.add(out.path)
        for entry in entries:
            wanted = NeededObject(out.layout.value, entry.oid)
            yield entry.relpath, wanted, ObjectKey(identity, out.layout.value, entry.oid)


def _listing(key: ObjectKey, store: CachedStore | None, local: LocalCache) -> tuple[Entry, ...] | None:
    here = local.listing(ObjectKey("", key.layout, key.oid))
    if here is not None or store is None:
        return here
    return store.list_directory(key, LocalCache([])).entries


def check_caches(tree: DataTree, objects: Objects, git_root: Path, head: str) -> None:
    """Refuse a DVC folder in `.git`, or behind a symbolic link that HEAD has in git. Raises Refused."""
    commit = objects.tree_of(head)
    for root, cache in tree.caches.items():
        for folder in (os.path.relpath(cache.folder, git_root), posixpath.join(root, ".dvc/tmp")):
            parts = folder.split("/")
            if parts[0] == "..":
                continue
            if reserved_folder(folder) == ".git":
                words = f"DVC's cache {folder} is in .git: nothing is written there"
                raise Refused(words, help="dvc cache dir --local FOLDER")
            link = _link_on_the_way(objects, commit, parts)
            if link is not None:
                words = (
                    f"{link} is a symbolic link in git, and DVC's folder {folder} is below it: nothing is written there"
                )
                raise Refused(words, help=f"{command_line('git', 'rm', names=(link,))} && git commit")


def _link_on_the_way(objects: Objects, tree: str, parts: Sequence[str]) -> str | None:
    """Return the first symbolic link of a commit above a folder, in its place or below it; None if there is none."""
    entry = None
    for depth in range(1, len(parts) + 1):
        entry = objects.entry(tree, "/".join(parts[:depth]))
        if entry is None or entry.is_link:
            return None if entry is None else entry.path
    below = objects.walk(entry.id, f"{entry.path}/") if entry is not None and entry.is_tree else ()
    return next((each.path for each in below if each.is_link), None)


def stamp_of(path: Path) -> tuple[int, ...] | None:
    """Return values that change when a file changes (mtime, size, inode); None if there is no file."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def has_content(path: Path, wanted: NeededObject) -> bool:
    """Return whether a file has this content; False if it cannot be read."""
    try:
        return hash_file(path, Layout(wanted.layout), lambda _: None) == wanted.oid
    except OSError:
        return False


def blocking_parents(work_tree: Path, path: str, seen: set[str]) -> Iterator[str]:
    """Yield the parents of a path that are no folders, and not in `seen`. A symbolic link is none: no write follows it."""
    above = posixpath.dirname(path)
    while above and above not in seen:
        seen.add(above)
        file = work_tree / above
        if os.path.lexists(file) and (file.is_symlink() or not file.is_dir()):
            yield above
        above = posixpath.dirname(above)


class DataChange(Struct, frozen=True, kw_only=True):
    """Changes of data in a work tree that has one commit's data (`now`), to those of another (`then`).

    By path from the git root: `write` are files to write, `remove` files to remove, `before` the content that each of
    these has now, if it exists. `seen` is the state of each file when it was inspected (None: it did not exist); files
    that changed since are not touched. `unsaved` would be lost: no cache has their content. `in_the_way` are at paths
    to write, tracked by neither git nor DVC. `missing` are objects that the cache lacks, with a path that needs each.
    `left_out` are imports whose data is not available here.
    """

    now: DataTree
    then: DataTree
    write: Mapping[str, NeededObject] = {}
    remove: Collection[str] = frozenset()
    before: Mapping[str, NeededObject] = {}
    seen: Mapping[str, tuple[int, ...] | None] = {}
    unsaved: frozenset[str] = frozenset()
    in_the_way: frozenset[str] = frozenset()
    missing: Mapping[NeededObject, str] = {}
    left_out: tuple[Out, ...] = ()


class DataSurvey:
    """Comparison of the work tree with the data of HEAD and of a release.

    `tracked` are the files that git has, unchanged, and moves itself before any data is written.
    """

    def __init__(self, work_tree: Path, now: DataTree, then: DataTree, tracked: Collection[str]) -> None:
        self._work_tree = work_tree
        self._tracked = tracked
        self._now = now
        self._then = then
        self._write: dict[str, NeededObject] = {}
        self._remove: set[str] = set()
        self._before: dict[str, NeededObject] = {}
        self._unsaved: set[str] = set()
        self._in_the_way: set[str] = set()

    def inspect(self, settings: DvcSettings) -> DataChange:
        """Compare, and return the changes with their obstacles."""
        pointers = self._now.pointers
        differences, present = compare_tracked_data(self._work_tree, pointers.outs, dvc=settings, roots=pointers.roots)
        changed, added = self._differing(differences, present)
        for path in added.difference(self._tracked):
            self._account(path, None)
            if path not in self._unsaved:
                self._remove.add(path)
        for path, wanted in self._then.files.items():
            self._look_at_target(path, wanted, changed)
        for path in self._now.files.keys() - self._then.files.keys() - set(self._tracked):
            if os.path.isfile(self._work_tree / path):  # noqa: PTH113 - a hundred thousand of them
                self._account(path, None if path in changed else self._now.files[path])
                self._remove.add(path)
        self._look_for_strangers(present)
        remove = self._remove - self._write.keys() - self._unsaved
        self._write_what_goes_under_another_spelling(remove)
        parents: set[str] = set()
        for path in (*self._write, *remove, *(f"{folder}/" for folder in self._then.empty)):
            above = blocking_parents(self._work_tree, path, parents)
            self._in_the_way |= {each for each in above if each not in self._now.files and each not in self._tracked}
        before = {path: wanted for path, wanted in self._before.items() if path in remove or path in self._write}
        touched = (*before, *(path for path in self._write if path not in before and path not in self._tracked))
        seen = {path: stamp_of(self._work_tree / path) for path in touched}
        return DataChange(
            now=self._now,
            then=self._then,
            write=self._write,
            remove=remove,
            before=before,
            seen=seen,
            unsaved=frozenset(self._unsaved),
            in_the_way=frozenset(self._in_the_way - self._unsaved),
        )

    def _write_what_goes_under_another_spelling(self, remove: Collection[str]) -> None:
        """Write again files whose name differs from a removed one only in case: on some disks they are one file."""
        going = {_as_spelled_anyhow(path) for path in remove}
        for path, wanted in self._then.files.items() if going else ():
            if path not in self._write and _as_spelled_anyhow(path) in going:
                self._before[path] = self._write[path] = wanted

    def _differing(self, differences: Iterable[Difference], present: Iterable[Out]) -> tuple[set[str], set[str]]:
        """Return the paths whose content differs from the pointer, and the files that no pointer has."""
        changed, added = set(), set()
        by_path = {each.out.path: each for each in differences}
        for each in by_path.values():
            inside = (*each.changed, *(("",) if each.unreadable is not None else ()))
            changed |= {posixpath.join(each.out.path, name) if name else each.out.path for name in inside}
            added |= {posixpath.join(each.out.path, name) for name in each.added}
        for out in present:  # directories without a listing: their files are known by content
            if out.path in self._now.unlisted and (self._work_tree / out.path).is_dir():
                for relpath in files_below(self._work_tree / out.path):
                    path = posixpath.join(out.path, relpath)
                    oid = hash_file(self._work_tree / path, out.layout, lambda _: None)
                    self._now.files[path] = NeededObject(out.layout.value, oid)
                    self._now.roots[path] = out.subrepo
                    if out.path in by_path:
                        changed.add(path)
        return changed, added

    def _look_at_target(self, path: str, wanted: NeededObject, changed: set[str]) -> None:
        if path in self._tracked:
            self._write[path] = wanted
            return
        known = self._now.files.get(path)
        file = self._work_tree / path
        if known is not None and path not in changed and os.path.isfile(file):  # noqa: PTH113
            if known != wanted:
                self._before[path] = known
                self._write[path] = wanted
            return
        if file.is_dir() and not file.is_symlink():
            below = {posixpath.join(path, relpath) for relpath in files_below(file)}
            self._in_the_way |= below - self._now.files.keys() - set(self._tracked)
            self._write[path] = wanted
        elif os.path.isfile(file):  # noqa: PTH113
            if has_content(file, wanted):
                self._before.pop(path, None)
                self._remove.discard(path)
                return
            self._account(path, None)
            self._write[path] = wanted
        elif os.path.lexists(file) and known is None:
            self._in_the_way.add(path)
        else:
            self._write[path] = wanted

    def _account(self, path: str, known: NeededObject | None) -> None:
        """Note a file's content; it would be lost if neither its pointer nor a cache has that content."""
        if known is not None:
            self._before[path] = known
            return
        file = self._work_tree / path
        for layout in (Layout.MD5, Layout.LEGACY):
            try:
                oid = hash_file(file, layout, lambda _: None)
            except OSError:
                break
            if any(
                cache.holds(layout.value, oid) for cache in (*self._now.caches.values(), *self._then.caches.values())
            ):
                self._before[path] = NeededObject(layout.value, oid)
                return
        tracked = path in self._now.files or any(path.startswith(f"{each}/") for each in self._now.directories)
        (self._unsaved if tracked else self._in_the_way).add(path)

    def _look_for_strangers(self, present: Iterable[Out]) -> None:
        """Note unknown files in a directory of the release: with them it could not match its pointer."""
        here = {out.path for out in present}
        for path in self._then.directories.keys() - here:
            folder = self._work_tree / path
            if folder.is_dir():
                found = {posixpath.join(path, relpath) for relpath in files_below(folder)}
                self._in_the_way |= found - self._then.files.keys() - self._now.files.keys() - set(self._tracked)


def _as_spelled_anyhow(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def survey_data(
    project: Project,
    tree: Repository,
    objects: Objects,
    commits: tuple[str, str],
    tracked: Collection[str] | None,
    on_progress: OnProgress = no_progress,
) -> DataChange:
    """Compare the data of two commits with a work tree that has the first one's; nothing is changed.

    `tracked` are the files that git has there, unchanged; None: a new work tree, which has no data.
    """
    settings = replace(project.dvc, git_root=tree.work_tree)
    config = data_config(project)
    stores = Stores(settings)
    head, then = (read_pointers(objects, commit, config) for commit in commits)
    left_out = missing_imports(then, settings, stores)
    after = read_data_tree(without(then, left_out), settings, stores, ask=True)
    check_caches(after, objects, tree.work_tree, commits[0])
    if tracked is None:
        change = DataChange(now=DataTree(pointers=head), then=after, write=after.files)
    else:
        before = read_data_tree(without(head, left_out), settings, stores, ask=False)
        change = DataSurvey(tree.work_tree, before, after, tracked).inspect(settings)
    return replace(change, missing=missing_objects(after, change.write, on_progress), left_out=left_out)


def data_config(project: Project) -> Config:
    """Return the configuration by which data moves: all of the repository, for none of it may be lost, or a model's."""
    return Config(only=project.config.only) if project.config.folder else project.config


def missing_objects(then: DataTree, paths: Iterable[str], on_progress: OnProgress) -> dict[NeededObject, str]:
    """Return the objects of these files that are missing or damaged in the cache, each with a path that needs it."""
    wanted: dict[NeededObject, str] = {body: path for path, body in then.directories.items()}
    for path in paths:
        wanted.setdefault(then.files[path], path)
    missing = {}
    for done, (each, path) in enumerate(wanted.items()):
        on_progress("reading the cache", done, len(wanted))
        if not then.cache_of(path).holds(each.layout, each.oid):
            missing[each] = path
    return missing


def no_change(commit: str) -> DataChange:
    """Return the change that moves no data."""
    empty = DataTree(pointers=PointerSet(commit=commit))
    return DataChange(now=empty, then=empty)


# Imported data: available without its source, or left out


def missing_imports(pointers: PointerSet, settings: DvcSettings, stores: Stores) -> tuple[Out, ...]:
    """Return the imported outs that neither the cache nor this repository's own remote has completely."""
    foreign = tuple(out for out in pointers.outs if out.origin is not Origin.OWN and out.cache)
    if not foreign:
        return ()
    tree = read_data_tree(replace(pointers, outs=foreign), settings, stores, ask=True)
    return tuple(out for out in foreign if not _can_be_had(out, tree))


def without(pointers: PointerSet, outs: Collection[Out]) -> PointerSet:
    """Return the pointers without these outs."""
    gone = {_identity(out) for out in outs}
    return replace(pointers, outs=tuple(out for out in pointers.outs if _identity(out) not in gone))


def left_out(outs: Collection[Out]) -> tuple[LeftOut, ...]:
    """Return the outs that the user can fetch with DVC, which runs what their sources configure; each with the command."""
    found = []
    for out in outs:
        where = "another repository (dvc import)" if out.origin is Origin.IMPORT else "another URL (dvc import-url)"
        why = f"it comes from {where}" + (", and its pointer has no hash to verify it" if out.oid is None else "")
        found.append(LeftOut(path=out.path, reason=why, help=command_line("dvc", "pull", names=(out.pointer,))))
    return tuple(found)


def left_out_here(outs: Collection[Out]) -> tuple[str, ...]:
    """Return a sentence for each out that is left out, for the notes of a rollback."""
    return tuple(f"{each.path} is left out here: {each.reason}: {each.help}" for each in left_out(outs))


def _can_be_had(out: Out, tree: DataTree) -> bool:
    if out.path in tree.unlisted:
        return False
    needed = [tree.files[path] for path in tree.files if path == out.path or path.startswith(f"{out.path}/")]
    needed += [tree.directories[out.path]] if out.path in tree.directories else []
    cache = tree.caches[out.subrepo]
    missing = [each for each in dict.fromkeys(needed) if not cache.holds(each.layout, each.oid)]
    return all(_is_there(each, tree) for each in missing)


def _is_there(wanted: NeededObject, tree: DataTree) -> bool:
    origin: tuple[CachedStore, ObjectKey] | None = tree.origins.get(wanted)
    if origin is None or origin[0].store is None:
        return False
    try:
        return origin[1] in origin[0].store.find([origin[1]])
    except Unknown:
        return False


def _identity(out: Out) -> tuple[str, str | None, str]:
    return out.path, out.oid, out.pointer
