"""Releases from other places than the one clone: behind, detached, linked, shallow, in a folder, under odd names."""

import shutil

import pytest
from project import Project

from release.errors import Interrupted, PartlyDone
from release.ui.console import Console
from release.ui.options import Call
from release.ui.release_dialog import failures_on_the_page


def test_a_second_clone_that_is_behind_is_told_to_pull(released):
    released.save("Old")
    clone = released.clone("second")
    released.save("Newer")
    clone.commit("Mine")
    clone.release("bump minor --yes").fails_with(7).says("main").helps("git pull")
    assert clone.unchanged()
    clone.git("reset", "--quiet", "--hard", "origin/main")
    clone.release("bump minor --yes").fails_with(7).helps("git pull")
    assert clone.unchanged()


def test_a_tag_that_someone_else_made_meanwhile_is_told_apart_from_a_free_one(released):
    clone = released.clone("second")
    released.git("switch", "--quiet", "--create", "elsewhere")
    released.save("Theirs")
    released.git("tag", "-a", "v0.2.0", "-m", "wordCNN")
    released.git("push", "--quiet", "origin", "v0.2.0")
    clone.commit("Mine")
    clone.release("bump 0.2.0 --yes").fails_with(7).says("v0.2.0").helps("git")
    assert clone.unchanged()


def test_a_clone_with_an_empty_cache_can_release(released):
    clone = released.clone("second")
    clone.save("More")
    clone.release("bump minor --yes").succeeds()
    assert clone.published("v0.2.0")
    assert not (clone.folder / ".dvc" / "cache").exists()


def test_a_detached_ci_checkout_makes_the_release_commit_on_the_branch_it_was_made_from(released):
    commit = released.save("Merged")
    clone = released.clone("ci", "--no-checkout")
    clone.git("checkout", "--quiet", "--detach", commit)
    clone.world.variables |= {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_REF_NAME": "main",
    }
    run = clone.release_process("bump minor -m charCNN --yes --json").succeeds().json
    assert clone.published("v0.2.0")
    assert clone.origin["refs/heads/main"] == run["commit"]
    assert clone.git("rev-parse", "v0.2.0^{commit}^") == commit


def test_a_detached_checkout_can_make_the_tag_alone(released):
    commit = released.save("Merged")
    clone = released.clone("ci")
    clone.git("checkout", "--quiet", "--detach", commit)
    clone.release("bump minor --no-commit --yes").succeeds()
    assert clone.published("v0.2.0")
    assert clone.git("rev-parse", "v0.2.0^{commit}") == commit == clone.head


@pytest.mark.parametrize(("default", "pushed"), [("simple", "fix/z"), ("current", "fix/z"), ("upstream", "main")])
def test_a_branch_made_from_a_remote_one_is_pushed_where_git_would_push_it(released, default, pushed):
    before = released.origin["refs/heads/main"]
    released.git("config", "push.default", default)
    released.git("switch", "--quiet", "--create", "fix/z", "origin/main")  # main is its upstream
    released.commit("fix: z")
    released.release("bump minor --pre rc --yes").succeeds()
    assert released.origin[f"refs/heads/{pushed}"] == released.head
    assert (released.origin["refs/heads/main"] == before) is (pushed != "main")


def test_a_final_release_is_not_pushed_to_a_branch_that_makes_none(released):
    released.git("push", "--quiet", "origin", "main:feature/x")
    released.git("fetch", "--quiet", "origin")
    released.git("branch", "--quiet", "--set-upstream-to", "origin/feature/x")
    released.git("config", "push.default", "upstream")
    released.commit("feat: z")
    released.release("bump minor --yes").fails_with(3).says("this is feature/x")


def test_in_github_actions_the_outputs_are_written(released):
    released.save("Merged")
    outputs, summary = released.world.root / "home" / "outputs", released.world.root / "home" / "summary"
    released.world.variables |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(outputs),
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    run = released.release("bump minor -m charCNN --yes --json").succeeds().json
    assert outputs.read_text().splitlines() == [
        "released=true",
        "version=0.2.0",
        "tag=v0.2.0",
        "previous_tag=v0.1.0",
        f"commit={run['commit']}",
        "error=",
    ]
    assert "v0.2.0" in summary.read_text()


def test_in_github_actions_an_error_without_a_plan_stands_on_the_page_too(released):
    summary = released.world.root / "home" / "summary"
    released.world.variables |= {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    released.write(".release.toml", "[tool.release]\nlinage = 1\n")
    released.release("bump minor --yes").fails_with(2)
    assert summary.read_text() == (
        "## `release` ended with exit code 2 (`configuration`)\n\n.release.toml: unknown key linage; did you mean lineage?\n\n"
        "To fix it: release config --schema (lists every key)\n"
    )
    released.world.variables["GITHUB_STEP_SUMMARY"] = str(summary / "nowhere")
    released.release("bump minor --yes").fails_with(2).says("linage")


@pytest.mark.parametrize(
    ("error", "page"),
    [
        (
            OSError(28, "No space left on device", "x"),
            "## `release` ended with exit code 6 (`system`)\n\nx: No space left",
        ),
        (
            Interrupted("v1 may be there", help="release recover"),
            "## `release` ended with exit code 8 (`interrupted`)\n\nv1 may be",
        ),
        (
            PartlyDone("v1 is released, but", help="release list"),
            "## `release` ended with exit code 9 (`partial`)\n\nv1 is released, but",
        ),
        (ValueError("x"), "## `release` ended with exit code 1 (`bug`)\n\nthis is a bug: ValueError: x"),
    ],
)
def test_in_github_actions_the_page_says_no_more_than_is_known(tmp_path, error, page):
    summary = tmp_path / "summary"
    console = Console({"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)})
    call = Call(folder=tmp_path, as_json=False, quiet=False, verbose=False, console=console, words=("bump", "auto"))
    with pytest.raises(type(error)), failures_on_the_page(call):
        raise error
    assert summary.read_text().startswith(page)
    assert "To fix it: " in summary.read_text()


def test_a_linked_worktree_releases_its_own_branch(released):
    released.git("worktree", "add", "--quiet", "-b", "hotfix/0.1", "../beside", "v0.1.0")
    main = released.head
    beside = released.at("beside")
    beside.commit("Mend")
    beside.release("bump patch --yes").succeeds()
    assert beside.published("v0.1.1")
    assert (released.head, released.status, beside.status) == (main, "", "")
    assert beside.origin["refs/heads/hotfix/0.1"] == beside.head


def test_a_shallow_clone_is_told_how_to_get_its_history(released):
    released.save("More")
    released.save("Even more")
    clone = released.clone("shallow", "--depth", "1")
    clone.release("bump minor --yes").fails_with(3).helps("git fetch --unshallow --tags")
    assert clone.unchanged()
    clone.git("fetch", "--quiet", "--unshallow", "--tags")
    clone.release("bump minor --yes").succeeds()
    assert clone.published("v0.2.0")


@pytest.mark.parametrize("name", ["with space", "älter 模型", "-dash", "quote'\"s", "a:colon", '"a:b\\"'])
def test_a_repository_may_lie_at_any_path(released: Project, name):
    moved = released.world.root / name
    shutil.move(released.folder, moved)
    project = Project(released.world, moved)
    project.commit("More")
    project.release("bump minor --yes").succeeds()
    assert project.published("v0.2.0")
    assert project.status == ""


def test_the_call_may_come_from_a_folder_below_or_with_c_from_anywhere(released):
    released.commit("More")
    released.release("bump minor --yes", folder=released.folder / "model").succeeds()
    released.commit("More")
    released.release("bump minor --yes -C project", folder=released.world.root).succeeds()
    assert released.published("v0.2.0", "v0.3.0")


@pytest.mark.parametrize(
    "setting",
    [
        "color.ui=always",
        "core.autocrlf=true",
        "push.followTags=true",
        "push.default=nothing",
        "push.gpgSign=if-asked",
        "fetch.prune=true",
        "fetch.pruneTags=true",
        "core.fsmonitor=true",
        "core.splitIndex=true",
        "core.untrackedCache=true",
        "core.quotePath=true",
        "feature.manyFiles=true",
        "index.version=4",
        "log.showSignature=true",
        "i18n.commitEncoding=ISO-8859-1",
        "i18n.logOutputEncoding=UTF-16",
        "status.showUntrackedFiles=no",
        "tag.sort=-refname",
        "commit.cleanup=verbatim",
        "merge.renames=false",
        "diff.noprefix=true",
        "remote.origin.fetch=+refs/tags/*:refs/tags/*",
    ],
)
def test_no_setting_of_a_user_changes_what_a_release_is(released: Project, setting):
    key, _, value = setting.partition("=")
    released.commit("Motörhead")
    released.git("config", "--add", key, value)
    released.release("bump minor -m 'größer' --yes").succeeds()
    assert released.published("v0.2.0")
    assert released.status == ""
    assert released.message_of("v0.2.0").startswith("größer\n")
    assert "- Motörhead" in released.read("CHANGELOG.md").decode()


def test_variables_of_git_that_point_elsewhere_do_not_mislead(released):
    """As in a hook of another repository, which calls `release -C`."""
    released.commit("More")
    elsewhere = released.clone("elsewhere")
    released.world.variables |= {
        "GIT_DIR": str(elsewhere.folder / ".git"),
        "GIT_INDEX_FILE": str(elsewhere.folder / "index"),
    }
    run = released.release("bump minor --yes")
    released.world.variables.clear()
    run.succeeds()
    assert released.published("v0.2.0")
    assert elsewhere.status == ""
