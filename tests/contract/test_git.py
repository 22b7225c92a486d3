"""What `release` relies on in the git that is installed."""

import re

from release.adapters.git.process import LOCAL_VARIABLES

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
