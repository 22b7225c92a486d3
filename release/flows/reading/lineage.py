"""Inputs of a commit's stages compared with the commit, read from git objects only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from release.core.lineage import Seen, StaleStage, param_files, paths_to_see, stale_stages
from release.core.locate import PointerSet
from release.core.metric_files import parse_params
from release.core.pointer import Entry, Layout, listing_oid
from release.dvc.contents import hash_pieces
from release.git.objects import LINK_MODE, SUBMODULE_MODE, ObjectMissing, Objects, TreeEntry

_MOST_FILES = 10_000  # of a folder; a larger one is left out
_LFS = b"version https://git-lfs.github.com/spec/"


def read_lineage(objects: Objects, tree: str, pointers: PointerSet) -> tuple[StaleStage, ...]:
    """Return the stages whose outs were not made from the commit's data, code and parameters.

    `tree` is the id of the commit's tree.
    """
    if not any(stage.name for stage in pointers.stages):
        return ()
    seen = {path: found for path in paths_to_see(pointers) if (found := _see(objects, tree, path)) is not None}
    params = {file: _document(objects, entry) for file in param_files(pointers) if (entry := objects.entry(tree, file))}
    return stale_stages(pointers, seen, params)


def _see(objects: Objects, tree: str, path: str) -> Seen | None:
    """Return what git has at a path; None if it cannot be compared (links, submodules, git-lfs, huge folders)."""
    entry = objects.entry(tree, path)
    if entry is None:
        return Seen(None)
    try:
        if not entry.is_tree:
            found = _hashes(objects, entry)
            return None if found is None else Seen(found)
        return _see_folder(objects, entry)
    except ObjectMissing:
        return None


def _see_folder(objects: Objects, folder: TreeEntry) -> Seen | None:
    listed: list[Entry] = []
    for entry in objects.walk(folder.id):
        found = _hashes(objects, entry, raw=True)
        if found is None or len(listed) == _MOST_FILES:
            return None
        listed.append(Entry(entry.path, next(iter(found))))
    return Seen(frozenset([listing_oid(listed)]), len(listed))


def _hashes(objects: Objects, entry: TreeEntry, *, raw: bool = False) -> frozenset[str] | None:
    """Return the MD5s (hex) that a file may have in a work tree: unchanged, with CRLF line ends, and as DVC 2 hashes it.

    Only the first if `raw`. None for a link, a submodule or a git-lfs pointer.
    """
    if entry.mode in (LINK_MODE, SUBMODULE_MODE):
        return None
    data = objects.read(entry.id)
    if data.startswith(_LFS):
        return None
    plain = hashlib.md5(data, usedforsecurity=False).hexdigest()
    if raw:
        return frozenset([plain])
    dos = hashlib.md5(data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), usedforsecurity=False).hexdigest()
    return frozenset([plain, dos, hash_pieces([data], Layout.LEGACY, lambda _: None)])


def _document(objects: Objects, entry: TreeEntry) -> Mapping[str, Any] | None:
    """Return a parameter file's document; None if it cannot be read here."""
    try:
        return parse_params(entry.path, objects.read(entry.id))
    except ObjectMissing:
        return None
