"""The page that compares tools: its versions, and the row about a refused branch, which is run."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/comparison.md").read_text()


@pytest.fixture
def refused(released):
    """A project with something to release, whose origin takes tags and refuses `main`, as the page's hook does."""
    released.write("model/model.pt", b"better")
    released.dvc_each("add --quiet model/model.pt", "push --quiet")
    released.save("feat: better model")
    (hook,) = re.findall(r"^<!-- hook[^\n]*\n```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    file = released.world.origin / "hooks" / "update"
    file.parent.mkdir(exist_ok=True)
    file.write_text(hook)
    file.chmod(0o755)
    return released


def test_release_leaves_nothing_where_the_branch_is_refused(refused):
    before = refused.origin, refused.refs, refused.status
    refused.release("bump minor --yes").fails_with(3).says("protected branch")
    assert (refused.origin, refused.refs, refused.status) == before


@pytest.mark.system
def test_commitizen_and_a_push_leave_the_tag_without_its_commit(refused):
    refused.write(
        ".cz.toml",
        '[tool.commitizen]\nversion_provider = "scm"\ntag_format = "v$version"\nannotated_tag = true\nupdate_changelog_on_bump = true\n',
    )
    refused.commit("build: commitizen")
    main = refused.origin["refs/heads/main"]
    refused.world.run([sys.executable, "-m", "commitizen", "bump", "--yes"], folder=refused.folder)
    refused.world.run(["git", "push", "--quiet", "--follow-tags", "origin", "main"], folder=refused.folder, ok=None)
    assert refused.origin["refs/heads/main"] == main
    (tag,) = {name for name in refused.origin if name.startswith("refs/tags/")} - {"refs/tags/v0.1.0"}
    assert refused.git("merge-base", f"{tag}^{{commit}}", main) == main
    assert refused.git("rev-parse", f"{tag}^{{commit}}") != main


@pytest.mark.fast
def test_commitizen_is_the_one_that_the_tests_run():
    (pinned,) = re.findall(r'"commitizen==([0-9.]+)"', (ROOT / "pyproject.toml").read_text())
    assert f"| commitizen {pinned} |" in PAGE


@pytest.mark.fast
def test_every_tool_has_the_version_that_was_looked_at():
    heads = [row for row in PAGE.splitlines() if row.startswith("| question |")]
    tools = [cell.strip() for head in heads for cell in head.strip("|").split("|")[1:]]
    assert [tool for tool in tools if not re.search(r" \d+\.\d+\.\d+$", tool)] == ["`release`", "`release`"]
