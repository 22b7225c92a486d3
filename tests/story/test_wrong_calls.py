"""Wrong calls of every command, one row each: exit code 2 or what the contract says, what is named, the help, no change."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema
import pytest

pytestmark = pytest.mark.fast

# The call, its exit code, what the message names, and what its own help line tells to run.
CALLS = [
    ("show", 2, "missing argument TAG", "release list"),
    ("show v9.9.9", 2, "no release v9.9.9", "release show v0.2.0"),
    ("show theirs", 2, "no release theirs", "release show v0.2.0"),
    ("show v0.9.0", 2, "no release v0.9.0 here", "release show v0.2.0   (or release fetch, if others released it)"),
    ("show 2-track-data", 2, "release tags are written v{version}", "git show refs/tags/2-track-data"),
    ("list --since yesterday", 2, "'yesterday' is not a date (YYYY-MM-DD)", "release list --help"),
    ("list -n 0", 2, "0 is not in the range", "release list --help"),
    ("list -n few", 2, "'few' is not a valid integer range", "release list --help"),
    ("list --metric f3", 2, "f3", "release list --metric overall.f1"),
    ("list extra", 2, "extra", "release list --help"),
    ("-q status --offline", 2, "no such option", "release --help"),
    ("lst", 2, "unknown command `lst`", "release list --help"),
    ("diff", 2, "missing argument A", "release diff TAG"),
    ("diff v0.1.0 nosuch", 2, "nosuch is not a commit, branch or tag here", "release fetch"),
    ("diff v0.1.0 v0.2.0 v0.1.0", 2, "v0.1.0", "release diff --help"),
    ("diff v0.1.0 --format pdf", 2, "'pdf' is not one of", "release diff --help"),
    ("diff v0.1.0 --json --format md", 2, "cannot be combined", "release diff A B --json"),
    ("changelog v9.9.9", 2, "no release v9.9.9", "release list"),
    ("changelog --rebuild", 2, "pass --yes", "release changelog --rebuild --yes"),
    ("verify nosuch", 2, "nosuch", "git fetch --tags"),
    ("verify --all HEAD", 2, "--all checks every release", "release verify --all"),
    ("verify --deep --sample 1.5", 2, "'1.5' is not a valid integer range", "release verify --help"),
    ("checkout", 2, "missing argument TAG", "release checkout TAG"),
    ("checkout v9.9.9", 2, "no tag v9.9.9 locally or on origin; did you mean v0.9.0?", "release list"),
    ("rollback v0.9 --yes", 2, "did you mean v0.9.0?", "release list"),
    ("checkout main", 2, "main is a branch", "git switch main && dvc checkout"),
    ("delete v0.1.0 --yes", 2, "--local, --remote, or both", "release delete v0.1.0 --yes --local"),
    ("delete 'zz*' --local --yes", 2, "zz*", "git tag --list"),
    ("rollback", 2, "missing argument TAG", "release rollback TAG"),
    ("rollback v0.1.0", 2, "pass --yes", "release rollback v0.1.0 --yes"),
    ("bump minor --at nosuch", 2, "--at nosuch: no such commit", "git fetch --tags"),
    ("bump minor --base nosuch", 2, "nosuch", "release bump minor --base v0.2.0"),
    ("bump minor --pre 1", 2, "--pre '1'", "release bump minor --pre rc"),
    ("bump auto -m ''", 2, "the message is blank", ""),
    ("bump final", 2, "final", "release bump"),
    ("prepare minor --base nosuch", 2, "nosuch", "release prepare minor --base v0.2.0"),
    ("rollback nosuch", 2, "no release nosuch here", "release list"),
    ("yank nosuch -m x", 2, "no release nosuch here", "release list"),
    ("undo nosuch", 2, "no release nosuch here", "release list"),
    ("undo v0.2.0 -m ''", 2, "the message is blank", ""),
    ("bump -m", 2, "requires an argument", "release bump --help"),
    ("list -n", 2, "requires an argument", "release list --help"),
    ("bump minro --yes -m 'a b'", 2, "minro", "release bump minor -m 'a b' --yes"),
    ("bump minor --yes --base nosuch --message=hi", 2, "nosuch", "release bump minor -m hi --base v0.9.0 --yes"),
    ("prepare", 2, "missing argument KIND", "release prepare auto"),
    ("prepare sideways --yes", 2, "sideways", "release prepare minor"),
    ("recover extra", 2, "extra", "release recover --help"),
    ("fetch --all", 2, "--all", "release fetch --help"),
    ("config key", 2, "key", "release config --help"),
    ("demo .", 2, "is not empty", "release demo"),
]


@pytest.fixture
def two(released):
    released.git("tag", "-a", "v0.2.0", "-m", "second", "HEAD")
    released.git("tag", "2-track-data")
    other = released.clone("other")
    other.git("tag", "-a", "v0.9.0", "-m", "theirs")
    other.git("push", "--quiet", "origin", "v0.9.0")
    return released


@pytest.mark.parametrize(("line", "code", "said", "help"), CALLS, ids=[row[0] for row in CALLS])
def test_a_wrong_call_is_named_helped_and_changes_nothing(two, line, code, said, help):
    run = two.release(line).fails_with(code).says(said)
    assert any(row.startswith(f"help: {help}") for row in run.err.splitlines()), str(run)
    assert run.out == "" or "--json" in line
    assert two.unchanged()


def test_a_version_that_exists_is_told_before_the_missing_yes(released):
    released.save("More")
    for command in ("bump", "prepare"):
        run = released.release(f"{command} 0.1.0").fails_with(3).says("0.1.0 is released already")
        run.helps(f"release {command} 0.1.1").never_says("--yes")
    released.release("bump 0.2.0").fails_with(2).helps("release bump 0.2.0 --yes")


def test_a_help_line_that_repeats_the_call_has_all_its_words(released):
    released.train(b"newer", "{}", push=False)
    line = f"-C {released.folder.name} bump minor -m 'x y' --outputs o --no-commit -q --yes"
    again = f"-C {released.folder.name} bump minor -m 'x y' --no-commit --push-data --outputs o -q --yes"
    released.release(line, folder=released.folder.parent).fails_with(4).helps(f"release {again}")
    released.release(again, folder=released.folder.parent).succeeds()
    released.release("prepare 0.1.0 --yes").fails_with(3).helps("release status")
    released.train(b"newest", "{}")
    released.release("prepare 0.1.0 --yes -q").fails_with(3).helps("release prepare 0.2.1 -q --yes")


def test_undo_and_yank_on_another_branch_offer_no_prerelease(released):
    released.git("switch", "--quiet", "--create", "topic")
    for line in ("undo v0.1.0 --yes", "yank v0.1.0 -m slow --yes"):
        released.release(line).fails_with(3).helps("git switch main").never_says("release bump")
    released.save("More")
    released.release("bump minor --yes").fails_with(3).helps("git switch main   (or make a prerelease: release bump")
    released.release("next pre").fails_with(2).helps("release next minor --pre rc")
    released.release("prepare final --yes").fails_with(2).helps("release prepare patch --yes")
    released.git("switch", "--quiet", "main")
    released.train(b"newer", "{}")
    released.release("rollback v0.1.0 pre --yes").fails_with(2).helps("release rollback v0.1.0 patch")
    released.release("next nothing").fails_with(2).helps("release next")


def test_latest_stands_for_the_newest_release_wherever_a_tag_is_expected(released):
    released.write(".release.toml", '[gate."overall.f1"]\nmax-regression = 0.5\nbaseline = "latest"\n')
    released.train(b"newer", "{}")
    released.release("next minor --base latest").succeeds()
    found = released.release("bump minor --base latest --dry-run --json").json
    assert "not a tag here" not in str(found)
    assert found["previous_tag"] == "v0.1.0"
    released.release("next patch --at latest --base latest").fails_with(3).says("v0.1.0")
    told = released.release("rollback latest --dry-run --json --yes").json
    assert told["message"] == "Rollback to v0.1.0"
    released.release("delete latest --local --dry-run").succeeds().says("v0.1.0")


def test_all_shows_the_lines_that_are_left_out_and_a_pipe_cuts_none(released):
    many = ", ".join(f'"m{at:02}": 0.{at + 10}' for at in range(30))
    long = "A subject that is much longer than the eighty columns of a terminal, and that is still read by a program"
    released.train(b"newer", f'{{"overall": {{"f1": 0.9, {many}}}}}')
    released.commit(long)
    for line in ("status", "diff v0.1.0 HEAD", "bump minor --dry-run"):
        told = released.release(f"{line} --all").succeeds().never_says("... ")
        assert "m29" in told.out
    for line in ("list", "show v0.1.0", "prepare minor --dry-run", "rollback v0.1.0 --dry-run", "undo --dry-run"):
        assert released.release(f"{line} --all").code in (0, 3)
    assert long in released.release("diff v0.1.0 HEAD").succeeds().out
    released.release("status").succeeds().says("(all with --all)")
    released.release(f"bump minor -m '{long}' --yes").succeeds()
    assert long in released.release("show latest").succeeds().out


def test_quiet_undo_yank_and_promote_print_the_result_alone(released):
    def line(call):
        (only,) = released.release(f"{call} -q").succeeds().out.splitlines()
        return only

    assert line("yank v0.1.0 -m slow --yes").startswith("v0.1.0 is yanked: ")
    assert line("yank v0.1.0 --restore --yes") == "v0.1.0 counts again."
    assert line("promote v0.1.0 prod --yes") == "v0.1.0 is in prod."
    assert line("promote --unassign v0.1.0 prod --yes") == "v0.1.0 is no longer in prod."
    assert line("undo v0.1.0 --yes").startswith("v0.1.0 is undone: ")


def test_a_wrong_call_with_json_is_one_document_with_the_same_words(two):
    run = two.release("show v0.9.0 --json").fails_with(2)
    schema = json.loads(files("release").joinpath("schemas/show.json").read_text())
    jsonschema.validate(run.json, schema)
    assert run.json["errors"] == [
        {
            "code": 2,
            "message": "no release v0.9.0 here",
            "help": "release show v0.2.0   (or release fetch, if others released it)",
            "section": "no-such-release",
        }
    ]


def test_a_model_version_is_shown_as_a_release_of_its_own_series(two):
    two.git("tag", "-a", "charCNN@v1.2.0", "-m", "the first")
    two.save("More")
    two.git("tag", "-a", "charCNN@v1.3.0", "-m", "a better one")
    found = two.release("show charCNN@v1.3.0 --json").succeeds().json
    told = [found[key] for key in ("tag", "version", "model", "previous_tag")]
    assert told == ["charCNN@v1.3.0", "1.3.0", "charCNN", "charCNN@v1.2.0"]
    two.release("show charCNN@v1.3.0").succeeds().says("a better one", "charCNN@v1.2.0", "model/model.pt")


def test_quiet_prints_the_result_and_what_is_wrong_alone(two):
    def lines(call):
        return two.release(call).succeeds().out.splitlines()

    two.train(b"newer", "{}")
    (wrote,) = lines("prepare minor --yes -q")
    assert wrote.startswith("Wrote CHANGELOG.md for v")
    two.git("clean", "--quiet", "--force", "CHANGELOG.md")
    (released,) = lines("bump minor -m more --yes -q")
    assert released.startswith("Released v")
    two.release("prepare patch --yes -q").fails_with(3).says("already released").helps("release status")
