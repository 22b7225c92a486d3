"""The commonest refusal becomes a question: data that only the cache has is uploaded if a person says so."""

import sys

import pexpect
import pytest
from project import Project
from project.templates import performance


@pytest.fixture
def unpushed(released):
    released.train(b"kept back" * 1000, performance(f1=0.9), push=False)
    return released


def test_enter_uploads_and_goes_on_to_the_release(unpushed):
    child = asked(unpushed, "bump", "minor", "-m", "charCNN")
    child.expect_exact("model/model.pt is not on `storage`")
    child.expect_exact("Upload 1 object (9.0 kB) and go on?")
    child.send("\r")
    child.expect_exact("1 object (9.0 kB) uploaded from your cache")
    child.expect_exact("Release v0.2.0?")
    child.send("y\r")
    child.expect_exact("Released v0.2.0")
    assert ended(child) == 0
    assert unpushed.published("v0.2.0")
    unpushed.release("verify v0.2.0").succeeds()


def test_no_uploads_nothing_and_the_refusal_stands(unpushed):
    unpushed.before = unpushed.snapshot()
    child = asked(unpushed, "bump", "minor", "-m", "charCNN")
    child.expect_exact("go on?")
    child.send("n\r")
    assert ended(child) == 4
    assert unpushed.unchanged()


def test_what_was_uploaded_stays_when_the_release_is_not_confirmed(unpushed):
    child = asked(unpushed, "bump", "minor", "-m", "charCNN")
    child.expect_exact("go on?")
    child.send("y\r")
    child.expect_exact("Release v0.2.0?")
    child.send("n\r")
    assert ended(child) == 130
    assert "refs/tags/v0.2.0" not in unpushed.origin
    unpushed.release("verify").succeeds()


def test_yes_is_no_answer_to_an_upload(unpushed):
    child = asked(unpushed, "bump", "minor", "-m", "charCNN", "--yes")
    child.expect_exact("help: ")
    assert ended(child) == 4


def asked(project: Project, *words: str) -> "pexpect.spawn[str]":
    environment = {**project.world.environment(), "TERM": "dumb"}
    python = ["-m", "release", *words]
    return pexpect.spawn(
        sys.executable, python, cwd=project.folder, env=environment, encoding="utf-8", timeout=60, dimensions=(40, 100)
    )


def ended(child: "pexpect.spawn[str]") -> int | None:
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus
