"""A git repository: its folders, its configuration, and the state of its work tree."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from release.core.secrets import forms_of
from release.core.tags import ChangedFile, WorkTreeState
from release.core.text import command_line, quote
from release.errors import Refused, UsageError
from release.git.process import Git

OLDEST_GIT = (2, 34)
_WHERE = ("--show-toplevel", "--git-dir", "--git-common-dir", "--is-shallow-repository")


class NotARepository(UsageError):
    """No git repository with a work tree here."""

    section = "not-a-repository"


class Settings(Struct, frozen=True):
    """Git's configuration in force; names are lower case except for the subsection, as git lists them."""

    values: Mapping[str, tuple[str | None, ...]]

    def last(self, name: str) -> str | None:
        """Return the value in force; None if not set (a key without `=` counts as "true")."""
        found = self.values.get(name)
        if not found:
            return None
        return "true" if found[-1] is None else found[-1]

    def every(self, name: str) -> tuple[str, ...]:
        """Return all values of a list-like key, in order."""
        return tuple("true" if value is None else value for value in self.values.get(name, ()))

    def flag(self, name: str) -> bool:
        """Return a boolean, read as git does; False if not set."""
        value = self.last(name)
        return value is not None and value.lower() not in ("false", "no", "off", "0", "")

    def named(self, pattern: str) -> tuple[str, ...]:
        """Return the keys that match a regular expression as a whole."""
        return tuple(name for name in self.values if re.fullmatch(pattern, name))

    @property
    def remotes(self) -> tuple[str, ...]:
        """The names of the configured remotes, in order."""
        return tuple(name[len("remote.") : -len(".url")] for name in self.named(r"remote\..+\.url"))

    def push_urls(self, remote: str) -> tuple[str, ...]:
        """Return the URLs that a push to a remote goes to, in order."""
        return self.every(f"remote.{remote}.pushurl") or self.every(f"remote.{remote}.url")

    def addresses(self, remote: str) -> tuple[str, ...]:
        """Return the one push URL of a remote as it is written, and as `url.<base>.insteadOf` turns it; () for several."""
        written = self.push_urls(remote)
        if len(written) != 1:
            return ()
        pairs = ((name, start) for name in self.named(r"url\..+\.insteadof") for start in self.every(name))
        fitting = [(start, name) for name, start in pairs if written[0].startswith(start)]
        start, name = max(fitting, key=lambda each: len(each[0]), default=("", ""))
        base = name[len("url.") : -len(".insteadof")]
        return (*written, base + written[0][len(start) :]) if fitting else written

    @property
    def promisor(self) -> str | None:
        """The remote with the missing objects of a partial clone; None in other clones."""
        named = (name for name in self.named(r"remote\..+\.promisor") if self.flag(name))
        first = next((name[len("remote.") : -len(".promisor")] for name in named), None)
        return self.last("extensions.partialclone") or first

    @property
    def secrets(self) -> tuple[str, ...]:
        """Passwords and tokens in URLs and server headers, in every form in which a server may send them back."""
        pairs = []
        for name, values in self.values.items():
            for value in filter(None, values):
                header, _, said = value.partition(":")
                if name.endswith(".extraheader") and re.search("auth|cookie|key|token", header, re.IGNORECASE):
                    pairs += [pair for word in said.split()[-1:] for pair in (("", word), _decoded(word))]
                elif name.startswith(("remote.", "url.", "http.")) and "://" in f"{name} {value}":
                    pairs += [*_userinfo(name), *_userinfo(value)]
        found = [(user, secret) for user, secret in pairs if secret]
        return forms_of((secret for _, secret in found), (user for user, _ in found))


_SHORTEST_TOKEN = 16  # of a user name that may be a token


def _userinfo(text: str) -> Iterator[tuple[str, str]]:
    """Yield user and secret of the URL in a text; a token may be in the place of the user."""
    found = re.search(r"\w+://([^/\s]+)@", text)
    user, _, password = found[1].partition(":") if found else ("", "", "")
    yield user, password
    if len(user) >= _SHORTEST_TOKEN:
        yield "", user


def _decoded(word: str) -> tuple[str, str]:
    """Return user and password of a base64 word of a header; empty if it is not base64."""
    from base64 import b64decode  # few configurations have such a header

    try:
        user, _, password = b64decode(word, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return user, password


class Repository(Struct, frozen=True, kw_only=True):
    """A work tree with its repository; `git` runs at the top of the work tree.

    `common_dir` is shared by linked worktrees, `git_dir` belongs to this one.
    """

    git: Git
    work_tree: Path
    git_dir: Path
    common_dir: Path
    shallow: bool
    settings: Settings

    @property
    def object_dir(self) -> Path:
        """The folder of the objects."""
        return self.common_dir / "objects"


def open_repository(git: Git) -> Repository:
    """Open the repository around the folder of `git`. Raises NotARepository, or UsageError if git is too old."""
    if not git.folder.is_dir():
        raise UsageError(f"folder {git.folder} does not exist", help="name a folder that exists with -C")
    with ExitStack() as stack:
        return _opened(git, stack)


def _opened(git: Git, stack: ExitStack) -> Repository:
    version = git.start("version")
    where = git.start("rev-parse", "--path-format=absolute", *_WHERE)
    listing = git.start("config", "--list", "-z")
    for running in (version, where, listing):
        stack.callback(running.stop)  # no process is left behind if one of them fails
    _check_version(version.finish().text)
    found = where.finish(ok=range(256))
    settings = parse_settings(listing.finish(ok=range(256)).out)
    lines = found.text.split("\n")
    if found.code:
        raise _not_here(git, found.error_text)
    if len(lines) != len(_WHERE):  # a path contains a newline
        lines = [git.run("rev-parse", "--path-format=absolute", word).text for word in _WHERE]
    git = git.never_asking(settings.last("core.sshcommand"), settings.last("ssh.variant"))
    git = replace(git, promisor=settings.promisor, secrets=settings.secrets)
    return Repository(
        git=git.at(Path(lines[0])),
        work_tree=Path(lines[0]),
        git_dir=Path(lines[1]),
        common_dir=Path(lines[2]),
        shallow=lines[3] == "true",
        settings=settings,
    )


def parse_settings(listing: bytes) -> Settings:
    """Parse the output of `git config --list -z`."""
    values: dict[str, tuple[str | None, ...]] = {}
    for item in listing.split(b"\0"):
        if item:
            name, has_value, value = item.decode("utf-8", "surrogateescape").partition("\n")
            values[name] = (*values.get(name, ()), value if has_value else None)
    return Settings(values)


def _check_version(text: str) -> None:
    match = re.search(r"(\d+)\.(\d+)", text)
    if match and (int(match[1]), int(match[2])) < OLDEST_GIT:
        wanted = ".".join(map(str, OLDEST_GIT))
        raise UsageError(
            f"{text} is too old: release needs git {wanted} or newer",
            help=f"install git {quote(wanted)} or newer",
            section="git",
        )


def _not_here(git: Git, words: str) -> UsageError:
    if "dubious ownership" in words:
        return NotARepository(
            f"git does not trust {git.folder}: it belongs to another user",
            help=command_line("git", "config", "--global", "--add", "safe.directory", str(git.folder)),
        )
    if "work tree" in words:
        return NotARepository(
            f"{git.folder} has no work tree (a bare repository)",
            help=f"{command_line('git', 'clone', names=(str(git.folder), 'FOLDER'))}   (and run it there)",
        )
    if "not a git repository" not in words:  # git failed earlier: a configuration error, or a variable
        return NotARepository(
            f"git opens no repository in {git.folder}: {words}",
            help=command_line("git", "-C", str(git.folder), "status"),
        )
    return NotARepository(
        f"{git.folder} is not in a git repository", help="git init   (starts one here; or change to a folder of one)"
    )


# State of HEAD, index and work tree, read through a private copy of the index

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
    import shutil  # not needed by commands that only read

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
            f"git could not list the changes here: {words}",
            help=command_line("git", "-C", str(git.folder), "status"),
            section="git",
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


def filtered_paths(git: Git, paths: Sequence[str]) -> tuple[str, ...]:
    """Return those of the paths that a `filter=` attribute rewrites (git-lfs, git-crypt)."""
    if not paths:
        return ()
    names = "".join(f"{path}\0" for path in paths).encode("utf-8", "surrogateescape")
    listing = git.run("check-attr", "-z", "--stdin", "filter", stdin=names)
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
