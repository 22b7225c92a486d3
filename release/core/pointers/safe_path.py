"""Rule for paths where DVC, and every command here, may write or delete data. Pure.

File systems may fold case, normalise Unicode, drop characters or know short names, so every spelling of a folder
counts. Sources: git's `verify_path` (read-cache.c), `is_hfs_dotgit` (utf8.c) and `is_ntfs_dotgit` (path.c).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_RESERVED = re.compile(r"[/\\](?:\.(git|dvc|hg)|(git|dvc|hg)~1)[ .]*[/\\:]", re.IGNORECASE)
_NO_NAME = re.compile(r"/\.{0,2}/|[/\\]\.\.[/\\]")  # an empty part, `.` or `..`; Windows takes `\` for `/`
_NAMES = {"g": ".git", "d": ".dvc", "h": ".hg"}
_BETWEEN = "/\0/"
_HINTS = ("/.", "//", "~1", "\\")  # every unsafe path contains one of them


def why_unsafe(path: str) -> str | None:
    """Return the reason why no data may be at a path (with `/`) below a folder, None if it may."""
    try:
        text = f"/{_as_disks_see_it(path)}/"
    except UnicodeEncodeError:
        return "it is not text that can name a file"
    if "\0" in text:
        return "it has a NUL in it"
    if text.startswith("//"):
        return "it is absolute" if path else "it is empty"
    if _NO_NAME.search(text):
        return "it has an empty part, `.` or `..` in it"
    folder = reserved_folder(path)
    return None if folder is None else f"a part of it is {folder}, where no data may lie"


def reserved_folder(path: str) -> str | None:
    """Return which of `.git`, `.dvc` and `.hg` a path goes into, in whatever spelling; None if into none."""
    found = _RESERVED.search(f"/{_as_disks_see_it(path)}/")
    return None if found is None else _NAMES[(found[1] or found[2])[0].lower()]


def first_unsafe(paths: Sequence[str]) -> str | None:
    """Return the first unsafe path, None if all are safe. Checks all paths as one text, for speed."""
    try:
        text = _as_disks_see_it(f"/{_BETWEEN.join(paths)}/")
    except UnicodeEncodeError:
        text = "//"
    hinted = any(hint in text for hint in _HINTS)
    if text.count("\0") == max(len(paths) - 1, 0) and not (
        hinted and (_NO_NAME.search(text) or _RESERVED.search(text))
    ):
        return None
    return next((path for path in paths if why_unsafe(path) is not None), None)


def _as_disks_see_it(path: str) -> str:
    """Return the path as file systems compare it; like HFS+ it drops invisible characters (category Cf).

    Raises UnicodeEncodeError if it is not text.
    """
    if path.isascii():
        return path
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    for char in set(text):
        if unicodedata.category(char) == "Cf":
            text = text.replace(char, "")
    return unicodedata.normalize("NFKC", text)
