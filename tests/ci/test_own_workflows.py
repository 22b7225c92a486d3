"""This project's own workflows, as they stand, run by act on what is in this repository."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from forge import Forge, comments
from forge_server import forge_server

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
LICENCES = ("LICENSE", "release/templates/report/vendor/LICENSES.txt")
# One test instead of thousands: the workflow is what is tried here, not they.
KEPT_TESTS = ("tests/conftest.py", "tests/project/", "tests/shape/test_no_shell.py")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory) -> Path:
    """What pip has fetched: three of these tests install the same packages."""
    return tmp_path_factory.mktemp("wheels")


@pytest.fixture
def forge(without_dvc, wheels) -> Forge:
    """An origin whose main holds this repository's files; `release` is not on the PATH, pip is told what it is here."""
    project = without_dvc
    project.git("rm", "--quiet", "-r", ".")
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True
    ).stdout
    for path in filter(None, listed.split("\0")):
        if (ROOT / path).is_file() and (not path.startswith("tests/") or path.startswith(KEPT_TESTS)):
            there = project.folder / path
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, there)
    project.save("feat: all of it")
    programs = [folder for folder in os.environ["PATH"].split(os.pathsep) if not (Path(folder) / "release").exists()]
    # `python3` is the one that runs this, wherever its own programs lie.
    python = Path(sys.executable).resolve().parent
    pip = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_"))}
    project.world.variables |= {"PATH": os.pathsep.join([str(python), *programs]), **pip, "PIP_CACHE_DIR": str(wheels)}
    return Forge(project)


def test_two_merges_here_are_two_releases_with_what_was_built_on_their_pages(forge, tmp_path):
    """The first is 0.1.0, as `release/__init__.py` says; what is on its page can be installed, and says that version."""
    with forge_server("github") as server:
        forge.pages = server
        forge.merge().passes().shows("## Released v0.1.0")
        forge.project.git("pull", "--quiet", "origin", "main")
        forge.project.save("fix: one more")
        forge.merge().passes().shows("## Released v0.1.1")
        assert sorted(ref for ref in forge.project.origin if ref.startswith("refs/tags/")) == [
            "refs/tags/v0.1.0",
            "refs/tags/v0.1.1",
        ]
        pages = {entry.tag: entry for entry in server.entries}
    assert sorted(pages) == ["v0.1.0", "v0.1.1"]
    files = {version: {each.name: each.data for each in pages[f"v{version}"].files} for version in ("0.1.0", "0.1.1")}
    for version, built in files.items():
        assert sorted(built) == [f"dvc_release-{version}-py3-none-any.whl", f"dvc_release-{version}.tar.gz"]
    wheel = tmp_path / "dvc_release-0.1.1-py3-none-any.whl"
    wheel.write_bytes(files["0.1.1"][wheel.name])
    with zipfile.ZipFile(wheel) as opened:
        about = opened.read("dvc_release-0.1.1.dist-info/METADATA").decode()
        texts = {name for name in opened.namelist() if ".dist-info/licenses/" in name}
    assert "\nLicense-Expression: Apache-2.0 AND 0BSD AND BSD-3-Clause AND ISC AND MIT AND Unlicense\n" in about
    named = {f"dvc_release-0.1.1.dist-info/licenses/{name}" for name in re.findall(r"\nLicense-File: (.+)", about)}
    assert texts == named == {f"dvc_release-0.1.1.dist-info/licenses/{name}" for name in LICENCES}
    program = tmp_path / "installed" / "bin" / "release"
    for words in (
        [sys.executable, "-m", "venv", program.parents[1]],
        [program.with_name("pip"), "install", "-q", wheel],
    ):
        subprocess.run(words, check=True, env=forge.project.world.environment())
    assert "0.1.1" in subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout


def test_a_pull_request_here_is_previewed(forge):
    forge.project.git("switch", "--quiet", "--create", "topic")
    forge.project.save("feat: more")
    with comments() as (api, posted):
        forge.pull_request("topic", api=api).passes().shows("## Would release v")
        assert "## Would release v" in posted[0]["body"]
    assert not [ref for ref in forge.project.origin if ref.startswith("refs/tags/")]


def test_the_tests_of_a_push_here_are_run_as_the_readme_says(forge):
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    job = forge.push("ci.yml", "--job", "test", "--matrix", f"python:{python}", "--matrix", "os:ubuntu-latest").passes()
    assert " passed in " in job.log


def test_everything_else_of_a_push_here_is_what_ci_run_does(forge):
    """`.ci/run` itself is what runs these tests: here it only says that it was called, on which Python."""
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert python == "3.11", "the job's main Python"
    (forge.project.folder / ".ci" / "run").write_text(
        'set -eu\ntest "$CI" = true\necho "run in $(git log -1 --format=%s)"\n'
    )
    forge.project.save("ci: say it")
    job = forge.push("ci.yml", "--job", "everything").passes()
    assert "run in ci: say it" in job.log
