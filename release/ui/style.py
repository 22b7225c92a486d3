"""Terminal style: colour, symbols, width."""

from __future__ import annotations

import math
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from itertools import zip_longest
from typing import NamedTuple, TypeVar

from release.core.text import columns_of, for_terminal, is_narrow

Row = TypeVar("Row")

_NARROWEST = 40
_FEWEST = 24  # columns of a text after an indent
_LENGTHS = (8, 6, 5, 4, 3, 2, 1)  # rows of each list on one screen


class Shade(Enum):
    """Colours by meaning, with their ANSI codes; colour emphasizes words and never replaces them."""

    GOOD = "32"
    DOUBTFUL = "33"
    BAD = "31"
    STRONG = "1"
    FAINT = "2"


class Style(NamedTuple):  # a struct would make `--help` load msgspec
    """A terminal's width in columns and its height (None: all is read, as in a file), and whether it shows colours.

    `whole`: no line is cut, because a file is written. `everything`: no line is left out (`--all`), or cut.
    """

    width: int = 80
    rows: int | None = None
    colour: bool = False
    whole: bool = False
    everything: bool = False

    @property
    def room(self) -> int:
        """Return the columns to fill: the terminal's width, but at least `_NARROWEST`."""
        return max(self.width, _NARROWEST)

    @property
    def span(self) -> int:
        """Return the columns at which a line is cut."""
        return sys.maxsize if self.whole or self.everything else self.room

    def cell(self, columns: int) -> int:
        """Return the columns at which a part of a line is cut that usually has at most `columns`."""
        return columns if self.span < sys.maxsize else sys.maxsize

    def most(self, rows: int) -> int:
        """Return the rows to show of a list that usually shows at most `rows`."""
        return sys.maxsize - 1 if self.everything else rows

    def paint(self, text: str, shade: Shade | None) -> str:
        """Return the text in its colour, or unchanged."""
        return f"\x1b[{shade.value}m{text}\x1b[0m" if self.colour and shade is not None else text


def plain(text: str) -> str:
    """Return text from outside on one line, with control characters and newlines escaped."""
    return for_terminal(text)


def short(text: str, room: int) -> str:
    """Cut the text at its end to `room` columns, with `...` for the missing part."""
    if columns_of(text) <= room:
        return text
    return f"{_cut(text, 0, max(room - 3, 1)).rstrip()}..."


def short_path(text: str, room: int) -> str:
    """Cut the text in its middle to `room` columns: both ends of a path matter most."""
    columns = columns_of(text)
    if columns <= room:
        return text
    keep = max(room - 3, 2)
    return f"{_cut(text, 0, keep // 2)}...{_cut(text, columns - (keep + 1) // 2, columns)}"


def pad(text: str, room: int, *, right: bool = False) -> str:
    """Fill the text with spaces to `room` columns."""
    blanks = " " * max(room - columns_of(text), 0)
    return blanks + text if right else text + blanks


def wrapped(text: str, style: Style, indent: int = 0) -> list[str]:
    """Break the text between words into lines that fit after `indent`; a longer word is cut in its middle, as a line is."""
    room = max(style.room - indent, _FEWEST)
    words = " ".join(short_path(word, style.cell(room)) for word in text.split(" "))
    if is_narrow(words):
        return textwrap.wrap(words, room, break_long_words=False, break_on_hyphens=False) or [""]
    from wcwidth import wrap

    return wrap(words, room, break_long_words=False, break_on_hyphens=False)


_HELP = re.compile(r" *(?:help|To (?:bring (?:it|them)|take that) back): ")
# Where a line may end: before a remark, after `&&` or `;`, before ", then".
_BREAK = r" (?=\s\s\()|(?<=&&) |(?<=;) |(?<=,) (?=then )"
_PART = re.compile(rf"""(?:'[^']*'|"(?:\\.|[^"\\])*"|(?!{_BREAK}).)+""")


def folded(line: str, style: Style) -> list[str]:
    """Return a line in one or more: a help line longer than the terminal is broken only where it can still be pasted."""
    if style.whole or _HELP.match(line) is None or columns_of(line) <= style.room:
        return [line]
    indent = len(line) - len(line.lstrip())
    rows: list[str] = []
    for part in map(str.strip, _PART.findall(line)):
        gap = "   " if part.startswith("(") else " "
        if rows and columns_of(rows[-1] + gap + part) <= style.room:
            rows[-1] += gap + part
        else:
            rows.append(f"{'':{indent + 6 if rows else indent}}{part}")
    return rows


def marked(word: str, shade: Shade, text: str, style: Style) -> list[str]:
    """Return a coloured word of at most seven letters, with a text beside it in as many lines as needed."""
    first, *more = wrapped(plain(text), style, 11)
    return [f"  {style.paint(pad(word, 7), shade)}  {first}", *(f"{'':11}{line}" for line in more)]


def aligned(rows: Sequence[Sequence[str]], *, right: Iterable[int] = ()) -> list[str]:
    """Return rows of cells as lines with aligned columns; columns with an index in `right` are right-aligned.

    Cells are not escaped: escape them first. Empty columns, and spaces at a line's end, are left out.
    """
    at_right = frozenset(right)
    widths = [max(map(columns_of, column)) for column in zip_longest(*rows, fillvalue="")]
    return [
        "   ".join(pad(cell, widths[at], right=at in at_right) for at, cell in enumerate(row) if widths[at]).rstrip()
        for row in rows
    ]


_BARS = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"


def bars(values: Sequence[float | None]) -> list[str]:
    """Return for each value a bar between the lowest and the highest one; a space for None, NaN and infinities."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    span = high / 2 - low / 2  # halves, so that no difference of large numbers is infinite
    return [
        " "
        if value is None or not math.isfinite(value)
        else _BARS[round((value / 2 - low / 2) / span * (len(_BARS) - 1)) if span else len(_BARS) // 2 - 1]
        for value in values
    ]


def spaced(*blocks: Sequence[str]) -> list[str]:
    """Return the lines of all blocks, with an empty line after each; empty blocks are left out."""
    return [line for block in blocks if block for line in (*block, "")]


def first(rows: Sequence[Row], most: int) -> Sequence[Row]:
    """Return the rows to show: at most `most`, but one more rather than a line that says `... 1 more`."""
    return rows if len(rows) <= most + 1 else rows[:most]


def fitted(lines_of: Callable[[int], list[str]], style: Style) -> list[str]:
    """Return the lines for the longest lists that leave room for a question; `lines_of` takes the rows of each list."""
    lines: list[str] = []
    for most in _LENGTHS:
        lines = lines_of(style.most(most))
        if (
            style.everything
            or style.rows is None
            or sum(max(-(-columns_of(row) // style.room), 1) for line in lines for row in folded(line, style))
            < style.rows
        ):
            break
    return lines


def and_more(rest: int, what: str = "more", *, indent: int = 2, by: str = "--all") -> list[str]:
    """Return the line that ends a list of which `rest` rows are not shown; nothing if all are. `by` is the option."""
    return [f"{'':{indent}}... {rest} {what} (all with {by})"] if rest > 0 else []


def _cut(text: str, start: int, end: int) -> str:
    """Return the columns of a text from `start` to `end`, without a wide character that is only half in them."""
    if is_narrow(text):
        return text[start:end]
    from wcwidth import clip

    return clip(text, start, end, fillchar="")
