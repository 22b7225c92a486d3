"""The real `dvc pull` in a clean room, and its result compared with the pointers, byte for byte."""

from __future__ import annotations

import json
import os
import posixpath
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from release.core.audit_rules import needs_on
from release.core.pointer import ObjectKey, Out
from release.core.text import OnProgress
from release.dvc.dvc_config import DvcSettings
from release.dvc.stores import LocalCache, Stores
from release.dvc.tracked import compare_tracked_data
from release.system.files import read_file, write_file
from release.system.room import CleanRoom

# Not `-m`: Python would import modules of the restored tree. `-I` alone would not find packages of the user's site.
_DVC = "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1)); from dvc.cli import main; sys.exit(main())"
_LOCAL = ".dvc/config.local"


class Restored(Struct, frozen=True, kw_only=True):
    """The restored data: sizes by object, as its files have them, and a sentence for each out that is not right."""

    sizes: Mapping[ObjectKey, int]
    files: int
    faults: tuple[str, ...]


class Pull(Struct, frozen=True, kw_only=True):
    """A pull of outs in a room, whose tree has their commit.

    `roots` maps DVC roots to their `.dvc/config`, `folders` remotes that are a folder relative to the clone to that folder.
    `everything`: DVC needs no targets, because it would pull just these outs.
    """

    room: CleanRoom
    outs: Sequence[Out]
    roots: Mapping[str, bytes]
    folders: Mapping[str, str]
    everything: bool

    @property
    def cache(self) -> Path:
        """The folder of the cache, for all DVC roots."""
        return self.room.folder / "dvc" / "cache"

    def set_up(self) -> dict[str, bytes | None]:
        """Point DVC to the private cache, and return the files that this replaced by path (None: there was none)."""
        lines = [
            "[cache]",
            f"    dir = {self.cache}",
            '    type = "reflink,copy"',
            "[core]",
            f"    site_cache_dir = {self.room.environment['DVC_SITE_CACHE_DIR']}",
            *(
                line
                for name, place in self.folders.items()
                for line in (f"['remote \"{name}\"']", f"    url = {place}")
            ),
        ]
        before = {
            path: read_file(self.room.tree, path) for path in (posixpath.join(root, _LOCAL) for root in self.roots)
        }
        for path, data in before.items():
            write_file(self.room.tree, path, "".join(f"{line}\n" for line in lines).encode(), before=data)
        return before

    def take_back(self, before: Mapping[str, bytes | None]) -> None:
        """Restore the files that `set_up` replaced."""
        for path, data in before.items():
            if data is None:
                (self.room.tree / path).unlink(missing_ok=True)
            else:
                write_file(self.room.tree, path, data, before=read_file(self.room.tree, path))

    def run(self, verb: str, on_line: Callable[[str], None]) -> int:
        """Run `dvc fetch` or `dvc pull` in each DVC root with data; return the first exit code that is not 0."""
        path = json.dumps([folder for folder in sys.path if posixpath.isabs(folder)])
        for root in dict.fromkeys(out.subrepo for out in self.outs):
            here = [out.path for out in self.outs if out.subrepo == root]
            targets = () if self.everything else [os.path.relpath(each, root or ".") for each in here]
            words = [sys.executable, "-I", "-c", _DVC, path, verb, *(["--", *targets] if targets else [])]
            code = self.room.run(words, self.room.tree / root, on_line)
            if code:
                return code
        return 0

    def unsafe_listings(self) -> list[str]:
        """Return the paths of fetched directories whose listing is damaged, or has a path outside of them."""
        cache = LocalCache([self.cache])
        return [out.path for out in self.outs if _is_directory(out) and cache.listing(_key(out)) is None]

    def compare(self, stores: Stores, on_progress: OnProgress) -> Restored:
        """Read every restored file and compare it with its pointer. `stores` say which remotes keep versions."""
        fresh = {**self.room.environment, "DVC_SITE_CACHE_DIR": str(self.room.folder / "unused")}  # no remembered hash
        settings = DvcSettings(git_root=self.room.tree, environment=fresh)
        differences, present = compare_tracked_data(
            self.room.tree, self.outs, dvc=settings, roots=self.roots, on_progress=on_progress
        )
        faults = {each.out.path: f"{each.out.path} is not what its pointer says" for each in differences}
        cache, sizes, files = LocalCache([self.cache]), dict[ObjectKey, int](), set[str]()
        there = {out.path for out in present}
        for out in self.outs:
            entries = (cache.listing(_key(out)) or ()) if _is_directory(out) else ()
            if out.path not in there and not (_is_directory(out) and not entries):
                faults.setdefault(out.path, f"{out.path} was not restored")
                continue
            remote = stores.remote_of(out, self.roots[out.subrepo])
            versions = remote is not None and remote.version_aware
            for need in needs_on(out, "", version_aware=versions, entries=entries):
                listing = cache.directory_body(need.key) if need.path == out.path and _is_directory(out) else None
                size = _size(self.room.tree / need.path) if listing is None else len(listing)
                if size is None:
                    faults.setdefault(out.path, f"{need.path} was not restored")
                else:
                    sizes[need.key] = size
                    files |= {need.path} if listing is None else set()
        return Restored(sizes=sizes, files=len(files), faults=tuple(faults.values()))


def _is_directory(out: Out) -> bool:
    return out.is_dir and out.oid is not None and not out.cloud


def _key(out: Out) -> ObjectKey:
    return ObjectKey("", out.layout.value, out.oid or "")


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None
