import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.core.text import count, delta, exact, json_safe, number, size


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.8412, "0.8412"), (1.0, "1.0000"), (0.0, "0.0000"), (-0.0, "0.0000"), (0.00001234, "1.234e-05"), (12.5, "12.5000"),
        (144.0, "144"), (1204, "1,204"), (1204.0, "1,204"), (123.456, "123.46"), (12345.67, "12,345.7"), (1e300, "1e+300"),
        (10**30, "1e+30"), (math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity"),
        (True, "true"), (None, "null"), ("x", "x"),
    ],
)  # fmt: skip
def test_numbers_have_as_many_digits_as_help(value, shown):
    assert number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0218, "+0.0218"), (-0.0319, "-0.0319"), (0.0, "0.0000"), (None, ""), (2e-5, "+2e-05")]
)
def test_a_change_carries_its_sign(value, shown):
    assert delta(value) == shown


def test_a_parameter_is_shown_as_it_was_set():
    assert [exact(v) for v in (0.001, 1e-5, 100, "adam", math.nan)] == ["0.001", "1e-05", "100", "adam", "NaN"]


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (0, "0 B"), (812, "812 B"), (1000, "1.0 kB"), (81_000, "81 kB"), (14_100_000, "14.1 MB"), (12_345_678, "12.3 MB"),
        (999_999, "1.0 MB"), (512_000_000, "512 MB"), (999_960_000, "1.0 GB"), (2_100_000_000, "2.1 GB"), (None, "?"),
        (10**25, "10000000 EB"),
    ],
)  # fmt: skip
def test_sizes_are_in_decimal_units(amount, shown):
    assert size(amount) == shown


def test_counts_have_commas():
    assert count(1204) == "1,204"


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()))
def test_every_value_can_be_written_as_strict_json(value):
    json.dumps(json_safe(value), allow_nan=False)
    if not isinstance(value, int) or abs(value) < 10**300:
        number(value)
        exact(value)
