"""What a release takes from its surroundings and what it does not; who is asked, who is stopped, and who hears Ctrl-C."""

import os
import sys
import time
from pathlib import Path

import pexpect
import pytest
from faults.case import MAIN, TAG, Case
from faults.hooks import install

# Variables of git that would lead elsewhere, or talk.
MISLEADING = {
    "GIT_DIR": "{other}/.git",
    "GIT_WORK_TREE": "{other}",
    "GIT_INDEX_FILE": "{other}/index",
    "GIT_OBJECT_DIRECTORY": "{other}/.git/objects",
    "GIT_COMMON_DIR": "{other}/.git",
    "GIT_NAMESPACE": "elsewhere",
    "GIT_QUARANTINE_PATH": "{other}/.git/objects",
    "GIT_TRACE": "1",
    "GIT_TRACE_PACKET": "1",
    "GIT_REPLACE_REF_BASE": "refs/elsewhere/",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_GLOB_PATHSPECS": "1",
    "GIT_NOGLOB_PATHSPECS": "1",
    "GIT_ICASE_PATHSPECS": "1",
}
# Variables that git cannot make sense of, and what is told of them.
SENSELESS = {
    "GIT_AUTHOR_DATE=garbage": (3, "invalid date format: garbage"),
    "GIT_COMMITTER_DATE=garbage": (3, "invalid date format: garbage"),
    "GIT_COMMITTER_DATE=@99999999999999 +0000": (3, "after the year 9999"),
    "GIT_CONFIG_COUNT=x": (2, "GIT_CONFIG_COUNT"),
    "GIT_CONFIG_PARAMETERS=broken": (2, "GIT_CONFIG_PARAMETERS"),
}
# Stands in the place of ssh: says what it was given, whether it could ask at a terminal, and fails.
SSH = """\
#!/bin/sh
env >{home}/environment
echo "$@" >{home}/words
( : </dev/tty ) 2>/dev/null && touch {home}/could-ask
exit 255
"""


@pytest.mark.parametrize("name", MISLEADING)
def test_a_variable_that_leads_elsewhere_misleads_nobody(new_case, name):
    case: Case = new_case()
    other = case.project.clone("other")
    case.world.variables[name] = MISLEADING[name].format(other=other.folder)
    run = case.bump()
    del case.world.variables[name]
    run.fails_with(0).never_says("trace", "packet:")
    case.whole()
    case.nothing_of_mine_is_lost()
    assert TAG not in other.refs


@pytest.mark.parametrize("setting", SENSELESS)
def test_a_variable_that_git_cannot_read_is_told_in_its_words(new_case, setting):
    case: Case = new_case()
    name, _, value = setting.partition("=")
    case.world.variables[name] = value
    run = case.bump()
    del case.world.variables[name]
    code, words = SENSELESS[setting]
    run.fails_with(code).says(words).helps()
    case.nothing_changed()


def test_an_index_that_git_cannot_read_is_named_and_not_our_copy_of_it(new_case):
    case: Case = new_case()
    index = case.project.folder / ".git" / "index"
    whole = index.read_bytes()
    index.write_bytes(b"junk")
    run = case.bump().fails_with(3).says(f"{index}: index file smaller than expected")
    run.never_says(str(case.world.scratch)).helps(f"git -C {case.project.folder} status")
    assert index.read_bytes() == b"junk"
    index.write_bytes(whole)
    case.nothing_changed()


def test_a_trace_that_is_asked_for_is_not_told_as_the_server_s_words(new_case):
    case: Case = new_case()
    install(case.world.origin, "pre-receive", "echo GH006: protected; exit 1")
    case.world.variables |= {"GIT_TRACE": "1", "GIT_TRACE_PACKET": "1", "GIT_TRACE_CURL": "1"}
    case.bump().fails_with(3).says("GH006: protected").never_says("trace: built-in", "packet:")


def test_what_ci_gives_git_counts(new_case):
    """Identity, settings of a single call, and who answers for passwords."""
    case: Case = new_case()
    case.world.variables |= {
        "GIT_COMMITTER_NAME": "CI",
        "GIT_COMMITTER_EMAIL": "ci@example.org",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "user.name",
        "GIT_CONFIG_VALUE_0": "Configured",
    }
    case.bump().fails_with(0)
    commit = case.project.git("cat-file", "commit", f"{TAG}^{{commit}}")
    assert "\ncommitter CI <ci@example.org>" in commit
    assert "\nauthor Configured <" in commit
    assert "\ntagger CI <ci@example.org>" in case.project.git("cat-file", "tag", TAG)


@pytest.mark.parametrize("email", ["", "a<b>c", "a\nb"])
def test_who_git_takes_for_somebody_makes_a_release_that_git_calls_valid(new_case, email):
    case: Case = new_case()
    case.project.git("config", "user.email", email)
    case.bump().fails_with(0)
    for folder in (case.project.folder, case.world.origin):
        case.world.git(folder, "fsck", "--strict", "--no-dangling", "--no-progress")
    case.project.release("show v0.2.0").succeeds().says("Ada Tester")
    case.second_try()


@pytest.mark.parametrize("name", ["", "<>.,"])
def test_who_has_no_name_for_git_is_told_before_anything_happens(new_case, name):
    case: Case = new_case()
    case.project.git("config", "user.name", name)
    case.bump().fails_with(3).says("git does not know who you are").helps("git config user.name")
    case.nothing_changed()


def test_git_and_ssh_may_not_ask_when_nobody_is_there(new_case):
    case = _over_a_strange_ssh(new_case)
    case.world.variables |= {"GIT_TERMINAL_PROMPT": "1", "SSH_ASKPASS": "/bin/ask", "GIT_ASKPASS": "/bin/answer"}
    case.world.variables["GIT_SSH_COMMAND"] = str(case.world.root / "home" / "ssh")
    case.bump().fails_with(6)
    given = (case.world.root / "home" / "environment").read_text().splitlines()
    assert "GIT_TERMINAL_PROMPT=0" in given
    assert "GIT_ASKPASS=/bin/answer" in given
    assert not [line for line in given if line.startswith("SSH_ASKPASS=")]
    case.nothing_changed()


@pytest.mark.parametrize("where", ["GIT_SSH_COMMAND", "GIT_SSH", "core.sshCommand", "PATH"])
def test_ssh_is_told_so_however_it_is_named(new_case, where):
    case = _over_a_strange_ssh(new_case)
    home = case.world.root / "home"
    if where == "PATH":
        case.world.variables["PATH"] = f"{home}{os.pathsep}{case.world.environment()['PATH']}"
    elif where.startswith("GIT_"):
        case.world.variables[where] = str(home / "ssh")
    else:
        case.project.git("config", where, str(home / "ssh"))
    case.bump().fails_with(6)
    assert "-oBatchMode=yes" in (home / "words").read_text()


@pytest.mark.parametrize(("variant", "told"), [("", False), ("ssh", True), ("plink", False)])
def test_another_program_is_told_only_if_it_is_said_to_be_one_of_openssh_s_kind(new_case, variant, told):
    case = _over_a_strange_ssh(new_case)
    home = case.world.root / "home"
    (home / "ssh").rename(home / "tunnel")
    case.world.variables["GIT_SSH_COMMAND"] = str(home / "tunnel")
    if variant:
        case.project.git("config", "ssh.variant", variant)
    case.bump().fails_with(6)
    assert ("-oBatchMode=yes" in (home / "words").read_text()) == told


@pytest.mark.parametrize("piped", [True, False])
def test_only_a_person_at_the_terminal_is_asked(new_case, piped):
    """With its output in a pipe nobody is there, though the process has a terminal."""
    case = _over_a_strange_ssh(new_case)
    home = case.world.root / "home"
    line = f"{sys.executable} -m release bump minor -m charCNN --yes"
    if piped:
        line += " </dev/null 2>&1 | cat"
    case.world.variables["GIT_SSH_COMMAND"] = str(home / "ssh")
    environment = {**case.world.environment(), "TERM": "xterm"}
    child = pexpect.spawn("sh", ["-c", line], cwd=case.project.folder, env=environment)
    child.expect(pexpect.EOF, timeout=60)
    child.close()
    assert (home / "words").exists()
    assert (home / "could-ask").exists() != piped


def test_a_git_that_takes_too_long_is_stopped_with_all_that_it_started(new_case):
    case = _over_a_strange_ssh(new_case)
    home = case.world.root / "home"
    (home / "ssh").write_text(f"#!/bin/sh\nsleep 300 &\necho $! >{home}/child\nwait\n")
    case.world.variables |= {"GIT_SSH_COMMAND": str(home / "ssh"), "RELEASE_ASK_LIMIT": "2"}
    case.bump().fails_with(6).says("did not answer within 2 s")
    child = int((home / "child").read_text())
    assert not _lives(child)
    case.nothing_changed()


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_at_the_terminal_while_the_server_has_the_push(new_case, times):
    """One is not heard, by git neither; two stop it, and what the server does then is found out."""
    case: Case = new_case()
    reached = case.world.root / "home" / "reached"
    install(case.world.origin, "pre-receive", f"touch {reached}; sleep 3")
    environment = {**case.world.environment(), "TERM": "xterm"}
    words = ["-m", "release", "bump", "minor", "-m", "charCNN", "--yes"]
    child = pexpect.spawn(sys.executable, words, cwd=case.project.folder, env=environment, timeout=60)
    end = time.monotonic() + 60
    while not reached.exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    for _ in range(times):
        child.sendcontrol("c")
        time.sleep(0.4)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == (0 if times == 1 else 8), child.before
    if times == 2:
        time.sleep(4)  # the hook ends, whatever became of its server
        case.recover().fails_with(0)
    (case.world.origin / "hooks" / "pre-receive").unlink()
    case.whole()
    case.nothing_of_mine_is_lost()
    case.no_leftovers()
    case.note(f"Ctrl-C x{times}", "file", "at a terminal, while pre-receive runs", "whole")


def test_no_hook_of_commits_and_checkouts_runs_but_those_of_refs_and_pushes_do(new_case):
    """As docs/adr/0004 says."""
    case: Case = new_case()
    ran = case.world.root / "home" / "ran"
    names = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-checkout", "post-merge")
    for name in (*names, "pre-push", "reference-transaction"):
        install(case.project.folder / ".git", name, f"echo {name} >>{ran}")
    case.bump().fails_with(0)
    assert set(ran.read_text().split()) == {"pre-push", "reference-transaction"}
    assert case.project.origin[MAIN] == case.project.head


def _over_a_strange_ssh(new_case) -> Case:
    case: Case = new_case()
    home = case.world.root / "home"
    (home / "ssh").write_text(SSH.format(home=home))
    (home / "ssh").chmod(0o755)
    case.project.git("remote", "set-url", "origin", "ssh://localhost/nowhere.git")
    return case


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
