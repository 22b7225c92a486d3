"""What is not ours is not touched: locks, `.keep` files, edits made after a kill or while the question was open."""

import os
import shutil

import pytest
from faults.case import TAG, WRITTEN

from release.commands.bump.work import bump
from release.core.release import BumpRequest
from release.engine.project import project_in
from release.errors import Interrupted, Raced, Refused

KILL = "kill -KILL $RELEASE"


@pytest.mark.parametrize("name", ["index.lock", "refs/heads/main.lock", "refs/tags/v0.2.0.lock"])
def test_a_lock_that_is_somebody_elses_stays_and_is_told(new_case, name):
    case = new_case()
    case.bump(at="publish", line=KILL)
    lock = case.project.folder / ".git" / name
    lock.parent.mkdir(exist_ok=True)
    content = (case.project.folder / ".git" / "index").read_bytes() if name == "index.lock" else b"1" * 40 + b"\n"
    lock.write_bytes(content)
    case.recover().fails_with(8).says("is in the way").helps(f"rm {lock}")
    assert lock.read_bytes() == content
    lock.unlink()
    case.recover().fails_with(0)
    case.whole()
    case.note("somebody else's lock", "file", name, "8, left alone; then recovered whole")


def test_a_lock_that_was_there_before_the_release_is_not_taken_for_ours(new_case):
    case = new_case()
    case.bump(at="publish", line=KILL)
    lock = case.project.folder / ".git" / "index.lock"
    lock.touch()
    os.utime(lock, (1, 1))
    case.recover().fails_with(8).says("is in the way")
    lock.unlink()
    case.recover().fails_with(0)


def test_an_empty_lock_of_a_git_of_ours_goes(new_case):
    case = new_case()
    case.bump(at="publish", line=KILL)
    for name in ("index.lock", "HEAD.lock", "refs/heads/main.lock"):
        (case.project.folder / ".git" / name).touch()
    case.recover().fails_with(0)
    case.whole()
    case.no_leftovers()


def test_packs_that_others_keep_stay_kept(new_case):
    case = new_case()
    theirs = case.project.folder / ".git" / "objects" / "pack" / f"pack-{'0' * 40}.keep"
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_text("mine\n")
    case.bump().fails_with(0)
    assert theirs.read_text() == "mine\n"


@pytest.mark.parametrize("path", ["CHANGELOG.md", "pyproject.toml"])
def test_an_edit_made_after_the_kill_is_never_lost(new_case, path):
    case = new_case()
    case.bump(at="publish", line=KILL)
    case.project.write(path, "# edited after the kill\n")
    case.recover().fails_with(0).says("left as they are")
    assert case.project.read(path) == b"# edited after the kill\n"
    assert case.project.refs[TAG] == case.project.origin[TAG]
    case.note("edited after the kill", "file", path, "killed, refs follow, the edit stays")


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("an ignored file appeared_meanwhile", Refused),
        ("a file was changed_meanwhile", Refused),
        ("the index was locked, changed_meanwhile", Refused),
        ("the branch was changed_meanwhile", Raced),
        ("the tag appeared_meanwhile", Raced),
    ],
)
def test_what_happens_while_the_question_is_open_is_seen(new_case, what, error):
    case = new_case()
    project = project_in(case.project.folder, case.world.environment(), on_terminal=False)
    git_dir = case.project.folder / ".git"

    def answer(plan):
        if what.startswith("an ignored"):
            (git_dir / "info").mkdir(exist_ok=True)
            case.project.write(".git/info/exclude", "CHANGELOG.md\n")
            case.project.write("CHANGELOG.md", "mine, and ignored\n")
        elif what.startswith("a file"):
            case.project.write("pyproject.toml", "edited\n")
        elif what.startswith("the index"):
            (git_dir / "index.lock").touch()
        elif what.startswith("the branch"):
            case.project.git("commit", "--quiet", "--allow-empty", "-m", "Mine")
        else:
            case.project.git("tag", "v0.2.0")
        return True

    with pytest.raises(error):
        bump(BumpRequest(kind="minor"), project, answer)
    assert case.project.origin == case.before.origin
    assert not list(git_dir.glob("release/pending*"))
    if what.startswith("an ignored"):
        assert case.project.read("CHANGELOG.md") == b"mine, and ignored\n"
    case.note(what.replace("_", " "), "file", "while the question is open", f"nothing, exit {int(error.code)}")


def test_a_release_that_is_interrupted_while_the_question_is_open_comes_first(new_case):
    case = new_case()
    project = project_in(case.project.folder, case.world.environment(), on_terminal=False)

    def answer(plan):
        case.bump(at="keep", line=f"mv {case.world.origin} {case.world.root}/away.git").fails_with(8)
        shutil.move(case.world.root / "away.git", case.world.origin)
        return True

    with pytest.raises(Interrupted, match="a release was interrupted"):
        bump(BumpRequest(kind="minor"), project, answer)
    assert case.project.origin == case.before.origin
    case.recover().fails_with(0)
    case.whole()
    case.nothing_of_mine_is_lost()
    case.no_leftovers()
    case.note("another was interrupted", "file", "while the question is open", "8, recovered whole")


def test_a_work_tree_that_is_gone_gets_only_its_refs(new_case):
    case = new_case()
    side = case.world.root / "side"
    case.project.git("worktree", "add", "--quiet", "-b", "release/1", side, "main")
    case.project.git("push", "--quiet", "origin", "release/1")
    folder, case.project.folder = case.project.folder, side
    case.bump(at="publish", line=KILL)
    case.project.folder = folder
    shutil.rmtree(side)
    case.recover().fails_with(0).says("is gone")
    assert case.project.refs[TAG] == case.project.origin[TAG]
    assert case.project.refs["refs/heads/release/1"] == case.project.origin["refs/heads/release/1"]
    case.nothing_of_mine_is_lost()
    case.project.git("worktree", "prune")


def test_a_detached_head_moves_a_branch_only_if_it_was_there(new_case):
    case = new_case()
    case.project.git("checkout", "--quiet", "--detach")
    index = (case.project.folder / ".git" / "index").read_bytes()
    case.bump().fails_with(0)
    assert case.project.head == case.before.head
    assert (case.project.folder / ".git" / "index").read_bytes() == index
    assert not (case.project.folder / "CHANGELOG.md").exists()
    case.nothing_of_mine_is_lost()
    assert case.project.refs["refs/heads/main"] == case.project.origin["refs/heads/main"] != case.before.head
    case.no_leftovers()


def test_looking_leaves_the_index_alone_to_the_byte(new_case):
    case = new_case()
    index = case.project.folder / ".git" / "index"
    os.utime(case.project.folder / "pyproject.toml")  # `git status` would refresh the index now
    before = index.read_bytes(), index.stat().st_mtime_ns
    case.project.release("bump minor --dry-run").succeeds()
    case.project.release("status").succeeds()
    assert (index.read_bytes(), index.stat().st_mtime_ns) == before


def test_line_ends_of_a_file_stay_what_they_are_in_git(new_case):
    case = new_case()
    case.project.write("CHANGELOG.md", "# Changelog\r\n\r\nHand-written.\r\n")
    case.project.git("add", "CHANGELOG.md")
    case.project.git("commit", "--quiet", "-m", "Written elsewhere")
    case.project.git("push", "--quiet", "origin", "main")
    case.project.git("config", "core.autocrlf", "input")
    case.project.git("checkout", "--quiet", "HEAD")
    case.bump().fails_with(0)
    text = case.project.file_at("HEAD", "CHANGELOG.md")
    assert b"Hand-written.\r\n" in text
    assert b"\n" not in text.replace(b"\r\n", b"")


def test_what_git_holds_is_edited_not_what_lies_on_disk(new_case):
    case = new_case()
    case.project.git("config", "core.autocrlf", "true")
    (case.project.folder / "pyproject.toml").unlink()
    case.project.git("checkout", "--quiet", "--", "pyproject.toml")
    assert b"\r\n" in case.project.read("pyproject.toml")
    case.bump().fails_with(0)
    for path in WRITTEN:
        assert b"\r" not in case.project.file_at("HEAD", path)
        assert b"\r\n" in case.project.read(path)
    case.nothing_of_mine_is_lost()


def test_a_folder_that_is_a_link_is_not_written_through(new_case):
    case = new_case()
    outside = case.world.root / "home" / "outside"
    outside.mkdir()
    (case.project.folder / "docs").symlink_to(outside)
    text = case.project.read("pyproject.toml").decode() + 'changelog = "docs/CHANGES.md"\n'
    case.project.write("pyproject.toml", text)
    case.project.git("add", "docs", "pyproject.toml")
    case.project.git("commit", "--quiet", "-m", "Docs elsewhere")
    case.project.git("push", "--quiet", "origin", "main")
    before = case.project.origin
    case.bump().fails_with(3).says("docs/CHANGES.md is a link").helps("changelog = ")
    assert case.project.origin == before
    assert not list(outside.iterdir())
    case.no_leftovers()


@pytest.mark.parametrize("count", [0, 1, 20])
def test_a_file_that_git_had_written_only_the_beginning_of_is_completed(new_case, count):
    case = new_case()
    case.bump(at="move refs", line=KILL)
    whole = case.project.file_at("HEAD", "CHANGELOG.md")
    case.project.write("CHANGELOG.md", whole[:count])
    (case.project.folder / "pyproject.toml").unlink()  # git unlinks the old file before it writes the new one
    case.recover().fails_with(0)
    case.whole()
    case.nothing_of_mine_is_lost()
    case.no_leftovers()
    case.note("killed while writing files", "file", f"after {count} bytes", "killed, recovered whole")
