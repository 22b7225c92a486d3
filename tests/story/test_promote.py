"""`release promote`: a version goes into a stage and leaves it, in a tag that GTO and DVC read, too."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from project import Project
from project.templates import performance

from release.system.files import package_text

GTO = Path(sys.executable).with_name("gto")
IN_DVC = "import json, sys, dvc.api; print(json.dumps(dvc.api.artifacts_show('charCNN', stage=sys.argv[1])))"


@pytest.fixture
def two(released: Project) -> Project:
    """v0.1.0 and v0.2.0 of the repository; charCNN@v1.0.0 and v1.1.0 at the same commits, which dvc.yaml names."""
    released.write("dvc.yaml", "artifacts:\n  charCNN:\n    path: model/model.pt\n    type: model\n")
    released.train(b"second", performance(f1=0.9))
    released.release("bump minor --yes").succeeds()
    for version, commit in (("v1.0.0", "v0.1.0^{}"), ("v1.1.0", "v0.2.0^{}")):
        released.git("tag", "-a", "-m", version, f"charCNN@{version}", commit)
    released.git("push", "--quiet", "origin", "--tags")
    return released


def configure(project: Project, table: str, gates: str = "") -> None:
    project.write(".release.toml", f"[stage.prod]\n{table}\n{gates}")
    project.save("build: stages")


def _oid(project: Project, tag: str) -> str:
    return project.file_at(tag, "model/model.pt.dvc").decode().partition("md5: ")[2].split()[0]


def in_stages(project: Project) -> dict[str, str]:
    found = project.release("stages --json").succeeds().json["stages"]
    return {f"{line['model']}#{line['stage']}": line["version_tag"] for line in found}


@pytest.mark.fast
def test_a_release_goes_into_a_stage_and_leaves_it(two):
    run = two.release("promote v0.1.0 prod -m", "first in production", "--yes").succeeds()
    run.says("Promote v0.1.0 to prod   now: empty", "v0.1.0 is in prod", "release promote --unassign v0.1.0 prod")
    assert two.published("release#prod#1")
    assert two.message_of("release#prod#1") == "first in production"
    assert two.refs["refs/tags/release#prod#1"] in two.git("cat-file", "--batch-check", stdin=b"release#prod#1\n")
    assert two.git("rev-parse", "release#prod#1^{}") == two.git("rev-parse", "v0.1.0^{}")
    two.release("promote latest prod --yes").succeeds().says("Promote v0.2.0 to prod   now: v0.1.0")
    assert in_stages(two) == {"release#prod": "v0.2.0"}
    run = two.release("promote v0.2.0 prod --unassign --yes").succeeds().says("then: v0.1.0", "no longer in prod")
    assert two.published("release#prod!#3")
    assert in_stages(two) == {"release#prod": "v0.1.0"}
    assert two.status == ""


@pytest.mark.fast
def test_list_and_show_mark_the_stage_and_verify_checks_it(two):
    two.release("promote v0.1.0 prod --yes").succeeds()
    two.release("promote charCNN@v1.1.0 staging --yes").succeeds()
    newest, oldest = two.release("list --json").succeeds().json["releases"]
    assert (newest["stages"], oldest["stages"]) == (["charCNN#staging"], ["prod"])
    assert [line.split()[2].strip(",") for line in two.release("list").succeeds().out.splitlines()[1:]] == [
        "charCNN#staging",
        "prod",
    ]
    assert two.release("show v0.1.0 --json").succeeds().json["stages"] == ["prod"]
    two.release("show v0.1.0").succeeds().says("stage      prod")
    found = two.release("verify --stage prod --json").succeeds().json
    assert [one["rev"] for one in found["revisions"]] == ["v0.1.0"]
    two.lose(two.object_path(_oid(two, "charCNN@v1.1.0")))
    two.release("verify --stage staging").fails_with(4)
    two.release("verify --stage prod").succeeds()
    two.release("verify --stage dev").fails_with(2).says("no version is in dev")
    two.release("verify v0.1.0 --stage prod").fails_with(2).helps("release stages")
    two.release("verify --all --stage prod").fails_with(2).helps("release verify --all")


def test_gto_and_dvc_read_what_was_promoted(two):
    two.release("promote charCNN@v1.0.0 prod --yes").succeeds()
    two.release("promote charCNN@v1.1.0 prod --yes").succeeds().says("now: charCNN@v1.0.0")
    two.release("promote charCNN#prod staging --yes").succeeds()

    def theirs(stage: str) -> str:
        said = json.loads(two.world.run([GTO, "show", f"charCNN#{stage}", "--json"], folder=two.folder).stdout)
        return str(said[0]["version"])

    assert (theirs("prod"), theirs("staging")) == ("v1.1.0", "v1.1.0")
    by_dvc = json.loads(two.world.run([sys.executable, "-c", IN_DVC, "prod"], folder=two.folder).stdout)
    assert by_dvc["path"] == "model/model.pt"
    assert two.git("rev-parse", f"{by_dvc['rev']}^{{}}") == two.git("rev-parse", "charCNN@v1.1.0^{}")
    two.release("promote --unassign charCNN@v1.1.0 prod --yes").succeeds()
    assert theirs("prod") == "v1.0.0"
    history = json.loads(two.world.run([GTO, "history", "charCNN", "--json"], folder=two.folder).stdout)
    refs = {event["ref"] for event in history if event["event"] != "registration"}
    assert {"charCNN#prod#1", "charCNN#prod#2", "charCNN#staging#3", "charCNN#prod!#4"} <= refs


def test_a_version_that_is_there_already_is_nothing_to_do(two):
    two.release("promote v0.1.0 prod --yes").succeeds()
    two.release("promote v0.1.0 prod --yes").succeeds().says("v0.1.0 is in prod already")
    assert two.unchanged()
    two.release("promote --unassign v0.2.0 prod --yes").succeeds().says("v0.2.0 is not in prod")
    found = two.release("promote v0.1.0 prod --json --yes").succeeds().json
    jsonschema.validate(found, json.loads(package_text("schemas/promote.json")))
    assert (found["done"], found["nothing"]) == (False, "v0.1.0 is in prod already")


def test_a_dry_run_changes_nothing_and_says_what_would_be_done(two):
    run = two.release("promote charCNN@v1.0.0 prod --dry-run --json").succeeds()
    assert two.unchanged()
    jsonschema.validate(run.json, json.loads(package_text("schemas/promote.json")))
    assert (run.json["dry_run"], run.json["tag"], run.json["before"]) == (True, "charCNN#prod#1", None)
    assert any("push charCNN#prod#1 to origin" in step for step in run.json["steps"])
    done = two.release("promote charCNN@v1.0.0 prod --json --yes").succeeds().json
    assert (done["done"], done["tag"], done["steps"]) == (True, "charCNN#prod#1", run.json["steps"])


@pytest.mark.parametrize(
    ("words", "says", "helps"),
    [
        ("v9.0.0 prod --yes", "no version v9.0.0 here", "release fetch"),
        ("v0.1.0 prod", "no terminal to confirm on", "release promote v0.1.0 prod --yes"),
        ("v0.1.0 pr#od --yes", "cannot be the name of a stage", "release promote v0.1.0 prod"),
        ("charCNN#prod staging --yes", "no version charCNN#prod here", "release fetch"),
        ("other prod --yes", "other is the tag of no release", "release list"),
    ],
)
def test_wrong_calls(two, words, says, helps):
    two.git("tag", "other")
    two.release("promote", *words.split()).fails_with(2).says(says).helps(helps)
    assert two.unchanged()


def test_what_others_did_not_get_or_must_not_use_is_refused(two):
    two.git("push", "--quiet", "--delete", "origin", "charCNN@v1.1.0")
    two.release("promote charCNN@v1.1.0 prod --yes").fails_with(3).says("origin does not have charCNN@v1.1.0")
    assert two.unchanged()
    two.release("yank v0.2.0 -m bad --yes").succeeds()
    two.release("promote v0.2.0 prod --yes").fails_with(3).says("v0.2.0 is yanked")
    two.git("tag", "-a", "-m", "gone", "charCNN@v1.0.0!", "charCNN@v1.0.0^{}")
    two.git("push", "--quiet", "origin", "charCNN@v1.0.0!")
    two.release("promote charCNN@v1.0.0 prod --yes").fails_with(3).says("charCNN@v1.0.0 was deregistered")


def test_tags_of_others_are_fetched_first(two):
    other = two.clone("other")
    other.release("promote charCNN@v1.0.0 prod --yes").succeeds()
    run = two.release("promote charCNN@v1.1.0 prod --yes").fails_with(7).says("missing here: charCNN#prod#1")
    assert two.unchanged()
    assert run.helps("release fetch")
    two.release("fetch").succeeds()
    two.release("promote charCNN@v1.1.0 prod --yes").succeeds().says("now: charCNN@v1.0.0")
    assert two.published("charCNN#prod#2")
    # The clone of the first one still believes that v1.0.0 is in prod.
    other.release("promote charCNN@v1.0.0 prod --yes").fails_with(7).says("missing here: charCNN#prod#2")
    two.world.origin.rename(two.world.root / "away")
    two.release("promote charCNN@v1.1.0 prod --yes").fails_with(6)


def test_a_tag_of_the_model_is_never_older_than_the_last_one(two):
    """GTO and DVC sort by whole seconds."""
    two.release("promote charCNN@v1.0.0 prod --yes").succeeds()
    two.world.seconds -= 30  # the clock of another machine
    two.release("promote charCNN@v1.1.0 prod --yes").succeeds()
    dates = two.git(
        "for-each-ref", "--format=%(taggerdate:unix)", "refs/tags/charCNN#prod#1", "refs/tags/charCNN#prod#2"
    )
    first, second = map(int, dates.split())
    assert second == first + 1
    two.world.seconds -= 3600
    two.release("promote charCNN@v1.0.0 prod --yes").fails_with(3).says("charCNN#prod#2 is dated 1 hour from now")
    assert two.unchanged()


def test_undo_and_delete_know_the_stage(two):
    two.release("promote v0.2.0 prod --yes").succeeds()
    run = two.release("undo v0.2.0 --yes").fails_with(3).says("release#prod#1 refers to v0.2.0")
    run.helps("release promote --unassign v0.2.0 prod")
    warned = two.release("yank v0.2.0 -m bad --dry-run").succeeds().says("warning", "release#prod#1 refers to v0.2.0")
    assert warned.says("release promote --unassign v0.2.0 prod")
    two.release("promote --unassign v0.2.0 prod --yes").succeeds()
    assert "refers to" not in two.release("yank v0.2.0 -m bad --dry-run").succeeds().out
    assert "a stage builds on it" not in two.release("undo v0.2.0 --yes --dry-run").err


def test_a_release_is_promoted_from_any_branch_and_with_changes_in_the_work_tree(two):
    two.git("switch", "--quiet", "-c", "topic")
    two.write("params.json", "{}")
    two.release("promote v0.1.0 prod --yes").succeeds()
    assert two.read("params.json") == b"{}"


# Checks of `[tool.release.stage.NAME]`


def test_data_is_checked_before_the_stage_if_so_configured(two):
    configure(two, "verify = true")
    two.lose(two.object_path(_oid(two, "v0.2.0")))
    run = two.release("promote v0.2.0 prod --yes").fails_with(4).says("data on remote")
    assert two.unchanged()
    run.helps("release verify v0.2.0")
    two.release("promote v0.2.0 staging --yes").succeeds()
    two.dvc("push", "--quiet", "--all-commits")
    two.release("promote v0.2.0 prod --yes").succeeds().says("data on remote")


def test_gates_compare_with_the_version_in_the_stage(two):
    two.write("model/performance.json", performance(f1=0.5))
    two.save("worse")
    two.release("bump minor --yes").succeeds()
    configure(two, "gates = true", '[gate."overall.f1"]\nmax-regression = 0.1\n')
    two.release("promote v0.3.0 prod --yes").succeeds()
    two.release("promote v0.2.0 prod --yes").succeeds()
    run = two.release("promote v0.3.0 prod --yes").fails_with(5).says("overall.f1", "v0.2.0")
    assert two.unchanged()
    assert "--allow-regression" not in run.err
    two.release("promote v0.3.0 staging --yes").succeeds()


def test_days_in_another_stage_come_first(two):
    configure(two, 'after = "staging"\ndays = 2')
    run = two.release("promote v0.1.0 prod --yes").fails_with(3).says("v0.1.0 is not in staging")
    assert run.helps("release promote v0.1.0 staging")
    two.world.variables["GIT_COMMITTER_DATE"] = "2026-01-01T00:00:00Z"
    two.release("promote v0.2.0 staging --yes").succeeds()
    del two.world.variables["GIT_COMMITTER_DATE"]
    two.release("promote v0.2.0 prod --dry-run").succeeds().says("has been in staging for")


def test_only_what_is_on_a_branch_and_signed(two):
    configure(two, 'branches = ["main"]')
    two.release("promote v0.1.0 prod --dry-run").succeeds().says("v0.1.0 is on main")
    two.git("switch", "--quiet", "-c", "topic")
    two.release("bump minor --pre rc --yes").succeeds()
    two.git("switch", "--quiet", "main")
    two.release("promote v0.3.0-rc.1 prod --yes").fails_with(3).says("is not on main")
    configure(two, "signed = true")
    two.release("promote v0.1.0 prod --yes").fails_with(3).says("the signature of v0.1.0 is unsigned")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("days = 3", "days must be set together with after"),
        ("verfy = true", "did you mean verify?"),
        ('verify = "yes"', "verify"),
        ("days = -1\nafter = 'x'", "days"),
    ],
)
def test_wrong_tables_are_named(two, table, says):
    configure(two, table)
    two.release("promote v0.1.0 prod --yes").fails_with(2).says(says)


def test_the_configuration_shows_the_table(two):
    configure(two, "verify = true")
    two.release("config").succeeds().says('stage."prod".verify')


# Four promoters at once

PROMOTER = """\
import subprocess, sys
python, folder, rounds = sys.executable, sys.argv[1], int(sys.argv[2])
done = 0
while done < rounds:
    subprocess.run([python, "-m", "release", "-C", folder, "fetch", "-q"], check=True, capture_output=True)
    version = ("charCNN@v1.0.0", "charCNN@v1.1.0")[done % 2]
    words = [python, "-m", "release", "-C", folder, "promote", version, "prod", "--yes"]
    found = subprocess.run(words, capture_output=True, text=True)
    assert found.returncode in (0, 7), found.stderr + found.stdout
    done += found.returncode == 0
"""


def test_four_promoters_at_once_leave_one_history(two):
    """Each of four clones promotes thirteen times, all at once; who loses fetches, and tries again."""
    clones = [two.clone(f"clone-{number}") for number in range(4)]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROMOTER, str(clone.folder), "13"],
            env={key: value for key, value in two.world.environment().items() if not key.endswith(("_DATE", "_EPOCH"))},
            stderr=subprocess.PIPE,
        )
        for clone in clones
    ]
    for each in running:
        said = each.communicate(timeout=500)[1]
        assert each.returncode == 0, said.decode()
    two.release("fetch").succeeds()
    two.world.seconds = int(time.time())
    two.release("promote charCNN@v1.1.0 prod --yes").succeeds()  # the other one is no artifact for DVC
    lines = two.git(
        "for-each-ref", "--sort=taggerdate", "--format=%(taggerdate:unix) %(refname:short)", "refs/tags/charCNN#*"
    )
    events = [(int(when), name) for when, name in (line.split() for line in lines.splitlines())]
    numbers = sorted(int(name.rpartition("#")[2]) for _, name in events)
    assert numbers == list(range(1, len(events) + 1))
    assert len({when for when, _ in events}) == len(events), "two tags of the same second"
    assert [int(name.rpartition("#")[2]) for _, name in events] == numbers, "the dates have the order of the numbers"
    last = two.git("rev-parse", f"{events[-1][1]}^{{}}")
    said = json.loads(two.world.run([GTO, "show", "charCNN#prod", "--json"], folder=two.folder).stdout)
    ours = in_stages(two)["charCNN#prod"]
    by_dvc = json.loads(two.world.run([sys.executable, "-c", IN_DVC, "prod"], folder=two.folder).stdout)
    assert two.git("rev-parse", f"{ours}^{{}}") == last
    assert f"charCNN@{said[0]['version']}" == ours
    assert two.git("rev-parse", f"{by_dvc['rev']}^{{}}") == last
