"""The question for KIND: beside each level stands the version that the release will have, by the remote's tags, too."""

from __future__ import annotations

import sys

import pexpect
import pytest

from release.core.release import BumpRequest
from release.engine.kind import Choices, read_choices
from release.engine.project import project_in

pytestmark = pytest.mark.fast

QUESTION = "What kind of release?"


def choices(project, **options) -> Choices:
    opened = project_in(project.folder, project.world.environment(), on_terminal=False)
    return read_choices(opened, BumpRequest(kind="", **options))


@pytest.mark.parametrize(
    ("tag", "versions"),
    [
        ("v1.4.2", {"major": "2.0.0", "minor": "1.5.0", "patch": "1.4.3", "candidate": "1.4.3-rc.1"}),
        (
            "v1.5.0-rc.2",
            {"major": "2.0.0", "minor": "1.5.0", "patch": "1.5.0", "pre": "1.5.0-rc.3", "final": "1.5.0"},
        ),
        ("2-track-data", {"patch": "0.0.1", "minor": "0.1.0", "major": "1.0.0", "candidate": "0.1.0-rc.1"}),
    ],
)
def test_a_person_chooses_among_the_versions_that_are_possible(project, tag, versions):
    project.git("tag", "-a", tag, "-m", "x")
    project.git("push", "--quiet", "origin", tag)
    project.save("More")
    found = choices(project)
    assert dict(found.versions) == versions
    assert found.answer is not None


@pytest.mark.parametrize(
    ("options", "kind", "more"),
    [({}, "minor", ""), ({"pre": "rc"}, "minor", "--pre rc"), ({"base": "v0.1.0"}, "major", "--base v0.1.0")],
)
def test_every_choice_is_what_the_plan_of_that_kind_comes_to(released, options, kind, more):
    released.save("feat: more")
    plan = released.release(f"bump {kind} {more} --dry-run --json").succeeds().json
    assert choices(released, **options).versions[kind] == plan["version"]
    auto = released.release(f"bump auto {more} --dry-run --json").succeeds().json
    found = choices(released, **options).auto
    assert found == (auto["version"], auto["reasons"][0])


@pytest.fixture
def behind(released):
    """A colleague released v0.2.0; this clone has its commit, and not its tag."""
    colleague = released.clone("colleague")
    colleague.save("More")
    colleague.release("bump minor -m theirs --yes").succeeds()
    released.git("pull", "--quiet", "--no-tags", "origin", "main")
    released.save("Mine")
    assert "refs/tags/v0.2.0" not in released.refs
    return released


def asked(project, *words):
    environment = project.world.environment() | {"PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"}
    return pexpect.spawn(
        sys.executable,
        ["-m", "release", "bump", "-m", "x", *words],
        env=environment,
        cwd=str(project.folder),
        timeout=60,
        encoding="utf-8",
        dimensions=(40, 100),
    )


def test_the_tags_that_only_the_remote_has_count(behind):
    child = asked(behind)
    child.expect_exact(QUESTION)
    child.expect(r"patch +0\.2\.1")
    child.expect(r"minor +0\.3\.0")
    child.send("\r")
    child.expect_exact("Release v0.2.1?")
    child.send("y\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert behind.published("v0.2.1")


def test_a_remote_that_does_not_answer_is_told_in_the_question(behind):
    behind.git("remote", "set-url", "origin", "file:///nowhere/at/all")
    child = asked(behind)
    child.expect_exact("origin did not answer; only local tags are used")
    child.expect(r"patch +0\.1\.1")
    child.send("\x03")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130


def test_a_remote_that_hangs_keeps_nobody_from_the_question_for_long(behind):
    program = behind.world.root / "dead-upload-pack"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    behind.git("config", "remote.origin.uploadpack", str(program))
    child = asked(behind)
    child.expect_exact("asking origin for its tags")
    child.expect_exact("origin did not answer", timeout=60)
    child.send("\x03")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130


def end(child):
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def test_what_changed_is_shown_before_the_question(released):
    released.train(b"better" * 1000, '{"overall": {"f1": 0.9, "loss": 0.2}}\n')
    child = asked(released)
    child.expect_exact("v0.1.0 is the latest release   on main, 1 commit since")
    child.expect(r"overall\.f1 +0\.8412 +0\.9000 +\+0\.0588 +better")
    child.expect(r"model/model\.pt +\S+ k?B -> 6\.0 kB +changed")
    child.expect_exact("1 check passed: work tree")
    child.expect_exact(QUESTION)
    child.send("\r")
    child.expect_exact("Release v0.2.0?")
    assert "overall.f1" not in child.before
    assert "data on remote" in child.before
    child.send("\x03")
    assert end(child) == 130


def test_what_the_quiet_did_not_show_before_the_question_is_in_the_plan(released):
    released.train(b"better" * 1000, '{"overall": {"f1": 0.9, "loss": 0.2}}\n')
    child = asked(released, "--quiet")
    child.expect_exact(QUESTION)
    assert "overall.f1" not in child.before
    child.send("\r")
    child.expect_exact("Release v0.2.0?")
    assert "overall.f1" in child.before
    child.send("\x03")
    assert end(child) == 130


def test_the_git_remote_is_asked_once(released):
    released.save("feat: more")
    log = released.world.root / "asked"
    program = released.world.root / "upload-pack"
    program.write_text(f'#!/bin/sh\necho asked >>{log}\nexec git-upload-pack "$@"\n')
    program.chmod(0o755)
    released.git("config", "remote.origin.uploadpack", str(program))
    child = asked(released, "--no-push")
    child.expect_exact(QUESTION)
    child.send("\r")
    child.expect_exact("Release v0.2.0?")
    child.send("\x03")
    assert end(child) == 130
    assert log.read_text() == "asked\n"


def test_what_refuses_every_kind_is_told_in_its_place(released):
    released.save("More")
    released.write("README.md", "# Changed\n")
    released.before = released.snapshot()
    child = asked(released)
    assert child.expect_exact([QUESTION, "help: git commit -a   (or git stash)"]) == 1
    assert end(child) == 3
    assert released.unchanged()


def test_where_all_is_released_nothing_is_asked_and_forgotten_changes_are_named(released):
    released.write("README.md", "# Changed\n")
    child = asked(released)
    assert child.expect_exact([QUESTION, "v0.1.0 is already released at this commit"]) == 1
    child.expect_exact("1 changed file not committed: README.md")
    assert end(child) == 0


def test_a_candidate_becomes_final_at_its_commit(released):
    released.save("feat: more")
    released.release("bump minor --pre rc --no-commit --yes").succeeds()
    child = asked(released)
    child.expect_exact("main is at v0.2.0-rc.1; nothing to release")
    child.expect(r"final +0\.2\.0")
    child.send("\x03")
    assert end(child) == 130


def test_a_candidate_is_a_prerelease_of_what_auto_chooses(released):
    released.save("feat: more")
    child = asked(released)
    child.expect(r"candidate +0\.2\.0-rc\.1")
    child.send("\x1b[B" * 4 + "\r")
    child.expect_exact("Release v0.2.0-rc.1?")
    child.send("y\r")
    assert end(child) == 0
    assert released.published("v0.2.0-rc.1")


def test_warnings_are_counted_in_the_question(released):
    released.save("More")
    config = released.read(".dvc/config").decode()
    released.write(".dvc/config", config.replace(str(released.world.store), "../stores/blob"))
    released.save("Elsewhere")
    child = asked(released, "minor")
    child.expect(r"\d warnings?\. Release v0\.2\.0\?")
    child.send("\x03")
    assert end(child) == 130


def test_nothing_is_written_by_the_question(behind):
    behind.before = behind.snapshot()
    choices(behind)
    assert behind.unchanged()
