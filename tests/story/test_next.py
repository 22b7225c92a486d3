"""`release next`, `release help`, `latest`: the words beside `bump`."""

import json

import pytest

from release import __version__


@pytest.mark.parametrize(
    ("call", "version"),
    [
        ("next", "0.2.0"),
        ("next patch", "0.1.1"),
        ("next minor --pre rc", "0.2.0-rc.1"),
        ("next 3.0.0", "3.0.0"),
        ("next major --offline", "1.0.0"),
    ],
)
def test_it_prints_what_bump_would_make_and_nothing_else(released, call, version):
    released.train(b"better", "{}")
    run = released.release(call).succeeds()
    assert (run.out, run.err) == (f"{version}\n", "")
    assert released.unchanged()
    assert json.loads(released.release(f"{call} --json").succeeds().out)["version"] == version
    released.release(f"bump {call.removeprefix('next').replace('--offline', '') or 'auto'} --yes").succeeds()
    assert released.published(f"v{version}")


def test_nothing_to_release_is_an_empty_answer(released):
    run = released.release("next").succeeds().says("nothing to release")
    assert run.out == ""
    assert released.release("next --json").succeeds().json["version"] is None


def test_what_bump_would_refuse_is_refused_with_its_code(released):
    released.release("next minor").fails_with(3).says("already released").helps("release status")
    released.save("More")
    released.release("next 0.1.0").fails_with(3).helps("release next")
    released.release("next minr").fails_with(2).helps("release next minor")
    released.release("next 2.0").fails_with(2).helps("release next 2.0.0")


def test_a_remote_that_does_not_answer_is_no_guess(released):
    released.save("feat: more")
    released.git("remote", "set-url", "origin", "file:///nowhere/at/all")
    released.release("next").fails_with(6).says("/nowhere/at/all").helps("release next --offline")
    assert released.release("next --offline").succeeds().out == "0.2.0\n"


def test_latest_is_the_newest_final_release(released):
    released.train(b"second", "{}")
    released.release("bump minor --yes").succeeds()
    released.save("More")
    released.release("bump minor --pre rc --yes").succeeds()
    for call in ("show latest", "verify latest", "changelog latest", "diff v0.1.0 latest", "checkout latest --dry-run"):
        released.release(call).succeeds()
    released.release("show latest").says("v0.2.0").never_says("rc")
    released.release("delete latest --local --dry-run").succeeds().says("v0.2.0").never_says("rc")
    released.git("tag", "latest", "v0.1.0")
    released.release("verify latest").succeeds().says("latest")


def test_help_is_a_word_too(released):
    assert released.release("help bump").succeeds().out == released.release("bump --help").succeeds().out
    assert released.release("help").succeeds().out == released.release("--help").succeeds().out
    released.release("help bmp").fails_with(2).helps("release bump --help")


@pytest.mark.parametrize("words", ["--version -v", "-v -V"])
def test_the_version_with_what_it_runs_with(released, words):
    lines = released.release(words).succeeds().out.splitlines()
    assert [line.split()[0] for line in lines] == ["release", "python", "git", "dvc"]
    assert lines[0].split()[1] == __version__
    assert all(line.split()[1][0].isdigit() for line in lines)
    assert released.release("-V").succeeds().out == f"release {__version__}\n"


@pytest.mark.parametrize("call", ["bump minr", "prepare minr", "rollback v0.1.0 minr"])
def test_a_wrong_kind_is_told_before_anything_else(released, call):
    run = released.release(call).fails_with(2).says("unknown KIND 'minr'").never_says("--yes")
    run.helps(f"release {call.removesuffix('minr')}minor")
