"""Path patterns (`*`, `?`, `**`, sets) that match in linear time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, AnyStr, Generic

try:
    from re import _parser as parser  # type: ignore[attr-defined]  # the parser of `re` itself
except ImportError:  # Python 3.10
    import sre_parse as parser  # type: ignore[import-not-found,no-redef,unused-ignore]

_FEW_STEPS = 50_000  # per alternative; up to this many, `re` is used, which is ten times faster on harmless patterns
_FLAGS = re.UNICODE | re.DOTALL | re.MULTILINE
_ENDLESS = 100
_SINGLE = frozenset({parser.LITERAL, parser.NOT_LITERAL, parser.ANY, parser.FAILURE})
_LINE_PLACES = frozenset({parser.AT_BEGINNING, parser.AT_END})
_PLACES = frozenset({parser.AT_BEGINNING_STRING, parser.AT_END_STRING, *_LINE_PLACES})


class NotLinear(ValueError):
    """An expression with an unsupported part: lookaround, back references, ignoring case."""


class LinearPattern(Generic[AnyStr]):
    """A compiled expression, used instead of `re.Pattern`. Raises NotLinear."""

    def __init__(self, compiled: re.Pattern[AnyStr]) -> None:
        if compiled.flags & ~_FLAGS:
            raise NotLinear(compiled.pattern)
        self._re: re.Pattern[AnyStr] = compiled
        multiline = bool(compiled.flags & re.MULTILINE)
        self._nodes = _lists(parser.parse(compiled.pattern, compiled.flags), multiline=multiline)
        # Neither our patterns nor DVC's repeat a repetition: the stars of an alternative are the power of the length.
        self._stars = max(part.count("*") + part.count("+") for part in repr(compiled.pattern).split("|"))

    def match(self, text: AnyStr) -> bool:
        """Return True if it matches at the beginning of the text, like `re.Pattern.match`."""
        if self._is_harmless(text):
            return self._re.match(text) is not None
        return _places(text, self._re.flags).after(self._nodes, 1) != 0

    def groups(self, text: AnyStr) -> tuple[AnyStr, ...]:
        """Return the groups of a match; none if there is no match, or if looking for them may take a second."""
        found = self._re.match(text) if self._is_harmless(text, 10_000_000) else None
        return () if found is None else found.groups()

    def _is_harmless(self, text: AnyStr, steps: int = _FEW_STEPS) -> bool:
        return self._stars < _ENDLESS and len(text) ** self._stars <= steps


class _Text:
    """A text, as the positions of each of its characters. Bit 3 of a set: a match can go on before character 3."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._length = len(text)
        self._flags = flags
        self._at: dict[int, int] = {}
        for position, sign in enumerate(text if isinstance(text, bytes) else map(ord, text)):
            self._at[sign] = self._at.get(sign, 0) | 1 << position
        self._all = (1 << self._length) - 1

    def after(self, nodes: Iterable[Any], here: int) -> int:
        """Return the possible end positions of a sequence that begins at one of the positions `here`."""
        for op, argument in nodes:
            if not here:
                return 0
            here = (here & self._at.get(argument, 0)) << 1 if op is parser.LITERAL else self._step(op, argument, here)
        return here

    def _step(self, op: Any, argument: Any, here: int) -> int:
        signs = self._signs(op, argument)
        if signs is not None:
            return (here & signs) << 1
        if op in (parser.MAX_REPEAT, parser.MIN_REPEAT):
            least, most, nodes = argument
            return self._repeat(least, most, nodes, here)
        if op is parser.SUBPATTERN:
            return self.after(argument[3], here)
        if op is parser.BRANCH:
            return _union(self.after(nodes, here) for nodes in argument[1])
        return here & self._place(argument) if op is parser.AT else 0  # `(?!)` never matches

    def _signs(self, op: Any, argument: Any) -> int | None:
        """Return the positions of characters that the node matches; None if it does not match one character."""
        if op is parser.LITERAL:
            return self._at.get(argument, 0)
        if op is parser.NOT_LITERAL:
            return self._all & ~self._at.get(argument, 0)
        if op is parser.ANY:
            return self._all if self._flags & re.DOTALL else self._all & ~self._at.get(ord("\n"), 0)
        if op is not parser.IN:
            return None
        negated = argument[0][0] is parser.NEGATE
        found = _union(self._member(*item) for item in argument[negated:])
        return self._all & ~found if negated else found

    def _member(self, op: Any, argument: Any) -> int:
        if op is parser.LITERAL:
            return self._at.get(argument, 0)
        low, high = argument
        return _union(places for sign, places in self._at.items() if low <= sign <= high)

    def _repeat(self, least: int, most: Any, nodes: Any, here: int) -> int:
        for _ in range(least):
            here = self.after(nodes, here)
        if most is not parser.MAXREPEAT:
            reached = here
            for _ in range(most - least):
                here = self.after(nodes, here)
                reached |= here
            return reached
        signs = self._signs(*nodes[0]) if len(nodes) == 1 else None
        if signs is not None:  # the carry of the addition moves each position to the end of its run of such characters
            return here | (signs + (here & signs) ^ signs)
        reached, new = here, here
        while new:
            new = self.after(nodes, new) & ~reached
            reached |= new
        return reached

    def _place(self, where: Any) -> int:
        if where in (parser.AT_BEGINNING, parser.AT_BEGINNING_STRING):
            return 1
        last = self._at.get(ord("\n"), 0) & 1 << max(self._length - 1, 0) if where is parser.AT_END else 0
        return 1 << self._length | last


@lru_cache(maxsize=512)
def _places(text: str | bytes, flags: int) -> _Text:
    """Return the text's positions, cached because one path is matched with many patterns."""
    return _Text(text, flags)


def _lists(nodes: Iterable[Any], *, multiline: bool) -> list[Any]:
    """Convert the parser's tree to plain lists, which are faster to read. Raises NotLinear."""
    found: list[Any] = []
    for op, argument in nodes:
        inner, known = argument, True
        if op in (parser.MAX_REPEAT, parser.MIN_REPEAT):
            inner = (*argument[:2], _lists(argument[2], multiline=multiline))
        elif op is parser.SUBPATTERN and not argument[1] and not argument[2]:
            inner = (*argument[:3], _lists(argument[3], multiline=multiline))
        elif op is parser.BRANCH:
            inner = (None, [_lists(each, multiline=multiline) for each in argument[1]])
        elif op is parser.IN:
            known = all(kind in (parser.LITERAL, parser.RANGE, parser.NEGATE) for kind, _ in argument)
        elif op is parser.AT:
            known = argument in _PLACES and not (multiline and argument in _LINE_PLACES)
        else:
            known = op in _SINGLE or (op is parser.ASSERT_NOT and not argument[1])
        if not known:
            raise NotLinear(f"{op} {argument}")
        found.append((op, inner))
    return found


def _union(sets: Iterable[int]) -> int:
    found = 0
    for each in sets:
        found |= each
    return found


# Path patterns of the configuration: `archive/**`, `*.csv`, `notebooks/?.ipynb`


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
