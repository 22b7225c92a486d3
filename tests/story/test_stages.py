"""Tags of a model's stages, as GTO writes them: `show` tells what was assigned, when, by whom, and whether it still counts."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema
import pytest

pytestmark = pytest.mark.fast


@pytest.fixture
def staged(released):
    """charCNN@v1.0.0 and v1.1.0; the first went to prod, then the second, which was taken away from dev."""
    for counter, version in enumerate(("v1.0.0", "v1.1.0"), 1):
        commit = released.save(f"Train {version}")
        released.git("tag", "-a", f"charCNN@{version}", "-m", f"Version {version}")
        released.git("tag", "-a", f"charCNN#prod#{counter}", "-m", f"Assigning stage prod to {version}")
        assert commit == released.head
    released.git("tag", "-a", "charCNN#dev#3", "-m", "Try")
    released.git("tag", "-a", "charCNN#dev!#4", "-m", "No good")
    released.git("push", "--quiet", "--tags", "origin")
    return released


def shown(project, name):
    run = project.release("show --json", name).succeeds()
    jsonschema.validate(run.json, json.loads(files("release").joinpath("schemas/show.json").read_text()))
    return run.json


def test_an_assignment_is_told_with_its_version_date_person_and_commit(staged):
    run = staged.release("show charCNN#prod#2").succeeds()
    run.says("charCNN 1.1.0 is in prod", "charCNN@v1.1.0", "prod, now", "Ada Tester", "Assigning stage prod to v1.1.0")
    run.says(staged.git("rev-parse", "charCNN@v1.1.0^{commit}"), "Train v1.1.0")
    found = shown(staged, "charCNN#prod#2")
    assert (found["model"], found["stage"], found["version"]) == ("charCNN", "prod", "1.1.0")
    assert (found["assigned"], found["current"], found["followed_by"]) == (True, True, None)
    assert found["commit"] == staged.git("rev-parse", "charCNN#prod#2^{commit}")
    assert found["tagger"] == {"name": "Ada Tester", "email": "ada@example.org"}
    assert staged.unchanged()


def test_one_that_counts_no_more_names_what_came_after_it(staged):
    run = staged.release("show charCNN#prod#1").succeeds()
    run.says("charCNN 1.0.0 was in prod", "until charCNN#prod#2 of 2026-01-05").helps("release show 'charCNN#prod#2'")
    staged.git("tag", "-a", "charCNN#prod#7", "-m", "Again")
    found = shown(staged, "charCNN#prod#1")
    assert (found["current"], found["followed_by"]) == (False, "charCNN#prod#2"), "the next one, not the last"


def test_a_stage_without_a_counter_is_what_it_has_now(staged):
    assert shown(staged, "charCNN#prod")["tag"] == "charCNN#prod#2"
    found = shown(staged, "charCNN#dev")
    assert (found["tag"], found["assigned"], found["current"]) == ("charCNN#dev!#4", False, False)
    staged.release("show charCNN#dev").succeeds().says("charCNN 1.1.0 is taken from dev")


def test_every_command_that_it_helps_with_works(staged):
    out = staged.release("show charCNN#prod#1").succeeds().out
    lines = [line.removeprefix("help: release ").split("   (")[0] for line in out.splitlines() if "help: " in line]
    assert [line.split()[0] for line in lines] == ["show", "show", "checkout"]
    for line in lines:
        staged.release(line).succeeds()
    assert staged.head == staged.git("rev-parse", "charCNN@v1.0.0^{commit}")


def test_a_commit_without_a_version_of_the_model_is_told_as_that(staged):
    staged.save("More")
    staged.git("tag", "-a", "charCNN#prod#5", "-m", "By hand")
    run = staged.release("show charCNN#prod#5").succeeds().says(f"charCNN at {staged.head[:7]} is in prod", "no tag")
    (line,) = [line for line in run.out.splitlines() if line.startswith("help: release checkout")]
    staged.release(line.removeprefix("help: release ").split("   (")[0]).succeeds()


def test_a_version_that_was_deregistered_is_none(staged):
    staged.git("tag", "-a", "charCNN@v1.1.0!", "-m", "Withdrawn", "charCNN@v1.1.0^{commit}")
    assert shown(staged, "charCNN#prod#2")["version"] is None


def test_a_lightweight_tag_is_told_not_to_count(staged):
    staged.git("tag", "charCNN#prod#9")
    found = shown(staged, "charCNN#prod#9")
    assert (found["annotated"], found["current"], found["tagger"]) == (False, False, None)
    staged.release("show charCNN#prod#9").succeeds().says("GTO and DVC do not read it")
    assert shown(staged, "charCNN#prod")["tag"] == "charCNN#prod#2"


def test_a_stage_that_is_not_here_is_named(staged):
    staged.release("show charCNN#staging").fails_with(2).says("no release charCNN#staging here")
