"""What a command costs that no clock decides: connections, processes, modules and requests, each with a ceiling."""

import os
import shutil
import subprocess
import sys

import pytest
from project import Project

pytestmark = pytest.mark.fast


@pytest.fixture
def counted(released: Project):
    """A project whose git notes every connection to its remote in a file."""
    calls = released.world.root / "connections"
    for service in ("upload-pack", "receive-pack"):
        program = released.world.root / f"counting-{service}"
        program.write_text(f'#!/bin/sh\necho {service} >> "{calls}"\nexec git-{service} "$@"\n')
        program.chmod(0o755)
        released.git("config", f"remote.origin.{service.replace('-', '')}", str(program))
    return released, calls


def connections(calls):
    return calls.read_text().split() if calls.exists() else []


def test_a_release_talks_to_the_host_three_times_to_ask_to_rehearse_and_to_push(counted):
    project, calls = counted
    project.save("More")
    calls.unlink(missing_ok=True)
    project.release("bump minor --yes").succeeds()
    assert project.published("v0.2.0")
    assert sorted(connections(calls)) == ["receive-pack", "receive-pack", "upload-pack"]


@pytest.mark.parametrize("line", ["list --offline", "show v0.1.0", "status --offline", "--version", "bump --help"])
def test_what_only_looks_here_talks_to_nobody(counted, line):
    project, calls = counted
    project.release(line).succeeds()
    assert connections(calls) == []


def test_a_list_asks_once_which_tags_there_are(counted):
    project, calls = counted
    project.release("list").succeeds()
    assert connections(calls) == ["upload-pack"]


def test_a_refusal_for_unpushed_work_of_others_needs_two_at_most(counted):
    project, calls = counted
    other = project.clone("other")
    other.save("Theirs")
    project.commit("Ours")
    calls.unlink(missing_ok=True)
    project.release("bump minor --yes").fails_with(7)
    assert len(connections(calls)) <= 2


@pytest.fixture
def partial(counted):
    """A partial clone of five releases with other numbers each; only the newest one's files are here."""
    project, calls = counted
    for number in range(4):
        project.write("model/performance.json", f'{{"overall": {{"f1": 0.8{number}}}}}\n')
        project.save("More")
        project.release("bump minor --yes").succeeds()
    project.world.git(project.world.origin, "config", "uploadpack.allowFilter", "true")
    program = f"remote.origin.uploadpack={project.world.root}/counting-upload-pack"
    clone = project.clone("partial", "--filter=blob:none", "-c", program)
    calls.unlink(missing_ok=True)
    return clone, calls


# One question about tags or branches, and one for all the files that are not here.
@pytest.mark.parametrize(
    ("line", "most"), [("list", 2), ("verify --all", 2), ("status", 2), ("bump minor --dry-run --allow-empty", 2)]
)
def test_a_partial_clone_fetches_what_it_lacks_at_once(partial, line, most):
    clone, calls = partial
    clone.release(line).succeeds()
    assert len(connections(calls)) <= most, connections(calls)


def test_a_release_from_a_partial_clone_is_whole(partial):
    clone, _ = partial
    clone.write("model/performance.json", '{"overall": {"f1": 0.91}}\n')
    clone.save("Better")
    clone.release("bump minor --yes").succeeds().says("0.8300", "0.9100")
    assert clone.published("v0.5.0")


def test_a_path_with_a_newline_is_a_repository_too(released: Project):
    released.save("More")
    strange = released.folder.rename(released.folder.with_name("new\nline"))
    released.folder = strange
    released.release("status").succeeds()
    released.release("bump minor --yes").succeeds()
    assert released.published("v0.2.0")
    assert released.status == ""


# Git's processes, and modules beyond those of Python's own start. Each ceiling is what was counted, and a bit: one
# process, twenty modules (other versions of Python have other helpers). Whoever needs more says here what for.
CEILINGS = [
    ("--version", "answered before click is loaded", 0, 20),
    ("--help", "click, and a line for each command", 0, 100),
    ("next", "the plan of `status` without its audit", 13, 230),
    ("list", "tags, their commits, trees and metrics: each kind is read by one process for all", 8, 195),
    ("stages", "only tags", 6, 195),
    ("show v0.1.0", "one tag and the one before it", 8, 205),
    ("verify", "one tree, and PyYAML", 8, 205),
    ("verify --all", "as many processes as one tree needs", 8, 205),
    ("status", "both commits, both remotes, and every check that `bump` makes", 29, 245),
    (
        "release-hook add",
        "at each commit, where nothing is to do: the index, pointers, and the state of DVC's cache",
        99,
        999,
    ),
    ("release-hook pointers", "at each commit", 10, 210),
    ("bump minor --yes", "the plan, then: lock, record, objects, rehearsal, push, move of the branch", 37, 245),
]
COUNT_MODULES = """
import atexit, sys
file, before = sys.argv.pop(), len(sys.modules)
if sys.argv[1] == "release-hook":
    del sys.argv[0]
atexit.register(lambda: open(file, "w").write(str(len(sys.modules) - before)))
from release.__main__ import hook, main
sys.exit(hook() if sys.argv[0] == "release-hook" else main())
"""


@pytest.mark.parametrize(("line", "why", "processes", "modules"), CEILINGS, ids=[row[0] for row in CEILINGS])
def test_a_command_starts_and_loads_no_more_than_it_needs(released: Project, line, why, processes, modules):
    root = released.world.root
    released.save("More")
    log, loaded = root / "processes", root / "modules"
    (root / "bin").mkdir()
    counting = root / "bin" / "git"
    counting.write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec {shutil.which("git")} "$@"\n')
    counting.chmod(0o755)
    environment = {**released.world.environment(), "PATH": f"{root}/bin{os.pathsep}{os.environ['PATH']}"}
    words = [sys.executable, "-c", COUNT_MODULES, *line.split(), str(loaded)]
    ended = subprocess.run(words, cwd=released.folder, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    started = log.read_text().splitlines() if log.exists() else []
    assert len(started) <= processes, (why, started)
    assert int(loaded.read_text()) <= modules, why
