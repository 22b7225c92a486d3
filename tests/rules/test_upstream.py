"""What a model was made from: nothing of it is left out, and where that is not known, everything counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from release.core.lineage import alone, git_paths, upstream, used_params
from release.core.locate import PointerSet, StageRecord
from release.core.metrics import ValueFile
from release.core.pointer import Origin, Out, Recorded
from release.core.problems import ProblemKind, problem_at
from release.core.rollback_rules import with_stages

OID = "0" * 32
FILES = {"train.py", "src/net.py", "src", "scores.json", "params.yaml"}


def out(path: str, *, stage: str | None = None, **more) -> Out:
    pointer = f"{path}.dvc" if stage is None else "dvc.lock"
    return Out(path=path, oid=OID, pointer=pointer, stage=stage, **more)


def stage(
    name: str, deps: list[str], outs: list[Out], params: dict[str, dict[str, object]] | None = None
) -> StageRecord:
    recorded = tuple(Recorded(path=path, oid=OID) for path in deps)
    return StageRecord(name=name, lock="dvc.lock", outs=tuple(outs), deps=recorded, params=params or {})


def pointers(*stages: StageRecord, added: tuple[Out, ...] = (), **more) -> PointerSet:
    outs = (*added, *(each for made in stages for each in made.outs))
    return PointerSet(commit="c", outs=outs, stages=stages, **more)


def in_git(path: str) -> bool | None:
    return None if path.startswith("link") else path in FILES


def paths(found: PointerSet) -> set[str]:
    return {each.path for each in found.outs}


SHARED = out("data/rows.csv")
CLEAN = stage("clean", ["data/rows.csv"], [out("data/clean", stage="clean")])
ONE = stage("one", ["data/clean/train.csv", "train.py"], [out("models/one.pt", stage="one")])
OTHER = stage("other", ["data/clean", "clicks"], [out("models/other.pt", stage="other")])
CLICKS = out("clicks/a.csv")
BOTH = pointers(CLEAN, ONE, OTHER, added=(SHARED, CLICKS))
DOUBT = problem_at("x.dvc", ProblemKind.UNREADABLE_POINTER, "x.dvc cannot be read", None)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("models/one.pt", {"models/one.pt", "data/clean", "data/rows.csv"}),
        ("models/other.pt", {"models/other.pt", "data/clean", "data/rows.csv", "clicks/a.csv"}),
        ("models", {each.path for each in BOTH.outs}),
        ("data/clean/train.csv", {"data/clean", "data/rows.csv"}),
        ("clicks", {"clicks/a.csv"}),
    ],
)
def test_a_model_is_its_outs_and_all_that_they_were_made_from(path, expected):
    found = upstream(BOTH, [path], in_git)
    assert paths(found) == expected
    assert paths(upstream(found, [path], in_git)) == expected


@pytest.mark.parametrize(
    "unknown",
    [
        pytest.param(pointers(CLEAN, ONE, added=(SHARED, CLICKS), problems=(DOUBT,)), id="a pointer cannot be read"),
        pytest.param(pointers(CLEAN, stage("one", ["../x"], list(ONE.outs)), added=(SHARED,)), id="outside"),
        pytest.param(pointers(CLEAN, stage("one", ["/data/x"], list(ONE.outs)), added=(SHARED,)), id="absolute"),
        pytest.param(
            pointers(stage("one", ["nowhere.csv"], list(ONE.outs)), added=(SHARED,)), id="neither git nor DVC"
        ),
        pytest.param(pointers(stage("one", ["link/a.csv"], list(ONE.outs)), added=(SHARED,)), id="behind a link"),
        pytest.param(replace(BOTH, stages=(CLEAN, OTHER)), id="a stage without a record"),
    ],
)
def test_everything_counts_where_an_input_is_not_known(unknown):
    assert upstream(unknown, ["models/one.pt"], in_git) is unknown


def test_everything_counts_where_nothing_is_at_the_path():
    assert upstream(BOTH, ["models/on.pt"], in_git) is BOTH
    assert upstream(BOTH, ["train.py"], in_git) is BOTH


def test_problems_of_other_models_are_left_out_and_own_ones_stay():
    lost = [problem_at(path, ProblemKind.NEVER_RUN, path, None) for path in ("models/other.pt", "data/clean")]
    found = upstream(
        replace(BOTH, problems=tuple(lost), excluded=("clicks", "data/rows.csv")), ["models/one.pt"], in_git
    )
    assert [problem.path for problem in found.problems] == ["data/clean"]
    assert found.excluded == ("data/rows.csv",)


def test_what_the_configuration_excludes_is_followed_and_needs_no_proof():
    hidden = replace(
        BOTH, outs=tuple(each for each in BOTH.outs if each.path != "data/clean"), excluded=("data/clean",)
    )
    assert paths(upstream(hidden, ["models/one.pt"], in_git)) == {"models/one.pt", "data/rows.csv"}
    gone = pointers(ONE, excluded=("data/clean",))
    assert paths(upstream(gone, ["models/one.pt"], in_git)) == {"models/one.pt"}


def test_the_source_of_an_import_is_elsewhere():
    imported = out("data/clean", origin=Origin.IMPORT)
    record = replace(stage("", ["clicks"], [imported]), lock="data/clean.dvc")
    found = pointers(ONE, record, added=(CLICKS,))
    assert paths(upstream(found, ["models/one.pt"], in_git)) == {"models/one.pt", "data/clean"}


def test_data_from_a_url_or_another_disk_is_followed_no_further():
    got = replace(stage("", ["https://x/y", "/mnt/y"], [out("data/clean")]), lock="data/clean.dvc")
    assert paths(upstream(pointers(ONE, got, added=(CLICKS,)), ["models/one.pt"], in_git)) == {
        "models/one.pt",
        "data/clean",
    }


def test_a_parameter_file_that_a_stage_wrote_counts():
    tuned = stage("tune", ["data/rows.csv"], [out("best.yaml", stage="tune")])
    one = stage("one", ["train.py"], list(ONE.outs), {"best.yaml": {"lr": 1}})
    found = upstream(pointers(tuned, one, added=(SHARED, CLICKS)), ["models/one.pt"], in_git)
    assert paths(found) == {"models/one.pt", "best.yaml", "data/rows.csv"}


@given(
    st.integers(2, 8).flatmap(
        lambda size: st.tuples(st.just(size), st.sets(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))))
    )
)
def test_no_ancestor_is_left_out_of_any_pipeline_and_nothing_else_is_taken(drawn):
    size, pairs = drawn
    edges = {(low, high) for low, high in pairs if low < high}  # `high` is made from `low`
    stages = [
        stage(f"s{at}", [f"out{low}/file" for low, high in edges if high == at], [out(f"out{at}", stage=f"s{at}")])
        for at in range(size)
    ]
    wanted = {size - 1}
    for at in reversed(range(size)):
        wanted |= {low for low, high in edges if high == at and at in wanted}
    found = upstream(pointers(*reversed(stages)), [f"out{size - 1}"], in_git)
    assert paths(found) == {f"out{at}" for at in wanted}
    assert {each.name for each in found.stages} == {f"s{at}" for at in wanted}


def test_commits_count_that_touch_code_and_pointers_of_the_model_but_not_a_lock_of_others_too():
    inputs = {"data/rows.csv", "data/clean/train.csv", "train.py"}
    assert {*git_paths(upstream(BOTH, ["models/one.pt"], in_git), BOTH)} == {*inputs, "data/rows.csv.dvc"}
    alone = pointers(CLEAN, ONE, added=(SHARED, CLICKS))
    found = git_paths(upstream(alone, ["models/one.pt"], in_git), alone)
    assert {*found} == {*inputs, "data/rows.csv.dvc", "dvc.lock", "dvc.yaml"}


def test_only_parameters_that_the_stages_use_count():
    file = ValueFile(path="params.yaml", values={"one.lr": 1, "one.sizes[0]": 2, "onery": 3, "other.depth": 4})
    one = pointers(stage("one", [], [], {"params.yaml": {"one": {}}}))
    (found,) = used_params([file, ValueFile(path="more.json", values={"a": 1})], one)
    assert list(found.values) == ["one.lr", "one.sizes[0]"]
    assert used_params([file], pointers(CLEAN)) == ()


def test_what_only_one_model_uses_is_its_own():
    scores = stage("scores", ["models/one.pt"], [out("scores.csv", stage="scores")])  # made from it: no other data
    every = replace(BOTH, outs=(*BOTH.outs, *scores.outs), stages=(*BOTH.stages, scores))
    one, other = (upstream(every, [path], in_git) for path in ("models/one.pt", "models/other.pt"))
    assert paths(alone(one, every, "models/one.pt", in_git)) == {"models/one.pt"}
    assert paths(alone(other, every, "models/other.pt", in_git)) == {"models/other.pt", "clicks/a.csv"}
    by_itself = pointers(CLEAN, ONE, added=(SHARED,))
    assert alone(by_itself, by_itself, "models/one.pt", in_git) is by_itself


LOCK = b"schema: '2.0'\nstages:\n  one:\n    cmd: a\n    outs:\n    - path: x\n      md5: %s\n  train@0:\n    cmd: b\n"


def test_stages_of_a_lock_are_exchanged_one_by_one():
    now, then = LOCK % b"1", (LOCK % b"2").replace(b"cmd: b", b"cmd: c")
    assert with_stages(now, then, {"one"}) == LOCK % b"2"
    assert with_stages(now, then, {"train@0"}) == now.replace(b"cmd: b", b"cmd: c")
    assert with_stages(now, then, {"one", "train@0"}) == then
    assert with_stages(now, then, set()) == now
    assert with_stages(now, then.partition(b"  train")[0], {"train@0"}) == now.partition(b"  train")[0]
    assert with_stages(now.partition(b"  train")[0], then, {"train@0"}) == now.replace(b"cmd: b", b"cmd: c")


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"stages: {one: {cmd: a}}\n", id="in one line"),
        pytest.param(LOCK + b"  one:\n    cmd: z\n", id="twice"),
        pytest.param(LOCK.rstrip(b"\n"), id="no end"),
        pytest.param(LOCK + b"more: 1\n", id="more behind the stages"),
        pytest.param(b"\xff", id="not UTF-8"),
    ],
)
def test_a_lock_that_dvc_did_not_write_is_left_alone(odd):
    for one, other in ((LOCK, odd), (odd, LOCK)):
        assert with_stages(one, other, {"train@0"}) is None
