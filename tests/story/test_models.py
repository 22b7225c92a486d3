"""Two models in one repository, from one shared dataset: each has versions, changelog, numbers and proofs of its own."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

import pytest
import yaml
from project import Project

from release import open_project
from release.core.documents import load_toml

GTO = Path(sys.executable).with_name("gto")


def gto(project: Project, *words: str) -> bytes:
    """Each in a second of its own: GTO sorts events by the date of their tags, which has no more than that."""
    time.sleep(1 - time.time() % 1)
    return project.world.run([str(GTO), *words], folder=project.folder).stdout


CONFIG = """
[models.charCNN]
path = "models/charCNN.pt"
metrics = ["charCNN.json"]

[models.charCNN.gate.accuracy]
max-regression = 0.05

[models.ranker]
path = "models/ranker.pt"
metrics = ["ranker.json"]
"""
# One pipeline: the shared rows are cleaned, each model is made from them, the ranker from clicks, too. The numbers of
# charCNN are in git, those of the ranker are kept by DVC.
PIPELINE = """
stages:
  clean:
    cmd: cp data/rows.csv data/clean.csv
    deps: [data/rows.csv]
    outs: [data/clean.csv]
  charCNN:
    cmd: sh charCNN.sh
    deps: [data/clean.csv, charCNN.sh]
    params: [charCNN]
    outs: [models/charCNN.pt]
    metrics:
      - charCNN.json:
          cache: false
  ranker:
    cmd: sh ranker.sh
    deps: [data/clean.csv, data/clicks.csv, ranker.sh]
    params: [ranker]
    outs: [models/ranker.pt]
    metrics: [ranker.json]
artifacts:
  charCNN: {path: models/charCNN.pt, type: model}
"""
PARAMS = "charCNN:\n  lr: %s\nranker:\n  depth: %s\n"


def script(model: str, accuracy: float) -> str:
    return f"mkdir -p models\ncat data/*.csv {model}.sh params.yaml > models/{model}.pt\necho '{{\"accuracy\": {accuracy}}}' > {model}.json\n"


def _grow(project: Project) -> None:
    project.git("rm", "--quiet", "-r", "train.sh", "scores.json", "dvc.lock", "out/.gitignore")
    project.write(".release.toml", CONFIG)
    project.write("dvc.yaml", PIPELINE)
    project.write("params.yaml", PARAMS % (0.1, 3))
    project.write("charCNN.sh", script("charCNN", 0.75))
    project.write("ranker.sh", script("ranker", 0.6))
    project.write("data/clicks.csv", "a,b\n5,6\n")
    project.dvc_each("add --quiet data/clicks.csv", "repro --quiet", "push --quiet")
    project.save("Two models")


@pytest.fixture
def models(templates, tmp_path) -> Project:
    """Both models, trained, pushed, not yet released."""
    return templates.grown("pipeline", _grow, tmp_path / "world")


def train(project: Project, model: str, accuracy: float, *, push: bool = True) -> None:
    """Change the code of one model, and with it the model and its numbers; commit, and push the data or not."""
    project.write(f"{model}.sh", script(model, accuracy))
    project.dvc_each("repro --quiet", *(["push --quiet"] if push else []))
    project.save(f"feat: {model} with {accuracy}")


def release(project: Project, model: str, kind: str = "minor", *words: str):
    return project.release(f"bump --model {model} {kind} --yes --json", *words).succeeds().json


def lose(project: Project, path: str) -> None:
    """Delete the object of a tracked file from the blob store, and DVC's cache here."""
    text = project.read("dvc.lock") + b"".join(file.read_bytes() for file in project.folder.glob("data/*.dvc"))
    lines = text.decode().splitlines()
    at = max(number for number, line in enumerate(lines) if line.strip().removeprefix("- ") == f"path: {path}")
    near = (line.split()[-1] for line in (*lines[at:], *reversed(lines[:at])) if "md5: " in line)
    project.lose(project.object_path(next(near)))
    project.empty_cache()


def test_each_model_has_versions_changelog_and_numbers_of_its_own(models):
    first = release(models, "charCNN")
    assert (first["tag"], first["releases"][0]["model"], first["previous_tag"]) == ("charCNN@v0.1.0", "charCNN", None)
    assert {metric["file"] for metric in first["metrics"]} == {"charCNN.json"}
    assert release(models, "ranker")["tag"] == "ranker@v0.1.0"  # the commit of charCNN's release is no obstacle
    assert models.release("bump 1.0.0 --yes --json").succeeds().json["releases"][0]["model"] is None
    train(models, "ranker", 0.7)
    second = release(models, "ranker", "auto")
    assert (second["tag"], second["previous_tag"]) == ("ranker@v0.2.0", "ranker@v0.1.0")
    assert models.published("charCNN@v0.1.0", "ranker@v0.1.0", "ranker@v0.2.0", "v1.0.0")
    news = models.read("CHANGELOG.ranker.md").decode()
    assert "0.6000" in news
    assert "ranker with 0.7" in news
    assert "clean.csv" not in news.partition("## [0.1.0]")[0]
    assert "ranker" not in models.read("CHANGELOG.charCNN.md").decode()
    assert "## [1.0.0]" in models.read("CHANGELOG.md").decode()
    assert 'Release-Scope: ["models/ranker.pt", "ranker.json"]' in models.message_of("ranker@v0.2.0")
    assert "Release-Scope" not in models.message_of("v1.0.0")


def test_missing_data_of_one_team_does_not_block_another(models):
    train(models, "ranker", 0.7, push=False)
    models.empty_cache()
    models.release("bump --model ranker minor --yes").fails_with(4).says("models/ranker.pt", "ranker.json")
    assert models.unchanged()
    models.release("bump minor --yes").fails_with(4).says("models/ranker.pt")
    found = release(models, "charCNN")
    assert models.published("charCNN@v0.1.0")
    assert {pointer["path"] for pointer in found["pointers"]} == {
        "data/rows.csv",
        "data/clean.csv",
        "models/charCNN.pt",
        "charCNN.json",
    }


@pytest.mark.parametrize("model", ["charCNN", "ranker"])
def test_a_dataset_that_both_are_made_from_counts_for_both(models, model):
    lose(models, "data/rows.csv")
    models.release(f"bump --model {model} minor --yes").fails_with(4).says("data/rows.csv")


def test_numbers_that_dvc_keeps_belong_to_the_model(models):
    lose(models, "ranker.json")
    models.release("bump --model ranker minor --yes").fails_with(4).says("ranker.json")
    release(models, "charCNN")


def test_where_an_input_is_not_known_all_data_counts(models):
    lose(models, "models/ranker.pt")
    (models.folder / "linked").symlink_to("data")
    models.write("dvc.lock", models.read("dvc.lock").replace(b"- path: charCNN.sh", b"- path: linked/clicks.csv"))
    models.save("charCNN reads through a link")
    run = models.release("bump --model charCNN minor --yes").fails_with(4)
    run.says("models/ranker.pt", "not everything that models/charCNN.pt was made from is known")


@pytest.mark.parametrize("fault", ["twice", "remote"])
def test_where_dvc_pulls_no_part_all_data_counts(models, fault):
    """`dvc pull MODEL` fails if two pointers have one path, or if any out names a remote that is not there."""
    pointer = models.read("data/clicks.csv.dvc").decode()
    if fault == "twice":
        models.write("data/again.dvc", pointer)
    else:
        models.write("data/clicks.csv.dvc", f"{pointer}  remote: nowhere\n")
    models.save("a fault of another team")
    clone = models.clone("pulls")
    done = models.world.dvc(["pull", "models/charCNN.pt"], folder=clone.folder, ok=None)
    assert done.returncode != 0
    lose(models, "models/ranker.pt")
    models.release("bump --model charCNN minor --yes").fails_with(4).says("models/ranker.pt")


def test_a_proof_of_a_models_release_covers_what_its_bump_covered(models):
    release(models, "charCNN")
    models.write(".release.toml", '[models.other]\npath = "models/ranker.pt"\n')  # the tag itself has the paths
    models.save("Other models")
    lose(models, "models/ranker.pt")
    models.release("verify charCNN@v0.1.0").succeeds().says("charCNN@v0.1.0", "ok")
    models.release("verify HEAD").fails_with(4).says("models/ranker.pt")
    lose(models, "models/charCNN.pt")
    models.release("verify charCNN@v0.1.0").fails_with(4).says("models/charCNN.pt").never_says("models/ranker.pt")


def test_every_release_of_every_model_is_proven_with_all(models):
    release(models, "charCNN")
    release(models, "ranker")
    models.release("bump minor --yes").succeeds()
    lose(models, "models/ranker.pt")
    found = models.release("verify --all --json").fails_with(4).json["revisions"]
    assert {each["rev"]: each["verdict"] for each in found} == {
        "v0.1.0": "failed",
        "charCNN@v0.1.0": "ok",
        "ranker@v0.1.0": "failed",
    }
    models.release("verify --all --model charCNN").succeeds().never_says("ranker")


def test_commands_with_model_show_only_that_model(models):
    release(models, "charCNN")
    release(models, "ranker")
    train(models, "ranker", 0.7)
    status = models.release("status --model charCNN").succeeds()
    status.says("charCNN@v0.1.0 is the latest release", "auto: nothing to release").helps(
        "release bump --model charCNN patch"
    )
    models.release("status --model ranker").succeeds().says("auto would release ranker@v0.2.0 (minor)")
    assert models.release("next --model ranker").succeeds().out == "0.2.0\n"
    assert models.release("next --model charCNN").succeeds().out == ""
    release(models, "ranker", "auto", "-m", "with clicks")
    listed = models.release("list --model ranker --json").succeeds().json["releases"]
    assert [(each["tag"], each["model"]) for each in listed] == [
        ("ranker@v0.2.0", "ranker"),
        ("ranker@v0.1.0", "ranker"),
    ]
    models.release("list").succeeds().never_says("ranker@v")
    for words in ("--model ranker latest", "--model ranker 0.2.0", "ranker@v0.2.0"):
        models.release(f"show {words}").succeeds().says("ranker@v0.2.0", "0.7000").never_says("charCNN.pt", "0.7500")
        models.release(f"changelog {words}").succeeds().says("with clicks", "0.7000")
    project = open_project(models.folder, offline=True, model="ranker")
    assert [each.tag for each in project.releases().releases] == ["ranker@v0.2.0", "ranker@v0.1.0"]
    models.release("diff --model ranker 0.1.0 0.2.0").succeeds().says("ranker.json").never_says("charCNN")
    models.release("report --model ranker -o page.html").succeeds()
    page = (models.folder / "page.html").read_text()
    assert "ranker@v0.2.0" in page
    assert "charCNN@v0.1.0" not in page


@pytest.mark.fast
@pytest.mark.parametrize(
    "line", ["bump minor --yes", "status", "list", "next", "verify", "report", "changelog", "show latest"]
)
def test_an_unknown_model_is_told_with_the_nearest(project, line):
    project.write(".release.toml", CONFIG)
    project.release(f"{line} --model charCnn").fails_with(2).says("did you mean charCNN?").helps("--model charCNN")
    assert project.unchanged()


def test_gates_of_one_model_do_not_stop_another(models):
    release(models, "charCNN")
    release(models, "ranker")
    train(models, "charCNN", 0.5)
    train(models, "ranker", 0.1)
    models.release("bump --model charCNN minor --yes").fails_with(5).says("accuracy")
    release(models, "ranker")


def test_a_model_enters_a_stage_by_its_own_gates_and_data(models):
    release(models, "charCNN")
    config = models.read(".release.toml").decode()
    models.write(".release.toml", f"{config}\n[stage.prod]\ngates = true\nverify = true\n")
    models.save("build: stages")
    train(models, "charCNN", 0.72)
    release(models, "charCNN")
    models.release("promote charCNN@v0.1.0 prod --yes").succeeds()
    models.release("promote charCNN@v0.2.0 prod --yes").succeeds().says("now: charCNN@v0.1.0", "gates")
    train(models, "charCNN", 0.5)
    release(models, "charCNN", "minor", "--allow-regression", "a try")
    models.release("promote charCNN@v0.3.0 prod --yes").fails_with(5).says("accuracy")
    models.release("promote charCNN@v0.3.0 staging --yes").succeeds()
    assert models.release("stages --json").succeeds().json["stages"][0]["version_tag"] == "charCNN@v0.2.0"
    lose(models, "data/clicks.csv")  # only the ranker is made from it
    models.release("promote charCNN@v0.1.0 prod --yes").succeeds()
    lose(models, "models/charCNN.pt")
    models.release("promote charCNN#staging prod --yes").fails_with(4).says("charCNN.pt")


def test_auto_counts_what_the_model_is_made_from(models):
    for model in ("charCNN", "ranker"):
        release(models, model)
    models.write("README.md", "other words")
    models.save("feat: other words")
    models.write("params.yaml", PARAMS % (0.1, 4))
    models.dvc_each("repro --quiet", "push --quiet")
    models.save("Deeper")
    assert models.release("next --model charCNN").succeeds().out == ""
    found = models.release("status --model ranker --json").succeeds().json
    assert any("ranker.depth 3 -> 4" in reason for reason in found["reasons"])
    assert not any("other words" in reason for reason in found["reasons"])
    models.write("data/rows.csv", "x,y\n1,2\n3,5\n")
    models.dvc_each("add --quiet data/rows.csv", "repro --quiet", "push --quiet")
    models.save("New rows")
    assert models.release("next --model charCNN").succeeds().out == "0.2.0\n"
    models.write(".release.toml", f'{CONFIG}\n[auto]\ninterface = ["*.sh"]\nbreaking-below-1 = "major"\n')
    train(models, "ranker", 0.7)  # whose script is an interface now
    assert models.release("next --model ranker").succeeds().out == "1.0.0\n"
    assert models.release("next --model charCNN").succeeds().out == "0.2.0\n"


def test_other_tools_read_the_tag_of_a_model(models, tmp_path):
    """GTO lists it, DVC finds the model by it, and a clone pulls it although another model is lost."""
    release(models, "charCNN")
    shown = json.loads(models.world.run([str(GTO), "show", "charCNN", "--json"], folder=models.folder).stdout)
    assert [each["version"] for each in shown] == ["v0.1.0"]
    checked = models.world.run([str(GTO), "check-ref", "charCNN@v0.1.0", "--json"], folder=models.folder).stdout
    assert (json.loads(checked)["artifact"], json.loads(checked)["event"]) == ("charCNN", "registration")
    lose(models, "models/ranker.pt")
    model = (models.folder / "models/charCNN.pt").read_bytes()
    models.dvc(
        "artifacts",
        "get",
        models.world.origin.as_uri(),
        "charCNN",
        "--rev",
        "v0.1.0",
        "-o",
        "found.pt",
        "--remote-config",
        f"url={models.world.store}",
    )
    assert (models.folder / "found.pt").read_bytes() == model
    clone = models.clone("other")
    clone.git("checkout", "--quiet", "charCNN@v0.1.0")
    clone.dvc("pull", "--quiet", "models/charCNN.pt")
    assert (clone.folder / "models/charCNN.pt").read_bytes() == model


def test_a_model_that_dvc_cannot_find_by_its_tag_is_told(models):
    run = models.release("bump --model ranker minor --dry-run").succeeds()
    run.says("DVC cannot find the model by its tag: dvc.yaml does not name it")
    run.helps('artifacts: {"ranker": {path: "models/ranker.pt", type: model}}')
    models.release("bump --model charCNN minor --dry-run").succeeds().never_says("DVC cannot find")


def test_a_path_without_data_is_refused(models):
    models.write(".release.toml", CONFIG.replace("models/ranker.pt", "models/rank.pt"))
    models.save("A typing error")
    run = models.release("bump --model ranker minor --yes").fails_with(3)
    run.says("the commit has no data at models/rank.pt, the path of model ranker")
    assert models.unchanged()


def test_a_model_has_one_version_at_a_commit(models):
    release(models, "charCNN", "minor", "--no-commit")
    models.release("bump --model ranker minor --no-commit --yes").succeeds()
    run = models.release("bump --model charCNN minor --no-commit --allow-empty --yes").fails_with(3)
    run.says("charCNN@v0.1.0 is at this commit already")
    assert models.unchanged()


def test_a_release_of_a_model_is_taken_back_by_its_tag(models):
    release(models, "charCNN")
    release(models, "ranker")
    models.release("yank charCNN@v0.1.0 -m slow --yes").succeeds()
    models.release("list --model charCNN").succeeds().says("yanked")
    models.release("undo ranker@v0.1.0 --yes").succeeds()
    assert "refs/tags/ranker@v0.1.0" not in models.origin
    assert "refs/tags/charCNN@v0.1.0" in models.origin
    models.release("verify charCNN@v0.1.0").succeeds()


def test_a_rollback_of_one_model_leaves_the_others_and_their_data_alone(models):
    release(models, "charCNN")
    first = models.read("models/charCNN.pt")
    models.write("data/rows.csv", "x,y\n9,9\n")
    models.dvc_each("add --quiet data/rows.csv")
    train(models, "charCNN", 0.8)
    train(models, "ranker", 0.7)
    release(models, "charCNN")
    before = {
        path: models.read(path) for path in ("models/ranker.pt", "ranker.json", "data/rows.csv", "data/clean.csv")
    }
    lock = yaml.safe_load(models.read("dvc.lock"))["stages"]
    run = models.release("rollback charCNN@v0.1.0 --yes --json").succeeds().json
    assert (run["tag"], run["previous_tag"]) == ("charCNN@v0.2.1", "charCNN@v0.2.0")
    assert models.published("charCNN@v0.1.0", "charCNN@v0.2.0", "charCNN@v0.2.1")
    assert models.read("models/charCNN.pt") == first
    assert b"0.75" in models.read("charCNN.json")
    assert {path: models.read(path) for path in before} == before
    stages = yaml.safe_load(models.read("dvc.lock"))["stages"]
    assert stages.pop("charCNN") == yaml.safe_load(models.file_at("charCNN@v0.1.0", "dvc.lock"))["stages"]["charCNN"]
    assert stages == {name: stage for name, stage in lock.items() if name != "charCNN"}
    assert models.status == ""
    assert models.dvc("status", "models/ranker.pt").strip() in ("", "Data and pipelines are up to date.")
    models.release("verify charCNN@v0.2.1").succeeds()


def test_a_rollback_of_one_model_takes_no_code_back(models):
    release(models, "charCNN")
    train(models, "charCNN", 0.8)
    models.release("rollback charCNN@v0.1.0 --code --yes").fails_with(2).says("one model").helps()
    assert models.unchanged()


def test_a_model_of_a_project_in_a_folder_has_the_name_that_gto_gives_it(project):
    project.write("model/.release.toml", '[models.charCNN]\npath = "model.pt"\nmetrics = ["performance.json"]\n')
    project.write("model/dvc.yaml", "artifacts:\n  charCNN: {path: model.pt, type: model}\n")
    project.save("A project in a folder")
    folder = project.folder / "model"
    run = project.release("bump --model charCNN minor --yes --json", folder=folder).succeeds().json
    assert (run["tag"], [each["path"] for each in run["pointers"]]) == ("model=charCNN@v0.1.0", ["model/model.pt"])
    assert "model" not in {check["name"] for check in run["checks"]}
    assert b"## [0.1.0]" in project.read("model/CHANGELOG.charCNN.md")
    project.release("verify model=charCNN@v0.1.0").succeeds()
    project.release("show model=charCNN@v0.1.0", folder=folder).succeeds().says("model/model.pt")
    shown = json.loads(project.world.run([str(GTO), "show", "model:charCNN", "--json"], folder=project.folder).stdout)
    assert [each["version"] for each in shown] == ["v0.1.0"]
    words = ("artifacts", "get", project.world.origin.as_uri(), "model:charCNN", "--rev", "v0.1.0", "-o", "found.pt")
    project.dvc(*words, "--remote-config", f"url={project.world.store}")
    assert project.read("found.pt") == project.read("model/model.pt")


def test_a_model_without_a_pipeline_is_its_pointer(project):
    project.write(".release.toml", '[models.charCNN]\npath = "model/model.pt"\n')
    project.save("A model by itself")
    assert [each["path"] for each in release(project, "charCNN")["pointers"]] == ["model/model.pt"]
    project.write("data/more.bin", b"more")
    project.dvc_each("add --quiet data/more.bin")
    project.save("feat: more data")
    assert project.release("next --model charCNN").succeeds().out == ""
    project.train(b"better", "{}")
    assert project.release("next --model charCNN").succeeds().out == "0.2.0\n"


def test_a_version_that_gto_deregistered_is_not_the_latest(models):
    """Tags of GTO and of `release` are one series; a version that GTO took back counts as yanked."""
    gto(models, "register", "charCNN", "--version", "v1.0.0")
    models.world.seconds = int(time.time()) - 20  # GTO takes the real clock; each command adds a second
    assert release(models, "charCNN", "minor", "--allow-empty")["tag"] == "charCNN@v1.1.0"
    gto(models, "deprecate", "charCNN", "v1.1.0")
    assert models.release("list --model charCNN --json").succeeds().json["releases"][0]["withdrawn"] == "yanked"
    models.release("show --model charCNN latest").succeeds().says("charCNN@v1.0.0")
    train(models, "charCNN", 0.8)
    found = release(models, "charCNN")
    assert (found["tag"], found["previous_tag"]) == ("charCNN@v1.2.0", "charCNN@v1.0.0")
    shown = json.loads(gto(models, "show", "charCNN", "--json"))
    assert [each["version"] for each in shown] == ["v1.2.0", "v1.0.0"]


def test_the_blocks_of_the_page_name_and_release_a_model(models):
    text = (Path(__file__).parents[2] / "docs/how-to/models.md").read_text()
    found = re.findall(r"^```(toml|yaml|sh)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    toml, dvc_yaml, lines, every = (block for _, block in found)
    models.write(".release.toml", toml.replace("metrics/", "").replace("overall.f1", "accuracy"))
    models.write("dvc.yaml", PIPELINE.partition("artifacts:")[0] + dvc_yaml)
    models.save("As the page has it")
    status, bump = (line.partition("  ")[0] for line in lines.splitlines())
    models.release(status.removeprefix("release ")).succeeds().says("accuracy").never_says("DVC cannot find")
    models.release(f"{bump.removeprefix('release ')} --yes").succeeds()
    assert models.published("charCNN@v0.1.0")
    auto, minor = (line.partition("  ")[0].removeprefix("release ") for line in every.splitlines())
    models.release(f"{auto} --dry-run").succeeds().says("Will write CHANGELOG.ranker.md, tag ranker@v0.1.0")
    models.release(minor).succeeds().says("Released ranker@v0.1.0", "charCNN is not released")


def test_init_writes_the_metrics_of_the_stage_that_makes_the_model(models):
    models.git("rm", "--quiet", ".release.toml")
    models.save("Without a configuration")
    models.release("init --yes --no-hooks --ci none").succeeds().never_says("name the metric files")
    config = load_toml(models.read(".release.toml").decode())["tool"]["release"]
    assert config["models"] == {"charCNN": {"path": "models/charCNN.pt", "metrics": ["charCNN.json"]}}


# `bump --all-models`: one commit, several tags, one push


def test_all_models_that_changed_are_released_by_one_commit(models):
    before = models.release("bump --all-models --dry-run --json").succeeds().json
    assert models.unchanged()
    assert [(each["tag"], each["previous_tag"]) for each in before["releases"]] == [
        ("charCNN@v0.1.0", None),
        ("ranker@v0.1.0", None),
    ]
    assert "tag" not in before
    models.release("bump --all-models --yes").succeeds().says(
        "tag charCNN@v0.1.0 and ranker@v0.1.0, and push main and the tags to origin together",
        "Released charCNN@v0.1.0 and ranker@v0.1.0",
    )
    assert models.published("charCNN@v0.1.0", "ranker@v0.1.0")
    for line in ("list", "report -o page.html"):
        models.release(line).succeeds().says("it has models: charCNN, ranker", "release list --model charCNN")
    (models.folder / "page.html").unlink()
    assert {models.git("rev-parse", f"{tag}^{{commit}}") for tag in ("charCNN@v0.1.0", "ranker@v0.1.0")} == {
        models.head
    }
    assert models.git("show", "--name-only", "--format=", "HEAD").split() == [
        "CHANGELOG.charCNN.md",
        "CHANGELOG.ranker.md",
    ]
    assert "ranker" not in models.read("CHANGELOG.charCNN.md").decode()
    for kind in ("auto", "minor"):
        run = models.release(f"bump --all-models {kind} --yes").succeeds()
        run.says("Nothing to release", "ranker is not released: models/ranker.pt is as in ranker@v0.1.0")
        assert models.unchanged()
    train(models, "ranker", 0.7)
    found = models.release("bump --all-models patch -m clicks --yes --json").succeeds().json
    assert (found["tag"], found["message"], found["previous_tag"]) == ("ranker@v0.1.1", "clicks", "ranker@v0.1.0")
    assert any("charCNN is not released" in warning for warning in found["warnings"])
    models.release("verify --all").succeeds()
    for model in ("charCNN", "ranker"):  # no entry names the commit that made the releases
        assert "Release charCNN" not in models.read(f"CHANGELOG.{model}.md").decode()
        assert models.release(f"next --model {model}").succeeds().out == ""


def test_a_stage_shows_the_metrics_of_its_own_model(models):
    models.release("bump --all-models --yes -q").succeeds()
    for model in ("charCNN", "ranker"):
        models.release(f"promote {model}@v0.1.0 prod --yes -q").succeeds()
    head, *lines = models.release("stages").succeeds().out.splitlines()
    assert head.split() == ["model", "stage", "version", "since", "by", "accuracy"]
    assert [line.split()[-1] for line in lines] == ["0.7500", "0.6000"]
    found = models.release("stages --json").succeeds().json["stages"]
    assert [list(each["metrics"]) for each in found] == [["charCNN.json:accuracy"], ["ranker.json:accuracy"]]
    models.release("promote --unassign charCNN@v0.1.0 prod --yes -q").succeeds()
    models.release("yank charCNN@v0.1.0 -m bad --dry-run").succeeds().never_says("a stage builds on it")
    models.release("yank ranker@v0.1.0 -m bad --dry-run").succeeds().says("ranker#prod#1 refers to ranker@v0.1.0")
    models.release("undo charCNN@v0.1.0 --dry-run").fails_with(3).says("ranker#prod#1 refers to ranker@v0.1.0")
    run = models.release("drill charCNN@v0.1.0").succeeds()
    run.never_says("not restored", "ranker.pt")


def test_one_model_that_is_refused_refuses_all(models):
    models.release("bump --all-models --yes -q").succeeds()
    train(models, "charCNN", 0.2)
    train(models, "ranker", 0.8, push=False)
    models.release("bump --all-models --yes --push-data").fails_with(4).says(
        "charCNN: accuracy fell", "ranker: 2 of 4 objects", "models/ranker.pt"
    )
    assert models.unchanged()
    models.dvc_each("push --quiet")
    run = models.release("bump --all-models minor --yes").fails_with(5).says("charCNN: accuracy fell")
    run.helps('release bump --all-models minor --allow-regression "REASON" --yes')
    assert models.unchanged()
    train(models, "charCNN", 0.9)
    lose(models, "data/rows.csv")  # both are made from it
    models.release("bump --all-models --yes").fails_with(4).says("charCNN: ", "ranker: ", "data/rows.csv")
    assert models.unchanged()


def test_data_of_all_models_is_uploaded_before_and_data_of_others_is_not(models):
    models.release("bump --all-models --yes -q").succeeds()
    for model in ("charCNN", "ranker"):
        train(models, model, 0.8, push=False)
    models.write("other.bin", b"another team")
    models.dvc_each("add --quiet other.bin")
    models.save("other data")
    models.release("bump --all-models minor --yes --push-data").succeeds().says("uploaded from your cache")
    models.release("verify charCNN@v0.2.0 ranker@v0.2.0").succeeds()
    models.release("verify").fails_with(4).says("other.bin")


def test_what_one_commit_released_is_undone_together(models):
    models.release("bump --all-models --yes -q").succeeds()
    train(models, "charCNN", 0.8)
    train(models, "ranker", 0.8)
    models.release("bump --all-models minor --yes -q").succeeds()
    models.release("undo ranker@v0.2.0 --dry-run").succeeds().says("tags ranker@v0.2.0, charCNN@v0.2.0")
    train(models, "charCNN", 0.9)
    release(models, "charCNN")
    models.release("undo ranker@v0.2.0 --yes").fails_with(3).says("charCNN@v0.3.0 builds on")
    models.release("undo charCNN@v0.3.0 --yes").succeeds()
    models.release("undo ranker@v0.2.0 --yes").succeeds().says("ranker@v0.2.0, charCNN@v0.2.0 are undone")
    assert not {"refs/tags/ranker@v0.2.0", "refs/tags/charCNN@v0.2.0"} & {*models.origin, *models.refs}
    for model in ("charCNN", "ranker"):
        assert "## [0.2.0]" not in models.read(f"CHANGELOG.{model}.md").decode()
    models.release("bump --all-models --yes").succeeds().says("Nothing to release", "was undone")
    again = models.release("bump --all-models minor --yes --json").succeeds().json
    assert [each["tag"] for each in again["releases"]] == ["charCNN@v0.4.0", "ranker@v0.3.0"]


@pytest.mark.parametrize("kind", ["auto", "minor"])
def test_unpublished_releases_of_all_models_are_published_or_taken_back_together(models, kind):
    head = models.head
    models.release("bump --all-models minor --no-push --yes").succeeds().says("They are not on origin yet")
    assert not [ref for ref in models.origin if ref.startswith("refs/tags/")]
    models.release("undo ranker@v0.1.0 --yes").succeeds().says("charCNN@v0.1.0, ranker@v0.1.0 are undone")
    assert (models.head, models.status) == (head, "")
    models.release("bump --all-models minor --no-push --yes").succeeds()
    models.release(f"bump --all-models {kind} --yes").succeeds()
    assert models.published("charCNN@v0.1.0", "ranker@v0.1.0")
    models.release("recover").succeeds().says("no release was interrupted")


def test_a_model_without_data_is_left_out_and_prereleases_end_together(models):
    models.write(".release.toml", f'{CONFIG}\n[models.planned]\npath = "models/planned.pt"\n')
    models.save("A third model")
    models.release("bump --all-models --pre rc --yes").succeeds().says(
        "planned is not released: the commit has no data at models/planned.pt"
    )
    run = models.release("bump --all-models final --yes --json").succeeds().json
    assert [each["tag"] for each in run["releases"]] == ["charCNN@v0.1.0", "ranker@v0.1.0"]
    models.release("bump --all-models final --yes").succeeds().says("Nothing to release")


@pytest.mark.fast
@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("1.0.0", "the version of one model is not that of the others"),
        ("minor --base v0.1.0", "--base of one model is not that of the others"),
        ("minor --model charCNN", "--all-models is all"),
        ("minor", "no model is configured"),
    ],
)
def test_a_call_that_several_models_cannot_have_is_refused(project, words, says):
    if "no model" not in says:
        project.write(".release.toml", CONFIG)
    project.release(f"bump --all-models {words} --yes").fails_with(2).says(says).helps()
    assert project.unchanged()


def test_a_job_gets_the_tags_of_all_models(models):
    train(models, "ranker", 0.7)
    models.world.variables |= {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(models.world.root / "page.md")}
    models.release("bump --all-models --yes", "--outputs", models.world.root / "outputs").succeeds()
    lines = (models.world.root / "outputs").read_text().splitlines()
    assert "tag='charCNN@v0.1.0 ranker@v0.1.0'" in lines
    assert "released=true" in lines
    page = (models.world.root / "page.md").read_text()
    assert "Released charCNN@v0.1.0 and ranker@v0.1.0" in page
    assert "ranker with 0.7" in page


def test_a_version_of_a_model_is_prepared_for_a_pull_request(models):
    run = models.release("prepare --model charCNN minor -m smaller --yes").succeeds()
    run.says("Wrote CHANGELOG.charCNN.md", "release bump --model charCNN auto   (makes only the tag)")
    models.save("Prepare")
    found = release(models, "charCNN", "auto")
    assert (found["tag"], found["message"], found["commit"]) == ("charCNN@v0.1.0", "smaller", models.head)
    models.release("prepare --model ranker minor --dry-run").succeeds().never_says("charCNN")


def test_a_version_of_a_model_is_checked_out_with_its_data_alone(models):
    release(models, "charCNN")
    first = models.read("models/charCNN.pt")
    train(models, "charCNN", 0.8)
    train(models, "ranker", 0.8)
    mine = models.read("models/ranker.pt")
    models.release("checkout charCNN@v0.1.0 --dry-run").succeeds()
    assert models.unchanged()
    run = models.release("checkout charCNN@v0.1.0").succeeds()
    run.says("only the data of charCNN was brought along", "dvc pull")
    assert (models.read("models/charCNN.pt"), models.read("models/ranker.pt")) == (first, mine)
    models.git("switch", "--quiet", "main")
    models.dvc("checkout", "--quiet")
    lock = models.git("show", "charCNN@v0.1.0:dvc.lock")
    (models.folder / "dvc.lock").write_text(f"{lock}\n")
    lose(models, "models/ranker.pt")  # of that commit
    models.git("checkout", "--quiet", "dvc.lock")
    models.release("promote charCNN@v0.1.0 prod --yes").succeeds()
    there = models.world.root / "there"
    for words in ("--model charCNN 0.1.0", "charCNN#prod"):
        models.release(f"checkout {words} --detach --worktree", there).succeeds()
        assert ((there / "models/charCNN.pt").read_bytes(), (there / "models/ranker.pt").exists()) == (first, False)
        models.git("worktree", "remove", "--force", str(there))
    models.git("tag", "-a", "-m", "whole", "whole", "charCNN@v0.1.0^{commit}")
    models.release("checkout whole").fails_with(4).says("models/ranker.pt")


def test_versions_of_a_model_have_growing_dates_as_its_readers_sort_by_them(models):
    second = int(models.git("log", "-1", "--format=%ct")) + 100
    models.world.variables |= dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), f"{second} +0000")
    release(models, "charCNN")
    models.release("promote charCNN@v0.1.0 prod --yes").succeeds()
    release(models, "ranker")
    release(models, "charCNN", "minor", "--allow-empty")
    models.release("bump minor --yes").succeeds()
    dates = models.git("for-each-ref", "--format=%(refname:short) %(taggerdate:unix)", "refs/tags").splitlines()
    assert dict(line.split() for line in dates) == {
        "charCNN@v0.1.0": str(second),
        "charCNN#prod#1": str(second + 1),
        "charCNN@v0.2.0": str(second + 2),
        "ranker@v0.1.0": str(second),
        "v0.1.0": str(second),
    }
    early = f"{second - 3600} +0000"
    models.world.variables |= dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), early)
    run = models.release("bump --model charCNN minor --allow-empty --yes").fails_with(3)
    run.says("charCNN@v0.2.0 is dated 1 hour", "a later tag needs a later date").helps("date -u")
    assert models.unchanged()
    models.release("bump --model ranker minor --allow-empty --yes").fails_with(3)


def test_the_stages_of_one_model_are_shown_with_its_numbers(models):
    models.release("bump --all-models --yes -q").succeeds()
    for tag, stage in (("charCNN@v0.1.0", "prod"), ("charCNN@v0.1.0", "staging"), ("ranker@v0.1.0", "prod")):
        models.release(f"promote {tag} {stage} --yes").succeeds()
    rows = models.release("stages --json").succeeds().json["stages"]
    assert [(row["model"], row["stage"]) for row in rows] == [
        ("charCNN", "prod"),
        ("charCNN", "staging"),
        ("ranker", "prod"),
    ]
    assert [row["metrics"] for row in rows] == [
        *[{"charCNN.json:accuracy": 0.75}] * 2,
        {"ranker.json:accuracy": 0.6},
    ]
    models.release("stages").succeeds().says("by            accuracy", "Ada Tester     0.7500", "Ada Tester     0.6000")
    models.release("list").succeeds().says("no releases of the whole repository; it has models: charCNN").helps(
        "list --model charCNN"
    )
    for model, own in (("charCNN", ["prod", "staging"]), ("ranker", ["prod"])):  # one commit has both versions
        (line,) = models.release(f"list --model {model} --json").succeeds().json["releases"]
        shown = models.release(f"show {model}@v0.1.0 --json").succeeds().json
        assert (line["stages"], shown["stages"]) == (own, own)
    (row,) = models.release("stages --model ranker --json").succeeds().json["stages"]
    assert (row["version_tag"], row["metrics"]) == ("ranker@v0.1.0", {"ranker.json:accuracy": 0.6})
    clone = models.clone("other", "--no-tags")
    clone.git("fetch", "--quiet", "origin", "tag", "ranker@v0.1.0", "tag", "ranker#prod#1")
    clone.release("stages --model ranker").succeeds().never_says("missing")
    clone.release("stages --model charCNN").succeeds().says("3 tags of models on origin missing here")
