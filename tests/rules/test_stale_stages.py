"""Deps and params of dvc.lock against what the commit has, without any repository."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from release.core.check import Verdict
from release.core.documents import Timestamp
from release.core.lineage import (
    Lineage,
    Seen,
    StaleStage,
    is_model,
    judge_stages,
    lineage_check,
    paths_to_see,
    stale_numbers,
)
from release.core.locate import PointerSet, StageRecord
from release.core.metrics import ValueFile
from release.core.pointer import Out, Recorded

A, B = "a" * 32, "b" * 32
MODEL = Out(path="model.pt", pointer="dvc.lock", stage="train", oid=A)


def pointers(*deps, params=None, outs=()):
    stage = StageRecord(name="train", lock="dvc.lock", outs=(MODEL,), deps=deps, params=params or {})
    return PointerSet(commit="c", outs=(MODEL, *outs), stages=(stage,))


def changed(found):
    return [name for stage in found.stale for name in stage.changed]


@pytest.mark.parametrize(
    ("dep", "seen", "expected"),
    [
        (Recorded(path="x.py", oid=A), Seen(frozenset([A, B])), "same"),
        (Recorded(path="x.py", oid=A), Seen(frozenset([B])), "changed"),
        (Recorded(path="x.py", oid=A), Seen(None), "changed"),
        (Recorded(path="x.py", oid=A), None, "unknown"),
        (Recorded(path="x.py"), Seen(frozenset([A])), "unknown"),
        (Recorded(path="src", oid=f"{A}.dir", nfiles=2), Seen(frozenset([f"{A}.dir"]), 2), "same"),
        (Recorded(path="src", oid=f"{A}.dir", nfiles=2), Seen(frozenset([f"{B}.dir"]), 2), "changed"),
        (Recorded(path="src", oid=f"{A}.dir", nfiles=1), Seen(frozenset([f"{B}.dir"]), 2), "changed"),
        (Recorded(path="src", oid=f"{A}.dir", nfiles=3), Seen(frozenset([f"{B}.dir"]), 2), "unknown"),
        (Recorded(path="src", oid=f"{A}.dir"), Seen(frozenset([f"{B}.dir"]), 2), "unknown"),
        (
            Recorded(path="src", oid=f"{A}.dir", nfiles=3),
            Seen(frozenset([f"{B}.dir"]), 2, frozenset([f"{A}.dir"])),
            "changed",
        ),
        (Recorded(path="src", oid=f"{A}.dir"), Seen(frozenset([B])), "changed"),
        (Recorded(path="src", oid=A), Seen(frozenset([f"{B}.dir"]), 2), "changed"),
    ],
)
def test_a_dependency_in_git_is_compared_where_git_can_tell(dep, seen, expected):
    found = judge_stages(pointers(dep), {} if seen is None else {dep.path: seen}, {})
    assert changed(found) == ([dep.path] if expected == "changed" else [])
    said = f"stage train: {dep.path} could not be compared with the commit"
    assert found.unknown == ((said,) if expected == "unknown" else ())


@pytest.mark.parametrize("path", ["s3://bucket/x", "/data/x", "../x"])
def test_what_lies_outside_is_left_out(path):
    found = pointers(Recorded(path=path, oid=A))
    assert paths_to_see(found) == {}
    assert changed(judge_stages(found, {}, {})) == []


def test_a_pointer_is_compared_by_its_oid_and_files_inside_one_are_not():
    data = Out(path="data", pointer="data.dvc", oid=f"{A}.dir")
    for path, oid, expected in (("data", f"{A}.dir", []), ("data", f"{B}.dir", ["data"]), ("data/cat.png", B, [])):
        found = pointers(Recorded(path=path, oid=oid), outs=(data,))
        assert paths_to_see(found) == {}
        assert changed(judge_stages(found, {}, {})) == expected


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(), below, max_size=3),
    max_leaves=8,
)


@given(VALUES, st.text())
def test_a_value_equals_itself_and_no_other_kind(value, key):
    used = pointers(params={"params.yaml": {key: value}})
    assert changed(judge_stages(used, {}, {"params.yaml": {key: value}})) == []
    assert changed(judge_stages(used, {}, {"params.yaml": {key: [value, "more"]}})) in ([f"params.yaml: {key}"], [])
    assert (
        changed(judge_stages(used, {}, {"params.yaml": {key: {"other": value, "more": 1}}})) != []
        or key.count(".") >= 50
    )


@pytest.mark.parametrize(
    ("used", "document", "same"),
    [
        ({"lr": 1}, {"lr": 1.0}, True),
        ({"lr": 1}, {"lr": True}, False),
        ({"train.lr": 0.1}, {"train": {"lr": 0.1}}, True),
        ({"train.lr": 0.1}, {"train.lr": 0.1}, True),
        ({"a.b.c": 1}, {"a.b": {"c": 1}}, True),
        ({"layers.1": 64}, {"layers": [32, 64]}, True),
        ({"layers.2": 64}, {"layers": [32, 64]}, False),
        ({"layers.x": 64}, {"layers": [32, 64]}, False),
        ({"layers.1.size": 64}, {"layers": [{}, {"size": 64}]}, True),
        ({"layers.x.size": 64}, {"layers": [{}, {"size": 64}]}, False),
        ({"layers.9.size": 64}, {"layers": [{}, {"size": 64}]}, False),
        ({"opt": {"a": 1}}, {"opt": {"a": 1.0}}, True),
        ({"opt": {"a": 1}}, {"opt": {"a": True}}, False),
        ({"opt": {"a": 1}}, {"opt": {"a": 1, "b": 2}}, False),
        ({"opt": [1, [2]]}, {"opt": [1, [2.0]]}, True),
        ({"opt": [1, [2]]}, {"opt": [1, [True]]}, False),
        ({"opt": [1]}, {"opt": [1, 1]}, False),
        ({"opt": {"since": Timestamp("2020-01-01")}}, {"opt": {"since": date(2020, 1, 1)}}, True),
        ({"opt": float("nan")}, {"opt": 1.0}, False),
        ({"opt": 1.0}, {"opt": float("nan")}, False),
        ({"opt": float("nan")}, {"opt": "nan"}, False),
        ({"opt": "nan"}, {"opt": float("nan")}, False),
        ({"opt.a": 1}, {"opt": "a"}, False),
        ({"gone": 1}, {}, False),
        ({"since": Timestamp("2020-01-01")}, {"since": date(2020, 1, 1)}, True),
        ({"since": Timestamp("2020-01-01")}, {"since": Timestamp("2020-01-02")}, False),
    ],
)
def test_a_parameter_is_found_by_its_path(used, document, same):
    found = changed(judge_stages(pointers(params={"params.yaml": used}), {}, {"params.yaml": document}))
    assert (found == []) is same


def test_a_parameter_file_that_is_gone_is_a_change_and_an_unreadable_one_is_none():
    used = pointers(params={"params.yaml": {"lr": 1}, "params.py": {"lr": 1}})
    assert changed(judge_stages(used, {}, {})) == ["params.yaml"]
    assert changed(judge_stages(used, {}, {"params.yaml": None})) == []


@pytest.mark.parametrize("path", ["model/model.pt", "weights/last", "a/b.onnx", "my-model.dat", "checkpoints/5"])
def test_models_are_told_by_their_names(path):
    assert is_model(path)


@pytest.mark.parametrize("path", ["data/images", "remodelled/x.csv", "notes.txt"])
def test_data_is_no_model(path):
    assert not is_model(path)


def test_there_is_no_check_without_anything_to_check():
    assert lineage_check(Lineage(), None, "warn") is None
    assert lineage_check(Lineage(3), "stale", "off") is None


def test_not_a_number_is_what_it_was():
    used = pointers(params={"params.yaml": {"lr": float("nan")}})
    assert changed(judge_stages(used, {}, {"params.yaml": {"lr": float("nan")}})) == []


STALE = StaleStage(stage="train", pipeline="sub/dvc.yaml", outs=("m.pt",), changed=("params.yaml: lr",))


def test_a_stage_and_numbers_that_are_old_are_told_with_what_helps():
    found = lineage_check(Lineage(2, (STALE,)), "stale-numbers: x", "warn")
    assert found is not None
    assert (found.verdict, found.message, found.details) == (Verdict.WARNING, STALE.words, ("stale-numbers: x",))
    assert found.help == "dvc repro sub/dvc.yaml:train, then commit and dvc push"
    only = lineage_check(Lineage(), "stale-numbers: x", "fail")
    assert only is not None
    assert (only.verdict, only.message) == (Verdict.FAILED, "stale-numbers: x")
    assert only.help == "measure the model again, and commit its metrics"


def test_what_is_made_from_what_is_committed_is_said():
    found = lineage_check(Lineage(2), None, "fail")
    assert found is not None
    assert (found.verdict, found.message) == (Verdict.OK, "2 stages made from committed files")


def test_what_was_not_compared_is_not_said_to_be_made_from_the_commit():
    left = ("stage a: src could not be compared with the commit", "stage b: lib could not be compared with the commit")
    some = lineage_check(Lineage(3, (), left), None, "fail")
    assert some is not None
    assert (some.verdict, some.message, some.details) == (Verdict.OK, "1 stage made from committed files", left)
    none = lineage_check(Lineage(2, (), left), None, "fail")
    assert none is not None
    assert (none.verdict, none.message, none.details) == (Verdict.SKIPPED, left[0], left[1:])
    stale = lineage_check(Lineage(2, (STALE,), left[:1]), None, "fail")
    assert stale is not None
    assert (stale.verdict, stale.message, stale.details) == (Verdict.FAILED, STALE.words, left[:1])


def numbers(value: float, problem: str | None = None) -> ValueFile:
    return ValueFile(path="performance.json", values={} if problem else {"f1": value}, problem=problem)


NEW = replace(MODEL, oid=B)


@pytest.mark.parametrize(
    ("before", "now", "outs", "stale"),
    [
        (numbers(1), numbers(1), (NEW,), True),
        (numbers(1), numbers(2), (NEW,), False),
        (numbers(1), numbers(1), (MODEL,), False),
        (numbers(1), numbers(1), (), False),  # taken away, not changed
        (numbers(1), numbers(1), (MODEL, Out(path="data.csv", pointer="data.csv.dvc", oid=B)), False),
        (numbers(1, "broken"), numbers(1, "broken"), (NEW,), False),
        (None, None, (NEW,), False),
    ],
)
def test_numbers_are_old_where_a_model_changed_and_none_of_them_did(before, now, outs, stale):
    metrics = ([before] if before else [], [now] if now else [])
    found = stale_numbers(((MODEL,), outs), metrics, "v1.0.0")
    assert found == ("stale-numbers: model.pt changed since v1.0.0, but no metric did" if stale else None)


def test_further_models_are_counted():
    more = tuple(replace(MODEL, path=f"{name}.pt") for name in "ab")
    found = stale_numbers(((), (NEW, *more)), ([numbers(1)], [numbers(1)]), "v1.0.0")
    assert found is not None
    assert "and 2 other models changed" in found


def test_what_is_stale_is_told_in_one_line():
    assert STALE.words == "m.pt was made before params.yaml: lr changed"
    many = StaleStage(stage="train", pipeline="dvc.yaml", outs=("a", "b", "c"), changed=tuple("12345"))
    assert many.words == "a (and 2 more of stage train) was made before 1, 2, 3 and 2 more changed"
    three = StaleStage(stage="train", pipeline="dvc.yaml", outs=(), changed=tuple("123"))
    assert three.words == "stage train was made before 1, 2, 3 changed"


def test_a_folder_that_holds_tracked_data_is_left_out():
    inside = Out(path="data/images", pointer="data/images.dvc", oid=f"{A}.dir")
    found = pointers(Recorded(path="data", oid=f"{B}.dir"), outs=(inside,))
    assert paths_to_see(found) == {}


def test_what_a_pointer_imports_is_no_stage():
    imported = StageRecord(name="", lock="web.txt.dvc", outs=(), deps=(Recorded(path="web.txt", oid=A),))
    found = PointerSet(commit="c", stages=(imported,))
    assert paths_to_see(found) == {}
    assert judge_stages(found, {"web.txt": Seen(frozenset([B]))}, {}) == Lineage()


def test_a_parameter_that_is_gone_is_not_one_that_is_null():
    used = pointers(params={"params.yaml": {"seed": None}})
    assert changed(judge_stages(used, {}, {"params.yaml": {"seed": None}})) == []
    assert changed(judge_stages(used, {}, {"params.yaml": {}})) == ["params.yaml: seed"]
