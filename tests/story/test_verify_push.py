"""`release verify --push`: what is lacking is uploaded from the cache, never anything broken, and asked for again."""

import hashlib
import json
import shutil

import pytest
from project import Project
from project.templates import FILES, performance

from release.core.config import Config
from release.dvc.dvc_config import DvcSettings
from release.engine.audit import Auditing
from release.engine.push_missing import plan_uploads, upload
from release.git.objects import Objects
from release.git.process import Git


def test_what_was_never_pushed_is_uploaded_and_asked_for_again(released):
    released.train(b"kept back" * 1000, performance(f1=0.9), push=False)
    released.release("verify").fails_with(4).says("model/model.pt", "in your cache").helps("release verify HEAD --push")
    released.release("verify --push").succeeds().says("Uploaded 1 object (9.0 kB) to `storage`", "ok")
    clone = released.clone()
    clone.dvc("pull", "--quiet")
    assert clone.read("model/model.pt") == b"kept back" * 1000


def test_a_dry_run_tells_what_would_be_uploaded_and_the_code_of_the_real_run(released):
    released.train(b"kept back" * 1000, performance(f1=0.9), push=False)
    released.release("verify --push --dry-run").succeeds().says("Would upload 1 object (9.0 kB) to `storage`")
    assert released.unchanged()
    push = released.release("verify --push --dry-run --json").succeeds().json["push"]
    assert (push["dry_run"], push["uploaded"]) == (True, [])
    real = released.release("verify --push --json").succeeds().json["push"]
    assert push["planned"] == real["planned"] == real["uploaded"] != []


def test_a_dry_run_of_what_nobody_has_fails_as_the_real_run_does(directory):
    path = object_of(directory, "data/images/cat/0001.png")
    directory.lose(path)
    shutil.rmtree(directory.folder / ".dvc" / "cache")
    directory.release("verify --push --dry-run").fails_with(4).says("Nothing would be uploaded", "neither the remote")
    assert directory.unchanged()
    directory.release("verify --push").fails_with(4)


def test_an_upload_tells_how_many_objects_and_bytes_it_has_put(project):
    shutil.rmtree(project.world.store)
    git = Git.from_environment(project.folder, project.world.environment(), on_terminal=False)
    settings = DvcSettings(git_root=project.folder, environment=project.world.environment())
    told = []
    with Objects(git) as objects, Auditing(objects, Config(), settings) as auditing:
        auditing.revisions([("HEAD", project.head)])
        done = upload(plan_uploads(auditing), lambda *words: told.append(words)).done
    assert [(count, total) for _, count, total in told] == [(number, 5) for number in range(1, 6)]
    assert told[0][0].startswith("uploading to storage, ")
    assert told[-1][0] == "uploading to storage, 23 kB of 23 kB"
    assert sum(one.size_bytes for one in done) == sum(map(len, FILES.values()))


@pytest.mark.fast
def test_a_lost_file_of_a_pushed_folder_is_healed_which_dvc_push_does_not(directory):
    path = object_of(directory, "data/images/cat/0001.png")
    directory.lose(path)
    assert "up to date" in directory.dvc("push")
    assert not path.exists()
    directory.release("verify --push").succeeds().says("Uploaded 1 object")
    assert path.read_bytes() == directory.read("data/images/cat/0001.png")
    assert path.stat().st_mode & 0o777 == 0o444


def test_a_cut_object_is_replaced_and_that_is_said(directory):
    path = object_of(directory, "data/images/cat/0001.png")
    overwrite(path, b"cut")
    directory.release("verify --push").succeeds().says("Uploaded 1 object", "replacing damaged ones")
    assert path.read_bytes() == directory.read("data/images/cat/0001.png")


def test_a_damaged_directory_object_is_replaced(directory):
    (path,) = [path for path in directory.objects_on_store() if path.name.endswith(".dir")]
    whole = path.read_bytes()
    overwrite(path, b"[" * len(whole))
    directory.release("verify --push").succeeds().says("Uploaded 1 object")
    assert path.read_bytes() == whole


def test_corruption_at_the_same_size_is_found_by_reading_and_healed(directory):
    path = object_of(directory, "data/images/cat/0001.png")
    size = path.stat().st_size
    overwrite(path, b"x" * size)
    directory.release("verify").succeeds()
    directory.release("verify --deep").fails_with(4).says("data/images/cat/0001.png", "its content is")
    assert directory.unchanged()
    directory.release("verify --deep --push").succeeds().says("replacing damaged ones")
    assert path.read_bytes() == directory.read("data/images/cat/0001.png")


def test_a_damaged_copy_in_the_cache_is_never_uploaded(released):
    released.train(b"kept back" * 1000, performance(f1=0.9), push=False)
    overwrite(cached(released, hashlib.md5(b"kept back" * 1000).hexdigest()), b"wrong back" * 900)
    before = released.objects_on_store()
    released.release("verify --push").fails_with(4).says("your cache's copy is damaged", "Nothing was uploaded")
    assert released.objects_on_store() == before
    assert released.unchanged()


def test_what_nobody_here_has_is_said_with_the_name_of_who_committed_it(directory):
    name = hashlib.md5(directory.read("data/images/cat/0001.png")).hexdigest()
    directory.lose(directory.object_path(name))
    cached(directory, name).unlink()
    author = directory.git("log", "-1", "--format=%an <%ae>")
    run = directory.release("verify --push").fails_with(4)
    run.says("neither the remote nor your cache has it", "data/images/cat/0001.png").helps(f"ask '{author}'")
    assert directory.unchanged()


def test_what_only_the_work_tree_has_goes_through_the_cache_again(released):
    released.train(b"kept back" * 1000, performance(f1=0.9), push=False)
    released.empty_cache()
    help = "dvc commit model/model.pt.dvc && dvc push -r storage model/model.pt.dvc"
    released.release("verify").fails_with(4).says("model/model.pt is not on").helps(f"{help}   (in your work tree")
    released.write("model/model.pt", b"kept elsewhere" * 1000)
    released.release("verify").fails_with(4).helps("not in your cache: ask").never_says("dvc commit")
    released.write("model/model.pt", b"kept back" * 1000)
    released.world.run(["sh", "-c", help], folder=released.folder)
    released.release("verify").succeeds()
    assert released.status == ""


def test_a_directory_object_waits_for_its_files(directory):
    name = hashlib.md5(directory.read("data/images/cat/0001.png")).hexdigest()
    cached(directory, name).unlink()
    for path in directory.objects_on_store():
        directory.lose(path)
    directory.release("verify --push").fails_with(4).says("Uploaded 5 objects", "until its files are there")
    assert not [path for path in directory.objects_on_store() if path.name.endswith(".dir")]
    assert len(directory.objects_on_store()) == 5


def test_an_older_release_is_pushed_without_touching_the_work_tree(released):
    released.train(b"second" * 100, performance(f1=0.9), push=False)
    released.git("tag", "-a", "v0.2.0", "-m", "Second")
    released.train(b"third" * 100, performance(f1=0.91), push=False)
    before = released.read("model/model.pt")
    released.release("verify v0.2.0 --push").succeeds().says("v0.2.0", "Uploaded 1 object")
    assert released.read("model/model.pt") == before
    assert released.status == ""
    released.release("verify").fails_with(4)
    released.release("verify --all --push").succeeds()


def test_objects_of_dvc_2_are_pushed_where_dvc_2_keeps_them(legacy):
    names = [path.relative_to(legacy.world.store) for path in legacy.objects_on_store()]
    for path in legacy.objects_on_store():
        legacy.lose(path)
    legacy.release("verify --push").succeeds()
    assert [path.relative_to(legacy.world.store) for path in legacy.objects_on_store()] == names


def test_each_remote_gets_its_own(two_remotes):
    for store in (two_remotes.world.store, two_remotes.world.root / "stores" / "archive"):
        for path in store.rglob("*"):
            if path.is_file():
                two_remotes.lose(path)
    run = two_remotes.release("verify --push").succeeds()
    run.says("`storage`", "`archive`")
    two_remotes.empty_cache()
    two_remotes.dvc("pull", "--quiet", "--force")


def test_a_store_that_cannot_be_written_to_is_named_and_the_verdict_stays(released):
    released.train(b"kept back" * 1000, performance(f1=0.9), push=False)
    shards = released.world.store / "files" / "md5"
    shard = shards / hashlib.md5(b"kept back" * 1000).hexdigest()[:2]
    shard.write_text("in the way of a folder")
    released.release("verify --push").fails_with(4).says("could not be uploaded to remote `storage`")


def test_a_push_is_told_in_the_document(released):
    released.train(b"kept back" * 1000, performance(f1=0.9), push=False)
    assert released.release("verify --json").fails_with(4).json["push"] is None
    document = released.release("verify --push --json").succeeds().json
    (row,) = document["push"]["uploaded"]
    assert (row["path"], row["size_bytes"], row["replaced"]) == ("model/model.pt", 9000, False)
    assert document["push"]["lost"] == document["push"]["damaged"] == document["push"]["errors"] == []
    assert document["revisions"][0]["verdict"] == "ok"


def test_a_sample_reads_the_same_objects_each_time(directory):
    paths = [path for path in directory.objects_on_store() if not path.name.endswith(".dir")]
    for path in paths:
        overwrite(path, b"x" * path.stat().st_size)
    first = problems(directory, "verify --deep --sample 3 --json")
    assert first == problems(directory, "verify --deep --sample 3 --json")
    assert 2 <= len(first) <= 3  # a directory object may be one of them
    assert set(first) < set(problems(directory, "verify --deep --json"))


def test_a_sample_is_of_a_deep_audit(released):
    released.release("verify --sample 3").fails_with(2).says("--deep")


def test_contents_of_dvc_2_are_compared_with_unix_line_ends(legacy):
    legacy.write("data/notes.txt", b"one\r\ntwo\r\n")
    name = hashlib.md5(b"one\ntwo\n").hexdigest()
    pointer = {"outs": [{"md5": name, "size": 10, "path": "notes.txt"}]}
    legacy.write("data/notes.txt.dvc", json.dumps(pointer))
    legacy.world.store.joinpath(name[:2]).mkdir(exist_ok=True)
    legacy.world.store.joinpath(name[:2], name[2:]).write_bytes(b"one\r\ntwo\r\n")
    legacy.git("add", "-f", "data/notes.txt.dvc")
    legacy.save("A file of DVC 2")
    legacy.release("verify --deep").succeeds()
    legacy.world.store.joinpath(name[:2], name[2:]).write_bytes(b"one\r\nTWO\r\n")
    legacy.release("verify --deep").fails_with(4).says("data/notes.txt", "its content is")


def test_the_objects_that_tags_need_are_listed_for_who_deletes(directory):
    directory.git("tag", "-a", "2-track-data", "-m", "No release, but a tag")
    listed = directory.release("verify --objects").succeeds().out.splitlines()
    assert listed == sorted(path.parent.name + path.name for path in directory.objects_on_store())
    document = directory.release("verify --objects --json").succeeds().json
    assert [row["oid"] for row in document["objects"]] == listed
    assert directory.unchanged()


def test_a_list_of_objects_that_is_not_whole_says_so(directory):
    for path in directory.objects_on_store():
        if path.name.endswith(".dir"):
            directory.lose(path)
    directory.empty_cache()
    directory.release("verify --objects HEAD").fails_with(6).says("data/images", "incomplete")


def object_of(project: Project, path: str):
    return project.object_path(hashlib.md5(project.read(path)).hexdigest())


def cached(project: Project, name: str):
    return project.folder / ".dvc" / "cache" / "files" / "md5" / name[:2] / name[2:]


def overwrite(path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(0o444)


def problems(project: Project, line: str) -> list[str]:
    run = project.release(line)
    return [problem["path"] for revision in run.json["revisions"] for problem in revision["problems"]]


def test_contents_of_dvc_3_are_compared_byte_by_byte(released):
    released.train(b"one\r\ntwo\r\n", performance(f1=0.9))
    released.release("verify --deep").succeeds()
    path = released.object_path(hashlib.md5(b"one\r\ntwo\r\n").hexdigest())
    overwrite(path, b"one\n\ntwo\r\n")
    released.release("verify --deep").fails_with(4).says("model/model.pt", "its content is")


def test_no_directory_object_stands_there_before_its_files(directory):
    """With it there, `dvc push` of whoever has the files would say that everything is up to date."""
    body = directory.read("data/images/cat/0001.png")
    for path in directory.objects_on_store():
        directory.lose(path)
    shard = directory.object_path(hashlib.md5(body).hexdigest()).parent
    shutil.rmtree(shard, ignore_errors=True)
    shard.write_text("in the way of a folder")
    directory.release("verify --push").fails_with(4).says("could not be uploaded to remote `storage`")
    assert not [path for path in directory.objects_on_store() if path.name.endswith(".dir")]


def test_text_of_dvc_2_is_pushed_with_the_line_ends_that_it_has(legacy):
    body, name = b"one\r\ntwo\r\n", hashlib.md5(b"one\ntwo\n").hexdigest()
    legacy.write("data/notes.txt", body)
    legacy.write("data/notes.txt.dvc", json.dumps({"outs": [{"md5": name, "size": 10, "path": "notes.txt"}]}))
    cache = legacy.folder / ".dvc" / "cache" / name[:2]
    cache.mkdir(parents=True, exist_ok=True)
    (cache / name[2:]).write_bytes(body)
    legacy.git("add", "-f", "data/notes.txt.dvc")
    legacy.save("A file of DVC 2")
    legacy.release("verify --push").succeeds().says("Uploaded 1 object")
    assert legacy.world.store.joinpath(name[:2], name[2:]).read_bytes() == body


def test_a_broken_copy_in_the_cache_proves_nothing_against_the_remote(directory):
    lost = object_of(directory, "data/images/cat/0001.png")
    directory.lose(lost)
    name = hashlib.md5(directory.read("data/images/dog/0001.png")).hexdigest()
    overwrite(cached(directory, name), b"broken here")
    run = directory.release("verify --push").succeeds().says("Uploaded 1 object")
    assert "damaged" not in run.out + run.err
    assert directory.object_path(name).read_bytes() == directory.read("data/images/dog/0001.png")
