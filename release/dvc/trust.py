"""The user's trust in a repository's `.dvc/config`, and facts about it from this clone and its history.

Trusted pairs come from the variable RELEASE_TRUST (lines of `key=value`, for CI) and from a file of the user
outside the repository, which `release config --trust` writes.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import re
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from release.core.remotes import Pair, parse_pair, trust_command
from release.core.text import command_line
from release.errors import Refused, ReleaseError, Unknown
from release.git.objects import Objects
from release.git.process import Git

VARIABLE = "RELEASE_TRUST"
_OBJECT = re.compile(r"/[0-9a-f]{2}/[0-9a-f]{30}(\.dir)?$")  # an object in a cache, or in a store that is a folder
_MOST_VERSIONS = 1_000  # of one .dvc/config; with more, the history counts as unknown


class Untrusted(Unknown):
    """A program, file or place in a commit that the user has not trusted."""

    section = "data-on-remote"


def untrusted(remote: str, pairs: Collection[Pair]) -> Untrusted:
    """Return the error for a remote that is not queried before the user trusts these settings of the commit."""
    settings = [pair.key.rpartition(".")[2] for pair in pairs if not pair.is_place]
    places = [pair.value for pair in pairs if pair.is_place]
    why = []
    if settings:
        why.append(
            f"{', '.join(settings)} of the commit's .dvc/config {'is' if len(settings) == 1 else 'are'} not used"
        )
    if places:
        why.append(f"your credentials are not sent to {', '.join(places)}")
    return Untrusted(f"remote `{remote}`: until you trust it, {', and '.join(why)}", help=trust_command(pairs))


class Trust:
    """The user's trust in one repository; everything is read at the first query."""

    def __init__(self, git_root: Path, environment: Mapping[str, str]) -> None:
        self._top = git_root
        self._root = posixpath.realpath(git_root)
        self._environment = environment
        self._git = Git.from_environment(git_root, environment, on_terminal=False)

    def has(self, pair: Pair) -> bool:
        """Return whether the user trusts exactly this pair in this repository."""
        return pair in self._pairs

    def add(self, pairs: Collection[Pair]) -> Path:
        """Store pairs for this repository; returns the file. Raises Refused if it cannot be written."""
        file = self._file
        if file is None or self.is_inside(str(file)):
            raise Refused(
                "there is no folder outside this repository to store it in",
                help="set HOME or XDG_CONFIG_HOME to a folder outside the work tree",
            )
        lines = [
            json.dumps({"repository": self._repository, "key": pair.key, "value": pair.value}) + "\n"
            for pair in pairs
            if pair not in self._pairs
        ]
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as text:
                text.write("".join(lines))
        except OSError as error:
            raise Refused(
                f"{file} cannot be written: {error.strerror}", help=command_line("ls", "-ld", names=(str(file.parent),))
            ) from error
        return file

    def is_inside(self, path: str, *, of: str = "") -> bool:
        """Return whether a path, links followed, is in the work tree, or in its folder `of`."""
        top = posixpath.join(self._root, of) if of else self._root
        found = posixpath.realpath(posixpath.join(self._root, path))
        return found == top or found.startswith(f"{top}/")

    def can_bring(self, path: str) -> bool:
        """Return whether a clone can have put the file at a path: into this or another work tree, or as a DVC object.

        The program that reads a path may expand variables in it, so a path with one always counts. A home folder that
        is a repository does not make the files in it part of another work tree.
        """
        real = Path(posixpath.realpath(posixpath.join(self._root, path)))
        if "$" in path or self.is_inside(str(real)) or _OBJECT.search(str(real)):
            return True
        home = Path(posixpath.realpath(self._environment.get("HOME") or "/"))
        return any(posixpath.lexists(above / ".git") for above in real.parents if not home.is_relative_to(above))

    def is_the_clones(self, file: Path) -> bool:
        """Return whether a clone may have brought a file of the work tree, so that it is not the user's own.

        True if git tracks it, or its target, or a link or submodule above one of them. Only git at the top is queried,
        as a folder of the commit can look like a repository. True, too, if git cannot tell.
        """
        places = ((posixpath.abspath(file), posixpath.abspath(self._top)), (posixpath.realpath(file), self._root))
        for path, top in places:
            if not path.startswith(f"{top}/"):
                continue
            parts = path[len(top) + 1 :].split("/")
            above = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
            listed = self._git.run("--literal-pathspecs", "ls-files", "-z", "--", *above, ok=range(256))
            tracked = listed.out.decode("utf-8", "surrogateescape").split("\0")
            if listed.code or not set(above).isdisjoint(tracked):
                return True
        return False

    def versions(self, path: str) -> tuple[bytes, ...]:
        """Return each content that a file (path from the git root) has in any commit here; () if it is not known.

        All refs and their reflogs count: neither an unrelated branch nor a replaced one may pass for the only one.
        """
        try:
            if self._git.run("rev-parse", "--is-shallow-repository").text == "true":
                return ()
            words = (
                *("log", "-m", "--full-history", "--format=", "--raw", "-z", "--no-abbrev", "--no-renames"),
                *("--all", "--reflog", "HEAD"),
            )
            git = self._git.having("log.follow=false")
            raw = git.run("--literal-pathspecs", *words, "--", path).out
            lines = (line.split() for line in raw.split(b"\0") if line.startswith(b":"))
            ids = {id.decode() for line in lines for id in line[2:4]}  # old ids, too: `log.showRoot` can hide the root
            ids = {id for id in ids if id.strip("0")}
            if len(ids) > _MOST_VERSIONS:
                return ()
            with Objects(self._git) as objects:
                return tuple(objects.read(id) for id in sorted(ids))
        except (ReleaseError, OSError):
            return ()

    @cached_property
    def _repository(self) -> str:
        """The key of stored pairs: the folder that all worktrees share, and a hash of the URLs it was cloned from.

        Another repository that is cloned to the same folder later is not trusted. Hashed, as a URL may hold a secret.
        """
        folder = self._git.run("rev-parse", "--path-format=absolute", "--git-common-dir").text
        urls = self._git.run("config", "--local", "-z", "--get-regexp", r"^remote\..*\.url$", ok=(0, 1)).out
        return f"{folder} {hashlib.sha256(urls).hexdigest()[:16]}"

    @cached_property
    def _file(self) -> Path | None:
        base, home = (self._environment.get(name, "").strip() for name in ("XDG_CONFIG_HOME", "HOME"))
        if base and posixpath.isabs(base):
            return Path(base, "dvc-release", "trust.jsonl")
        usual = "Library/Application Support" if sys.platform == "darwin" else ".config"
        return Path(home, usual, "dvc-release", "trust.jsonl") if home else None

    @cached_property
    def _pairs(self) -> frozenset[Pair]:
        said = (parse_pair(line) for line in self._environment.get(VARIABLE, "").splitlines())
        return frozenset(pair for pair in said if pair is not None) | self._stored()

    def _stored(self) -> frozenset[Pair]:
        """Return the pairs of the user's file; a line that cannot be read is skipped."""
        found: set[Pair] = set()
        if self._file is None or self.is_inside(str(self._file)):
            return frozenset()
        with suppress(OSError, UnicodeDecodeError):
            for line in self._file.read_text("utf-8").splitlines():
                with suppress(ValueError, KeyError, TypeError):
                    row = json.loads(line)
                    if row["repository"] == self._repository:
                        found.add(Pair(str(row["key"]), str(row["value"])))
        return frozenset(found)
