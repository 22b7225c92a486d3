"""Longer text from files, for a terminal: line breaks stay, other control characters are escaped."""

from __future__ import annotations

from release.core.text import for_terminal


def safe_lines(text: str) -> str:
    """Return the text escaped line by line, with a final newline if it is not empty."""
    if not text:
        return ""
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    return "".join(f"{for_terminal(line)}\n" for line in lines)
