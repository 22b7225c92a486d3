"""Numbers of gates: exact fractions of what a file says, and back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from release.core.metrics.deltas import is_number
from release.core.metrics.metric import Scalar, ValueFile
from release.core.numbers import number

if TYPE_CHECKING:
    from fractions import Fraction


def read_number(file: ValueFile | None, key: str) -> tuple[Fraction | None, str]:
    """Return a value as a fraction, or None and the problem."""
    if file is None:
        return None, "is missing"
    if file.problem is not None:
        return None, f"cannot be read: {file.path}: {file.problem}"
    if key not in file.values:
        return None, f"is missing in {file.path}"
    value = file.values[key]
    if not is_number(value):
        return None, f"is no number but {_formatted(value)}"
    assert isinstance(value, int | float)
    if isinstance(value, float) and not math.isfinite(value):
        return None, f"is {number(value)}"
    return fraction(value), ""


def _formatted(value: Scalar) -> str:
    return number(value) if not isinstance(value, str) else repr(value[:40])


def fraction(value: float) -> Fraction:
    """Return the number as written: 0.1 is a tenth, not the binary fraction nearest to it."""
    from fractions import Fraction  # 4 ms, and only gates need it

    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def noise() -> Fraction:
    """Return the relative rounding noise that is ignored: a billionth."""
    return fraction(1e-9)


def as_float(value: Fraction) -> float:
    """Return a float for display and JSON, limited to the largest finite one."""
    try:
        return float(value)
    except OverflowError:
        return 1.7976931348623157e308 if value > 0 else -1.7976931348623157e308


def distinguishable(after: Fraction, limit: Fraction) -> tuple[str, str]:
    """Format value and limit with enough digits to tell them apart."""
    pair = number(as_float(after)), number(as_float(limit))
    return pair if pair[0] != pair[1] or after == limit else (repr(as_float(after)), repr(as_float(limit)))
