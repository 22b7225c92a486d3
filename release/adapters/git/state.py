"""State of HEAD, index and work tree, read through a private copy of the index."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from release.adapters.git.repository import Repository
from release.core.shell import command_line
from release.core.snapshot import ChangedFile, WorkTreeState
from release.errors import Refused

# Files that exist while an operation is under way; `git status` can be empty then.
_OPERATIONS = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply/applying": "am",
    "rebase-apply": "rebase",
    "BISECT_LOG": "bisect",
    "sequencer": "cherry-pick",
}


def copy_index(repository: Repository, folder: Path) -> Path:
    """Copy the index to a private file, which git may refresh and use for dry runs."""
    copy = folder / "index"
    index = repository.git_dir / "index"
    if index.exists():
        shutil.copyfile(index, copy)
        shutil.copystat(index, copy)  # git compares the index's time with the files' times
    return copy


def read_state(repository: Repository, index_copy: Path) -> WorkTreeState:
    """Run `git status`, which refreshes the copy and leaves the user's index alone."""
    git = repository.git.having(GIT_INDEX_FILE=str(index_copy), GIT_OPTIONAL_LOCKS="1")
    status = git.run(
        "status",
        "--porcelain=v2",
        "--branch",
        "-z",
        "--untracked-files=no",
        "--ignore-submodules=dirty",
        "--no-renames",
        ok=range(256),
    )
    if status.code:
        words = status.error_text.replace(str(index_copy), str(repository.git_dir / "index"))
        raise Refused(
            f"git cannot tell what is changed here: {words}", help=command_line("git", "-C", str(git.folder), "status")
        )
    commit = branch = None
    changed = []
    for item in status.out.decode("utf-8", "surrogateescape").split("\0"):
        if item.startswith("# branch.oid ") and not item.endswith("(initial)"):
            commit = item.split(" ", 2)[2]
        elif item.startswith("# branch.head "):
            branch = item.split(" ", 2)[2]
        elif item[:2] == "1 ":
            # "A" in the second column is an intent-to-add entry, which git also counts as a change
            changed.append(ChangedFile(path=item.split(" ", 8)[8], staged=item[2] != "."))
        elif item[:2] == "u ":
            changed.append(ChangedFile(path=item.split(" ", 10)[10], staged=True))
    return WorkTreeState(
        commit=commit,
        branch=None if branch == "(detached)" else branch,
        changed=tuple(changed),
        operation=next((word for name, word in _OPERATIONS.items() if (repository.git_dir / name).exists()), None),
        index_locked=os.path.lexists(repository.git_dir / "index.lock"),
    )


def hidden_paths(repository: Repository, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the paths whose changes git is set to ignore (skip-worktree, assume-unchanged)."""
    listing = repository.git.list_paths("ls-files", "-z", "-v", paths=paths)
    items = listing.decode("utf-8", "surrogateescape").split("\0")
    return tuple(item[2:] for item in items if item and (item[0].islower() or item[0] == "S"))


def filtered_paths(repository: Repository, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the paths that a `filter=` attribute rewrites (git-lfs, git-crypt)."""
    if not paths:
        return ()
    names = "".join(f"{path}\0" for path in paths).encode("utf-8", "surrogateescape")
    listing = repository.git.run("check-attr", "-z", "--stdin", "filter", stdin=names)
    fields = listing.out.decode("utf-8", "surrogateescape").split("\0")
    rows = zip(fields[0::3], fields[2::3], strict=False)
    return tuple(path for path, value in rows if value not in ("unspecified", "unset"))


def other_worktree_with(repository: Repository, branch_ref: str) -> str | None:
    """Return the folder of another worktree that has the branch checked out; None if there is none."""
    if not (repository.common_dir / "worktrees").is_dir():
        return None
    listing = repository.git.run("worktree", "list", "--porcelain").text
    for block in listing.split("\n\n"):
        lines = block.split("\n")
        folder = lines[0].removeprefix("worktree ")
        if f"branch {branch_ref}" in lines and Path(folder).resolve() != repository.work_tree.resolve():
            return folder
    return None


def head_ref(repository: Repository) -> str | None:
    """Return the full name of HEAD's branch; None if HEAD is detached."""
    result = repository.git.run("symbolic-ref", "--quiet", "HEAD", ok=(0, 1))
    return result.text if result.code == 0 else None
