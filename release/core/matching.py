"""Path patterns (`*`, `?`, `**`) that match in linear time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import Struct

_FEW_STEPS = 50_000  # up to this many, `re` is used, which is ten times faster on harmless patterns
_MANY_STEPS = 10_000_000  # take about a second


class Wildcard(Struct, frozen=True):
    """A part of a pattern for at least `least` characters that are not in `without`, or for just one.

    `folders`: with the slash after it, or for nothing at all, as `**/`.
    """

    without: str = ""
    least: int = 0
    one: bool = False
    folders: bool = False

    @property
    def expression(self) -> str:
        """The part as a regular expression."""
        if self.folders:
            return "(?:.*/)?"
        signs = f"[^{re.escape(self.without)}]" if self.without else "."
        return f"({signs}{'' if self.one else '+' if self.least else '*'})"


class LinearPattern:
    """Texts and wildcards, one after the other; behind them the text ends, or one of the characters `before` comes."""

    def __init__(self, parts: Sequence[str | Wildcard], before: str = "") -> None:
        self._parts = tuple(parts)
        self._before = before
        text = "".join(re.escape(part) if isinstance(part, str) else part.expression for part in parts)
        self._re = re.compile(rf"{text}(?:[{before}]|\Z)" if before else rf"{text}\Z", re.DOTALL)
        self._loops = sum(not isinstance(part, str) and not part.one for part in parts)  # the power of the length

    def match(self, text: str, steps: int = _FEW_STEPS) -> bool:
        """Return True if it matches from the beginning of the text; by `re` if that takes at most so many steps."""
        if self._steps(text) <= steps:
            return self._re.match(text) is not None
        return self._match_by_positions(text)

    def groups(self, text: str) -> tuple[str, ...]:
        """Return the texts of the wildcards; none if there is no match, or if looking for them may take a second."""
        found = self._re.match(text) if self._steps(text) <= _MANY_STEPS else None
        return () if found is None else found.groups()

    def _steps(self, text: str) -> float:
        return len(text) ** self._loops if self._loops < 100 else float("inf")

    def _match_by_positions(self, text: str) -> bool:
        """Follow all positions at once, as the bits of a number. Bit 3: a match can go on before character 3."""
        at: dict[str, int] = {}
        for position, sign in enumerate(text):
            at[sign] = at.get(sign, 0) | 1 << position
        end, here = 1 << len(text), 1
        for part in self._parts:
            if isinstance(part, str):
                for sign in part:
                    here = (here & at.get(sign, 0)) << 1
                continue
            signs = end - 1 - sum(at.get(sign, 0) for sign in set(part.without))
            if part.one or part.least:
                here = (here & signs) << 1
            # The carry of the addition moves each position to the end of its run of such characters.
            further = here if part.one else here | (signs + (here & signs) ^ signs)
            here = here | (further & at.get("/", 0)) << 1 if part.folders else further
        return bool(here & (end | sum(at.get(sign, 0) for sign in self._before)))


# Path patterns of the configuration: `archive/**`, `*.csv`, `notebooks/?.ipynb`

_PART = re.compile(r"\*\*/|\*\*|.", re.DOTALL)
_WILDCARDS = {
    "**/": Wildcard(folders=True),
    "**": Wildcard(),
    "*": Wildcard(without="/"),
    "?": Wildcard(without="/", one=True),
}


def matches_any(path: str, patterns: Iterable[str]) -> bool:
    """Return True if a path with `/`, or a folder above it, matches one of the patterns."""
    return any(_compiled(pattern).match(path) for pattern in patterns)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> LinearPattern:
    """Compile a pattern: `*` and `?` stay within one name, `**` crosses folders; a match includes all below it."""
    return LinearPattern([_WILDCARDS.get(part, part) for part in _PART.findall(pattern.strip("/"))], before="/")
