"""The system clock."""

from __future__ import annotations

from datetime import datetime, timezone


def now() -> datetime:
    """Return the current time as an aware datetime in UTC."""
    return datetime.now(timezone.utc)
