"""The clean room: what DVC's own loader says of a commit, without a trace, the network, or a program of the clone."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

from configobj import ConfigObj  # type: ignore[import-untyped]
from fault_cases.case import TAGS, replace_in
from project import Project
from project.truth import audit_of

from release.core.check import Verdict
from release.core.config import Config
from release.core.problems import RevisionAudit
from release.dvc import clean_room
from release.dvc.dvc_config import DvcSettings
from release.engine.audit import Auditing
from release.git.objects import Objects
from release.git.process import Git

REMARK = ("outs:", "outs: # ours")  # plain for nobody, fine for DVC
ODD = ("outs:", "outs: &all")


def spoilt(project: Project, old: str, new: str) -> None:
    replace_in(project, TAGS, old, new)
    project.save()


def answers(project: Project) -> list[Path]:
    return sorted((project.world.root / "home" / ".cache" / "dvc-release" / "clean-room").glob("*.json"))


def exploding(project: Project) -> None:
    """A `dvc.yaml` of thirteen million stages."""
    sizes = ", ".join(map(str, range(60)))
    lists = ", ".join(f"{name}: [{sizes}]" for name in "abcd")
    project.write("more/dvc.yaml", f"stages:\n  t:\n    matrix: {{{lists}}}\n    cmd: x\n")
    project.save()


def messages(audit: RevisionAudit) -> str:
    return "\n".join(problem.message for problem in audit.problems)


def below(project: Project, folder: str) -> RevisionAudit:
    """The audit of a project in a folder of the repository."""
    environment = project.world.environment()
    git = Git.from_environment(project.folder, environment, on_terminal=False)
    settings = DvcSettings(git_root=project.folder, environment=environment)
    with Objects(git) as objects, Auditing(objects, Config(folder=folder), settings) as auditing:
        return auditing.revisions([("HEAD", project.head)])[0]


def test_a_plain_repository_asks_nobody(project):
    assert audit_of(project).verdict is Verdict.OK
    assert answers(project) == []


def test_a_file_that_dvc_refuses_outside_the_projects_folder_fails_it(project):
    assert below(project, "model").verdict is Verdict.OK
    project.write("b/dvc.yaml", "stages:\n  x: [\n")
    project.save()
    found = below(project, "model")
    assert found.verdict is Verdict.FAILED
    assert "b/dvc.yaml cannot be read: DVC 3" in messages(found)


def test_the_repaired_repository_is_released(project):
    spoilt(project, "  path: ", "  path:\t")
    refused = project.release("bump minor -m One --yes").fails_with(4)
    refused.says(TAGS, "DVC 3").helps(f"fix {TAGS} until `dvc status` reads it, and commit it")
    spoilt(project, "  path:\t", "  path: ")
    project.release("bump minor -m One --yes").succeeds()


def test_an_answer_is_remembered_by_all_that_was_read(project, monkeypatch):
    spoilt(project, *ODD)
    assert audit_of(project).verdict is Verdict.OK
    (first,) = answers(project)
    assert (first.stat().st_mode & 0o777, first.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    monkeypatch.setattr(sys, "executable", "/no/such/program")  # who asks again fails
    assert audit_of(project).verdict is Verdict.OK
    monkeypatch.undo()
    replace_in(project, "data/projects.json.dvc", *REMARK)
    project.save()
    assert audit_of(project).verdict is Verdict.OK
    assert len(answers(project)) == 2


def test_answers_of_months_ago_are_forgotten(project):
    spoilt(project, *ODD)
    audit_of(project)
    (first,) = answers(project)
    draft = first.with_name(".draft-of-a-killed-call")
    draft.touch()
    replace_in(project, "data/projects.json.dvc", *REMARK)
    project.save()
    audit_of(project)
    (second,) = {*answers(project)} - {first}
    for old in (first, draft):
        os.utime(old, (0, 0))
    audit_of(project)
    assert first.exists()  # nothing is new, so nothing grows
    replace_in(project, "data/projects.json.dvc", "# ours", "# our own")
    project.save()
    audit_of(project)
    assert second in answers(project)
    assert [each for each in (first, draft) if each.exists()] == []
    assert len(answers(project)) == 2


def test_an_answer_counts_only_for_the_versions_that_gave_it(project, monkeypatch, tmp_path):
    spoilt(project, *ODD)
    assert audit_of(project).verdict is Verdict.OK
    (tmp_path / "dvc_more-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    clean_room._versions.cache_clear()
    assert audit_of(project).verdict is Verdict.OK
    clean_room._versions.cache_clear()
    assert len(answers(project)) == 2


def test_a_limit_is_unknown_and_never_remembered(project, monkeypatch):
    exploding(project)
    monkeypatch.setattr(clean_room, "LIMIT_S", 2.0)
    found = audit_of(project)
    assert found.verdict is Verdict.UNKNOWN
    assert "DVC gave no answer about it within the limits of time and memory" in messages(found)
    assert answers(project) == []


def test_one_commit_over_which_the_process_dies_takes_no_other_with_it(project, monkeypatch):
    spoilt(project, *ODD)
    project.git("tag", "fine")
    exploding(project)
    monkeypatch.setitem(clean_room._LIMITS, "RLIMIT_CPU", 5)
    monkeypatch.setattr(clean_room, "LIMIT_S", 40.0)
    environment = project.world.environment()
    git = Git.from_environment(project.folder, environment, on_terminal=False)
    settings = DvcSettings(git_root=project.folder, environment=environment)
    commits = [(rev, project.git("rev-parse", rev)) for rev in ("HEAD", "fine")]
    with Objects(git) as objects, Auditing(objects, Config(), settings) as auditing:
        first, fine = auditing.revisions(commits)
    assert (first.verdict, fine.verdict) == (Verdict.UNKNOWN, Verdict.OK)


def test_a_plugin_that_is_not_installed_is_unknown(project):
    source = "deps:\n- path: gdrive://folder/tags.json\n  etag: '123'\nouts:"
    replace_in(project, TAGS, "outs:", source)
    project.save()
    found = audit_of(project)
    assert found.verdict is Verdict.UNKNOWN
    assert "gdrive" in messages(found)
    assert answers(project) == []


def test_a_committed_configuration_makes_no_folder_runs_nothing_and_asks_no_host(project, tmp_path):
    asked = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]

        def listen() -> None:
            try:
                server.accept()
                asked.set()
            except OSError:
                pass

        elsewhere, ran = tmp_path / "elsewhere", tmp_path / "ran"
        config = project.read(".dvc/config").decode()
        project.write(
            ".dvc/config",
            f'{config}[core]\n    site_cache_dir = {elsewhere}\n[cache]\n    dir = {elsewhere}\n[db "x"]\n    url = http://127.0.0.1:{port}/\n'
            f"['remote \"more\"']\n    url = ssh://127.0.0.1:{port}/x\n    ask_password = true\n"
            f"[exp]\n    git_remote = ext::touch {ran}\n",
        )
        pointer = project.read(TAGS).decode()
        project.write(
            TAGS, pointer.replace("outs:", f"deps:\n- path: http://127.0.0.1:{port}/tags.json\n  etag: '123'\nouts: &x")
        )
        project.save()
        before = project.snapshot()
        thread = threading.Thread(target=listen)
        thread.start()
        audit_of(project)
        thread.join()
    assert project.snapshot() == before
    assert not asked.is_set()
    assert not elsewhere.exists()
    assert not ran.exists()


def test_the_configuration_that_dvc_gets_has_nothing_but_listed_keys():
    config = clean_room._rewritten(
        b"[core]\n    remote = s\n    site_cache_dir = /x\n    analytics = true\n[cache]\n    dir = /y\n"
        b"['remote \"s\"']\n    url = s3://b/'x'\n    secret_access_key = k\n    ask_password = true\n"
        b'[\'remote "t"\']\n    url = """/a\'\n[core]\nsite_cache_dir = /z"""\n'
    )
    assert ConfigObj(config.decode().splitlines()).dict() == {
        "core": {"remote": "s"},
        "parsing": {},
        'remote "s"': {"url": "s3://b/'x'"},
        'remote "t"': {"url": "/a'\n[core]\nsite_cache_dir = /z"},
    }


def test_the_process_has_no_network(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", _CONNECT, str(clean_room._SCRIPT)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    can_forbid_it = sys.platform == "linux" and os.getuid() == 0  # other users need namespaces of their own
    assert done.stdout == "OSError\n" or not can_forbid_it


_CONNECT = """
import runpy, socket, sys
server = socket.create_server(("127.0.0.1", 0))
port = server.getsockname()[1]
runpy.run_path(sys.argv[1])["_confine"]({})
try:
    socket.create_connection(("127.0.0.1", port), timeout=2)
    print("connected")
except OSError:
    print("OSError")
"""


def test_a_pointer_that_git_ignores_is_found_by_comparing_the_lists(project):
    project.write(".gitignore", "/data/tags.json.dvc\n")
    project.save()
    found = audit_of(project)
    assert found.verdict is Verdict.FAILED
    assert f"{TAGS}: DVC 3" in messages(found)


def test_without_dvc_nothing_that_is_not_plain_is_fine(project, monkeypatch):
    spoilt(project, *ODD)
    monkeypatch.setattr(clean_room, "find_spec", lambda _: None)
    found = audit_of(project)
    assert (found.verdict, found.problems[0].help) == (Verdict.UNKNOWN, "pip install dvc")
