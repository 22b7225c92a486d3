"""What ordinary days do in CI, on GitHub and on GitLab: exit code, page and end state of each, written down.

Each row makes a situation and runs its jobs; the table says how every job ends. `page` is the job's summary on GitHub and
its log on GitLab. The days of a release pull request are in `test_pull_request_workflow.py`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from forge import Forge, GitLab, Job
from project import Project
from project.git_servers import http
from project.templates import performance

sys.path.insert(0, str(Path(__file__).parents[1] / "forges"))
from forge_server import REPOSITORY, TOKEN, forge_server

pytestmark = pytest.mark.system

Ci = Forge | GitLab
PROTECTED = '#!/bin/sh\ncase $1 in refs/tags/*) ;; *) echo "GH006: Protected branch update failed"; exit 1 ;; esac\n'


@dataclass(frozen=True)
class Row:
    """How the jobs of a situation end: exit codes in their order, words on the last one's page, all tags at the end."""

    situation: Callable[[Ci], list[Job]]
    codes: tuple[int, ...]
    page: tuple[str, ...]
    tags: tuple[str, ...] = ("v0.1.0", "v0.2.0")
    released: str = "true"  # the output of the last job
    never: tuple[str, ...] = ()  # on no page


def both(released: Project) -> None:
    """Give a released project the files of both services, and branches whose merge is a situation."""
    for service in ("github", "gitlab"):
        released.release(f"init --yes --ci {service} --package dvc-release==0.1.0 --no-hooks").succeeds()
    with (released.folder / ".release.toml").open("a") as config:
        config.write('\n[tool.release.gate."overall.f1"]\nmax-regression = 0.01\n')
    released.save("ci: releases on merge")
    for name, f1, push in (("better", 0.9, True), ("worse", 0.7, True), ("forgotten", 0.9, False)):
        released.git("switch", "--quiet", "--create", name, "main")
        released.train(name.encode(), performance(f1=f1), push=push)
    released.write("data/more.bin", b"more")
    released.dvc_each("add --quiet data/more.bin")
    released.save("More")
    released.git("switch", "--quiet", "main")


def merged(ci: Ci, branch: str) -> str:
    """Merge a branch, push main; returns the merge commit."""
    project = ci.project
    project.git("merge", "--quiet", "--no-ff", "-m", f"Merge {branch}", f"origin/{branch}")
    project.git("push", "--quiet", "origin", "main")
    return project.head


def proposed(ci: Ci, branch: str) -> str:
    """Push a branch that is main with another one merged; returns its name."""
    project = ci.project
    project.git("switch", "--quiet", "--create", f"propose-{branch}", "main")
    project.git("merge", "--quiet", "--no-ff", "-m", f"Merge {branch}", f"origin/{branch}")
    project.git("push", "--quiet", "origin", "HEAD")
    project.git("switch", "--quiet", "main")
    return f"propose-{branch}"


def merge(ci: Ci) -> list[Job]:
    merged(ci, "better")
    return [ci.merge()]


def merge_and_rerun(ci: Ci) -> list[Job]:
    commit = merged(ci, "better")
    return [ci.merge(), ci.rerun(commit), ci.merge()]


def two_merges(ci: Ci) -> list[Job]:
    """Two pushes in a row: the first job starts when main has the second already."""
    first = merged(ci, "better")
    ci.project.save("fix: second")
    return [ci.rerun(first), ci.rerun(ci.project.head)]


def late_job(ci: Ci) -> list[Job]:
    """The job for the first commit starts after the release of the second one, and when main has a third."""
    first = merged(ci, "better")
    ci.project.save("fix: second")
    jobs = [ci.merge(), ci.rerun(first)]
    ci.project.git("pull", "--quiet", "origin", "main")
    ci.project.save("fix: third")
    return [*jobs, ci.rerun(first)]


def three_at_once(ci: Ci) -> list[Job]:
    merged(ci, "better")
    jobs = [ci.finish(run) for run in [ci.start(), ci.start(), ci.start()]]
    return sorted(jobs, key=lambda job: job.outputs["released"])


def tagged_by_hand(ci: Ci) -> list[Job]:
    merged(ci, "better")
    ci.project.git("tag", "-a", "v0.2.0", "-m", "By hand")
    ci.project.git("push", "--quiet", "origin", "v0.2.0")
    return [ci.merge()]


def regression(ci: Ci) -> list[Job]:
    merged(ci, "worse")
    return [ci.merge()]


def accepted_by_hand(ci: Ci) -> list[Job]:
    merged(ci, "worse")
    return [ci.by_hand(kind="minor", message="smaller", **{"allow-regression": "half the size"})]


def missing_data(ci: Ci) -> list[Job]:
    merged(ci, "forgotten")
    return [ci.merge()]


def pull_request(ci: Ci) -> list[Job]:
    return [ci.pull_request(proposed(ci, name)) for name in ("worse", "better")]


def secret_store(ci: Ci) -> None:
    ci.project.world.store.rename(ci.project.world.store.with_name("secret"))


def from_a_fork(ci: Ci) -> list[Job]:
    secret_store(ci)
    return [ci.pull_request(proposed(ci, "better"), fork=True)]


def from_dependabot(ci: Ci) -> list[Job]:
    """On GitHub it gets no secrets; on GitLab its branch is one of the project."""
    if isinstance(ci, Forge):
        secret_store(ci)
    return [ci.pull_request(proposed(ci, "better"), author="dependabot[bot]")]


def protected_main(ci: Ci) -> list[Job]:
    merged(ci, "better")
    hook = ci.project.world.origin / "hooks" / "update"
    hook.write_text(PROTECTED)
    hook.chmod(0o755)
    return [ci.merge()]


def protected_and_prepared(ci: Ci) -> list[Job]:
    merged(ci, "better")
    person = ci.project.clone("person")
    person.release("prepare auto --yes").succeeds()
    person.save("Prepare")
    hook = ci.project.world.origin / "hooks" / "update"
    hook.write_text(PROTECTED)
    hook.chmod(0o755)
    return [ci.merge()]


TRAIN = (
    "sed -i 's/\"f1\": [0-9.]*/\"f1\": 0.95/' model/performance.json && git commit --quiet --all -m 'model: retrained'"
)


def with_training(ci: Ci) -> None:
    """Add a step before the release that commits a model."""
    project = ci.project
    workflow = project.folder / ".github/workflows/release.yml"
    workflow.write_text(
        workflow.read_text().replace(
            "      - id: release\n", f"      - run: |\n          {TRAIN}\n      - id: release\n"
        )
    )
    pipeline = project.folder / ".gitlab-ci.yml"
    pipeline.write_text(pipeline.read_text().replace("  script:\n", f"  script:\n    - |\n      {TRAIN}\n", 1))
    project.save("ci: retrain")


def retraining(ci: Ci) -> list[Job]:
    with_training(ci)
    return [ci.merge()]


def retraining_and_a_push(ci: Ci) -> list[Job]:
    """Somebody pushes while a job trains: what it has committed is not moved to another base."""
    with_training(ci)
    started = ci.project.head
    ci.project.save("fix: meanwhile")
    return [ci.rerun(started)]


def shallow(ci: Ci) -> list[Job]:
    merged(ci, "better")
    ci.project.save("fix: more")
    return [ci.merge(depth=1)]


def detached(ci: Ci) -> list[Job]:
    """A checkout of main by commit, as GitLab makes it; on GitHub with `ref: ${{ github.sha }}`."""
    merged(ci, "better")
    workflow = ci.project.folder / ".github/workflows/release.yml"
    step = "      - run: git checkout --quiet --detach\n"
    workflow.write_text(workflow.read_text().replace("      - id: release\n", f"{step}      - id: release\n"))
    first = ci.project.save("ci: detached")
    ci.project.save("fix: second")
    return [ci.rerun(first)]


def schedule(ci: Ci) -> list[Job]:
    merged(ci, "better")
    workflow = ci.project.folder / ".github/workflows/release.yml"
    workflow.write_text(
        workflow.read_text().replace("  workflow_dispatch:", "  schedule: [{cron: '0 3 * * *'}]\n  workflow_dispatch:")
    )
    ci.project.save("ci: every night")
    return [ci.schedule(), ci.schedule()]


def nothing(ci: Ci) -> list[Job]:
    ci.project.save("docs: words")
    return [ci.merge()]


RELEASED, NOTHING = ("Released v0.2.0",), ("Nothing to release",)
ONE = ("v0.1.0",)
# The two services end alike, but where a pair stands: GitHub, GitLab.
ROWS: dict[str, Row | tuple[Row, Row]] = {
    "merge": Row(merge, (0,), RELEASED),
    "merge, and its job again": Row(merge_and_rerun, (0, 0, 0), NOTHING, released="false"),
    "two merges": Row(two_merges, (0, 0), NOTHING, released="false"),
    "late job": Row(late_job, (0, 0, 0), ("Released v0.2.1",), ("v0.1.0", "v0.2.0", "v0.2.1")),
    "three jobs at once": Row(three_at_once, (0, 0, 0), RELEASED),
    "tag by hand": Row(tagged_by_hand, (0,), NOTHING, released="false"),
    "regression": (
        Row(
            regression,
            (5,),
            ("was refused; nothing was changed", "overall.f1", "the reason in its input"),
            ONE,
            "false",
        ),
        Row(regression, (5,), ("Nothing was changed", "overall.f1", "RELEASE_ALLOW_REGRESSION"), ONE, "false"),
    ),
    "regression, accepted by hand": Row(accepted_by_hand, (0,), RELEASED),
    "missing data": Row(
        missing_data,
        (4,),
        ("data on remote", "data/more.bin.dvc model/model.pt.dvc", "; then run the job again"),
        ONE,
        "false",
    ),
    "pull request": (
        Row(pull_request, (5, 0), ("## Would release v0.2.0", "0.9000"), ONE, "false"),
        Row(pull_request, (5, 0), ("v0.1.0 -> v0.2.0", "this was a dry run"), ONE, ""),
    ),
    "pull request of a fork": Row(from_a_fork, (0,), ("v0.2.0", "data not checked"), ONE, "", ("Would release",)),
    "pull request of Dependabot": (
        Row(from_dependabot, (0,), ("v0.2.0", "data not checked"), ONE, "", ("Would release",)),
        Row(from_dependabot, (0,), ("v0.1.0 -> v0.2.0",), ONE, ""),
    ),
    "protected main": (
        Row(protected_main, (3,), ("GH006: Protected branch update failed", 'no-commit: "true"', "```text"), ONE, ""),
        Row(protected_main, (3,), ("GH006: Protected branch update failed", "commit = false in"), ONE, ""),
    ),
    "protected main, prepared": Row(protected_and_prepared, (0,), RELEASED),
    "retraining": Row(retraining, (0,), ("Released v0.1.1",), ("v0.1.0", "v0.1.1")),
    "retraining, and a push meanwhile": Row(retraining_and_a_push, (7,), ("run the job again",), ONE, "false"),
    "shallow": (
        Row(shallow, (0,), RELEASED),
        Row(shallow, (3,), ("this clone is shallow", 'GIT_DEPTH: "0"'), ONE, "false"),
    ),
    "detached": Row(detached, (0,), RELEASED),
    "schedule": Row(schedule, (0, 0), NOTHING, released="false"),
    "nothing to release": Row(nothing, (0,), NOTHING, ONE, "false"),
}
NEVER = ("your cache", "release recover", r"\n", "s3cret", "t0ken")


@pytest.fixture
def world(templates, tmp_path) -> Project:
    """Main with the workflows of both services; its store is seen by every checkout of this test."""
    project = templates.grown("released", both, tmp_path / "world")
    config = project.folder / ".dvc" / "config"
    config.write_text(re.sub(r"url = .*", f"url = {project.world.store}", config.read_text()))
    project.save("ci: the store")
    return project


@pytest.mark.parametrize("service", ["github", "gitlab"])
@pytest.mark.parametrize("name", ROWS)
def test_a_day_in_ci_ends_as_written(world, name, service):
    row = ROWS[name]
    row = row if isinstance(row, Row) else row[service == "gitlab"]
    ci: Ci = Forge(world) if service == "github" else GitLab(world)
    jobs = row.situation(ci)
    told = "\n=== job\n".join(f"{job.log}\n--- page\n{job.pages}" for job in jobs)
    assert tuple(job.exit_code for job in jobs) == row.codes, told
    jobs[-1].shows(*row.page)
    assert jobs[-1].outputs.get("released", "") == row.released, told
    tags = tuple(sorted(ref.removeprefix("refs/tags/") for ref in world.origin if ref.startswith("refs/tags/")))
    assert tags == row.tags, told
    for words in (*NEVER, *row.never):
        assert not [job.pages for job in jobs if words in job.pages], told
    if service == "github":  # each failure has one annotation
        assert [job.log for job in jobs if job.exit_code and job.log.count("::error title=Release::") != 1] == []


@pytest.mark.parametrize("service", ["github", "gitlab"])
def test_a_push_over_http_is_made_with_the_token_of_the_job_and_with_no_other(world, tmp_path, service):
    """Anybody may read from this server; who pushes needs the token."""
    merged(Forge(world), "better")
    user, token = ("x-access-token", "t0ken") if service == "github" else ("release", "s3cret")
    (tmp_path / "server").mkdir()
    with http(tmp_path / "server", pushes_with=f"{user}:{token}") as server:
        base = f"http://127.0.0.1:{server.port}"
        if service == "github":
            ci: Ci = Forge(world, server=base, url=server.url(world.world.origin))
            wrong: Ci = Forge(world, server=base, url=server.url(world.world.origin), token="0ther", number=50)
        else:
            ci, wrong = (
                GitLab(world, server=base),
                GitLab(world, server=base, more={"RELEASE_TOKEN": "0ther"}, number=50),
            )
        refused = wrong.merge()
        assert refused.exit_code == 6, refused.log
        refused.shows("could not be pushed to", "; then run the job again")
        assert "v0.2.0" not in "".join(world.origin)
        assert ci.merge().passes().outputs["released"] == "true"
    assert "refs/tags/v0.2.0" in world.origin


@pytest.mark.parametrize("service", ["github", "gitlab"])
def test_a_release_page_needs_no_line_more_than_publish_true(world, service):
    """The token and the rights of the shipped workflows are enough; GitLab's job has a token of its own."""
    config = world.folder / ".release.toml"
    config.write_text(config.read_text().replace("[tool.release]\n", "[tool.release]\npublish = true\n", 1))
    world.save("feat: pages")
    merged(Forge(world), "better")
    with forge_server(service) as server:
        url = f"{server.url}/{REPOSITORY}.git"
        with (world.world.root / "home" / "gitconfig").open("a") as git:
            git.write(f'[url "{world.world.origin.as_uri()}"]\n\tinsteadOf = {url}\n')
        ci: Ci = Forge(world, server=server.url, url=url, api=server.api, token=TOKEN)
        if service == "gitlab":
            more = {
                "CI_SERVER_URL": server.url,
                "CI_PROJECT_PATH": REPOSITORY,
                "CI_API_V4_URL": server.api,
                "CI_JOB_TOKEN": TOKEN,
            }
            ci = GitLab(world, more=more)
        job = ci.merge().passes()
        assert [page["tag"] for page in server.state()["pages"]] == ["v0.2.0"]
    assert job.outputs["released"] == "true"
