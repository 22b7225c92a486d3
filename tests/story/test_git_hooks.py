"""The hooks that keep people from forgetting `dvc add` and `dvc push`, as git runs them."""

from pathlib import Path

import pytest
import yaml

from release.core.work_tree import pushed_commits
from release.system.files import package_text

pytestmark = pytest.mark.fast


def install(project, **hooks):
    for name, line in hooks.items():
        path = project.folder / ".git" / "hooks" / name.replace("_", "-")
        path.write_text(f"#!/bin/sh\nexec {line}\n")
        path.chmod(0o755)


def git(project, *words):
    done = project.world.run(["git", *words], folder=project.folder, ok=None)
    return done.returncode, (done.stdout + done.stderr).decode()


@pytest.fixture
def hooked(project):
    install(project, pre_commit="release-hook pointers", pre_push='release-hook verify "$@"')
    return project


def stage(project):
    project.write("README.md", b"other work\n")
    project.git("add", "README.md")


def commit(project, *words):
    return git(project, "commit", "--quiet", "--allow-empty", "-m", "x", *words)


def test_a_commit_passes_when_data_equals_its_pointers(hooked):
    assert commit(hooked) == (0, "")


@pytest.mark.parametrize("hook", ["pointers", "verify"])
def test_a_hook_writes_nothing(hooked, hook):
    hooked.before = hooked.snapshot()
    hooked.world.run(["release-hook", hook], folder=hooked.folder)
    assert hooked.unchanged()


def test_a_tracked_file_that_was_changed_but_not_added_stops_the_commit(hooked):
    hooked.write("model/model.pt", b"better")
    code, said = commit(hooked)
    assert code == 1
    assert "error: model/model.pt changed since `dvc add` [work-tree]" in said
    assert "help: dvc add model/model.pt" in said
    hooked.dvc("add", "--quiet", "model/model.pt")
    hooked.git("add", "--all")
    assert commit(hooked) == (0, "")


def test_a_staged_pointer_whose_object_is_not_in_the_cache_stops_the_commit(hooked):
    text = hooked.read("model/model.pt.dvc").decode()
    oid = text.split("md5: ")[1][:32]
    (hooked.folder / "model/model.pt").unlink()
    hooked.write("model/model.pt.dvc", text.replace(oid, "a" * 32))
    hooked.git("add", "--all")
    code, said = commit(hooked)
    assert code == 1
    assert "model/model.pt.dvc points to data that is not in the cache" in said
    assert f"model/model.pt ({'a' * 32})" in said
    assert "help: dvc add model/model.pt, or, if a remote has it: dvc fetch" in said


def test_a_file_missing_from_a_staged_directory_stops_the_commit(directory):
    install(directory, pre_commit="release-hook pointers")
    directory.write("data/images/cat/0009.png", b"new")
    directory.dvc("add", "--quiet", "data/images")
    directory.git("add", "--all")
    lost = next(
        path
        for path in (directory.folder / ".dvc/cache/files/md5").rglob("*")
        if path.is_file() and path.read_bytes() == b"new"
    )
    directory.lose(lost)
    assert commit(directory)[0] == 1
    lost.write_bytes(b"new")
    assert commit(directory) == (0, "")


def test_only_what_is_staged_counts_for_the_cache(hooked):
    text = hooked.read("model/model.pt.dvc").decode()
    (hooked.folder / "model/model.pt").unlink()
    hooked.write("model/model.pt.dvc", text.replace(text.split("md5: ")[1][:32], "a" * 32))
    assert commit(hooked) == (0, "")
    code, said = commit(hooked, "model/model.pt.dvc")  # git hands over another index for this
    assert (code, "not in the cache" in said) == (1, True)


def test_a_fresh_clone_without_data_can_commit(hooked):
    clone = hooked.clone()
    install(clone, pre_commit="release-hook pointers")
    clone.write("README.md", "new\n")
    assert commit(clone, "-a") == (0, "")


def test_a_pointer_that_cannot_be_read_stops_the_commit(hooked):
    hooked.write("model/model.pt.dvc", "outs: [")
    hooked.git("add", "--all")
    code, said = commit(hooked)
    assert (code, "model/model.pt.dvc" in said, "Traceback" in said) == (1, True, False)


def test_a_push_of_data_that_is_not_on_its_remote_is_stopped(hooked):
    hooked.write("model/model.pt", b"better")
    hooked.dvc("add", "--quiet", "model/model.pt")
    hooked.commit("Train")
    code, said = git(hooked, "push", "origin", "main")
    assert code == 1
    assert "model/model.pt" in said
    assert hooked.origin["refs/heads/main"] != hooked.head
    hooked.dvc("push", "--quiet")
    assert git(hooked, "push", "--quiet", "origin", "main")[0] == 0
    assert hooked.origin["refs/heads/main"] == hooked.head


def test_the_variant_that_uploads_lets_the_push_pass(hooked):
    install(hooked, pre_push='release-hook verify --push "$@"')
    hooked.write("model/model.pt", b"better")
    hooked.dvc("add", "--quiet", "model/model.pt")
    hooked.commit("Train")
    code, said = git(hooked, "push", "--quiet", "origin", "main")
    assert (code, f"  {hooked.head}   ok" in said) == (0, True), said  # the id of the commit is not cut off
    clone = hooked.clone()
    clone.dvc("pull", "--quiet")
    assert clone.read("model/model.pt") == b"better"


def test_the_first_push_to_an_empty_remote_is_looked_at_when_pre_commit_runs_the_hook(project):
    """It then hands on no commit ids, only the branch, and nothing on stdin."""
    for path in sorted(project.world.store.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    project.git("update-ref", "-d", "refs/remotes/origin/main")
    project.world.variables |= {"PRE_COMMIT_LOCAL_BRANCH": "refs/heads/main"}
    done = project.world.run(["release-hook", "verify"], folder=project.folder, ok=None)
    assert done.returncode == 4, done.stdout + done.stderr
    project.world.run(["release-hook", "verify", "--push"], folder=project.folder)
    project.release("verify").succeeds()


def test_a_push_without_new_pointers_asks_no_remote(hooked):
    hooked.world.store.rename(hooked.world.store.with_name("gone"))
    hooked.commit("Words", **{"README.md": "x\n"})
    assert git(hooked, "push", "--quiet", "origin", "main") == (0, "")
    assert git(hooked, "push", "--quiet", "origin", "main:refs/heads/new") == (0, "")
    hooked.git("tag", "-a", "x", "-m", "x")
    assert git(hooked, "push", "--quiet", "origin", "x") == (0, "")


def test_a_new_branch_with_new_pointers_is_looked_at(hooked):
    hooked.git("switch", "--quiet", "--create", "topic")
    hooked.write("model/model.pt", b"better")
    hooked.dvc("add", "--quiet", "model/model.pt")
    hooked.commit("Train")
    assert git(hooked, "push", "--quiet", "origin", "topic")[0] == 1


@pytest.mark.parametrize("hook", ["pointers", "verify"])
def test_without_dvc_the_hooks_have_nothing_to_say(without_dvc, hook):
    done = without_dvc.world.run(["release-hook", hook], folder=without_dvc.folder)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_deleting_a_remote_branch_is_nobodys_data(hooked):
    hooked.git("push", "--quiet", "origin", "main:refs/heads/old")
    assert git(hooked, "push", "--quiet", "origin", ":refs/heads/old") == (0, "")


def test_a_release_can_be_made_with_the_hooks_in_place(hooked):
    hooked.release("bump minor --yes").succeeds()
    assert hooked.published("v0.1.0")


def test_outside_a_repository_and_with_wrong_words_it_says_so(empty_world):
    done = empty_world.run(["release-hook", "pointers"], folder=empty_world.root, ok=None)
    assert (done.returncode, b"is not in a git repository" in done.stderr) == (2, True)
    done = empty_world.run(["release-hook", "point"], folder=empty_world.root, ok=None)
    assert (done.returncode, done.stderr.startswith(b"error: ")) == (2, True)


@pytest.mark.parametrize(
    "line", ["", "a b c", "refs/heads/x zz refs/heads/x zz", f"(delete) {'0' * 40} refs/heads/x {'1' * 40}"]
)
def test_lines_that_push_no_commit_are_left_out(line):
    assert pushed_commits([line]) == ()


@pytest.fixture
def adding(project):
    install(project, pre_commit="release-hook add", pre_push='release-hook verify --push "$@"')
    return project


@pytest.mark.parametrize("words", [[], ["--all"], ["--amend"]])
def test_what_was_changed_is_added_to_the_commit_uploaded_at_the_push_and_a_clone_gets_it(adding, words):
    adding.write("model/model.pt", b"better")
    stage(adding)
    code, said = commit(adding, *words)
    assert (code, said) == (0, "release-add: model/model.pt changed; added it, and its pointer to the commit\n")
    assert adding.git("status", "--porcelain") == ""
    changed = adding.git("show", "--format=", "--name-only", "HEAD").split()
    assert {"README.md", "model/model.pt.dvc"} <= {*changed}
    if "--amend" not in words:
        assert git(adding, "push", "--quiet", "origin", "main")[0] == 0
        clone = adding.clone()
        clone.dvc("pull", "--quiet", "model/model.pt.dvc")
        assert clone.read("model/model.pt") == b"better"


def test_a_folder_with_a_new_file_is_added(directory):
    install(directory, pre_commit="release-hook add")
    directory.write("data/images/cat/9999.png", b"new")
    stage(directory)
    code, said = commit(directory)
    assert (code, "data/images changed" in said) == (0, True)
    directory.dvc("push", "--quiet")
    directory.git("push", "--quiet", "origin", "main")
    clone = directory.clone()
    clone.dvc("pull", "--quiet")
    assert clone.read("data/images/cat/9999.png") == b"new"


def test_a_pointer_that_was_added_by_hand_and_not_staged_is_staged(adding):
    adding.write("model/model.pt", b"better")
    adding.dvc("add", "--quiet", "model/model.pt")
    stage(adding)
    assert commit(adding)[0] == 0
    assert adding.git("status", "--porcelain") == ""


def test_a_commit_of_named_files_is_refused_because_git_would_take_the_pointer_back(adding):
    adding.write("model/model.pt", b"better")
    adding.write("README.md", b"words\n")
    adding.git("add", "README.md")
    code, said = git(adding, "commit", "--quiet", "-m", "x", "README.md")
    assert code == 1
    assert "help: dvc add model/model.pt && git add model/model.pt.dvc && git commit" in said
    assert adding.git("diff", "--name-only") == ""
    assert adding.dvc("status", "model/model.pt.dvc").strip() != "Data and pipelines are up to date."


@pytest.mark.parametrize("words", [[], ["--all"]])
def test_a_commit_of_nothing_but_changed_data_is_made_the_second_time(adding, words):
    adding.write("model/model.pt", b"better")
    head = adding.git("rev-parse", "HEAD")
    code, said = git(adding, "commit", "--quiet", "-m", "x", *words)
    assert (code, adding.git("rev-parse", "HEAD")) == (1, head)
    assert "release-add: model/model.pt changed; added it" in said
    assert "error: nothing else was staged, so git makes no commit this time" in said
    assert "nothing to commit" not in said
    assert git(adding, "commit", "--quiet", "-m", "x", *words)[0] == 0
    assert adding.git("show", "--format=", "--name-only", "HEAD").split() == ["model/model.pt.dvc"]
    assert adding.git("status", "--porcelain") == ""


def test_a_merge_goes_on_with_data_alone(adding):
    adding.git("checkout", "--quiet", "-b", "side")
    adding.git("commit", "--quiet", "--allow-empty", "--no-verify", "-m", "side")
    adding.git("checkout", "--quiet", "main")
    adding.git("commit", "--quiet", "--allow-empty", "--no-verify", "-m", "main")
    adding.git("merge", "--quiet", "--no-ff", "--no-commit", "side")
    adding.write("model/model.pt", b"better")
    assert git(adding, "commit", "--quiet", "-m", "x")[0] == 0
    assert adding.git("status", "--porcelain") == ""


def test_outs_of_a_pipeline_are_left_to_dvc_repro(pipeline):
    install(pipeline, pre_commit="release-hook add")
    stages = yaml.safe_load(pipeline.read("dvc.lock"))["stages"]
    out = next(out["path"] for stage in stages.values() for out in stage.get("outs", ()))
    (pipeline.folder / out).unlink()
    pipeline.write(out, b"by hand")
    assert commit(pipeline) == (0, "")


def test_where_nothing_changed_it_says_nothing(adding):
    adding.before = adding.snapshot()
    done = adding.world.run(["release-hook", "add"], folder=adding.folder)
    assert done.stdout + done.stderr == b""
    assert adding.unchanged()


@pytest.mark.parametrize("name", ["pre-commit.yaml", "pre-commit-auto.yaml"])
def test_the_hooks_that_init_writes_are_those_that_ship(name):
    shipped = {
        hook["id"]: hook for hook in yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text())
    }
    written = yaml.safe_load(package_text(f"templates/{name}"))
    for hook in written["repos"][0]["hooks"]:
        theirs = {key: value for key, value in shipped[hook["id"]].items() if key not in ("description", "language")}
        assert {key: value for key, value in hook.items() if key != "language"} == theirs


def test_a_pointer_that_was_replaced_by_a_link_is_not_written_through(adding):
    pointer, elsewhere = adding.folder / "model/model.pt.dvc", adding.world.root / "home" / "elsewhere.dvc"
    elsewhere.write_bytes(pointer.read_bytes())
    before = elsewhere.read_bytes()
    pointer.unlink()
    pointer.symlink_to(elsewhere)
    adding.write("model/model.pt", b"better")
    done = adding.world.run(["release-hook", "add"], folder=adding.folder, ok=None)
    assert (done.returncode, b"model/model.pt.dvc is a link" in done.stderr) == (3, True)
    assert elsewhere.read_bytes() == before
