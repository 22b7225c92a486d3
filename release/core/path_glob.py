"""Path patterns of the configuration: `archive/**`, `*.csv`, `notebooks/?.ipynb`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from release.core.linear_match import LinearPattern


def matches_any(path: str, patterns: Iterable[str]) -> bool:
    """Return True if a path with `/`, or a folder above it, matches one of the patterns."""
    return any(_compiled(pattern).match(path) for pattern in patterns)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> LinearPattern[str]:
    """Compile a pattern: `*` and `?` stay within one name, `**` crosses folders; a match includes all below it."""
    text, at = "", 0
    pattern = pattern.strip("/")
    while at < len(pattern):
        if pattern.startswith("**/", at):
            text, at = text + "(?:.*/)?", at + 3
        elif pattern.startswith("**", at):
            text, at = text + r".*", at + 2
        elif pattern[at] == "*":
            text, at = text + r"[^/]*", at + 1
        elif pattern[at] == "?":
            text, at = text + r"[^/]", at + 1
        else:
            text, at = text + re.escape(pattern[at]), at + 1
    return LinearPattern(re.compile(rf"{text}(?:/|\Z)", re.DOTALL))
