"""What `recover` may conclude from what the remote has now, and what it may not."""

import shutil

import pytest
from faults.case import MAIN, TAG, Case
from faults.hooks import install

from release.commands.recover.work import recover
from release.core.release import RecoverOutcome
from release.engine.project import project_in

# Somebody's commit, made in the origin itself.
MORE = (
    "tree=$( (git ls-tree main; printf '100644 blob %s\\ttheirs.txt\\n' $(echo x | git hash-object -w --stdin)) | git mktree);"
    " git update-ref refs/heads/main $(git -c user.name=b -c user.email=b@c commit-tree -p main -m More $tree)"
)


def test_a_release_that_the_remote_had_accepted_is_finished_without_it(new_case):
    case: Case = new_case()
    away = case.world.root / "away.git"
    run = case.bump(at="publish", line=f"mv {case.world.origin} {away}; kill -KILL $RELEASE")
    assert run.code == -9
    case.recover().fails_with(0)
    away.rename(case.world.origin)
    case.whole()
    case.settled(run, "SIGKILL, then the remote is gone", "after publish", may=(-9,))


@pytest.mark.parametrize("what", ["renamed", "removed"])
def test_a_remote_that_has_another_name_now_is_told_with_the_way_on(new_case, what):
    case = _unanswered(new_case)
    project, url = case.project, case.world.origin
    case.world.git(case.world.root, "clone", "--quiet", "--bare", url, project.folder / "origin")  # git's first guess
    project.git("remote", "rename", "origin", "hub")
    project.git("remote", "add", "fork", url)
    if what == "removed":
        project.git("remote", "remove", "hub")
        project.git("remote", "remove", "fork")
    for line in ("recover --yes", "recover --dry-run"):
        run = project.release(line).fails_with(8).says("remote origin, which is not configured any more")
        assert project.unchanged()
    assert TAG not in case.world.git(project.folder / "origin", "for-each-ref")
    if what == "removed":
        run.helps("git remote add origin URL, then release recover")
        project.git("remote", "add", "origin", url)
    else:
        run.says("there is hub, fork").helps("git remote rename NAME origin, then release recover")
        project.git("remote", "remove", "fork")
        one = project.release("recover --yes").fails_with(8)
        project.sh(one.err.split("otherwise now: ")[1].split(",")[0])
    shutil.rmtree(project.folder / "origin")
    case.recover().fails_with(0)
    case.whole()
    case.second_try()


def test_a_remote_that_is_gone_lets_the_release_be_forgotten(new_case):
    case = _unanswered(new_case)
    case.project.git("remote", "remove", "origin")
    case.recover("--undo").fails_with(0).says("v0.2.0 is discarded")
    assert case.project.head == case.before.head
    case.nothing_of_mine_is_lost()
    case.no_leftovers()


def test_a_branch_that_went_elsewhere_ends_the_wait(new_case):
    case = _unanswered(new_case)
    case.world.run(["sh", "-c", MORE], folder=case.world.origin)
    origin = case.project.origin
    case.recover().fails_with(0).says("main on origin has moved")
    assert case.project.origin == origin
    assert case.project.head == case.before.head
    case.nothing_of_mine_is_lost()
    case.no_leftovers()


def test_a_tag_that_was_deleted_after_others_built_on_it_stays_deleted(new_case):
    case: Case = new_case()
    hook = install(case.world.origin, "post-receive", "kill -9 $PPID")
    case.bump().fails_with(8)
    hook.unlink()
    case.world.git(case.world.origin, "update-ref", "-d", TAG)
    case.world.run(["sh", "-c", MORE], folder=case.world.origin)
    origin = case.project.origin
    case.recover().fails_with(9).says("is not brought back")
    assert case.project.origin == origin
    case.nothing_of_mine_is_lost()
    case.no_leftovers()


@pytest.mark.parametrize("again", [False, True])
def test_of_a_tag_alone_it_is_asked_before_it_is_published_again(new_case, again):
    case: Case = new_case()
    text = case.project.read("pyproject.toml").decode()
    case.project.write("pyproject.toml", text.replace('version = "0.1.0"\n', 'dynamic = ["version"]\n'))
    case.project.git("commit", "--quiet", "-m", "Dynamic", "pyproject.toml")
    case.project.git("push", "--quiet", "origin", "main")
    _let_it_hang(case, "--no-commit")
    questions = []

    def answer(question):
        questions.append(question)
        return again

    project = project_in(case.project.folder, case.world.environment(), on_terminal=False)
    report = recover(project, answer)
    assert ["Publish v0.2.0 again?" in question for question in questions] == [True]
    assert report.outcome is (RecoverOutcome.FINISHED if again else RecoverOutcome.FORGOTTEN)
    assert (TAG in case.project.origin) == (TAG in case.project.refs) == again
    case.no_leftovers()


def test_a_second_push_without_an_answer_is_looked_for(new_case):
    case = _unanswered(new_case)
    hook = install(case.world.origin, "post-receive", f"touch {case.armed}; kill -9 $PPID")
    case.recover().fails_with(0).says("it is ours")
    assert case.armed.exists()
    hook.unlink()
    case.whole()
    case.nothing_of_mine_is_lost()
    case.no_leftovers()
    case.note("reply lost, twice", "file", "the push of recover", "8, recovered whole")


@pytest.mark.parametrize("who", ["origin", "the pre-push hook"])
def test_a_refusal_does_not_answer_the_push_before_it(new_case, who):
    case = _unanswered(new_case)
    folder, name = (case.world.origin, "pre-receive") if who == "origin" else (case.project.folder / ".git", "pre-push")
    hook = install(folder, name, "cat >/dev/null; exit 1")
    for _ in range(2):
        case.recover().fails_with(8).says(who, "never answered").helps("release recover --undo")
    project = project_in(case.project.folder, case.world.environment(), on_terminal=False)
    assert recover(project, lambda question: "may still arrive" in question, undo=True).tag == "v0.2.0"
    hook.unlink()
    case.nothing_changed()
    case.nothing_of_mine_is_lost()
    case.no_leftovers()
    case.second_try()


def test_a_commit_made_meanwhile_is_not_followed_over(new_case):
    case: Case = new_case()
    mine = "echo mine >mine.txt; git add mine.txt; git commit -qm Mine"
    run = case.bump(at="keep", line=f"{mine}; cd {case.world.origin}; {MORE}")
    run.fails_with(7).helps("git pull")
    assert case.project.git("log", "-1", "--format=%s") == "Mine"
    assert "theirs.txt" not in case.project.git("ls-files")
    assert not (case.project.folder / "theirs.txt").exists()
    case.nothing_of_mine_is_lost("mine.txt")
    case.no_leftovers()


def _unanswered(new_case) -> Case:
    """A release whose push never got to a remote that is there again."""
    case: Case = new_case()
    _let_it_hang(case)
    assert case.project.origin[MAIN] == case.before.head
    return case


def _let_it_hang(case: Case, *more: str) -> None:
    away = case.world.root / "away.git"
    case.bump(*more, at="keep", line=f"mv {case.world.origin} {away}").fails_with(8)
    away.rename(case.world.origin)
