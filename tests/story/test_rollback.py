"""`release rollback` on real git and DVC: an incident at 3 am is one command and one question."""

from __future__ import annotations

import json
import shutil
import sys
from importlib.resources import files

import jsonschema
import pexpect
import pytest

from release.engine.project import project_in
from release.engine.rollback import request_of, rollback
from release.errors import Refused

MODEL = bytes(range(256)) * 64


def follows(name, run):
    jsonschema.validate(run.json, json.loads(files("release").joinpath(f"schemas/{name}.json").read_text()))
    return run.json


@pytest.fixture
def two(templates, tmp_path):
    """v0.1.0, then v0.2.0 with a worse model, one more file of data, one more parameter, and other code."""
    return templates.grown("released", _two, tmp_path / "world")


def _two(released):
    params = json.loads(released.read("model/params.json"))
    released.write("model/params.json", json.dumps(params | {"temperature": 2}))
    released.write("serve.py", "print(2)\n")
    released.write("data/more.bin", b"more" * 50)
    released.dvc("add", "--quiet", "data/more.bin")
    released.train(b"worse" * 1000, '{"overall": {"f1": 0.5, "loss": 0.9}}\n')
    released.release("bump minor -m worse --yes").succeeds()


@pytest.mark.fast
def test_pointers_parameters_and_numbers_go_back_together_as_a_new_release(two):
    before = two.head
    found = follows("rollback", two.release("rollback v0.1.0 --yes --json").succeeds())
    assert (found["tag"], found["previous_tag"], found["message"]) == ("v0.2.1", "v0.2.0", "Rollback to v0.1.0")
    assert [step.split()[0] for step in found["steps"]] == ["commit", "push", "move", "bring", "bring"]
    assert found["steps"][-1] == "bring the data up to date here"
    for path in ("model/model.pt.dvc", "data/more.bin.dvc", "CHANGELOG.md"):
        assert path in found["steps"][0], "every file that the commit writes or deletes is named"
    assert two.published("v0.2.1")
    for path in ("model/model.pt.dvc", "model/params.json", "model/performance.json"):
        assert two.file_at("v0.2.1", path) == two.file_at("v0.1.0", path)
    assert two.git("rev-parse", "v0.2.1~1") == before
    assert "data/more.bin.dvc" not in two.git("ls-tree", "-r", "--name-only", "v0.2.1").split()
    assert two.read("serve.py") == b"print(2)\n"
    assert two.read("model/model.pt") == MODEL
    assert not (two.folder / "data" / "more.bin").exists()
    assert two.status == ""
    assert json.loads(two.dvc("data", "status", "--json")) == {}
    assert "0.2.1" in two.read("CHANGELOG.md").decode()
    clone = two.clone()
    clone.dvc("pull", "--quiet")
    assert clone.read("model/model.pt") == MODEL


def test_the_plan_tells_what_goes_back_and_what_serving_may_miss(two):
    run = two.release("rollback v0.1.0 --dry-run").succeeds()
    run.says(
        "v0.2.1", "goes back to v0.1.0", "model/model.pt.dvc", "temperature", "data/more.bin", "overall.f1", "better"
    )
    assert two.unchanged()


def test_gates_are_overridden_and_the_tag_says_why(two):
    two.write(".release.toml", '[gate."overall.f1"]\nmin = 0.99\n')
    two.save("A gate that nothing passes")
    two.release("rollback v0.1.0 --yes").succeeds()
    assert "Release-Regression: rollback to v0.1.0" in two.message_of("v0.2.1")


def test_data_that_is_only_on_the_remote_is_fetched_first(two):
    two.empty_cache()
    two.release("rollback v0.1.0 --yes").succeeds()
    assert two.read("model/model.pt") == MODEL


def test_objects_that_todays_remote_lacks_refuse_it(two):
    (path,) = [path for path in two.objects_on_store() if path.read_bytes() == MODEL]
    two.lose(path)
    follows("rollback", two.release("rollback v0.1.0 --yes --json").fails_with(4))
    assert two.unchanged()


def test_the_remote_of_today_is_asked_not_that_of_then(two):
    shutil.move(two.world.store, two.world.root / "stores" / "new")
    two.dvc("remote", "modify", "storage", "url", "../stores/new")
    two.save("Moved the store")
    two.release("rollback v0.1.0 --yes").succeeds()
    assert b"../stores/new" in two.file_at("v0.2.1", ".dvc/config") or b"stores/new" in two.file_at(
        "v0.2.1", ".dvc/config"
    )


@pytest.mark.parametrize("path", ["model/model.pt", "model/params.json", "data/more.bin"])
def test_unsaved_work_refuses_it_and_stays(two, path):
    (two.folder / path).unlink()
    two.write(path, b"mine")
    two.release("rollback v0.1.0 --yes").fails_with(3).says(path)
    assert two.unchanged()


def test_work_done_at_the_question_is_not_lost(two):
    project = project_in(two.folder, two.world.environment(), on_terminal=False)

    def work(_):
        (two.folder / "model/model.pt").unlink()
        two.write("model/model.pt", b"mine")
        return True

    with pytest.raises(Refused, match=r"model/model\.pt was changed in the meantime"):
        rollback(request_of("v0.1.0", message=None, kind="patch", with_code=False, push=True), project, work)
    assert two.read("model/model.pt") == b"mine"
    assert two.git("tag", "--list", "v0.2.1") == ""


def test_a_stage_that_is_defined_otherwise_now_needs_the_code_too(pipeline):
    pipeline.release("bump minor -m first --yes").succeeds()
    pipeline.write("train.sh", pipeline.read("train.sh") + b"printf 'c' > out/plots/c.txt\n")
    pipeline.write("dvc.yaml", pipeline.read("dvc.yaml").replace(b"cmd: sh train.sh", b"cmd: sh ./train.sh"))
    pipeline.dvc("repro", "--quiet")
    pipeline.dvc("push", "--quiet")
    pipeline.save("Another pipeline")
    pipeline.release("bump minor -m second --yes").succeeds()
    pipeline.release("rollback v0.1.0 --yes").fails_with(3).says("train (dvc.yaml)").helps("--code")
    assert pipeline.unchanged()
    pipeline.release("rollback v0.1.0 --code --yes").succeeds()
    assert pipeline.file_at("v0.2.1", "train.sh") == pipeline.file_at("v0.1.0", "train.sh")
    assert not (pipeline.folder / "out" / "plots" / "c.txt").exists()
    assert "0.2.0" in pipeline.read("CHANGELOG.md").decode()
    assert pipeline.status == ""


def test_without_a_push_it_can_be_taken_back(two):
    head = two.head
    two.release("rollback v0.1.0 --no-push --yes").succeeds()
    assert "refs/tags/v0.2.1" not in two.origin
    two.release("recover --undo --yes").succeeds()
    assert two.head == head
    assert two.status == ""
    assert two.read("model/model.pt.dvc") == two.file_at("v0.2.0", "model/model.pt.dvc")


@pytest.mark.parametrize("looked_at", ["v0.1.0", "v0.2.0"])
def test_from_the_branch_where_a_release_was_looked_at_the_way_is_told(two, looked_at):
    two.release(f"checkout {looked_at}").succeeds()
    refused = two.release("rollback v0.1.0 --yes").fails_with(3).says(f"this is from/{looked_at}")
    refused.helps("git switch main && dvc checkout")
    two.git("switch", "--quiet", "main")
    two.dvc("checkout", "--quiet")
    two.release("rollback v0.1.0 --yes").succeeds()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("rollback", 2, "missing argument TAG"),
        ("rollback v0.1.0", 2, "--yes"),
        ("rollback v9.9.9 --yes", 2, "no tag v9.9.9"),
        ("rollback v0.2.0 --yes", 3, "already"),
        ("rollback v0.1.0 --kind patsch --yes", 2, "patsch"),
        ("rollback v0.1.0 patsch --yes", 2, "patsch"),
        ("rollback v0.1.0 minor --kind patch --yes", 2, "KIND is given twice"),
    ],
)
def test_wrong_words_change_nothing(two, words, code, said):
    two.release(words).fails_with(code).says(said).helps()
    assert two.unchanged()


@pytest.mark.parametrize(("key", "code"), [("y\r", 0), ("n\r", 130), ("\x03", 130)])
def test_one_command_and_one_question(two, key, code):
    environment = {**two.world.environment(), "TERM": "xterm"}
    child = pexpect.spawn(
        sys.executable, ["-m", "release", "rollback", "v0.1.0", "-m", "0.2.0 is slow"],
        cwd=str(two.folder), env=environment, timeout=60, dimensions=(200, 100),
    )  # fmt: skip
    child.expect_exact("Release v0.2.1?")
    child.send(key)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == code
    assert ("refs/tags/v0.2.1" in two.origin) is (code == 0)
    assert (two.read("model/model.pt") == MODEL) is (code == 0)


def test_the_entry_of_a_release_that_was_deleted_is_not_taken_for_that_of_the_rollback(two):
    two.save("fix: more")
    two.release("bump patch -m charCNN --yes").succeeds()
    two.release("delete v0.2.1 --local --remote --yes").succeeds()
    run = two.release("rollback v0.1.0 --yes").fails_with(3)
    run.says("already has an entry for 0.2.1", "does not tell of a rollback").helps("minor as KIND")
    assert two.unchanged()
    two.release("rollback v0.1.0 minor --yes").succeeds()
    assert two.published("v0.3.0")
    assert two.message_of("v0.3.0").startswith("Rollback to v0.1.0\n")
