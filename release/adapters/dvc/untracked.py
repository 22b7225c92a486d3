"""Pointer files of the work tree that git does not track: a release would not contain them."""

from __future__ import annotations

import posixpath
from contextlib import suppress
from pathlib import Path

from release.adapters.dvc.ignored import Ignored
from release.adapters.dvc.roots import root_of
from release.core.pointers.pointer import POINTER_NAMES, is_pointer
from release.errors import Refused
from release.git.repository import Repository
from release.system.files import read_file

_PATTERNS = tuple(f":(glob)**/{name}" for name in POINTER_NAMES)


def untracked_pointers(repository: Repository, folder: str) -> tuple[str, ...]:
    """Return pointer paths below the configuration's folder ("": everywhere), sorted.

    Files that git or DVC ignores are left out. Git does not search other repositories inside the work tree,
    submodules included.
    """
    git = repository.git
    listing = git.run(  # with a limit: git itself can take for ever over a pattern of .gitignore
        "ls-files", "--others", "--exclude-standard", "-z", "--", *_PATTERNS, limit_s=git.ask_limit_s
    )
    found = (path for path in listing.out.decode("utf-8", "surrogateescape").split("\0") if path)
    below = [path for path in found if path.startswith(f"{folder}/" if folder else "") and is_pointer(path)]
    return tuple(sorted(path for path in below if _is_seen_by_dvc(repository.work_tree, path)))


def _is_seen_by_dvc(work_tree: Path, path: str) -> bool:
    above, names = [""], posixpath.dirname(path).split("/")
    if ".dvc" in names:  # DVC looks for no pointers in that folder
        return False
    for name in filter(None, names):
        above.append(f"{above[-1]}{name}/")
    ignored: dict[str, bytes] = {}
    for folder in above:
        with suppress(Refused):
            ignored[folder] = read_file(work_tree, f"{folder}.dvcignore") or b""
    roots = {folder.removesuffix("/") for folder in above if (work_tree / folder / ".dvc").is_dir()}
    return not Ignored(ignored).hides(path, root_of(path, roots) or "")
