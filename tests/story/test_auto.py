"""`release bump auto`: the level by what commits say and by what changed in the bytes."""

import pytest
from project.templates import as_json, performance

BREAKING_BELOW_1 = '[tool.release.auto]\nbreaking-below-1 = "major"\n'


@pytest.fixture
def grown(released):
    """v1.0.0 is out: below it nothing is breaking."""
    released.commit("chore: stable")
    released.release("bump 1.0.0 --yes").succeeds()
    return released


def chosen(project, *words):
    """Version and reasons of a dry run."""
    found = project.release("bump auto --dry-run --json", *words).succeeds().json
    return found.get("version"), found["reasons"]


@pytest.mark.fast
@pytest.mark.parametrize(
    ("message", "version"),
    [
        ("feat: beam search", "1.1.0"),
        ("fix(tokenizer): empty text", "1.0.1"),
        ("perf: half the memory", "1.0.1"),
        ("Improve the tokenizer", "1.0.1"),
        ("feat!: other labels", "2.0.0"),
        ("fix: x\n\nBREAKING CHANGE: other labels", "2.0.0"),
        ("docs: a page\n\nRelease: minor", "1.1.0"),
        ("docs: a page\n\nRelease-As: 3.0.0", "3.0.0"),
        ("Squashed (#3)\n\n* docs: a page\n* feat: beam search", "1.1.0"),
    ],
)
def test_a_commit_is_released_as_it_says(grown, message, version):
    commit = grown.save(message)
    found, reasons = chosen(grown)
    assert found == version
    assert commit[:7] in reasons[0]
    grown.release("bump auto --yes").succeeds().says(f"Released v{version}")
    assert grown.published(f"v{version}")


def test_where_nothing_is_worth_a_release_none_is_made(grown):
    commit = grown.save("docs: a page")
    run = grown.release("bump auto --yes --json").succeeds()
    assert (run.json["released"], run.json["releases"]) == (False, [])
    assert run.json["reasons"] == [f"none: {commit[:7]} docs: a page", "no change since v1.0.0 requires a release"]
    grown.release("bump auto --yes").succeeds().says("Nothing to release", "docs: a page")
    assert grown.unchanged()


def test_a_release_is_not_released_again_so_that_no_loop_can_begin(grown):
    grown.save("feat: beam search")
    grown.release("bump auto --yes").succeeds()
    run = grown.release("bump auto --yes --json").succeeds()
    assert run.json["released"] is False
    assert grown.unchanged()
    clone = grown.clone()  # as the next job of CI sees it
    assert clone.release("bump auto --yes --json").succeeds().json["released"] is False


def test_a_commit_that_a_release_already_contains_is_not_released_again(grown):
    merged = grown.save("feat: beam search")
    late, again = grown.clone("late"), grown.clone("again")
    grown.release("bump auto --yes").succeeds()
    again.git("fetch", "--quiet", "--tags")
    for clone in (late, again):  # without and with the release's objects
        run = clone.release("bump auto --yes --json").succeeds().json
        assert (run["released"], run["releases"], run["commit"]) == (False, [], grown.head)
        clone.release("bump auto --yes").succeeds().says("Nothing to release: v1.1.0 already contains this commit")
        assert clone.unchanged()
        clone.release("status --check").succeeds()
    late.git("checkout", "--quiet", "--detach", merged)  # as a service of CI checks out
    late.release("bump auto --yes").succeeds().says("v1.1.0 already contains this commit")
    late.release("status").succeeds().says("v1.1.0 already contains this commit; nothing to release")
    late.world.variables |= {"GITHUB_REF": "refs/heads/main", "CI_COMMIT_BRANCH": "main"}
    late.release("bump auto --dry-run --json").succeeds()
    late.release("bump minor --yes").fails_with(7)  # only `auto` looks for it
    late.release(f"bump 1.0.1 --at {merged} --yes --allow-empty").succeeds()  # what is named is done


def test_of_two_merges_the_later_job_releases_both(grown):
    grown.save("feat: beam search")
    first = grown.clone("first")
    grown.save("fix: empty text")
    grown.release("bump auto --yes").succeeds()
    first.release("bump auto --yes").succeeds().says("v1.1.0 already contains this commit")
    assert first.unchanged()


@pytest.mark.parametrize("words", ["bump auto --yes", "bump 1.0.0 --yes"])
def test_where_the_branch_has_more_than_the_release_it_is_7_alone(grown, words):
    at_the_release = grown.clone("at-the-release")
    grown.save("feat: beam search")
    run = at_the_release.release(f"{words} --json").fails_with(7)
    assert [(error["code"], "behind" in error["message"]) for error in run.json["errors"]] == [(7, True)]
    assert at_the_release.unchanged()


def test_so_it_is_for_a_commit_before_the_release(grown):
    grown.save("fix: empty text")
    late = grown.clone("late")
    grown.release("bump auto --yes").succeeds()
    grown.save("feat: beam search")
    run = late.release("bump auto --yes --json").fails_with(7)
    assert [error["code"] for error in run.json["errors"]] == [7]
    late.release("bump auto --yes").fails_with(7).never_says("0 commits", "first release")
    late.git("pull", "--quiet", "--ff-only")
    late.release("bump auto --yes").succeeds().says("Released v1.1.0")


def test_a_commit_before_a_tag_without_a_release_commit_is_behind(grown):
    grown.save("fix: empty text")
    late = grown.clone("late")
    grown.save("docs: a page")
    grown.release("bump auto --no-commit --yes").succeeds()
    run = late.release("bump auto --yes --json").fails_with(7)
    assert [error["code"] for error in run.json["errors"]] == [7]
    late.git("pull", "--quiet", "--ff-only")
    late.release("bump auto --yes").succeeds().says("Nothing to release")


def test_a_new_model_is_minor_and_named(grown):
    grown.train(b"better", performance(f1=0.9))
    version, reasons = chosen(grown)
    assert version == "1.1.0"
    assert reasons[0] == "minor: model/model.pt changed"
    assert reasons[1].endswith(" Train")
    run = grown.release("bump auto --yes").succeeds()
    run.says("auto chose minor", "minor model/model.pt changed")


def test_parameters_are_minor(grown):
    grown.write(
        "model/params.json", as_json({"seed": 1234, "embedding_dim": 128, "num_filters": 100, "dropout_p": 0.1})
    )
    grown.save("chore: parameters")
    version, reasons = chosen(grown)
    assert (version, reasons[0]) == ("1.1.0", "minor: model/params.json: num_filters 50 -> 100")


def test_a_pointer_that_was_removed_or_renamed_is_major(grown):
    grown.dvc("move", "--quiet", "data/tags.json", "data/labels.json")
    grown.git("rm", "--quiet", "model/tokenizer.json.dvc")
    grown.save("chore: files")
    version, reasons = chosen(grown)
    assert version == "2.0.0"
    assert reasons[:2] == ["major: data/tags.json renamed to data/labels.json", "major: model/tokenizer.json removed"]


@pytest.mark.parametrize("path", ["model/label_encoder.json", "schema/input.json"])
def test_an_interface_file_in_dvc_or_in_git_is_major(grown, path):
    grown.write(".release.toml", '[tool.release.auto]\ninterface = ["model/label_encoder.json", "schema/**"]\n')
    grown.write("schema/input.json", "{}\n")
    grown.save("feat: schema")
    assert chosen(grown)[0] == "1.1.0"
    grown.release("bump auto --yes").succeeds()
    grown.write(path, '{"other": 1}\n')
    if path.startswith("model"):
        grown.dvc("add", "--quiet", path)
        grown.dvc("push", "--quiet")
    grown.save("chore: labels")
    version, reasons = chosen(grown)
    assert (version, reasons[0]) == ("2.0.0", f"major: {path} changed (an interface)")


def test_below_1_0_0_breaking_is_minor_unless_configured(released):
    released.save("feat!: other labels")
    assert chosen(released)[0] == "0.2.0"
    released.write(".release.toml", BREAKING_BELOW_1)
    released.save("chore: config")
    assert chosen(released)[0] == "1.0.0"


def test_a_revert_takes_its_commit_back(grown):
    grown.save("chore: x")
    feature = grown.commit("feat: beam search", **{"beam.py": "1\n"})
    grown.git("revert", "--no-edit", feature)
    grown.git("push", "--quiet", "origin", "HEAD")
    assert grown.release("bump auto --yes --json").succeeds().json["released"] is False
    grown.git("revert", "--no-edit", "HEAD")
    grown.git("push", "--quiet", "origin", "HEAD")
    assert chosen(grown)[0] == "1.1.0"


def test_a_merge_counts_by_what_it_brings(grown):
    grown.git("switch", "--quiet", "-c", "topic")
    grown.commit("fix: empty text", **{"fix.py": "1\n"})
    grown.git("switch", "--quiet", "main")
    grown.git("merge", "--quiet", "--no-ff", "-m", "Merge pull request #7 from x/topic", "topic")
    grown.git("push", "--quiet", "origin", "main")
    assert chosen(grown)[0] == "1.0.1"
    grown.git("revert", "--no-edit", "-m", "1", "HEAD")
    grown.git("push", "--quiet", "origin", "main")
    assert grown.release("bump auto --yes --json").succeeds().json["released"] is False


def test_the_first_release_counts_everything(project):
    version, reasons = chosen(project)
    assert version == "0.1.0"
    assert "minor: model/model.pt added" in reasons


def test_candidates_and_their_final(grown):
    grown.save("feat: beam search")
    grown.release("bump auto --pre rc --yes").succeeds().says("v1.1.0-rc.1")
    assert grown.release("bump auto --yes --json").succeeds().json["released"] is False
    grown.save("docs: a page")
    assert grown.release("bump auto --yes --json").succeeds().json["released"] is False
    grown.save("fix: empty text")
    assert chosen(grown, "--pre", "rc")[0] == "1.1.0-rc.2"
    assert chosen(grown)[0] == "1.1.0"


def test_a_release_that_is_only_here_is_published(grown):
    grown.save("feat: beam search")
    grown.release("bump auto --no-push --yes").succeeds()
    run = grown.release("bump auto --yes --json").succeeds()
    assert (run.json["released"], run.json["tag"]) == (True, "v1.1.0")
    assert grown.published("v1.1.0")


def test_status_says_what_auto_would_do_and_why(grown):
    grown.save("docs: a page")
    grown.release("status").succeeds().says("auto: nothing to release", "docs: a page")
    found = grown.release("status --json").succeeds().json
    assert (found["auto"], found["version"], found["released"]) == ("none", None, False)
    assert {check["name"] for check in found["checks"]} >= {"data on remote", "branch"}
    grown.save("feat: beam search")
    grown.release("status").succeeds().says("auto would release v1.1.0 (minor)", "feat: beam search")
    found = grown.release("status --json").succeeds().json
    assert (found["auto"], found["version"]) == ("minor", "1.1.0")
    grown.release("bump auto --yes").succeeds()
    found = grown.release("status --json").succeeds().json
    assert (found["auto"], found["version"], found["released"]) == (None, None, True)


def test_a_shallow_clone_is_refused_and_not_told_that_there_is_nothing(grown):
    grown.save("docs: a page")
    clone = grown.clone("shallow", "--depth=1")
    clone.release("bump auto --yes").fails_with(3).says("shallow")
    assert clone.unchanged()


def test_a_remote_that_cannot_be_asked_is_not_told_as_nothing(grown):
    grown.save("docs: a page")
    grown.git("remote", "set-url", "origin", "../elsewhere.git")
    grown.release("bump auto --yes").fails_with(6)
    assert grown.unchanged()


def test_a_trailer_that_cannot_be_understood_is_told(grown):
    grown.save("fix: x\n\nRelease-As: banana\nRelease: huge")
    run = grown.release("bump auto --dry-run").succeeds()
    run.says("Release-As: banana is not understood", "Release: huge is not understood")


def test_it_is_told_where_nothing_is_released_and_in_json(grown):
    commit = grown.save("chore: go 3.1\n\nRelease-As: 3.1")
    note = f"{commit[:7]}: Release-As: 3.1 is not understood"
    for words in ("bump auto --yes", "status"):
        grown.release(words).succeeds().says("nothing to release" if words == "status" else "Nothing to release", note)
        (told,) = grown.release(f"{words} --json").succeeds().json["warnings"]
        assert told.startswith(note)
    assert grown.unchanged()


def test_the_entry_tells_what_is_in_the_release_and_what_breaks(grown):
    feature = grown.commit("feat: beam search", **{"beam.py": "1\n"})
    grown.git("revert", "--no-edit", feature)
    grown.commit("fix(loader): empty text\n\nBREAKING CHANGE: config.yaml is not read", **{"loader.py": "1\n"})
    grown.git("push", "--quiet", "origin", "HEAD")
    grown.release("bump auto --yes").succeeds().says("Released v2.0.0")
    changes = "#### Breaking changes\n\n- loader: config.yaml is not read\n\n#### Fixes\n\n- loader: empty text\n"
    entry = grown.release("changelog v2.0.0").succeeds().out
    assert entry.endswith(f"### Changes\n\n{changes}")
    grown.write("CHANGELOG.md", "# Changes\n")
    grown.release("changelog --rebuild --yes").succeeds()  # from the commits, anew
    assert changes in grown.read("CHANGELOG.md").decode()


def test_a_release_as_that_is_too_low_is_refused(grown):
    grown.save("fix: x\n\nRelease-As: 0.9.0")
    grown.release("bump auto --yes").fails_with(3)
    assert grown.unchanged()


def test_a_metric_file_of_a_stage_is_no_data(pipeline):
    pipeline.release("bump 1.0.0 --yes").succeeds()
    pipeline.write("train.sh", pipeline.read("train.sh").replace(b"0.75", b"0.85"))
    pipeline.dvc("repro", "--quiet")
    pipeline.save("chore: another score")
    run = pipeline.release("bump auto --yes --json").succeeds()
    assert run.json["released"] is False
    pipeline.write("params.yaml", "train:\n  seed: 1234\n  epochs: 4\n")
    pipeline.dvc("repro", "--quiet")
    pipeline.dvc("push", "--quiet")
    pipeline.save("chore: longer")
    version, reasons = chosen(pipeline)
    assert version == "1.1.0"
    assert reasons[:2] == ["minor: out/model.bin changed", "minor: params.yaml: train.epochs 3 -> 4"]


def test_in_a_folder_with_its_own_configuration_only_its_commits_count(grown):
    grown.write("tool/.release.toml", '[tool.release]\ntag-format = "tool-{version}"\n')
    grown.save("chore: a tool")
    tool = grown.folder / "tool"
    grown.release("bump 1.0.0 --yes", folder=tool).succeeds()
    grown.commit("feat: elsewhere", **{"src.py": "1\n"})
    grown.git("push", "--quiet", "origin", "main")
    assert grown.release("bump auto --yes --json", folder=tool).succeeds().json["released"] is False
    grown.commit("fix: here", **{"tool/src.py": "1\n"})
    grown.git("push", "--quiet", "origin", "main")
    run = grown.release("bump auto --dry-run --json", folder=tool).succeeds()
    assert run.json["tag"] == "tool-1.0.1"
