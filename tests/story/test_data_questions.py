"""The commonest refusal becomes a question: data that only the cache has is uploaded if a person says so."""

import shutil
import sys
import time

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
    child.expect_exact("Upload 1 object (9.0 kB) and continue?")
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
    child.expect_exact("and continue?")
    child.send("n\r")
    assert ended(child) == 4
    assert unpushed.unchanged()


@pytest.mark.parametrize("answer", ["n\r", "\x03"], ids=["no", "ctrl-c"])
def test_what_was_uploaded_stays_when_the_release_is_not_confirmed(unpushed, answer):
    child = asked(unpushed, "bump", "minor", "-m", "charCNN")
    child.expect_exact("and continue?")
    child.send("y\r")
    child.expect_exact("Release v0.2.0?")
    child.send(answer)
    child.expect_exact("cancelled; 1 object (9.0 kB) uploaded before that stays on `storage`, nothing else was changed")
    assert ended(child) == 130
    assert "refs/tags/v0.2.0" not in unpushed.origin
    unpushed.release("verify").succeeds()


@pytest.mark.parametrize(
    "command", [("bump", "minor", "-m", "Again"), ("rollback", "v0.1.0")], ids=["bump", "rollback"]
)
def test_data_that_goes_while_the_question_is_open_is_not_released(released, command):
    released.train(b"newer" * 1000, performance(f1=0.9))
    if command[0] == "rollback":
        released.release("bump minor --yes").succeeds()
    child = asked(released, *command)
    child.expect_exact("Release v0.2.0?" if command[0] == "bump" else "Release v0.2.1?")
    shutil.rmtree(released.world.store / "files")
    time.sleep(0.6)
    child.send("y\r")
    child.expect_exact("was not released, because its data has changed since the plan was made")
    child.expect_exact("is not on `storage`")
    assert ended(child) == 4
    assert f"refs/tags/{'v0.2.0' if command[0] == 'bump' else 'v0.2.1'}" not in released.origin
    assert released.git("status", "--porcelain") == ""


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
