"""Matching of gates to metrics: by a key, `file:key`, or a glob of either."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from msgspec import Struct

from release.core.linear_match import LinearPattern
from release.core.metrics.deltas import candidates
from release.core.metrics.metric import ValueFile
from release.core.path_glob import matches_any

# Signs with a meaning in keys are escaped inside a name; for matching, each escape becomes one character that no text
# contains.
_ESCAPES = {"\\\\": "\ufdd0", "\\.": "\ufdd1", "\\[": "\ufdd2", "\\]": "\ufdd3"}
_ESCAPE = re.compile(r"\\[\\.\[\]]")
_WRITTEN = str.maketrans({sign: escape for escape, sign in _ESCAPES.items()})
_NAME_SIGN = r"[^.\[\]]"


class Meant(Struct, frozen=True):
    """A metric that a gate matches; `captured` is the text of each wildcard of its key."""

    file: str
    key: str
    captured: tuple[str, ...] = ()


def exact(pattern: str, files: Sequence[ValueFile], folder: str = "") -> tuple[Meant, ...]:
    """Return the metrics that a gate names in full; more than one if several files have the key.

    The file of `file:key` is relative to `folder` (that of the configuration) or to the git root.
    """
    found = candidates(pattern, files) or (candidates(f"{folder}/{pattern}", files) if folder else ())
    return tuple(_split(identity, files) for identity in found)


def is_glob(pattern: str) -> bool:
    """Return True if the pattern has a wildcard: `*`, `?` or `**`; a backslash before it escapes it."""
    return bool(re.search(r"(?<!\\)(?:\\\\)*[*?]", pattern))


def matching(pattern: str, files: Iterable[ValueFile], folder: str = "") -> Iterator[Meant]:
    """Yield the metrics that a glob matches. `*` stays within one name of a key or path, `**` crosses them."""
    splits = [(pattern[: found.start()], pattern[found.end() :]) for found in re.finditer(":", pattern)]
    for file in files:
        inside = file.path.removeprefix(f"{folder}/") if folder else file.path
        rights = (right for left, right in splits if matches_any(file.path, [left]) or matches_any(inside, [left]))
        globs = [_compiled(glob) for glob in (pattern, *rights)]
        for key in file.values:
            found = (glob.groups(_packed(key)) for glob in globs)
            captured = next((each for each in found if each is not None), None)
            if captured is not None:
                yield Meant(file.path, key, tuple([text.translate(_WRITTEN) for text in captured]))


def filled(pattern: str, captured: Sequence[str]) -> str | None:
    """Return a key whose wildcards are replaced by captured text, None if their numbers differ.

    A pattern without wildcards is returned as it is.
    """
    parts = re.split(r"(?<!\\)(?:\*\*|\*|\?)", pattern)
    if len(parts) == 1:
        return pattern
    if len(parts) != len(captured) + 1:
        return None
    return "".join(text for pair in zip(parts, (*captured, ""), strict=True) for text in pair)


def _split(identity: str, files: Sequence[ValueFile]) -> Meant:
    for file in files:
        key = identity[len(file.path) + 1 :]
        if identity.startswith(f"{file.path}:") and key in file.values:
            return Meant(file.path, key)
    raise AssertionError("an identity comes from one of the files")


def _packed(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPES[found[0]], text) if "\\" in text else text


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> LinearPattern[str]:
    pattern = _packed(pattern)
    text, at = "", 0
    while at < len(pattern):
        if pattern[at] == "\\" and pattern[at + 1 : at + 2] in ("*", "?"):
            text, at = text + re.escape(pattern[at + 1]), at + 2
        elif pattern.startswith("**", at):
            text, at = text + "(.*)", at + 2
        elif pattern[at] in "*?":
            text, at = text + f"({_NAME_SIGN}{'*' if pattern[at] == '*' else ''})", at + 1
        else:
            text, at = text + re.escape(pattern[at]), at + 1
    return LinearPattern(re.compile(text, re.DOTALL))
