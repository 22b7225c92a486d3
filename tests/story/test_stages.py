"""`release stages`: what is in a stage now, or was on a day, as `gto` says of the tags that were there by then."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta, timezone
from random import Random

import jsonschema
import pytest
from project import Project
from project.run import call
from project.templates import performance

from release.system.files import package_text

MODELS = {"charCNN": ["texts"], "ranker": ["clicks"], "search/embed": ["texts", "clicks"]}  # and their datasets
FIRST = datetime(2025, 1, 6, 12, tzinfo=timezone.utc)  # a Monday
WEEKS = 52


def tag(project: Project, name: str, commit: str, day: datetime) -> None:
    when = day.strftime("%Y-%m-%dT%H:%M:%SZ")
    words = ["env", f"GIT_COMMITTER_DATE={when}", "git", "tag", "-a", "-m", f"{name} by hand", name, commit]
    project.world.run(words, folder=project.folder)


def write_models(project: Project) -> None:
    """Three models of two datasets: what `bump --model` needs to release each by itself."""
    stages, config = {}, []
    for name, datasets in MODELS.items():
        path, data = f"{name}.pt", [f"data/{dataset}.txt" for dataset in datasets]
        made = f"mkdir -p $(dirname {path}) && cat {' '.join(data)} > {path}"
        stages[name.replace("/", "-")] = {"cmd": made, "deps": data, "outs": [path]}
        config.append(f'[tool.release.models."{name}"]\npath = "{path}"\n')
    artifacts = {name: {"path": f"{name}.pt", "type": "model"} for name in MODELS}
    project.write("dvc.yaml", json.dumps({"stages": stages, "artifacts": artifacts}))
    project.write(".release.toml", "".join(config))
    for dataset in ("texts", "clicks"):
        project.write(f"data/{dataset}.txt", "first\n")
    project.dvc_each("add --quiet data/texts.txt data/clicks.txt", "repro --quiet", "push --quiet")
    project.save("Three models")


@pytest.fixture
def year(project: Project) -> Project:
    """A year of weekly versions of three models, each promoted to staging, some to prod, some taken from it again."""
    random = Random("stages")
    versions: dict[str, list[str]] = {model: [] for model in MODELS}
    write_models(project)

    def call_on(day: datetime, *words: str) -> None:
        when = {"GIT_COMMITTER_DATE": day.strftime("%Y-%m-%dT%H:%M:%SZ")}  # `call` takes no snapshot of the world
        call((*words, "--yes"), folder=project.folder, environment=project.world.environment() | when).succeeds()

    for week in range(WEEKS):
        day, model = FIRST + timedelta(weeks=week), list(MODELS)[week % 3]
        dataset = f"data/{random.choice(MODELS[model])}.txt"
        project.write(dataset, f"week {week}\n")
        project.dvc_each(f"add --quiet {dataset}", "repro --quiet", "push --quiet")
        project.save(f"Week {week}")
        call_on(day, "bump", "--model", model, "minor", "-m", f"week {week}")
        version = f"{model}@v0.{len(versions[model]) + 1}.0"
        versions[model].append(version)
        call_on(day + timedelta(days=1), "promote", version, "staging")
        if random.random() < 0.6:
            call_on(day + timedelta(days=2), "promote", random.choice(versions[model][-3:]), "prod")
        if random.random() < 0.2:
            call_on(day + timedelta(days=3), "promote", "--unassign", random.choice(versions[model][-3:]), "prod")
    return project


def stages(project: Project, *words: str) -> dict[tuple[str, str], str]:
    run = project.release("stages --json", *words).succeeds()
    jsonschema.validate(run.json, json.loads(package_text("schemas/stages.json")))
    return {(line["model"], line["stage"]): f"v{line['version']}" for line in run.json["stages"]}


IN_GTO = """
import json, sys
from gto.api import show

found = {}
for model in show("."):
    for stage in ("staging", "prod"):
        found |= {f"{model}#{stage}": each["version"] for each in show(".", f"{model}#{stage}")}
print(json.dumps(found))
"""


def by_gto(project: Project) -> dict[tuple[str, str], str]:
    """The newest version in each stage of each model, by the tags that are there."""
    said = project.world.run([sys.executable, "-c", IN_GTO], folder=project.folder).stdout
    return {tuple(name.split("#")): version for name, version in json.loads(said).items()}


IN_DVC = """
import json, sys
import dvc.api

asked = json.loads(sys.argv[1])
print(json.dumps([dvc.api.artifacts_show(model, stage=stage)["rev"] for model, stage in asked]))
"""


def by_dvc(project: Project) -> dict[tuple[str, str], str]:
    """The commit of each stage; DVC also finds a version that was removed from its stage last: such stages are left out."""
    last = {}
    order = ("--sort=taggerdate", "--format=%(refname:short)", "refs/tags/*#*", "refs/tags/*/*#*")
    for name in project.git("for-each-ref", *order).splitlines():
        model, stage, _ = name.split("#")
        last[model, stage.rstrip("!")] = stage
    asked = [(model, stage) for (model, stage), newest in last.items() if newest == stage]
    said = project.world.run([sys.executable, "-c", IN_DVC, json.dumps(asked)], folder=project.folder).stdout
    return {
        place: project.git("rev-parse", f"{rev}^{{commit}}") for place, rev in zip(asked, json.loads(said), strict=True)
    }


def test_twenty_days_of_a_year_are_as_gto_and_dvc_say(year):
    days = sorted(FIRST + timedelta(days=day) for day in Random("days").sample(range(7 * WEEKS), 20))
    there = year.clone("there", "--tags")
    dated = there.git("for-each-ref", "--format=%(creatordate:unix) %(refname:short)", "refs/tags").split("\n")
    assert sum("@v" in line for line in dated) == WEEKS
    assert stages(year) == by_gto(there)
    for day in reversed(days):  # the tags of later days are deleted
        end = day.replace(hour=23, minute=59, second=59).timestamp()
        gone = [line.split(" ", 1)[1] for line in dated if int(line.split(" ")[0]) > end]
        dated = [line for line in dated if int(line.split(" ")[0]) <= end]
        if gone:
            there.git("tag", "-d", *gone)
        ours = stages(year, "--at", f"{day:%Y-%m-%d}")
        assert ours == by_gto(there), day
        for (model, stage), commit in by_dvc(there).items():
            assert commit == there.git("rev-parse", f"{model}@{ours[model, stage]}^{{commit}}"), day


@pytest.fixture
def promoted(released: Project) -> Project:
    """charCNN 1.0.0 is v0.1.0 and in prod; then 1.1.0 is in staging."""
    released.train(b"better", performance(f1=0.9))
    for name, commit, day in (
        ("charCNN@v1.0.0", "HEAD~1", 1),
        ("charCNN#prod#1", "HEAD~1", 2),
        ("charCNN@v1.1.0", "HEAD", 8),
        ("charCNN#staging#2", "HEAD", 9),
    ):
        tag(released, name, commit, datetime(2026, 1, day, 12, tzinfo=timezone.utc))
    return released


@pytest.mark.fast
def test_a_stage_has_its_version_day_tagger_and_numbers(promoted):
    head, prod, staging = promoted.release("stages").succeeds().out.splitlines()
    assert head.split()[:5] == ["model", "stage", "version", "since", "by"]
    assert prod.split()[:4] == ["charCNN", "prod", "v1.0.0", "2026-01-02"]
    assert staging.split()[:4] == ["charCNN", "staging", "v1.1.0", "2026-01-09"]
    assert "Ada Tester" in prod
    assert "0.9000" in staging
    found = promoted.release("stages --json --at 2026-01-08").succeeds().json
    assert (found["at"], [line["tag"] for line in found["stages"]]) == ("2026-01-08", ["charCNN#prod#1"])
    assert found["stages"][0]["commit"] == promoted.git("rev-parse", "HEAD~1")
    assert promoted.unchanged()


def test_a_stage_is_a_revision_for_verify_and_diff(promoted):
    promoted.release("verify charCNN#prod").succeeds().says("charCNN#prod#1", "ok")
    promoted.release("diff charCNN#prod charCNN#staging").succeeds().says("0.9000")
    promoted.release("verify charCNN#dev").fails_with(2).says("charCNN#dev is not a commit here")
    promoted.git("branch", "feature#12", "HEAD~1")
    promoted.release("verify feature#12").succeeds().says("feature#12", "ok")


def test_tags_that_only_the_remote_has_are_named(promoted):
    promoted.git("push", "--quiet", "origin", "charCNN#prod#1")
    promoted.git("tag", "-d", "charCNN#prod#1")
    run = promoted.release("stages").succeeds().says("1 tag of models on origin missing here: charCNN#prod#1")
    assert run.helps("release fetch")
    assert "missing" not in promoted.release("stages --offline").succeeds().err
    assert promoted.release("stages --json").succeeds().json["warnings"]


@pytest.mark.fast
def test_days_are_those_of_utc(released):
    early = ["env", "GIT_COMMITTER_DATE=2026-04-01T01:00:00+05:00", "git", "tag", "-a", "-m", "x", "a#prod#1", "HEAD"]
    released.world.run(early, folder=released.folder)
    assert released.release("stages --at 2026-03-31").succeeds().out.splitlines()[1].split()[3] == "2026-03-31"
    released.release("stages --at 2026-03-30").succeeds().says("no model was in a stage on 2026-03-30")
    released.release("stages --at 9999-12-31").succeeds().says("2026-03-31")


@pytest.mark.fast
def test_no_stage_is_said_with_the_day(promoted):
    promoted.release("stages --at 2025-12-31").succeeds().says("no model was in a stage on 2025-12-31")
    promoted.git("tag", "-d", "charCNN#prod#1", "charCNN#staging#2")
    promoted.release("stages").succeeds().says("no model is in a stage")
    promoted.release("stages --at yesterday").fails_with(2).helps("release stages --help")


def test_names_from_tags_are_text(released):
    """A tagger may have any name."""
    words = ["env", "GIT_COMMITTER_NAME=\x1b[31mred", "git", "tag", "-a", "-m", "x", "a#prod#1", "HEAD"]
    released.world.run(words, folder=released.folder)
    assert "\x1b" not in released.release("stages").succeeds().out


def test_without_a_remote_it_works(without_dvc):
    without_dvc.git("remote", "remove", "origin")
    without_dvc.release("stages").succeeds().says("no model is in a stage")
