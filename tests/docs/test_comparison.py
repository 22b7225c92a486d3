"""The page that compares tools: its versions, the tests behind `release`'s column, and cells of GTO and commitizen, run."""

import re
import sys
from pathlib import Path

import pytest
from project.templates import performance

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/comparison.md").read_text()
GTO = Path(sys.executable).with_name("gto")  # comes with DVC
COVERED = {  # each row: the tests of its cell about `release`
    "Where is a version kept?": [
        "story/test_release_and_restore.py::test_the_commit_the_tag_and_the_work_tree_say_the_same"
    ],
    "Does it need a server?": [
        "story/test_without_a_git_remote.py::test_a_release_stays_here_and_is_published_once_there_is_a_remote"
    ],
    "Is the data there when the version is made?": [
        "story/test_data.py::test_data_that_was_not_pushed_is_named_and_nothing_is_released",
        "story/test_data.py::test_one_lost_file_of_a_pushed_folder_is_named_though_dvc_says_in_sync",
    ],
    "Can you prove it later?": [
        "story/test_verify.py::test_a_sound_release_is_proved",
        "story/test_verify.py::test_all_releases_are_judged_and_only_ours_count",
    ],
    "Metrics of a version?": ["docs/test_comparison.py::test_deltas_are_in_entry_tag_and_list"],
    "Does a bad metric stop it?": [
        "story/test_gates.py::test_a_regression_is_refused_with_value_and_limit_and_nothing_changes"
    ],
    "Stages or aliases?": [
        "story/test_promote.py::test_gto_and_dvc_read_what_was_promoted",
        "story/test_stages.py::test_twenty_days_of_a_year_are_as_gto_and_dvc_say",
    ],
    "Two versions of one commit?": ["docs/test_comparison.py::test_a_candidate_and_its_final_version_share_a_commit"],
    "Withdraw a version?": [
        "story/test_undo.py::test_a_published_release_is_gone_with_its_entry_and_version_and_the_rest_stays",
        "story/test_undo.py::test_a_yanked_release_stays_and_nothing_counts_with_it",
    ],
    "Who chooses the version?": [
        "story/test_auto.py::test_a_commit_is_released_as_it_says",
        "story/test_auto.py::test_a_new_model_is_minor_and_named",
        "story/test_auto.py::test_parameters_are_minor",
    ],
    "Does it look at data of DVC?": [
        "story/test_data.py::test_data_that_was_not_pushed_is_named_and_nothing_is_released"
    ],
    "The remote refuses the branch (a protected `main`)": [
        "docs/test_comparison.py::test_release_leaves_nothing_where_the_branch_is_refused"
    ],
    "A step after the tag fails": [
        "story/test_hooks.py::test_a_remote_that_applies_the_push_and_loses_the_reply_is_recovered_from",
        "forges/test_bump_publish.py::test_a_failure_leaves_the_release_and_publish_goes_on",
    ],
    "Release pull requests?": [
        "forges/test_pull_request.py::test_it_is_opened_with_the_entry_and_a_second_run_changes_nothing"
    ],
    "Release pages on": ["forges/test_publish.py::test_a_page_is_made_with_its_files_and_a_second_run_changes_nothing"],
    "Publishes packages?": ["docs/test_comparison.py::test_release_knows_no_registry_of_packages"],
    "Metrics in the entry, gates?": [
        "docs/test_comparison.py::test_deltas_are_in_entry_tag_and_list",
        "story/test_gates.py::test_a_regression_is_refused_with_value_and_limit_and_nothing_changes",
    ],
}
COMMITIZEN = """\
[tool.commitizen]
version_provider = "scm"
tag_format = "v$version"
annotated_tag = true
update_changelog_on_bump = true
"""


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
    refused.write(".cz.toml", COMMITIZEN)
    refused.commit("build: commitizen")
    main = refused.origin["refs/heads/main"]
    refused.world.run([sys.executable, "-m", "commitizen", "bump", "--yes"], folder=refused.folder)
    refused.world.run(["git", "push", "--quiet", "--follow-tags", "origin", "main"], folder=refused.folder, ok=None)
    assert refused.origin["refs/heads/main"] == main
    (tag,) = {name for name in refused.origin if name.startswith("refs/tags/")} - {"refs/tags/v0.1.0"}
    assert refused.git("merge-base", f"{tag}^{{commit}}", main) == main
    assert refused.git("rev-parse", f"{tag}^{{commit}}") != main


@pytest.mark.system
def test_commitizen_leaves_commit_and_tag_where_a_step_after_them_fails(released):
    released.write("model/model.pt", b"better")
    released.dvc_each("add --quiet model/model.pt")  # never pushed
    released.write(".cz.toml", COMMITIZEN + 'post_bump_hooks = ["false"]\n')
    released.save("feat: better model")
    before = released.origin
    bump = [sys.executable, "-m", "commitizen", "bump", "--yes"]
    assert released.world.run(bump, folder=released.folder, ok=None).returncode != 0
    assert "refs/tags/v0.2.0" in released.refs
    assert released.origin == before
    assert b"No new commits" in released.world.run(bump, folder=released.folder, ok=None).stderr
    chosen = [*bump, "--increment", "MAJOR"]
    released.save("docs: a page")
    released.world.run(chosen, folder=released.folder, ok=None)
    assert "refs/tags/v1.0.0" in released.refs
    assert b"f1" not in released.read("CHANGELOG.md")


def test_gto_tags_what_is_not_there_twice_refuses_and_withdraws_by_tags(released):
    """Its cells: data and metrics are not looked at; one version for a commit; `deprecate` adds a tag or deletes one."""

    def gto(words, *, refused=False):
        run = released.world.run([str(GTO), *words.split()], folder=released.folder, ok=None)
        assert (run.returncode != 0) is refused, run
        return run.stdout.decode() + run.stderr.decode()

    released.train(b"better", performance(f1=0.1), push=False)
    gto("register model --push")
    assert "refs/tags/model@v0.0.1" in released.origin
    released.release("verify HEAD").fails_with(4)
    assert "already registered" in gto("register model --version v1.0.0", refused=True)
    assert "f1" not in gto("show model")
    released.save("More")
    gto("register model")
    gto("assign model --version v0.0.2 --stage prod")
    assert "refs/tags/model#prod#1" in released.refs
    gto("deprecate model v0.0.2")
    assert {"refs/tags/model@v0.0.2", "refs/tags/model@v0.0.2!"} <= released.refs.keys()
    gto("deprecate model v0.0.1 --delete")
    assert "refs/tags/model@v0.0.1" not in released.refs


@pytest.mark.fast
def test_deltas_are_in_entry_tag_and_list(released):
    released.train(b"better", performance(f1=0.9))
    released.release("bump minor -m charCNN --yes").succeeds()
    entry, tag = released.read("CHANGELOG.md").decode(), released.message_of("v0.2.0")
    listed = released.release("list").succeeds().out
    assert [text for text in (entry, tag, listed) if "+0.0588" not in text] == []


@pytest.mark.fast
def test_a_candidate_and_its_final_version_share_a_commit(released):
    commit = released.save("feat: more")
    released.release("bump minor --pre rc --no-commit --yes").succeeds()
    released.release("bump final --no-commit --yes").succeeds()
    assert [released.git("rev-parse", f"v0.2.0{tail}^{{commit}}") for tail in ("-rc.1", "")] == [commit] * 2
    released.release("bump patch --no-commit --yes").fails_with(3).helps("--allow-empty")
    released.release("bump patch --no-commit --allow-empty --yes").succeeds()
    assert released.git("rev-parse", "v0.2.1^{commit}") == commit


@pytest.mark.fast
def test_release_knows_no_registry_of_packages():
    code = "".join(path.read_text() for path in (ROOT / "release").rglob("*.py"))
    assert re.findall(r"upload\.pypi|registry\.npmjs|twine|npm publish|docker push", code) == []


@pytest.mark.fast
def test_each_cell_about_release_has_its_tests():
    rows = re.findall(r"^\| (?!question |---)([^|]+) \|", PAGE, re.MULTILINE)
    assert rows == list(COVERED)
    for test in {test for tests in COVERED.values() for test in tests}:
        path, _, name = test.partition("::")
        assert f"\ndef {name}(" in (ROOT / "tests" / path).read_text(), test


@pytest.mark.fast
def test_commitizen_is_the_one_that_the_tests_run():
    (pinned,) = re.findall(r'"commitizen==([0-9.]+)"', (ROOT / "pyproject.toml").read_text())
    assert f"| commitizen {pinned} |" in PAGE


@pytest.mark.fast
def test_every_tool_has_the_version_that_was_looked_at():
    heads = [row for row in PAGE.splitlines() if row.startswith("| question |")]
    tools = [cell.strip() for head in heads for cell in head.strip("|").split("|")[1:]]
    assert [tool for tool in tools if not re.search(r" \d+\.\d+\.\d+$", tool)] == ["`release`", "`release`"]
