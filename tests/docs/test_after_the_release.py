"""docs/how-to/after-the-release.md: every row is run, by hand and with `release`, and comes to what it says."""

from __future__ import annotations

import re
import shutil
from hashlib import md5
from pathlib import Path

import pytest
from project import Project, World

PAGE = (Path(__file__).parents[2] / "docs/how-to/after-the-release.md").read_text()
MODEL, BETTER, TAGS = bytes(range(256)) * 64, b"better" * 1000, b'["nlp", "mlops"]'


def rows():
    """Each row of the tables: what it is about, by hand, with `release`."""
    lines = [
        line
        for line in PAGE.splitlines()
        if line.startswith("| ") and not line.startswith(("| ---", "| what you want", "| what happened"))
    ]
    return [tuple(cell.strip() for cell in line.strip("| ").split(" | ")) for line in lines]


def command(cell):
    """The command of a cell, and the exit code that it says."""
    code = re.search(r"ends with (\d+)", cell)
    return re.findall(r"`([^`]+)`", cell)[0], int(code[1]) if code else 0


ROWS = rows()
GOOD = [row for row in ROWS if command(row[2])[1] == 0]
BAD = [row for row in ROWS if command(row[2])[1] != 0]


@pytest.fixture(scope="module")
def world(templates, tmp_path_factory):
    """v0.1.0 and v0.2.0 with another model, both made by `release`, and an unreleased commit."""
    project = templates.copy("plain", tmp_path_factory.mktemp("after") / "world")
    project.release("bump minor -m first --yes").succeeds()
    project.commit("Between", **{"train.py": "print(1)\n"})
    project.train(BETTER, '{"overall": {"f1": 0.9, "loss": 0.2}}\n')
    project.release("bump minor -m second --yes").succeeds()
    project.save("Unreleased")
    return project


@pytest.fixture
def copy(world, tmp_path):
    def make(name):
        shutil.copytree(world.world.root, tmp_path / name, symlinks=True)
        return Project(World(tmp_path / name, seconds=world.world.seconds), tmp_path / name / "project")

    return make


def run(project, line, code=0):
    done = project.world.run(["sh", "-euc", line], folder=project.folder, ok=None)
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert done.returncode == code, f"{line}: {done.returncode}\n{said}"
    return said


def tags(refs):
    return {ref.removeprefix("refs/tags/") for ref in refs if ref.startswith("refs/tags/")}


def at(project, tag):
    return project.git("rev-parse", f"{tag}^{{commit}}")


def everywhere(project, tag):
    """Both here and on the remote, the same annotated object."""
    ref = f"refs/tags/{tag}"
    return project.git("cat-file", "-t", ref) == "tag" and project.refs[ref] == project.origin.get(ref)


def anybody_gets(project, tag):
    """A fresh clone of the tag gets its model from the blob store."""
    fresh = project.clone("fresh", "--branch", tag)
    fresh.dvc("pull", "--quiet")
    return fresh.read("model/model.pt")


# What is true after a row, whichever way was taken.
COME_TO = {
    "set DVC up": lambda p, _: "storage" in p.dvc("remote", "list") and p.dvc("config", "core.remote") == "storage\n",
    "a bucket for the data": lambda p, _: (
        "s3://models/tagger" in p.dvc("remote", "list")
        and "KEY" in p.read(".dvc/config.local").decode()
        and "KEY" not in p.read(".dvc/config").decode()
    ),
    "track data": lambda p, _: md5(b"[]").hexdigest().encode() in p.read("data/projects.json.dvc"),
    "add, upload and commit": lambda p, _: (
        p.git("status", "--porcelain", "--untracked-files=no") == ""
        and any(path.read_bytes() == TAGS for path in p.objects_on_store())
    ),
    "get what others pushed": lambda p, _: p.read("model/model.pt") == b"theirs",
    "upload data, and check that it arrived": lambda p, _: any(
        path.read_bytes() == b"mine" for path in p.objects_on_store()
    ),
    "see all tags": lambda p, said: {"v0.1.0", "v0.2.0"} == set(re.findall(r"v\d\.\d\.\d", said)),
    "make a release": lambda p, _: everywhere(p, "v0.3.0") and anybody_gets(p, "v0.3.0") == BETTER,
    "code and data of a release": lambda p, _: (
        p.git("branch", "--show-current") == "from/v0.1.0"
        and p.head == at(p, "v0.1.0")
        and p.read("model/model.pt") == MODEL
    ),
    "the same, in another folder": lambda p, _: (
        p.at("old").read("model/model.pt") == MODEL and p.read("model/model.pt") == BETTER
    ),
    "delete a tag here": lambda p, _: "v0.2.0" in tags(p.origin) - tags(p.refs),
    "delete a tag there": lambda p, _: "v0.2.0" in tags(p.refs) - tags(p.origin),
    "take back a release that is not used yet": lambda p, _: (
        "v0.2.0" not in tags(p.refs) | tags(p.origin)
        and p.head == p.origin["refs/heads/main"]
        and b"[0.2.0]" not in p.read("CHANGELOG.md")
    ),
    "fetch all tags": lambda p, _: everywhere(p, "v0.9.0"),
    "what differs": lambda p, said: ("model/model.pt" in said and "performance.json" in said) or "overall.f1" in said,
    "return to the old model after an incident": lambda p, _: (
        everywhere(p, "v0.2.1") and p.read("model/model.pt") == MODEL and anybody_gets(p, "v0.2.1") == MODEL
    ),
    "a commit tagged late": lambda p, _: everywhere(p, "v0.1.1") and at(p, "v0.1.1") == at(p, "v0.2.0~1"),
    "a hotfix of the old release": lambda p, _: (
        everywhere(p, "v0.1.1")
        and p.git("merge-base", "v0.1.1", "v0.1.0") == at(p, "v0.1.0")
        and "refs/heads/hotfix/0.1" in p.origin
        and anybody_gets(p, "v0.1.1") == MODEL
    ),
    "a candidate, then the final": lambda p, _: everywhere(p, "v0.3.0-rc.1") and everywhere(p, "v0.3.0"),
    "a squash merge": lambda p, _: (
        everywhere(p, "v0.3.0") and "topic.py" in p.git("ls-tree", "--name-only", "v0.3.0").split("\n")
    ),
    "a colleague's stale clone": lambda p, _: p.head == at(p, "v0.2.0") and p.read("model/model.pt") == BETTER,
}


def is_so(what, project):
    """Whether it is so already; what is not even there is not so."""
    come_to = COME_TO[what]
    try:
        return come_to(project, "")
    except (OSError, KeyError, AssertionError):
        return False


def prepare(what, project):
    """Where a row begins; a project of its own for what a colleague does."""
    if what == "fetch all tags":
        other = project.clone("other")
        other.git("tag", "-a", "v0.9.0", "-m", "Theirs")
        other.git("push", "--quiet", "origin", "v0.9.0")
    if what == "a squash merge":
        project.git("switch", "--quiet", "-c", "topic")
        project.commit("On a topic", **{"topic.py": "print()\n"})
        project.git("switch", "--quiet", "main")
    if what == "a colleague's stale clone":
        stale = project.clone("stale")
        stale.git("tag", "-d", "v0.1.0", "v0.2.0")
        stale.git("reset", "--quiet", "--hard", "HEAD~3")
        return stale
    if what == "get what others pushed":
        behind = project.clone("behind")
        project.train(b"theirs", '{"overall": {"f1": 0.95, "loss": 0.1}}\n')
        return behind
    if what == "track data":
        project.write("data/projects.json", b"[]")
    if what == "add, upload and commit":
        (project.folder / "data" / "tags.json").unlink()
        project.write("data/tags.json", TAGS)
    if what == "upload data, and check that it arrived":
        forget(project)
    if what == "set DVC up":
        return bare_of_dvc(project)
    return project


def bare_of_dvc(project):
    folder = project.world.root / "bare"
    project.world.git(project.world.root, "init", "--quiet", str(folder))
    bare = project.at("bare")
    bare.git("commit", "--quiet", "--allow-empty", "-m", "First")
    return bare


@pytest.mark.parametrize("row", GOOD, ids=[row[0] for row in GOOD])
def test_both_ways_come_to_what_is_wanted(row, copy):
    what, by_hand, with_release = row
    for name, cell in (("hand", by_hand), ("release", with_release)):
        project = prepare(what, copy(name))
        assert not is_so(what, project), "it is so before anything was done"
        line, code = command(cell)
        said = run(project, line, code)
        assert COME_TO[what](project, said), f"{name}: {line}\n{said}"


def edit(project):
    (project.folder / "model" / "model.pt").unlink()
    project.write("model/model.pt", b"mine")


def lose(project):
    (path,) = [path for path in project.objects_on_store() if path.read_bytes() == MODEL]
    project.lose(path)
    project.empty_cache()


def move(project):
    other = project.clone("other")
    other.git("tag", "-f", "-a", "v0.2.0", "-m", "Moved")
    other.git("push", "--quiet", "--force", "origin", "v0.2.0")


def forget(project):
    edit(project)
    project.dvc("add", "--quiet", "model/model.pt")
    project.save("Not pushed to the store")


HAPPENED = {
    "unsaved work is in the way": edit,
    "the data of a tag is gone": lose,
    "someone moved a tag": move,
    "the data was not pushed": forget,
}


@pytest.mark.parametrize("row", BAD, ids=[row[0] for row in BAD])
def test_what_goes_wrong_is_refused_and_nothing_is_lost(row, copy):
    what, _, with_release = row
    project = copy("release")
    HAPPENED[what](project)
    refs, origin, model = project.refs, project.origin, project.read("model/model.pt")
    run(project, *command(with_release))
    assert (project.refs, project.origin, project.read("model/model.pt")) == (refs, origin, model)


def test_by_hand_really_goes_wrong_as_the_page_says(copy):
    project = copy("edited")
    edit(project)
    project.world.run(["sh", "-c", "git checkout v0.1.0 && dvc checkout"], folder=project.folder, ok=None)
    assert project.head == project.git("rev-parse", "v0.1.0^{commit}")
    assert project.read("model/model.pt") == b"mine"
    project = copy("gone")
    lose(project)
    project.world.run(["sh", "-c", "git checkout v0.1.0 && dvc pull"], folder=project.folder, ok=None)
    assert project.head == project.git("rev-parse", "v0.1.0^{commit}")
    assert not (project.folder / "model" / "model.pt").exists() or project.read("model/model.pt") != MODEL


def test_where_by_hand_goes_wrong_others_are_the_ones_who_see_it(copy):
    moved = copy("moved")
    move(moved)
    by_hand = command(next(row[1] for row in BAD if row[0] == "someone moved a tag"))[0]
    assert "would clobber existing tag" in run(moved, by_hand, code=1)
    assert moved.clone("new").git("rev-parse", "v0.2.0") != moved.git("rev-parse", "v0.2.0")
    kept = copy("kept")
    forget(kept)
    run(kept, command(next(row[1] for row in BAD if row[0] == "the data was not pushed"))[0])
    fresh = kept.clone("fresh", "--branch", "v0.3.0")
    pulled = kept.world.run(["dvc", "pull"], folder=fresh.folder, ok=None)
    assert pulled.returncode != 0
    assert not (fresh.folder / "model" / "model.pt").exists()


# Every git and DVC command that the lesson types after `pip install dvc`, as its words begin.
LESSON = (
    "dvc init", "dvc remote add", "dvc remote modify", "s3://", "dvc add", "dvc push", "dvc pull", "git pull", "git tag`",
    "git tag -a", "git checkout -b", "git tag -d", "git push origin --delete", "git fetch --all --tags",
)  # fmt: skip


@pytest.mark.fast
@pytest.mark.parametrize("words", LESSON)
def test_every_git_and_dvc_command_of_the_lesson_stands_in_the_left_column(words):
    assert any(words in row[1] for row in GOOD), words


@pytest.mark.fast
def test_every_row_is_held_to_something():
    assert {row[0] for row in GOOD} == set(COME_TO)
    assert {row[0] for row in BAD} == set(HAPPENED)
