"""An object that lies on the remote and may not be read is no proof: nobody can pull it, whatever its name and size."""

import os
import sys
from pathlib import Path

import pytest
from project import Project
from project.run import Run
from project.truth import same

# Root reads everything; without these two capabilities it obeys modes as everybody does.
AS_EVERYBODY = (
    ()
    if os.geteuid()
    else ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")
)


@pytest.fixture
def shut(released):
    """The model of v0.1.0 on the remote, with its name and its bytes, and no right to read it."""
    (model,) = (path for path in released.objects_on_store() if path.stat().st_size == 256 * 64)
    model.chmod(0o000)
    yield released
    model.chmod(0o444)


def release(project: Project, *words: str) -> Run:
    command = [*AS_EVERYBODY, sys.executable, "-m", "release", *words]
    done = project.world.run(command, folder=project.folder, ok=None)
    return Run(words, done.returncode, done.stdout.decode(), done.stderr.decode())


def pulls(project: Project) -> bool:
    """Whether somebody who obeys modes gets the model into a fresh clone."""
    clone = project.clone("fresh")
    project.world.variables["DVC_SITE_CACHE_DIR"] = str(project.world.root / "home" / "fresh")
    project.world.run([*AS_EVERYBODY, sys.executable, "-m", "dvc", "pull", "--quiet"], folder=clone.folder, ok=None)
    return same(clone.folder / "model/model.pt", project.read("model/model.pt"))


def test_an_object_that_may_not_be_read_is_unknown_as_nobody_can_pull_it(shut):
    release(shut, "verify").fails_with(6).says("cannot be read: Permission denied").helps(
        f"chmod -R a+rX {shut.world.store}"
    )
    assert not pulls(shut)


def test_reading_contents_of_it_is_unknown_too(shut):
    release(shut, "verify", "--deep").fails_with(6).says("cannot be read: Permission denied")


@pytest.mark.parametrize("where", [".", "files/md5"], ids=["the store", "a folder in it"])
def test_a_folder_that_may_not_be_entered_is_forbidden_and_not_empty(released, where):
    folder = released.world.store / where
    folder.chmod(0o000)
    try:
        run = release(released, "verify", "--json").fails_with(6)
        release(released, "verify").fails_with(6).says("cannot be read").helps(f"chmod -R a+rX {released.world.store}")
        assert not pulls(released)
    finally:
        folder.chmod(0o755)
    (row,) = run.json["revisions"]
    assert {problem["kind"] for problem in row["problems"] if problem["severity"] != "warning"} == {"forbidden"}


def test_who_may_read_it_though_others_may_not_can_pull_it(shut):
    (model,) = (path for path in shut.objects_on_store() if path.stat().st_size == 256 * 64)
    Path(model).chmod(0o400)
    release(shut, "verify", "--deep").succeeds()
    assert pulls(shut)


def test_data_that_may_not_be_read_here_is_unknown_and_not_unchanged(project):
    model = project.write("model/model.pt", bytes(reversed(range(256))) * 64)
    model.chmod(0o000)
    try:
        check = release(project, "bump", "minor", "--dry-run", "--json").fails_with(6).check("work tree")
    finally:
        model.chmod(0o644)
    assert (check["verdict"], check["message"]) == ("unknown", "model/model.pt cannot be read: Permission denied")
