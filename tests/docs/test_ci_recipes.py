"""The recipes of the guides about CI, each put into the workflow that `init` writes, and run by act."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from project import Project
from project.templates import performance

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("ci", "remotes")]
PAGES = ("ci-recipes", "protected-main", "retraining", "monorepo")
PAGE = "".join((ROOT / f"docs/how-to/{page}.md").read_text() for page in PAGES)
RELEASE = "      - id: release\n"
PREVIEW = "      - uses: ./.github/actions/release"
S3 = "S3 with OIDC, without stored keys"

pytestmark = pytest.mark.system


def recipe(title):
    """The blocks of a section, in their order."""
    (section,) = re.findall(rf"^##? {re.escape(title)}\n(.*?)(?=^##? |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return re.findall(r"^```yaml\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


class Workflow:
    """The workflow for a merge or a pull request, changed as the page says."""

    def __init__(self, project, name="release"):
        self.path = project.folder / f".github/workflows/{name}.yml"

    def put(self, place, block, *, after=False):
        text = self.path.read_text()
        assert text.count(place) == 1, place
        self.path.write_text(text.replace(place, f"{place}{block}" if after else f"{block}{place}"))

    def before_release(self, block):
        self.put(RELEASE, block)

    def after_release(self, block):
        text = self.path.read_text()
        self.path.write_text(f"{text.rstrip()}\n{block}")

    def input_of_release(self, block):
        text = self.path.read_text()
        before, _, rest = text.partition(RELEASE)
        self.path.write_text(before + RELEASE + rest.replace("        with:\n", f"        with:\n{block}", 1))


@pytest.fixture
def forge(released: Project):
    from forge import Forge  # noqa: PLC0415 - needs act

    released.dvc("remote", "modify", "--quiet", "storage", "url", str(released.world.store))
    released.release("init --yes --ci github --package dvc-release==0.1.0 --no-hooks").succeeds()
    released.save("ci: releases on merge")
    return Forge(released)


@pytest.fixture
def workflow(forge):
    return Workflow(forge.project)


# --- a retraining job

TRAIN = """\
import json, pathlib
seed = int(pathlib.Path("seed.txt").read_text())
pathlib.Path("ranker.bin").write_bytes(bytes(seed))
pathlib.Path("model/performance.json").write_text(json.dumps({"overall": {"f1": seed / 1000}}))
"""


@pytest.fixture
def retraining(forge, workflow):
    """A pipeline whose numbers come from seed.txt, a gate on them, and the workflow with both steps of the recipe."""
    project = forge.project
    project.write("train.py", TRAIN)
    project.write(
        "dvc.yaml",
        f"stages:\n  train:\n    cmd: {sys.executable} train.py\n    deps: [train.py, seed.txt]\n"
        "    outs: [ranker.bin]\n    metrics: [{model/performance.json: {cache: false}}]\n",
    )
    project.write("seed.txt", "850")
    with (project.folder / ".release.toml").open("a") as config:
        config.write('\n[tool.release.gate."overall.f1"]\nmax-regression = 0.01\n')
    train, keep = recipe("A retraining job")
    workflow.before_release(train)
    workflow.after_release(keep)
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save("feat: a pipeline")
    project.release("bump minor --yes").succeeds()
    return forge


def test_a_retrained_model_is_committed_and_released(retraining):
    project = retraining.project
    project.write("seed.txt", "900")
    project.save("chore: more data")
    retraining.merge().passes().shows("## Released v0.3.0")
    project.git("fetch", "--quiet", "--tags")
    assert project.git("log", "-1", "--format=%s", "v0.3.0~1") == "model: retrained"
    clone = project.clone()
    clone.git("checkout", "--quiet", "v0.3.0")
    clone.dvc("pull", "--quiet", "ranker.bin")
    assert len(clone.read("ranker.bin")) == 900


def test_where_nothing_was_retrained_nothing_is_released(retraining):
    before = dict(retraining.project.origin)
    job = retraining.merge().passes()
    assert job.outputs["released"] == "false"
    assert dict(retraining.project.origin) == before


def test_a_refused_model_is_kept_on_a_branch_with_its_data(retraining):
    project = retraining.project
    project.write("seed.txt", "700")
    project.save("chore: less data")
    main = project.origin["refs/heads/main"]
    retraining.merge().fails().shows("overall.f1")
    kept = [ref for ref in project.origin if ref.startswith("refs/heads/retrained/")]
    assert len(kept) == 1
    assert project.origin["refs/heads/main"] == main
    clone = project.clone("clone", "--branch", kept[0].removeprefix("refs/heads/"))
    clone.dvc("pull", "--quiet", "ranker.bin")
    assert len(clone.read("ranker.bin")) == 700


# --- who pushes, and who reads


def test_the_token_of_an_app_pushes(forge, workflow):
    step, token = recipe("A protected `main` that an App may push to")
    workflow.before_release(step)
    workflow.input_of_release(token)
    workflow.after_release(
        "      - if: steps.app.outputs.token != 'app-7-k3y-write'\n        run: exit 1\n        shell: bash\n"
    )
    forge.project.train(b"better", performance(f1=0.9))
    forge.project.save("ci: app")
    job = forge.merge("--var", "RELEASE_APP=app-7", "-s", "RELEASE_APP_KEY=k3y").passes().shows("## Released v0.2.0")
    assert job.outputs["tag"] == "v0.2.0"


LOGINS = pytest.mark.parametrize(
    ("title", "more", "seen"),
    [
        (S3, ("--var", "DVC_ROLE=arn:7", "--var", "DVC_REGION=eu-central-1"), '"$AWS_ACCESS_KEY_ID" = key-of-arn:7'),
        (
            "Google Cloud without stored keys",
            ("--var", "DVC_IDENTITY_PROVIDER=projects/7", "--var", "DVC_SERVICE_ACCOUNT=reader"),
            '-s "$GOOGLE_APPLICATION_CREDENTIALS"',
        ),
    ],
)


@LOGINS
def test_a_login_without_keys_comes_before_the_release(forge, workflow, title, more, seen):
    permission, step = recipe(title)[:2]
    workflow.put("    outputs:\n      released", permission)
    workflow.before_release(step)
    workflow.before_release(f"      - run: test {seen}\n        shell: bash\n")
    forge.project.train(b"better", performance(f1=0.9))
    forge.project.save("ci: login")
    forge.merge(*more).passes().shows("## Released v0.2.0")


@LOGINS
@pytest.mark.parametrize("fork", [False, True])
def test_a_preview_logs_in_too_but_not_for_a_fork(forge, title, more, seen, fork):
    permission, step = recipe(title)[:2]
    condition = recipe(S3)[-1]
    uses, _, rest = step.partition("\n")
    preview, project = Workflow(forge.project, "pull-request"), forge.project
    preview.put("    steps:\n", permission)
    preview.put(PREVIEW, f"{uses}\n{condition}{rest}")
    wanted = f"if test {seen}; then exit {fork:d}; else exit {not fork:d}; fi"
    preview.put(PREVIEW, f"      - run: {wanted}\n        shell: bash\n")
    forge.project.save("ci: login")
    project.git("switch", "--quiet", "--create", "better")
    project.train(b"better", performance(f1=0.9))
    project.git("push", "--quiet", "origin", "better")
    shown = "v0.2.0: data not checked" if fork else "## Would release v0.2.0"
    forge.pull_request("better", *more, fork=fork).passes().shows(shown)


def test_data_over_ssh_is_read_with_the_key_of_the_job(forge, workflow, tmp_path):
    import asyncssh  # noqa: PLC0415
    from blob_servers import sftp  # noqa: PLC0415

    key, project = asyncssh.generate_private_key("ssh-ed25519"), forge.project
    folder = tmp_path / "sftp"
    shutil.copytree(project.world.store, folder / "store")
    (tmp_path / "sftp.keys").write_bytes(key.export_public_key())
    (step,) = recipe("A DVC remote over SSH")
    workflow.before_release(step)
    with sftp(folder) as port:
        scanned = subprocess.run(
            ["ssh-keyscan", "-p", str(port), "127.0.0.1"], capture_output=True, text=True, check=True
        ).stdout
        project.dvc("remote", "modify", "--quiet", "storage", "url", f"ssh://dvc@127.0.0.1:{port}/store")
        project.write("notes.md", "more")
        project.save("feat: data over ssh")
        private = key.export_private_key("openssh").decode()
        job = forge.merge("-s", f"DVC_SSH_KEY={private}", "--var", f"DVC_KNOWN_HOSTS={scanned}")
        job.passes().shows("## Released v0.2.0")


def test_a_job_signs_commit_and_tag(forge, workflow, tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    (step,) = recipe("Signed releases")
    workflow.before_release(step)
    forge.project.train(b"better", performance(f1=0.9))
    forge.project.save("ci: signed")
    forge.merge("-s", f"SIGNING_KEY={(tmp_path / 'key').read_text()}").passes().shows("## Released v0.2.0")
    project = forge.project
    project.git("fetch", "--quiet", "--tags")
    (tmp_path / "allowed").write_text(f"release-bot@example.org {(tmp_path / 'key.pub').read_text()}")
    project.git("config", "gpg.ssh.allowedSignersFile", str(tmp_path / "allowed"))
    project.git("verify-tag", "v0.2.0")
    project.git("verify-commit", "v0.2.0^{commit}")


# --- several series of releases


def test_a_release_branch_counts_from_its_own_history(forge, workflow):
    (line,) = recipe("Release branches")
    text = workflow.path.read_text()
    workflow.path.write_text(text.replace('    branches: ["main"]\n', line))
    project = forge.project
    project.save("ci: release branches")
    project.git("branch", "release/0.1")
    project.train(b"better", performance(f1=0.9))
    project.save("feat: more")
    forge.merge().passes().shows("## Released v0.2.0")
    project.git("switch", "--quiet", "release/0.1")
    project.write("fix.md", "mended")
    project.git("add", "--all")
    project.git("commit", "--quiet", "-m", "fix: old")
    project.git("push", "--quiet", "origin", "release/0.1")
    forge.merge(branch="release/0.1").passes().shows("## Released v0.1.1")


def test_a_monorepo_releases_each_project_by_itself(forge, workflow):
    strategy, folder = recipe("A monorepo with two projects")
    workflow.put("    runs-on: ubuntu-latest\n", strategy, after=True)
    workflow.input_of_release(folder)
    project = forge.project
    for name in ("ranker", "tagger"):
        project.write(f"{name}/.release.toml", f'tag-format = "{name}-v{{version}}"\n')
        project.write(f"{name}/scores.json", '{"f1": 0.8}')
    project.save("feat: two projects")
    forge.merge().passes()
    tags = {ref for ref in project.origin if ref.startswith("refs/tags/")}
    assert {"refs/tags/ranker-v0.1.0", "refs/tags/tagger-v0.1.0"} <= tags


# --- the blocks themselves


def test_auditors_find_nothing_in_a_workflow_with_each_recipe(forge, workflow):
    """All steps in one file: pinned actions, no text of an event in a script."""
    for title in re.findall(r"^## (.*)$", PAGE, re.MULTILINE):
        for block in recipe(title):
            if block.startswith("      - "):
                workflow.before_release(block)
    words = ["zizmor", "--offline", "--no-progress", str(forge.project.folder / ".github")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
