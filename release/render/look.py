"""How text is laid out for a terminal: width, colour, columns, shortening."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from enum import Enum
from itertools import zip_longest
from unicodedata import combining, east_asian_width

from msgspec import Struct

from release.core.escape import for_terminal

_NARROWEST = 40
_JOINERS = "\u200c\u200d"  # let through by `for_terminal`


class Shade(Enum):
    """What a colour means here, with its ANSI code: colour underlines words, it never replaces them."""

    GOOD = "32"
    DOUBTFUL = "33"
    BAD = "31"
    STRONG = "1"
    FAINT = "2"


class Look(Struct, frozen=True, kw_only=True):
    """A terminal's width in columns, and whether it shows colours."""

    width: int = 80
    colour: bool = False

    @property
    def room(self) -> int:
        """The columns to fill: those of the terminal, but never so few that nothing can be said."""
        return max(self.width, _NARROWEST)

    def paint(self, text: str, shade: Shade | None) -> str:
        """The text in its colour, or as it is."""
        return f"\x1b[{shade.value}m{text}\x1b[0m" if self.colour and shade is not None else text


def columns_of(text: str) -> int:
    """How many terminal columns a text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(char) or char in _JOINERS else 2 if east_asian_width(char) in "WF" else 1 for char in text
    )


def plain(text: str) -> str:
    """Outside text on one line: control characters escaped, newlines too."""
    return for_terminal(text)


def short(text: str, room: int) -> str:
    """The text cut at its end to `room` columns, with `...` where something is missing."""
    if columns_of(text) <= room:
        return text
    return f"{_fitting(text, max(room - 3, 1)).rstrip()}..."


def short_path(text: str, room: int) -> str:
    """The text cut in its middle to `room` columns: of a path both ends tell most."""
    if columns_of(text) <= room:
        return text
    keep = max(room - 3, 2)
    tail = _fitting(text[::-1], (keep + 1) // 2)[::-1]
    return f"{_fitting(text, keep // 2)}...{tail}"


def pad(text: str, room: int, *, right: bool = False) -> str:
    """The text filled with blanks to `room` columns."""
    blanks = " " * max(room - columns_of(text), 0)
    return blanks + text if right else text + blanks


def wrapped(text: str, room: int) -> list[str]:
    """The text in lines of at most `room` columns, broken between words; a longer word is cut in its middle."""
    words = [short_path(word, room) for word in text.split(" ")]
    if columns_of(text) == len(text):
        return textwrap.wrap(" ".join(words), room, break_long_words=False, break_on_hyphens=False) or [""]
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}".lstrip()
        if columns_of(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def marked(word: str, shade: Shade, text: str, look: Look) -> list[str]:
    """A word of at most seven letters in its colour, and beside it a text in as many lines as it takes."""
    first, *more = wrapped(plain(text), look.room - 11)
    return [f"  {look.paint(pad(word, 7), shade)}  {first}", *(f"{'':11}{line}" for line in more)]


def aligned(rows: Sequence[Sequence[str]], *, right: Iterable[int] = (), gap: int = 3) -> list[str]:
    """Rows of cells as lines with aligned columns; the columns whose index is in `right` end together.

    Cells are shown as they are: escape them first. Blanks at a line's end are left out.
    """
    at_right = frozenset(right)
    widths = [max(map(columns_of, column)) for column in zip_longest(*rows, fillvalue="")]
    return [
        (" " * gap).join(pad(cell, widths[at], right=at in at_right) for at, cell in enumerate(row)).rstrip()
        for row in rows
    ]


def _fitting(text: str, room: int) -> str:
    taken = 0
    for at, char in enumerate(text):
        taken += columns_of(char)
        if taken > room:
            return text[:at]
    return text
