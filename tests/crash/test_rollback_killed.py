"""A rollback that is killed: `recover` brings the data along, too, and nothing that is only in the work tree is lost."""

import json
import shutil
import sys

import pytest
from faults.case import HEARD
from faults.injection import Injection
from project import Project, Run, Templates

MODEL = bytes(range(256)) * 64
WORSE = b"worse" * 1000
MOST = 40
WHOLE, NOTHING = "killed, recovered whole", "killed, recovered to nothing"


@pytest.fixture
def two(released: Project) -> Project:
    """v0.1.0, then v0.2.0 with a worse model and one more file of data; a file that nobody tracks."""
    released.write("data/more.bin", b"more" * 50)
    released.dvc("add", "--quiet", "data/more.bin")
    released.train(WORSE, '{"overall": {"f1": 0.5, "loss": 0.9}}\n')
    released.release("bump minor -m worse --yes").succeeds()
    released.write("notes.txt", b"mine")
    return released


def roll_back(two: Project, *, at: str = "", under: tuple[str, ...] = ()) -> Run:
    words = ("rollback", "v0.1.0", "--yes", "-v")
    line = "kill -KILL $RELEASE" if at else "true"
    done = two.world.run([*under, sys.executable, str(HEARD), at, line, *words], folder=two.folder, ok=None)
    return Run(words, done.returncode, done.stdout.decode(), done.stderr.decode())


def is_back(two: Project) -> bool:
    """Refs, files and data are those of the rollback."""
    assert two.published("v0.2.1")
    assert two.head == two.origin["refs/heads/main"] == two.git("rev-parse", "v0.2.1^{commit}")
    assert two.read("model/model.pt") == MODEL
    assert not (two.folder / "data" / "more.bin").exists()
    assert two.status == "?? notes.txt"
    assert two.read("notes.txt") == b"mine"
    assert json.loads(two.dvc("data", "status", "--json")) in ({}, {"git": {"untracked": ["notes.txt"]}})
    return True


def is_as_before(two: Project, before: tuple[dict[str, str], str]) -> bool:
    assert (two.origin, two.head) == before
    assert two.read("model/model.pt") == WORSE
    assert two.read("data/more.bin") == b"more" * 50
    assert two.status == "?? notes.txt"
    return True


@pytest.mark.parametrize("step", ["keep", "publish", "move refs", "update files"])
def test_whatever_step_it_was_killed_after_the_data_is_that_of_the_release(two: Project, note, step):
    before = (two.origin, two.head)
    assert roll_back(two, at=step).code == -9
    two.release("recover --yes").succeeds()
    assert is_as_before(two, before) if step == "keep" else is_back(two)
    two.release("recover --yes").succeeds().says("no release was interrupted")
    note("SIGKILL, rollback", "file", f"after {step}", NOTHING if step == "keep" else WHOLE)


@pytest.fixture
def imported(templates: Templates, tmp_path) -> Project:
    """v0.3.0 with data of another repository; the import of v0.1.0 is neither in the cache nor on the remote."""
    clone = templates.copy("imports", tmp_path / "world").clone()
    clone.dvc("pull", "--quiet")
    clone.write("notes.txt", b"mine")
    return clone


def has_own_data_back(clone: Project, run: Run) -> bool:
    """What is this repository's own is that of v0.1.0; what is not is gone, as after `release checkout`, and named."""
    assert clone.published("v0.3.1")
    assert clone.read("model/model.pt") == b"first" * 1000
    assert not (clone.folder / "raw").exists()
    assert not (clone.folder / "one.bin").exists()
    assert clone.status == "?? notes.txt"
    assert clone.read("notes.txt") == b"mine"
    run.says("raw is left out here", "dvc pull raw.dvc", "dvc pull one.bin.dvc")
    clone.dvc("pull", "--quiet", "raw.dvc", "one.bin.dvc")
    assert clone.read("raw/b.csv") == b"firstfirst"
    assert json.loads(clone.dvc("data", "status", "--json")) in ({}, {"git": {"untracked": ["notes.txt"]}})
    return True


@pytest.mark.parametrize("step", ["keep", "publish", "move refs", "update files"])
def test_imports_that_cannot_be_had_do_not_keep_own_data_from_following(imported: Project, note, step):
    before = (imported.origin, imported.head)
    assert roll_back(imported, at=step).code == -9
    run = imported.release("recover --yes").succeeds()
    if step == "keep":
        assert (imported.origin, imported.head) == before
        assert imported.read("raw/b.csv") == b"secondsecond"
    else:
        assert has_own_data_back(imported, run)
    imported.release("recover --yes").succeeds().says("no release was interrupted")
    note("SIGKILL, rollback with imports", "file", f"after {step}", NOTHING if step == "keep" else WHOLE)


def test_imports_that_the_cache_has_follow(templates: Templates, tmp_path, note):
    project = templates.copy("imports", tmp_path / "world")
    assert roll_back(project, at="publish").code == -9
    project.release("recover --yes").succeeds().never_says("left out", "could not follow")
    assert project.read("raw/b.csv") == b"firstfirst"
    assert project.read("one.bin") == b"first" * 3
    assert project.read("model/model.pt") == b"first" * 1000
    assert json.loads(project.dvc("data", "status", "--json")) == {}
    note("SIGKILL, rollback with cached imports", "file", "after publish", WHOLE)


@pytest.mark.system  # strace
@pytest.mark.parametrize("call", ["rename", "unlink"])
def test_whatever_call_of_ours_it_was_killed_in_the_data_is_that_of_the_release(two: Project, note, tmp_path, call):
    template = tmp_path / "template"
    shutil.copytree(two.world.root, template, symlinks=True)
    struck = 0
    for nth in range(1, MOST):
        shutil.rmtree(two.world.root)
        shutil.copytree(template, two.world.root, symlinks=True)
        log = tmp_path / "strace.log"
        log.unlink(missing_ok=True)
        before = (two.origin, two.head)
        injection = Injection(call, "KILL", nth)
        roll_back(two, under=("strace", "-qq", "-o", str(log), *injection.words))
        if not injection.fired(log):
            break
        struck += 1
        two.release("recover --yes").succeeds()
        published = "refs/tags/v0.2.1" in two.origin
        assert is_back(two) if published else is_as_before(two, before), nth
        note(f"SIGKILL at {call}, rollback", "file", f"call {nth}", WHOLE if published else NOTHING)
    assert struck > 2
    assert is_back(two)


def test_what_was_written_after_the_kill_is_not_overwritten(two: Project, note):
    assert roll_back(two, at="publish").code == -9
    two.write("model/model.pt", b"only here")
    two.release("recover --yes").succeeds().says("model/model.pt would be lost", "dvc checkout")
    assert two.published("v0.2.1")
    assert two.read("model/model.pt") == b"only here"
    two.release("recover --yes").succeeds().says("no release was interrupted")
    note("SIGKILL, rollback", "file", "after publish, then a file written", f"{WHOLE}, the file left")
