"""What goes along with a push and what does not, who is asked about it, and hosts that say what is not so."""

import sys

import pytest
from faults.case import MAIN, TAG, Case
from faults.hooks import install
from project import Project

from release.commands.delete.work import delete, plan_deletion, read_known
from release.core.tag_changes import Where
from release.engine.project import project_in
from release.errors import ExitCode

# A receive-pack that says it has `atomic`, before one that has not.
SAYS_ATOMIC = """\
#!{python}
import subprocess, sys, threading

server = subprocess.Popen(["git-receive-pack", *sys.argv[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def hand_on():
    while data := sys.stdin.buffer.read1(65536):
        server.stdin.write(data)
        server.stdin.flush()
    server.stdin.close()


threading.Thread(target=hand_on, daemon=True).start()
first = server.stdout.read(int(server.stdout.read(4), 16) - 4).rstrip(b"\\n") + b" atomic\\n"
sys.stdout.buffer.write(b"%04x" % (len(first) + 4) + first)
while data := server.stdout.read1(65536):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
sys.stdout.buffer.flush()
sys.exit(server.wait())
"""

# One that does everything and then reports that the objects came, and nothing of the refs.
SAYS_LITTLE = """\
#!{python}
import subprocess, sys, threading

server = subprocess.Popen(["git-receive-pack", *sys.argv[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
out = sys.stdout.buffer
while (head := server.stdout.read(4)) != b"0000":
    out.write(head + server.stdout.read(int(head, 16) - 4))
out.write(head)
out.flush()


def hand_on():
    while data := sys.stdin.buffer.read1(65536):
        server.stdin.write(data)
        server.stdin.flush()


threading.Thread(target=hand_on, daemon=True).start()
if server.stdout.read():
    report = b"\\x01" + b"000eunpack ok\\n0000"
    out.write(b"%04x" % (len(report) + 4) + report + b"0000")
    out.flush()
sys.exit(server.wait())
"""


@pytest.mark.fast
def test_tags_of_ones_own_do_not_go_along(new_case):
    case: Case = new_case()
    case.project.git("tag", "-a", "mine", "-m", "not for others")
    case.project.git("config", "push.followTags", "true")
    case.bump().fails_with(0)
    assert "refs/tags/mine" not in case.project.origin
    case.whole()


def test_a_commit_of_a_submodule_that_nobody_else_has_is_found_before(new_case):
    case: Case = new_case()
    root = case.world.root
    case.world.git(root, "init", "--quiet", "--bare", "part.git")
    case.world.git(root, "clone", "--quiet", case.world.origin, "part")
    case.world.git(root / "part", "push", "--quiet", root / "part.git", "main")
    case.project.git("submodule", "--quiet", "add", root / "part.git", "part")
    case.project.git("commit", "--quiet", "-m", "A part")
    case.project.git("push", "--quiet", "origin", "main")
    part = Project(case.world, case.project.folder / "part")
    part.commit("Only here")
    case.project.git("add", "part")
    case.project.git("commit", "--quiet", "-m", "Newer part")
    origin = case.project.origin
    for form in ("--dry-run", "--yes"):
        run = case.project.release(f"bump minor {form}").fails_with(3).says("a submodule's commit is not on any")
        run.helps("git push --recurse-submodules=on-demand")
    assert case.project.origin == origin
    case.project.git("push", "--quiet", "--recurse-submodules=on-demand", "origin", "main")
    case.project.release("bump minor --yes").succeeds()


def test_a_ref_whose_name_only_ends_as_the_tag_s_is_not_the_tag(new_case):
    case: Case = new_case()
    away = case.world.root / "away.git"
    run = case.bump(at="keep", line=f"mv {case.world.origin} {away}").fails_with(8)
    away.rename(case.world.origin)
    other = f"refs/heads/copy/{TAG}"
    case.world.git(case.world.origin, "update-ref", other, "main")
    case.recover().fails_with(0)
    assert case.project.origin[TAG] == case.project.refs[TAG]
    case.world.git(case.world.origin, "update-ref", "-d", other)
    case.settled(run, "a ref that ends so, too", other, may=(8,))


@pytest.mark.parametrize("place", ["refs/heads/", "refs/"])
def test_git_itself_would_push_to_a_ref_whose_name_ends_so_and_that_is_seen_before(new_case, place):
    """It looks for a destination by its tail, and takes this one for the tag that is not there yet."""
    case: Case = new_case()
    case.world.git(case.world.origin, "update-ref", f"{place}{TAG}", "main")
    origin = case.project.origin
    for form in ("--dry-run", "--yes"):
        case.project.release(f"bump minor {form}").fails_with(6).says(f"{place}{TAG}").helps()
        assert case.project.origin == origin
    case.nothing_of_mine_is_lost()


@pytest.mark.parametrize("found", ["there", "not there"])
def test_the_hook_of_pushes_runs_for_pushes_alone(new_case, found):
    """With `dvc install` it uploads: a question to the side that is pushed to must not run it."""
    case: Case = new_case()
    ran = case.world.root / "home" / "ran"
    mirror = case.world.root / "mirror.git"
    case.world.git(case.world.root, "clone", "--quiet", "--mirror", case.world.origin, mirror)
    case.project.git("remote", "set-url", "origin", mirror)
    case.project.git("remote", "set-url", "--push", "origin", case.world.origin)
    install(case.project.folder / ".git", "pre-push", f"cat >/dev/null; echo ran >>{ran}")
    if found == "there":
        hook = install(case.world.origin, "post-receive", "kill -9 $PPID")
        case.bump()
        hook.unlink()
    else:
        away = case.world.root / "away.git"
        case.bump(at="keep", line=f"mv {case.world.origin} {away}").fails_with(8)
        assert case.recover().code == 8
        away.rename(case.world.origin)
    before = ran.read_text().count("ran") if ran.exists() else 0
    case.recover().fails_with(0)
    pushes = 0 if found == "there" else 1
    assert (ran.read_text().count("ran") if ran.exists() else 0) == before + pushes
    case.whole()


def test_a_tag_that_the_side_that_is_pushed_to_has_otherwise_is_not_ours(new_case):
    case: Case = new_case()
    away, mirror = case.world.root / "away.git", case.world.root / "mirror.git"
    case.world.git(case.world.root, "clone", "--quiet", "--mirror", case.world.origin, mirror)
    case.project.git("remote", "set-url", "origin", mirror)
    case.project.git("remote", "set-url", "--push", "origin", case.world.origin)
    case.bump(at="keep", line=f"mv {case.world.origin} {away}").fails_with(8)
    away.rename(case.world.origin)
    case.world.git(case.world.origin, "tag", "v0.2.0", "main")
    origin = case.project.origin
    case.recover().fails_with(0).says("has another v0.2.0")
    assert case.project.origin == origin
    case.nothing_of_mine_is_lost()
    case.no_leftovers()


def test_a_push_that_the_hook_itself_makes_and_that_is_refused_is_not_ours(new_case):
    case: Case = new_case()
    case.project.git("remote", "add", "other", case.world.root / "other.git")
    case.world.git(case.world.root, "init", "--quiet", "--bare", "other.git")
    inner = "cat >/dev/null; [ -z $INNER ] || exit 1; INNER=1 git push -q other HEAD:refs/heads/x; touch {0}; exit 0"
    done = case.world.root / "home" / "done"
    install(case.project.folder / ".git", "pre-push", inner.format(done))
    hook = install(case.world.origin, "post-receive", "kill -9 $PPID")
    run = case.bump()
    assert done.exists()
    assert case.world.git(case.world.root / "other.git", "for-each-ref") == "", "the inner push was not refused"
    hook.unlink()
    (case.project.folder / ".git" / "hooks" / "pre-push").unlink()
    case.settled(run, "reply lost", "a hook's own push was refused", may=(8,))


def test_a_host_that_says_atomic_and_does_half_is_no_answer(new_case):
    case: Case = new_case()
    program = case.world.root / "home" / "says-atomic"
    program.write_text(SAYS_ATOMIC.format(python=sys.executable))
    program.chmod(0o755)
    case.project.git("config", "remote.origin.receivepack", str(program))
    case.world.git(case.world.origin, "config", "receive.advertiseAtomic", "false")
    install(case.world.origin, "update", "case $1 in refs/tags/*) exit 1;; esac")
    case.bump().fails_with(8).says("refused the tag").helps("release recover")
    origin = case.project.origin
    assert TAG not in origin
    assert origin[MAIN] != case.before.head, "the host did not do half of it"
    assert (case.project.folder / ".git" / "release" / "pending.json").exists()
    case.recover().fails_with(8).says("refused the tag")
    case.recover("--undo").fails_with(0).says("stays on main of origin, without a tag")
    assert case.project.origin == origin
    case.nothing_of_mine_is_lost()
    case.no_leftovers()


def test_a_host_that_did_it_and_reports_nothing_of_it_is_no_answer(new_case):
    case: Case = new_case()
    program = case.world.root / "home" / "says-little"
    program.write_text(SAYS_LITTLE.format(python=sys.executable))
    program.chmod(0o755)
    case.project.git("config", "remote.origin.receivepack", str(program))
    run = case.bump().fails_with(8).says("gave no clear answer")
    assert TAG in case.project.origin
    case.project.git("config", "--unset", "remote.origin.receivepack")
    case.settled(run, "no report", "a host that reports nothing of the refs", may=(8,))


def test_an_equal_release_of_somebody_else_is_not_ours(new_case):
    """The same person, second, message and commit in two clones: the tag objects would be one."""
    case: Case = new_case()
    text = case.project.read("pyproject.toml").decode()
    case.project.write("pyproject.toml", text.replace('version = "0.1.0"\n', 'dynamic = ["version"]\n'))
    case.project.git("commit", "--quiet", "-m", "Dynamic", "pyproject.toml")
    case.project.git("push", "--quiet", "origin", "main")
    other = case.project.clone("other")
    case.world.variables |= {"GIT_COMMITTER_DATE": "1767700000 +0000", "GIT_AUTHOR_DATE": "1767700000 +0000"}
    words = "bump minor -m charCNN --no-commit --yes"
    line = f"cd {other.folder} && {sys.executable} -m release {words} >../said 2>&1"
    case.bump("--no-commit", at="keep", line=line).fails_with(7).says("released v0.2.0")
    assert other.refs[TAG] == case.project.origin[TAG]
    assert TAG not in case.project.refs
    case.no_leftovers()


def test_a_tag_that_moved_while_the_question_was_open_is_not_deleted(new_case):
    case: Case = new_case()
    project = project_in(case.project.folder, case.world.environment(), on_terminal=False)
    plan = plan_deletion(project, ("v0.1.0",), Where.BOTH, read_known(project, ask=True))

    def answer(_):
        case.world.git(
            case.world.origin, "-c", "user.name=b", "-c", "user.email=b@c", "tag", "-f", "-m", "x", "v0.1.0", "main"
        )
        return True

    report = delete(project, plan, answer)
    assert report.exit_code is ExitCode.RACED
    assert case.project.origin["refs/tags/v0.1.0"] != case.before.origin["refs/tags/v0.1.0"]
    assert case.project.refs["refs/tags/v0.1.0"] == case.before.refs["refs/tags/v0.1.0"]
