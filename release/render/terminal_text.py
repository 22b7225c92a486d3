"""Longer text from files, for a terminal: its lines stay lines, everything else that could steer is escaped."""

from __future__ import annotations

from release.core.escape import for_terminal


def safe_lines(text: str) -> str:
    """The text with a final newline if it has any."""
    if not text:
        return ""
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    return "".join(f"{for_terminal(line)}\n" for line in lines)
