"""Reports of `release changelog`."""

from __future__ import annotations

import difflib
from enum import Enum

from msgspec import Struct

from release.core.tags.tag import TagRef


class EntrySource(Enum):
    """Sources of an entry, as printed."""

    FILE = "file"
    TAG = "tag"  # releases made with `--at` or `--no-commit` have it in the tag's message
    WRITTEN = "written"  # generated from the commits
    DRAFTED = "drafted"  # draft of the next release


class EntryReport(Struct, frozen=True, kw_only=True):
    """An entry as Markdown.

    `tag` and `version` None: the entry of the next release (`text` "": nothing to release). `broken` are tags that
    cannot be read: one of them may be the true previous release.
    """

    tag: str | None
    version: str | None
    text: str
    source: EntrySource
    broken: tuple[TagRef, ...] = ()


class RebuildReport(Struct, frozen=True, kw_only=True):
    """The file before and after (None: no file); `added` are the tags whose entries were missing, newest first."""

    path: str
    before: bytes | None
    after: bytes | None
    added: tuple[str, ...]
    written: bool

    @property
    def changed(self) -> bool:
        """True if any entry was missing."""
        return self.before != self.after

    @property
    def diff(self) -> str:
        """The difference in the format of `diff -u`."""
        old, new = ((data or b"").decode("utf-8", "replace").splitlines() for data in (self.before, self.after))
        rows = difflib.unified_diff(old, new, f"a/{self.path}", f"b/{self.path}", lineterm="")
        return "".join(f"{row}\n" for row in rows)
