"""The checkouts that CI services make: detached, without tags or with wrong ones, for a pull request, without an identity."""

import pytest
from project.templates import performance

pytestmark = pytest.mark.fast


def runner(project, revision="origin/main", **variables):
    there = project.clone("runner", "--no-checkout")
    there.git("checkout", "--quiet", "--detach", revision)
    there.world.variables |= {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/heads/main", **variables}
    return there


def test_a_lightweight_copy_of_an_annotated_tag_counts_as_the_tag_itself(released):
    released.save("feat: more")
    there = runner(released)
    there.git("tag", "--force", "v0.1.0", "v0.1.0^{commit}")
    run = there.release("bump auto --yes").succeeds().never_says("lightweight tag")
    assert run.code == 0
    told = there.message_of("v0.2.0")
    assert f"Release-Previous: v0.1.0 {released.origin['refs/tags/v0.1.0']}" in told


def test_without_any_tag_here_those_of_the_remote_count(released):
    released.save("feat: more")
    there = runner(released)
    there.git("tag", "--delete", "v0.1.0")
    assert there.release("bump auto --dry-run --json").succeeds().json["previous_tag"] == "v0.1.0"


def test_the_merge_commit_of_a_pull_request_is_previewed_as_the_branch_it_goes_to(released):
    released.git("switch", "--quiet", "--create", "topic")
    released.save("feat: more")
    merge = released.clone("merger")
    merge.git("merge", "--quiet", "--no-ff", "-m", "Merge", "origin/topic")
    merge.git("push", "--quiet", "origin", "HEAD:refs/pull/5/merge")
    there = released.clone("runner")
    there.git("fetch", "--quiet", "origin", "refs/pull/5/merge")
    there.git("checkout", "--quiet", "--detach", "FETCH_HEAD")
    there.git("switch", "--quiet", "--force-create", "main")
    there.world.variables |= {"CI": "true", "GITHUB_REF": "refs/pull/5/merge"}
    run = there.release("bump auto --dry-run --no-push --json").succeeds().json
    assert (run["version"], run["previous_tag"]) == ("0.2.0", "v0.1.0")
    assert there.unchanged()


@pytest.mark.parametrize("variable", ["GITHUB_REF", "CI_COMMIT_BRANCH"])
def test_a_detached_checkout_that_is_behind_its_branch_is_told_to_follow(released, variable):
    old = released.save("feat: more")
    released.save("feat: newer")
    branch = "refs/heads/main" if variable == "GITHUB_REF" else "main"
    there = runner(released, old, **{"GITHUB_REF": "", variable: branch})
    refs = there.origin
    code = there.release("bump auto --yes").code
    assert code in (0, 7)  # 0: it followed by itself and released all of it
    if code == 7:
        assert there.origin == refs
        assert there.unchanged()
    else:
        assert there.git("log", "-1", "--format=%s", "v0.2.0~1") == "feat: newer"


def test_a_job_pulls_no_data(released):
    """Objects are asked for; what a runner has of them before and after is nothing."""
    released.train(b"better", performance(f1=0.9))
    there = runner(released)
    before = {path for path in there.folder.rglob("*") if ".git" not in path.parts}
    there.release("bump auto --yes").succeeds()
    added = {path for path in there.folder.rglob("*") if ".git" not in path.parts} - before
    assert {path.relative_to(there.folder).as_posix() for path in added} <= {"CHANGELOG.md"}


def test_a_shallow_clone_does_not_say_that_branches_diverged(released):
    before = released.save("feat: x")
    released.release("bump minor --yes").succeeds()
    clone = released.clone("shallow", "--depth=1")
    clone.git("fetch", "--quiet", "--depth=1", "origin", before)
    clone.git("checkout", "--quiet", "-B", "main", before)
    clone.release("bump auto --yes").fails_with(3).says("it is unknown whether main").never_says("git pull").helps(
        "git fetch --unshallow --tags"
    )
    clone.git("fetch", "--quiet", "--unshallow", "--tags")
    clone.release("bump auto --yes").succeeds().says("v0.2.0 already contains this commit")


def test_a_detached_checkout_shows_no_step_for_its_files_and_leaves_them_alone(released):
    released.save("feat: more")
    there = runner(released)
    before, head = (there.read("README.md"), there.status), there.head
    told = there.release("bump auto --yes --json").succeeds().json
    assert [step.split()[0] for step in told["steps"]] == ["commit", "push", "move"]
    assert told["warnings"] == [f"HEAD is detached: index and files were left at {head[:10]}"]
    assert (there.read("README.md"), there.status) == before


def test_a_fetch_that_holds_the_tracking_ref_at_the_moment_of_a_release_is_no_interruption(released):
    released.save("feat: more")
    hook = released.world.origin / "hooks" / "post-receive"
    lock = released.folder / ".git" / "refs" / "remotes" / "origin" / "main.lock"
    hook.write_text(f"#!/bin/sh\ntouch {lock}\n")
    hook.chmod(0o755)
    released.release("bump minor --yes").succeeds()
    lock.unlink()
    assert released.published("v0.2.0")
    assert released.refs["refs/heads/main"] == released.origin["refs/heads/main"] == released.head


@pytest.mark.parametrize("variable", ["GITHUB_REF", "CI_COMMIT_BRANCH"])
def test_a_job_follows_a_branch_that_has_moved_whatever_changed(released, variable):
    """Detached, and with a pointer that changed: on a machine of a person this would be 7."""
    old = released.save("feat: more")
    released.train(b"better", performance(f1=0.9))
    branch = "refs/heads/main" if variable == "GITHUB_REF" else "main"
    there = runner(released, old, **{"GITHUB_REF": "", variable: branch})
    there.release("bump auto --yes").succeeds().says("Released v0.2.0")
    assert there.git("log", "-1", "--format=%s", "v0.2.0~1") == "Train"


def test_a_job_that_follows_releases_the_model_that_it_was_called_for(released):
    released.write(".release.toml", '[models.charCNN]\npath = "model/model.pt"\n')
    old = released.save("Configure a model")
    released.save("docs: newer")
    there = runner(released, old)
    there.release("bump --model charCNN minor --yes").succeeds().says("Released charCNN@v0.1.0")
    assert "refs/tags/v0.2.0" not in there.origin


def test_a_job_follows_over_a_release_for_auto_alone(released):
    old = released.save("feat: more")
    released.release("bump auto --yes").succeeds()
    released.save("fix: newer")
    there = runner(released, old)
    there.release("bump minor --yes").fails_with(7).says("someone released v0.2.0").helps("run the job again")
    there.release("bump auto --yes").succeeds().says("Released v0.2.1")


def test_a_job_with_commits_of_its_own_does_not_follow(released):
    there = runner(released, released.save("feat: more"))
    own = there.commit("model: retrained")
    released.save("fix: meanwhile")
    refs = there.origin
    there.release("bump auto --yes").fails_with(7).helps("run the job again")
    assert (there.origin, there.head, there.status) == (refs, own, "")


def test_a_job_that_gets_no_answer_is_run_again(released):
    """The clone is thrown away, so nothing can be recovered in it."""
    there = runner(released, released.save("feat: more"))
    hook = there.world.origin / "hooks" / "post-receive"
    hook.write_text("#!/bin/sh\nkill -9 $PPID\n")
    hook.chmod(0o755)
    there.release("bump auto --yes").fails_with(8).helps("run the job again").never_says("release recover")
    hook.unlink()
    again = released.clone("again")
    again.world.variables |= {"CI": "true"}
    again.release("bump auto --yes").succeeds().says("Nothing to release")
    assert again.published("v0.2.0")


def test_every_missing_pointer_is_in_one_remedy_of_a_job(released):
    released.train(b"forgotten", performance(f1=0.9), push=False)
    released.write("data/more.bin", b"more")
    released.dvc_each("add --quiet data/more.bin")
    there = runner(released, released.save("More"))
    run = there.release("bump auto --yes").fails_with(4)
    run.helps("to run: dvc push -r storage data/more.bin.dvc model/model.pt.dvc; then run the job again")
    run.never_says("your cache")
