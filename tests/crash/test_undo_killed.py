"""An undo, a yank or a promotion that is killed, loses its answer or meets somebody else: all of it or nothing, and `recover` ends it."""

import shutil
import sys
import time
from pathlib import Path

import pytest
from faults.case import HEARD, PATIENCE_S, Case
from faults.hooks import install
from faults.injection import Injection, inside_git, inside_us, over
from project import Project, Run

CALLS = {
    "undo": ("undo", "--yes"),
    "yank": ("yank", "-m", "x", "--yes"),
    "mark": ("yank", "--no-commit", "-m", "x", "--yes"),
    "promote": ("promote", "v0.2.0", "prod", "--yes"),
}
MARKS = ("yanked/", "#")  # in names of tags that the change makes

MOST = 60


@pytest.fixture
def two(released: Project) -> Project:
    """v0.1.0, and v0.2.0, which a clone without local changes has released; a file that nobody tracks."""
    released.train(b"second", "{}")
    released.release("bump minor --yes").succeeds()
    released.write("notes.txt", "mine\n")
    return released


def state(two: Project) -> dict[str, object]:
    """Everything that the change could touch, here and on the origin, but for the ids of new commits."""
    marks = {name for name in (*two.refs, *two.origin) if any(part in name for part in MARKS)}
    trees = {name: two.git("rev-parse", f"{id}^{{tree}}") for name, id in two.refs.items() if name == "refs/heads/main"}
    return {
        "tags": {name: id for name, id in two.refs.items() if name.startswith("refs/tags/") and name not in marks},
        "marks": [name for name in two.refs if name in marks],
        "tags there": {name: id for name, id in two.origin.items() if "tags" in name and name not in marks},
        "marks there": [name for name in two.origin if name in marks],
        "same branch": two.origin["refs/heads/main"] == two.refs["refs/heads/main"] == two.head,
        "tree": trees,
        "commits": two.git("rev-list", "--count", "main"),
        "status": two.status,
        "changelog": two.read("CHANGELOG.md"),
        "model": two.read("model/model.pt"),
    }


@pytest.fixture(params=CALLS)
def ends(two: Project, tmp_path: Path, request) -> tuple[str, dict[str, object], dict[str, object]]:
    """The call, the state before it, and after one that nothing disturbs."""
    shutil.copytree(two.world.root, tmp_path / "template", symlinks=True)
    before = state(two)
    two.release(*CALLS[request.param]).succeeds()
    after = state(two)
    assert before != after
    assert after["same branch"]
    again(two, tmp_path)
    return request.param, before, after


def again(two: Project, tmp_path: Path) -> None:
    shutil.rmtree(two.world.root)
    shutil.copytree(tmp_path / "template", two.world.root, symlinks=True)


def start(two: Project, name: str, *, at: str = "", under: tuple[str, ...] = ()) -> Run:
    line = "kill -KILL $RELEASE" if at else "true"
    words = [sys.executable, str(HEARD), at, line, *CALLS[name], "-v"]
    done = two.world.run([*under, *words], folder=two.folder, ok=None)
    return Run(CALLS[name], done.returncode, done.stdout.decode(), done.stderr.decode())


def settled(two: Project, ends, *words: str) -> str:
    """One of the two ends, if need be by `recover`; says which."""
    _, before, after = ends
    end = time.monotonic() + PATIENCE_S
    while "is running in this clone" in (run := two.release("recover --yes", *words)).err and time.monotonic() < end:
        time.sleep(0.1)
    run.succeeds()
    now = state(two)
    assert now in (before, after)
    two.release("recover").succeeds().says("no release was interrupted")
    assert not list((two.folder / ".git").rglob("*.lock"))
    return "before" if now == before else "after"


@pytest.mark.parametrize("step", ["keep", "publish", "move refs"])
def test_killed_after_a_step_it_is_all_or_nothing(two, ends, step, note):
    assert start(two, ends[0], at=step).code == -9
    for line in ("bump minor --yes", "undo --yes", "yank -m x --yes"):
        two.release(line).fails_with(8).helps("release recover")
    two.release("recover --dry-run").succeeds()
    assert settled(two, ends) == ("before" if step == "keep" else "after")
    note(f"SIGKILL, {ends[0]}", "file", f"after {step}", "all or nothing")


def test_an_answer_that_is_lost_is_found_again(two, ends, note):
    hook = install(two.world.origin, "post-receive", "kill -9 $PPID")
    start(two, ends[0])
    hook.unlink()
    assert settled(two, ends) == "after"
    note(f"lost reply, {ends[0]}", "file", "push", "all")


@pytest.mark.parametrize("hook", ["pre-receive", "update"])
def test_a_host_that_refuses_leaves_everything(two, ends, hook):
    install(two.world.origin, hook, "echo protected; exit 1")
    start(two, ends[0])
    two.release(*CALLS[ends[0]]).fails_with(3).says("protected", "nothing was changed").helps()
    assert state(two) == ends[1]
    two.release("recover").succeeds().says("no release was interrupted")


def test_who_pushes_meanwhile_is_not_run_over(two, ends):
    other = two.clone("other")
    other.commit("Theirs", **{"theirs.txt": "x"})
    hook = two.folder / ".git" / "hooks" / "pre-push"
    hook.write_text(f"#!/bin/sh\nrm {hook}\nunset GIT_DIR; cd {other.folder} && git push --quiet origin main\n")
    hook.chmod(0o755)
    run = two.release(*CALLS[ends[0]])
    if ends[0] in ("mark", "promote"):  # a tag is in nobody's way
        assert run.code == 0
        return
    run.fails_with(7).helps("git pull")
    assert "refs/tags/v0.2.0" in two.origin
    assert two.origin["refs/heads/main"] == other.head
    two.release("recover").succeeds().says("no release was interrupted")


@pytest.mark.system  # strace
@pytest.mark.parametrize("call", ["rename", "renameat", "unlink", "mkdir", "fsync"])
def test_killed_at_any_call_of_ours(two, ends, note, tmp_path, call):
    struck = set()
    for nth in range(1, MOST):
        again(two, tmp_path)
        injection = Injection(call, "KILL", nth)
        words, log = inside_us(Case(two, "file", note), injection)
        two.world.run([*words, sys.executable, "-m", "release", *CALLS[ends[0]]], folder=two.folder, ok=None)
        if not injection.fired(log):
            break
        struck.add(settled(two, ends))
        note(f"SIGKILL at {call}, {ends[0]}", "file", f"our call {nth}", "all or nothing")
    assert state(two) == ends[2]
    assert struck or call in ("mkdir", "rename", "renameat")


@pytest.mark.system  # strace
@pytest.mark.parametrize("what", ["KILL", "KILL all"])
@pytest.mark.parametrize("verb", ["push", "update-ref", "read-tree"])
def test_git_is_killed_at_any_rename(two, ends, note, tmp_path, verb, what):
    for nth in range(1, MOST):
        again(two, tmp_path)
        case = Case(two, "file", note)
        injection = Injection("rename", what, nth)
        log = inside_git(case, verb, injection)
        case.armed.touch()
        two.world.run([sys.executable, "-m", "release", *CALLS[ends[0]]], folder=two.folder, ok=None)
        over(case)
        if not injection.fired(log):
            break
        settled(two, ends)
        note(f"{what} at rename, {ends[0]}", "file", f"git {verb}, call {nth}", "all or nothing")
