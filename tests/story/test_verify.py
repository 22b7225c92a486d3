"""`release verify`: the promise of a release, proved again at any later day."""

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from project import Project
from project.templates import performance


def follows(run):
    schema = json.loads(files("release").joinpath("schemas/verify.json").read_text())
    jsonschema.validate(run.json, schema)
    return run.json


@pytest.fixture
def two(templates, tmp_path):
    """v0.1.0 tagged by hand, v0.2.0 and v0.3.0 made by release."""
    return templates.grown("released", _two, tmp_path / "world")


def _two(released):
    for number, f1 in ((2, 0.9), (3, 0.91)):
        released.train(f"weights {number}".encode() * 500, performance(f1=f1))
        released.release("bump minor --yes").succeeds()


def failures(row: Any) -> list[str]:
    """The kinds of problems, without the warning that the project's remote is a path relative to the clone."""
    return [problem["kind"] for problem in row["problems"] if problem["severity"] != "warning"]


@pytest.mark.fast
def test_a_sound_release_is_proved(two):
    two.release("verify v0.2.0").succeeds().says("v0.2.0", "ok", "objects")
    assert two.unchanged()
    document = follows(two.release("verify v0.2.0 --json").succeeds())
    (row,) = document["revisions"]
    assert (row["rev"], row["verdict"], failures(row), row["foreign"]) == ("v0.2.0", "ok", [], False)
    assert row["signature"]["state"] == "unsigned"
    assert row["objects"] == 5
    assert row["commit"] == two.git("rev-parse", "v0.2.0^{commit}")


def test_head_is_asked_about_without_a_word(two):
    two.release("verify").succeeds().says("HEAD", "ok")


def test_a_revision_that_is_not_here_is_a_wrong_call(two):
    two.release("verify v9.9.9").fails_with(2).says("v9.9.9").helps("git fetch --tags")
    two.release("verify --all v0.2.0").fails_with(2)


def test_all_releases_are_judged_and_only_ours_count(two):
    run = two.release("verify --all").succeeds()
    run.says("v0.1.0", "not made by release", "3 revisions: 3 ok.")
    for path in two.objects_on_store():
        if path.stat().st_size == 256 * 64:  # the model of v0.1.0
            two.lose(path)
    two.release("verify --all").succeeds().says("2 ok, 1 failed", "in your cache")
    two.release("verify --all --include-foreign").fails_with(4).helps("release verify v0.1.0 --push")
    two.release("verify v0.1.0").fails_with(4)
    document = follows(two.release("verify --all --json").succeeds())
    assert [row["verdict"] for row in document["revisions"]] == ["ok", "ok", "failed"]
    assert document["errors"] == []


def test_one_release_with_a_pointer_nobody_can_read_fails_alone(two):
    two.git("checkout", "--quiet", "--detach", "v0.2.0")
    two.write("model/model.pt.dvc", "outs: [")
    two.commit("Broken")
    two.git("tag", "-a", "v0.2.1", "-m", "Broken")
    two.release("verify --all --include-foreign").fails_with(4).says(
        "3 ok, 1 failed", "model/model.pt.dvc cannot be read"
    )


def test_a_mirror_is_asked_by_name(two):
    two.dvc("remote", "add", "mirror", "../stores/mirror")
    two.save("A mirror")
    two.release("verify --dvc-remote mirror").fails_with(4).says("`mirror`").helps(
        "release verify HEAD --push --dvc-remote mirror"
    )
    two.release("verify --dvc-remote mirror --push").succeeds().says("to `mirror`")
    two.release("verify --dvc-remote mirror").succeeds()


def test_a_replaced_tag_shows_by_the_release_after_it(two):
    two.git("tag", "-f", "-a", "v0.2.0", "-m", "Another", "v0.3.0^{commit}")
    run = two.release("verify v0.2.0").fails_with(4)
    run.says("v0.2.0 was replaced", "v0.3.0 recorded tag object").helps("git show refs/tags/v0.2.0")
    document = follows(two.release("verify v0.2.0 --json").fails_with(4))
    assert failures(document["revisions"][0]) == ["moved-tag"]
    two.release("verify v0.3.0").succeeds()


def test_a_tag_that_swears_to_other_objects_is_told(two):
    """The message of v0.3.0 under a new name on an older commit: numbers and digest are not that commit's."""
    two.git("tag", "-a", "v0.4.0", "-F", "-", "v0.2.0^{commit}", stdin=two.message_of("v0.3.0").encode())
    document = follows(two.release("verify v0.4.0 --json").fails_with(4))
    assert failures(document["revisions"][0]) == ["digest-mismatch", "digest-mismatch"]
    two.release("verify v0.4.0").fails_with(4).says("promised 5 objects", "Release-Metrics")


def test_other_exclusions_than_then_are_a_warning(two):
    two.write(".release.toml", '[audit]\nexclude = ["model/model.pt"]\n')
    two.save("Exclude")
    two.release("verify v0.2.0").succeeds().says("its digest cannot be compared", "excluded: model/model.pt")


def test_without_dvc_there_is_nothing_to_prove_and_that_is_said(templates, tmp_path):
    project: Project = templates.copy("without dvc", tmp_path / "world")
    project.release("verify").succeeds().says("no DVC in this commit")
    assert follows(project.release("verify --json").succeeds())["revisions"][0]["uses_dvc"] is False


def test_a_store_that_is_down_is_unknown(two):
    two.dvc("remote", "modify", "storage", "url", "http://127.0.0.1:9/nothing")
    two.save("Down")
    two.release("verify").fails_with(6).says("`storage` could not be checked").helps()
    two.release("bump minor --yes").fails_with(6)
    assert two.unchanged()
    assert follows(two.release("verify --json").fails_with(6))["revisions"][0]["verdict"] == "unknown"


def test_a_push_a_list_and_a_failure_follow_the_schema(two):
    follows(two.release("verify --push --json").succeeds())
    follows(two.release("verify --objects --json").succeeds())
    follows(two.release("verify v9 --json").fails_with(2))


def test_a_subfolder_is_a_project_of_its_own(two):
    two.write("sub/.release.toml", 'tag-format = "sub-v{version}"\n')
    two.save("Sub")
    two.release("verify --all", folder=two.folder / "sub").succeeds().says("No releases here")


def test_a_path_relative_to_the_clone_is_told_with_the_place_that_others_look_at(two):
    two.release("verify").succeeds().says("here", "one at /elsewhere/clone looks for /elsewhere/stores/blob")
    two.save()  # at a release `status` checks nothing
    check = two.release("status --json").succeeds().check("data on remote")
    assert check["help"] == f"dvc remote modify storage url {two.world.store} && git commit .dvc/config"
    two.dvc("remote", "modify", "storage", "url", two.world.store)
    two.save()
    two.release("verify").succeeds().never_says("relative to the clone")


KEYS = "    access_key_id = a\n    secret_access_key = b\n"


@pytest.mark.system  # dvc[s3]
def test_an_endpoint_of_this_machine_is_not_asked(released):
    """The bucket of a commit without an endpoint is Amazon's for every clone, also with one in the environment."""
    url = "http://127.0.0.1:1"
    released.write(
        ".dvc/config", "[core]\n    remote = s\n['remote \"s\"']\n    url = s3://b/x\n    endpointurl = " + url
    )
    released.save()
    released.write(".dvc/config.local", "['remote \"s\"']\n    endpointurl = http://127.0.0.1:2\n" + KEYS)
    released.release("verify").fails_with(6).says("127.0.0.1:1").never_says("127.0.0.1:2").helps()
