"""Paths of a commit resolved through symbolic links, as in a checkout of it."""

from __future__ import annotations

from release.adapters.git.objects import TREE_MODE, Objects, TreeEntry

_MOST_LINKS = 40  # as in Linux


def followed(objects: Objects, tree: str, path: str) -> TreeEntry | None:
    """Return the entry at `path` below a tree, links followed; its path is the resolved one.

    None if nothing is there, or a link leads out of the tree or in a circle. Raises ObjectMissing.
    """
    folders, names = [tree], [""]
    waiting, links = path.split("/")[::-1], 0
    while waiting:
        part = waiting.pop()
        if part == "..":
            if len(folders) == 1:
                return None
            folders.pop()
            names.pop()
        elif part not in ("", "."):
            found = next((entry for entry in objects.tree(folders[-1]) if entry.path == part), None)
            if found is None:
                return None
            if found.is_link:
                links += 1
                target = objects.read(found.id).decode("utf-8", "surrogateescape")
                if links > _MOST_LINKS or target.startswith("/"):
                    return None
                waiting += target.split("/")[::-1]
            elif found.is_tree:
                folders.append(found.id)
                names.append(f"{names[-1]}{part}/")
            else:
                return None if waiting else TreeEntry(found.mode, names[-1] + part, found.id)
    return TreeEntry(TREE_MODE, names[-1].removesuffix("/"), folders[-1])
