"""Objects of a release in the repository's store, protected from `git gc` until a ref reaches them."""

from __future__ import annotations

from pathlib import Path

from release.adapters.git.process import Git
from release.adapters.git.repository import Repository
from release.errors import Refused

DURABLE = ("core.fsync=objects,reference,index", "core.fsyncMethod=fsync")


def keep_objects(scratch: Git, repository: Repository, ids: tuple[str, ...], *, base: str, mark: str) -> None:
    """Move the objects that `ids` reach and `base` does not into the store, as one fsynced pack.

    The pack's `.keep` file holds `mark`. Raises Refused, GitFailed.
    """
    git = repository.git.having(*DURABLE)
    wanted = "\n".join((*ids, f"^{base}")).encode() + b"\n"
    pack = scratch.run("pack-objects", "--revs", "--stdout", "-q", stdin=wanted)
    git.run("index-pack", "--stdin", f"--keep={mark}", stdin=pack.out)
    check = git.run("cat-file", "--batch-check=%(objectname)", stdin="\n".join(ids).encode() + b"\n").text.split("\n")
    lost = [line.split()[0] for line in check if line.endswith(" missing")]
    if lost:
        raise Refused(f"objects {', '.join(lost)} did not reach the repository", help="git fsck --full")


def drop_keep(repository: Repository, mark: str, since: float) -> None:
    """Remove our `.keep` files; the packs stay, for git's gc. Files of others stay, too.

    A file that is younger than `since` (seconds) and holds only the beginning of the mark is ours: the disk was full.
    """
    for keep in keep_files(repository):
        text = keep.read_text("utf-8", "replace").strip()
        if text == mark or (mark.startswith(text) and keep.stat().st_mtime >= since):
            keep.unlink(missing_ok=True)


def keep_files(repository: Repository) -> list[Path]:
    """Return every `.keep` file of the store."""
    return sorted((repository.object_dir / "pack").glob("pack-*.keep"))
