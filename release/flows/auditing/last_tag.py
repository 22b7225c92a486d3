"""Warning before tags are deleted: data that no other tag needs. Reads only git and the local cache."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress

from release.core.locate import PointerSet
from release.core.pointer import Entry, ObjectKey, Out
from release.core.tag_changes import orphans
from release.core.tags import TagRef
from release.core.text import many, size
from release.dvc.pointers import PointerReader
from release.dvc.stores import Stores
from release.engine.project import Project
from release.errors import ReleaseError
from release.git.objects import Objects


def last_tag_warning(project: Project, gone: Collection[str], tags: Mapping[str, TagRef]) -> str | None:
    """Return a sentence with the bytes that lose their last tag; None if none do, as far as this clone knows."""
    commits = dict.fromkeys(tags[name].commit_id for name in gone if tags[name].commit_id)
    left = dict.fromkeys(tag.commit_id for name, tag in tags.items() if name not in gone and tag.commit_id)
    doomed_commits = [commit for commit in commits if commit and commit not in left]
    if not doomed_commits:
        return None
    with Objects(project.repository.git) as objects:
        reader = PointerReader(objects)
        wanted = [*doomed_commits, *(commit for commit in left if commit)]
        reader.prefetch(wanted, project.config)
        doomed = list(_sets(project, reader, doomed_commits))
        kept = list(_sets(project, reader, (commit for commit in left if commit)))
    outs = [out for each in doomed for out in each.outs]
    if not outs:
        return None
    others = [out for each in kept for out in each.outs]
    same = {out.oid for out in others}
    differing = [out for out in outs if out.oid not in same]
    listings, sizes = _known(project, doomed, differing, others)
    found = orphans(differing, others, listings, sizes)
    if not found.objects:
        return None
    most = "" if found.exact else "up to "
    return (
        f"{most}{size(found.size_bytes)} in {many(found.objects, 'object')} lose their last tag: "
        "`dvc gc -T` may delete them for good"
    )


def _sets(project: Project, reader: PointerReader, commits: Iterable[str]) -> Iterable[PointerSet]:
    for commit in commits:
        with suppress(ReleaseError):  # the commit is not here, or its pointers cannot be read
            yield reader.read(commit, project.config)


def _known(
    project: Project, sets: Iterable[PointerSet], differing: Iterable[Out], others: Iterable[Out]
) -> tuple[dict[str, tuple[Entry, ...]], dict[str, int]]:
    """Return listings and sizes (bytes) by object id, as far as the local cache has them."""
    roots = {root: blob for each in sets for root, blob in each.roots.items()}
    cache = Stores(project.dvc).cache(roots)
    listings: dict[str, tuple[Entry, ...]] = {}
    sizes: dict[str, int] = {}
    differing = list(differing)
    paths = {out.path for out in differing}
    directories = [out for out in (*differing, *(out for out in others if out.path in paths)) if out.is_dir]
    for out in directories:
        key = ObjectKey("", out.layout.value, out.oid or "")
        entries = None if key.oid in listings else cache.listing(key)
        if entries is not None:
            listings[key.oid] = entries
    for out in differing:
        for entry in listings.get(out.oid or "", ()):
            path = cache.path_of(ObjectKey("", out.layout.value, entry.oid))
            if path is not None:
                sizes[entry.oid] = path.stat().st_size
    return listings, sizes
