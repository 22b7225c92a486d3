"""The GitLab template that `init` writes: its script lines, with the variables and the checkout that GitLab gives a job."""

import pytest
import yaml
from project import Project
from project.templates import performance


@pytest.fixture
def gitlab(released):
    released.dvc("remote", "modify", "--quiet", "storage", "url", str(released.world.store))
    released.release("init --yes --ci gitlab --package dvc-release==0.1.0 --no-hooks").succeeds()
    with (released.folder / ".release.toml").open("a") as config:
        config.write('\n[tool.release.gate."overall.f1"]\nmax-regression = 0.01\n')
    released.save("ci: releases on merge")
    return released


def job(project: Project, name: str, folder: Project):
    """Run a job as GitLab's runner does: before_script and script in one shell that stops at the first error."""
    pipeline = yaml.safe_load(project.read(".gitlab-ci.yml"))
    whole = {**pipeline[pipeline[name]["extends"]], **pipeline[name]}
    variables = {**pipeline[".release"].get("variables", {}), **pipeline[name].get("variables", {})}
    folder.world.variables |= {str(key): str(value) for key, value in variables.items()}
    lines = [*pipeline[".release"]["before_script"], *whole["script"]]
    return folder.world.run(["bash", "-eo", "pipefail", "-c", "\n".join(lines)], folder=folder.folder, ok=None)


def checkout(project: Project, revision: str, name: str, **variables: str) -> Project:
    """A runner's checkout: detached, with a fetch URL that cannot be pushed to, and no identity but the job's."""
    there = project.clone(name, "--no-checkout")
    there.git("checkout", "--quiet", "--detach", revision)
    there.world.variables |= {
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_SERVER_URL": project.world.root.as_uri(),
        "CI_PROJECT_PATH": "origin",
        "CI_DEFAULT_BRANCH": "main",
        "RELEASE_TOKEN": "s3cret",
        **variables,
    }
    return there


def test_a_merge_makes_a_release_and_hands_on_its_outputs(gitlab):
    gitlab.train(b"better", performance(f1=0.9))
    there = checkout(gitlab, gitlab.head, "runner", CI_COMMIT_BRANCH="main", CI_PIPELINE_SOURCE="push")
    done = job(gitlab, "release", there)
    assert done.returncode == 0, done.stdout + done.stderr
    outputs = dict(line.split("=", 1) for line in there.read("release.env").decode().splitlines())
    assert (outputs["released"], outputs["tag"]) == ("true", "v0.2.0")
    assert gitlab.origin["refs/heads/main"] == outputs["commit"]
    assert gitlab.world.git(gitlab.world.origin, "log", "-1", "--format=%an", "v0.2.0") == "release"
    assert b"s3cret" not in (there.folder / ".git" / "config").read_bytes() + done.stdout + done.stderr

    refs = gitlab.origin
    again = checkout(gitlab, refs["refs/heads/main"], "second", CI_COMMIT_BRANCH="main")
    done = job(gitlab, "release", again)
    assert done.returncode == 0, done.stdout + done.stderr
    assert gitlab.origin == refs
    assert "released=false" in again.read("release.env").decode()


def test_a_regression_fails_the_job_and_releases_nothing(gitlab):
    gitlab.train(b"worse", performance(f1=0.7))
    refs = gitlab.origin
    there = checkout(gitlab, gitlab.head, "runner", CI_COMMIT_BRANCH="main")
    done = job(gitlab, "release", there)
    assert done.returncode == 5
    assert b"overall.f1" in done.stdout
    assert gitlab.origin == refs


@pytest.mark.parametrize("model", ["charCNN", "*"])
def test_a_variable_names_the_model_or_all(gitlab, model):
    with (gitlab.folder / ".release.toml").open("a") as config:
        config.write('\n[tool.release.models.charCNN]\npath = "model/model.pt"\n')
        config.write('\n[tool.release.models.planned]\npath = "model/planned.pt"\n')
    gitlab.train(b"better", performance(f1=0.9))
    preview = checkout(gitlab, gitlab.head, "preview", RELEASE_MODEL=model, CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main")
    done = job(gitlab, "release preview", preview)
    assert b"charCNN@v0.1.0" in done.stdout, done.stdout + done.stderr
    there = checkout(gitlab, gitlab.head, "runner", CI_COMMIT_BRANCH="main", RELEASE_MODEL=model)
    done = job(gitlab, "release", there)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tag=charCNN@v0.1.0" in there.read("release.env").decode().splitlines()
    assert "refs/tags/charCNN@v0.1.0" in gitlab.origin


def test_a_merge_request_shows_what_would_be_released(gitlab):
    gitlab.git("switch", "--quiet", "--create", "topic")
    gitlab.train(b"better", performance(f1=0.9))
    refs = gitlab.origin
    variables = {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
    done = job(gitlab, "release preview", checkout(gitlab, gitlab.head, "runner", **variables))
    assert done.returncode == 0, done.stdout + done.stderr
    assert b"v0.1.0 -> v0.2.0" in done.stdout
    assert gitlab.origin == refs
    gitlab.train(b"worse", performance(f1=0.7))
    assert job(gitlab, "release preview", checkout(gitlab, gitlab.head, "next", **variables)).returncode == 5


def test_a_merge_request_whose_target_has_moved_meanwhile_is_no_failure(gitlab):
    gitlab.git("switch", "--quiet", "--create", "topic")
    topic = gitlab.train(b"better", performance(f1=0.9))
    gitlab.git("switch", "--quiet", "main")
    gitlab.save("feat: meanwhile")
    variables = {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
    done = job(gitlab, "release preview", checkout(gitlab, topic, "runner", **variables))
    assert done.returncode == 0, done.stdout + done.stderr
    assert b"origin" in done.stdout


def test_both_jobs_run_only_where_they_belong_and_one_release_at_a_time(gitlab):
    pipeline = yaml.safe_load(gitlab.read(".gitlab-ci.yml"))
    assert pipeline["release"]["resource_group"] == "release"
    assert pipeline["release"]["interruptible"] is False
    assert pipeline[".release"]["variables"]["GIT_DEPTH"] == "0"
    assert "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" in pipeline["release"]["rules"][0]["if"]
    assert "merge_request_event" in pipeline["release preview"]["rules"][0]["if"]


@pytest.mark.parametrize(
    ("variables", "server"),
    [
        ({"CI_SERVER_URL": "https://gitlab.example.com"}, "https://gitlab.example.com"),
        ({"CI_SERVER_URL": "https://example.com:8443/gitlab"}, "https://example.com:8443"),
        ({"RELEASE_PUSH_URL": "https://me@git.example.org/a/b.git"}, "https://git.example.org"),
    ],
)
def test_the_token_goes_to_no_other_server_than_the_one_that_is_pushed_to(gitlab, variables, server):
    there = checkout(gitlab, gitlab.head, "runner", CI_COMMIT_BRANCH="main", **variables)
    *setting_up, bump = yaml.safe_load(gitlab.read(".gitlab-ci.yml"))["release"]["script"]
    assert bump.startswith("release bump")
    there.world.run(["bash", "-eo", "pipefail", "-c", "\n".join(setting_up)], folder=there.folder)

    def asked(url: str) -> bytes:
        words = ["git", "-c", "core.askPass=", "credential", "fill"]
        return there.world.run(words, folder=there.folder, stdin=f"url={url}\n\n".encode(), ok=None).stdout

    assert b"\npassword=s3cret\n" in asked(f"{server}/group/project.git")
    for other in (
        server.replace("https", "http"),
        f"{server}.evil.example",
        f"{server}1" if server[-1].isdigit() else f"{server}:444",
        server.replace("://", "://evil."),
        "https://evil.example",
        f"https://evil.example/{server}",
    ):
        assert b"s3cret" not in asked(f"{other}/group/project.git"), other
