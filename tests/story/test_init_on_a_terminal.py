"""`release init` on a terminal: questions with good defaults, each file before it is written, one question at the end."""

import sys

import pexpect
import pytest

ENTER, DOWN = "\r", "\x1b[B"


@pytest.fixture
def terminal():
    children = []

    def start(project, *words):
        environment = project.world.environment() | {"PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"}
        child = pexpect.spawn(
            sys.executable,
            ["-m", "release", "init", *words],
            env=environment,
            cwd=str(project.folder),
            timeout=60,
            encoding="utf-8",
            dimensions=(60, 100),
        )
        children.append(child)
        return child

    yield start
    for child in children:
        child.close(force=True)


def end(child):
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def test_enter_takes_the_defaults_and_yes_writes(terminal, released):
    child = terminal(released)
    child.expect_exact("Where is the release made?")
    child.send(ENTER)
    child.expect_exact("Which metric stops a release when it gets worse?")
    child.send(ENTER)
    child.expect_exact("CHANGELOG.md   new")
    child.expect_exact("Write 3 files?")
    assert not (released.folder / "CHANGELOG.md").exists()
    child.send("y" + ENTER)
    child.expect_exact("Wrote 3 files.")
    assert end(child) == 0
    assert (released.folder / "CHANGELOG.md").exists()


def test_choices_are_written(terminal, released):
    child = terminal(released)
    child.expect_exact("Where is the release made?")
    child.send(DOWN + ENTER)
    child.expect_exact("Which metric stops a release when it gets worse?")
    child.send(DOWN * 3 + ENTER)
    child.expect_exact("By how much may it?")
    child.send(ENTER)
    child.expect_exact("(y/N)")
    child.send("y" + ENTER)
    assert end(child) == 0
    assert (released.folder / ".github/workflows/release.yml").exists()
    text = released.read(".release.toml").decode()
    assert '[tool.release.gate."overall.f1"]\nmax-regression = "2%"' in text


def test_where_dvc_has_no_remote_its_address_is_asked_for(terminal, without_dvc):
    child = terminal(without_dvc, "--ci", "none", "--no-hooks")
    child.expect_exact("Where does data go (URL)?")
    child.send("s3://bucket/data" + ENTER)
    child.expect_exact("Which metric")
    child.send(ENTER)
    child.expect_exact("(y/N)")
    child.send("y" + ENTER)
    assert end(child) == 0
    assert "url = s3://bucket/data" in without_dvc.read(".dvc/config").decode()


@pytest.mark.parametrize("answer", ["n\r", "\r", "\x03"])
def test_no_changes_nothing(terminal, released, answer):
    released.before = released.snapshot()
    child = terminal(released, "--ci", "none")
    child.expect_exact("Which metric")
    child.send(ENTER)
    child.expect_exact("(y/N)")
    child.send(answer)
    assert end(child) == 130
    assert released.unchanged()


def test_yes_asks_nothing(terminal, released):
    child = terminal(released, "--yes")
    child.expect_exact("Wrote 3 files.")
    assert end(child) == 0
    assert (released.folder / "CHANGELOG.md").exists()
