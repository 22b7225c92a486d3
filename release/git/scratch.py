"""Scratch store and index: a release is prepared there, where no ref names its objects."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from msgspec import Struct, field

from release.core.limits import MAX_DOCUMENT_BYTES
from release.core.metric_files import SUFFIXES
from release.core.pointer import POINTER_NAMES
from release.core.tag_message import Signed
from release.errors import Refused
from release.git.objects import Objects, TreeEntry
from release.git.process import Git
from release.git.repository import Repository, copy_index
from release.git.signatures import run_signing, sign_tag

FILE_MODE = "100644"


class Makers(Struct, frozen=True, kw_only=True):
    """Author and committer (`Name <email> seconds zone`, as git resolved them), and which of commit and tag are signed."""

    author: str
    committer: str
    signed: Signed = field(default_factory=Signed)


class Scratch(AbstractContextManager["Scratch"]):
    """A private folder with its own object store, which has the repository's store as its alternate.

    `git` reads both stores and writes only to the private one. The folder is deleted when the context ends.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self.folder = Path(tempfile.mkdtemp(prefix="release-"))
        (self.folder / "objects").mkdir()
        self.git: Git = repository.git.having(
            GIT_OBJECT_DIRECTORY=str(self.folder / "objects"),
            GIT_ALTERNATE_OBJECT_DIRECTORIES=_quoted(repository.object_dir),
        )

    @property
    def _private(self) -> Git:
        """Git with temporary files in the folder: leftovers of a killed git or signing program are deleted with it."""
        return self.git.having(TMPDIR=str(self.folder))

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            shutil.rmtree(self.folder, ignore_errors=True)
        except KeyboardInterrupt:
            shutil.rmtree(self.folder, ignore_errors=True)
            if kind is not None:  # completed work stays completed: re-raise only if something failed already
                raise

    def blobs(self, contents: Mapping[str, bytes]) -> dict[str, str]:
        """Write files' bytes unfiltered; returns blob ids by path."""
        if not contents:
            return {}
        sources = []
        for number, data in enumerate(contents.values()):
            source = self.folder / f"file-{number}"
            source.write_bytes(data)
            sources.append(str(source))
        names = "\n".join(sources).encode("utf-8", "surrogateescape") + b"\n"
        ids = self.git.run("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=names).text.split("\n")
        return dict(zip(contents, ids, strict=True))

    def tree(self, objects: Objects, base: str, blobs: Mapping[str, str], modes: Mapping[str, str]) -> str:
        """Write a copy of the tree `base` with the blobs at their paths; returns its id."""
        here: dict[str, TreeEntry] = {entry.path: entry for entry in objects.tree(base)} if base else {}
        below: dict[str, dict[str, str]] = {}
        for path, blob in blobs.items():
            name, slash, rest = path.partition("/")
            if slash:
                below.setdefault(name, {})[rest] = blob
            else:
                here[name] = TreeEntry(modes.get(path, FILE_MODE), name, blob)
        for name, inner in below.items():
            inner_modes = {rest: modes[f"{name}/{rest}"] for rest in inner if f"{name}/{rest}" in modes}
            old = here[name].id if name in here and here[name].is_tree else ""
            here[name] = TreeEntry("40000", name, self.tree(objects, old, inner, inner_modes))
        lines = b"".join(_tree_line(entry) for entry in here.values())
        return self.git.run("mktree", "-z", stdin=lines).text

    def commit(self, tree: str, parent: str, message: str, by: Makers) -> str:
        """Create a commit object with one parent and return its id. Raises SigningFailed.

        Runs no hook: see docs/adr/0004.
        """
        git = self._private.having(GIT_AUTHOR_DATE=_date(by.author), GIT_COMMITTER_DATE=_date(by.committer))
        words, text = ("commit-tree", tree, "-p", parent), message.encode("utf-8")
        return (run_signing(git, *words, "-S", stdin=text) if by.signed.commit else git.run(*words, stdin=text)).text

    def tag(self, commit: str, name: str, message: str, by: Makers) -> str:
        """Create an annotated tag object and return its id; git checks its format. Raises SigningFailed."""
        text = f"object {commit}\ntype commit\ntag {name}\ntagger {by.committer}\n\n{message.rstrip()}\n"
        data = text.encode("utf-8", "surrogateescape")
        if by.signed.tag:
            return sign_tag(self._private, self._repository.settings, self.folder, data)
        return self.git.run("mktag", stdin=data).text


def _date(identity: str) -> str:
    """Return the date in git's raw form, for the environment of a child."""
    return "@" + identity.rsplit("> ", 1)[1]


def _quoted(path: Path) -> str:
    """Quote a path for a colon-separated list, where git takes C-style quotes."""
    text = str(path)
    if ":" in text or text.startswith('"'):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text


def _tree_line(entry: TreeEntry) -> bytes:
    kind = {"40000": "tree", "160000": "commit"}.get(entry.mode, "blob")
    return f"{entry.mode.zfill(6)} {kind} {entry.id}\t{entry.path}\0".encode("utf-8", "surrogateescape")


# The work tree's pointer and value files as a private commit, in a private index and object store

_FILES = tuple(f":(glob)**/{name}" for name in (*POINTER_NAMES, ".dvcignore", ".dvc/config"))


def commit_work_tree(repository: Repository, scratch: Scratch, head: str, values: Iterable[str]) -> str:
    """Commit HEAD's tree with pointer and value files as on disk, including new ones that git does not ignore.

    `values` are HEAD's value files, some of which have no usual suffix.
    Returns the id of a commit in the scratch store. Raises Refused while a merge has conflicts.
    """
    index = copy_index(repository, scratch.folder)
    git = scratch.git.having("core.safecrlf=false", GIT_INDEX_FILE=str(index), GIT_OPTIONAL_LOCKS="1")
    if not index.exists():
        git.run("read-tree", head)
    other = (f":(top,literal){path}" for path in values if not path.lower().endswith(SUFFIXES))
    specs = (*_FILES, *(f":(glob)**/*{suffix}" for suffix in SUFFIXES), *other)
    tracked = git.run("ls-files", "-z", "--cached", "--", *specs).out
    new = git.run("ls-files", "-z", "--others", "--exclude-standard", "--", *specs).out.split(b"\0")
    small = [name for name in new if name and _is_small(repository.work_tree, name)]
    names = b"".join(name + b"\0" for name in (*filter(None, tracked.split(b"\0")), *small))
    git.run("update-index", "--add", "--remove", "-z", "--stdin", stdin=names)
    written = git.run("write-tree", ok=range(256))
    if written.code:
        raise Refused(f"the index has conflicts: {written.error_text}", help="git status   (and resolve them)")
    author = {f"GIT_{who}_{what}": "release" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return git.having(**author).run("commit-tree", written.text, "-p", head, stdin=b"work tree\n").text


def _is_small(work_tree: Path, name: bytes) -> bool:
    """Return whether an untracked file is small enough for a pointer or value file: large ones are data."""
    try:
        return os.lstat(os.path.join(os.fsencode(work_tree), name)).st_size <= MAX_DOCUMENT_BYTES  # noqa: PTH118  bytes
    except OSError:
        return False
