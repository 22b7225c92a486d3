"""`--no-commit`, `--no-push`, `--dry-run`, `--json`, `--allow-empty`: what each leaves and what it does not."""

import json

import pytest
from project import Project
from project.templates import performance

pytestmark = pytest.mark.fast


def test_no_commit_makes_only_the_tag_and_keeps_the_entry_in_it(released):
    commit = released.save("More")
    released.release('bump minor -m "charCNN" --no-commit --yes').succeeds()
    assert released.published("v0.2.0")
    assert released.git("rev-parse", "v0.2.0^{commit}") == commit == released.head == released.origin["refs/heads/main"]
    assert not (released.folder / "CHANGELOG.md").exists()
    assert "More" in released.message_of("v0.2.0")


def test_no_commit_is_refused_while_a_version_file_says_another_version(released):
    released.write("pyproject.toml", '[project]\nname = "x"\nversion = "0.1.0"\n')
    released.save("Package")
    released.release("bump minor --no-commit --yes").fails_with(3).says("pyproject.toml", "0.1.0").helps()
    assert released.unchanged()


def test_the_configuration_can_say_no_commit(released):
    released.write(".release.toml", "commit = false\n")
    commit = released.save("Configure")
    released.release("bump minor --yes").succeeds()
    assert released.git("rev-parse", "v0.2.0^{commit}") == commit


def test_no_push_stays_here_and_the_next_bump_publishes_it(released):
    released.save("More")
    before = released.origin
    run = released.release('bump minor -m "charCNN" --no-push --yes --json').succeeds().json
    assert (run["released"], run["pushed"], run["tag"]) == (True, False, "v0.2.0")
    assert released.origin == before
    assert released.status == ""
    tag = released.refs["refs/tags/v0.2.0"]

    released.release("list").succeeds().says("v0.2.0")
    for other in ("bump major --yes", "bump patch --dry-run", "bump 0.3.0 --yes"):
        refused = released.release(other).fails_with(3)
        refused.says("v0.2.0 is made but not published", "recover --undo takes it back").helps("release bump 0.2.0")
        assert released.unchanged()
    released.release("bump minor --yes").succeeds().says("v0.2.0")

    assert released.published("v0.2.0")
    assert released.origin["refs/tags/v0.2.0"] == tag
    assert "refs/tags/v0.3.0" not in released.refs


def test_an_unpublished_release_can_be_taken_back(released):
    released.save("More")
    before = released.refs, released.head
    released.release("bump minor --no-push --yes").succeeds()
    released.release("recover --undo --yes").succeeds()
    assert (released.refs, released.head) == before
    assert released.status == ""
    released.release("bump minor --yes").succeeds()
    assert released.published("v0.2.0")


def test_a_dry_run_changes_nothing_and_shows_what_the_run_then_does(released):
    released.train(b"better", performance(f1=0.9))
    dry = released.release('bump minor -m "charCNN" --dry-run --json').succeeds().json
    assert released.unchanged()
    done = released.release('bump minor -m "charCNN" --yes --json').succeeds().json
    assert (dry["dry_run"], done["dry_run"], dry["released"], done["released"]) == (True, False, False, True)
    for key in ("version", "tag", "previous_tag", "message", "metrics", "kind", "steps"):
        assert dry[key] == done[key], key


@pytest.mark.parametrize("trouble", ["dirty", "not pushed", "wrong branch", "behind", "usage"])
def test_a_dry_run_gives_the_exit_code_of_the_run(released: Project, trouble):
    words = "bump minor"
    if trouble == "dirty":
        released.write("README.md", "changed\n")
    elif trouble == "not pushed":
        released.train(b"kept back", performance(), push=False)
    elif trouble == "wrong branch":
        released.git("checkout", "--quiet", "-b", "feature/x")
    elif trouble == "behind":
        released.clone("second").save("Newer")
    else:
        words = "bump sideways"
    dry = released.release(f"{words} --dry-run")
    assert released.unchanged()
    assert dry.code == released.release(f"{words} --yes").code != 0
    assert released.unchanged()


def test_failures_are_json_documents_too(released):
    released.write("README.md", "changed\n")
    document = released.release("bump minor --yes --json").fails_with(3).json
    assert document["released"] is False
    assert document["command"] == "bump"
    assert any("README.md" in json.dumps(error) and error["help"] for error in document["errors"])
    assert document["tag"] == "v0.2.0"
    document = released.release("bump sideways --yes --json").fails_with(2).json
    assert "sideways" in document["errors"][0]["message"]


def test_json_never_asks(released):
    released.save("More")
    released.release("bump minor --json").fails_with(2).json  # noqa: B018 - the property parses and checks
    assert released.unchanged()


def test_several_failed_checks_are_all_listed_and_the_first_of_the_order_gives_the_code(released):
    released.train(b"kept back", performance(), push=False)
    released.write("README.md", "changed\n")
    run = released.release("bump minor --yes").fails_with(3).says("README.md", "model/model.pt", "Nothing was changed")
    assert run.out.count("failed") + run.err.count("failed") >= 2
    assert released.unchanged()


def test_without_a_message_the_version_is_the_subject(released):
    released.save("More")
    released.release("bump minor --yes").succeeds()
    assert released.message_of("v0.2.0").startswith("Release 0.2.0\n")


LOOKS = ("status", "list", "show v0.1.0", "diff v0.1.0", "config", "changelog", "completion bash", "verify")
DRY = ("fetch", "checkout v0.1.0", "recover", "delete v0.1.0 --local", "changelog --rebuild", "init", "demo elsewhere")


@pytest.mark.parametrize("words", [*LOOKS, *DRY])
def test_every_command_takes_yes_and_dry_run_and_then_changes_nothing(released, words):
    released.release(f"{words} --yes --dry-run").succeeds()
    assert released.unchanged()


def test_a_dry_run_of_the_demo_meets_what_is_in_its_way(released):
    released.release("demo --dry-run elsewhere").succeeds().says("Would build the demo in", "elsewhere")
    released.release("demo --dry-run model").fails_with(2).says("is not empty").helps("release demo model-2")
    assert released.unchanged()


def test_of_a_release_without_a_commit_only_the_tag_is_taken_back(project):
    head = project.head
    project.release("bump minor --no-push --no-commit --yes").succeeds()
    project.release("recover --undo").succeeds().says("its tag is removed here")
    assert project.head == head
    assert "refs/tags/v0.1.0" not in project.refs
