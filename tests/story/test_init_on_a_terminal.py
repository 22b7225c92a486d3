"""`release init` on a terminal: questions with good defaults, each file before it is written, one question at the end."""

import sys

import pexpect
import pytest

ENTER, DOWN = "\r", "\x1b[B"


@pytest.fixture
def terminal():
    children = []

    def start(project, *words):
        environment = project.world.environment() | {"PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"}
        child = pexpect.spawn(
            sys.executable,
            ["-m", "release", "init", *words],
            env=environment,
            cwd=str(project.folder),
            timeout=20,
            encoding="utf-8",
            dimensions=(60, 100),
        )
        children.append(child)
        return child

    yield start
    for child in children:
        child.close(force=True)


def end(child):
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


LIST, GATE, DROP = "Which metrics does `release list` show?", "Block a release if this metric", "How much may it drop?"
HOOKS, WHERE, WRITE = "Git hooks for forgotten data?", "Where should releases run?", "[n] cancel:"
MODELS = "Models with versions of their own?"
STORE = "Where are data and models stored (URL or folder)?"


def answer(child, *pairs):
    for question, keys in pairs:
        child.expect_exact(question)
        child.send(keys)


def test_enter_takes_the_defaults_and_y_writes(terminal, released):
    child = terminal(released)
    child.expect_exact("missing: a changelog, hooks, releases in CI")
    answer(child, (LIST, ENTER), (GATE, ENTER), (HOOKS, ENTER), (WHERE, ENTER))
    child.expect_exact("CHANGELOG.md")
    child.expect_exact("Write 3 files?")
    assert not (released.folder / "CHANGELOG.md").exists()
    answer(child, (WRITE, "y" + ENTER))
    child.expect_exact("Wrote 3 files.")
    assert end(child) == 0
    assert (released.folder / "CHANGELOG.md").exists()
    assert "headline" not in released.read(".release.toml").decode()


def test_choices_are_written(terminal, released):
    child = terminal(released, "--package", "dvc-release==0.1.0")
    answer(child, (LIST, " " + ENTER), (GATE, DOWN * 3 + ENTER), (DROP, ENTER), (HOOKS, DOWN + ENTER))
    answer(child, (WHERE, DOWN + ENTER), (WRITE, "y" + ENTER))
    assert end(child) == 0
    assert (released.folder / ".github/workflows/release.yml").exists()
    text = released.read(".release.toml").decode()
    assert '[tool.release.gate."overall.f1"]\nmax-regression = "2%"' in text
    assert 'headline = ["overall.' in text
    assert "release-hook add" in released.read(".pre-commit-config.yaml").decode()


def test_outs_that_look_like_models_get_versions_of_their_own_if_chosen(terminal, released):
    released.write_pipeline({"train": "models/charCNN.pt", "rank": "models/ranker.pkl"})
    child = terminal(released, "--ci", "none", "--no-hooks")
    answer(child, (MODELS, DOWN + " " + ENTER), (LIST, ENTER), (GATE, ENTER), (WRITE, "y" + ENTER))
    child.expect_exact("name the metric files of each model")
    assert end(child) == 0
    text = released.read(".release.toml").decode()
    assert '[tool.release.models.ranker]\npath = "models/ranker.pkl"' in text
    assert "models.charCNN" not in text


def test_d_shows_the_differences_and_asks_again(terminal, released):
    child = terminal(released, "--ci", "none", "--no-hooks")
    answer(child, (LIST, ENTER), (GATE, ENTER), (WRITE, "x" + ENTER), (WRITE, "d" + ENTER))
    child.expect_exact("+## [Unreleased]")
    answer(child, (WRITE, "y" + ENTER))
    assert end(child) == 0


def test_where_dvc_has_no_remote_its_address_is_asked_for(terminal, without_dvc):
    child = terminal(without_dvc, "--ci", "none", "--no-hooks")
    answer(child, ("Set DVC up?", ENTER), (STORE, "s3://bucket/data" + ENTER), (LIST, ENTER), (GATE, ENTER))
    answer(child, (WRITE, "y" + ENTER))
    assert end(child) == 0
    assert "url = s3://bucket/data" in without_dvc.read(".dvc/config").decode()


@pytest.mark.parametrize("typed", [True, False])
def test_the_folder_that_is_offered_is_the_one_that_is_written_typed_or_not(terminal, without_dvc, typed):
    (without_dvc.folder / "deep").mkdir()
    offered = str(without_dvc.folder.parent.resolve() / "project-dvc-storage")
    child = terminal(without_dvc, "--ci", "none", "--no-hooks", "-C", "deep")
    answer(child, ("Set DVC up?", ENTER))
    child.expect_exact(STORE)
    child.send((offered if typed else "") + ENTER)
    answer(child, (LIST, ENTER), (GATE, ENTER), (WRITE, "y" + ENTER))
    assert end(child) == 0
    assert f"url = {offered}\n" in without_dvc.read(".dvc/config").decode()


def test_without_dvc_none_is_set_up_and_no_hooks_are_asked_for(terminal, without_dvc):
    child = terminal(without_dvc, "--ci", "none")
    answer(child, ("Set DVC up?", DOWN + ENTER), (LIST, ENTER), (GATE, ENTER), (WRITE, "y" + ENTER))
    assert end(child) == 0
    assert not (without_dvc.folder / ".dvc").exists()
    assert not (without_dvc.folder / ".pre-commit-config.yaml").exists(), "hooks are for data"


def test_metrics_under_a_usual_name_are_found_and_help_works_where_one_stands(terminal, without_dvc):
    without_dvc.git("rm", "-q", "-r", "model")
    without_dvc.write("deep/metrics.json", '{"loss": 0.5}\n')
    without_dvc.save("Numbers")
    child = terminal(without_dvc, "--ci", "none", "--no-dvc", "-C", "deep")
    child.expect_exact("metrics in deep/metrics.json")
    answer(child, (GATE, DOWN + ENTER), ("How much worse may it get?", ENTER), (WRITE, "y" + ENTER))
    child.expect_exact("help: git add ../.release.toml ../CHANGELOG.md")
    assert end(child) == 0
    assert 'metrics = ["deep/metrics.json"]' in without_dvc.read(".release.toml").decode()


@pytest.mark.parametrize("said", ["n\r", "\r", "\x03"])
def test_no_changes_nothing(terminal, released, said):
    released.before = released.snapshot()
    child = terminal(released, "--ci", "none")
    answer(child, (LIST, ENTER), (GATE, ENTER), (HOOKS, ENTER), (WRITE, said))
    assert end(child) == 130
    assert released.unchanged()


def test_yes_asks_nothing(terminal, released):
    child = terminal(released, "--yes")
    child.expect_exact("Wrote 3 files.")
    assert end(child) == 0
    assert (released.folder / "CHANGELOG.md").exists()
