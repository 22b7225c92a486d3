"""`release diff` on real git and DVC: down to the files inside directories, and nothing is changed by looking."""

from __future__ import annotations

import json
import shutil
from importlib.resources import files

import jsonschema
import pytest


def follows(name, run):
    jsonschema.validate(run.json, json.loads(files("release").joinpath(f"schemas/{name}.json").read_text()))
    return run.json


def pointers(found):
    return {row["path"]: row["change"] for row in found["pointers"]}


@pytest.fixture
def trained(templates, tmp_path):
    """v0.1.0, then a better model with another parameter as v0.2.0."""
    return templates.grown("released", _trained, tmp_path / "world")


def _trained(released):
    params = json.loads(released.read("model/params.json"))
    released.write("model/params.json", json.dumps(params | {"num_filters": 100}))
    released.train(b"better" * 1000, '{"overall": {"f1": 0.9, "loss": 0.3}}\n')
    released.git("tag", "-a", "v0.2.0", "-m", "Second")


@pytest.mark.fast
def test_two_releases_differ_in_numbers_parameters_and_models(trained):
    found = follows("diff", trained.release("diff v0.1.0 v0.2.0 --json").succeeds())
    f1 = next(row for row in found["metrics"] if row["key"] == "overall.f1")
    assert (f1["before"], f1["after"], f1["verdict"]) == (0.8412, 0.9, "better")
    assert [(row["key"], row["after"]) for row in found["params"]] == [("num_filters", 100)]
    assert pointers(found) == {"model/model.pt": "changed"}
    assert [row["subject"] for row in found["commits"]] == ["Train"]
    run = trained.release("diff 0.1.0 0.2.0").succeeds()
    run.says(
        "v0.1.0 -> v0.2.0   1 commit", "overall.f1", "+0.0588", "better", "num_filters 50 -> 100", "16 kB -> 6.0 kB"
    )


def test_the_last_row_of_a_csv_metric_is_compared(released):
    """DVC shows no numbers of a table: `dvc metrics show` reads any unknown suffix as YAML."""
    released.write("dvc.yaml", "metrics: [scores.csv, scores.tsv]\n")
    for version, f1 in (("0.2.0", 0.84), ("0.3.0", 0.91)):
        released.write("scores.csv", f"epoch,accuracy\n1,0.5\n2,{f1}\n")
        released.write("scores.tsv", f"epoch\taccuracy\n1\t0.5\n2\t{f1}\n")
        released.save("Train")
        released.release(f"bump {version} --yes").succeeds()
    found = follows("diff", released.release("diff v0.2.0 v0.3.0 --json").succeeds())
    rows = {row["file"]: row for row in found["metrics"] if row["key"] == "accuracy"}
    for path in ("scores.csv", "scores.tsv"):
        assert (rows[path]["before"], rows[path]["after"], rows[path]["verdict"]) == (0.84, 0.91, "better")
        assert f"| {path}:accuracy | 0.8400 | 0.9100 | +0.0700 | better |" in " ".join(
            released.read("CHANGELOG.md").decode().split()
        )
    (shown,) = json.loads(released.dvc("metrics", "show", "--json")).values()
    assert shown["data"]["scores.csv"] == {"data": "epoch,accuracy 1,0.5 2,0.91"}
    assert "error" in shown["data"]["scores.tsv"]


def test_the_files_inside_a_directory_are_told_with_their_bytes(images):
    found = follows("diff", images.release("diff v0.1.0 v0.2.0 --json").succeeds())
    assert pointers(found) == {
        "data/images": "changed",
        "data/images/cat/0000.png": "removed",
        "data/images/cat/0001.png": "changed",
        "data/images/dog/0009.png": "added",
    }
    rows = {row["path"]: row for row in found["pointers"]}
    assert rows["data/images/dog/0009.png"]["after"]["size_bytes"] == 300
    assert rows["data/images/dog/0009.png"]["parent"] == "data/images"
    assert rows["data/images/cat/0001.png"]["after"]["size_bytes"] == 5
    images.release("diff v0.1.0 v0.2.0").succeeds().says("data/images/dog/0009.png", "300 B", "1 added", "1 removed")


def test_without_a_cache_the_remote_lists_directories_unless_offline(images):
    images.empty_cache()
    found = images.release("diff v0.1.0 v0.2.0 --json").succeeds().json
    assert len(found["pointers"]) == 4
    assert all((row["after"] or row["before"])["size_bytes"] for row in found["pointers"])
    assert images.unchanged()
    found = images.release("diff v0.1.0 v0.2.0 --offline --json").succeeds().json
    assert pointers(found) == {"data/images": "changed"}
    assert "data/images" in found["warnings"][0]


def test_a_directory_that_nobody_can_list_is_said(images):
    images.empty_cache()
    shutil.rmtree(images.world.store)
    images.release("diff v0.1.0 v0.2.0").succeeds().says("the files of data/images", "are unknown")


def test_backwards_every_sign_is_turned(trained):
    found = trained.release("diff v0.2.0 v0.1.0 --json").succeeds().json
    f1 = next(row for row in found["metrics"] if row["key"] == "overall.f1")
    assert (f1["verdict"], found["commits"], found["behind"]) == ("worse", [], 1)
    trained.release("diff v0.2.0 v0.1.0").succeeds().says("v0.1.0 does not have 1 commit of v0.2.0")


def test_the_work_tree_counts_as_it_lies_on_disk(trained):
    trained.write("model/performance.json", '{"overall": {"f1": 0.5}}\n')
    trained.write("model/new.bin", b"data" * 10)
    trained.dvc("add", "--quiet", "model/new.bin")
    found = follows("diff", trained.release("diff v0.2.0 --json").succeeds())
    assert trained.unchanged()
    assert found["after"] == {"revision": None, "commit": trained.head}
    assert pointers(found) == {"model/new.bin": "added"}
    assert {row["key"]: row["verdict"] for row in found["metrics"]} == {
        "overall.f1": "worse",
        "overall.loss": "removed",
    }


def test_a_deleted_pointer_is_removed_data(trained):
    (trained.folder / "model" / "model.pt.dvc").unlink()
    assert pointers(trained.release("diff v0.2.0 --json").succeeds().json) == {"model/model.pt": "removed"}
    assert trained.unchanged()


def test_a_clean_work_tree_is_its_commit(trained):
    trained.release("diff v0.2.0 --exit-code").succeeds().says("are the same")
    assert trained.unchanged()


def test_exit_code_is_9_if_anything_differs_but_commits_alone(trained):
    follows("diff", trained.release("diff v0.1.0 v0.2.0 --exit-code --json").fails_with(9))
    trained.commit("Only code", **{"train.py": "print()\n"})
    trained.release("diff v0.2.0 HEAD --exit-code").succeeds()


def test_markdown_is_for_a_pull_request(trained):
    trained.commit("A | pipe <b>and</b> `ticks`")
    page = trained.release("diff v0.1.0 HEAD --format md").succeeds().out
    assert page.startswith("## v0.1.0 to HEAD\n\n### Performance")
    assert "| overall.f1 | 0.8412 | 0.9000 | +0.0588 | better |" in " ".join(page.replace("\\", "").split())
    assert "<b>" not in page
    same = trained.release("diff HEAD HEAD --format md").succeeds().out
    assert "Nothing differs." in same


def test_it_works_from_a_subdirectory_without_dvc_and_before_any_metric(without_dvc):
    without_dvc.git("tag", "-a", "v0.1.0", "-m", "First")
    without_dvc.commit("More", **{"model/performance.json": '{"f1": 1}'})
    found = follows("diff", without_dvc.release("diff v0.1.0 --json", folder=without_dvc.folder / "model").succeeds())
    assert found["differs"] is True


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("diff", "missing argument A"),
        ("diff v9.9.9", "v9.9.9 is not a commit, branch or tag here"),
        ("diff v0.2.1", "v0.2.0 is the nearest"),
        ("diff v0.1.0 nothing", "nothing is not a commit, branch or tag here"),
        ("diff v0.1.0 --json --format md", "cannot be combined"),
        ("diff v0.1.0 HEAD~99", "is not a commit"),
        ("diff -- --output=x", "is not a commit"),
        ("diff HEAD:model", "is not a commit"),
    ],
)
def test_wrong_words_are_usage(trained, words, said):
    trained.release(words).fails_with(2).says(said).helps()
    assert trained.unchanged()


def test_conflicts_in_the_index_are_said_not_guessed(trained):
    trained.git("switch", "--quiet", "-c", "other", "v0.1.0")
    trained.commit("Other", **{"model/performance.json": '{"overall": {"f1": 0.1}}\n', "README.md": "other\n"})
    trained.git("switch", "--quiet", "main")
    trained.commit("Mine", **{"README.md": "mine\n"})
    trained.world.run(["git", "merge", "other"], folder=trained.folder, ok=(1,))
    trained.release("diff v0.1.0").fails_with(3).says("conflicts").helps("git status")
    assert trained.unchanged()


def test_broken_files_on_disk_are_told_and_nothing_breaks(trained):
    for text in ("{", "[" * 100_000, '{"f1": 1e999}', "\ufeff{}", "\x00"):
        trained.write("model/performance.json", text)
        trained.write("model/model.pt.dvc", text)
        trained.release("diff v0.1.0").succeeds()
        trained.release("diff v0.1.0 --format md").succeeds()
        follows("diff", trained.release("diff v0.1.0 --json").succeeds())
