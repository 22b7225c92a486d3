"""What `yank`, `undo` and `delete` say of the release page, and write on it."""

from __future__ import annotations

import json

import pytest
from forge_server import ForgeServer, forge_server, settle
from project import Project


@pytest.fixture
def paged(charcnn: Project, forge: ForgeServer) -> Project:
    """v0.2.0 has a page."""
    charcnn.release("publish v0.2.0").succeeds()
    return charcnn


def test_a_yank_is_written_on_the_page_and_taken_off_again(paged, forge):
    paged.release('yank v0.2.0 -m "trained on test data" --yes').succeeds()
    (page,) = forge.state()["pages"]
    assert page["name"] == "v0.2.0: charCNN [YANKED]"
    assert "trained on test data" in page["description" if forge.kind == "gitlab" else "body"]
    paged.release("yank --restore v0.2.0 --yes").succeeds()
    (page,) = forge.state()["pages"]
    assert page["name"] == "v0.2.0: charCNN"


def test_a_yank_makes_no_page_and_needs_no_token(charcnn, forge):
    charcnn.release("yank v0.2.0 -m wrong --yes").succeeds()
    assert forge.state()["pages"] == []
    for name in [each for each in charcnn.world.variables if each.endswith("TOKEN")]:
        del charcnn.world.variables[name]
    before = len(forge.requests)
    charcnn.release("yank --restore v0.2.0 --yes").succeeds()
    assert len(forge.requests) == before


def test_a_forge_that_refuses_leaves_the_yank_and_says_how_to_go_on(paged, forge):
    looks = len(forge.requests)
    paged.release("yank v0.2.0 -m wrong --dry-run").succeeds()
    assert len(forge.requests) == looks  # the page is looked at once the yank is there
    said = json.dumps({"message": "Resource not accessible"}).encode()
    forge.answers = {looks + number: (403, {}, said) for number in range(3, 9)}
    run = paged.release("yank v0.2.0 -m wrong --yes").succeeds()
    run.says("v0.2.0 is yanked", "warning: the page of v0.2.0 does not say so yet", "release publish v0.2.0")
    forge.reset()
    paged.release("publish v0.2.0").succeeds()
    assert forge.state()["pages"][0]["name"].endswith("[YANKED]")


def test_an_undone_release_gets_no_page_and_its_tag_is_not_pushed_again(charcnn, forge):
    other = charcnn.clone("other")
    charcnn.release("undo v0.2.0 --yes").succeeds()
    for words in ([], ["fetch", "--quiet"]):
        if words:
            other.git(*words)
        run = other.release("publish v0.2.0").fails_with(3).says("v0.2.0 was undone on origin")
        run.helps("git tag -d v0.2.0").never_says("git push")
    assert forge.state()["pages"] == []


@pytest.mark.parametrize("call", ["undo v0.2.0", "delete v0.2.0 --local --remote"])
def test_deleting_the_tag_says_before_what_becomes_of_the_page(paged, forge, call):
    fate = "is deleted with the tag" if forge.kind == "gitlab" else "becomes a draft"
    paged.release(f"{call} --dry-run").succeeds().says(f"the page of v0.2.0 {fate}")
    paged.release(f"{call} --yes").succeeds()
    assert "refs/tags/v0.2.0" not in paged.origin


def test_an_immutable_page_burns_the_name_and_that_is_said_before(charcnn):
    with forge_server("github") as forge:
        settle(charcnn, forge)
        forge.immutable = True
        charcnn.release("publish v0.2.0").succeeds()
        for call in ("undo v0.2.0", "delete v0.2.0 --local --remote"):
            charcnn.release(f"{call} --dry-run").succeeds().says("the page of v0.2.0 is immutable")
