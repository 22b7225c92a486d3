"""`release demo`, run whole as a user runs it; what it leaves is judged with plain git and DVC."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from release.commands.demo import train
from release.commands.demo import work as demo_work
from release.commands.demo.cli import typed

OUTS = (
    "data/projects.json",
    "data/tags.json",
    "model/label_encoder.json",
    "model/tokenizer.json",
    "model/model.json",
)


@pytest.fixture
def user(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody with a home folder, a name, and no other settings."""
    home = tmp_path / "home"
    home.mkdir()
    settings = tmp_path / "gitconfig"
    settings.write_text("[user]\n\tname = Ada Example\n\temail = ada@example.org\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DVC_", "XDG_"))}
    return kept | {"HOME": str(home), "GIT_CONFIG_GLOBAL": str(settings), "GIT_CONFIG_NOSYSTEM": "1"}


def release(user: dict[str, str], folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "release", *words], cwd=folder, env=user, capture_output=True, text=True, check=False
    )


def ask(user: dict[str, str], folder: Path, *words: str) -> str:
    done = subprocess.run(words, cwd=folder, env=user, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def assert_a_clone_gets_everything_back(user: dict[str, str], top: Path, tag: str) -> None:
    """Clone at the tag, pull, compare every byte with its pointer, then train again and get the same model."""
    clone = top / f"clone-{tag}"
    quiet = {
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(top / f"site-{tag}"),
        "DVC_GLOBAL_CONFIG_DIR": str(top / ".demo" / "dvc"),
        "DVC_SYSTEM_CONFIG_DIR": str(top / "none"),
    }
    ask(user, top, "git", "-c", "advice.detachedHead=false", "clone", "-q", "-b", tag, "origin.git", clone.name)
    ask(user | quiet, clone, sys.executable, "-m", "dvc", "pull", "-q")
    for out in OUTS:
        pointer = (clone / f"{out}.dvc").read_text()
        assert hashlib.md5((clone / out).read_bytes()).hexdigest() in pointer, out
    made = {f"data/heldout/{month}.json" for month in demo_work.held_out()}
    assert made == {f"data/{name}" for name in files_below(clone / "data") if name.startswith("heldout/")}
    assert all((clone / path).read_text() == demo_work.demo_files()[path] for path in made)
    before = files_below(clone / "model")
    params = json.loads((clone / "model/params.json").read_text())
    told = ["--num-filters", str(params["num_filters"]), "--num-epochs", str(params["num_epochs"])]
    ask(user, clone, sys.executable, "train.py", *told)
    assert files_below(clone / "model") == before


def test_the_demo_ends_with_two_published_releases_that_a_fresh_clone_can_pull(user, tmp_path):
    done = release(user, tmp_path, "demo")
    top = tmp_path / "release-demo"

    assert done.returncode == 0, done.stdout + done.stderr
    typed = re.findall(r"^\$ (.*)$", done.stdout, flags=re.MULTILINE)
    assert f"dvc remote add -q -d storage {top}/stores/blob" in typed
    helped = "release bump minor -m charCNN --push-data -q --yes"
    assert f"help: {helped}" in done.stdout
    assert helped in typed
    in_order = (
        "Released v0.2.0",
        "$ release changelog latest\n## [0.2.0]",
        "| overall.f1 ",
        "\n$ rm -f ",
        "in sync",
        "data/heldout/2026-04.json is not on",
        "Uploaded 1 object",
        "$ rm -r model/model.json .dvc/cache",
        "1 file of data written",
    )
    places = [done.stdout.index(words) for words in in_order]
    assert places == sorted(places)
    assert (top / "project/model/model.json").exists()
    text = done.stdout.replace(str(top), "/home/ada/release-demo")
    assert text.count("\n") <= 3 * 24 + 4, "three screens"
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "warning" not in done.stdout
    assert "\x1b" not in done.stdout

    published = ask(user, top, "git", "ls-remote", "origin.git")
    here = ask(user, top / "project", "git", "show-ref", "-d")
    for tag in ("refs/tags/v0.1.0", "refs/tags/v0.2.0"):
        lines = [line.split() for line in published.splitlines() if line.split()[1] in {tag, f"{tag}^{{}}"}]
        assert len(lines) == 2, "annotated and published"
        assert all(f"{oid} {name}" in here for oid, name in lines)
    assert ask(user, top / "project", "git", "status", "--porcelain") == ""
    assert "Ada Example" in ask(user, top / "project", "git", "log", "--format=%an")
    for tag in ("v0.1.0", "v0.2.0"):
        assert_a_clone_gets_everything_back(user, top, tag)

    assert {path.name for path in tmp_path.iterdir()} == {"home", "gitconfig", "release-demo"}
    assert files_below(tmp_path / "home") == {}


def test_the_demo_runs_without_a_git_identity_and_under_hostile_settings(user, tmp_path):
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "pre-push", "commit-msg"):
        (hooks / name).write_text("#!/bin/sh\nexit 1\n")
        (hooks / name).chmod(0o755)
    Path(user["GIT_CONFIG_GLOBAL"]).write_text(
        f"[core]\n\thooksPath = {hooks}\n\tautocrlf = true\n[init]\n\tdefaultBranch = trunk\n[color]\n\tui = always\n"
        "[commit]\n\tgpgSign = true\n[tag]\n\tgpgSign = true\n[push]\n\tfollowTags = true\n"
    )
    ignores = tmp_path / "home" / ".config" / "git" / "ignore"
    ignores.parent.mkdir(parents=True)
    ignores.write_text("*.json\n*.dvc\nmodel\n")
    hostile = user | {"GIT_DIR": str(tmp_path / "nowhere"), "DVC_SITE_CACHE_DIR": "/dev/null", "FORCE_COLOR": "1"}
    top = tmp_path / "a demo 'quoted' über"

    done = release(hostile, tmp_path, "demo", "--json", top.name)

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert (report["schema"], report["command"], report["exit_code"], report["errors"]) == (1, "demo", 0, [])
    assert report["folder"] == str(top)
    assert report["releases"] == ["v0.1.0", "v0.2.0"]
    refused = [step for step in report["steps"] if step["exit_code"] == 4]
    assert [step["command"] for step in refused] == ["release bump minor -m charCNN -q --yes", "release verify latest"]
    assert "model/model.json" in refused[0]["output"]
    assert "data/heldout/2026-04.json" in refused[1]["output"]
    assert {step["exit_code"] for step in report["steps"]} == {0, 4}
    assert "refs/heads/main" in ask(user, top, "git", "ls-remote", "origin.git")
    assert ask(user, top / "project", "git", "config", "--local", "user.name").strip() == "Demo"


@pytest.mark.fast
def test_a_folder_that_holds_something_is_refused_and_left_alone(user, tmp_path):
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "thesis.txt").write_text("mine")

    done = release(user, tmp_path, "demo", "taken")

    assert done.returncode == 2
    assert "taken is not empty" in done.stderr
    assert "help: release demo taken-2" in done.stderr
    assert files_below(taken) == {"thesis.txt": b"mine"}


def test_a_file_in_the_way_is_refused(user, tmp_path):
    (tmp_path / "file").write_text("mine")

    for way in ("file", "file/below"):
        done = release(user, tmp_path, "demo", way)
        assert (done.returncode, done.stdout) == (2, "")
        assert "a file is in the way" in done.stderr


def test_without_git_the_demo_says_so_and_makes_nothing(user, tmp_path):
    done = release(user | {"PATH": str(tmp_path)}, tmp_path, "demo", "new")

    assert done.returncode == 3
    assert "git is not installed" in done.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.fast
def test_an_interrupted_demo_says_where_it_stopped(user, tmp_path):
    words = [sys.executable, "-u", "-m", "release", "demo", "here"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, cwd=tmp_path, env=user, stdout=pipe, stderr=pipe, text=True) as running:
        assert running.stdout is not None
        assert any("&& dvc init" in line for line in running.stdout)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)

    assert running.returncode == 130
    assert f"the demo was interrupted; what it built so far is in {tmp_path / 'here'}" in said
    assert f"help: rm -r {tmp_path / 'here'} && release demo {tmp_path / 'here'}" in said


def test_a_command_that_fails_stops_the_demo_and_is_named(user, tmp_path):
    broken = tmp_path / "bin"
    broken.mkdir()
    git = shutil.which("git")
    (broken / "git").write_text(f'#!/bin/sh\n[ "$1" = push ] && echo no route && exit 9\nexec {git} "$@"\n')
    (broken / "git").chmod(0o755)

    done = release(user | {"PATH": f"{broken}:{user['PATH']}"}, tmp_path, "demo", "here")

    assert done.returncode == 9
    assert "`git push -q -u origin main && dvc push` ended with exit code 9" in done.stderr
    assert "no route" in done.stdout


@pytest.mark.parametrize(
    "command",
    [
        f"dvc add -q {' '.join(OUTS)}",
        f"git commit -q -m '{'long words ' * 5}' {'a' * 70} b",
        f"cd {shlex.quote('/somewhere/it' + chr(39) + 's deep ' * 12)}",
    ],
)
def test_a_long_command_is_shown_in_lines_that_can_be_pasted(command):
    lines = typed(command, 80)

    assert lines[0].startswith("$ ")
    assert all(len(line) <= 80 for line in lines) or max(map(len, shlex.split(command))) > 70
    pasted = subprocess.run(
        ["sh", "-c", "printf '%s\\0' " + "\n".join(lines).removeprefix("$ ")],
        capture_output=True,
        check=True,
        text=True,
    )
    assert pasted.stdout.split("\0")[:-1] == shlex.split(command)


def test_the_second_training_is_better_on_rows_that_neither_has_seen():
    rows = demo_work.projects()
    unseen = [row for month in demo_work.held_out().values() for row in month]
    texts = {f"{row['title']}|{row['description']}" for row in rows}
    assert not texts & {f"{row['title']}|{row['description']}" for row in unseen}

    tags = sorted({str(row["tag"]) for row in rows})
    f1 = []
    for num_filters, num_epochs in ((40, 2), (256, 8)):
        model = train.Model(rows, tags, train.PARAMS | {"num_filters": num_filters, "num_epochs": num_epochs})
        f1.append(train.performance(unseen, [model.tag_of(row) for row in unseen], tags)["overall"]["f1"])
    assert f1[0] > 0.7
    assert f1[1] > f1[0] + 0.05


def test_performance_has_the_shape_of_the_lesson_and_counts_right():
    rows = [
        {"title": "cnn", "description": "", "tag": "natural-language-processing"},
        {"title": "x", "description": "one two three four five six seven eight", "tag": "other"},
        {"title": "y", "description": "one two three four five six seven eight", "tag": "other"},
    ]
    report = train.rounded(train.performance(rows, ["other"] * 3, ["natural-language-processing", "other"]))

    assert report == {
        "overall": {"precision": 0.4444, "recall": 0.6667, "f1": 0.5333, "num_samples": 3.0},
        "class": {
            "natural-language-processing": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "num_samples": 1.0},
            "other": {"precision": 0.6667, "recall": 1.0, "f1": 0.8, "num_samples": 2.0},
        },
        "slices": {
            "nlp_cnn": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "num_samples": 1.0},
            "short_text": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "num_samples": 1.0},
        },
    }
