"""Every kind of metric and parameter file that DVC reads: read as DVC reads it, or named; none of them stops a release."""

import json
from pathlib import Path

import pytest
from project import Project, Templates

PIPELINE = """
vars: [{o: out, word: txt}]
metrics: [kinds/plain, kinds/lines.jsonl, kinds/table.csv, kinds/ragged.tsv, kinds/single.json, kinds/list.json, kinds/note.md, kinds/m.py]
params: [conf, code.py]
stages:
  each:
    foreach: ${models}
    do:
      cmd: mkdir -p out && echo '{"acc":${item.acc}}' > ${o}/${key}.json && echo ${key} > ${o}/${key}.bin
      outs: [ "${o}/${key}.bin" ]
      metrics: [ "${o}/${key}.json": {cache: false} ]
      params: [lr, "${item.conf}": [depth]]
  grid:
    matrix: {size: [1, 2], kind: [x]}
    cmd: mkdir -p out && echo f1{ 0.${item.size} | tr "{" ":" > out/${item.kind}-${item.size}.yaml
    metrics: [ "out/${item.kind}-${item.size}.yaml" ]
  one:
    cmd: "printf 'acc: 0.25' > scores.${word}"
    metrics: [ "scores.${word}": {cache: false} ]
    params: [code.py: [lr]]
"""
FILES = {
    "dvc.yaml": PIPELINE,
    "params.yaml": "lr: 1\nmodels:\n  a: {acc: 0.5, conf: a.conf}\n  b: {acc: 0.75, conf: b.conf}\n",
    "a.conf": "depth: 3\n",
    "b.conf": "depth: 4\nother: 5\n",
    "conf": "width: 6\n",
    "code.py": "lr = 0.1\n",
    "kinds/plain": "acc: 0.1\ndeep: {f1: 0.2}\n",
    "kinds/lines.jsonl": '{"acc": 0.1}\n{"acc": 0.2}\n',
    "kinds/table.csv": "epoch,acc\n1,0.5\n2,0.6\n",
    "kinds/ragged.tsv": "epoch\tacc\n1\n",
    "kinds/single.json": "0.9\n",
    "kinds/list.json": "[1, 2]\n",
    "kinds/note.md": "Better: than: before\n",
    "kinds/m.py": "acc = 0.9\n",
}
NAMED = {
    "kinds/lines.jsonl", "kinds/ragged.tsv", "kinds/single.json", "kinds/list.json", "kinds/note.md", "kinds/m.py", "code.py",
}  # fmt: skip


def _kinds(project: Project) -> None:
    for path, text in FILES.items():
        project.write(path, text)
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save("All kinds")


@pytest.fixture
def kinds(templates: Templates, tmp_path: Path) -> Project:
    return templates.grown("released", _kinds, tmp_path / "world")


def flat(document, above: str = "") -> dict[str, object]:
    """The numbers of a document by their dotted keys."""
    if not isinstance(document, dict):
        return {above: document}
    return {
        key: value
        for name, below in document.items()
        for key, value in flat(below, f"{above}.{name}".lstrip(".")).items()
    }


def test_what_dvc_reads_is_read_and_the_rest_is_named(kinds):
    run = kinds.release("bump minor --dry-run --json").succeeds()
    read: dict[str, dict[str, object]] = {}
    for metric in run.json["metrics"]:
        if metric["after"] is not None:
            read.setdefault(metric["file"], {})[metric["key"]] = metric["after"]
    by_dvc = {
        path: flat(result["data"])
        for path, result in json.loads(kinds.dvc("metrics", "show", "--json"))[""]["data"].items()
        if isinstance(result.get("data"), dict) and result["data"] and path not in NAMED
    }
    assert by_dvc.keys() == {
        "kinds/plain", "out/a.json", "out/b.json", "out/x-1.yaml", "out/x-2.yaml", "scores.txt",
    }  # fmt: skip
    assert {path: read[path] for path in by_dvc} == by_dvc
    assert read["kinds/table.csv"] == {"epoch": 2, "acc": 0.6}
    warned = {check["message"].split()[0] for check in run.json["checks"] if check["name"] == "metrics"}
    assert warned == NAMED
    assert read.keys() == {*by_dvc, "kinds/table.csv", "model/performance.json"}


def test_parameters_that_dvc_reads_are_compared_and_those_in_python_are_named(kinds):
    for path, old, new in (("params.yaml", "lr: 1", "lr: 2"), ("a.conf", "3", "33"), ("conf", "6", "66")):
        kinds.write(path, kinds.read(path).decode().replace(old, new))
    kinds.write("code.py", "lr = 0.2\n")
    kinds.save("Other parameters")
    by_dvc = {
        (path, key): (change["old"], change["new"])
        for path, keys in json.loads(kinds.dvc("params", "diff", "--json", "HEAD~1")).items()
        for key, change in keys.items()
    }
    assert by_dvc.pop(("code.py", "lr")) == (0.1, 0.2)
    assert len(by_dvc) == 3
    run = kinds.release("diff HEAD~1 HEAD --json").succeeds()
    found = {(each["file"], each["key"]): (each["before"], each["after"]) for each in run.json["params"]}
    assert found == by_dvc
    assert "code.py cannot be read: values in Python are not read" in kinds.release("diff HEAD~1 HEAD").succeeds().out


def test_the_work_tree_is_compared_with_its_files_of_any_name(kinds):
    kinds.write("kinds/plain", "acc: 0.3\ndeep: {f1: 0.2}\n")
    kinds.write("conf", "width: 7\n")
    run = kinds.release("diff HEAD --json").succeeds()
    changed = [each for each in (*run.json["metrics"], *run.json["params"]) if each["before"] != each["after"]]
    assert [(each["file"], each["before"], each["after"]) for each in changed] == [
        ("kinds/plain", 0.1, 0.3),
        ("conf", 6, 7),
    ]


def test_a_release_lists_them(kinds):
    kinds.release('bump minor -m "All kinds" --yes').succeeds()
    (first, *_) = kinds.release("list --json").succeeds().json["releases"]
    assert first["metrics"]["kinds/plain:acc"] == 0.1
    assert first["metrics"]["out/a.json:acc"] == 0.5
    assert first["metrics"]["scores.txt:acc"] == 0.25
    kinds.release(f"verify {first['tag']}").succeeds()


def test_a_file_that_the_configuration_names_must_have_names_with_values(kinds):
    kinds.write(".release.toml", 'metrics = ["kinds/single.json"]\n')
    kinds.save("One number")
    kinds.release("bump minor --yes").fails_with(3).says("kinds/single.json cannot be read", "a single value")


def test_a_gate_on_a_file_that_is_not_read_fails(kinds):
    kinds.write(".release.toml", '[gate."kinds/m.py:acc"]\nmin = 0.5\n')
    kinds.save("Gate")
    kinds.release("bump minor --yes").fails_with(5).says("kinds/m.py")


def test_a_path_that_names_no_file_of_the_commit_is_named(released):
    """DVC takes `*` for a letter of the name, too."""
    released.write("out/a.json", '{"f1": 0.9}\n')
    released.write("dvc.yaml", "metrics:\n- out/*.json\n")
    released.save("Metrics")
    released.release("bump minor --dry-run").succeeds().says("out/*.json was not read")
