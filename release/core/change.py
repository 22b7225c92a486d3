"""Kinds of change between two commits."""

from __future__ import annotations

from enum import Enum


class Change(Enum):
    """Kinds of change, as printed."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
