"""What `release` relies on in the git that is installed."""

import os
import re

import pytest

from release.errors import Refused
from release.git import gitpython
from release.git.objects import Objects
from release.git.process import LOCAL_VARIABLES, Git
from release.git.repository import open_repository

pytestmark = pytest.mark.fast

CARRY_THE_CALLERS_SETTINGS = {"GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"}


def test_every_variable_that_ties_git_to_a_repository_is_dropped(without_dvc):
    named = set(without_dvc.git("rev-parse", "--local-env-vars").split())
    assert named - CARRY_THE_CALLERS_SETTINGS <= LOCAL_VARIABLES
    assert not LOCAL_VARIABLES & CARRY_THE_CALLERS_SETTINGS


def test_git_is_new_enough(without_dvc):
    version = re.search(r"(\d+)\.(\d+)", without_dvc.git("--version"))
    assert version is not None
    assert tuple(map(int, version.groups())) >= (2, 34)


def test_a_leased_atomic_push_lands_whole_or_not_at_all(without_dvc):
    """The heart of publishing: the branch moved meanwhile, so the tag must not arrive either."""
    tip = without_dvc.head
    other = without_dvc.clone("other")
    other.save("Faster")
    without_dvc.commit("Slower")
    without_dvc.git("tag", "-a", "v1.0.0", "-m", "x")
    refused = without_dvc.world.run(
        ["git", "push", "--atomic", "--porcelain", f"--force-with-lease=refs/heads/main:{tip}",
         "--force-with-lease=refs/tags/v1.0.0:", "origin", "refs/heads/main", "refs/tags/v1.0.0"],
        folder=without_dvc.folder, ok=(1,),
    )  # fmt: skip
    assert refused.stdout.count(b"\n!\t") + refused.stdout.startswith(b"!\t") == 2
    assert "refs/tags/v1.0.0" not in without_dvc.origin
    assert without_dvc.origin["refs/heads/main"] == other.head


def test_commit_tree_runs_no_commit_hook(without_dvc):
    """As docs/adr/0004 says of hooks."""
    for name in ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"):
        without_dvc.write(f".git/hooks/{name}", f"#!/bin/sh\ntouch ran-{name}\nexit 1\n").chmod(0o755)
    tree = without_dvc.git("rev-parse", "HEAD^{tree}")
    without_dvc.git("commit-tree", tree, "-p", "HEAD", "-m", "x")
    assert not list(without_dvc.folder.glob("ran-*"))


@pytest.fixture
def asked(without_dvc):
    """Every object of a small history, between names of nothing."""
    for number in range(40):
        without_dvc.write(f"folder/{number}.bin", bytes(range(256)) * number)
        without_dvc.commit(f"Commit {number}")
    without_dvc.git("tag", "-a", "v1.0.0", "-m", "x")
    ids = without_dvc.git("rev-list", "--all", "--objects", "--no-object-names").split()
    return [*ids, "", "0" * 40, "refs/tags/v1.0.0", "refs/tags/no", "\udcff", *ids * 10]  # more than a pipe holds


def reader(project):
    return Objects(open_repository(Git.from_environment(project.folder, os.environ, on_terminal=False)).git)


def test_every_object_is_told_by_its_name(without_dvc, asked):
    with reader(without_dvc) as objects:
        answers = objects.get_many(asked)
        assert objects.get_many([]) == []
    by_name = dict(zip(asked, answers, strict=True))
    assert {name for name, found in by_name.items() if found is None} == {"", "0" * 40, "refs/tags/no", "\udcff"}
    assert all(found.id == name for name, found in by_name.items() if found is not None and len(name) == 40)


def test_a_question_that_is_not_heard_to_its_end_leaves_nothing_for_the_next(without_dvc, asked):
    with reader(without_dvc) as objects:
        first = objects.each(asked)
        assert next(first).id == asked[0]
        assert [found.id for found in objects.get_many(asked[3:5])] == asked[3:5]
        assert list(first) == []
        objects.each(asked)  # not begun
        assert objects.get(asked[7]).id == asked[7]


def test_an_object_that_is_damaged_is_told_and_those_before_it_are_read(without_dvc):
    texts = (b"one\n", bytes(range(256)) * 4000)
    before, after = (without_dvc.git("hash-object", "-w", "--stdin", stdin=text) for text in texts)
    place = without_dvc.folder / ".git" / "objects" / after[:2] / after[2:]
    place.chmod(0o644)
    place.write_bytes(place.read_bytes()[:-1000])
    with reader(without_dvc) as objects:
        found = objects.each([before, after])
        assert next(found).data == b"one\n"
        with pytest.raises(Refused, match=after):
            next(found)


@pytest.mark.parametrize("times", [1, 20_000])  # beyond what a pipe holds, git is gone before it has heard all
def test_a_git_that_ends_early_is_told_by_the_object_that_it_owes(without_dvc, times):
    commit = without_dvc.head
    with reader(without_dvc) as objects:
        (without_dvc.folder / ".git" / "HEAD").unlink()
        with pytest.raises(Refused, match=commit):
            objects.get_many([commit] * times)
        with pytest.raises(Refused, match="git stopped"):
            objects.get("0" * 40)


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY"])
def test_gitpython_reads_the_repository_that_git_opened(without_dvc, monkeypatch, name):
    without_dvc.git("worktree", "add", "--quiet", "-b", "side", "../side")
    monkeypatch.setenv(name, "/nowhere")
    for folder, branch in ((without_dvc.folder, "main"), (without_dvc.folder.parent / "side", "side")):
        with gitpython.opened(folder) as repo:
            assert repo.active_branch.name == branch
            assert {"main", "side"} <= {head.name for head in repo.heads}
    assert os.environ[name] == "/nowhere"


def test_gitpython_starts_no_git(without_dvc):
    """So nothing that a repository configures is run: a filter, a monitor, an ssh command."""
    with gitpython.opened(without_dvc.folder) as repo:
        for reading in (repo.git.status, repo.is_dirty, lambda: repo.head.commit.message, repo.remotes[0].fetch):
            with pytest.raises(AssertionError, match="only git/process"):
                reading()
