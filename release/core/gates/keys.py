"""Which metrics a gate means: a key, `file:key`, or a glob of either."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from msgspec import Struct

from release.core.metrics.deltas import candidates
from release.core.metrics.metric import ValueFile
from release.core.path_glob import matches_any

_NAME_SIGN = r"(?:\\.|[^\\.\[\]])"  # one sign of a name in a key; those that build keys are escaped there


class Meant(Struct, frozen=True):
    """A metric that a gate means; `captured` is what each wildcard of its key stood for."""

    file: str
    key: str
    captured: tuple[str, ...] = ()


def exact(pattern: str, files: Sequence[ValueFile], folder: str = "") -> tuple[Meant, ...]:
    """The metrics that a gate names in full; more than one if several files have the key.

    The file of `file:key` is relative to `folder` (where the configuration lies) or to the git root.
    """
    found = candidates(pattern, files) or (candidates(f"{folder}/{pattern}", files) if folder else ())
    return tuple(_split(identity, files) for identity in found)


def is_glob(pattern: str) -> bool:
    """Whether a wildcard stands in it: `*`, `?` or `**`, a backslash before it makes it plain."""
    return bool(re.search(r"(?<!\\)(?:\\\\)*[*?]", pattern))


def matching(pattern: str, files: Iterable[ValueFile], folder: str = "") -> Iterator[Meant]:
    """The metrics that a glob fits. `*` stays within one name of a key or path, `**` crosses them."""
    splits = [(pattern[: found.start()], pattern[found.end() :]) for found in re.finditer(":", pattern)]
    for file in files:
        inside = file.path.removeprefix(f"{folder}/") if folder else file.path
        globs = [
            pattern,
            *(right for left, right in splits if matches_any(file.path, [left]) or matches_any(inside, [left])),
        ]
        for key in file.values:
            match = next((match for glob in globs if (match := _compiled(glob).fullmatch(key))), None)
            if match is not None:
                yield Meant(file.path, key, match.groups())


def filled(pattern: str, captured: Sequence[str]) -> str | None:
    """A key whose wildcards stand for what another's did; None if it has another number of them (none is fine)."""
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


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    text, at = "", 0
    while at < len(pattern):
        if pattern[at] == "\\" and at + 1 < len(pattern):
            plain = pattern[at + 1]
            text, at = text + (re.escape(plain) if plain in "*?" else re.escape(pattern[at : at + 2])), at + 2
        elif pattern.startswith("**", at):
            text, at = text + "(.*)", at + 2
        elif pattern[at] in "*?":
            text, at = text + f"({_NAME_SIGN}{'*' if pattern[at] == '*' else ''})", at + 1
        else:
            text, at = text + re.escape(pattern[at]), at + 1
    return re.compile(text, re.DOTALL)
