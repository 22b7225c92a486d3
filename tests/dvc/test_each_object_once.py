"""Many commits that need the same objects: each is asked for once."""

from project import Project

from release.core.config import Config
from release.dvc.dvc_config import DvcSettings
from release.engine.audit import Auditing
from release.git.objects import Objects
from release.git.process import Git


def test_a_hundred_commits_cost_one_question_for_each_object(project: Project):
    tree = project.git("rev-parse", "HEAD^{tree}")
    commits = [project.git("commit-tree", tree, "-p", "HEAD", "-m", str(number)) for number in range(100)]
    git = Git.from_environment(project.folder, project.world.environment(), on_terminal=False)
    settings = DvcSettings(git_root=project.folder, environment=project.world.environment())
    told: list[int] = []
    with Objects(git) as objects, Auditing(objects, Config(), settings) as auditing:
        found = auditing.revisions(
            [(commit, commit) for commit in commits], lambda what, done, total: told.append(total or 0)
        )
    assert {audit.objects for audit in found} == {5}
    assert told == [5], "the store was looked into once, for five objects"
