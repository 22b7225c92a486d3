"""Many at once: eight clones, two processes in one clone, a merge that lands between reading and pushing."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
from faults.case import MAIN, TAG
from faults.hooks import install
from project import Project

CLONES = 8
ROUNDS = 8
# Pushes wait for each other inside the server, so that the refs' old values are what decides.
BARRIER = """\
folder={folder}/$(cat {folder}/round)
mkdir -p "$folder"
: > "$folder/$$"
for i in $(seq 150); do
  [ "$(ls "$folder" | wc -l)" -ge 2 ] && break
  sleep 0.1
done
"""
# Somebody's merge, made in the origin itself.
MERGE = """\
cd {origin}
blob=$(echo theirs $$ | git hash-object -w --stdin)
tree=$( (git ls-tree main; printf '100644 blob %s\\t%s\\n' $blob {path}) | git mktree)
git update-ref refs/heads/main $(git -c user.name=b -c user.email=b@c commit-tree -p main -m Merge $tree)
"""


def test_of_eight_clones_one_wins_each_round_and_the_others_know_who_it_was(new_case):
    case = new_case()
    barrier = case.world.root / "home" / "barrier"
    install(case.world.origin, "pre-receive", BARRIER.format(folder=barrier))
    barrier.mkdir()
    clones = [case.project.clone(f"clone-{number}") for number in range(CLONES)]
    refused_by_the_server = 0
    for number in range(1, ROUNDS + 1):
        for clone in clones:
            clone.git("pull", "--quiet", "--ff-only", "--tags")
        befores = [(clone.head, _own(clone), clone.status) for clone in clones]
        (barrier / "round").write_text(f"round-{number}")
        ends = _all_at_once(clones, f"round {number}")
        winners = [clone for clone, (code, _) in zip(clones, ends, strict=True) if code == 0]
        assert len(winners) == 1, ends
        tag = f"v0.1.{number}"
        assert winners[0].refs[f"refs/tags/{tag}"] == case.project.origin[f"refs/tags/{tag}"]
        assert winners[0].head == case.project.origin[MAIN]
        for clone, before, (code, said) in zip(clones, befores, ends, strict=True):
            if clone is not winners[0]:
                assert code == 7, said
                assert tag in said, said
                assert (clone.head, _own(clone), clone.status) == before
        arrived = len(list((barrier / f"round-{number}").iterdir()))
        assert arrived >= 2, "no push was refused by the server"
        refused_by_the_server += arrived - 1
    changelog = winners[0].read("CHANGELOG.md").decode()
    assert re.findall(r"^## \[(\d.+?)\]", changelog, re.MULTILINE) == [f"0.1.{n}" for n in range(ROUNDS, 0, -1)]
    assert len([ref for ref in case.project.origin if ref.startswith("refs/tags/")]) == ROUNDS + 1
    case.note("eight clones at once", "file", f"{ROUNDS} rounds", f"one each; {refused_by_the_server} refused there")


def test_a_merge_that_lands_meanwhile_is_taken_in_and_everything_is_computed_anew(new_case):
    case = new_case()
    merge = MERGE.format(origin=case.world.origin, path="theirs.txt")
    once = f"[ -e {case.armed} ] || {{ touch {case.armed}; {merge} }}"
    run = case.bump(at="keep", line=once)
    assert run.code == 0, str(run)
    assert run.err.count("done: keep") == 2
    assert case.project.git("log", "-1", "--format=%s", "HEAD^") == "Merge"
    assert case.project.origin[MAIN] == case.project.head
    assert case.project.origin[TAG] == case.project.refs[TAG]
    assert case.project.read("theirs.txt").startswith(b"theirs")
    case.nothing_of_mine_is_lost("theirs.txt")
    case.no_leftovers()
    case.note("merge meanwhile", "file", "between reading and pushing", "whole, planned anew")


def test_it_does_not_follow_for_ever(new_case):
    case = new_case()
    run = case.bump(at="keep", line=MERGE.format(origin=case.world.origin, path="theirs-$$.txt"))
    assert run.code == 7, str(run)
    assert run.err.count("done: keep") == 4
    assert TAG not in case.project.origin
    case.nothing_of_mine_is_lost(*case.project.git("ls-files", "theirs*").splitlines())
    case.no_leftovers()
    case.note("merges without end", "file", "between reading and pushing", "exit 7")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("notes.txt", "an untracked file is in the way"),
        ("local.env", "an ignored file is"),
        ("x.dvc", "pointers changed"),
    ],
)
def test_a_merge_that_cannot_be_taken_in_safely_is_left_to_the_user(new_case, path, why):
    case = new_case()
    merge = MERGE.format(origin=case.world.origin, path=path)
    run = case.bump(at="keep", line=merge)
    run.fails_with(7).helps("git pull")
    assert case.project.head == case.before.head
    case.nothing_of_mine_is_lost()
    case.no_leftovers()
    case.note("merge meanwhile", "file", why, "nothing, exit 7")


def test_with_own_commits_one_rebases_and_then_it_succeeds(new_case):
    case = new_case()
    case.project.write("model/performance.json", '{"overall": {"f1": 0.88}}\n')
    case.project.git("commit", "--quiet", "-m", "Mine", "model/performance.json")
    head = case.project.head
    case.__post_init__()
    run = case.bump(at="keep", line=MERGE.format(origin=case.world.origin, path="theirs.txt"))
    run.fails_with(7).helps("git pull --rebase")
    assert case.project.head == head
    case.nothing_of_mine_is_lost()
    case.no_leftovers()
    case.project.git("pull", "--quiet", "--rebase", "--autostash", "origin", "main")
    case.second_try()
    case.note("merge meanwhile, own commits", "file", "between reading and pushing", "nothing, exit 7; then rebased")


def test_a_tip_that_somebody_has_released_is_named(new_case):
    case = new_case()
    release = "git -c user.name=b -c user.email=b@c tag -a v0.3.0 -m wordCNN main"
    line = f"{MERGE.format(origin=case.world.origin, path='theirs.txt')}{release}"
    run = case.bump(at="keep", line=line)
    run.fails_with(7).says("someone released v0.3.0").helps("git pull")
    assert case.project.head == case.before.head
    case.nothing_of_mine_is_lost()
    case.no_leftovers()
    case.note("released by somebody meanwhile", "file", "between reading and pushing", "nothing, exit 7")


@pytest.mark.parametrize("host", ["atomic", "branch first"])
def test_two_jobs_of_one_second_make_the_same_commit_and_the_slower_one_is_told_no(new_case, host):
    case = new_case()
    if host == "branch first":
        case.project.write(".release.toml", "atomic-push = false\ndirty-ok = ['notebooks/**']\n")
        text = case.project.read("pyproject.toml").decode().partition("[tool.release]")[0]
        case.project.write("pyproject.toml", text)
        case.project.git("add", ".release.toml", "pyproject.toml")
        case.project.git("commit", "--quiet", "-m", "One after the other")
        case.project.git("push", "--quiet", "origin", "main")
        case.__post_init__()
    other = case.project.clone("second-job")
    second = f"{case.world.seconds + 100} +0000"
    case.world.variables |= {"GIT_AUTHOR_DATE": second, "GIT_COMMITTER_DATE": second}
    said = case.world.root / "home" / "said"
    faster = f"cd {other.folder}; {sys.executable} -m release bump minor -m charCNN --yes >{said} 2>&1"
    run = case.bump(at="keep", line=faster)
    assert other.refs[TAG] == case.project.origin[TAG], said.read_text()
    run.fails_with(7).says("someone released v0.2.0").helps("git pull")
    assert case.project.head == case.before.head
    assert TAG not in case.project.refs
    case.nothing_of_mine_is_lost()
    case.no_leftovers()
    case.project.git("pull", "--quiet", "--ff-only", "--tags", "origin", "main")
    assert case.project.head == other.head == case.project.origin[MAIN]
    case.project.release("bump auto --yes --json").succeeds()
    case.note("two jobs of one second", "file", f"the same commit, {host}", "nothing, exit 7")


@pytest.mark.fast
def test_two_processes_in_one_clone_do_not_meet(new_case):
    case = new_case()
    other = f"{sys.executable} -m release bump major --yes >{case.world.root}/home/said 2>&1; echo $? >{case.armed}"
    run = case.bump(at="keep", line=other)
    said = (case.world.root / "home" / "said").read_text()
    assert case.armed.read_text().strip() == "7", said
    assert re.search(r"running in this clone: process \d+ on \S+, for \d+ s", " ".join(said.split())), said
    assert "interrupted:" not in said
    assert "help: wait for it" in said
    case.settled(run, "two in one clone", "while the first one has the lock", may=(0,))


@pytest.mark.parametrize("kind", ["update-ref", "read-tree"])
def test_a_git_that_outlives_us_still_holds_the_lock(new_case, kind):
    case = new_case()
    done = case.world.root / "home" / "done"
    name, at = {"update-ref": ("reference-transaction", "publish"), "read-tree": ("post-index-change", "move refs")}[
        kind
    ]
    slow = (
        f"[ -e {case.armed} ] || exit 0\nP=$(cat {case.armed}); rm {case.armed}; kill -KILL $P; sleep 1.5; touch {done}"
    )
    hook = install(case.project.folder / ".git", name, slow)
    run = case.bump(at=at, line=f"echo $RELEASE > {case.armed}")
    assert run.code == -9
    case.project.release("recover --yes").fails_with(7).says("running in this clone")
    end = time.monotonic() + 60
    while not done.exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    time.sleep(0.3)
    hook.unlink()
    case.settled(run, "git outlives us", kind, may=(-9,))


def test_what_a_hook_left_running_does_not_hold_the_lock(new_case):
    case = new_case()
    kept = case.world.root / "home" / "kept"
    leaves = f"grep -q {TAG} && [ ! -e {kept} ] && {{ sleep 60 >/dev/null 2>&1 </dev/null & echo $! >{kept}; }}"
    hook = install(case.project.folder / ".git", "reference-transaction", f"{leaves}\nexit 0")
    case.bump().fails_with(0)
    hook.unlink()
    child = int(kept.read_text())
    os.kill(child, 0)  # it is still there
    case.project.release("bump minor --allow-empty --yes").succeeds()
    os.kill(child, signal.SIGKILL)
    case.no_leftovers()


def test_following_that_is_killed_is_finished_by_git_pull(new_case):
    case = new_case()
    merge = MERGE.format(origin=case.world.origin, path="theirs.txt")
    kills = f'[ "$1" = prepared ] && grep -q refs/heads/main && kill -KILL $(cat {case.armed}); exit 0'
    hook = install(case.project.folder / ".git", "reference-transaction", kills)
    run = case.bump(at="keep", line=f"echo $RELEASE >{case.armed}; {merge}")
    assert run.code == -9, str(run)
    hook.unlink()
    case.project.git("pull", "--quiet", "--ff-only", "origin", "main")
    case.nothing_of_mine_is_lost("theirs.txt")
    case.bump().fails_with(0)
    case.no_leftovers()
    case.note("SIGKILL", "file", "while it follows a merge", "killed, pulled, then whole")


def _all_at_once(clones: list[Project], message: str) -> list[tuple[int, str]]:
    words = [sys.executable, "-m", "release", "bump", "patch", "--allow-empty", "-m", message, "--yes"]
    running = [
        subprocess.Popen(
            words,
            cwd=clone.folder,
            env=clone.world.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for clone in clones
    ]
    said = [process.communicate(timeout=120)[0] for process in running]
    return [(process.returncode, text) for process, text in zip(running, said, strict=True)]


def _own(clone: Project) -> dict[str, str]:
    return {name: id for name, id in clone.refs.items() if not name.startswith("refs/remotes/")}
