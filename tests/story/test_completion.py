"""Completion, asked as a shell asks: by the script in a real bash, and by the variable that it sets."""

from __future__ import annotations

import json
import shutil
import sys
from importlib.resources import files

import jsonschema
import pytest

pytestmark = pytest.mark.fast

# What bash does at TAB: COMP_WORDS and COMP_CWORD are set, the function is called, COMPREPLY is shown.
AT_TAB = """
source <(release completion bash)
COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
function_of=$(complete -p release | sed 's/.*-F \\([^ ]*\\).*/\\1/')
"$function_of" release
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def pressed(released):
    programs = released.world.root / "bin"
    programs.mkdir()
    program = programs / "release"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m release "$@"\n')
    program.chmod(0o755)
    released.world.variables["PATH"] = f"{programs}:{released.world.environment()['PATH']}"

    def press(words):
        bash = shutil.which("bash")
        done = released.world.run([bash, "-c", AT_TAB.format(words=words)], folder=released.folder)
        return done.stdout.decode().split()

    return press


def test_a_command_is_completed(pressed):
    assert pressed("release che") == ["checkout"]
    assert {"bump", "list", "show", "completion"} <= set(pressed("release ''"))


def test_help_is_a_command_that_completes_commands(pressed, released):
    assert pressed("release hel") == ["help"]
    assert pressed("release help b") == ["bump"]
    assert "help" in released.release("--help").succeeds().out
    released.release("-C . help bump").succeeds().says("Make the next release.")


def test_a_missing_shell_is_told_in_one_line(released):
    released.release("completion").fails_with(2).says("bash, zsh, fish").never_says("\\t")


def test_options_and_their_values_are_completed(pressed):
    assert pressed("release list --tr") == ["--trend"]
    assert pressed("release diff v0.1.0 --format ''") == ["text", "md"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("bump ''", ["auto", "patch", "minor", "major", "pre", "final"]),
        ("prepare m", ["minor", "major"]),
        ("next fi", ["final"]),
        ("rollback v0.1.0 ''", ["patch", "minor", "major"]),
        ("list --metric overall.f", ["overall.f1"]),
        ("verify --dvc-remote ''", ["storage"]),
        ("bump minor --base v", ["v0.1.0"]),
    ],
)
def test_kinds_metrics_and_remotes_are_completed(pressed, words, found):
    assert pressed(f"release {words}") == found


@pytest.mark.parametrize("command", ["show", "checkout", "diff", "delete", "rollback", "verify", "changelog"])
def test_tags_are_completed(pressed, released, command):
    released.git("tag", "-a", "v0.2.0", "-m", "second")
    assert pressed(f"release {command} v0.") == ["v0.1.0", "v0.2.0"]
    assert pressed(f"release {command} la") == ["latest"]


def test_a_tag_that_a_shell_would_not_take_for_a_word_is_not_completed(pressed, released):
    hostile = (
        "$(touch${IFS}PWN)",
        "`touch`",
        ";x",
        "'q",
        '"q',
        "|x",
        "&x",
        "(x)",
        "!x",
        ",x",
        "<x",
        ">x",
        "$x",
        "{a,b}",
    )
    for name in (*hostile, "-größe", "#prod#1"):
        released.git("update-ref", f"refs/tags/v0.2.0{name}", "HEAD")
    released.git("update-ref", "refs/tags/-v0.2.0", "HEAD")
    assert pressed("release show v0.") == ["v0.1.0", "v0.2.0#prod#1", "v0.2.0-größe"]
    assert pressed("release show -v0") == []


def test_outside_of_a_repository_there_are_no_tags_and_no_noise(pressed, released):
    shutil.rmtree(released.folder / ".git")
    assert pressed("release show v") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_each_shell(released, shell):
    script = released.release(f"completion {shell}").succeeds().out
    assert "_RELEASE_COMPLETE" in script
    found = released.release(f"completion {shell} --json").succeeds().json
    jsonschema.validate(found, json.loads(files("release").joinpath("schemas/completion.json").read_text()))
    assert (found["shell"], found["script"]) == (shell, script)


def test_another_shell_is_wrong_usage(released):
    released.release("completion csh").fails_with(2).says("csh").helps("release completion --help")
