"""Versions over time: hotfixes, tags that were forgotten, release candidates, squashes, old tags."""

import pytest
from project import Project
from project.templates import performance


def test_a_hotfix_v1_4_3_while_main_is_at_v2(project):
    _release(project, "1.4.2", "2.0.0")
    project.git("checkout", "--quiet", "-b", "hotfix/1.4", "v1.4.2")
    project.save("Mend the tokenizer")

    run = project.release('bump patch -m "mend the tokenizer" --yes --json').succeeds().json

    assert (run["tag"], run["previous_tag"]) == ("v1.4.3", "v1.4.2")
    assert project.published("v1.4.2", "v1.4.3", "v2.0.0")
    assert project.origin["refs/heads/hotfix/1.4"] == run["commit"]
    assert project.git("merge-base", "v1.4.3", "v2.0.0") == project.git("rev-parse", "v1.4.2^{commit}")


def test_a_commit_that_was_forgotten_is_tagged_late(project):
    _release(project, "1.0.0")
    project.train(b"the forgotten one", performance(f1=0.85))
    forgotten = project.head
    project.train(b"the next one", performance(f1=0.86))
    _release(project, "1.2.0")
    main = project.head

    run = project.release("bump minor -m charCNN --yes --json", "--at", forgotten).succeeds().json

    assert (run["tag"], run["previous_tag"], run["commit"]) == ("v1.1.0", "v1.0.0", forgotten)
    assert project.git("rev-parse", "v1.1.0^{commit}") == forgotten
    assert project.published("v1.0.0", "v1.1.0", "v1.2.0")
    assert project.head == main == project.origin["refs/heads/main"]
    assert project.status == ""
    assert "overall.f1" in project.message_of("v1.1.0")


def test_a_late_version_must_lie_between_its_ancestors_and_its_descendants(project):
    _release(project, "1.0.0")
    forgotten = project.save("Forgotten")
    _release(project, "1.2.0")
    for version in ("1.0.0", "0.9.0", "1.2.0", "1.3.0"):
        run = project.release(f"bump {version} --yes", "--at", forgotten)
        assert run.code in (3, 7), str(run)
        assert project.unchanged()


@pytest.mark.fast
def test_rc_rc_final(project):
    _release(project, "1.4.2")
    project.train(b"candidate 1", performance(f1=0.85))
    tags = []
    for kind in ("minor --pre rc", "pre", "final"):
        project.save("More")
        run = project.release(f"bump {kind} -m charCNN --yes --json").succeeds().json
        tags.append((run["tag"], run["previous_tag"]))
    # A final compares with the previous final: candidates must not hide a slow regression.
    assert tags == [("v1.5.0-rc.1", "v1.4.2"), ("v1.5.0-rc.2", "v1.5.0-rc.1"), ("v1.5.0", "v1.4.2")]
    assert project.published("v1.5.0-rc.1", "v1.5.0-rc.2", "v1.5.0")


def test_pre_and_final_need_a_prerelease_to_start_from(project):
    _release(project, "1.4.2")
    project.save("More")
    for kind in ("pre", "final"):
        project.release(f"bump {kind} --yes").fails_with(2).says("1.4.2").helps("release bump")
        assert project.unchanged()


def test_a_prerelease_may_come_from_any_branch_a_final_may_not(project):
    _release(project, "1.4.2")
    project.git("checkout", "--quiet", "-b", "feature/lstm")
    project.save("Try")
    project.release("bump minor --yes").fails_with(3).says("feature/lstm").helps()
    assert project.unchanged()
    project.release("bump minor --pre rc --yes").succeeds()
    assert project.published("v1.5.0-rc.1")


def test_a_squash_merged_release_commit_is_found_and_refused_with_its_way_out(project):
    _release(project, "1.0.0")
    project.git("checkout", "--quiet", "-b", "release/1.1")
    project.save("Work")
    project.release("bump minor -m charCNN --yes").succeeds()
    project.git("checkout", "--quiet", "main")
    project.git("merge", "--quiet", "--squash", "release/1.1")
    project.save("Release 1.1.0 (#12)")

    project.release("bump minor -m next --yes").fails_with(3).says("v1.1.0").helps("--base v1.1.0")
    assert project.unchanged()

    project.release("bump minor -m next --base v1.1.0 --yes").succeeds().says("v1.2.0")
    assert project.published("v1.2.0")
    assert "Release-Previous: v1.1.0 " in project.message_of("v1.2.0")


def test_a_repository_with_a_dozen_messy_tags_is_adopted(project):
    for name in ("2-track-data", "10-bigrams-experiment", "v1-final", "before-refactoring", "release", "nightly"):
        project.git("tag", name)
    for name in ("1.1", "0.9.0"):  # bare versions, lower than those below
        project.git("tag", "-a", name, "-m", name)
    for name in ("v1.0", "v1.2.0"):
        project.save(f"Towards {name}")
        project.git("tag", "-a", name, "-m", name)
    project.save("Towards v1.3.0")
    project.git("tag", "v1.3.0")  # lightweight: a base, and marked
    project.git("tag", "-a", "charCNN@v9.0.0", "-m", "a model's own series")
    project.git("push", "--quiet", "--tags", "origin")
    project.save("More")

    run = project.release('bump minor -m "adopted" --yes --json').succeeds().json

    assert (run["tag"], run["previous_tag"]) == ("v1.4.0", "v1.3.0")
    assert project.published("v1.4.0")
    project.release("list").succeeds().says("v1.4.0", "v1.3.0", "v1.2.0", "v1.0").never_says("bigrams", "v1-final")


def test_bare_versions_count_where_no_tag_has_the_format(project):
    project.git("tag", "-a", "1.2", "-m", "old")
    project.git("push", "--quiet", "origin", "1.2")
    project.save("More")
    run = project.release("bump minor --yes --json").succeeds().json
    assert (run["tag"], run["previous_tag"]) == ("v1.3.0", "1.2")


def _tagged(project: Project, *names: str) -> None:
    for name in names:
        project.save("feat: more")
        project.git("tag", "-a", name, "-m", name)
        project.git("push", "--quiet", "origin", f"refs/tags/{name}")
    project.save("fix: more")


@pytest.mark.fast
def test_bare_tags_stay_releases_beside_the_format(project):
    _tagged(project, "1.0.0", "1.1.0")
    project.release("bump minor --yes").succeeds()
    project.release("list").succeeds().says("v1.2.0", "1.1.0", "1.0.0")
    project.release("show 1.1.0").succeeds().says("previous   1.0.0")
    project.git("checkout", "--quiet", "-b", "hotfix/1.1", "1.1.0")
    project.save("fix: urgent")
    run = project.release("bump patch --yes --json").succeeds().json
    assert (run["tag"], run["previous_tag"]) == ("v1.1.1", "1.1.0")


@pytest.mark.fast
def test_a_version_with_another_prefix_is_named_and_not_made_again(project):
    _tagged(project, "release-0.1.0", "nightly-2024.01.01", "data-v2", "app@v1.0.0", "app#prod#1")
    project.release("list").succeeds().says("no releases yet", "release-0.1.0").helps("tag-format").never_says(
        "data-v2"
    )
    run = project.release("bump minor --dry-run").succeeds()
    run.says("v0.2.0", "release-0.1.0 (another prefix)", "tag-format = 'release-{version}'").never_says(
        "nightly", "app"
    )
    project.release("bump 0.1.0 --yes").fails_with(3).says("0.1.0 is taken").helps("release bump 0.1.1")
    assert project.unchanged()
    project.release("bump minor --yes").succeeds()
    project.release("show v0.2.0").succeeds().says("release-0.1.0").never_says("first release")


@pytest.mark.fast
def test_projects_of_one_repository_keep_their_tags_to_themselves(project):
    project.write("model/.release.toml", 'tag-format = "model-v{version}"\n')
    _tagged(project, "v2.0.0", "1.9.0", "model-v0.3.0")
    run = project.release("bump minor --dry-run").succeeds().says("v2.0.0 -> v2.1.0").never_says("model-v0.3.0")
    project.write("model/train.py", "more\n")
    project.save("feat: train")
    run = project.release("bump minor --dry-run -C model").succeeds()
    run.says("model-v0.3.0 -> model-v0.4.0").never_says("v2.0.0", "1.9.0")


@pytest.mark.fast
def test_of_equal_versions_the_nearest_ancestor_is_the_previous_release(project):
    _tagged(project, "v1.2.3+cu118", "v1.2.3+cpu")
    run = project.release("bump patch --dry-run --json").succeeds().json
    assert (run["tag"], run["previous_tag"]) == ("v1.2.4", "v1.2.3+cpu")
    project.release("show v1.2.3+cpu").succeeds().says("previous   v1.2.3+cu118")
    assert [line["tag"] for line in project.release("list --json").succeeds().json["releases"]] == [
        "v1.2.3+cpu",
        "v1.2.3+cu118",
    ]


@pytest.mark.fast
def test_another_name_of_a_release_is_no_release(project):
    _release(project, "1.0.0")
    project.git("tag", "v1.1.0", "v1.0.0")
    project.git("push", "--quiet", "origin", "v1.1.0")
    project.save("fix: more")
    assert [line["tag"] for line in project.release("list --json").succeeds().json["releases"]] == ["v1.0.0"]
    project.release("show v1.1.0").fails_with(2).says("another name of the tag v1.0.0").helps("release show v1.0.0")
    run = project.release("bump patch --yes --json").succeeds().json
    assert (run["tag"], run["previous_tag"]) == ("v1.0.1", "v1.0.0")


@pytest.mark.fast
def test_a_release_keeps_the_previous_release_that_its_tag_records(project):
    project.write("model/performance.json", performance(f1=0.5))
    _release(project, "1.0.0")
    project.write("model/performance.json", performance(f1=0.7))
    _release(project, "1.2.0")
    first = project.git("rev-parse", "v1.0.0^{commit}")
    project.git("tag", "-a", "v1.1.0", "-m", "late", first)  # at the commit of v1.0.0, in the history of v1.2.0
    assert project.release("show v1.2.0 --json").succeeds().json["previous_tag"] == "v1.0.0"
    project.git("tag", "-a", "v1.1.5", "-m", "elsewhere", project.git("commit-tree", "-m", "empty", "v1.0.0^{tree}"))
    project.release("list").succeeds().says("+0.2")


@pytest.mark.fast
@pytest.mark.parametrize(("by_hand", "says"), [(False, "v1.0.0, not in this clone"), (True, "not known")])
def test_a_shallow_clone_says_what_is_not_known_of_the_previous_release(project, by_hand, says):
    _release(project, "1.0.0")
    if by_hand:
        _tagged(project, "v1.1.0")
    else:
        _release(project, "1.1.0")
    clone = project.clone("ci", "--depth=1", "--branch=v1.1.0")
    run = clone.release("show v1.1.0").succeeds().never_says("first release")
    run.says(says, "git fetch --unshallow --tags")
    answer = clone.release("show v1.1.0 --json").succeeds().json
    assert answer["previous_tag"] == (None if by_hand else "v1.0.0")
    assert any(says in warning for warning in answer["warnings"])


@pytest.mark.fast
@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("pyproject.toml", '[project]\nname = "p"\nversion = "0.9.0"\n', "pyproject.toml says 0.9.0, not 1.0.0"),
        ("pyproject.toml", '[project]\nname = "p"\nversion = "3.0.0"\n', "pyproject.toml says 3.0.0, not 1.0.0"),
        ("CHANGELOG.md", "# Changelog\n\n## [2.0.0] - 2020-01-01\n\n- old\n", "CHANGELOG.md has an entry for 2.0.0"),
    ],
)
def test_a_file_that_knows_another_version_is_named(project, file, text, says):
    project.write(file, text)
    _tagged(project, "v1.0.0")
    project.release("bump minor --dry-run").succeeds().says("v1.1.0", says)


def test_nothing_new_since_the_release_is_refused_or_said(project):
    _release(project, "1.0.0")
    project.release("bump patch --yes").fails_with(3).says("v1.0.0").helps("--allow-empty")
    assert project.unchanged()
    run = project.release("bump 1.0.0 --yes --json").succeeds().json
    assert run["released"] is False
    assert project.unchanged()
    project.release("bump patch --allow-empty --yes").succeeds()
    assert project.published("v1.0.1")


def test_unpushed_commits_and_releases_go_along_in_the_same_push(project):
    _release(project, "1.0.0")
    project.commit("Here only")
    project.release("bump minor --no-push --yes").succeeds()
    project.commit("Here only, too")
    run = project.release("bump minor --yes").succeeds()
    run.says("v1.1.0")
    assert project.published("v1.0.0", "v1.1.0", "v1.2.0")
    assert project.origin["refs/heads/main"] == project.head


def test_a_hotfix_branch_is_created_on_the_origin_by_the_release(project):
    _release(project, "1.4.2", "2.0.0")
    project.git("checkout", "--quiet", "-b", "hotfix/1.4", "v1.4.2")
    project.commit("Mend")
    project.release("bump patch --yes").succeeds()
    assert project.origin["refs/heads/hotfix/1.4"] == project.head
    assert project.published("v1.4.3")


def _release(project: Project, *versions: str) -> None:
    for version in versions:
        project.save(f"Towards {version}")
        project.release(f"bump {version} --yes").succeeds()
