"""What `--paste-help` makes of a help line, and how it judges it."""

import json
from dataclasses import replace

import pytest

from project.help_lines import FOLDER, commands, keep_help, paste_help


@pytest.mark.parametrize(
    ("line", "pasted"),
    [
        ("release bump patch   (or minor, major)", ["release bump patch"]),
        ("git commit -a, or git stash", ["git commit -a", "git stash"]),
        ("git commit -a   (or git stash)", ["git commit -a", "git stash"]),
        ("fix a.dvc and commit it", [""]),
        ("finish it, or: git rebase --abort", ["", "git rebase --abort"]),
        (
            "dvc repro dvc.yaml:a, then commit and dvc push",
            ["dvc repro dvc.yaml:a && git commit -qam Mended && dvc push"],
        ),
        (
            "dvc remote add s URL, and commit x",
            ["dvc remote add s ../origin.git && git add -- x && git commit -qm Mended"],
        ),
        ("git fsck; to delete the tag here: git tag -d v1", ["git fsck", "git tag -d v1"]),
        ("wait for it; if no git runs here: rm a, then release recover", ["rm a && release recover"]),
    ],
)
def test_a_line_is_read_as_people_paste_it(line, pasted):
    assert commands(line) == pasted


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("git commit -a   (or git stash)", "mends"),
        ("git status", "shows"),
        ("wait", "prose"),
        ("mkdir more", "the same again"),
        ("git stash pop", "fails itself"),
        ("git commit -a, or git stash pop", "fails itself"),
        ("release bump", "fails itself"),
        ("release bump minor", "fails itself"),
    ],
)
def test_what_a_line_does_in_its_state_is_told_and_undone(released, tmp_path, monkeypatch, line, outcome):
    released.write("README.md", "changed\n")
    run = released.release("bump minor --yes").fails_with(3).helps("git commit -a   (or git stash)")
    found = tmp_path / "outcomes"
    found.mkdir()
    monkeypatch.setenv(FOLDER, str(found))
    keep_help(
        replace(run, out=run.out.replace("git commit -a   (or git stash)", line)), released.world, released.folder
    )
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "this one")
    paste_help()
    told = [json.loads(path.read_text()) for path in found.iterdir()]
    assert [row["outcome"] for row in told if row["shape"] == line] == [outcome], told
    assert released.unchanged()
