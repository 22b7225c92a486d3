"""Models come from the data, code and parameters that stand beside them in the commit, or the check says what does not."""

import pytest


@pytest.fixture
def trained(pipeline):
    pipeline.git("tag", "-a", "v0.1.0", "-m", "First")
    pipeline.git("push", "--quiet", "origin", "v0.1.0")
    pipeline.save("More")
    return pipeline


def lineage(project, line="bump minor --dry-run --json", code=0):
    return project.release(line).fails_with(code).check("lineage")


def test_a_model_that_comes_from_its_commit_is_fine(trained):
    check = lineage(trained)
    assert (check["verdict"], check["message"]) == ("ok", "1 stage made from committed files")


def test_a_parameter_that_changed_after_the_training_is_named(trained):
    trained.write("params.yaml", "train:\n  seed: 1234\n  epochs: 4\n")
    trained.save("Try more epochs, one day")
    check = lineage(trained)
    assert check["verdict"] == "warning"
    assert check["message"].startswith("out/model.bin (and 1 more of stage train) was made before params.yaml: train")
    assert check["help"].startswith("dvc repro dvc.yaml:train")
    trained.dvc("repro", "--quiet")
    trained.dvc("push", "--quiet")
    trained.save("Train")
    assert lineage(trained)["verdict"] != "warning" or "stale-numbers" in lineage(trained)["message"]


def test_a_parameter_that_was_only_written_another_way_is_the_same(trained):
    trained.write("params.yaml", "# all of it\ntrain: {epochs: 3.0, seed: 1234}\n")
    trained.save("Tidy")
    assert lineage(trained)["verdict"] == "ok"


def test_code_that_changed_after_the_training_is_named(trained):
    trained.write("train.sh", trained.read("train.sh") + b"# faster\n")
    trained.save("Faster")
    assert "before train.sh changed" in lineage(trained)["message"]


def test_data_that_changed_after_the_training_is_named(trained):
    trained.write("data/rows.csv", "x,y\n5,6\n")
    trained.dvc("add", "--quiet", "data/rows.csv")
    trained.dvc("push", "--quiet")
    trained.save("New data")
    assert "before data/rows.csv changed" in lineage(trained)["message"]


def test_numbers_that_were_edited_by_hand_are_named(trained):
    trained.write("scores.json", '{"accuracy": 0.99}\n')
    trained.save("Better")
    assert "scores.json" in lineage(trained)["message"]


def test_line_ends_of_another_system_are_no_change(trained):
    trained.write("train.sh", trained.read("train.sh").replace(b"\n", b"\r\n"))
    trained.save("From another system")
    assert lineage(trained)["verdict"] == "ok"


def test_code_that_git_gave_other_line_ends_when_it_was_run_is_no_change(trained):
    """As with `core.autocrlf` on Windows: the lock has the hash of what lay in the work tree."""
    code = trained.read("train.sh")
    trained.write("train.sh", code.replace(b"\n", b"\r\n"))
    trained.dvc("commit", "--quiet", "--force", "train")
    trained.write("train.sh", code)
    trained.save("Run on another system")
    assert lineage(trained)["verdict"] == "ok"


def test_configured_to_fail_it_refuses(trained):
    trained.write("params.yaml", "train:\n  seed: 7\n")
    trained.write(".release.toml", 'lineage = "fail"\n')
    trained.save("Seed")
    trained.release("bump minor --yes").fails_with(3).says("params.yaml: train").helps("dvc repro")
    assert trained.unchanged()
    trained.write(".release.toml", 'lineage = "off"\n')
    trained.save("Off")
    trained.release("bump minor --yes").succeeds().never_says("lineage")


def test_a_model_that_changed_while_no_number_did_is_told(released):
    before = released.read("model/performance.json").decode()
    released.train(b"other weights" * 500, before)
    check = lineage(released)
    assert check["verdict"] == "warning"
    assert check["message"] == "stale-numbers: model/model.pt changed since v0.1.0, but no metric did"


def test_status_has_the_check_too(trained):
    trained.write("params.yaml", "train:\n  seed: 7\n")
    trained.save("Seed")
    assert lineage(trained, "status --json")["verdict"] == "warning"


def test_a_folder_of_code_is_compared_file_by_file(trained):
    trained.write("src/model.py", "layers = 3\n")
    trained.write("src/deep/loss.py", "x = 1\n")
    text = trained.read("dvc.yaml").decode().replace("deps: [data/rows.csv, train.sh]", "deps: [data/rows.csv, src]")
    trained.write("dvc.yaml", text)
    trained.dvc("repro", "--quiet")
    trained.dvc("push", "--quiet")
    trained.save("Code in a folder")
    assert "src" not in lineage(trained)["message"]
    trained.write("src/deep/loss.py", "x = 2\n")
    trained.save("Loss")
    assert "before src changed" in lineage(trained)["message"]


def test_show_tells_what_a_model_was_made_from_and_how_to_get_it(trained):
    run = trained.release("show v0.1.0").succeeds()
    run.says("out/model.bin", "<- train", "data/rows.csv", "train.sh", "params.yaml: train")
    run.says("dvc get", "--rev v0.1.0")
    (made,) = trained.release("show v0.1.0 --json").succeeds().json["lineage"]
    assert made["stage"] == "train"
    assert made["outs"] == ["out/model.bin", "out/plots", "scores.json"]
    assert [dep["path"] for dep in made["deps"]] == ["data/rows.csv", "train.sh"]
    assert all(len(dep["oid"]) == 32 for dep in made["deps"])
    assert made["params"] == [{"file": "params.yaml", "key": "train", "value": {"seed": 1234, "epochs": 3}}]
    assert made["changed"] == []
