"""No tag without its bytes: data that is not on its remote, and files that are not what their pointers say."""

import json

import pytest
from project import Project
from project.templates import performance


@pytest.mark.fast
def test_data_that_was_not_pushed_is_named_and_nothing_is_released(released):
    released.train(b"kept back" * 1000, performance(f1=0.9), push=False)
    run = released.release("bump minor --yes").fails_with(4)
    run.says("model/model.pt", "storage").helps("release bump minor --push-data")
    assert released.unchanged()
    released.release("bump minor --yes --push-data").succeeds().says("1 object (9.0 kB) uploaded from your cache")
    released.clone().dvc("pull", "--quiet")


def test_a_dry_run_with_push_data_uploads_nothing_and_has_the_exit_code_of_the_real_run(released):
    released.train(b"kept back" * 1000, performance(f1=0.9), push=False)
    released.release("bump minor --dry-run").fails_with(4)
    released.release("bump minor --dry-run --push-data").succeeds().says("1 object (9.0 kB) will be uploaded")
    assert released.unchanged()
    released.write(".release.toml", "push-data = true\n")
    released.save("Configure")
    released.release("bump minor --dry-run").succeeds()
    assert released.unchanged()
    released.release("bump minor --yes").succeeds()


def test_nothing_is_uploaded_for_a_release_that_is_refused_all_the_same(released):
    released.train(b"kept back" * 1000, performance(f1=0.9), push=False)
    released.write("model/params.json", "{")
    released.save("Broken")
    released.release("bump minor --yes --push-data").fails_with(3).says("model/params.json")
    assert released.unchanged()


def test_what_the_cache_lost_too_is_asked_of_who_committed_it(released):
    released.train(b"kept back" * 1000, performance(f1=0.9), push=False)
    released.empty_cache()
    (released.folder / "model/model.pt").unlink()
    released.before = released.snapshot()
    author = released.git("log", "-1", "--format=%an <%ae>")
    released.release("bump minor --yes --push-data").fails_with(4).helps(f"ask '{author}'")
    assert released.unchanged()


@pytest.mark.fast
def test_one_lost_file_of_a_pushed_folder_is_named_though_dvc_says_in_sync(directory):
    _lose_one_file(directory)
    assert "in sync" in directory.dvc("status", "-c")
    run = directory.release("bump minor --yes").fails_with(4).says("data/images", "cat/0001.png").helps()
    assert directory.unchanged()
    run.never_says("dog/0002.png")


def test_a_lost_directory_object_is_named(directory):
    for path in directory.objects_on_store():
        if path.name.endswith(".dir"):
            directory.lose(path)
    directory.release("bump minor --yes").fails_with(4).says("data/images")
    assert directory.unchanged()


def test_an_object_of_the_wrong_size_is_named(released):
    for path in released.objects_on_store():
        if path.stat().st_size == 256 * 64:
            path.chmod(0o644)
            path.write_bytes(b"cut")
            path.chmod(0o444)
    released.save("More")
    released.release("bump minor --yes").fails_with(4).says("model/model.pt", "has 3 bytes")
    assert released.unchanged()


def test_a_damaged_directory_object_is_named(directory):
    for path in directory.objects_on_store():
        if path.name.endswith(".dir"):
            path.chmod(0o644)
            path.write_bytes(b"[")
            path.chmod(0o444)
    directory.release("bump minor --yes").fails_with(4).says("data/images")
    assert directory.unchanged()


def test_a_store_that_does_not_exist_holds_nothing(released):
    released.world.store.rename(released.world.root / "elsewhere")
    released.save("More")
    released.release("bump minor --yes").fails_with(4).says("model/model.pt")
    assert released.unchanged()


def test_a_disk_that_is_not_mounted_is_asked_about_before_anybody_is(released):
    """It looks like a remote that nobody has pushed to yet, so both ways on are told."""
    released.write("note", "More")
    released.save("More")
    released.world.store.rename(released.world.root / "elsewhere")
    asked = f"the folder {released.world.store} of storage does not exist: is its disk mounted?"
    here = released.release("verify").fails_with(4).helps(f"{asked} If it is new: release verify HEAD --push")
    assert " ".join((here.out + here.err).split()).count("is its disk mounted") == 1
    released.release("bump minor --yes").fails_with(4).helps(asked)
    released.empty_cache()
    released.release("verify").fails_with(4).helps(f"{asked} If it is new: whoever has the data runs: dvc push")
    (released.world.root / "elsewhere").rename(released.world.store)
    released.release("verify").succeeds()


def test_the_second_remote_is_asked_for_what_lies_there(two_remotes):
    archive = two_remotes.world.root / "stores" / "archive"
    lost = [path for path in archive.rglob("*") if path.is_file()]
    assert len(lost) == 1
    two_remotes.lose(lost[0])
    assert "in sync" in two_remotes.dvc("status", "-c")
    two_remotes.release("bump minor --yes").fails_with(4).says("model/model.pt", "archive").never_says("data/tags.json")
    assert two_remotes.unchanged()


def test_an_object_in_the_other_layout_does_not_count(legacy):
    for shard in list(legacy.world.store.iterdir()):
        if shard.is_dir():
            (legacy.world.store / "files" / "md5").mkdir(parents=True, exist_ok=True)
            shard.rename(legacy.world.store / "files" / "md5" / shard.name)
    legacy.release("bump minor --yes").fails_with(4).says("data/images", "is not on `storage`")
    assert legacy.unchanged()


def test_a_forgotten_dvc_add_would_release_the_old_model_with_the_new_numbers(released):
    released.write("model/model.pt", b"new weights" * 2000)
    released.write("model/performance.json", performance(f1=0.99))
    released.save("New numbers, forgotten model")
    released.release("bump minor --yes").fails_with(3).says("model/model.pt").helps("dvc add model/model.pt")
    assert released.unchanged()


def test_a_file_of_the_same_size_with_other_bytes_is_no_equal(released):
    content = bytearray(released.read("model/model.pt"))
    content[7] ^= 1
    released.write("model/model.pt", bytes(content))
    released.release("bump minor --allow-empty --yes").fails_with(3).says("model/model.pt").helps("dvc add")
    assert released.unchanged()


def test_a_changed_file_of_a_tracked_folder_is_named(directory):
    directory.write("data/images/cat/0001.png", b"another cat")
    directory.release("bump minor --yes").fails_with(3).says("data/images").helps("dvc add data/images")
    assert directory.unchanged()
    directory.git("checkout", "--quiet", ".")


def test_a_pointer_without_its_file_in_the_work_tree_is_fine(released):
    (released.folder / "model" / "model.pt").unlink()
    released.save("More")
    released.release("bump minor --yes").succeeds()


def test_an_out_of_a_stage_that_git_should_hold_must_be_in_git(pipeline):
    pipeline.git("rm", "--quiet", "--cached", "scores.json")
    pipeline.write(".gitignore", "scores.json\n")
    pipeline.save("Ignore the scores")
    pipeline.release("bump minor --yes").fails_with(4).says("scores.json").helps()
    assert pipeline.unchanged()


def test_a_stage_that_was_never_run_is_named(pipeline):
    text = pipeline.read("dvc.yaml").decode() + "  export:\n    cmd: cp out/model.bin out/x\n    outs: [out/x]\n"
    pipeline.write("dvc.yaml", text)
    pipeline.save("A stage")
    pipeline.release("bump minor --yes").fails_with(4).says("export").helps("dvc repro")
    assert pipeline.unchanged()


def test_a_pointer_without_a_hash_is_named(released):
    released.write("data/new.bin.dvc", "outs:\n- path: new.bin\n")
    released.save("Pointer")
    released.release("bump minor --yes").fails_with(4).says("data/new.bin").helps("dvc")
    assert released.unchanged()


def test_data_without_any_remote_is_named(released):
    released.dvc("remote", "remove", "storage")
    released.save("No remote")
    released.release("bump minor --yes").fails_with(4).says("remote").helps("dvc remote add")
    assert released.unchanged()


def test_a_remote_that_only_this_clone_knows_is_named(released):
    released.dvc("remote", "remove", "storage")
    released.dvc("remote", "add", "--local", "-d", "storage", str(released.world.store))
    released.save("Local remote")
    released.release("bump minor --yes").fails_with(4).says("storage").helps("dvc remote add")
    assert released.unchanged()


def test_excluded_paths_are_said_and_counted_in_the_tag(released):
    released.train(b"kept back", performance(), push=False)
    released.write(".release.toml", '[audit]\nexclude = ["model/model.pt"]\n')
    released.save("Exclude")
    released.release("bump minor --yes").succeeds().says("model/model.pt")
    assert "Release-Excluded: 1\n" in released.message_of("v0.2.0") + "\n"


def test_the_audit_of_a_commit_reads_that_commit_not_the_work_tree(released):
    late = released.train(b"kept back", performance(), push=False)
    released.git("checkout", "--quiet", "v0.1.0", "--", "model/model.pt.dvc")
    released.dvc("checkout", "--quiet", "model/model.pt")
    released.save("Back to the old model")
    released.release("bump minor --yes --no-commit").succeeds()
    released.release("bump 0.1.5 --yes", "--at", late).fails_with(4).says("model/model.pt")
    assert released.unchanged()


def test_every_problem_is_a_row_of_the_document(directory):
    _lose_one_file(directory)
    document = directory.release("bump minor --yes --json").fails_with(4).json
    check = next(check for check in document["checks"] if check["verdict"] == "failed")
    assert "cat/0001.png" in json.dumps(check)
    assert check["help"]


@pytest.mark.parametrize("kind", ["plain", "directory", "pipeline", "legacy", "two remotes"])
def test_the_audit_writes_nothing_to_cache_or_store(kind, templates, tmp_path):
    project: Project = templates.copy(kind, tmp_path / "world")
    clone = project.clone()
    clone.release("bump minor --dry-run").succeeds()
    assert clone.unchanged()
    assert not (clone.folder / ".dvc" / "cache").exists()


def _lose_one_file(directory: Project) -> None:
    wanted = directory.read("data/images/cat/0001.png")
    lost = [path for path in directory.objects_on_store() if path.read_bytes() == wanted]
    assert len(lost) == 1
    directory.lose(lost[0])
