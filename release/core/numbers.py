"""Formatting of numbers for display and for JSON."""

from __future__ import annotations

import math

from release.core.metrics.metric import Scalar

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def number(value: Scalar) -> str:
    """Format a value with a useful number of digits: `0.8412`, `1,204`, `1.234e-05`, `NaN`; text is not escaped."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return count(value) if abs(value) < 10**15 else f"{float(value):.4g}"
    if isinstance(value, str):
        return value
    return _decimal(value)


def exact(value: Scalar) -> str:
    """Format a parameter as it was set: `0.001`, `20000`, `1e-05`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return number(value)
    return repr(value) if isinstance(value, float) or abs(value) < 10**15 else number(value)


def delta(value: float | None) -> str:
    """Format a change with its sign: `+0.0218`, `-3`, `0.0000`; "" for None."""
    if value is None:
        return ""
    return f"+{_decimal(value)}" if value > 0 else _decimal(value)


def count(value: int) -> str:
    """Format with thousands separators: `1,204`."""
    return f"{value:,}"


def many(value: int, noun: str) -> str:
    """Format a count with its noun, whose plural takes an s: `1 file`, `1,204 files`."""
    return f"{count(value)} {noun}" if value == 1 else f"{count(value)} {noun}s"


def size(size_bytes: int | None) -> str:
    """Format bytes in decimal units: `812 B`, `81 kB`, `14.1 MB`; `?` for None."""
    if size_bytes is None:
        return "?"
    amount = float(size_bytes)
    for unit in _UNITS:
        text = (
            f"{amount:.0f}" if unit == "B" or amount >= 99.95 or (unit == "kB" and amount >= 9.95) else f"{amount:.1f}"
        )
        if float(text) < 1000 or unit == _UNITS[-1]:
            return f"{text} {unit}"
        amount /= 1000
    raise AssertionError("the last unit takes everything")


def json_safe(value: Scalar) -> Scalar:
    """Replace numbers that JSON lacks by the strings "NaN", "Infinity", "-Infinity"."""
    return _decimal(value) if isinstance(value, float) and not math.isfinite(value) else value


def _decimal(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    size_of = abs(value)
    if size_of >= 1e15 or 0 < size_of < 0.00095:
        return f"{value:.4g}"
    if size_of >= 2 and value == int(value):
        return f"{int(value):,}"  # a count that was written as 144.0; 1.0 may be a perfect score
    places = 4 if size_of < 100 else 2 if size_of < 10_000 else 1
    return f"{value + 0.0:,.{places}f}"
