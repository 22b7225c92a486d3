"""The page that `bump --publish` makes after the push."""

from __future__ import annotations

import json

import pytest
from project import Project


@pytest.fixture
def next(charcnn: Project) -> Project:
    """Something to release."""
    charcnn.train(b"third", '{"f1": 0.9}')
    return charcnn


def test_the_page_is_made_after_the_push(next, forge):
    next.release("bump minor -m wordCNN --publish --dry-run").succeeds().says("then make its release page")
    assert forge.requests == []
    run = next.release("bump minor -m wordCNN --publish --yes").succeeds().says("Released v0.3.0")
    assert next.published("v0.3.0")
    (page,) = forge.state()["pages"]
    assert (page["tag"], page["name"]) == ("v0.3.0", "v0.3.0: wordCNN")
    assert f"Its page: {forge.url}" in run.out


def test_the_configuration_can_ask_for_it(next, forge):
    next.write(".release.toml", "publish = true\n")
    next.save("Settings")
    document = next.release("bump minor --yes --json").succeeds().json
    assert document["page"].startswith(forge.url)
    assert next.release("bump auto --yes --json").succeeds().json["released"] is False


def test_a_failure_leaves_the_release_and_publish_goes_on(next, forge):
    said = json.dumps({"message": "Resource not accessible"}).encode()
    forge.answers = dict.fromkeys(range(1, 9), (403, {}, said))
    run = (
        next.release("bump minor --publish --yes").fails_with(9).says("Released v0.3.0", "the release page is not made")
    )
    run.helps("give ")
    assert next.published("v0.3.0")
    document = next.release("bump auto --publish --yes --json").fails_with(9).json
    assert (document["released"], document["page"]) == (False, None)
    assert "Resource not accessible" in document["errors"][0]["message"]
    forge.reset()
    again = next.release("bump auto --publish --yes").succeeds()
    again.says("Nothing to release", "Its page: http")
    assert [page["tag"] for page in forge.state()["pages"]] == ["v0.3.0"]
    next.release("publish").succeeds().says("up to date")


def test_without_a_token_the_release_says_so(next, forge):
    for name in [each for each in next.world.variables if each.endswith("TOKEN")]:
        del next.world.variables[name]
    next.release("bump minor --publish --yes").succeeds().says(
        "there is no token for 127.0.0.1", "release publish v0.3.0"
    )
    assert next.published("v0.3.0")
    assert forge.state()["pages"] == []


def test_what_is_not_pushed_gets_no_page(next, forge):
    next.release("bump minor --publish --no-push --yes").fails_with(2).says("--no-push leaves it here")
    next.write(".release.toml", "publish = true\n")
    next.save("Settings")
    next.release("bump minor --no-push --yes").succeeds()
    assert forge.requests == []


def test_a_rollback_is_a_release_with_a_page(charcnn, forge):
    charcnn.write(".release.toml", "publish = true\n")
    charcnn.save("Settings")
    charcnn.release("rollback v0.1.0 --yes").succeeds().says("Its page: http")
    assert [page["tag"] for page in forge.state()["pages"]] == ["v0.2.1"]
