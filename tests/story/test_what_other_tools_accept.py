"""Files and commits of a release, judged by the tools that read them: formatters, linters of commits, uv and npm."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.system  # prettier and commitlint by npm; npm

COMMITS = [
    "feat(model): train *longer* with a_b_c | d",
    "fix: off by one (#12)",
    "fix: x * y < 3, AT&T, ~/cache costs $5, __init__ and **kw",
    "model: resnet50",
    "data: 1.2k new  images, größe 日本語",
    "1. first by hand",
    "feat!: gone",
]


def program(name):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    found = shutil.which(name, path=path)
    assert found is not None, f"{name} is not here; nox -s system installs it"
    return found


def judge(project, name, *words, **given):
    return project.world.run([program(name), *words], folder=project.folder, **given)


@pytest.fixture
def grown(released):
    for number, message in enumerate(COMMITS):
        metrics = {
            "f1": 0.8 + number / 100,
            "größe 日本": number,
            "class.a_b.f1": 0.5 - number / 100,
            "a|b": 3,
            "hist": [0.1, number],
        }
        released.write("model/performance.json", json.dumps(metrics))
        released.save(message)
    return released


@pytest.mark.parametrize("judges", [("prettier", "--check"), ("mdformat", "--check")], ids=lambda words: words[0])
def test_a_formatter_changes_nothing_in_the_changelog(grown, judges):
    grown.release('bump minor -m "charCNN, *the best* one_" --yes').succeeds()
    text = grown.read("CHANGELOG.md").decode()
    assert "| größe 日本" in text
    assert "#### Models" in text
    judge(grown, *judges, "CHANGELOG.md")
    grown.save("fix: more")
    grown.release("bump auto --yes").succeeds()
    judge(grown, *judges, "CHANGELOG.md")


@pytest.mark.parametrize("words", ['-m "charCNN"', ""])
def test_linters_of_commits_accept_the_release_commit(released, words):
    released.write(".release.toml", 'commit-message = "chore(release): {tag} {message}"\n')
    released.save("feat: a")
    released.git("config", "format.signOff", "true")
    released.release(f"bump minor {words} --yes").succeeds()
    message = released.git("log", "-1", "--format=%B").encode()
    rules = Path(program("commitlint")).parent.parent / "@commitlint" / "config-conventional" / "lib" / "index.js"
    judge(released, "commitlint", "--extends", str(rules), stdin=message)
    judge(released, "cz", "check", "--rev-range", "HEAD~1..HEAD")


@pytest.mark.parametrize("reason", ["wrong data", "The data of the year before. " + "x y " * 60 + "z."])
def test_linters_of_commits_accept_a_yank_and_an_undo(released, reason):
    released.write(".release.toml", 'commit-message = "chore(release): {tag}"\n')
    released.save("feat: a")
    released.git("config", "format.signOff", "true")
    released.release("bump minor --yes").succeeds()
    rules = Path(program("commitlint")).parent.parent / "@commitlint" / "config-conventional" / "lib" / "index.js"
    for words in (["yank", "-m", reason], ["yank", "--restore", "v0.2.0"], ["undo", "-m", reason]):
        released.release(*words, "--yes").succeeds()
        message = released.git("log", "-1", "--format=%B").encode()
        judge(released, "commitlint", "--extends", str(rules), stdin=message)
        judge(released, "cz", "check", "--rev-range", "HEAD~1..HEAD")


def test_uv_accepts_its_lock_file(released):
    released.write("pyproject.toml", '[project]\nname = "proj"\nversion = "0.1.0"\nrequires-python = ">=3.10"\n')
    offline = ("--offline", "--no-cache", "--python", sys.executable)
    judge(released, "uv", "lock", *offline)
    released.save("feat: a")
    for words in ("minor --pre rc", "final"):
        released.release(f"bump {words} --yes").succeeds().says("uv.lock")
        judge(released, "uv", "lock", "--check", *offline)
        released.save("fix: b")


def test_npm_accepts_its_lock_file(released):
    released.write("package.json", '{"name": "proj", "version": "0.1.0"}\n')
    judge(released, "npm", "install", "--package-lock-only", "--offline", "--no-audit", "--no-fund")
    released.save("feat: a")
    released.release("bump minor --yes").succeeds().says("package-lock.json")
    before = released.read("package-lock.json")
    judge(released, "npm", "ci", "--offline", "--no-audit", "--no-fund")
    judge(released, "npm", "install", "--package-lock-only", "--offline", "--no-audit", "--no-fund")
    assert released.read("package-lock.json") == before
    assert json.loads(before)["packages"][""]["version"] == "0.2.0"
