"""Repository paths and git configuration, read with as few processes as possible."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from release.adapters.git.process import Git
from release.core.secrets import forms_of
from release.core.shell import command_line, quote
from release.errors import UsageError

OLDEST_GIT = (2, 34)
_WHERE = ("--show-toplevel", "--git-dir", "--git-common-dir", "--is-shallow-repository")


class NotARepository(UsageError):
    """No git repository with a work tree here."""


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
        raise UsageError(f"there is no folder {git.folder}", help="release -C DIR: name a folder that exists")
    with ExitStack() as stack:
        return _opened(git, stack)


def _opened(git: Git, stack: ExitStack) -> Repository:
    version = git.start("version")
    where = git.start("rev-parse", "--path-format=absolute", *_WHERE)
    listing = git.start("config", "--list", "-z")
    for running in (version, where, listing):
        stack.callback(running.stop)  # no process is left behind if one of them fails
    git = replace(git, version=_checked_version(version.finish().text))
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


def _checked_version(text: str) -> tuple[int, int]:
    match = re.search(r"(\d+)\.(\d+)", text)
    version = (int(match[1]), int(match[2])) if match else OLDEST_GIT
    if version < OLDEST_GIT:
        wanted = ".".join(map(str, OLDEST_GIT))
        raise UsageError(
            f"{text} is too old: release needs git {wanted} or newer", help=f"install git {quote(wanted)} or newer"
        )
    return version


def _not_here(git: Git, words: str) -> UsageError:
    if "dubious ownership" in words:
        return NotARepository(
            f"git does not trust {git.folder}: it belongs to another user",
            help=command_line("git", "config", "--global", "--add", "safe.directory", str(git.folder)),
        )
    if "work tree" in words:
        return NotARepository(
            f"{git.folder} has no work tree (a bare repository)",
            help=f"{command_line('git', 'clone', names=(str(git.folder), 'FOLDER'))}, and run it there",
        )
    if "not a git repository" not in words:  # git failed earlier: a configuration error, or a variable
        return NotARepository(
            f"git opens no repository in {git.folder}: {words}",
            help=command_line("git", "-C", str(git.folder), "status"),
        )
    return NotARepository(f"{git.folder} is not in a git repository", help="cd into one, or start one with: git init")
