"""What a commit's stages were made from, held against the commit; read from git objects only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from release.adapters.dvc.file_hash import hash_pieces
from release.adapters.git.objects import LINK_MODE, SUBMODULE_MODE, ObjectMissing, Objects, TreeEntry
from release.core.audit.lineage import Seen, StaleStage, param_files, paths_to_see, stale_stages
from release.core.documents.document import BadDocument, decode, load_json, load_toml
from release.core.documents.yaml_document import load_yaml
from release.core.pointers.dir_listing import Entry, listing_oid
from release.core.pointers.pointer import Layout
from release.core.pointers.pointer_set import PointerSet

# Keys have types, as in dvc.lock: equal values are equal.
_LOADERS: dict[str, Callable[[str], Any]] = {
    ".json": load_json,
    ".yaml": load_yaml,
    ".yml": load_yaml,
    ".toml": load_toml,
}
_MOST_FILES = 10_000  # of a folder; a larger one is left out
_LFS = b"version https://git-lfs.github.com/spec/"


def read_lineage(objects: Objects, tree: str, pointers: PointerSet) -> tuple[StaleStage, ...]:
    """The stages whose outs do not come from the commit's data, code and parameters; `tree` is the commit's."""
    if not any(stage.name for stage in pointers.stages):
        return ()
    seen = {path: found for path in paths_to_see(pointers) if (found := _see(objects, tree, path)) is not None}
    params = {file: _document(objects, entry) for file in param_files(pointers) if (entry := objects.entry(tree, file))}
    return stale_stages(pointers, seen, params)


def _see(objects: Objects, tree: str, path: str) -> Seen | None:
    """What git has at a path; None if that cannot be compared (links, submodules, git-lfs, huge folders)."""
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
    """The MD5s that a file may have had in a work tree: as it is, with DOS line ends, and as DVC 2 hashed it."""
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
    """A parameter file's content; None if it is in no format that is read here, or cannot be read."""
    load = _LOADERS.get(entry.path[entry.path.rfind(".") :].lower())
    if load is None:
        return None
    try:
        document = load(decode(objects.read(entry.id)))
    except (BadDocument, ObjectMissing):
        return None
    return document if isinstance(document, dict) else None
