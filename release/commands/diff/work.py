"""Work of `release diff`: metrics, parameters, data and models, including files inside directories."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from release.core.diff import Diff, Side, changes_inside
from release.core.gates import compared_metrics
from release.core.locate import PointerSet
from release.core.metric_deltas import compare_params
from release.core.pointer import Entry, Layout, ObjectKey, Out, PointerChange, pointer_changes
from release.dvc.pointers import read_pointers
from release.dvc.stores import CachedStore, LocalCache, Stores
from release.engine.project import Access, Project
from release.engine.tag_reading import find_revision
from release.engine.values import CachedMetrics, ReadValues, find_values, read_values, unread
from release.git.objects import Objects
from release.git.refs import subjects_since
from release.git.scratch import Scratch, commit_work_tree


def diff(project: Project, first: str, second: str | None, access: Access = Access.ALL) -> Diff:
    """Compare `first` with `second` (None: the work tree). Changes nothing. Raises UsageError if one is no commit."""
    git = project.repository.git
    label, commit = find_revision(project, first)
    before = Side(label=label, commit=commit)
    with Scratch(project.repository) as scratch, Objects(scratch.git) as objects:
        if second is None:
            _, head = find_revision(project, "HEAD")
            after, read_at = Side(label="work tree", commit=head, work_tree=True), ""
            values = [path for found in find_values(objects, head, project.config) for path in found.paths]
            read_at = commit_work_tree(project.repository, scratch, head, values)
        else:
            name, read_at = find_revision(project, second)
            after = Side(label=name, commit=read_at)
        cached = CachedMetrics(project, access)
        config = project.config
        sides = [
            (read_values(objects, each, config, cached), read_pointers(objects, each, config))
            for each in (commit, read_at)
        ]
    inside = _Inside(project, [pointers for _, pointers in sides], access)
    commits = subjects_since(git, after.commit, before.commit)
    return _compared(project, (before, after), sides, inside, commits)


def _compared(
    project: Project,
    ends: tuple[Side, Side],
    sides: list[tuple[ReadValues, PointerSet]],
    inside: _Inside,
    commits: tuple[tuple[str, str], ...],
) -> Diff:
    config = project.config
    (old, was), (new, now) = sides
    pointers = _with_files(pointer_changes(was.outs, now.outs), was, now, inside)
    unread_values = [
        f"{end.label}: {said}" for end, each in zip(ends, (old, new), strict=True) for said in unread(each)
    ]
    problems = [problem.message for each in (was, now) for problem in each.problems]
    return Diff(
        before=ends[0],
        after=ends[1],
        metrics=compared_metrics(config, old.metrics, new.metrics),
        params=compare_params(old.params, new.params),
        pointers=pointers,
        commits=commits,
        behind=len(subjects_since(project.repository.git, ends[0].commit, ends[1].commit)),
        notes=tuple(dict.fromkeys((*old.notes, *new.notes, *unread_values, *problems, *inside.notes))),
    )


def _with_files(
    changes: Iterable[PointerChange], was: PointerSet, now: PointerSet, inside: _Inside
) -> tuple[PointerChange, ...]:
    """Add after each directory that differs its files that differ."""
    old, new = ({out.path: out for out in each.outs} for each in (was, now))
    pairs = [(change, old.get(change.path), new.get(change.path)) for change in changes]
    listed = {
        change.path: [inside.entries(out, each) for out, each in ((before, was), (after, now))]
        for change, before, after in pairs
        if _is_dir(before) or _is_dir(after)
    }
    inside.measure(list(listed.values()))
    found: list[PointerChange] = []
    for change, _, _ in pairs:
        found.append(change)
        first, second = listed.get(change.path, (None, None))
        if first is not None and second is not None:
            found += changes_inside(change.path, first, second, inside.sizes)
    return tuple(found)


def _is_dir(out: Out | None) -> bool:
    return out is not None and (out.is_dir or any(entry.relpath for entry in out.cloud))


@dataclass(slots=True)
class _Inside:
    """The files of directories: from the local cache, else from the remote if it may be contacted."""

    project: Project
    sets: list[PointerSet]
    access: Access
    sizes: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    stores: Stores = field(init=False)
    cache: LocalCache = field(init=False)
    where: dict[str, CachedStore | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stores = Stores(self.project.dvc)
        self.cache = self.stores.cache({root: blob for each in self.sets for root, blob in each.roots.items()})

    def entries(self, out: Out | None, pointers: PointerSet) -> tuple[Entry, ...] | None:
        """Return the files of a directory out; none if it is absent or no directory; None if unknown."""
        if out is None or not _is_dir(out):
            return ()
        if out.cloud:
            self.sizes |= {each.md5: each.size_bytes for each in out.cloud if each.md5 and each.size_bytes is not None}
            return tuple(Entry(each.relpath, each.md5 or each.version_id or "") for each in out.cloud)
        key = ObjectKey("", out.layout.value, out.oid or "")
        found = self.cache.listing(key)
        everywhere = self.access is Access.ALL
        store = self.stores.holding(out, pointers.roots[out.subrepo]) if everywhere else None
        if found is None and store is not None:
            found = store.list_directory(ObjectKey(store.identity, key.layout, key.oid), self.cache).entries
        if found is None:
            why = "its directory object is not available" if everywhere else "only its directory object has them"
            self.notes.append(f"the files of {out.path} ({(out.oid or '')[:7]}) are unknown: {why}")
        else:
            self.where |= {entry.oid: store for entry in found}
        return found

    def measure(self, listed: list[list[tuple[Entry, ...] | None]]) -> None:
        """Find the sizes (bytes) of the files that differ: from the cache, else with one query to each store."""
        for pair in listed:
            first, second = pair
            if first is None or second is None:
                continue
            differing = {entry.oid for entry in set(first) ^ set(second)}
            for oid in differing - self.sizes.keys():
                path = self.cache.path_of(ObjectKey("", Layout.MD5.value, oid)) or self.cache.path_of(
                    ObjectKey("", Layout.LEGACY.value, oid)
                )
                store = self.where.get(oid)
                if path is not None:
                    self.sizes[oid] = path.stat().st_size
                elif store is not None:
                    keys = (ObjectKey(store.identity, layout.value, oid) for layout in (Layout.MD5, Layout.LEGACY))
                    store.wanted.update(dict.fromkeys(keys))
        for store in self.stores.asked():
            store.ask()
            self.sizes |= {
                key.oid: stored.size_bytes for key, stored in store.found.items() if stored.size_bytes is not None
            }
