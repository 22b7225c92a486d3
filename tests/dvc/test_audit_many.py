"""Many revisions in one pass, folders, exclusions, and repositories that are not whole."""

import shutil
from hashlib import sha256

import pytest
from fault_cases.case import oid_of, put
from msgspec.structs import replace
from project import Project
from project.truth import audit_of, problems_of

from release.core.check import Verdict
from release.core.config import AuditConfig, Config
from release.core.problems import RevisionAudit
from release.core.verification import NeededObjects
from release.dvc.contents import Depth
from release.dvc.dvc_config import DvcSettings
from release.dvc.pointers import PointerReader, read_pointers
from release.dvc.stores import Stores
from release.engine.audit import Audit, Auditing, audit_revisions
from release.git.objects import Objects
from release.git.process import Git

OID = "0123456789abcdef" * 2


def audits(
    project: Project, *revs: str, config: Config | None = None, remote: str | None = None
) -> list[RevisionAudit]:
    git = Git.from_environment(project.folder, project.world.environment(), on_terminal=False)
    settings = DvcSettings(git_root=project.folder, environment=project.world.environment(), remote=remote)
    with Objects(git) as objects:
        commits = [(rev, project.git("rev-parse", f"{rev}^{{commit}}")) for rev in revs or ("HEAD",)]
        found = audit_revisions(objects, commits, config or Config(), settings)
    return [replace(audit, problems=problems_of(audit)) for audit in found]


def messages(audit: RevisionAudit) -> list[str]:
    return [problem.message for problem in audit.problems]


def pointer(path: str, oid: str = OID, size: int = 1) -> str:
    return f"outs:\n- md5: {oid}\n  size: {size}\n  hash: md5\n  path: {path}\n"


def test_one_commit_that_cannot_be_read_fails_alone(project):
    good = project.read("data/tags.json.dvc")
    project.git("tag", "v1")
    project.write("data/tags.json.dvc", "outs: [")
    project.commit()
    project.git("tag", "v2")
    project.write("data/tags.json.dvc", good)
    project.commit()
    project.git("tag", "v3")
    found = audits(project, "v1", "v2", "v3")
    assert [audit.rev for audit in found] == ["v1", "v2", "v3"]
    assert [audit.verdict for audit in found] == [Verdict.OK, Verdict.FAILED, Verdict.OK]
    assert found[0].digest == found[2].digest
    assert found[1].problems[0].path == "data/tags.json.dvc"


def test_stages_that_other_files_decide_are_resolved_for_each_commit(project):
    stage = "echo ${name} > model_${name}.bin"
    project.write("dvc.yaml", f"stages:\n  fit:\n    cmd: {stage}\n    outs: ['model_${{name}}.bin']\n")
    project.write("params.yaml", "name: a\n")
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save("a")
    project.git("tag", "v1")
    project.write("params.yaml", "name: b\n")  # and not run again: dvc.yaml and dvc.lock stay as they are
    project.commit()
    project.git("tag", "v2")
    project.write("note", "x")
    project.commit()
    old, new, newer = audits(project, "v1", "v2", "HEAD")
    assert old.verdict is Verdict.OK
    assert [audit.verdict for audit in (new, newer)] == [Verdict.FAILED] * 2
    assert messages(new) == messages(newer) == ["model_b.bin has no hash in dvc.lock, so it cannot be pulled"]


def test_a_commit_whose_objects_are_not_here_is_unknown_alone(project):
    tree = project.git("rev-parse", "HEAD:data")
    project.git("tag", "v1")
    project.write("data/more.txt", "x")
    project.commit()
    (project.folder / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    old, new = audits(project, "v1", "HEAD")
    assert (old.verdict, new.verdict) == (Verdict.UNKNOWN, Verdict.OK)
    assert old.problems[0].help == "git fetch --unshallow --tags   (or git fsck --full)"


def test_a_commit_whose_pointer_is_not_here_is_unknown_alone(project):
    blob = project.git("rev-parse", "HEAD:data/tags.json.dvc")
    project.git("tag", "v1")
    project.write("data/tags.json.dvc", project.read("data/tags.json.dvc") + b"# another blob\n")
    project.commit()
    (project.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    old, new = audits(project, "v1", "HEAD")
    assert (old.verdict, new.verdict) == (Verdict.UNKNOWN, Verdict.OK)
    assert messages(old) == [
        f"v1: data/tags.json.dvc (object {blob}) is not in this repository (a partial clone, or damage)"
    ]
    assert old.problems[0].help == "git fetch --refetch   (or git fsck --full)"


def test_what_commits_need_is_listed_once_and_one_that_is_not_here_is_told(project):
    tree = project.git("rev-parse", "HEAD:data")
    first = project.head
    project.write("data/more.txt", "x")
    project.commit()
    second = project.head
    project.write("note", "x")
    project.commit()
    (project.folder / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    git = Git.from_environment(project.folder, project.world.environment(), on_terminal=False)
    settings = DvcSettings(git_root=project.folder, environment=project.world.environment())
    with Objects(git) as objects, Auditing(objects, Config(), settings) as auditing:
        auditing.revisions([("new", project.head), ("newer", second)])
        assert len(list(auditing.judged())) == 5
        needed = auditing.needed([("old", first), ("new", project.head), ("newer", second)])
    assert len(needed.keys) == 5
    assert [fault.partition(":")[0] for fault in needed.faults] == ["old"]


def needed(project: Project) -> NeededObjects:
    git = Git.from_environment(project.folder, project.world.environment(), on_terminal=False)
    settings = DvcSettings(git_root=project.folder, environment=project.world.environment())
    with Objects(git) as objects, Auditing(objects, Config(), settings) as auditing:
        return auditing.needed([("HEAD", project.head)])


def test_what_is_needed_is_known_without_a_remote_but_for_directories(directory):
    directory.write("note.txt", "kept")
    directory.dvc("add", "--quiet", "note.txt")
    directory.dvc("remote", "remove", "storage")
    directory.commit()
    found = needed(directory)
    assert {oid_of(directory, "note.txt.dvc"), oid_of(directory, "data/images.dvc")} == set(found.oids)
    assert found.faults == ("HEAD: data/images is a directory on no remote",)


def test_what_is_needed_is_not_whole_if_a_directory_object_is_nowhere(directory):
    whole = needed(directory)
    assert (len(whole.oids), whole.faults) == (7, ())
    shutil.rmtree(directory.world.store)
    directory.empty_cache()
    found = needed(directory)
    assert found.oids == (oid_of(directory, "data/images.dvc"),)
    assert found.faults == ("HEAD: the directory object of data/images could not be read from `storage`",)


def test_each_object_is_wanted_once_from_each_store(project):
    for number in range(5):
        project.write(f"note{number}", "x")
        project.commit()
    git = Git.from_environment(project.folder, project.world.environment(), on_terminal=False)
    with Objects(git) as objects:
        stores = Stores(DvcSettings(git_root=project.folder, environment=project.world.environment()))
        audit = Audit(Config(), stores)
        reader = PointerReader(objects)
        commits = project.git("rev-list", "HEAD").split()
        sets = [reader.read(commit, Config()) for commit in commits]
        audit.ask(sets, lambda what, done, total: None)
    (asked,) = stores.asked()
    assert len(commits) == 6
    assert len(asked.wanted) == len(asked.found) == 5


def test_a_sample_reads_so_many_contents_and_always_the_same(project):
    for path in project.objects_on_store():
        put(path, path.read_bytes()[::-1])

    def corrupt(sample: int | None) -> set[str | None]:
        problems = problems_of(audit_of(project, depth=Depth(sample=sample)))
        assert {problem.kind.value for problem in problems} == {"corrupt"}
        return {problem.oid for problem in problems}

    every = corrupt(None)
    assert len(every) == 5
    assert corrupt(2) == set(sorted(every, key=lambda oid: sha256(f"md5:{oid}".encode()).digest())[:2])
    assert corrupt(9) == every


def test_two_names_of_one_store_are_one(two_remotes):
    two_remotes.dvc("remote", "modify", "archive", "url", "../stores/../stores/blob")
    two_remotes.dvc("push", "--quiet")
    own = two_remotes.read("model/model.pt.dvc").decode()
    assert "remote: archive" in own
    two_remotes.write("model/copy.pt.dvc", own.replace("  remote: archive\n", "").replace("model.pt", "copy.pt"))
    two_remotes.commit()
    (found,) = audits(two_remotes)
    assert found.verdict is Verdict.OK
    assert set(found.remotes) == {"storage", "archive"}
    assert found.objects == 5


def test_another_remote_can_be_asked(project):
    project.dvc("remote", "add", "mirror", "../stores/mirror")
    project.commit()
    (found,) = audits(project, remote="mirror")
    assert {problem.remote for problem in found.problems} == {"mirror"}
    shutil.copytree(project.world.store, project.world.root / "stores" / "mirror")
    assert audits(project, remote="mirror")[0].verdict is Verdict.OK
    assert "remote `nowhere` does not exist" in messages(audits(project, remote="nowhere")[0])[0]


def test_a_remote_of_this_machine_alone_may_be_asked_for_by_name(project):
    project.dvc("remote", "remove", "storage")
    project.dvc("remote", "add", "--local", "-d", "storage", project.world.store)
    project.commit()
    assert {problem.kind.value for problem in audits(project)[0].problems} == {"local-only-remote"}
    assert audits(project, remote="storage")[0].problems == ()


def test_settings_of_this_machine_that_cannot_be_read_make_the_commit_unknown(project):
    project.write(".dvc/config.local", "[core\n")
    (found,) = audits(project)
    assert found.verdict is Verdict.UNKNOWN
    assert {problem.kind.value for problem in found.problems} == {"unknown"}
    assert ".dvc/config.local" in messages(found)[0]


def test_version_ids_on_a_remote_without_versions_make_the_commit_unknown(project):
    entry = (
        f"  files:\n  - relpath: a\n    md5: {OID}\n    size: 1\n    cloud:\n      storage:\n        version_id: v1\n"
    )
    project.write("data/folder.dvc", f"outs:\n- path: folder\n  hash: md5\n{entry}")
    project.commit()
    (found,) = audits(project)
    assert found.verdict is Verdict.UNKNOWN
    assert messages(found) == [
        "data/folder.dvc: data/folder has version ids, but remote `storage` is not version aware"
    ]


def test_without_dvc_there_is_nothing_to_prove(without_dvc):
    (found,) = audits(without_dvc)
    assert (found.verdict, found.objects, found.uses_dvc) == (Verdict.OK, 0, False)


def test_files_that_only_end_like_pointers_are_no_dvc(without_dvc):
    without_dvc.write("chart.dvc", "<xml/>")
    without_dvc.commit()
    assert audits(without_dvc)[0].verdict is Verdict.OK


def test_excluded_paths_are_named_and_not_asked_for(project):
    project.lose(next(path for path in project.objects_on_store() if path.stat().st_size == 256 * 64))
    assert audits(project)[0].verdict is Verdict.FAILED
    (found,) = audits(project, config=Config(audit=AuditConfig(exclude=("model/*.pt",))))
    assert (found.verdict, found.excluded, found.objects) == (Verdict.OK, ("model/model.pt",), 4)


def test_a_broken_pointer_cannot_be_excluded_but_dvcignore_can_hide_it(project):
    """Because of it, `dvc pull` restores nothing at all."""
    project.write("archive/x.dvc", "outs: [")
    project.commit()
    excluding = Config(audit=AuditConfig(exclude=("archive/**",)))
    (found,) = audits(project, config=excluding)
    assert found.verdict is Verdict.FAILED
    assert "archive/x.dvc cannot be read: DVC " in messages(found)[0]
    project.write(".dvcignore", "archive/\n")
    project.commit()
    (found,) = audits(project, config=excluding)
    assert (found.verdict, found.excluded) == (Verdict.OK, ("archive/x.dvc",))


def test_only_pointers_below_the_project_folder_count(project):
    project.write("other/lost.bin.dvc", pointer("lost.bin"))
    project.write("team/a/.keep", "")
    project.commit()
    assert audits(project)[0].verdict is Verdict.FAILED
    (found,) = audits(project, config=Config(folder="model"))
    assert (found.verdict, found.pointers) == (Verdict.OK, 3)
    assert audits(project, config=Config(folder="team"))[0].objects == 0
    assert audits(project, config=Config(folder="absent"))[0].objects == 0
    exclude = AuditConfig(exclude=("model.pt",))
    assert audits(project, config=Config(folder="model", audit=exclude))[0].excluded == ("model/model.pt",)


def test_a_store_that_cannot_be_read_is_unknown(project):
    shutil.rmtree(project.world.store)
    project.world.store.symlink_to(project.world.store.name)
    (found,) = audits(project)
    assert found.verdict is Verdict.UNKNOWN
    assert [problem.kind.value for problem in found.problems] == ["unknown"]
    assert "could not be checked for 5 outs" in messages(found)[0]
    assert found.digest is None


def test_a_kind_of_remote_that_dvc_does_not_know_is_refused(project):
    project.write(".dvc/config", "[core]\n    remote = s\n['remote \"s\"']\n    url = gopher://host/x\n")
    project.commit()
    assert audits(project)[0].verdict is Verdict.FAILED


def test_a_remote_whose_plugin_is_not_installed_is_unknown(project):
    project.write(".dvc/config", "[core]\n    remote = s\n['remote \"s\"']\n    url = oss://bucket/x\n")
    project.commit()
    assert audits(project)[0].verdict is Verdict.UNKNOWN


def test_the_lessons_store_inside_the_work_tree_is_checked_where_it_lies(project):
    shutil.move(project.world.store, project.folder / "stores" / "blob")
    project.dvc("remote", "modify", "storage", "url", "stores/blob")
    project.write(".gitignore", "/stores\n")
    project.commit()
    (found,) = audits(project)
    assert (found.verdict, found.objects) == (Verdict.OK, 5)
    assert [(problem.kind.value, problem.severity) for problem in found.problems] == [
        ("in-tree-remote", Verdict.WARNING)
    ]
    assert found.problems[0].help is not None
    project.sh(found.problems[0].help)
    project.commit()
    assert audits(project)[0].problems == ()


def test_a_linked_worktree_resolves_relative_urls_as_dvc_does_there(project):
    project.git("worktree", "add", "--quiet", "--detach", "../deep/er/tree")
    there = Project(project.world, project.world.root / "deep" / "er" / "tree")
    assert {problem.kind.value for problem in audits(there)[0].problems} == {"missing"}
    project.git("worktree", "add", "--quiet", "--detach", "../beside")
    assert audits(Project(project.world, project.world.root / "beside"))[0].verdict is Verdict.OK


def test_a_missing_object_in_the_cache_is_said_to_be_there(project):
    shutil.rmtree(project.world.store)
    assert {problem.in_cache for problem in audits(project)[0].problems} == {True}
    project.empty_cache()
    assert {problem.in_cache for problem in audits(project)[0].problems} == {False}


def test_a_cache_elsewhere_is_found(project):
    shutil.move(project.folder / ".dvc" / "cache", project.world.root / "shared")
    project.dvc("cache", "dir", "--local", project.world.root / "shared")
    shutil.rmtree(project.world.store)
    assert {problem.in_cache for problem in audits(project)[0].problems} == {True}


HOSTILE = {
    "climbs out": pointer("../../../etc/passwd"),
    "is absolute": pointer("/etc/passwd"),
    "is a URL": pointer("s3://bucket/x"),
    "leads to its parent": pointer(".."),
    "has a working folder outside": "wdir: ../..\n" + pointer("x"),
    "has an absolute working folder": "wdir: /tmp\n" + pointer("x"),
    "has an oid that climbs": pointer("x", "../../../../../../../../etc/passwd"),
    "explodes": "a: &a [x,x]\nb: &b [*a,*a]\n" + pointer("x").replace("size: 1", "size: *b"),
    "is deep": "outs: " + "[" * 5_000,
    "is a list": "- x\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_pointer_that(text, project):
    project.write("model/evil.dvc", text)
    project.commit()
    (found,) = audits(project)
    assert [(problem.kind.value, problem.path) for problem in found.problems] == [
        ("unreadable-pointer", "model/evil.dvc")
    ]


def test_a_key_that_dvc_refuses_makes_the_commit_fail(project):
    project.write("model/model.pt.dvc", project.read("model/model.pt.dvc").decode() + "  shiny: 1\n")
    project.commit()
    (found,) = audits(project)
    assert found.verdict is Verdict.FAILED
    assert "extra keys not allowed" in messages(found)[0]


def test_a_hash_that_is_not_handled_makes_the_commit_unknown(project):
    replaced = project.read("model/model.pt.dvc").decode().replace("hash: md5", "hash: blake3")
    project.write("model/model.pt.dvc", replaced)
    project.commit()
    (found,) = audits(project)
    assert found.verdict is Verdict.UNKNOWN


def test_stages_that_dvc_cannot_resolve_make_the_commit_fail(project):
    project.write("dvc.yaml", "stages:\n  a:\n    cmd: x\n    outs: ['${nothing}']\n")
    project.commit()
    (found,) = audits(project)
    assert found.verdict is Verdict.FAILED
    assert "Could not find 'nothing'" in messages(found)[0]


def test_pointers_are_read_without_asking_any_remote(project):
    shutil.rmtree(project.world.store)
    git = Git.from_environment(project.folder, project.world.environment(), on_terminal=False)
    with Objects(git) as objects:
        pointers = read_pointers(objects, project.head, Config())
        assert read_pointers(objects, project.head, Config()) == pointers
    assert [out.path for out in pointers.outs] == [
        "data/projects.json",
        "data/tags.json",
        "model/label_encoder.json",
        "model/model.pt",
        "model/tokenizer.json",
    ]
    assert pointers.problems == ()
    assert list(pointers.roots) == [""]


def test_a_stage_tells_what_its_outs_were_made_from(pipeline):
    git = Git.from_environment(pipeline.folder, pipeline.world.environment(), on_terminal=False)
    with Objects(git) as objects:
        pointers = read_pointers(objects, pipeline.head, Config())
    (stage,) = [stage for stage in pointers.stages if stage.name == "train"]
    assert [dep.path for dep in stage.deps] == ["data/rows.csv", "train.sh"]
    assert [out.path for out in stage.outs] == ["out/model.bin", "out/plots", "scores.json"]
    assert stage.params == {"params.yaml": {"train": {"seed": 1234, "epochs": 3}}}


def test_what_is_needed_is_not_whole_if_a_pointer_cannot_be_read(project):
    project.write("data/tags.json.dvc", "outs: [")
    project.commit()
    found = needed(project)
    assert len(found.oids) == 4
    (fault,) = found.faults
    assert fault.startswith("HEAD: data/tags.json.dvc cannot be read")
