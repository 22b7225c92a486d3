"""The Python API on real repositories: what it answers, what it raises, and what it leaves alone."""

from __future__ import annotations

import asyncio
import json
import pydoc
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timezone
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
from project.templates import performance

import release
from release import ExitCode, Refused, ReleaseError, Unknown, UsageError, Verdict, api, open_project, records

F1 = "model/performance.json:overall.f1"


@pytest.fixture(autouse=True)
def _as_from_a_notebook(request, monkeypatch):
    """The environment of the world is that of the process, as it is for a user of the API."""
    for name in {"project", "released", "two"} & set(request.fixturenames):
        for variable, value in request.getfixturevalue(name).world.environment().items():
            monkeypatch.setenv(variable, value)


@pytest.fixture
def two(templates, tmp_path):
    """v0.1.0 by hand, v0.2.0 by `release` with a better model, then a commit."""
    return templates.grown("released", _release_better, tmp_path / "world")


def _release_better(released):
    released.train(b"better", performance(f1=0.9))
    released.release("bump minor -m charCNN --yes").succeeds()
    released.commit("feat: a faster loader")


def as_json(value):
    return json.loads(msgspec.json.encode(value))


# --- it answers what the command line answers


def test_every_answer_is_the_document_of_the_command(two):
    project = open_project(two.folder)
    assert as_json(project.releases()) == two.release("list --json").json
    assert as_json(project.releases(number=1)) == two.release("list -n 1 --json").json
    assert as_json(project.release("0.2.0")) == two.release("show 0.2.0 --json").json
    assert as_json(project.verify("v0.2.0", "HEAD")) == two.release("verify v0.2.0 HEAD --json").json
    assert as_json(project.verify(every=True)) == two.release("verify --all --json").json
    assert project.next_version() == two.release("next").out.strip() == "0.3.0"
    assert project.next_version("minor", pre="rc") == "0.3.0-rc.1"


@pytest.mark.fast
def test_the_plan_is_that_of_a_dry_run_and_changes_nothing(two):
    two.before = two.snapshot()
    plan = open_project(two.folder).plan_bump("minor", message="faster")
    assert two.unchanged()
    assert (plan.version, plan.tag, plan.released, plan.dry_run, plan.exit_code) == ("0.3.0", "v0.3.0", False, True, 0)
    run = two.release("bump minor -m faster --dry-run --json").succeeds().json
    other = as_json(plan)
    for found in (run, other):
        for release_ in (found, *found["releases"]):
            release_.pop("tag_object")  # has a random id and the time
        found.pop("commit")
        found.pop("steps")
    assert other == run


def test_a_plan_that_would_be_refused_is_an_answer_and_no_error(two):
    two.write("model/model.pt", b"newer")
    two.dvc("add", "--quiet", "model/model.pt")
    two.commit("Train")
    plan = open_project(two.folder).plan_bump("minor")
    assert plan.exit_code is ExitCode.DATA
    assert [(error.code, error.message.partition(":")[0]) for error in plan.errors] == [(4, "data on remote")]
    assert {check.name: check.verdict for check in plan.checks}["data on remote"] is Verdict.FAILED


@pytest.mark.fast
def test_metrics_are_the_numbers_of_any_revision(two):
    project = open_project(two.folder)
    assert project.metrics("v0.1.0")["overall.f1"] == 0.8412
    assert project.metrics("latest")["overall.f1"] == project.metrics()["overall.f1"] == 0.9
    two.commit("Words", **{"model/performance.json": '{"f1": 0.5, "name": "cnn", "good": true}'})
    assert project.metrics() == {"f1": 0.5}
    two.write("other/performance.json", '{"f1": 0.7, "auc": 0.8}')
    two.commit("Two files")
    assert project.metrics() == {"model/performance.json:f1": 0.5, "other/performance.json:f1": 0.7, "auc": 0.8}


@pytest.mark.fast
def test_metrics_that_cannot_be_read_are_unknown(two):
    two.commit("Broken", **{"model/performance.json": '{"f1": '})
    with pytest.raises(Unknown, match=r"model/performance\.json of HEAD cannot be read"):
        open_project(two.folder).metrics()


@pytest.mark.fast
def test_records_are_rows_with_a_column_for_each_metric(two):
    two.commit("Other", **{"model/performance.json": '{"version": 3, "auc": 0.8}'})
    two.git("tag", "-a", "v0.3.0", "-m", "by hand")
    newest, middle, oldest = records(open_project(two.folder).releases())
    assert list(newest) == list(middle) == list(oldest)
    assert (newest["version"], newest["model/performance.json:version"], newest["overall.f1"]) == ("0.3.0", 3, None)
    assert (middle["tag"], middle["overall.f1"], middle["auc"], middle["verified"]) == ("v0.2.0", 0.9, None, True)
    assert isinstance(oldest["date"], datetime)
    assert oldest["date"].tzinfo == timezone.utc


@pytest.mark.fast
def test_offline_asks_no_remote(two):
    two.git("remote", "set-url", "origin", "https://127.0.0.1:9/gone.git")
    project = open_project(two.folder, offline=True)
    assert [each.on_remote for each in project.releases().releases] == [None, None]
    assert project.releases().warnings == []
    assert project.next_version() == "0.3.0"
    skipped = {check.name for check in project.plan_bump().checks if check.verdict is Verdict.SKIPPED}
    assert {"data on remote", "branch", "tag"} <= skipped
    with pytest.raises(UsageError, match="the project is offline"):
        project.verify()


# --- what it raises


@pytest.mark.fast
def test_no_folder_no_repository_and_a_bare_one_are_typed_errors(released, tmp_path):
    released.git("init", "--quiet", "--bare", tmp_path / "bare")
    for folder in (tmp_path / "none", tmp_path, tmp_path / "bare", __file__, "a\0b", "\ud800"):
        with pytest.raises(UsageError) as found:
            open_project(folder)
        assert found.value.code is ExitCode.USAGE
        assert found.value.help


@pytest.mark.fast
def test_a_repository_without_a_commit_has_no_releases_and_no_plan(project, tmp_path):
    project.git("init", "--quiet", tmp_path / "new")
    new = open_project(tmp_path / "new")
    assert new.releases().releases == []
    assert records(new.releases()) == []
    for call in (new.next_version, new.plan_bump):
        with pytest.raises(Refused, match="no commit yet"):
            call()
    for words in ("metrics", "verify", "release"):
        with pytest.raises(UsageError):
            getattr(new, words)("latest")


WORDS = ("v9.9.9", "", "-x", "--all", "a\nb", "a\0b", "\ud800", "*", "v0.1.0^{tree}", "x" * 5000)


@pytest.mark.fast
@pytest.mark.parametrize("word", WORDS, ids=[ascii(word[:14]) for word in WORDS])
def test_a_word_that_names_nothing_is_a_usage_error(released, word):
    project = open_project(released.folder)
    for call in (project.release, project.metrics, project.verify):
        with pytest.raises(UsageError):
            call(word)
    for option in ("at", "base"):
        with pytest.raises(UsageError):
            project.plan_bump("minor", **{option: word})


@pytest.mark.fast
@pytest.mark.parametrize("word", ["", "banana", "--help", "1.2", "patch ", "1.0.0\n", "a\0b", "\ud800"], ids=ascii)
def test_a_kind_that_is_none_is_a_usage_error(released, word):
    released.commit("feat: more")
    project = open_project(released.folder, offline=True)
    for call in (project.next_version, project.plan_bump):
        with pytest.raises(UsageError):
            call(word)
    with pytest.raises(UsageError):
        project.next_version("minor", pre=f"{word} ")
    with pytest.raises(UsageError):
        project.plan_bump("minor", message=f"{word}\0")


@pytest.mark.fast
def test_a_list_has_at_least_one_release(released):
    with pytest.raises(UsageError):
        open_project(released.folder).releases(number=0)


@pytest.mark.fast
def test_a_stage_is_no_release(two):
    two.git("tag", "-a", "charCNN@v1.0.0", "-m", "model")
    two.git("tag", "-a", "charCNN#prod#1", "-m", "prod")
    with pytest.raises(UsageError, match="is a stage and no release") as found:
        open_project(two.folder).release("charCNN#prod")
    assert found.value.help == "release show charCNN@v1.0.0"


@pytest.mark.fast
def test_a_remote_that_does_not_answer_is_unknown_and_its_password_is_not_shown(two):
    two.git("remote", "set-url", "origin", "https://user:hunter2hunter2@127.0.0.1:9/x.git")
    project = open_project(two.folder)
    assert "could not be queried" in project.releases().warnings[0]
    with pytest.raises(Unknown) as found:
        project.next_version()
    plan = project.plan_bump()
    assert plan.exit_code is ExitCode.UNKNOWN
    said = f"{found.value} {found.value.args} {found.value.help} {project!r} {project.releases()} {plan}"
    assert "hunter2" not in said


@pytest.mark.fast
def test_without_git_the_error_is_typed(released, monkeypatch):
    project = open_project(released.folder)
    monkeypatch.setenv("PATH", "/nowhere")
    assert project.releases().releases  # the environment is that of the start
    with pytest.raises(Unknown, match="git: No such file"):
        open_project(released.folder)


@pytest.mark.fast
def test_a_process_that_cannot_hear_how_git_ended_is_refused(released):
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with pytest.raises(UsageError, match="SIGCHLD"):
            open_project(released.folder)
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_a_hostile_repository_gives_an_answer_or_a_typed_error(released):
    """Names and texts that others chose, and files that are damaged."""
    released.write("dvc.yaml", "stages: {a: {cmd: x, outs: [../../x, .git/config]}}\n")
    released.write("model/model.pt.dvc", "outs:\n- md5: ../../../etc/passwd\n  path: ../../x\n")
    released.write("model/performance.json", '{"\x1b]0;x\x07": 1, "=cmd()": 2, "a": 1e999, "tag": 3}')
    released.write(".dvc/config", "[core]\n    remote = x\n['remote \"x\"']\n    url = ssh://-oProxyCommand=touch/x\n")
    released.git("add", "--all")
    released.git("commit", "--quiet", "-m", "::error::x\x1b[2J")
    released.git("tag", "-a", "v0.9.0", "-m", "::set-output name=x::y")
    project = open_project(released.folder)
    calls = (
        project.releases,
        lambda: project.release("v0.9.0"),
        lambda: project.metrics("v0.9.0"),
        lambda: project.verify("v0.9.0", deep=True),
        project.next_version,
        lambda: project.plan_bump("minor", message="x"),
    )
    for call in calls:
        with suppress(ReleaseError):
            msgspec.json.encode(call())
    assert project.verify("v0.9.0").revisions[0].verdict is not Verdict.OK


# --- what it leaves alone

PROGRAM = """
import sys, os, signal
from pathlib import Path

def forbid(event, words):
    if event in ("os.putenv", "os.unsetenv", "os.chdir", "builtins.input", "webbrowser.open"):
        os.write(2, f"{event} {words}\\n".encode())

sys.addaudithook(forbid)
before = [signal.getsignal(number) for number in signal.valid_signals()], dict(os.environ), os.getcwd()
from release import ReleaseError, open_project
project = open_project(sys.argv[1])
for call in (
    project.releases, lambda: project.release("latest"), project.metrics, project.verify, project.next_version,
    project.plan_bump, lambda: project.verify("nope"), lambda: open_project("/"),
):
    try:
        call()
    except ReleaseError:
        pass
after = [signal.getsignal(number) for number in signal.valid_signals()], dict(os.environ), os.getcwd()
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    children = 0
named = {"click", "questionary", "prompt_toolkit", "release.app", "release.ui.console"} & set(sys.modules)
Path(sys.argv[2]).write_text(repr((before == after, children, sorted(named))))
"""


@pytest.mark.parametrize("store", ["a folder", "a server that is not there"])
def test_nothing_is_printed_or_left_changed(two, tmp_path, store):
    if store != "a folder":
        two.dvc("remote", "modify", "--quiet", "storage", "url", "http://127.0.0.1:9/store")
        two.commit("Elsewhere")
    line = [sys.executable, "-Wdefault", "-c", PROGRAM, two.folder, tmp_path / "answer"]
    environment = two.world.environment() | {"PYTHONPATH": str(Path(release.__file__).parents[1])}
    two.before = two.snapshot()
    done = subprocess.run(line, capture_output=True, text=True, env=environment, stdin=subprocess.PIPE, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    assert (tmp_path / "answer").read_text() == "(True, 0, [])"
    assert two.unchanged()


def calls_of(project):
    return (
        project.releases,
        lambda: project.release("v0.2.0"),
        lambda: project.verify("v0.2.0"),
        lambda: project.metrics("v0.1.0"),
        lambda: project.plan_bump("minor", message="x").checks,
    )


def test_threads_can_share_a_project(two):
    project = open_project(two.folder)
    alone = [call() for call in calls_of(project)]
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda call: call(), calls_of(project) * 6))
    assert together == alone * 6
    after = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0
    assert after <= before


@pytest.mark.fast
def test_it_works_inside_a_running_loop(two):
    async def program():
        project = open_project(two.folder)
        here = project.verify("v0.2.0").exit_code  # blocks the loop, as any call that is not awaited
        aside = await asyncio.gather(*(asyncio.to_thread(call) for call in calls_of(project)))
        return here, aside[0].releases[0].tag, aside[2].exit_code

    assert asyncio.run(program()) == (0, "v0.2.0", 0)


def test_each_call_reads_the_repository_again(two):
    project = open_project(two.folder)
    assert project.releases().releases[0].tag == "v0.2.0"
    two.release("bump minor -m next --yes").succeeds()
    assert project.releases().releases[0].tag == "v0.3.0"
    two.lose(next(path for path in two.objects_on_store() if path.read_bytes() == b"better"))
    assert project.verify("v0.3.0").exit_code == ExitCode.DATA


@pytest.mark.fast
def test_a_relative_folder_means_that_of_the_start(two, monkeypatch, tmp_path):
    monkeypatch.chdir(two.folder / "model")
    project = open_project()
    monkeypatch.chdir(tmp_path)
    assert project.folder == two.folder
    assert project.metrics("v0.2.0")["overall.f1"] == 0.9


# --- its names


@pytest.mark.fast
def test_the_names_are_those_of_the_module_and_are_imported_when_used():
    assert release.__all__ == sorted([*api.__all__, "__version__"])
    assert set(release.__all__) <= set(dir(release))
    assert all(getattr(release, name) is getattr(api, name) for name in api.__all__)
    with pytest.raises(AttributeError, match="no attribute 'openproject'"):
        getattr(release, "openproject")  # noqa: B009 - mypy would see it
    line = "import sys, release; from release import errors; print('release.api' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_program_with_types_runs(two):
    program = Path(__file__).with_name("typed_program.py")
    two.world.run([sys.executable, program, two.folder], folder=program.parent)


@pytest.mark.fast
def test_types_come_with_the_package():
    assert files("release").joinpath("py.typed").is_file()
    assert files("release").joinpath("__init__.pyi").is_file()


@pytest.mark.fast
@pytest.mark.parametrize("name", ["open_project", "records", *(n for n in vars(api.Project) if not n.startswith("_"))])
def test_every_function_has_its_help(name):
    found = getattr(api, name, None) or getattr(api.Project, name)
    assert pydoc.getdoc(found).endswith(".")
