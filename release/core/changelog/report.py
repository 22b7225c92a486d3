"""What `release changelog` answers, as values."""

from __future__ import annotations

import difflib
from enum import Enum

from msgspec import Struct

from release.core.tags.tag import TagRef


class EntrySource(Enum):
    """Where an entry comes from; public words."""

    FILE = "file"
    TAG = "tag"  # a release made with `--at` or `--no-commit` has it in the tag's message
    WRITTEN = "written"  # anew, from what the commits say
    DRAFTED = "drafted"  # of no release yet


class EntryReport(Struct, frozen=True, kw_only=True):
    """An entry as Markdown; `tag` and `version` None: the one that comes next (`text` "": nothing is unreleased).

    `broken` are tags that cannot be read: with one of them the release before may be another.
    """

    tag: str | None
    version: str | None
    text: str
    source: EntrySource
    broken: tuple[TagRef, ...] = ()


class RebuildReport(Struct, frozen=True, kw_only=True):
    """The file before and after (None: not there); `added` are the tags whose entries were missing, newest first."""

    path: str
    before: bytes | None
    after: bytes | None
    added: tuple[str, ...]
    written: bool

    @property
    def changed(self) -> bool:
        """Whether anything was missing."""
        return self.before != self.after

    @property
    def diff(self) -> str:
        """The difference as `diff -u` shows it."""
        old, new = ((data or b"").decode("utf-8", "replace").splitlines() for data in (self.before, self.after))
        rows = difflib.unified_diff(old, new, f"a/{self.path}", f"b/{self.path}", lineterm="")
        return "".join(f"{row}\n" for row in rows)
