"""Guides are run line by line; a remark `ends with N` is the exit code of its line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

import pytest
from forge_server import forge_server, settle
from project import Project, World
from project.templates import performance
from test_pages_about_ci import blocks, commands, type_in

CODE = re.compile(r"ends with (\d)")


def run(project: Project, page: str) -> None:
    """Run the console blocks of a page; a commit has a change of its own."""
    for number, (line, _) in enumerate(each for block in blocks(page, "console") for each in commands(block)):
        words, _, remark = line.partition("  #")
        if words.startswith("git commit"):
            project.write(f"step_{number}.py", "# changed\n")
            project.git("add", f"step_{number}.py")
        if words.startswith("release "):
            code = CODE.search(remark)
            done = project.release_process("", *shlex.split(words)[1:])
            assert done.code == (int(code[1]) if code else 0), f"{line}: {done}"
            for version in re.findall(r"^v\d\S+", remark.strip(" #")):
                assert version.rstrip(":,;") in done.out, f"{line}: {done}"
        else:
            project.sh(f"{words} >&2")


def gates(project: Project) -> None:
    (table,) = blocks("how-to/set-gates.md", "toml")
    project.write("pyproject.toml", table)
    project.train(b"small", performance(f1=0.55))


def candidates(project: Project) -> None:
    project.train(b"second", performance(f1=0.9))


def second(project: Project) -> None:
    project.train(b"second", performance(f1=0.9))
    project.release("bump minor --yes").succeeds()


@pytest.mark.parametrize(
    ("page", "prepare"),
    [("set-gates", gates), ("prereleases-and-hotfixes", candidates), ("yank-or-undo", second)],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_guide_does_what_it_says(released: Project, page: str, prepare: Callable[[Project], None]) -> None:
    released.dvc("remote", "modify", "--quiet", "storage", "url", str(released.world.store))
    released.commit("build: store")
    prepare(released)
    run(released, f"how-to/{page}.md")


def test_the_guide_of_release_pages_makes_a_page(released: Project) -> None:
    released.train(b"second", performance(f1=0.9))
    with forge_server("github") as server:
        settle(released, server)
        released.release("bump minor --yes").succeeds()
        run(released, "how-to/release-pages.md")
    assert blocks("how-to/release-pages.md", "toml") == ["[tool.release]\npublish = true\n"]


def test_three_models_go_to_production_and_back(empty_world: World) -> None:
    """From an empty folder: the page has every file and every command."""
    page = "tutorial/three-models.md"
    project = Project(empty_world, empty_world.root / "three")
    project.folder.mkdir()
    for path, language in (("fit.py", "python"), ("dvc.yaml", "yaml"), (".release.toml", "toml")):
        (text,) = blocks(page, language)
        project.write(path, text)
    for block in blocks(page, "console"):
        type_in(project, block)
    assert project.published("charCNN@v0.1.0", "ranker@v0.2.1", "tagger@v0.2.0")
