"""Questions on a real pseudo-terminal."""

from __future__ import annotations

import os
import sys

import pexpect
import pytest

ASK = """
import sys
from release.engine.kind import Choices
from release.ui import ask
from release.ui.console import Console
console = Console()
try:
    found = {question}
except KeyboardInterrupt:
    found = "interrupted"
print("found:", found)
"""
DOWN, ENTER = "\x1b[B", "\r"


def asked(question):
    environment = {**os.environ, "PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"}
    program = ["-c", ASK.format(question=question)]
    return pexpect.spawn(sys.executable, program, env=environment, timeout=30, encoding="utf-8", dimensions=(30, 80))


def found(child):
    child.expect(r"found: ([^\r\n]*)")
    answer = child.match[1]
    child.expect(pexpect.EOF)
    child.close()
    return answer


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("y\r", "True"),
        ("YES\r", "True"),
        ("y\n", "True"),
        ("n\r", "False"),
        ("yn\r", "False"),
        ("\r", "False"),
        ("1 sure\r", "False"),
        ("\x1b[200~y\r\x1b[201~\r", "False"),
        ("\x04", "interrupted"),
        ("\x03", "interrupted"),
    ],
    ids=["y", "yes", "y and newline", "n", "y, then n", "Enter", "other keys", "pasted", "Ctrl-D", "Ctrl-C"],
)
def test_only_yes_confirms(typed, answer):
    child = asked('ask.confirm("Release v1.4.0?", console)')
    child.expect_exact("Release v1.4.0?")
    child.expect_exact("(y/N)")
    child.send(typed)
    assert found(child) == answer


def test_a_y_is_shown_before_it_counts():
    child = asked('ask.confirm("Release v1.4.0?", console)')
    child.expect_exact("(y/N)")
    child.send("y")
    child.expect_exact("Yes")
    child.send("\x03")
    assert found(child) == "interrupted"


@pytest.mark.parametrize(("typed", "answer"), [("\r", "True"), ("n\r", "False")])
def test_enter_alone_is_the_capital_letter(typed, answer):
    child = asked('ask.confirm("Upload 1 object and continue?", console, default=True)')
    child.expect_exact("(Y/n)")
    child.send(typed)
    assert found(child) == answer


def test_a_kind_is_chosen_with_the_version_that_it_makes_beside_it():
    child = asked('ask.kind(Choices(versions=dict(minor="1.4.0", patch="1.3.3", major="2.0.0")))')
    child.expect_exact("major   2.0.0")
    child.send(DOWN + ENTER)
    assert found(child) == "minor"


@pytest.mark.parametrize(("keys", "answer"), [(ENTER, "auto"), (DOWN + ENTER, "minor")])
def test_auto_is_the_first_choice_with_what_it_would_choose_and_why(keys, answer):
    auto = '("2.0.0", "major: 8c1f2ab feat!: new labels")'
    child = asked(f'ask.kind(Choices(versions=dict(minor="1.4.0"), auto={auto}))')
    child.expect_exact("auto    2.0.0   8c1f2ab feat!: new labels")
    child.send(keys)
    assert found(child) == answer


def test_auto_is_the_first_choice_also_where_it_finds_nothing():
    child = asked('ask.kind(Choices(versions=dict(minor="1.4.0"), auto=("", "nothing to release")))')
    child.expect_exact("auto            nothing to release")
    child.send(ENTER)
    assert found(child) == "auto"


def test_the_version_of_pyproject_toml_is_a_choice_until_there_is_a_release():
    child = asked('ask.kind(Choices(versions=dict(minor="0.4.0"), unreleased="0.3.0"))')
    child.expect_exact("as it is   0.3.0   in pyproject.toml")
    child.send(DOWN + ENTER)
    assert found(child) == "0.3.0"


def test_another_version_is_typed_and_asked_for_until_it_is_one():
    child = asked('ask.kind(Choices(versions=dict(minor="1.4.0")))')
    child.expect_exact("a version that you type")
    child.send(DOWN + ENTER)
    child.expect_exact("Which version?")
    child.send("minor\r")
    child.expect_exact("not a version such as 2.0.0")
    child.send("\x7f" * 5 + "v1.9.0\r")
    assert found(child) == "v1.9.0"


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_ctrl_c_leaves_a_choice_as_an_interrupt(key):
    child = asked(
        'ask.kind(Choices(versions=dict(patch="1.3.3")))' if key == "\x03" else 'ask.text("Message", default="x")'
    )
    child.expect_exact("patch   1.3.3" if key == "\x03" else "Message")
    child.send(key)
    assert found(child) == "interrupted"


@pytest.mark.parametrize(("typed", "answer"), [("char CNN\r", "char CNN"), ("\r", "None"), ("   \r", "None")])
def test_an_empty_message_leaves_the_default(typed, answer):
    child = asked('ask.text("Message", default="Release 1.4.0")')
    child.expect_exact('(default: "Release 1.4.0"):')
    child.send(typed)
    assert found(child) == answer
