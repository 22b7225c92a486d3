"""The time of day."""

from __future__ import annotations

from datetime import datetime, timezone


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(timezone.utc)
