"""Every test runs in a closed environment; those that ask for a project get a copy of a real one."""

import json
import os
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import settings
from project import Project, Templates, World
from project.environment import furnish, hermetic

import release

pytest_plugins = ["project.fault_table", "project.help_table", "project.selection"]

# A machine that is busy is no failure; that a rule ends at all is watched where it matters.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


def _unhearing(number: int, frame: FrameType | None) -> None:
    """Do nothing; unlike SIG_IGN, a program that is started does not inherit a function."""


# Under `nohup`, or in the background of a shell, the caller's ignored signals would be ignored by what the tests start.
if threading.current_thread() is threading.main_thread():
    for _number in signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ}:  # Python itself ignores these two
        if signal.getsignal(_number) is signal.SIG_IGN:
            signal.signal(_number, signal.default_int_handler if _number == signal.SIGINT else _unhearing)


@pytest.fixture(scope="session", autouse=True)
def _closed_environment(tmp_path_factory: pytest.TempPathFactory):
    """Nothing that the caller exported reaches a test: no GIT_*, no DVC settings, no home, no colours."""
    home = tmp_path_factory.mktemp("home")
    furnish(home)
    before = dict(os.environ)
    scratch = before.get("TMPDIR", "/tmp")  # pytest's own folders were chosen before
    kept = {name: value for name, value in before.items() if name.startswith("PYTEST_")}
    closed = hermetic(home, Path(scratch)) | kept  # made before PATH is cleared away
    os.environ.clear()
    os.environ.update(closed)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(autouse=True)
def _environment_untouched():
    """What a test, and all that it calls in this process, did to the environment is undone by its end."""
    before = _without_pytest(os.environ)
    yield
    assert _without_pytest(os.environ) == before


def _without_pytest(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if not name.startswith("PYTEST_")}


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """The template worlds, one set for all workers of a run; or for many runs, in a folder that the caller names."""
    given = os.environ.get("PYTEST_TEMPLATES")
    if given:
        return Templates(Path(given))
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "templates"
    folder.mkdir(exist_ok=True)
    return Templates(folder)


@pytest.fixture
def project(templates: Templates, tmp_path: Path) -> Project:
    """Five pointers, parameters and numbers, all of it committed and pushed; no release yet."""
    return templates.copy("plain", tmp_path / "world")


@pytest.fixture
def released(templates: Templates, tmp_path: Path) -> Project:
    """As `project`, with v0.1.0 tagged by hand, as people did before."""
    return templates.copy("released", tmp_path / "world")


@pytest.fixture
def directory(templates: Templates, tmp_path: Path) -> Project:
    """One tracked folder of six files."""
    return templates.copy("directory", tmp_path / "world")


@pytest.fixture
def images(templates: Templates, tmp_path: Path) -> Project:
    """`directory` as v0.1.0; then v0.2.0, in which one picture is new, one gone and one another."""
    return templates.grown("directory", _change_images, tmp_path / "world")


def _change_images(directory: Project) -> None:
    directory.git("tag", "-a", "v0.1.0", "-m", "First")
    folder = directory.folder / "data" / "images"
    (folder / "cat" / "0000.png").unlink()
    (folder / "cat" / "0001.png").unlink()
    (folder / "cat" / "0001.png").write_bytes(b"other")
    (folder / "dog" / "0009.png").write_bytes(b"new" * 100)
    directory.dvc_each("add --quiet data/images", "push --quiet")
    directory.save("Pictures")
    directory.git("tag", "-a", "v0.2.0", "-m", "Second")
    directory.git("push", "--quiet", "origin", "--tags")


@pytest.fixture
def pipeline(templates: Templates, tmp_path: Path) -> Project:
    """A `dvc.yaml` with one stage that was run; its metrics are in git."""
    return templates.copy("pipeline", tmp_path / "world")


@pytest.fixture
def kept(templates: Templates, tmp_path: Path) -> Project:
    """A pipeline whose metrics DVC keeps: a cached file, and one inside a tracked folder."""
    return templates.copy("kept metrics", tmp_path / "world")


@pytest.fixture
def legacy(templates: Templates, tmp_path: Path) -> Project:
    """Pointers and blob store in the layout of DVC 2."""
    return templates.copy("legacy", tmp_path / "world")


@pytest.fixture
def two_remotes(templates: Templates, tmp_path: Path) -> Project:
    """The model lies on the remote `archive`, everything else on `storage`."""
    return templates.copy("two remotes", tmp_path / "world")


@pytest.fixture
def without_dvc(templates: Templates, tmp_path: Path) -> Project:
    """Parameters and numbers in git, no DVC at all."""
    return templates.copy("without dvc", tmp_path / "world")


@pytest.fixture
def empty_world(tmp_path: Path) -> World:
    """A private home and nothing else."""
    world = World(tmp_path / "world")
    world.root.mkdir()
    world.furnish()
    return world


@pytest.fixture
def installed(tmp_path):
    """What pip leaves beside an installed package (PEP 610), before that of the tests."""

    def install(project, origin):
        told = tmp_path / "site" / "dvc_release-1.2.3.dist-info"
        told.mkdir(parents=True)
        (told / "METADATA").write_text("Metadata-Version: 2.1\nName: dvc-release\nVersion: 1.2.3\n")
        if origin is not None:
            (told / "direct_url.json").write_text(json.dumps(origin))
        places = (str(told.parent), str(Path(release.__file__).parents[1]))
        project.world.variables |= {"PYTHONPATH": os.pathsep.join(places)}

    return install
