import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.core.config import Config
from release.core.limits import MAX_DOCUMENT_BYTES
from release.core.metric_files import FoundFiles, metric_paths, param_paths

PIPELINE = b"""
stages:
  train:
    cmd: python train.py
    wdir: src
    params: [lr, epochs, {../conf/model.toml: [depth]}, {"${extra}": null}]
    metrics:
    - ../out/scores.json: {cache: false}
    - ../out/cached.json
    - ../out/${item}.json
  each:
    foreach: [a, b]
    do: {cmd: x, metrics: [{all.yaml: {cache: false}}], params: [custom.yaml: ]}
  other: {cmd: x, wdir: "${dir}", metrics: [nowhere.json]}
  evaluate: {cmd: x, outs: [live, {open: {cache: false}}]}
metrics: [live/metrics.json, open/metrics.json, folder, gone.json]
params: [top.yaml]
"""
TREE = [
    "all.yaml", "conf/model.toml", "custom.yaml", "dvc.yaml", "folder/a.json", "folder/b.yaml", "folder/c.txt",
    "open/metrics.json", "out/scores.json", "params.yaml", "src/params.yaml", "top.yaml", "out/params.json",
]  # fmt: skip


def metrics(tree, yamls=None, **config):
    return metric_paths(tree, yamls or {}, Config(**config))


def params(tree, yamls=None, **config):
    return param_paths(tree, yamls or {}, Config(**config))


def test_by_default_each_performance_json_counts_but_not_those_of_tests_examples_and_hidden_folders():
    tree = [
        "model/performance.json", "performance.json", "a/b/performance.json", "tests/performance.json",
        "a/test/performance.json", "Examples/x/performance.json", ".cache/performance.json", "a/my_performance.json",
        "performance.json/x", "latest/performance.json",
    ]  # fmt: skip
    assert metrics(tree).paths == (
        "a/b/performance.json",
        "latest/performance.json",
        "model/performance.json",
        "performance.json",
    )


def test_metrics_of_dvc_yaml_are_found_where_their_stage_works():
    found = metrics(TREE, {"dvc.yaml": PIPELINE})
    assert found == FoundFiles(
        paths=("out/scores.json", "all.yaml", "open/metrics.json", "folder/a.json", "folder/b.yaml"),
        missing=("live/metrics.json", "gone.json"),
        cached=("out/cached.json",),
        elsewhere=("out/cached.json", "live/metrics.json", "folder", "gone.json"),
        problems=(
            "dvc.yaml: out/${item}.json was not read: it is a template",
            "dvc.yaml: ${dir}/nowhere.json was not read: it is a template",
        ),
    )


TEMPLATES = b"""
metrics: ["${top}.json"]
stages:
  each:
    foreach: ${models}
    do:
      cmd: x
      wdir: sub
      params: ["${item.conf}": [lr]]
      outs: ["../model_${item}.pt", "../${kind}/${item}/log.json"]
      metrics: ["../${kind}/${item}/m.json", {plain.json: {cache: false}}]
      plots: ["../${kind}/${item}/m.tsv"]
  one: {cmd: x, metrics: ["${a}"], outs: ["${b}"]}
  never: {cmd: x, metrics: ["${c}.json"], params: ["${d}.yaml": ]}
  place: {cmd: x, wdir: "${w}", metrics: [m.json]}
"""
LOCK = b"""
schema: '2.0'
stages:
  each@a:
    cmd: x
    params: {a.conf: {lr: 1}}
    outs: [{path: ../k/a/log.json}, {path: ../k/a/m.json}, {path: ../k/a/m.tsv}, {path: ../model_a.pt}, {path: plain.json}]
  each@b:
    cmd: x
    params: {b.conf: {lr: 1}}
    outs: [{path: ../k/b/m.json}, {path: plain.json}]
  one: {cmd: x, outs: [{path: p}, {path: q}]}
  place: {cmd: x, outs: [{path: m.json}]}
"""


def test_the_lock_tells_what_templates_stand_for():
    files = {"dvc.yaml": TEMPLATES, "dvc.lock": LOCK}
    tree = ["k/a/log.json", "k/a/m.json", "k/a/m.tsv", "k/b/m.json", "sub/plain.json", "sub/a.conf", "sub/b.conf", "p"]
    found = metrics(tree, files)
    assert found.paths == ("k/a/m.json", "k/b/m.json", "sub/plain.json")
    assert (found.missing, found.cached) == ((), ())
    assert [said.split()[1] for said in found.problems] == ["${a}", "${c}.json", "${w}/m.json", "${top}.json"]
    used = params(tree, files)
    assert used.paths == ("sub/a.conf", "sub/b.conf")
    assert [said.split()[1] for said in used.problems] == ["${d}.yaml"]
    assert metrics(tree, {**files, "dvc.lock": b"["}).paths == ("sub/plain.json",)


@pytest.mark.parametrize(
    ("template", "path", "fits"),
    [
        ("${a}", "x", True),
        ("${a}", "", False),
        ("a${b}", "a", False),
        ("a${b}a", "aa", False),
        ("a${b}a", "aba", True),
        ("${a}${b}", "x", False),
        ("${a}${b}", "xy", True),
        ("${a}b${c}", "bbb", True),
        ("${a}b${c}", "abx", True),
        ("${a}b${c}", "ab", False),
        ("x/${a.b[0]}.json", "x/y.json", True),
        ("x/${a}.json", "x/y.jso", False),
        ("${a}" + "a${b}" * 500, "a" * 5000 + "b", True),
    ],
)
def test_a_path_fits_a_template_with_something_in_the_place_of_each_expression(template, path, fits):
    yaml = f"stages: {{s: {{cmd: x, metrics: [{json.dumps(template)}]}}}}".encode()
    lock = f"schema: '2.0'\nstages: {{s: {{cmd: x, outs: [{{path: {json.dumps(path)}}}]}}}}".encode()
    assert metrics([path], {"dvc.yaml": yaml, "dvc.lock": lock}).paths == ((path,) if fits else ())


def test_a_table_counts_where_it_is_named_and_not_inside_a_folder_of_metrics():
    tree = ["live/f1.tsv", "live/metrics.json", "scores.csv"]
    assert metrics(tree, {"dvc.yaml": b"metrics: [live, scores.csv]"}).paths == ("live/metrics.json", "scores.csv")
    assert metrics(tree, metrics=("live/f1.tsv",)).paths == ("live/f1.tsv",)


def test_params_of_dvc_yaml_and_those_beside_metrics_are_found():
    found = params(TREE, {"dvc.yaml": PIPELINE})
    assert found.paths == (
        "src/params.yaml",
        "conf/model.toml",
        "custom.yaml",
        "top.yaml",
        "params.yaml",
        "out/params.json",
    )
    assert found.missing == ()
    assert params(["model/performance.json", "model/params.json", "other/params.json"]).paths == ("model/params.json",)


def test_paths_of_a_dvc_yaml_are_relative_to_its_folder():
    yamls = {"a/dvc.yaml": b"metrics: [m.json, ../b/m.json]"}
    assert metrics(["a/m.json", "b/m.json"], yamls).paths == ("a/m.json", "b/m.json")


def test_only_what_lies_below_the_projects_folder_counts():
    tree = ["a/performance.json", "a/params.yaml", "b/performance.json", "ab/performance.json", "params.yaml"]
    yamls = {"b/dvc.yaml": b"metrics: [../a/performance.json]", "a/dvc.yaml": b"metrics: [../b/performance.json]"}
    found = metrics(tree, yamls, folder="a")
    assert (found.paths, found.missing) == (("a/performance.json",), ("b/performance.json",))
    assert params(tree, folder="a").paths == ("a/params.yaml",)
    assert metrics(["tests/model/performance.json"], folder="tests/model").paths == ("tests/model/performance.json",)


def test_configured_paths_are_the_only_ones_and_missing_ones_are_named():
    tree = ["x/m.json", "x/performance.json", "x/big.json.dvc", "x/dir/a.toml"]
    found = metrics(
        tree, {"x/dvc.yaml": PIPELINE}, folder="x", metrics=("m.json", "./big.json", "no.json", "../out.json", "dir")
    )
    assert found == FoundFiles(
        paths=("x/m.json", "x/dir/a.toml"),
        missing=("x/no.json", "out.json"),
        cached=("x/big.json",),
        elsewhere=("x/big.json", "x/no.json", "out.json", "x/dir"),
    )
    assert metrics(tree, metrics=()) == FoundFiles(paths=())
    assert params(tree, params=("p.yaml",)).missing == ("p.yaml",)


def test_a_performance_json_that_dvc_keeps_is_named_rather_than_dropped():
    assert metrics(["model/performance.json.dvc"]) == FoundFiles(
        paths=(), cached=("model/performance.json",), elsewhere=("model/performance.json",)
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"stages: [", "dvc.yaml: line 2, column 1"), (b"- a", "dvc.yaml: the file has no stages"), (b"\xff", "not UTF-8"), (b" " * (MAX_DOCUMENT_BYTES + 1), "50 MB"), (b"a: " + b"[" * 10_000, "nested deeper than 100 levels")],
)  # fmt: skip
def test_a_dvc_yaml_that_cannot_be_read_is_a_problem_with_its_name(data, said):
    found = metrics(["dvc.yaml", "performance.json"], {"dvc.yaml": data})
    assert found.paths == ("performance.json",)
    assert said in found.problems[0]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["a.json", "${x}", "", "..", "do", "/abs"]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(["stages", "metrics", "params", "do", "wdir", "outs", "t"]), below, max_size=4),
)  # fmt: skip


@given(JUNK)
def test_any_shape_of_dvc_yaml_is_taken_calmly(document):
    data = json.dumps({"stages": document, "metrics": document, "params": document}).encode()
    for found in (metrics(TREE, {"dvc.yaml": data}), params(TREE, {"dvc.yaml": data})):
        assert set(found.paths) <= set(TREE)
