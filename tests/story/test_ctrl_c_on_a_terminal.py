"""Ctrl-C at every question of every command, on a real pseudo-terminal: exit code 130, and nothing is changed."""

from __future__ import annotations

import ast
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import sleep

import pexpect
import pytest
from project import Project

import release

ENTER, DOWN, CTRL_C = "\r", "\x1b[B", "\x03"
PACKAGE = Path(release.__file__).parent
ASKING = ("ask.confirm", "ask.choose", "ask.text", "ask.several", "ask.one", "ask.release_of", "release_of", "kind_of")
DIALOGS = {"ReleaseDialog": ("bump",), "ChangeDialog": ("undo", "yank")}  # rollback shares the questions of bump
KIND, MESSAGE, RELEASE = "What kind of release?", "Message", "Release v0.2.0?"


def two(released):
    released.train(b"better" * 1000, '{"overall": {"f1": 0.9, "loss": 0.2}}\n')
    released.release("bump minor -m second --yes").succeeds()
    return released


def work(released):
    released.save("More")
    return released


def unpushed(released):
    """Data that only the cache has: the upload question comes first."""
    released.train(b"other" * 1000, '{"overall": {"f1": 0.9, "loss": 0.2}}\n', push=False)
    return released


def unanswered(released):
    """A push whose answer never came: before such a release is forgotten, somebody is asked."""
    released.save("More")
    hook = released.world.origin / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nsleep 5\nexit 1\n")
    hook.chmod(0o755)
    released.world.variables["RELEASE_PUSH_LIMIT"] = "1"
    released.release("bump minor --yes").fails_with(8)
    del released.world.variables["RELEASE_PUSH_LIMIT"]
    sleep(6)  # what the server still does is over
    hook.unlink()
    return released


def unanswered_tag(released):
    """As `unanswered`, of a tag alone: the remote cannot tell whether it came and somebody deleted it."""
    hook = released.world.origin / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nsleep 3\nexit 1\n")
    hook.chmod(0o755)
    released.world.variables["RELEASE_PUSH_LIMIT"] = "1"
    released.release("bump minor --no-commit --allow-empty --yes").fails_with(8)
    del released.world.variables["RELEASE_PUSH_LIMIT"]
    sleep(4)
    hook.unlink()
    return released


def staged(released):
    """A version of a model, and the stage that it is assigned to."""
    released.git("tag", "-a", "charCNN@v1.0.0", "-m", "One")
    released.git("tag", "-a", "charCNN#prod#1", "-m", "To prod")
    return released


def untrusted(project):
    """A commit whose `.dvc/config` names a program."""
    config = project.read(".dvc/config").decode().replace("url = ../../stores/blob", "url = webdav://127.0.0.1:9")
    project.write(".dvc/config", f"{config}    bearer_token_command = get-it\n")
    project.commit("A program")
    return project


def unstored(released):
    """DVC without a remote."""
    released.write(".dvc/config", "")
    released.save("No remote")
    return released


def trained(released):
    """Outs of two stages that look like models."""
    released.write_pipeline({"train": "models/charCNN.pt", "rank": "models/ranker.pkl"})
    return released


def unwritten(released):
    released.git("tag", "-a", "v0.0.1", "-m", "old", "HEAD")
    return released


LIST, HOOKS = "Which metrics does `release list` show?", "Git hooks for forgotten data?"

# Command, how the project comes to the questions, and the questions; a pair has the keys that lead past it (else Enter).
QUESTIONS: dict[str, tuple[str, Callable[[Project], Project], list[str | tuple[str, str]]]] = {
    "bump: kind": ("bump", work, [KIND]),
    "bump: version": ("bump", work, [(KIND, "\x1b[A" + ENTER), "Which version?"]),
    "bump: message": ("bump", work, [KIND, MESSAGE]),
    "bump: plan": ("bump minor", work, [MESSAGE, RELEASE]),
    "bump: upload": ("bump minor -m x", unpushed, ["Upload"]),
    "prepare: kind": ("prepare", work, [KIND]),
    "prepare: plan": ("prepare minor", work, ["Write these files for v0.2.0"]),
    "undo: plan": ("undo", two, ["Undo v0.2.0?"]),
    "yank: reason": ("yank", two, ["Why must v0.2.0 not be used?"]),
    "yank: plan": ("yank -m x", two, ["Yank v0.2.0?"]),
    "rollback: tag": ("rollback", two, ["Back to which release?"]),
    "rollback: plan": ("rollback v0.1.0", two, ["Release v0.2.1?"]),
    "recover: publish again": ("recover", unanswered_tag, ["Publish v0.2.0 again?"]),
    "recover: undo": ("recover --undo", unanswered, ["Discard it here anyway?"]),
    "checkout: tag": ("checkout", two, ["Which release?"]),
    "show: tag": ("show", two, ["Which release?"]),
    "diff: tag": ("diff", two, ["Compare which release"]),
    "delete: tags": ("delete", two, ["Which tags?"]),
    "delete: place": ("delete v0.2.0", two, ["Where?"]),
    "delete: stages": ("delete charCNN@v1.0.0 --local", staged, ["Delete its stages, too: charCNN#prod#1?"]),
    "delete: plan": ("delete v0.2.0 --local", two, ["(y/N)"]),
    "init: storage": ("init --ci none", unstored, ["Where are data and models stored"]),
    "init: models": ("init --ci none", trained, ["Models with versions of their own?"]),
    "init: list": ("init --ci none", work, [LIST]),
    "init: gate": ("init --ci none", work, [LIST, "Block a release if this metric"]),
    "init: how much": (
        "init --ci none",
        work,
        [LIST, ("Block a release if this metric", DOWN + ENTER), "How much may it drop?"],
    ),
    "init: hooks": ("init --ci none", work, [LIST, "Block a release if this metric", HOOKS]),
    "init: service": ("init", work, [LIST, "Block a release if this metric", HOOKS, "Where should releases run?"]),
    "init: plan": ("init --ci none", work, [LIST, "Block a release if this metric", HOOKS, "Write 3 files?"]),
    "config: trust": ("config --trust", untrusted, ["Trust them in this repository?"]),
    "changelog: rebuild": ("changelog --rebuild", unwritten, ["Write CHANGELOG.md?"]),
}


@pytest.fixture
def terminal():
    children = []

    def start(project, line):
        environment = project.world.environment() | {"PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"}
        child = pexpect.spawn(
            sys.executable,
            ["-m", "release", *line.split()],
            env=environment,
            cwd=str(project.folder),
            timeout=90,
            encoding="utf-8",
            dimensions=(60, 100),
        )
        children.append(child)
        return child

    yield start
    for child in children:
        child.close(force=True)


def test_auto_is_a_choice_beside_the_version_that_it_would_make(terminal, released):
    released.commit("feat: longer training")
    released.git("push", "--quiet", "origin", "main")
    child = terminal(released, "bump -m x")
    child.expect(r"auto +0\.2\.0 +[0-9a-f]+ feat: longer tr")
    child.send(ENTER)
    child.expect_exact(RELEASE)
    child.send("y\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert released.published("v0.2.0")


@pytest.mark.fast("bump: plan")
@pytest.mark.parametrize("name", QUESTIONS)
def test_ctrl_c_at_a_question_is_130_and_changes_nothing(terminal, released, name):
    line, given, questions = QUESTIONS[name]
    project = given(released)
    project.before = project.snapshot()
    child = terminal(project, line)
    for each in questions[:-1]:
        question, keys = each if isinstance(each, tuple) else (each, ENTER)
        child.expect_exact(question)
        child.send(keys)
    child.expect_exact(questions[-1])
    child.send(CTRL_C)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130, child.before
    assert project.unchanged()


def test_no_command_has_a_question_that_is_not_among_them():
    asked: Counter[str] = Counter()
    for file in [*PACKAGE.glob("commands/**/*.py"), *PACKAGE.glob("ui/*.py")]:
        command = file.stem if file.parent.name == "commands" else file.parent.name
        for part in ast.parse(file.read_text()).body if file.stem != "ask" else ():
            calls = [node.func for node in ast.walk(part) if isinstance(node, ast.Call)]
            for name in DIALOGS.get(getattr(part, "name", ""), (command,)):
                asked[name] += sum(ast.unparse(call) in ASKING for call in calls)
    assert asked["bump"] == 5, "the names of the functions that ask are not these any more"
    tested = Counter(name.partition(":")[0] for name in QUESTIONS)
    tested["publish"] = 1  # it needs a forge: tests/forges/test_publish.py
    tested["prepare"] += 1  # of its pull request: tests/forges/test_pull_request.py
    assert {name for name in asked if asked[name] > tested[name]} == set()


def test_ctrl_c_in_the_demo_is_130_and_names_the_folder_that_it_leaves(terminal, released):
    project = released.snapshot()
    child = terminal(released, "demo ../demo")
    child.expect_exact("git init")
    child.send(CTRL_C)
    child.expect_exact("what it built so far is in")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    shutil.rmtree(released.world.root / "demo")
    assert released.snapshot() == project
