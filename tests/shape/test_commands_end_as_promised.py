"""The one error boundary: codes, the two lines on stderr, the document on stdout."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from importlib.resources import files
from types import ModuleType

import click
import jsonschema
import pytest

from release import app
from release.app import CommandEntry, main
from release.errors import DataMissing, Interrupted
from release.ui.options import common


def ended(capsys, *words):
    code = main(words)
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def command(monkeypatch):
    """Adds a command `probe` that does what a test says; the table is data, so this is an entry, not a patch."""

    def add(body):
        module = ModuleType("probe_command")
        module.__dict__["command"] = click.command(name="probe")(common(body))
        monkeypatch.setitem(sys.modules, "probe_command", module)
        monkeypatch.setitem(app.COMMANDS, "probe", CommandEntry("make", "probe_command", "Probe."))

    return add


def raising(error):
    def body(call):
        raise error

    return body


@pytest.mark.parametrize(
    ("words", "named", "help"),
    [
        (["bmup"], "unknown command `bmup`", "release bump --help"),
        (["zzz"], "unknown command `zzz`", "release --help"),
        (["bump", "minor", "--frob"], "--frob", "release bump --help"),
        (["bump", "minor", "extra"], "extra", "release bump --help"),
        (["list", "-n", "0"], "-n", "release list --help"),
        (["list", "-n", "many"], "many", "release list --help"),
        (["list", "--since", "soon"], "soon", "release list --help"),
        (["show"], "TAG", "release list"),
        (["--frob"], "--frob", "release --help"),
        (["-C"], "-C", "release --help"),
        (["bump"], "KIND", "release bump patch"),
        (["bump", "minor", "-m", "char CNN"], "--yes", "release bump minor -m 'char CNN' --yes"),
    ],
)
def test_wrong_usage_is_2_and_ends_with_the_command_to_run(capsys, words, named, help):
    code, out, err = ended(capsys, *words)
    assert (code, out) == (2, "")
    first, second = err.splitlines()
    assert re.fullmatch(r"error: .+ \[(usage|version|no-such-release)\]", first)
    assert named in first
    assert second == f"help: {help}"


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["bump", "--json"], "bump"),
        (["list", "--json", "--frob"], "list"),
        (["bmup", "--json"], None),
        (["-C", "list", "show", "--json"], "show"),
    ],
)
def test_wrong_usage_with_json_is_a_document(capsys, words, command):
    code, out, err = ended(capsys, *words)
    found = json.loads(out)
    assert code == found["exit_code"] == found["errors"][0]["code"] == 2
    assert found["command"] == command
    assert err.startswith("error: ")
    assert f" [{found['errors'][0]['section']}]\n" in err
    jsonschema.validate(found, json.loads(files("release").joinpath("schemas/error.json").read_text()))
    if command:
        jsonschema.validate(found, json.loads(files("release").joinpath(f"schemas/{command}.json").read_text()))


def test_no_words_at_all_show_the_help_on_stderr(capsys):
    code, out, err = ended(capsys)
    assert (code, out) == (2, "")
    assert "Make releases" in err


@pytest.mark.parametrize(
    ("error", "code"), [(DataMissing("no model", help="dvc push"), 4), (Interrupted("v1", help="x"), 8)]
)
def test_an_error_of_the_tree_has_its_code(capsys, command, error, code):
    command(raising(error))
    found, out, err = ended(capsys, "probe")
    assert (found, out) == (code, "")
    assert err == f"error: {error.message} [{error.section}]\nhelp: {error.help}\n"


def test_secrets_and_control_characters_do_not_reach_stderr(capsys, command):
    command(raising(DataMissing("https://me:s3cret@host/x says \x1b[31mno", help="curl https://me:s3cret@host")))
    _, out, err = ended(capsys, "probe", "--json")
    assert "s3cret" not in err + out
    assert "\x1b" not in err + out


@pytest.mark.parametrize(
    "error", [KeyError("x"), RecursionError("deep"), EOFError(), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad")]
)
def test_anything_else_is_a_bug(capsys, command, error):
    command(raising(error))
    code, _, err = ended(capsys, "probe")
    assert code == 1
    assert "this is a bug" in err
    assert "Traceback" not in err
    assert "help: release probe -v " in err


def test_a_bug_shows_its_traceback_with_v(capsys, command):
    command(raising(KeyError("https://me:s3cret@host")))
    code, _, err = ended(capsys, "probe", "-v")
    assert code == 1
    assert "Traceback" in err
    assert "s3cret" not in err


def test_a_full_disk_is_no_bug(capsys, command):
    command(raising(OSError(28, "No space left on device", "/data/x")))
    code, _, err = ended(capsys, "probe")
    assert code == 6
    assert err.startswith("error: /data/x: No space left on device [system]\nhelp: ")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_ctrl_c_is_130_and_says_that_nothing_was_changed(capsys, command, error):
    command(raising(error))
    code, out, err = ended(capsys, "probe")
    assert (code, out, err) == (130, "", "cancelled; nothing was changed\n")


def test_sigterm_ends_as_ctrl_c_does(capsys, command):
    def body(call):
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("not reached")

    before = signal.getsignal(signal.SIGTERM)
    command(body)
    code, _, err = ended(capsys, "probe")
    assert (code, err) == (130, "cancelled; nothing was changed\n")
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("words", "folder"),
    [
        (["probe"], "."),
        (["-C", "a", "probe"], "a"),
        (["probe", "-C", "b"], "b"),
        (["-C", "a", "probe", "-C", "b"], "a/b"),
        (["-C", "a", "probe", "-C", "/b"], "/b"),
    ],
)
def test_dash_c_is_taken_before_and_after_the_command(command, words, folder):
    seen = []

    def body(call):
        seen.append(str(call.folder))
        return 0

    command(body)
    assert main(words) == 0
    assert seen == [folder]


def test_the_environment_can_be_given(command):
    seen = []

    def body(call):
        seen.append(dict(call.environment))
        return 0

    command(body)
    assert main(["probe"], environment={"A": "b"}) == 0
    assert seen == [{"A": "b"}]


def release(*words, **more):
    return subprocess.run([sys.executable, "-m", "release", *words], check=False, **more)


def test_a_reader_that_hangs_up_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    done = release("--help", stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a file that is always full")  # noqa: PTH110
@pytest.mark.parametrize("word", ["--help", "--version"])
def test_a_full_disk_under_stdout_is_said(word):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = release("-C", ".", word, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: cannot write to stdout: No space left on device [system]\nhelp: ")


def test_a_name_that_the_terminals_encoding_lacks_is_shown_escaped():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = release("-C", ".", "s\u00e9", env=environment, capture_output=True)
    assert done.returncode == 2
    assert b"unknown command `s\\xe9`" in done.stderr


def test_version_with_closed_streams_does_not_crash():
    command = f"exec '{sys.executable}' -m release --version >&- 2>&-"
    done = subprocess.run(["sh", "-c", command], check=False)
    assert done.returncode in {0, 2}


def test_streams_are_those_of_the_moment(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["--version", "-C", "."]) == 0
    assert out.getvalue().startswith("release ")
