"""What the installed `gto` says of models and stages is what `release show` says; it comes with newer DVC."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

GTO = Path(sys.executable).with_name("gto")


def gto(project, *words):
    """Each in a second of its own: GTO sorts events by the date of their tags, which has no more than that."""
    time.sleep(1 - time.time() % 1)
    return project.world.run([str(GTO), *words], folder=project.folder).stdout


@pytest.fixture
def registry(without_dvc):
    """charCNN@v1.0.0 and v1.1.0 by GTO itself; the second is in dev, and the first in prod after the second was."""
    without_dvc.save("One")
    gto(without_dvc, "register", "charCNN", "--version", "v1.0.0")
    without_dvc.save("Two")
    gto(without_dvc, "register", "charCNN", "--bump-minor")
    for version, stage in (("v1.1.0", "dev"), ("v1.1.0", "prod"), ("v1.0.0", "prod")):
        gto(without_dvc, "assign", "charCNN", "--version", version, "--stage", stage)
    return without_dvc


def agree(project, stage):
    """The version that both say is in that stage of charCNN; None if both say that it is none."""
    theirs = [found["version"] for found in json.loads(gto(project, "show", f"charCNN#{stage}", "--json"))]
    run = project.release("show --json", f"charCNN#{stage}")
    ours = [f"v{run.json['version']}"] if run.json["current"] else []
    assert ours == theirs
    return ours[0] if ours else None


def test_stages_hold_what_gto_says(registry):
    assert (agree(registry, "dev"), agree(registry, "prod")) == ("v1.1.0", "v1.0.0")


def test_every_assignment_of_gtos_history_is_told_alike(registry):
    history = json.loads(gto(registry, "history", "charCNN", "--json"))
    events = [event for event in history if event["event"] == "assignment"]
    assert len(events) == 3
    for event in events:
        found = registry.release("show --json", event["ref"]).succeeds().json
        told = (f"v{found['version']}", found["stage"], found["commit"], found["message"], found["tagger"]["name"])
        assert told == tuple(event[key] for key in ("version", "stage", "commit", "message", "author"))


def test_what_is_taken_from_a_stage_brings_back_the_version_before_it(registry):
    gto(registry, "deprecate", "charCNN", "v1.0.0", "prod")
    assert agree(registry, "prod") == "v1.1.0"
    registry.release("show charCNN#prod").succeeds().says("charCNN 1.1.0 is in prod", "prod, now")
    gto(registry, "deprecate", "charCNN", "v1.1.0", "prod")
    assert agree(registry, "prod") is None
    registry.release("show charCNN#prod").succeeds().says("charCNN 1.1.0 is taken from prod")


def test_a_version_that_is_deregistered_leaves_its_stages(registry):
    gto(registry, "deprecate", "charCNN", "v1.0.0")
    assert agree(registry, "prod") == "v1.1.0"
    found = registry.release("show", "charCNN#prod#3").succeeds()
    assert ", now" not in found.out


def test_a_model_that_is_deprecated_is_in_no_stage_until_it_is_assigned_again(registry):
    gto(registry, "deprecate", "charCNN")
    assert registry.release("show --json", "charCNN#prod").succeeds().json["current"] is False
    registry.release("show charCNN#dev").succeeds().says("charCNN 1.1.0 was in dev", "or the model deprecated")
    assert json.loads(gto(registry, "show", "charCNN#dev", "--json")) == []
    gto(registry, "assign", "charCNN", "--version", "v1.1.0", "--stage", "dev", "--force")
    assert agree(registry, "dev") == "v1.1.0"


READS = {
    "list": "no releases yet",
    "status": "no release yet",
    "next minor": "0.1.0",
    "stages": "charCNN   prod    v1.1.0",
    "stages --at 2100-01-01": "v1.1.0",
    "show charCNN@v1.0.0": "deregistered (GTO)",
    "show charCNN@v1.1.0": "none; yanked: charCNN@v1.0.0",
    "verify --all": "No releases here",
    "verify charCNN@v1.1.0 charCNN#prod": "not made by release",
    "diff charCNN@v1.0.0 charCNN@v1.1.0": "Two",
    "report --output page.html": "0 releases",
    "init --dry-run --no-dvc": "tags of GTO, which stay as they are",
    "bump minor --dry-run": "tag v0.1.0",
    "promote charCNN@v1.1.0 dev --dry-run": "is in dev already",
    "delete charCNN@v1.1.0 --local --dry-run": "stages of it stay: charCNN#dev#1, charCNN#prod#2",
    "checkout charCNN@v1.1.0 --detach": "detached HEAD",
}


def test_every_command_reads_a_registry_that_gto_left_messy(registry):
    gto(registry, "deprecate", "charCNN", "v1.0.0")
    gto(registry, "register", "other")
    gto(registry, "deprecate", "other")
    registry.git("push", "--quiet", "origin", "--tags")
    registry.world.seconds = int(time.time())  # GTO takes the real clock
    for line, said in READS.items():
        registry.release(line).succeeds().says(said)
    registry.release("promote charCNN@v1.0.0 prod --dry-run").fails_with(3).says("was deregistered")
    for line in ("changelog", "undo --dry-run", "yank -m x --dry-run"):
        registry.release(f"{line} charCNN@v1.1.0").fails_with(2).says("no release charCNN@v1.1.0 here")
