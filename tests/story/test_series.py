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
    for name in ("1.1", "0.9.0"):  # bare versions count only where no tag has the format
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
