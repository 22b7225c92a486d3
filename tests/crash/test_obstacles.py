"""What would fail, or overwrite something, after the push is found before it: by a dry run, with the code of the run."""

from dataclasses import dataclass

import pytest
from faults.case import TAG, Case
from faults.hooks import install

SCORES = "model/performance.json"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """`line` is done in the clone; what is then said; the exit code."""

    name: str
    line: str
    says: str
    code: int = 3


SIDE = (
    "git stash -q; git branch side HEAD~1; git worktree add -q --detach ../w side; cd ../w;"
    f" echo 1 >{SCORES}; git commit -qam Side; echo 2 >{SCORES}; git commit -qam More; git branch -qf side; cd ../project;"
    " git worktree remove ../w"
)
CLEAN = f"git checkout -q HEAD -- {SCORES}"  # nothing is changed any more, but the operation goes on
EXCLUDE = "mkdir -p .git/info; echo CHANGELOG.md >.git/info/exclude"
DOCS = (
    "echo 'changelog = \"docs/log.md\"' >>pyproject.toml; git commit -qm Docs pyproject.toml; git push -q origin main"
)

OBSTACLES = [
    Obstacle("an ignored file", f"{EXCLUDE}; echo mine >CHANGELOG.md", "CHANGELOG.md exists here"),
    Obstacle("an untracked file", "echo mine >CHANGELOG.md", "CHANGELOG.md exists here"),
    Obstacle(
        "an ignored folder", f"{EXCLUDE}; mkdir CHANGELOG.md; echo mine >CHANGELOG.md/x", "CHANGELOG.md exists here"
    ),
    Obstacle("a link to nowhere", f"{EXCLUDE}; ln -s nowhere CHANGELOG.md", "CHANGELOG.md exists here"),
    Obstacle("a file in the place of its folder", f"{DOCS}; echo mine >docs", "docs/log.md exists here"),
    Obstacle("a link in the place of its folder", f"{DOCS}; ln -s .. docs", "docs/log.md exists here"),
    Obstacle("skip-worktree", "git update-index --skip-worktree pyproject.toml", "skip-worktree"),
    Obstacle("assume-unchanged", "git update-index --assume-unchanged pyproject.toml", "assume-unchanged"),
    Obstacle(
        "a filter",
        "mkdir -p .git/info; echo 'pyproject.toml filter=lfs' >.git/info/attributes",
        "has a `filter` attribute",
    ),
    Obstacle("the lock of the index", "touch .git/index.lock", "the index is locked"),
    Obstacle("the lock of HEAD", "touch .git/HEAD.lock", "refs here are locked"),
    Obstacle("the lock of the branch", "touch .git/refs/heads/main.lock", "refs here are locked"),
    Obstacle("the lock of the tag", "touch .git/refs/tags/v0.2.0.lock", "refs here are locked"),
    Obstacle("a tag below the tag", "git tag v0.2.0/x", "git cannot have both tags v0.2.0 and v0.2.0/x"),
    Obstacle(
        "a tag above the tag", "git tag -d v0.1.0; git update-ref refs/tags/v0.2.0/rc HEAD", "git cannot have both"
    ),
    Obstacle(
        "the branch in another worktree",
        "git worktree add -q -f ../beside main",
        "is checked out in",
    ),
    Obstacle("a merge", f"{SIDE}; git merge -q side; {CLEAN}", "a merge is in progress"),
    Obstacle("a cherry-pick", f"{SIDE}; git cherry-pick side; {CLEAN}", "a cherry-pick is in progress"),
    Obstacle(
        "a cherry-pick of several",
        f"{SIDE}; git cherry-pick side~1 side; {CLEAN}; rm .git/CHERRY_PICK_HEAD",
        "a cherry-pick is in progress",
    ),
    Obstacle(
        "a revert",
        f"{SIDE}; echo 3 >{SCORES}; git commit -qam Third; git revert HEAD~1; {CLEAN}",
        "a revert is in progress",
    ),
    Obstacle("a rebase", f"{SIDE}; git rebase -q side; {CLEAN}", "a rebase is in progress"),
    Obstacle("a rebase by patches", f"{SIDE}; git rebase -q --apply side; {CLEAN}", "a rebase is in progress"),
    Obstacle("patches", f"{SIDE}; git format-patch -1 side --stdout | git am -q; {CLEAN}", "an am is in progress"),
    Obstacle("a bisect", "git bisect start HEAD HEAD~1; git checkout -q main", "a bisect is in progress"),
    Obstacle("a changed file", "echo >>.gitignore", ".gitignore changed"),
    Obstacle("a staged file", "git add notebooks/run.ipynb", "notebooks/run.ipynb changed"),
    Obstacle("an intent to add", "git add -N notes.txt", "notes.txt changed"),
    Obstacle(
        "a conflict", f"{SIDE}; git stash -q; git cherry-pick side; rm .git/CHERRY_PICK_HEAD", f"{SCORES} changed"
    ),
    Obstacle("nobody", "git config user.useConfigOnly true; git config user.name ''", "git does not know who you are"),
    Obstacle("two push URLs", "for u in a b; do git remote set-url --add --push origin $u; done", "2 push URLs", 2),
    Obstacle("nobody to push to", "git remote set-url --push origin ../nowhere.git", "could not be pushed to", 6),
]


@pytest.mark.parametrize("obstacle", OBSTACLES, ids=lambda obstacle: obstacle.name)
def test_what_would_fail_afterwards_is_found_before_and_by_a_dry_run(new_case, obstacle: Obstacle):
    case: Case = new_case()
    case.world.run(["sh", "-c", obstacle.line], folder=case.project.folder, ok=None)
    origin = case.project.origin
    for form in ("--dry-run", "--yes"):
        run = case.project.release(f"bump minor -m charCNN {form}").fails_with(obstacle.code)
        run.says(obstacle.says).helps()
        assert case.project.unchanged()
    assert case.project.origin == origin
    assert TAG not in case.project.refs


def test_the_command_that_ends_an_operation_ends_it(new_case):
    """Each `git X --abort` that is named is one that git has."""
    for obstacle in OBSTACLES:
        if "in progress" not in obstacle.says:
            continue
        case: Case = new_case()
        case.world.run(["sh", "-c", obstacle.line], folder=case.project.folder, ok=None)
        help = case.project.release("bump minor --dry-run --json").json["checks"]
        end = next(check["help"] for check in help if "in progress" in check["message"]).rpartition("or: ")[2]
        if obstacle.name != "a cherry-pick of several":  # its head is gone already: git says so, and ends
            case.project.sh(end)
        said = case.project.release("bump minor --dry-run")
        assert obstacle.name == "a cherry-pick of several" or "in progress" not in said.out + said.err, obstacle.name


def test_a_rehearsal_runs_no_hook(new_case):
    case: Case = new_case()
    ran = case.world.root / "home" / "ran"
    for name in ("pre-push", "reference-transaction", "post-checkout", "post-index-change"):
        install(case.project.folder / ".git", name, f"echo {name} >>{ran}; exit 1")
    case.project.release("bump minor --dry-run").succeeds()
    assert not ran.exists()


def test_a_file_that_may_be_dirty_and_would_be_written_is_found_by_the_rehearsal(new_case):
    """Only a rollback of the code writes such a file."""
    case: Case = new_case()
    case.project.git("stash", "--quiet")
    case.project.write("notebooks/run.ipynb", "newer\n")
    case.project.git("commit", "--quiet", "-m", "Newer", "notebooks/run.ipynb")
    case.project.release("bump minor --yes").succeeds()
    case.project.write("notebooks/run.ipynb", "mine\n")
    for form in ("--dry-run", "--yes"):
        run = case.project.release(f"rollback v0.1.0 --code {form}").fails_with(3)
        run.says("files here could not follow", "notebooks/run.ipynb")
        assert case.project.unchanged()
    assert case.project.read("notebooks/run.ipynb") == b"mine\n"


def test_a_file_of_the_release_may_not_be_dirty_whatever_is_configured(new_case):
    case: Case = new_case()
    text = case.project.read("pyproject.toml").decode().replace("notebooks/**", "**")
    case.project.write("pyproject.toml", text)
    case.project.git("commit", "--quiet", "-m", "Anything may be dirty", "pyproject.toml")
    case.project.git("push", "--quiet", "origin", "main")
    for path in ("pyproject.toml", SCORES):
        case.project.write(path, case.project.read(path) + b"\n")
        case.project.release("bump minor --dry-run").fails_with(3).says(f"{path} changed")
        case.project.git("checkout", "--quiet", "--", path)


def test_a_lock_that_ends_meanwhile_is_no_obstacle(new_case):
    case: Case = new_case()
    lock = case.project.folder / ".git" / "index.lock"
    lock.touch()
    case.project.release("bump minor --dry-run").fails_with(3)
    lock.unlink()
    case.bump().fails_with(0)
    case.whole()
