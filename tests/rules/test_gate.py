"""The rules of gates: limits in exact numbers, globs, spreads; laws over all numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from release.core.check import Verdict
from release.core.config import Gate, Tolerance
from release.core.gates import (
    Compared,
    GateVerdict,
    Meant,
    allow,
    directions,
    filled_pattern,
    gates_check,
    is_glob,
    judge_gates,
    matching,
)
from release.core.metrics import Direction, ValueFile
from release.errors import ExitCode

OK, WARNING, FAILED = GateVerdict.OK, GateVerdict.WARNING, GateVerdict.FAILED
RANK = {OK: 0, WARNING: 1, FAILED: 2}


def file(values, path="m.json", problem=None):
    return ValueFile(path=path, values=values, problem=problem)


def absolute(amount):
    return Tolerance(amount=amount, relative=False)


def percent(amount):
    return Tolerance(amount=amount, relative=True)


def judged(gate, after, before=None, **more):
    """The one result of one gate on a key `f1` (or what `gate.key` says)."""
    older = () if before is None else (file(before),)
    compared = Compared(after=(file(after),), before=older, previous=None if before is None else "v1.0.0", **more)
    return judge_gates({gate.key: gate}, compared)


def one(gate, after, before=None, **more):
    (found,) = judged(gate, after, before, **more)
    return found


@pytest.mark.parametrize(
    ("settings", "after", "before", "verdict", "limit"),
    [
        # up: 0.8412 may fall by 0.01 to 0.8312, which binary floats miss by a hair
        ({"max_regression": absolute(0.01)}, 0.8312, 0.8412, OK, 0.8312),
        ({"max_regression": absolute(0.01)}, 0.8311, 0.8412, FAILED, 0.8312),
        ({"max_regression": absolute(0.1)}, 0.2, 0.3, OK, 0.2),
        ({"max_regression": absolute(0)}, 0.3, 0.1 + 0.2, OK, 0.1 + 0.2),  # noise of another order of sums
        ({"max_regression": absolute(0)}, 0.84119, 0.8412, FAILED, 0.8412),
        ({"max_regression": absolute(0)}, 0.9, 0.8, OK, 0.8),
        # percent of the previous value, whatever its sign
        ({"max_regression": percent(0.02)}, 98, 100, OK, 98.0),
        ({"max_regression": percent(0.023)}, 97.7, 100, OK, 97.7),
        ({"max_regression": percent(0.02)}, 97.99, 100, FAILED, 98.0),
        ({"max_regression": percent(0.5)}, -1.5, -1.0, OK, -1.5),
        ({"max_regression": percent(0.5)}, -1.6, -1.0, FAILED, -1.5),
        ({"max_regression": percent(0.02)}, -0.1, 0, FAILED, 0.0),
        # down
        ({"direction": Direction.DOWN, "max_regression": absolute(0.1)}, 0.4, 0.3, OK, 0.4),
        ({"direction": Direction.DOWN, "max_regression": absolute(0.1)}, 0.41, 0.3, FAILED, 0.4),
        ({"direction": Direction.DOWN, "max_regression": percent(0.1)}, 0.1, 0.3, OK, 0.33),
        # floor and ceiling hold in both directions, first release or not
        ({"minimum": 0.8}, 0.8, None, OK, 0.8),
        ({"minimum": 0.8}, 0.79, None, FAILED, 0.8),
        ({"maximum": 0.99}, 0.995, None, FAILED, 0.99),
        ({"minimum": 0.8, "max_regression": absolute(0.5)}, 0.7, 0.9, FAILED, 0.8),
        ({"minimum": 0.1, "maximum": 0.9}, 0.5, None, OK, 0.1),
        # nothing to hold it against
        ({"max_regression": absolute(0.1)}, 0.5, None, OK, None),
        ({}, 0.5, 0.9, OK, None),
        # numbers that no float holds
        ({"minimum": 0.8}, 10**400, None, OK, 0.8),
        ({"max_regression": absolute(1)}, -(10**400), 1, FAILED, 0.0),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_value_is_held_against_its_nearest_limit(settings, after, before, verdict, limit):
    found = one(Gate(key="f1", **settings), {"f1": after}, None if before is None else {"f1": before})
    assert (found.verdict, found.limit) == (verdict, limit)
    if found.margin is not None and verdict is FAILED:
        assert found.margin < 0


@pytest.mark.parametrize(
    ("after", "before", "says"),
    [
        ({}, {"f1": 0.8}, "f1 is missing in m.json"),
        ({"f1": None}, {"f1": 0.8}, "f1 is not a number: null"),
        ({"f1": "0.9"}, {"f1": 0.8}, "f1 is not a number: '0.9'"),
        ({"f1": True}, {"f1": 0.8}, "f1 is not a number: true"),
        ({"f1": float("nan")}, {"f1": 0.8}, "f1 is NaN"),
        ({"f1": float("inf")}, {"f1": 0.8}, "f1 is Infinity"),
        ({"f1": 0.9}, {"f1": float("nan")}, "f1 is NaN in v1.0.0"),
        ({"f1": 0.9}, {"f1": "high"}, "f1 is not a number: 'high' in v1.0.0"),
        ({}, {}, "f1 is in no metric file"),
    ],
)
def test_what_is_not_a_finite_number_on_either_side_fails(after, before, says):
    found = one(Gate(key="f1", max_regression=absolute(9)), after, before)
    assert (found.verdict, found.message, found.mistake) == (FAILED, says, False)


@pytest.mark.parametrize(
    ("key", "values", "near"),
    [
        ("overal.f1", {"overall.f1": 1, "class.cat.recall": 1}, "overall.f1"),
        ("f1", {"overall.f1": 1, "class.cat.f1": 1}, "overall.f1 or class.cat.f1"),
        ("m.json:acuracy", {"accuracy": 1}, "accuracy"),
    ],
)
def test_a_mistyped_gate_is_a_mistake_that_names_what_is_near(key, values, near):
    found = one(Gate(key=key, minimum=0.1), values, values)
    assert found.mistake
    assert found.message == f"{key} is in no metric file; did you mean {near}?"
    assert found.help == f'release config   (write [tool.release.gate."{near.partition(" ")[0]}"])'


def test_a_metric_that_was_lost_or_may_be_unread_is_no_mistake_of_the_gate():
    assert not one(Gate(key="f1", minimum=0.1), {"f11": 1}, {"f1": 1}).mistake
    gate = Gate(key="acuracy", minimum=0.1)
    compared = Compared(after=(file({"accuracy": 1}), file({}, "other.json", problem="line 1: not JSON")))
    assert not judge_gates({gate.key: gate}, compared)[0].mistake


@pytest.mark.parametrize(
    ("may", "after", "before", "says"),
    [
        (Tolerance(amount=0.02, relative=True), 0.6950, 0.8150, "f1 fell 14.7% (0.8150 -> 0.6950); the gate allows 2%"),
        (Tolerance(amount=0.02, relative=True), 0.9799, 1.0, "f1 fell 2.01% (1.0000 -> 0.9799); the gate allows 2%"),
        (Tolerance(amount=0.02, relative=True), -0.1, 0, "f1 fell 0.1000 (0.0000 -> -0.1000); the gate allows 0.0000"),
        (absolute(0.01), 0.7, 0.8, "f1 fell 0.1000 (0.8000 -> 0.7000); the gate allows 0.0100"),
    ],
)
def test_a_regression_says_by_how_much_and_what_is_allowed(may, after, before, says):
    assert one(Gate(key="f1", max_regression=may), {"f1": after}, {"f1": before}).message == says


def test_an_unreadable_file_fails_the_gate():
    gate = Gate(key="m.json:f1", minimum=0.1)
    compared = Compared(after=(file({}, problem="line 1: not JSON"),), before=(file({"f1": 0.5}),), previous="v1.0.0")
    (found,) = judge_gates({gate.key: gate}, compared)
    assert (found.verdict, found.message) == (FAILED, "f1 cannot be read: m.json: line 1: not JSON")


def test_a_metric_that_is_new_has_only_floors_and_a_warning():
    gate = Gate(key="f1", max_regression=absolute(0.1), minimum=0.5)
    assert one(gate, {"f1": 0.6}, {"auc": 1}).verdict is WARNING
    assert one(gate, {"f1": 0.4}, {"auc": 1}).verdict is FAILED


def test_a_metric_whose_file_was_moved_is_compared_with_the_old_file():
    gate = Gate(key="f1", max_regression=absolute(0.1))
    for key in ("f1", "f*", "new/m.json:f1"):
        compared = Compared(after=(file({"f1": 0.5}, "new/m.json"),), before=(file({"f1": 0.9}),), previous="v1.0.0")
        (found,) = judge_gates({key: replace(gate, key=key)}, compared)
        assert (found.before, found.verdict) == (0.9, FAILED)


def test_a_baseline_must_be_a_tag_that_is_here_and_have_the_metric():
    gate = Gate(key="f1", max_regression=absolute(0.1), baseline="v0.5.0")
    assert one(gate, {"f1": 0.5}, {"f1": 0.9}).mistake
    assert one(gate, {"f1": 0.5}, {"f1": 0.9}, baselines={"v0.5.0": None}).mistake
    assert one(gate, {"f1": 0.5}, {"f1": 0.9}, baselines={"v0.5.0": (file({"f1": 0.55}),)}).verdict is OK
    found = one(gate, {"f1": 0.5}, {"f1": 0.9}, baselines={"v0.5.0": (file({}),)})
    assert (found.verdict, found.message) == (FAILED, "f1 is not in its baseline v0.5.0")


@pytest.mark.parametrize(
    ("pattern", "keys", "meant"),
    [
        (
            "class.*.f1",
            ["class.a.f1", "class.b.f1", "class.f1", "class.a.b.f1", "class.a.auc"],
            ["class.a.f1", "class.b.f1"],
        ),
        ("class.**.f1", ["class.a.b.f1", "class.a.f1", "f1"], ["class.a.b.f1", "class.a.f1"]),
        ("f?", ["f1", "f12", "f"], ["f1"]),
        ("hist[*]", ["hist[0]", "hist[10]", "hist", "hist.a"], ["hist[0]", "hist[10]"]),
        ("class.*.f1", [r"class.a\.b.f1"], [r"class.a\.b.f1"]),
        (r"a\*", ["a*", "ab"], ["a*"]),
        ("m.json:f*", ["f1"], ["f1"]),
        ("*.json:f*", ["f1"], ["f1"]),
        ("other.json:f*", ["f1"], []),
        ("(a+)+$*", ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], []),
    ],
)
def test_globs_stay_within_one_name(pattern, keys, meant):
    assert [each.key for each in matching(pattern, [file(dict.fromkeys(keys, 1.0))])] == meant


def test_paths_of_gates_are_relative_to_the_configuration_or_the_git_root():
    here = file({"f1": 0.5}, "models/a/m.json")
    for key in ("m.json:f1", "models/a/m.json:f1", "m.json:f*", "*.json:f*"):
        (found,) = judge_gates({key: Gate(key=key, minimum=0.1)}, Compared(after=(here,), folder="models/a"))
        assert (found.verdict, found.file) == (OK, "models/a/m.json")


def test_a_metric_named_in_full_goes_through_no_glob():
    gates = {key: Gate(key=key, minimum=floor) for key, floor in (("*.f1", 0.9), ("rare.f1", 0.5))}
    found = judge_gates(gates, Compared(after=(file({"rare.f1": 0.6, "common.f1": 0.95}),)))
    assert [(each.key, each.verdict) for each in found] == [("common.f1", OK), ("rare.f1", OK)]


@pytest.mark.parametrize(
    ("key", "after", "before"),
    [
        ("loss_giou", 0.4, 0.6),
        ("f1.False", 0.6, 0.4),
        ("root_mean_squared_error", -5000.0, -4500.0),
        ("mae", -1.0, None),
    ],
)
def test_a_name_or_value_without_a_direction_asks_for_one(key, after, before):
    gate = Gate(key=key, max_regression=percent(0.01))
    older = None if before is None else {key: before}
    found = one(gate, {key: after}, older)
    assert (found.verdict, found.mistake) == (FAILED, True)
    assert found.help == f'release config   (write [tool.release.gate."{key}"]: direction = "up" or "down")'
    told = one(replace(gate, direction=Direction.UP), {key: after}, older)
    assert not told.mistake


def test_a_key_in_two_files_is_a_mistake():
    found = judge_gates({"f1": Gate(key="f1")}, Compared(after=(file({"f1": 1}), file({"f1": 1}, "n.json"))))
    assert [each.mistake for each in found] == [True]
    assert found[0].help == 'release config   (write [tool.release.gate."m.json:f1"])'


@pytest.mark.parametrize(
    ("after", "verdict"),
    # v1.0.0: 0.80 +- 0.03; now +- 0.04: the spread of the difference is 0.05
    [(0.80, OK), (0.795, OK), (0.78, WARNING), (0.75, WARNING), (0.7499, FAILED)],
)
def test_a_regression_within_the_spread_of_both_only_warns(after, verdict):
    gate = Gate(key="f1", max_regression=absolute(0.01), std_key="std")
    assert one(gate, {"f1": after, "std": 0.04}, {"f1": 0.80, "std": 0.03}).verdict is verdict


def test_the_spread_may_be_widened_and_never_excuses_a_floor():
    gate = Gate(key="f1", max_regression=absolute(0.01), std_key="std", std_factor=2)
    assert one(gate, {"f1": 0.70, "std": 0.04}, {"f1": 0.80, "std": 0.03}).verdict is WARNING
    floored = replace(gate, minimum=0.75)
    assert one(floored, {"f1": 0.70, "std": 0.04}, {"f1": 0.80, "std": 0.03}).verdict is FAILED


@pytest.mark.parametrize("std", [None, "0.1", float("nan"), -0.1])
def test_a_spread_that_is_none_fails(std):
    gate = Gate(key="f1", max_regression=absolute(0.01), std_key="std")
    found = one(gate, {"f1": 0.9, **({} if std is None else {"std": std})}, {"f1": 0.8})
    assert found.verdict is FAILED
    assert "its std-key std" in found.message


def test_a_spread_that_the_older_release_lacks_counts_for_nothing():
    gate = Gate(key="f1", max_regression=absolute(0.01), std_key="std")
    assert one(gate, {"f1": 0.75, "std": 0.05}, {"f1": 0.80}).verdict is WARNING
    assert one(gate, {"f1": 0.74, "std": 0.05}, {"f1": 0.80}).verdict is FAILED


@pytest.mark.parametrize(
    ("pattern", "glob", "metric", "key"),
    [
        ("class.*.std", "class.*.f1", "class.a.f1", "class.a.std"),
        ("std", "*", "a", "std"),
        ("*.*", "*", "a", None),
        ("*.**.s", "*.**.f1", "a.b.c.f1", "a.b.c.s"),
        (r"a\*", "", "f1", r"a\*"),
    ],
)
def test_the_spread_of_a_glob_takes_what_the_glob_fitted(pattern, glob, metric, key):
    assert filled_pattern(pattern, Meant("m.json", metric, glob)) == key


def test_directions_of_gates_reach_what_a_glob_fits_and_the_full_name_wins():
    gates = {
        "*.x": Gate(key="*.x", direction=Direction.UP),
        "b.x": Gate(key="b.x", direction=Direction.DOWN),
        "c.x": Gate(key="c.x"),
    }
    found = directions(gates, [file({"a.x": 1, "b.x": 1})])
    assert found == {"m.json:a.x": Direction.UP, "m.json:b.x": Direction.DOWN}


def test_one_check_tells_all_gates():
    gates = {key: Gate(key=key, minimum=floor) for key, floor in (("f1", 0.9), ("auc", 0.5), ("lost", 0.1))}
    results = judge_gates(gates, Compared(after=(file({"f1": 0.8, "auc": 0.6}),)))
    check = gates_check(results, reason=None, command="release bump minor")
    assert check is not None
    assert (check.verdict, check.code, check.message) == (Verdict.FAILED, ExitCode.GATE, "2 of 3 failed")
    assert check.details == ("lost is in no metric file", "f1 0.8000 is below the minimum 0.9000")
    check = gates_check(allow(results), reason="agreed", command="release bump minor")
    assert check is not None
    assert (check.verdict, check.message) == (Verdict.WARNING, "2 of 3 failed, allowed: agreed")
    assert gates_check((), reason=None, command="") is None


def test_gates_that_passed_are_told_the_nearest_first():
    gates = {key: Gate(key=key, minimum=0.5) for key in ("far", "near", "free")}
    gates["free"] = Gate(key="free")
    check = gates_check(
        judge_gates(gates, Compared(after=(file({"far": 0.9, "near": 0.51, "free": 1}),))), reason=None, command=""
    )
    assert check is not None
    assert check.message == "3 of 3 passed"
    assert check.details == (
        "near 0.5100, must be at least 0.5000, 0.0100 to spare",
        "far 0.9000, must be at least 0.5000, 0.4000 to spare",
        "free 1.0000",
    )


def test_no_reason_excuses_a_mistake_in_the_configuration():
    results = allow(judge_gates({"n": Gate(key="n", max_regression=absolute(1))}, Compared(after=(file({"n": 1}),))))
    check = gates_check(results, reason="agreed", command="release bump minor")
    assert check is not None
    assert (check.verdict, check.code) == (Verdict.FAILED, ExitCode.USAGE)


finite = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**20), 10**20)
amounts = st.floats(0, 1e6)
sides = st.sampled_from([Direction.UP, Direction.DOWN])


@st.composite
def gates_one_sided(draw):
    """A gate without the bound on the far side: a ceiling on what should rise is meant to stop good values, too."""
    side = draw(sides)
    bound = draw(st.none() | st.floats(-1e6, 1e6))
    spread = draw(st.booleans())
    return Gate(
        key="f1",
        direction=side,
        max_regression=draw(st.builds(Tolerance, amount=amounts, relative=st.booleans())),
        minimum=bound if side is Direction.UP else None,
        maximum=bound if side is Direction.DOWN else None,
        std_key="std" if spread else None,
        std_factor=draw(st.floats(0, 10)),
    )


@given(gates_one_sided(), finite, finite, finite, st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_better_value_never_turns_a_passing_gate_into_a_failing_one(gate, before, left, right, std, older_std):
    better, worse = (max, min) if gate.direction is Direction.UP else (min, max)
    older = {"f1": before, "std": older_std}
    good = one(gate, {"f1": better(left, right), "std": std}, older)
    bad = one(gate, {"f1": worse(left, right), "std": std}, older)
    assert RANK[good.verdict] <= RANK[bad.verdict]


@given(gates_one_sided(), finite)
def test_the_same_value_again_is_no_regression(gate, value):
    free = replace(gate, minimum=None, maximum=None)
    assert one(free, {"f1": value, "std": 0.1}, {"f1": value, "std": 0.1}).verdict is OK


@given(st.decimals("0.01", "0.99", places=4), st.decimals("0.0001", "0.5", places=4), sides)
def test_a_value_written_exactly_at_its_limit_passes_and_one_step_beyond_fails(before, amount, side):
    sign = -1 if side is Direction.UP else 1
    gate = Gate(key="f1", direction=side, max_regression=absolute(float(amount)))
    limit = before + sign * amount
    assert one(gate, {"f1": float(limit)}, {"f1": float(before)}).verdict is OK
    beyond = limit + sign * type(limit)("0.0001")
    assert one(gate, {"f1": float(beyond)}, {"f1": float(before)}).verdict is FAILED


@given(gates_one_sided(), finite, finite)
def test_turning_everything_round_changes_no_verdict(gate, before, after):
    other = Direction.DOWN if gate.direction is Direction.UP else Direction.UP
    turned = replace(
        gate,
        direction=other,
        minimum=None if gate.maximum is None else -gate.maximum,
        maximum=None if gate.minimum is None else -gate.minimum,
    )
    straight = one(gate, {"f1": after, "std": 1}, {"f1": before, "std": 1})
    mirrored = one(turned, {"f1": -after, "std": 1}, {"f1": -before, "std": 1})
    assert straight.verdict is mirrored.verdict


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_a_pattern_and_fits_itself_if_it_is_no_glob(pattern, key):
    found = list(matching(pattern, [file({key: 1.0})]))
    if not is_glob(pattern) and "\\" not in pattern and pattern == key:
        assert found
    judge_gates({pattern: Gate(key=pattern, minimum=0)}, Compared(after=(file({key: 1.0}),)))


no_numbers = st.sampled_from([None, True, False, float("nan"), float("inf"), float("-inf")]) | st.text(max_size=5)
any_gates = st.builds(
    Gate,
    key=st.sampled_from(["f1", "m.json:f1", "*", "**", "f?", "*.json:f*"]),
    direction=st.none() | sides,
    max_regression=st.none() | st.builds(Tolerance, amount=amounts, relative=st.booleans()),
    minimum=st.none() | st.floats(-1e308, 1e308),
    maximum=st.none() | st.floats(-1e308, 1e308),
    std_key=st.none() | st.sampled_from(["std", "*_std", "gone"]),
    std_factor=st.floats(0, 1e308),
)


@given(any_gates, no_numbers, finite | no_numbers, st.booleans())
def test_what_is_no_finite_number_passes_no_gate(gate, value, before, first):
    for found in judged(gate, {"f1": value}, None if first else {"f1": before}):
        assert found.verdict is FAILED


@given(any_gates, st.dictionaries(st.sampled_from(["f2", "std"]), finite, max_size=2), finite)
def test_a_metric_that_only_the_release_before_has_passes_no_gate(gate, after, before):
    results = judged(gate, after, {"f1": before})
    assert FAILED in [found.verdict for found in results if found.key in ("f1", gate.key)]


huge = st.sampled_from([10**400, -(10**400), 1.7976931348623157e308, -1.7976931348623157e308, 5e-324, -0.0, 0])


@given(any_gates, finite | huge, finite | huge, huge)
def test_no_number_is_too_large_or_too_small_to_be_judged(gate, after, before, std):
    results = judged(gate, {"f1": after, "std": std}, {"f1": before, "std": std})
    check = gates_check(results, reason=None, command="release bump minor")
    assert check is not None
    assert check is not None
    assert all(found.message for found in results)
