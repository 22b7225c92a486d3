"""The check on data in the work tree as the tests call it."""

from project import Project

from release.core.check import Check
from release.core.config import Config
from release.core.work_tree import work_tree_check
from release.dvc.dvc_config import DvcSettings
from release.dvc.pointers import read_pointers
from release.dvc.tracked import compare_tracked_data
from release.git.objects import Objects
from release.git.process import Git


def check(project: Project) -> tuple[Check, int]:
    """The check, and how many bytes it read to hash them."""
    environment = project.world.environment()
    git = Git.from_environment(project.folder, environment, on_terminal=False)
    settings = DvcSettings(git_root=project.folder, environment=environment)
    read: list[int] = []
    with Objects(git) as objects:
        pointers = read_pointers(objects, project.head, Config())
    before = project.snapshot()
    compared = compare_tracked_data(
        project.folder,
        pointers.outs,
        dvc=settings,
        roots=pointers.roots,
        on_progress=lambda what, done, total: read.append(done),
    )
    assert project.snapshot() == before, "the check wrote something"
    return work_tree_check(*compared), max(read, default=0)


def settled(project: Project) -> Project:
    """DVC remembers what lies in the work tree, as it does where it put it."""
    project.sh(
        "rm -rf data model/*.pt model/*izer.json model/*encoder.json && git checkout --quiet . && dvc checkout --quiet"
    )
    return project
