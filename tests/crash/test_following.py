"""How a clone follows what is published: once, as a whole, and round everything that the user did meanwhile."""

import os
import shutil
import threading
import time

import pytest
from faults.case import MAIN, TAG, WRITTEN, Case
from faults.hooks import install, while_the_server_thinks

KILL = "kill -KILL $RELEASE"
# Stands before git on PATH: once it is armed, the user is faster than `update-ref`.
FASTER = """\
#!/bin/sh
PATH=$REAL_PATH
case " $* " in *" update-ref "*) if [ -e {armed} ]; then rm {armed}; {line}; fi;; esac
exec git "$@"
"""


def test_refs_here_move_together_or_not_at_all(new_case):
    case: Case = new_case()
    refuses = '[ "$1" = prepared ] && grep -q refs/tags/ && exit 1; exit 0'
    hook = install(case.project.folder / ".git", "reference-transaction", refuses)
    run = case.bump().fails_with(8).says("is published, but this clone could not follow")
    assert case.project.refs[MAIN] == case.project.head == case.before.head
    assert TAG not in case.project.refs
    hook.unlink()
    case.settled(run, "a hook here refuses the tag", "update-ref", may=(8,))


def test_a_commit_made_in_the_moment_of_the_update_is_not_lost(new_case):
    case: Case = new_case()
    _somebody_is_faster(case, "git commit -q --allow-empty -m Mine </dev/null")
    case.bump(at="publish", line=f"touch {case.armed}").fails_with(0).says("git pull --rebase")
    assert case.project.git("log", "-1", "--format=%s", "main") == "Mine"
    assert case.project.refs[TAG] == case.project.origin[TAG]
    case.nothing_of_mine_is_lost()
    case.no_leftovers()


def test_a_tag_made_in_the_moment_of_the_update_is_not_lost(new_case):
    case: Case = new_case()
    _somebody_is_faster(case, "git tag v0.2.0")
    case.bump(at="publish", line=f"touch {case.armed}").fails_with(0).says("a different local tag v0.2.0 exists")
    assert case.project.refs[TAG] == case.before.head
    case.nothing_of_mine_is_lost()


def test_another_tag_here_is_left_as_it_is(new_case):
    case: Case = new_case()
    case.bump(at="publish", line=KILL)
    case.project.git("tag", "v0.2.0")
    case.recover().fails_with(0).says("a different local tag v0.2.0 exists").says("git fetch --tags")
    assert case.project.refs[TAG] == case.before.head
    case.nothing_of_mine_is_lost()


def test_the_logs_of_the_refs_say_who_moved_them(new_case):
    case: Case = new_case()
    case.bump().fails_with(0)
    for ref in ("HEAD", MAIN, TAG):
        log = (case.project.folder / ".git" / "logs" / ref).read_text()
        assert log.splitlines()[-1].endswith("\trelease: v0.2.0"), ref


def test_a_branch_with_a_commit_of_the_user_s_is_left(new_case):
    case: Case = new_case()
    case.bump(at="publish", line=KILL)
    case.project.git("commit", "--quiet", "--allow-empty", "-m", "Mine")
    mine = case.project.head
    case.recover().fails_with(0).says("git pull --rebase")
    assert case.project.head == case.project.refs[MAIN] == mine
    assert case.project.refs[TAG] == case.project.origin[TAG]
    case.nothing_of_mine_is_lost()
    case.no_leftovers()


def test_a_branch_that_was_pulled_meanwhile_is_done(new_case):
    case: Case = new_case()
    case.bump(at="publish", line=KILL)
    case.project.git("pull", "--quiet", "--ff-only", "origin", "main")
    case.project.git("commit", "--quiet", "--allow-empty", "-m", "Mine")
    mine = case.project.head
    case.recover().fails_with(0).never_says("git pull")
    assert case.project.head == mine
    case.nothing_of_mine_is_lost()
    case.no_leftovers()


def test_a_detached_head_makes_no_branch(new_case):
    case: Case = new_case()
    case.project.git("checkout", "--quiet", "--detach")
    case.project.git("branch", "--quiet", "-D", "main")
    case.bump().fails_with(0)
    assert TAG in case.project.origin
    assert MAIN not in case.project.refs
    assert case.project.head == case.before.head
    case.nothing_of_mine_is_lost()


def test_after_a_lost_answer_the_remote_s_branch_is_known_here(new_case):
    case: Case = new_case()
    armed = while_the_server_thinks(case, "kill -KILL $(cat /proc/$P/task/$P/children); sleep 0.3")
    case.bump(at="keep", line=f"echo $RELEASE > {armed}").fails_with(8)
    end = time.monotonic() + 60
    while TAG not in case.project.origin:
        assert time.monotonic() < end
        time.sleep(0.05)
    case.recover().fails_with(0)
    assert case.project.refs["refs/remotes/origin/main"] == case.project.origin[MAIN]
    case.whole()


def test_a_work_tree_that_is_on_another_branch_by_now_is_left_alone(new_case):
    case: Case = new_case()
    case.bump(at="publish", line=KILL)
    case.project.git("switch", "--quiet", "-c", "topic")
    case.recover().fails_with(0)
    assert case.project.head == case.before.head
    assert case.project.refs[MAIN] == case.project.origin[MAIN]
    assert not (case.project.folder / "CHANGELOG.md").exists()
    case.nothing_of_mine_is_lost()


def test_the_work_tree_that_was_released_from_follows_wherever_recover_is_called(new_case):
    case: Case = new_case()
    side = case.world.root / "side"
    case.project.git("worktree", "add", "--quiet", "-b", "release/1", side, "main")
    case.project.git("push", "--quiet", "origin", "release/1")
    folder, case.project.folder = case.project.folder, side
    case.bump(at="publish", line=KILL)
    case.project.folder = folder
    case.recover().fails_with(0)
    assert case.project.git("-C", side, "status", "--porcelain") == ""
    assert (side / "CHANGELOG.md").exists()
    assert not (folder / "CHANGELOG.md").exists()
    case.nothing_of_mine_is_lost()


@pytest.mark.parametrize("at", ["publish", "move refs"])
@pytest.mark.parametrize("how", ["moved", "copied"])
def test_a_clone_that_lies_elsewhere_by_now_follows_there(new_case, how, at):
    """As in a container whose folders have other names, or after `mv`."""
    case: Case = new_case()
    run = case.bump(at=at, line=KILL)
    elsewhere = case.world.root / "elsewhere"
    if how == "moved":
        case.project.folder.rename(elsewhere)
    else:
        shutil.copytree(case.project.folder, elsewhere, symlinks=True)
    case.project.folder = elsewhere
    case.settled(run, f"SIGKILL, then {how}", f"after {at}", may=(-9,))


def test_what_was_staged_after_the_kill_stays_staged(new_case):
    case: Case = new_case()
    case.bump(at="publish", line=KILL)
    text = case.project.read("pyproject.toml")
    case.project.write("pyproject.toml", text + b"# staged\n")
    case.project.git("add", "pyproject.toml")
    case.project.write("pyproject.toml", text)
    case.recover().fails_with(0).says("left as they are")
    assert case.project.git("show", ":pyproject.toml").endswith("# staged")
    assert case.project.read("pyproject.toml") == text


def test_after_a_kill_in_the_files_the_index_is_fresh(new_case):
    case: Case = new_case()
    case.bump(at="move refs", line=KILL)
    case.project.write("CHANGELOG.md", case.project.file_at("HEAD", "CHANGELOG.md")[:20])
    (case.project.folder / "pyproject.toml").write_bytes(case.project.file_at("HEAD", "pyproject.toml"))
    case.recover().fails_with(0)
    assert case.project.git("diff-files", "--name-only", "--", *WRITTEN) == ""
    case.whole()


def test_a_lock_of_the_index_that_was_begun_is_ours(new_case):
    case: Case = new_case()
    run = case.bump(at="move refs", line=KILL)
    git_dir = case.project.folder / ".git"
    (git_dir / "index.lock").write_bytes((git_dir / "index").read_bytes()[:100])
    case.settled(run, "SIGKILL", "while the index is written", may=(-9,))


def test_a_lock_that_goes_in_a_moment_is_waited_for(new_case):
    case: Case = new_case()
    case.bump(at="publish", line=KILL)
    lock = case.project.folder / ".git" / f"{MAIN}.lock"
    lock.write_text("1" * 40 + "\n")
    gone = threading.Timer(1.5, lock.unlink)
    gone.start()
    case.recover().fails_with(0)
    gone.join()
    case.whole()


def test_an_empty_object_that_is_not_of_the_release_is_left(new_case):
    case: Case = new_case()
    case.bump(at="publish", line=KILL)
    theirs = case.project.folder / ".git" / "objects" / "ab" / ("c" * 38)
    theirs.parent.mkdir(exist_ok=True)
    theirs.touch()
    case.recover().fails_with(0)
    assert theirs.exists()
    theirs.unlink()
    case.whole()
    case.no_leftovers()


def _somebody_is_faster(case: Case, line: str) -> None:
    folder = case.world.root / "home" / "bin"
    folder.mkdir()
    (folder / "git").write_text(FASTER.format(armed=case.armed, line=line))
    (folder / "git").chmod(0o755)
    path = case.world.environment()["PATH"]
    assert shutil.which("git", path=path)
    case.world.variables |= {"REAL_PATH": path, "PATH": f"{folder}{os.pathsep}{path}"}
