"""What only looks leaves no trace, and is not misled by what git is told elsewhere."""

import os
import shutil

import pytest
from faults.case import TAG
from faults.hooks import install


def test_a_monitor_that_sees_no_change_hides_none(new_case):
    """As one does whose program was updated, or that watches another folder."""
    case = new_case()
    monitor = case.world.root / "home" / "monitor"
    monitor.write_text("#!/bin/sh\nprintf 'token\\0'\n")
    monitor.chmod(0o755)
    case.project.git("config", "core.fsmonitor", str(monitor))
    case.project.git("update-index", "--fsmonitor")
    case.project.git("status")
    case.project.write("pyproject.toml", case.project.read("pyproject.toml") + b"# unsaved\n")
    assert "pyproject.toml" not in case.project.git("status", "--porcelain"), "the monitor misleads nobody"
    case.bump().fails_with(3).says("pyproject.toml")
    assert case.project.read("pyproject.toml").endswith(b"# unsaved\n")


def test_an_index_that_is_split_is_neither_split_again_nor_left_in_parts(new_case):
    case = new_case()
    case.project.git("config", "core.splitIndex", "true")
    case.project.git("update-index", "--split-index")
    assert _parts(case)
    os.utime(case.project.folder / "pyproject.toml")  # a refresh has something to write
    before = _parts(case)
    case.project.release("status").succeeds()
    case.project.release("bump minor --dry-run").succeeds()
    assert _parts(case) == before
    case.bump().fails_with(0)
    case.whole()
    case.nothing_of_mine_is_lost()


def test_a_commit_is_utf_8_and_says_nothing_else_whatever_the_setting(new_case):
    case = new_case()
    case.project.git("config", "i18n.commitEncoding", "ISO-8859-1")
    case.project.release("bump minor -m größer --yes").succeeds()
    commit = case.project.git("cat-file", "commit", f"{TAG}^{{commit}}")
    assert "\nencoding " not in commit
    assert ": größer\n" in commit


def test_a_graft_that_cuts_history_off_hides_no_release(new_case):
    case = new_case()
    (case.project.folder / ".git" / "info").mkdir(exist_ok=True)
    case.project.write(".git/info/grafts", f"{case.project.head}\n")
    case.bump().fails_with(0).says("v0.1.0 -> v0.2.0").never_says("graft")
    case.project.write(".git/info/grafts", "")
    case.whole()


def test_git_says_nothing_of_grafts_where_what_it_says_is_told(new_case):
    case = new_case()
    hook = case.world.origin / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no releases today >&2\nexit 1\n")
    hook.chmod(0o755)
    case.bump().fails_with(3).says("no releases today").never_says("graft", "deprecated")
    case.nothing_changed()


def test_files_that_were_touched_but_not_changed_are_no_changes(new_case):
    case = new_case()
    for name in ("pyproject.toml", ".gitignore"):
        os.utime(case.project.folder / name)
    case.bump().fails_with(0)
    case.whole()
    case.nothing_of_mine_is_lost()


def test_an_edit_of_the_same_size_in_the_second_of_the_index_is_seen(new_case):
    """Git looks into a file whose time is not older than the index's: a copy must not be newer than what it copies."""
    case = new_case()
    file, index = case.project.folder / "pyproject.toml", case.project.folder / ".git" / "index"
    text = file.read_bytes()
    moment = int(index.stat().st_mtime) - 100
    os.utime(file, (moment, moment))
    case.project.git("status")
    os.utime(index, (moment, moment))
    kept = file.stat()
    file.write_bytes(text.replace(b"0.1.0", b"9.9.9"))
    os.utime(file, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    case.project.git("config", "core.trustctime", "false")
    case.bump().fails_with(3).says("pyproject.toml")
    assert b"9.9.9" in file.read_bytes()


def test_what_only_looks_writes_nothing_into_the_repository(new_case):
    case = new_case()
    for name in ("pyproject.toml", "model/performance.json"):
        os.utime(case.project.folder / name)
    case.project.git("config", "core.untrackedCache", "true")
    shutil.copy(case.project.folder / ".git" / "index", case.world.root / "home" / "index")
    for line in ("status", "list", "show v0.1.0", "diff v0.1.0", "verify", "bump minor --dry-run", "config"):
        run = case.project.release(line)
        assert run.code in (0, 2, 3), str(run)
        assert case.project.unchanged()


def test_no_temporary_file_is_left_whatever_the_end(new_case):
    case = new_case()
    for line in ("bump minor --dry-run", "status", "bump sideways", "bump minor"):
        case.project.release_process(line)
        assert not list(case.world.scratch.iterdir()), line
    for step, line in (("keep", "kill -TERM $RELEASE"), ("publish", "kill -INT $RELEASE"), ("", "")):
        case.bump(at=step, line=line)
        assert not list(case.world.scratch.iterdir()), step
        case.recover().fails_with(0)


def test_a_hook_that_asks_for_the_status_leaves_the_index_alone(new_case):
    """It inherits that nothing which only looks takes a lock: a kill meanwhile leaves no `index.lock` either."""
    case = new_case()
    asked = case.world.root / "home" / "asked"
    install(case.project.folder / ".git", "pre-push", f"cat >/dev/null; git status --short >{asked}")
    text = case.project.read("pyproject.toml").decode()
    case.project.write("pyproject.toml", text.replace('version = "0.1.0"\n', 'dynamic = ["version"]\n'))
    case.project.git("commit", "--quiet", "-m", "Dynamic", "pyproject.toml")
    case.project.git("push", "--quiet", "--no-verify", "origin", "main")
    long_ago = (1, 1)  # git compares seconds
    os.utime(case.project.folder / "model" / "performance.json", long_ago)  # a refresh has something to write
    before = (case.project.folder / ".git" / "index").read_bytes()
    case.bump("--no-commit").fails_with(0)
    assert asked.read_text()
    assert (case.project.folder / ".git" / "index").read_bytes() == before


@pytest.mark.parametrize("setting", ["color.ui", "color.remote", "color.push", "color.transport", "color.advice"])
def test_what_git_and_the_server_say_is_told_without_their_colours(new_case, setting):
    case = new_case()
    case.project.git("config", setting, "always")
    install(case.world.origin, "pre-receive", "echo error: GH006 protected; echo warning: not here; exit 1")
    run = case.bump()
    run.fails_with(3).says("error: GH006 protected")
    assert "x1b" not in run.out + run.err
    assert "\x1b" not in run.out + run.err
    case.nothing_changed()


def _parts(case) -> list[str]:
    return sorted(path.name for path in (case.project.folder / ".git").glob("sharedindex.*"))
