"""Regular expressions matched in linear time. Pure.

Patterns come from repositories that may be hostile: `*a*a*a*b` makes `re` try every way to share out a
name among its stars. Here the set of all positions that a part of the pattern can end at is kept, as the
bits of one number, so nothing is tried twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, AnyStr, Generic

try:
    from re import _parser as parser  # type: ignore[attr-defined]  # the parser of `re` itself
except ImportError:  # Python 3.10
    import sre_parse as parser  # type: ignore[import-not-found,no-redef,unused-ignore]

_FEW_STEPS = 50_000  # what `re` may cost at most where it is used, for it is ten times faster on harmless patterns
_FLAGS = re.UNICODE | re.DOTALL | re.MULTILINE
_NESTED = 100
_SINGLE = frozenset({parser.LITERAL, parser.NOT_LITERAL, parser.ANY, parser.IN, parser.AT, parser.FAILURE})


class NotLinear(ValueError):
    """The expression has a part that no set of positions can stand for: looking around, back references, case."""


class LinearPattern(Generic[AnyStr]):
    """A compiled expression in the place of `re.Pattern`. All that is done with it raises NotLinear."""

    def __init__(self, compiled: re.Pattern[AnyStr]) -> None:
        if compiled.flags & ~_FLAGS:
            raise NotLinear(compiled.pattern)
        self._re: re.Pattern[AnyStr] = compiled
        self._nodes = list(parser.parse(compiled.pattern, compiled.flags))
        self._stars = _stars(self._nodes)

    def match(self, text: AnyStr) -> bool:
        """Whether it matches at the beginning of the text, as `re.Pattern.match` tells."""
        if self._is_harmless(text):
            return self._re.match(text) is not None
        return _Text(text, self._re.flags).after(self._nodes, 1) != 0

    def groups(self, text: AnyStr) -> tuple[AnyStr, ...] | None:
        """What the groups of a sequence stand for if it matches the whole text; the first ones get the most."""
        if self._is_harmless(text):
            found = self._re.fullmatch(text)
            return None if found is None else found.groups()
        inner, ends = _Text(text, self._re.flags), [1]
        for node in self._nodes:
            ends.append(inner.after([node], ends[-1]))
        at, found_groups = len(text), []
        if not ends[-1] >> at & 1:
            return None
        for node, before in zip(reversed(self._nodes), reversed(ends[:-1]), strict=True):
            start = inner.last_start(node, before, at)
            if node[0] is parser.SUBPATTERN and node[1][0] is not None:
                found_groups.append(text[start:at])
            at = start
        return tuple(reversed(found_groups))

    def _is_harmless(self, text: AnyStr) -> bool:
        return self._stars < 2 or len(text) ** self._stars <= _FEW_STEPS


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
        """Where a sequence can end that begins at one of the positions."""
        for op, argument in nodes:
            here = self._step(op, argument, here)
        return here

    def last_start(self, node: Any, starts: int, end: int) -> int:
        """The last of the positions from which a part of the sequence reaches `end`."""
        while True:
            start = starts.bit_length() - 1
            if self.after([node], 1 << start) >> end & 1:
                return start
            starts ^= 1 << start

    def _step(self, op: Any, argument: Any, here: int) -> int:
        signs = self._signs(op, argument)
        if signs is not None:
            return (here & signs) << 1
        if op in (parser.MAX_REPEAT, parser.MIN_REPEAT):
            least, most, nodes = argument
            return self._repeat(least, most, nodes, here)
        if op is parser.SUBPATTERN:
            _, added, dropped, nodes = argument
            if not added and not dropped:
                return self.after(nodes, here)
        if op is parser.BRANCH:
            return _union(self.after(nodes, here) for nodes in argument[1])
        if op is parser.AT:
            return here & self._place(argument)
        if op in (parser.ASSERT_NOT, parser.FAILURE):  # `(?!)`, which nothing matches
            return 0
        raise NotLinear(str(op))

    def _signs(self, op: Any, argument: Any) -> int | None:
        """Where a character is that the node stands for; None if it does not stand for one."""
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
        if op is parser.RANGE:
            low, high = argument
            return _union(places for sign, places in self._at.items() if low <= sign <= high)
        raise NotLinear(str(op))

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
        if signs is not None:  # adding carries each position to the end of its run of such characters
            return here | (signs + (here & signs) ^ signs)
        reached, new = here, here
        while new:
            new = self.after(nodes, new) & ~reached
            reached |= new
        return reached

    def _place(self, where: Any) -> int:
        if where is parser.AT_BEGINNING_STRING or (where is parser.AT_BEGINNING and not self._flags & re.MULTILINE):
            return 1
        if where is parser.AT_END_STRING:
            return 1 << self._length
        if where is parser.AT_END and not self._flags & re.MULTILINE:
            last = self._at.get(ord("\n"), 0) & 1 << max(self._length - 1, 0)
            return 1 << self._length | last
        raise NotLinear(str(where))


def _union(sets: Iterable[int]) -> int:
    found = 0
    for each in sets:
        found |= each
    return found


def _stars(nodes: Iterable[Any]) -> int:
    """How many repetitions without end can share out one text; one inside another counts for very many."""
    found = 0
    for op, argument in nodes:
        if op in (parser.MAX_REPEAT, parser.MIN_REPEAT):
            inner = _stars(argument[2])
            endless = argument[1] is parser.MAXREPEAT
            found += 1 + inner * _NESTED if endless else inner * argument[1] + (argument[1] > argument[0])
        elif op is parser.SUBPATTERN:
            found += _stars(argument[3])
        elif op is parser.BRANCH:
            found += sum(_stars(each) for each in argument[1])
        elif op not in _SINGLE and not (op is parser.ASSERT_NOT and not argument[1]):
            raise NotLinear(str(op))
    return found
