"""A pointer that git does not have: the release would lack its data, and nothing in the commit says so."""

import pytest
from project.templates import performance


@pytest.fixture
def forgotten(released):
    """`dvc add` and `git commit -a`, which adds no new file."""
    released.write("data/new.csv", "a\n")
    released.dvc("add", "--quiet", "data/new.csv")
    released.dvc("push", "--quiet")
    released.git("commit", "--quiet", "--all", "--allow-empty", "-m", "feat: add new.csv")
    released.git("push", "--quiet", "origin", "main")
    return released


def test_a_forgotten_pointer_is_refused_until_it_is_in_git(forgotten):
    run = forgotten.release("bump minor --yes").fails_with(3)
    run.says("data/new.csv.dvc is not in git: data/new.csv would be left out")
    run.helps("git add data/new.csv.dvc && git commit")
    assert forgotten.unchanged()
    assert forgotten.release("bump minor --dry-run --json").fails_with(3).check("work tree")["verdict"] == "failed"
    assert forgotten.release("status --json").succeeds().check("work tree")["verdict"] == "failed"
    forgotten.release("status --check").fails_with(3).says("data/new.csv.dvc is not in git")
    forgotten.git("add", "data/new.csv.dvc")
    forgotten.release("bump minor --yes").fails_with(3).says("data/new.csv.dvc")  # staged: still not committed
    forgotten.save("feat: its pointer")
    forgotten.release("bump minor --yes").succeeds()
    assert "data/new.csv.dvc" in forgotten.git("ls-tree", "-r", "--name-only", "v0.2.0")


@pytest.mark.parametrize("words", ["prepare minor --yes", "rollback v0.1.0 --yes", "bump auto --no-commit --yes"])
def test_every_command_that_releases_the_work_tree_refuses_it(released, words):
    released.train(b"better", performance(f1=0.9))
    released.write("data/new.csv.dvc", "outs: []\n")
    released.release(words).fails_with(3).says("data/new.csv.dvc is not in git")
    assert released.unchanged()


@pytest.mark.parametrize("words", ["--at HEAD~1", "--at HEAD"])
def test_a_commit_that_is_named_is_released_as_it_is(forgotten, words):
    forgotten.release(f"bump 0.2.0 {words} --allow-empty --yes --dry-run").succeeds()


@pytest.mark.parametrize(("name", "lacks"), [("dvc.yaml", "its stages"), ("dvc.lock", "the outputs of its stages")])
def test_a_pipeline_is_a_pointer_too(released, name, lacks):
    released.save("feat: x")
    released.write(f"train/{name}", "stages: {}\n")
    released.release("bump minor --yes").fails_with(3).says(f"train/{name} is not in git: {lacks} would be left out")


def test_help_can_be_pasted_whatever_the_name(released):
    released.save("feat: x")
    for name in ("it's $(touch pwned).dvc", "-f.dvc", ":(top)x.dvc"):
        released.write(name, "outs: []\n")
    run = released.release("bump minor --yes --json").fails_with(3)
    check = run.check("work tree")
    assert len(check["details"]) == 3
    released.sh(f"{check['help']} --quiet -m Added")
    assert released.git("status", "--porcelain") == ""
    assert not (released.folder / "pwned").exists()


def test_what_git_or_dvc_ignores_and_other_repositories_do_not_count(released):
    released.write(".gitignore", "cache/\n")
    released.write(".dvcignore", "attic\n")
    released.save("feat: x")
    released.write("cache/x.dvc", "outs: []\n")
    released.write("attic/x.dvc", "outs: []\n")
    released.write(".dvc/notes/dvc.yaml", "stages: {}\n")
    released.world.git(released.folder, "init", "--quiet", "nested")
    released.write("nested/x.dvc", "outs: []\n")
    released.world.git(released.folder / "nested", "add", "x.dvc")
    released.world.git(released.folder / "nested", "commit", "--quiet", "-m", "x")
    released.write("nested/y.dvc", "outs: []\n")
    released.release("bump minor --yes").succeeds()


def test_only_the_projects_own_folder_counts(released):
    released.write("tool/.release.toml", 'tag-format = "tool-{version}"\n')
    released.save("feat: a tool")
    released.write("elsewhere.dvc", "outs: []\n")
    released.release("bump 1.0.0 --yes --dry-run", folder=released.folder / "tool").succeeds()
    released.write("tool/inside.dvc", "outs: []\n")
    run = released.release("bump 1.0.0 --yes --dry-run", folder=released.folder / "tool").fails_with(3)
    run.says("tool/inside.dvc").never_says("elsewhere.dvc")


def test_the_commit_hook_stops_a_commit_without_it(project):
    hook = project.folder / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\nexec release-hook pointers\n")
    hook.chmod(0o755)
    project.write("data/new.csv", "a\n")
    project.dvc("add", "--quiet", "data/new.csv")
    commit = ["git", "commit", "--quiet", "--all", "-m", "Add new.csv"]
    done = project.world.run(commit, folder=project.folder, ok=(1,))
    assert b"data/new.csv.dvc is not in git" in done.stderr
    assert b"help: git add data/new.csv.dvc && git commit" in done.stderr
    project.git("add", "data/new.csv.dvc")
    # Git hands another index to the hook of a commit of single files; what is staged is not forgotten.
    project.write("README.md", "more\n")
    project.git("commit", "--quiet", "-m", "Words", "README.md")
    project.world.run(commit, folder=project.folder)
