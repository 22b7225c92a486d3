"""docs/how-to/after-the-release.md: every row is run, by hand and with `release`, and comes to what it says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from project import Project, World

PAGE = (Path(__file__).parents[2] / "docs/how-to/after-the-release.md").read_text()
MODEL = bytes(range(256)) * 64


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
    project.train(b"better" * 1000, '{"overall": {"f1": 0.9, "loss": 0.2}}\n')
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


def came_to(what, project):
    """What a row comes to, in words that are the same for both ways."""
    here, there = tags(project.refs), tags(project.origin)
    model = project.read("model/model.pt")
    found = {
        "see all tags": (here,),
        "make a release": ("v0.3.0" in here & there, len(project.objects_on_store())),
        "code and data of a release": (
            model,
            project.git("branch", "--show-current"),
            (project.folder / "train.py").exists(),
        ),
        "the same, beside": (
            model,
            (project.folder / "../old/model/model.pt").exists() and project.at("old").read("model/model.pt"),
        ),
        "delete a tag here": (here, there),
        "delete a tag there": (here, there),
        "fetch all tags": (here,),
        "an incident: back to the old model": (
            "v0.2.1" in here & there,
            model,
            project.git("branch", "--show-current"),
        ),
        "a commit tagged late": (
            "v0.1.1" in here & there,
            project.git("rev-parse", "v0.1.1^{commit}") if "v0.1.1" in here else "",
        ),
        "a hotfix of the old release": ("v0.1.1" in here & there, "refs/heads/hotfix/0.1" in project.origin),
        "a squash merge": ("v0.3.0" in here & there, (project.folder / "topic.py").exists()),
        "a stale clone": (project.head, model),
        "a candidate, then the final": ({"v0.3.0-rc.1", "v0.3.0"} <= here & there,),
    }
    return found.get(what, (here, there, model))


def prepare(what, project):
    if what == "fetch all tags":
        other = project.clone("other")
        other.git("tag", "-a", "v0.9.0", "-m", "Theirs")
        other.git("push", "--quiet", "origin", "v0.9.0")
    if what == "a squash merge":
        project.git("switch", "--quiet", "-c", "topic")
        project.commit("On a topic", **{"topic.py": "print()\n"})
        project.git("switch", "--quiet", "main")
    if what == "a stale clone":
        project.git("tag", "-d", "v0.1.0")
    if what == "track data":
        project.write("data/projects.json", b"[]")


@pytest.mark.parametrize("row", GOOD, ids=[row[0] for row in GOOD])
def test_both_ways_come_to_the_same(row, copy):
    what, by_hand, with_release = row
    found = []
    for name, cell in (("hand", by_hand), ("release", with_release)):
        project = copy(name)
        prepare(what, project)
        line, code = command(cell)
        run(project, line, code)
        found.append(came_to(what, project))
    assert found[0] == found[1]


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
    "a tag was moved by somebody": move,
    "nobody pushed the data": forget,
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


def test_every_git_and_dvc_command_of_the_lesson_after_its_set_up_stands_in_the_table():
    for words in (
        "dvc add", "dvc push", "dvc pull", "git tag`", "git tag -a", "git checkout -b", "git tag -d",
        "git push origin --delete", "git fetch --all --tags",
    ):  # fmt: skip
        assert f"`{words}" in PAGE or f" {words}" in PAGE, words
