"""A checkout that is killed: `recover` finishes it or goes back, and code and data are those of one release."""

import shutil
import stat
import sys
import time
from pathlib import Path

import pytest
from faults.case import PATIENCE_S, Case
from faults.injection import Injection, inside_git, inside_us, over
from project import Project, Run, Templates

MOST = 60
# What kills `release` while git is at work: a hook of git, whose parent is git, whose parent is `release`.
HOOK = "#!/bin/sh\nrm .git/hooks/post-checkout\nkill -{signal} $(ps -o ppid= -p $PPID)\nsleep 0.2\n"
FINISH, UNDO = "", "--undo"
KILLS = ("KILL", "KILL all")  # git alone, or `release`, too


@pytest.fixture
def two(templates: Templates, tmp_path: Path) -> Project:
    """v0.2.0, and v0.3.0, which is checked out: code and data of every kind differ between them."""
    return templates.grown("released", _two, tmp_path / "world")


def _two(released: Project) -> None:
    released.write("tool.sh", "#!/bin/sh\n")
    released.write("gone/deep/file.txt", "only in v0.2.0\n")
    released.write("kind/file.txt", "a folder in v0.2.0\n")
    released.write("mixed/code.txt", "a folder of git in v0.2.0, of DVC in v0.3.0\n")
    (released.folder / "link").symlink_to("tool.sh")
    released.write("swapped.txt", "in git, then in DVC\n")
    released.write("edited.txt", "in git, then in DVC\n")
    released.write("back.bin", b"in DVC, then in git")
    (released.folder / "set").mkdir()
    released.dvc_each("add --quiet back.bin set", "push --quiet")
    _tagged(released, "v0.2.0")
    (released.folder / "tool.sh").chmod(0o755)
    shutil.rmtree(released.folder / "gone")
    shutil.rmtree(released.folder / "kind")
    released.git("rm", "--quiet", "mixed/code.txt")
    released.write("mixed/data.bin", b"data")
    released.write("kind", "a file in v0.3.0\n")
    (released.folder / "link").unlink()
    (released.folder / "link").symlink_to("README.md")
    released.git("rm", "--quiet", "--cached", "swapped.txt", "edited.txt", "back.bin.dvc")
    (released.folder / "back.bin.dvc").unlink()
    released.write(".gitignore", "/set\n")
    (released.folder / "back.bin").unlink()
    released.write("back.bin", b"in git by now")
    released.write("model/model.pt", b"better" * 1000)
    released.write("edited.txt", "in DVC by now\n")
    for name in "abc":
        released.write(f"set/{name}.bin", name * 7_000)
    released.dvc_each("add --quiet swapped.txt edited.txt set mixed model/model.pt", "push --quiet")
    _tagged(released, "v0.3.0")


def _tagged(project: Project, tag: str) -> None:
    project.save(tag)
    project.git("tag", "-a", tag, "-m", tag)
    project.git("push", "--quiet", "origin", tag)


def tree(project: Project) -> dict[str, object]:
    """HEAD, index, and every file and folder of the work tree but git's and DVC's own."""
    found: dict[str, object] = {
        "HEAD": (project.git("rev-parse", "HEAD"), project.git("branch", "--show-current")),
        "index": project.git("ls-files", "-s"),
        "status": project.status,
        "branches": {name: id for name, id in project.refs.items() if name.startswith("refs/heads/")},
    }
    for path in project.folder.rglob("*"):
        parts = path.relative_to(project.folder).parts
        if parts[0] == ".git" or parts[:2] in ((".dvc", "tmp"), (".dvc", "cache")):
            continue
        if path.is_symlink():
            found["/".join(parts)] = path.readlink()
        elif path.is_file():
            found["/".join(parts)] = (path.read_bytes(), bool(path.stat().st_mode & stat.S_IXUSR))
        else:
            found["/".join(parts)] = None
    return found


@pytest.fixture
def ends(two: Project, tmp_path: Path) -> tuple[dict[str, object], dict[str, object]]:
    """The work tree before, and after a checkout that nothing disturbs."""
    shutil.copytree(two.world.root, tmp_path / "template", symlinks=True)
    before = tree(two)
    two.release("checkout v0.2.0").succeeds()
    after = tree(two)
    assert before != after
    assert after["set"] is None
    assert after["swapped.txt"] == (b"in git, then in DVC\n", False)
    _again(two, tmp_path)
    return before, after


def _again(two: Project, tmp_path: Path) -> None:
    shutil.rmtree(two.world.root)
    shutil.copytree(tmp_path / "template", two.world.root, symlinks=True)


def check_out(two: Project, *words: str, tag: str = "v0.2.0", under: tuple[str, ...] = ()) -> Run:
    words = ("checkout", tag, *words)
    done = two.world.run([*under, sys.executable, "-m", "release", *words], folder=two.folder, ok=None)
    return Run(words, done.returncode, done.stdout.decode(), done.stderr.decode())


def recover(two: Project, *words: str) -> Run:
    """A git that outlives what was killed holds the lock for a moment."""
    end = time.monotonic() + PATIENCE_S
    while "is running in this clone" in (run := two.release("recover", *words)).err and time.monotonic() < end:
        time.sleep(0.1)
    return run


def settled(two: Project, ends, way: str) -> str:
    """Code and data are at one end, if need be by `recover`; says which."""
    before, after = ends
    pending = two.folder / ".git" / "release" / "pending.json"
    had = pending.exists()
    recover(two, *way.split()).succeeds() if had or way == FINISH else None
    assert not pending.exists()
    assert not list((two.folder / ".git").rglob("*.lock"))
    now = tree(two)
    if had:
        assert now == (before if way == UNDO else after)
    assert now in (before, after)
    recover(two).succeeds().says("no release was interrupted")
    return "before" if now == before else "after"


@pytest.mark.fast("-KILL")
@pytest.mark.parametrize("signal", ["KILL", "INT", "TERM"])
@pytest.mark.parametrize("way", [FINISH, UNDO])
def test_stopped_between_code_and_data_it_is_one_release(two, ends, note, signal, way):
    hook = two.folder / ".git" / "hooks" / "post-checkout"
    hook.write_text(HOOK.format(signal=signal))
    hook.chmod(0o755)
    run = check_out(two)
    assert run.code == (-9 if signal == "KILL" else 130), str(run)
    if signal != "KILL":
        assert tree(two) == ends[0]
        return
    refused = (
        "bump minor --yes",
        "rollback v0.2.0 -m back --yes",
        "prepare minor --yes",
        "delete v0.2.0 --local --yes",
    )
    for line in (*refused, "checkout v0.2.0", "status --check"):
        _waited(two, line).fails_with(8).says("a checkout was interrupted").helps("release recover")
    two.release(f"recover --dry-run {way}").succeeds().says("this was a dry run")
    assert two.unchanged()
    found = two.release(f"recover --dry-run --json {way}").succeeds().json
    assert (found["outcome"], found["dry_run"]) == ("taken back" if way == UNDO else "finished", True)
    settled(two, ends, way)
    note("SIGKILL, checkout", "file", f"between code and data {way}", "recovered")


def _waited(two: Project, line: str) -> Run:
    end = time.monotonic() + PATIENCE_S
    while "is running in this clone" in (run := two.release(line)).err + run.out and time.monotonic() < end:
        time.sleep(0.1)
    return run


@pytest.mark.system  # strace
@pytest.mark.parametrize("way", [FINISH, UNDO])
@pytest.mark.parametrize("call", ["rename", "renameat", "unlink", "mkdir", "fsync"])
def test_killed_at_any_call_of_ours(two, ends, note, tmp_path, call, way):
    struck = set()
    for nth in range(1, MOST):
        _again(two, tmp_path)
        injection = Injection(call, "KILL", nth)
        words, log = inside_us(Case(two, "file", note), injection)
        check_out(two, under=words)
        if not injection.fired(log):
            break
        struck.add(settled(two, ends, way))
        note(f"SIGKILL at {call}, checkout", "file", f"our call {nth} {way}", "one release")
    assert struck
    assert tree(two) == ends[1]


@pytest.mark.system  # strace
@pytest.mark.parametrize(
    "fault", [*((call, what) for call in ("rename", "unlink", "mkdir", "write") for what in KILLS), ("write", "ENOSPC")]
)
@pytest.mark.parametrize("way", [FINISH, UNDO])
def test_git_is_killed_or_has_no_space_at_any_call(two, ends, note, tmp_path, fault, way):
    call, what = fault
    struck = 0
    for nth in range(1, MOST):
        _again(two, tmp_path)
        case = Case(two, "file", note)
        injection = Injection(call, what, nth)
        log = inside_git(case, "checkout", injection)
        case.armed.touch()
        check_out(two)
        over(case)
        if not injection.fired(log):
            break
        struck += 1
        settled(two, ends, way)
        note(f"{what} at {call}, checkout", "file", f"git checkout, call {nth} {way}", "one release")
    assert struck
    assert tree(two) == ends[1]


@pytest.mark.system  # strace
@pytest.mark.parametrize("way", [FINISH, UNDO])
@pytest.mark.parametrize("call", ["renameat", "unlink"])
def test_recover_that_is_killed_is_repeated(two, ends, note, tmp_path, call, way):
    _killed_between(two)
    shutil.rmtree(tmp_path / "template")
    shutil.copytree(two.world.root, tmp_path / "template", symlinks=True)
    struck = 0
    for nth in range(1, MOST):
        _again(two, tmp_path)
        injection = Injection(call, "KILL", nth)
        words, log = inside_us(Case(two, "file", note), injection)
        two.world.run([*words, sys.executable, "-m", "release", "recover", *way.split()], folder=two.folder, ok=None)
        if not injection.fired(log):
            break
        struck += 1
        settled(two, ends, way)
    assert struck
    assert tree(two) == ends[1 if way == FINISH else 0]


@pytest.mark.system  # strace
@pytest.mark.parametrize(
    ("verb", "way"),
    [
        ("read-tree", UNDO),
        ("update-index", FINISH),
        ("update-index", UNDO),
        ("checkout-index", FINISH),
        ("checkout-index", UNDO),
        ("update-ref", FINISH),
    ],
)
def test_git_is_killed_while_recover_works(two, ends, note, tmp_path, verb, way):
    case = Case(two, "file", note)
    log = inside_git(case, "checkout", Injection("unlink", "KILL all", 3))
    case.armed.touch()
    check_out(two)
    over(case)
    shutil.rmtree(two.world.root / "home" / "bin")
    log.unlink()
    injection = Injection("rename", "KILL all", 1)
    log = inside_git(case, verb, injection)
    case.armed.touch()
    two.world.run([sys.executable, "-m", "release", "recover", *way.split()], folder=two.folder, ok=None)
    over(case)
    assert injection.fired(log)
    settled(two, ends, way)
    note(f"KILL all at rename, {verb} of recover", "file", f"call 1 {way}", "one release")


@pytest.mark.system  # prlimit
@pytest.mark.parametrize(("largest_bytes", "code"), [(10_000, 6), (6_500, 8)])
@pytest.mark.parametrize("way", [FINISH, UNDO])
def test_a_disk_without_space_for_data_changes_nothing_or_is_recovered(two, ends, way, largest_bytes, code):
    """The new model has 16,384 bytes, the files that it takes away 7,000: with the smaller limit they cannot come back."""
    run = check_out(two, under=("prlimit", f"--fsize={largest_bytes}"))
    assert run.code == code, str(run)
    assert "File too large" in run.err
    assert settled(two, ends, way) == ("before" if code == 6 or way == UNDO else "after")


def _killed_between(two: Project, tag: str = "v0.2.0") -> None:
    hook = two.folder / ".git" / "hooks" / "post-checkout"
    hook.write_text(HOOK.format(signal="KILL"))
    hook.chmod(0o755)
    assert check_out(two, tag=tag).code == -9
    end = time.monotonic() + PATIENCE_S
    while "is running" in two.release("recover --dry-run").err and time.monotonic() < end:
        time.sleep(0.1)


@pytest.mark.parametrize("way", [FINISH, UNDO])
@pytest.mark.parametrize("path", ["edited.txt", "swapped.txt", "kind/file.txt", "back.bin", "set/mine.bin"])
def test_nor_is_it_on_the_way_to_the_other_release(two, ends, way, path):
    two.release("checkout v0.2.0").succeeds()
    _killed_between(two, "v0.3.0")
    if path.startswith("kind"):
        (two.folder / "kind").unlink()
    (two.folder / path).unlink(missing_ok=True)
    two.write(path, b"mine")
    _what_is_mine_stays(two, path, way)


@pytest.mark.parametrize("way", [FINISH, UNDO])
@pytest.mark.parametrize("path", ["set/a.bin", "set/mine.bin", "model/model.pt", "swapped.txt", "kind", "tool.sh"])
def test_what_was_saved_after_the_kill_is_not_overwritten(two, ends, way, path):
    _killed_between(two)
    file = two.folder / path
    if path == "kind":
        shutil.rmtree(file)
    file.unlink(missing_ok=True)
    two.write(path, b"mine")
    _what_is_mine_stays(two, path, way)


def _what_is_mine_stays(two: Project, path: str, way: str) -> None:
    file = two.folder / path
    run = recover(two, *way.split())
    if run.code:
        run.fails_with(8).says(path).helps("mv ")
        assert file.read_bytes() == b"mine"
        two.sh(run.err.split("help: ")[1].partition(" && ")[0])
        recover(two, *way.split()).succeeds()
        file = two.folder / f"{path}.mine".replace("/", "-")
    assert file.read_bytes() == b"mine"


@pytest.mark.parametrize("way", [FINISH, UNDO])
def test_an_index_that_another_git_holds_is_not_taken_from_it(two, ends, way):
    """`git commit -a` whose editor is open: a whole index, younger than the record, that waits for its name."""
    _killed_between(two)
    two.write("notes.txt", "mine\n")
    index, lock = (two.folder / ".git" / name for name in ("index", "index.lock"))
    shutil.copy(index, lock)
    added = two.world.run(["git", "hash-object", "-w", "notes.txt"], folder=two.folder).stdout.decode().strip()
    words = ["update-index", "--add", "--cacheinfo", f"100644,{added},notes.txt"]
    two.world.run(["env", f"GIT_INDEX_FILE={lock}", "git", *words], folder=two.folder)
    held = lock.read_bytes()
    recover(two, *way.split()).fails_with(8).says("index.lock is in the way").helps(f"rm {lock}")
    assert lock.read_bytes() == held
    shutil.copy(index, lock)  # one of a git that was killed when it had written all
    recover(two, *way.split()).succeeds()
    (two.folder / "notes.txt").unlink()
    assert tree(two) == ends[0 if way == UNDO else 1]


def test_a_branch_that_the_user_switched_to_ends_it(two, ends):
    _killed_between(two)
    two.git("checkout", "--quiet", "-f", "-b", "mine", "v0.1.0")
    before = tree(two)
    recover(two).succeeds().says("HEAD has moved since")
    assert tree(two) == before
    two.release("status").succeeds()


@pytest.mark.parametrize("way", [FINISH, UNDO])
def test_a_new_work_tree_that_was_half_made_is_moved_aside(two, ends, way):
    hook = two.folder / ".git" / "hooks" / "post-checkout"
    hook.write_text(HOOK.format(signal="KILL").replace("rm .git", f"rm {two.folder}/.git"))
    hook.chmod(0o755)
    assert check_out(two, "--worktree", "../beside").code == -9
    run = recover(two, *way.split()).fails_with(8).says("only half made").helps("mv ")
    two.sh(run.err.split("help: ")[1].partition(" && ")[0])
    recover(two, *way.split()).succeeds()
    assert tree(two) == ends[0]
    assert two.git("worktree", "list").count("\n") == 0
    two.release("checkout v0.2.0 --worktree ../beside").succeeds()
