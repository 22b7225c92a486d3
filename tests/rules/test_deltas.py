import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.core.check import Change
from release.core.metric_deltas import compare_metrics, compare_params, headline_metrics
from release.core.metric_files import parse_values
from release.core.metrics import Direction, MetricVerdict

LESSON = {
    "overall": {"precision": 0.8735, "recall": 0.8261, "f1": 0.8402, "num_samples": 144.0},
    "class": {
        "attention": {"precision": 0.9091, "recall": 0.8333, "f1": 0.8696, "num_samples": 12.0},
        "mlops": {"precision": 0.9, "recall": 0.75, "f1": 0.8182, "num_samples": 12.0},
    },
    "slices": {"nlp_cnn": {"f1": 1.0, "num_samples": 1.0}},
}
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.floats(), st.text(max_size=3))
FILES = st.dictionaries(
    st.sampled_from(["a.json", "b.json"]),
    st.one_of(st.none(), st.dictionaries(st.sampled_from(["f1", "loss", "n", "overall.auc", "x.error"]), SCALARS)),
)


def file(values, path="model/performance.json"):
    return parse_values(path, values if isinstance(values, bytes) else json.dumps(values).encode())


def files_of(drawn):
    return [
        parse_values(path, b"{" if values is None else json.dumps(nested(values)).encode())
        for path, values in drawn.items()
    ]


def nested(values):
    out: dict[str, Any] = {}
    for key, value in values.items():
        first, _, rest = key.partition(".")
        if rest:
            out.setdefault(first, {})[rest] = value
        else:
            out[first] = value
    return out


def verdict(before, after, key="f1"):
    (metric,) = compare_metrics([file({key: before})], [file({key: after})])
    return metric.verdict.value, metric.delta


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (0.5, 0.75, ("better", 0.25)),
        (0.75, 0.5, ("worse", -0.25)),
        (0.5, 0.5, ("unchanged", 0.0)),
        (1, 1.0, ("unchanged", 0.0)),
        (0.0, -0.0, ("unchanged", 0.0)),
        (1, True, ("changed", None)),
        (True, True, ("unchanged", None)),
        (False, True, ("changed", None)),
        (None, None, ("unchanged", None)),
        (None, 0.5, ("changed", None)),
        (0.5, "0.5", ("changed", None)),
        ("a", "b", ("changed", None)),
        (math.nan, math.nan, ("unchanged", None)),
        (0.5, math.nan, ("changed", None)),
        (math.inf, math.inf, ("unchanged", None)),
        (1.0, math.inf, ("changed", None)),
        (-math.inf, math.inf, ("changed", None)),
        (10**300, -(10**300), ("worse", -2e300)),
        (-1e308, 1e308, ("changed", None)),
        (10**307, 10**307 + 1, ("better", 1.0)),
        (0.1, 10**307, ("better", 1e307)),
    ],
)
def test_a_value_and_the_next_have_a_verdict(before, after, expected):
    assert verdict(before, after) == expected
    assert math.copysign(1, verdict(before, after)[1] or 0.0) > 0 or expected[1] < 0


def test_an_error_below_zero_only_changes():
    assert verdict(-5000, -4500, "root_mean_squared_error") == ("changed", 500.0)
    assert verdict(5000, 4500, "root_mean_squared_error") == ("better", -500.0)


def test_less_loss_is_better_and_a_count_only_changes():
    assert verdict(0.3, 0.2, "loss")[0] == "better"
    assert verdict(0.2, 0.3, "loss")[0] == "worse"
    assert verdict(10, 20, "num_samples") == ("changed", 10.0)


def test_a_direction_may_be_given_by_identity_or_bare_key():
    before, after = [file({"f1": 1, "banana": 1})], [file({"f1": 2, "banana": 2})]
    directions = {"model/performance.json:f1": Direction.DOWN, "banana": Direction.UP}
    found = {m.key: m.verdict for m in compare_metrics(before, after, directions=directions)}
    assert found == {"f1": MetricVerdict.WORSE, "banana": MetricVerdict.BETTER}


def test_new_and_removed_keys_and_files_are_told():
    before = [file({"f1": 1, "old": 2}), file({"x": 1}, "gone.json")]
    after = [file({"f1": 1, "new": None}), file({"y": 1}, "added.json")]
    found = {m.identity: (m.verdict.value, m.before, m.after) for m in compare_metrics(before, after)}
    assert found == {
        "model/performance.json:f1": ("unchanged", 1, 1),
        "model/performance.json:old": ("removed", 2, None),
        "model/performance.json:new": ("new", None, None),
        "gone.json:x": ("removed", 1, None),
        "added.json:y": ("new", None, 1),
    }


def test_a_file_that_was_unreadable_before_is_only_a_verdict():
    (metric,) = compare_metrics([file(b"{")], [file({"f1": 0.5})])
    assert (metric.verdict.value, metric.before, metric.after, metric.delta) == ("unreadable", None, 0.5, None)
    (metric,) = compare_metrics([file({"f1": 0.5})], [file(b"[]")])
    assert (metric.verdict.value, metric.before, metric.after) == ("unreadable", 0.5, None)


def test_the_headline_is_the_overall_scores_of_the_lesson_in_front_of_all_others():
    better = json.loads(json.dumps(LESSON))
    better["overall"]["f1"] = 0.8620
    metrics = compare_metrics([file(LESSON)], [file(better)])
    assert [m.key for m in metrics if m.headline] == ["overall.precision", "overall.recall", "overall.f1"]
    assert [m.key for m in metrics][:4] == ["overall.precision", "overall.recall", "overall.f1", "overall.num_samples"]
    assert metrics[2].delta == pytest.approx(0.0218)
    assert metrics[2].verdict is MetricVerdict.BETTER


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        ({"acc": 1, "n_samples": 3, "overall": {"f1": 1}}, ["acc"]),
        ({"n_samples": 3, "overall": {"f1": 1, "ok": True}}, ["overall.f1"]),
        ({"banana": 3, "class": {"f1": 1}}, ["banana"]),
        ({"acc": "high", "class": {"f1": 1}}, []),
        ({"acc": [1, 2]}, []),
    ],
)
def test_the_headline_by_default_is_scores_at_the_top_or_in_overall(values, keys):
    assert [i.partition(":")[2] for i in headline_metrics([file(values)])] == keys


# Files as the tools write them: shortened, but with their nesting and their names.
LAYOUTS = {
    "DVCLive": (
        {"train": {"loss": 0.2, "acc": 0.95}, "val": {"loss": 0.3, "acc": 0.91}, "step": 9},
        ["val.loss", "val.acc"],
    ),
    "DVCLive, with a test": (
        {"train": {"acc": 0.95}, "val": {"acc": 0.91}, "test": {"acc": 0.9}, "acc": 0.5, "step": 9},
        ["test.acc"],
    ),
    "DVCLive, training alone": ({"train": {"loss": 0.2, "lr": 0.01}, "step": 9}, ["train.loss"]),
    "Lightning through DVCLive": (
        {"train": {"step": {"loss": 0.2}, "epoch": {"loss": 0.25}}, "val": {"loss": 0.3}, "epoch": 4, "step": 500},
        ["val.loss"],
    ),
    "Lightning through DVCLive, training alone": (
        {"train": {"step": {"loss": 0.2}, "epoch": {"loss": 0.25}}, "epoch": 4, "step": 500},
        ["train.epoch.loss"],
    ),
    "Lightning, the last row of metrics.csv": (
        {"epoch": 4, "step": 499, "train_loss_epoch": 0.25, "train_loss_step": 0.2, "val_acc": 0.9, "val_loss": 0.3},
        ["val_acc", "val_loss"],
    ),
    "Lightning, trainer.test()": ({"test_acc": 0.9, "test_loss": 0.3}, ["test_acc", "test_loss"]),
    "HF Trainer, all_results.json": (
        {
            "epoch": 3.0,
            "eval_accuracy": 0.91,
            "eval_loss": 0.31,
            "eval_runtime": 12.3,
            "eval_samples": 872,
            "eval_samples_per_second": 70.9,
            "eval_steps_per_second": 8.9,
            "total_flos": 1.2e15,
            "train_loss": 0.2,
            "train_runtime": 1200.5,
            "train_samples": 67349,
            "train_samples_per_second": 168.0,
            "train_steps_per_second": 21.0,
        },
        ["eval_accuracy", "eval_loss"],
    ),
    "HF Trainer through DVCLive": (
        {
            "train": {"loss": 0.2, "learning_rate": 1e-5, "grad_norm": 1.2},
            "eval": {"loss": 0.31, "f1": 0.9, "runtime": 12.3, "samples_per_second": 70.9, "steps_per_second": 8.9},
            "epoch": 3.0,
            "step": 1200,
        },
        ["eval.loss", "eval.f1"],
    ),
    "sklearn, classification_report": (
        {
            "cat": {"precision": 0.8, "recall": 0.7, "f1-score": 0.75, "support": 40.0},
            "accuracy": 0.82,
            "macro avg": {"precision": 0.8, "recall": 0.8, "f1-score": 0.79, "support": 100.0},
            "weighted avg": {"precision": 0.8, "recall": 0.8, "f1-score": 0.8, "support": 100.0},
        },
        ["accuracy"],
    ),
    "sklearn, a report on several labels": (
        {
            "cat": {"precision": 0.8, "recall": 0.7, "f1-score": 0.75, "support": 40.0},
            "micro avg": {"precision": 0.7, "recall": 0.7, "f1-score": 0.7, "support": 100.0},
            "macro avg": {"precision": 0.8, "recall": 0.8, "f1-score": 0.79, "support": 100.0},
        },
        ["macro avg.precision", "macro avg.recall", "macro avg.f1-score"],
    ),
    "Ultralytics, the last row of results.csv": (
        {
            "epoch": 100,
            "time": 812.4,
            "train/box_loss": 0.6,
            "metrics/precision(B)": 0.9,
            "metrics/mAP50(B)": 0.94,
            "metrics/mAP50-95(B)": 0.7,
            "val/box_loss": 0.8,
            "lr/pg0": 0.0001,
        },
        ["metrics/precision(B)", "metrics/mAP50(B)", "metrics/mAP50-95(B)"],
    ),
    "Ultralytics through DVCLive": (
        {
            "train": {"box_loss": 0.6, "cls_loss": 0.4},
            "lr": {"pg0": 0.0001},
            "metrics": {"precision(B)": 0.9, "mAP50(B)": 0.94},
            "val": {"box_loss": 0.8},
            "model": {"parameters": 3006038, "GFLOPs": 8.1, "speed_PyTorch(ms)": 1.5},
            "step": 99,
        },
        ["metrics.precision(B)", "metrics.mAP50(B)"],
    ),
    "Keras, a history's last row": (
        {"accuracy": 0.95, "loss": 0.2, "val_accuracy": 0.9, "val_loss": 0.3},
        ["val_accuracy", "val_loss"],
    ),
    "one measure of a test beside others": (
        {"f1": 0.9, "test_loss": 0.3, "latency_ms": 4},
        ["f1", "test_loss", "latency_ms"],
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_headline_of_what_other_tools_write(layout):
    values, keys = LAYOUTS[layout]
    assert [i.partition(":")[2] for i in headline_metrics([file(values)])] == keys


@pytest.mark.parametrize(
    "counter",
    ["step", "global_step", "epoch", "best_epoch", "iter", "n", "num_classes", "row_count", "errors_total", "samples"],
)
def test_a_counter_is_never_a_headline_but_by_configuration(counter):
    assert headline_metrics([file({counter: 3})]) == ()
    assert [i.partition(":")[2] for i in headline_metrics([file({counter: 3, "banana": 1})])] == ["banana"]
    assert headline_metrics([file({counter: 3})], (counter,)) == (f"model/performance.json:{counter}",)


def test_a_total_loss_is_no_counter():
    assert headline_metrics([file({"loss_total": 0.3})]) == ("model/performance.json:loss_total",)


def test_a_given_headline_stands_in_its_own_order_and_may_name_what_is_not_there():
    metrics = compare_metrics(
        [], [file(LESSON)], headline=("class.mlops.f1", "nothing", "model/performance.json:overall.f1")
    )
    assert [m.key for m in metrics][:3] == ["class.mlops.f1", "overall.f1", "overall.precision"]
    assert [m.headline for m in metrics][:3] == [True, True, False]
    assert not any(m.headline for m in compare_metrics([], [file(LESSON)], headline=()))


@given(FILES, FILES)
def test_swapping_the_sides_flips_every_sign_and_verdict(one, other):
    flipped = {"better": "worse", "worse": "better", "new": "removed", "removed": "new"}
    there = {m.identity: m for m in compare_metrics(files_of(one), files_of(other))}
    back = {m.identity: m for m in compare_metrics(files_of(other), files_of(one))}
    assert there.keys() == back.keys()
    for identity, metric in there.items():
        swapped = back[identity]
        assert swapped.verdict.value == flipped.get(metric.verdict.value, metric.verdict.value)
        assert swapped.delta == (None if metric.delta is None else -metric.delta)


@given(FILES)
def test_a_version_differs_from_itself_in_nothing(one):
    assert {m.verdict.value for m in compare_metrics(files_of(one), files_of(one))} <= {"unchanged"}
    assert compare_params(files_of(one), files_of(one)) == ()


def test_only_params_that_differ_are_told():
    before = [file({"lr": 1e-3, "filters": 50, "gone": None, "same": 1}, "params.json"), file(b"{", "bad.json")]
    after = [file({"lr": 1e-3, "filters": 100, "added": False, "same": 1.0}, "params.json"), file({"a": 1}, "bad.json")]
    assert [(p.key, p.before, p.after, p.change) for p in compare_params(before, after)] == [
        ("filters", 50, 100, Change.CHANGED),
        ("added", None, False, Change.ADDED),
        ("gone", None, None, Change.REMOVED),
    ]
