"""The three ways in which a thing differs between two commits."""

from __future__ import annotations

from enum import Enum


class Change(Enum):
    """Public words."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
