"""The hooks through the real pre-commit: from a `file://` repository with an environment of their own, and as `init` writes them."""

import os
import resource
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
CONFIG = """\
default_install_hook_types: [pre-commit, pre-push]
repos:
  - repo: {url}
    rev: {rev}
    hooks: [{{id: release-pointers}}, {{id: {push}}}]
"""


@pytest.fixture(scope="module")
def hooks(tmp_path_factory):
    """This project as a git repository: what a user names as `repo:`."""
    folder = tmp_path_factory.mktemp("hooks") / "release"
    folder.mkdir()
    for name in (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "release", folder / "release", ignore=shutil.ignore_patterns("__pycache__"))
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "-m", "Hooks")):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    return folder


@pytest.fixture(scope="module")
def environments(tmp_path_factory):
    """pre-commit's environments, built once."""
    return tmp_path_factory.mktemp("environments")


def git(project, *words):
    done = project.world.run(["git", *words], folder=project.folder, ok=None)
    return done.returncode, (done.stdout + done.stderr).decode()


def installed(project, environments, text):
    project.world.variables |= {"PRE_COMMIT_HOME": str(environments)}
    # What pip is told by the machine that runs the tests: where packages come from.
    project.world.variables |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    project.write(".pre-commit-config.yaml", text)
    project.save("Hooks")
    # The first call builds the environment with pip, which takes minutes on a machine that does other things, too.
    done = subprocess.run(
        ["pre-commit", "install", "--install-hooks"],
        cwd=project.folder,
        env=project.world.environment(),
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("push", ["release-verify", "release-push"])
def test_the_hooks_that_ship_stop_what_was_forgotten(project, hooks, environments, push):
    rev = project.world.git(hooks, "rev-parse", "HEAD")
    installed(project, environments, CONFIG.format(url=hooks.as_uri(), rev=rev, push=push))
    project.write("model/model.pt", b"better")
    code, said = git(project, "commit", "--allow-empty", "-m", "Forgot")
    assert code == 1, said
    assert "help: dvc add model/model.pt" in said

    project.dvc("add", "--quiet", "model/model.pt")
    project.git("add", "--all")
    assert git(project, "commit", "-m", "Train")[0] == 0
    code, said = git(project, "push", "origin", "main")
    if push == "release-push":
        assert code == 0, said
        clone = project.clone()
        clone.dvc("pull", "--quiet")
        assert clone.read("model/model.pt") == b"better"
        return
    assert code == 1, said
    assert "model/model.pt" in said
    project.dvc("push", "--quiet")
    assert git(project, "push", "origin", "main")[0] == 0


def test_where_nothing_changed_a_commit_and_a_push_take_less_than_half_a_second(project, hooks, environments):
    """Of processor time, pre-commit's own included: what a machine that does nothing else takes."""
    rev = project.world.git(hooks, "rev-parse", "HEAD")
    installed(project, environments, CONFIG.format(url=hooks.as_uri(), rev=rev, push="release-verify"))
    project.dvc("push", "--quiet")
    assert git(project, "push", "origin", "main")[0] == 0
    for words in (("commit", "--allow-empty", "-m", "Words"), ("push", "origin", "main")):
        best = min(_processor_s(project, words) for _ in range(3))
        assert best < 0.5, (words, best)


def _processor_s(project, words):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    code, said = git(project, *words)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (code, "Passed" in said) == (0, True), said
    if words[0] == "push":  # so that the next one has something to push
        project.git("commit", "--quiet", "--no-verify", "--allow-empty", "-m", "More")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_the_hooks_that_init_writes_run(released, environments):
    released.release("init --yes --ci none").succeeds()
    installed(released, environments, released.read(".pre-commit-config.yaml").decode())
    released.write("model/model.pt", b"better")
    code, said = git(released, "commit", "--allow-empty", "-m", "Forgot")
    assert (code, "dvc add model/model.pt" in said) == (1, True)
    released.dvc("add", "--quiet", "model/model.pt")
    released.git("add", "--all")
    assert git(released, "commit", "-m", "Train")[0] == 0
    assert git(released, "push", "origin", "main")[0] == 1
    released.dvc("push", "--quiet")
    code, said = git(released, "push", "origin", "main")
    assert (code, "Passed" in said) == (0, True)
    released.release("bump minor --yes").succeeds()
    assert released.published("v0.2.0")
