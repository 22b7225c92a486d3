"""What can be true of a repository and its blob store: a case is a template and what is done to it with real tools."""

import hashlib
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from project import Project

from release.core.config.values import AuditConfig


@dataclass(frozen=True, slots=True)
class Case:
    """`act` changes the world. `kinds` are the problems that the audit must name (none: a healthy case).

    `rev` is what is audited and cloned. `deep` tells that no store says what is wrong: only reading
    the contents does.
    """

    name: str
    template: str
    act: Callable[[Project], None]
    kinds: tuple[str, ...] = ()
    rev: str = "HEAD"
    audit: AuditConfig = field(default_factory=AuditConfig)
    deep: bool = False

    def __str__(self) -> str:
        return self.name


def oid_of(project: Project, pointer: str) -> str:
    """The md5 in a pointer of the work tree."""
    line = next(line for line in project.read(pointer).decode().splitlines() if "md5: " in line)
    return line.rpartition(" ")[2]


def stored(project: Project, content: bytes) -> Path:
    """Where the store keeps these bytes."""
    return project.object_path(hashlib.md5(content).hexdigest())


def put(path: Path, content: bytes, mode: int = 0o444) -> None:
    """Replace a file of the store, keeping the mode that DVC trusts."""
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(mode)


def replace_in(project: Project, path: str, old: str, new: str) -> None:
    """Edit a text file, and insist that there was something to edit."""
    text = project.read(path).decode()
    assert old in text, f"{old!r} is not in {path}: {text}"
    project.write(path, text.replace(old, new))


IMAGE = b"cat 1" * 30
MODEL = bytes(range(256)) * 64
TAGS, LOCK = "data/tags.json.dvc", "dvc.lock"


def nothing(project: Project) -> None:
    """A healthy project as the template has it."""


def wipe(project: Project) -> None:
    shutil.rmtree(project.world.store)


def lose_entry(project: Project) -> None:
    project.lose(stored(project, IMAGE))


def lose_directory_object(project: Project) -> None:
    project.lose(project.object_path(oid_of(project, "data/images.dvc")))


def truncate_file(project: Project) -> None:
    put(stored(project, MODEL), b"")


def shorten_file(project: Project) -> None:
    put(stored(project, MODEL), MODEL[:-1])


def corrupt_file(project: Project) -> None:
    put(stored(project, MODEL), MODEL[::-1])


def truncate_entry(project: Project) -> None:
    put(stored(project, IMAGE), b"")


def shorten_entry(project: Project) -> None:
    put(stored(project, IMAGE), IMAGE[:-1])


def truncate_directory_object(project: Project) -> None:
    put(project.object_path(oid_of(project, "data/images.dvc")), b'[{"md5": ')


def corrupt_directory_object(project: Project) -> None:
    path = project.object_path(oid_of(project, "data/images.dvc"))
    put(path, path.read_bytes()[:-1] + b" ")


def directory_object_with_another_name(project: Project) -> None:
    path = project.object_path(oid_of(project, "data/images.dvc"))
    put(path, path.read_bytes().replace(b"cat/0001", b"cat/0009"))


def loosen_modes(project: Project) -> None:
    for path in project.objects_on_store():
        path.chmod(0o644)


def lose_archived_model(project: Project) -> None:
    shutil.rmtree(project.world.root / "stores" / "archive")


def forget_hash(project: Project) -> None:
    project.write("model/model.pt.dvc", "outs:\n- path: model.pt\n  hash: md5\n")
    project.save()


def break_pointer(project: Project) -> None:
    project.write("model/model.pt.dvc", "outs: [\n")
    project.save()


def add_stage(project: Project) -> None:
    with (project.folder / "dvc.yaml").open("a") as file:
        file.write(
            "  report:\n    cmd: cp out/model.bin report.bin\n    deps: [out/model.bin]\n    outs: [report.bin]\n"
        )


def never_run(project: Project) -> None:
    add_stage(project)
    project.save()


def lock_not_committed(project: Project) -> None:
    add_stage(project)
    project.git("add", "dvc.yaml")
    project.git("commit", "--quiet", "-m", "Stage")
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.git("push", "--quiet", "origin", "HEAD")


def forget_uncached(project: Project) -> None:
    project.git("rm", "--quiet", "--cached", "scores.json")
    project.git("commit", "--quiet", "-m", "Forget the numbers")
    project.git("push", "--quiet", "origin", "HEAD")


def never_push(project: Project) -> None:
    replace_in(project, "dvc.yaml", "[out/model.bin, out/plots]", "[{out/model.bin: {push: false}}, out/plots]")
    project.save()
    model = project.read("out/model.bin")
    project.lose(stored(project, model))


def no_remote(project: Project) -> None:
    project.dvc("remote", "remove", "storage")
    project.save()


def unknown_remote(project: Project) -> None:
    pointer = project.read("model/model.pt.dvc").decode()
    project.write("model/model.pt.dvc", pointer + "  remote: nowhere\n")
    project.save()


def local_only_remote(project: Project) -> None:
    project.dvc("remote", "remove", "storage")
    project.dvc("remote", "add", "--local", "-d", "storage", project.world.store)
    project.save()


def remote_in_tree(project: Project) -> None:
    project.dvc("remote", "modify", "storage", "url", "stores/blob")
    shutil.move(project.world.store, project.folder / "stores" / "blob")
    project.write(".gitignore", "/stores\n")
    project.save()


def lose_old_model(project: Project) -> None:
    project.git("tag", "-a", "v1", "-m", "v1")
    project.git("push", "--quiet", "origin", "v1")
    project.train(b"new model", "{}")
    project.lose(stored(project, MODEL))


def change_default_remote(project: Project) -> None:
    project.git("tag", "-a", "v1", "-m", "v1")
    project.git("push", "--quiet", "origin", "v1")
    project.dvc("remote", "add", "-d", "second", "../stores/second")
    project.train(b"new model", "{}")


def move_to_another_remote(project: Project) -> None:
    """Everything goes to the new default remote; what v1 names as its own is empty then."""
    change_default_remote(project)
    second = project.world.root / "stores" / "second"
    shutil.copytree(project.world.store, second, dirs_exist_ok=True)
    shutil.rmtree(project.world.store)


def broken_old_pointer(project: Project) -> None:
    good = project.read("data/tags.json.dvc")
    project.write("data/tags.json.dvc", b"outs:\n- md5: \x00\n")
    project.save()
    project.git("tag", "-a", "v1", "-m", "v1")
    project.git("push", "--quiet", "origin", "v1")
    project.write("data/tags.json.dvc", good)
    project.save()


def source_repository(project: Project) -> Path:
    """Another repository with a tracked file, beside the project."""
    source = project.world.root / "source"
    source.mkdir()
    other = Project(project.world, source)
    other.git("init", "--quiet")
    other.dvc("init", "--quiet")
    other.dvc("remote", "add", "-d", "storage", "../stores/source")
    other.write("words.txt", "a b c\n")
    other.dvc("add", "--quiet", "words.txt")
    other.dvc("push", "--quiet")
    other.commit("Words")
    return source


def import_from_repository(project: Project) -> None:
    source = source_repository(project)
    project.dvc("import", "--quiet", source, "words.txt", "-o", "words.txt")
    project.save()


def import_and_lose_source(project: Project) -> None:
    import_from_repository(project)
    shutil.rmtree(project.world.root / "source")


def import_url(project: Project) -> None:
    (project.world.root / "web.txt").write_text("from the web\n")
    project.dvc("import-url", "--quiet", project.world.root / "web.txt", "web.txt")
    project.dvc("push", "--quiet")
    project.save()


def import_url_unpushed(project: Project) -> None:
    (project.world.root / "web.txt").write_text("from the web\n")
    project.dvc("import-url", "--quiet", project.world.root / "web.txt", "web.txt")
    project.save()
    (project.world.root / "web.txt").unlink()


def import_url_to_remote(project: Project) -> None:
    (project.world.root / "web.txt").write_text("from the web\n")
    project.dvc("import-url", "--quiet", "--to-remote", project.world.root / "web.txt", "web.txt")
    project.save()
    project.dvc("pull", "--quiet")


def import_url_no_download(project: Project) -> None:
    (project.world.root / "web.txt").write_text("from the web\n")
    project.dvc("import-url", "--quiet", "--no-download", project.world.root / "web.txt", "web.txt")
    project.save()
    (project.folder / "web.txt").write_text("from the web\n")
    (project.world.root / "web.txt").unlink()


def add_subrepo(project: Project) -> Project:
    """A DVC repository of its own below the project, with its own store."""
    folder = project.folder / "sub"
    folder.mkdir()
    below = Project(project.world, folder)
    below.dvc("init", "--quiet", "--subdir")
    below.dvc("remote", "add", "-d", "storage", "../../stores/sub")
    below.write("deep.bin", b"deep")
    below.dvc("add", "--quiet", "deep.bin")
    return below


def subrepo(project: Project) -> None:
    add_subrepo(project).dvc("push", "--quiet")
    project.save()


def subrepo_unpushed(project: Project) -> None:
    add_subrepo(project)
    project.save()


def hide_pointer(project: Project) -> None:
    project.write(".dvcignore", "# old data\nold/\n*.tmp.dvc\n!keep.tmp.dvc\n")
    project.write("old/gone.bin.dvc", f"outs:\n- md5: {'a' * 32}\n  size: 1\n  hash: md5\n  path: gone.bin\n")
    project.write("x.tmp.dvc", f"outs:\n- md5: {'b' * 32}\n  size: 1\n  hash: md5\n  path: x.tmp\n")
    project.save()


def hide_in_a_hidden_folder(project: Project) -> None:
    """What lies in a hidden folder cannot be given back, as in git."""
    project.write(".dvcignore", "old/\n!old/keep.bin.dvc\n")
    bogus(project, "old/keep.bin.dvc")
    project.save()


def unhidden_pointer(project: Project) -> None:
    project.write(".dvcignore", "*.tmp.dvc\n!keep.tmp.dvc\n")
    project.write("keep.tmp.dvc", f"outs:\n- md5: {'b' * 32}\n  size: 1\n  hash: md5\n  path: keep.tmp\n")
    project.save()


def lose_legacy_object(project: Project) -> None:
    oid = hashlib.md5(MODEL).hexdigest()
    project.lose(project.world.store / oid[:2] / oid[2:])


def lose_legacy_entry(project: Project) -> None:
    oid = hashlib.md5(IMAGE).hexdigest()
    project.lose(project.world.store / oid[:2] / oid[2:])


def known_to_the_index(project: Project) -> None:
    """DVC's index knows the hash from a folder that was pushed earlier; then the store is lost."""
    project.dvc("remove", "data/images.dvc")
    shutil.copy(project.folder / "data" / "images" / "cat" / "0001.png", project.folder / "data" / "one.png")
    shutil.rmtree(project.folder / "data" / "images")
    project.dvc("add", "--quiet", "data/one.png")
    project.save()
    shutil.rmtree(project.world.store / "files")


def empty_file(project: Project) -> None:
    project.write("data/empty.txt", b"")
    project.dvc("add", "--quiet", "data/empty.txt")
    project.dvc("push", "--quiet")
    project.save()


def lose_empty_file(project: Project) -> None:
    empty_file(project)
    project.lose(stored(project, b""))


def strange_names(project: Project) -> None:
    for name in ("with space", "quote's", 'double"quote', "näme", "-dash", "a#b", "true", "12", "1e5", "@x", "%y"):
        project.write(f"odd/{name}", f"content of {name}".encode())
        project.dvc("add", "--quiet", f"odd/{name}")
    project.dvc("push", "--quiet")
    project.save()


def outs_with_a_working_folder(project: Project) -> None:
    pointer = project.read("model/model.pt.dvc").decode()
    project.write("pointers/moved.dvc", f"wdir: ../model\n{pointer}")
    (project.folder / "model" / "model.pt.dvc").unlink()
    project.save()


def remote_upon_remote(project: Project) -> None:
    project.dvc("remote", "add", "base", project.world.root / "stores")
    project.dvc("remote", "modify", "storage", "url", "remote://base/blob")
    project.save()


def quoted_config(project: Project) -> None:
    with (project.folder / ".dvc" / "config").open("a") as file:
        file.write('[\'remote "odd"\']\n    url = "../../stores/odd, name"  # quoted\n')
    project.dvc("remote", "default", "odd")
    project.dvc("push", "--quiet")
    project.save()


def broken_config(project: Project) -> None:
    project.write(".dvc/config", "[core\nremote = storage\n")
    project.save()


def foreach(project: Project) -> None:
    project.write("params.yaml", "models: [a, b]\nfolder: out\n")
    project.write(
        "dvc.yaml",
        "vars:\n  - suffix: bin\nstages:\n  train:\n    foreach: ${models}\n    do:\n"
        "      cmd: mkdir -p ${folder} && echo ${item} > ${folder}/${item}.${suffix} && echo 1 > ${item}.json\n"
        "      outs:\n        - ${folder}/${item}.${suffix}\n        - ${item}.json:\n            cache: false\n"
        "  grid:\n    matrix:\n      size: [small, large]\n      seed: [1, 2]\n"
        "    cmd: echo ${item.size} ${item.seed} > ${item.size}-${item.seed}.txt\n"
        "    outs: ['${item.size}-${item.seed}.txt']\n",
    )
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save()


def foreach_never_run(project: Project) -> None:
    foreach(project)
    project.write("params.yaml", "models: [a, b, c]\nfolder: out\n")
    project.save()


def foreach_uncached_forgotten(project: Project) -> None:
    foreach(project)
    project.git("rm", "--quiet", "--cached", "a.json")
    project.git("commit", "--quiet", "-m", "Forget")
    project.git("push", "--quiet", "origin", "HEAD")


def leftovers_in_the_lock(project: Project) -> None:
    lock = project.read("dvc.lock").decode()
    project.write(
        "dvc.lock", f"{lock}  gone:\n    cmd: x\n    outs:\n    - path: y\n      hash: md5\n      md5: {'c' * 32}\n"
    )
    project.save()


def stage_in_a_working_folder(project: Project) -> None:
    project.write("deep/src/.keep", "")
    project.write(
        "deep/dvc.yaml",
        "stages:\n  make:\n    wdir: src\n    cmd: echo 1 > made.bin\n    outs: [../made2.bin, made.bin]\n",
    )
    replace_in(project, "deep/dvc.yaml", "echo 1 > made.bin", "echo 1 > made.bin; echo 2 > ../made2.bin")
    project.dvc("repro", "--quiet", "deep/dvc.yaml")
    project.dvc("push", "--quiet")
    project.save()


def metrics_and_plots_as_outs(project: Project) -> None:
    project.write(
        "dvc.yaml",
        "stages:\n  eval:\n    cmd: echo 7 > m.json; echo x > p.csv; echo 1 >> p.csv; mkdir -p d; echo 1 > d/q.csv\n"
        "    metrics: [m.json]\n    plots:\n      - p.csv:\n          x: x\n      - d\n",
    )
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save()


def metrics_unpushed(project: Project) -> None:
    metrics_and_plots_as_outs(project)
    project.lose(stored(project, project.read("m.json")))


def plots_unpushed(project: Project) -> None:
    metrics_and_plots_as_outs(project)
    project.lose(stored(project, project.read("d/q.csv")))


def empty_directory(project: Project) -> None:
    (project.folder / "data" / "hollow").mkdir()
    project.dvc("add", "--quiet", "data/hollow")
    project.dvc("push", "--quiet")
    project.save()


def same_file_twice(project: Project) -> None:
    project.write("data/images/copy.png", IMAGE)
    project.dvc("add", "--quiet", "data/images")
    project.dvc("push", "--quiet")
    project.save()


def executable(project: Project) -> None:
    project.write("tool.sh", "#!/bin/sh\n").chmod(0o755)
    project.dvc("add", "--quiet", "tool.sh")
    project.dvc("push", "--quiet")
    project.save()


def clear_cache(project: Project) -> None:
    project.empty_cache()


def clear_cache_and_lose_directory(project: Project) -> None:
    project.empty_cache()
    lose_directory_object(project)


def escaping_path(project: Project) -> None:
    project.write("data/tags.json.dvc", f"outs:\n- md5: {'a' * 32}\n  size: 1\n  hash: md5\n  path: ../../../x\n")
    project.save()


def linked_pointer(project: Project) -> None:
    real = project.folder / "model" / "model.pt.dvc"
    target = project.folder / "model" / "real.txt"
    real.rename(target)
    real.symlink_to("missing.txt")
    project.save()


def no_dvc_folder(project: Project) -> None:
    project.git("rm", "-r", "--quiet", ".dvc")
    project.git("commit", "--quiet", "-m", "No DVC")
    project.git("push", "--quiet", "origin", "HEAD")


def edited(path: str, old: str, new: str) -> Callable[[Project], None]:
    """One place of a text file written by hand otherwise, committed and pushed."""

    def act(project: Project) -> None:
        replace_in(project, path, old, new)
        project.save()

    return act


def never_push_a_file(project: Project) -> None:
    replace_in(project, "model/model.pt.dvc", "  path:", "  push: false\n  path:")
    project.save()
    lose_model(project)


def lose_model(project: Project) -> None:
    project.lose(stored(project, MODEL))


def left_to_git(project: Project) -> None:
    """`cache: false` in a `.dvc` file: git keeps the bytes."""
    replace_in(project, "model/model.pt.dvc", "  path:", "  cache: false\n  path:")
    replace_in(project, "model/.gitignore", "/model.pt\n", "")
    project.save()
    lose_model(project)


def stage_on_another_remote(project: Project) -> None:
    """`remote:` of an out stands in dvc.yaml only."""
    project.dvc("remote", "add", "archive", "../stores/archive")
    replace_in(project, "dvc.yaml", "[out/model.bin, out/plots]", "[{out/model.bin: {remote: archive}}, out/plots]")
    project.dvc("push", "--quiet")
    project.lose(stored(project, project.read("out/model.bin")))
    project.save()


def stage_on_another_remote_that_is_lost(project: Project) -> None:
    stage_on_another_remote(project)
    shutil.rmtree(project.world.root / "stores" / "archive")


def spelled_otherwise(project: Project) -> None:
    replace_in(project, "dvc.yaml", "[out/model.bin, out/plots]", "[./out/model.bin, out/../out/plots]")
    project.save()


def empty_without_a_size(project: Project) -> None:
    """An old pointer that says no size: the hash alone tells that nothing is too little."""
    replace_in(project, "model/model.pt.dvc", f"  size: {len(MODEL)}\n", "")
    project.save()
    truncate_file(project)


def spelled_otherwise_and_run(project: Project) -> None:
    spelled_otherwise(project)
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save()


def folder_for_an_object(project: Project) -> None:
    lose_model(project)
    stored(project, MODEL).mkdir()


def folder_for_an_object_without_a_size(project: Project) -> None:
    edited("model/model.pt.dvc", f"  size: {len(MODEL)}\n", "")(project)
    folder_for_an_object(project)


def bogus(project: Project, path: str) -> None:
    """A pointer to what nobody has."""
    name = path.rpartition("/")[2].removesuffix(".dvc")
    project.write(path, f"outs:\n- md5: {'a' * 32}\n  size: 1\n  hash: md5\n  path: {name}\n")


def hide_in_a_folder(project: Project) -> None:
    project.write("data/.dvcignore", "old.bin.dvc\n")
    bogus(project, "data/old.bin.dvc")
    project.save()


def unhide_in_a_folder(project: Project) -> None:
    project.write(".dvcignore", "*.tmp.dvc\n")
    project.write("data/.dvcignore", "!keep.tmp.dvc\n")
    bogus(project, "data/keep.tmp.dvc")
    project.save()


def hide_in_two_places(project: Project) -> None:
    """What a folder's file hides comes on top of what the one above it hides."""
    project.write(".dvcignore", "*.tmp.dvc\n")
    project.write("data/.dvcignore", "old.bin.dvc\n")
    bogus(project, "data/x.tmp.dvc")
    bogus(project, "data/old.bin.dvc")
    project.save()


def hide_beside_a_folder(project: Project) -> None:
    """The patterns of one folder say nothing of its neighbour."""
    project.write("model/.dvcignore", "*.tmp.dvc\n")
    bogus(project, "data/x.tmp.dvc")
    project.save()


def hide_a_subrepo_from_outside(project: Project) -> None:
    project.write(".dvcignore", "*.bin.dvc\n")
    subrepo_unpushed(project)


def hide_inside_a_subrepo(project: Project) -> None:
    below = add_subrepo(project)
    below.dvc("push", "--quiet")
    below.write(".dvcignore", "/gone.bin.dvc\n")
    bogus(below, "gone.bin.dvc")
    project.save()


def submodule_like_a_pointer(project: Project) -> None:
    project.git("update-index", "--add", "--cacheinfo", f"160000,{project.head},lib.dvc")
    project.git("commit", "--quiet", "-m", "Submodule")
    project.git("push", "--quiet", "origin", "HEAD")


def file_like_a_dvc_folder(project: Project) -> None:
    project.write("data/.dvc", "x\n")
    project.save()


def folder_like_a_pointer(project: Project) -> None:
    project.write("models.dvc/a.bin", b"weights")
    project.dvc("add", "--quiet", "models.dvc/a.bin")
    project.dvc("push", "--quiet")
    project.save()


def folder_like_a_pointer_with_a_loss(project: Project) -> None:
    folder_like_a_pointer(project)
    project.lose(stored(project, b"weights"))


def config_not_committed(project: Project) -> None:
    project.git("rm", "--quiet", "--cached", ".dvc/config")
    project.git("commit", "--quiet", "-m", "No config")
    project.git("push", "--quiet", "origin", "HEAD")


def break_pipeline(project: Project) -> None:
    project.write("dvc.yaml", "stages: [\n")
    project.save()


def edited_by(path: str, pattern: str, new: str) -> Callable[[Project], None]:
    """As `edited`, where what stands there is only known by its shape."""

    def act(project: Project) -> None:
        text = project.read(path).decode()
        changed, count = re.subn(pattern, new, text, count=1)
        assert count, f"{pattern!r} is not in {path}: {text}"
        project.write(path, changed)
        project.save()

    return act


def empty_file_with_a_size(project: Project) -> None:
    empty_file(project)
    edited("data/empty.txt.dvc", "size: 0", "size: 5")(project)


def edited_size_and_shortened(project: Project) -> None:
    """The pointer's sum is wrong, and so is a file: reading tells which one."""
    edited_by("data/images.dvc", r"size: \d+", "size: 7")(project)
    shorten_entry(project)


def edited_size_and_corrupt(project: Project) -> None:
    edited_by("model/model.pt.dvc", r"size: \d+", "size: 7")(project)
    corrupt_file(project)


def hash_in_capitals(project: Project) -> None:
    oid = oid_of(project, "model/model.pt.dvc")
    edited("model/model.pt.dvc", oid, oid.upper())(project)


def loop_alone(project: Project) -> None:
    project.write(
        "dvc.yaml",
        "stages:\n  make:\n    foreach: [a, b]\n    do:\n      cmd: echo ${item} > ${item}.txt\n"
        "      outs: ['${item}.txt']\n",
    )
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save()


def template_without_a_loop(project: Project) -> None:
    project.write("params.yaml", "folder: out\n")
    project.write(
        "dvc.yaml",
        "stages:\n  make:\n    cmd: mkdir -p ${folder} && echo 1 > ${folder}/x.bin\n    outs: ['${folder}/x.bin']\n",
    )
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save()


def url_of_this_machine(project: Project) -> None:
    """`config.local` says another place than what is committed, and only that place has the data."""
    shutil.copytree(project.world.store, project.world.root / "stores" / "mine")
    project.dvc("remote", "modify", "--local", "storage", "url", project.world.root / "stores" / "mine")
    shutil.rmtree(project.world.store)


def url_of_this_machine_without_data(project: Project) -> None:
    project.dvc("remote", "modify", "--local", "storage", "url", project.world.root / "stores" / "mine")


def remote_in_capitals(project: Project) -> None:
    project.write(".dvc/config", "[core]\n    remote = Big\n['remote \"Big\"']\n    url = ../../stores/blob\n")
    project.save()


def empty_lock(project: Project) -> None:
    project.write(LOCK, "")
    project.save()


def empty_file_that_has_bytes(project: Project) -> None:
    """An old pointer that says no size: the hash alone tells that anything is too much."""
    empty_file(project)
    edited("data/empty.txt.dvc", "  size: 0\n", "")(project)
    put(stored(project, b""), b"surprise")


def ignore_pattern_that_is_none(project: Project) -> None:
    project.write(".dvcignore", "[z-a]\n")
    project.save()


def described_plots(project: Project) -> None:
    """What DVC's schema allows beside stages."""
    with (project.folder / "dvc.yaml").open("a") as file:
        file.write("plots:\n  - out/plots:\n      title: Loss\nartifacts:\n  model:\n    path: out/model.bin\n")
    project.save()


def git_file_in_a_tracked_folder(project: Project) -> None:
    """`dvc pull` in a fresh clone finds it in the way, and removes nothing that is not its own."""
    project.write("data/images/README.md", "about these images")
    project.git("add", "--force", "data/images/README.md")
    project.git("commit", "--quiet", "-m", "Read me")
    project.git("push", "--quiet", "origin", "HEAD")


# DVC looks at neither size nor number of files in a pointer: a slip there is told, and is no failure.
SLIPS = (
    Case(
        "a folder's number of files edited by hand",
        "directory",
        edited_by("data/images.dvc", r"nfiles: \d+", "nfiles: 99"),
        ("wrong-size",),
    ),
    Case(
        "a folder's size edited by hand",
        "directory",
        edited_by("data/images.dvc", r"size: \d+", "size: 99"),
        ("wrong-size",),
    ),
    Case(
        "a file's size edited by hand",
        "plain",
        edited_by("model/model.pt.dvc", r"size: \d+", "size: 99"),
        ("wrong-size",),
    ),
    Case(
        "a size of DVC 2 edited by hand",
        "legacy",
        edited_by("model/model.pt.dvc", r"size: \d+", "size: 99"),
        ("wrong-size",),
    ),
    Case("a size edited in the lock", "pipeline", edited_by(LOCK, r"size: 44", "size: 99"), ("wrong-size",)),
    Case("an empty file with a size", "plain", empty_file_with_a_size, ("wrong-size",)),
)
HEALTHY = (
    *SLIPS,
    Case("five files", "plain", nothing),
    Case("a directory", "directory", nothing),
    Case("a pipeline", "pipeline", nothing),
    Case("objects of DVC 2", "legacy", nothing),
    Case("two remotes", "two remotes", nothing),
    Case("a cache that was never filled", "directory", clear_cache),
    Case("store files that DVC does not protect", "directory", loosen_modes),
    Case("an empty file", "plain", empty_file),
    Case("an empty directory", "plain", empty_directory),
    Case("one content under two names", "directory", same_file_twice),
    Case("an executable", "plain", executable),
    Case("strange file names", "plain", strange_names),
    Case("a pointer with a working folder", "plain", outs_with_a_working_folder),
    Case("a remote upon a remote", "plain", remote_upon_remote),
    Case("a config file with quotes", "plain", quoted_config),
    Case("the default remote changed since", "plain", change_default_remote, rev="v1"),
    Case("import-url", "plain", import_url),
    Case("import-url --to-remote", "plain", import_url_to_remote),
    Case("a subrepo", "plain", subrepo),
    Case("pointers that DVC ignores", "plain", hide_pointer),
    Case("pointers that DVC ignores in one folder", "plain", hide_in_a_folder),
    Case("a pointer that nothing gives back from a hidden folder", "plain", hide_in_a_hidden_folder),
    Case("pointers that two .dvcignore files hide", "plain", hide_in_two_places),
    Case("pointers that a subrepo ignores", "plain", hide_inside_a_subrepo),
    Case("a submodule that is named like a pointer", "plain", submodule_like_a_pointer),
    Case("a folder that is named like a pointer", "plain", folder_like_a_pointer),
    Case("foreach and matrix", "plain", foreach),
    Case("leftovers in the lock", "pipeline", leftovers_in_the_lock),
    Case("a stage in a working folder", "pipeline", stage_in_a_working_folder),
    Case("metrics and plots as outs", "plain", metrics_and_plots_as_outs),
    Case("a file that a pointer leaves to git", "plain", left_to_git),
    Case("a stage's out on another remote", "pipeline", stage_on_another_remote),
    Case("outs in a strange spelling, run", "pipeline", spelled_otherwise_and_run),
    Case("a loop alone", "plain", loop_alone),
    Case("a template without a loop", "plain", template_without_a_loop),
    Case("a pipeline with plots and artifacts", "pipeline", described_plots),
    Case("a remote's name in capitals", "plain", remote_in_capitals),
    Case("a url of this machine alone that has no data", "plain", url_of_this_machine_without_data),
    Case("dvc import, allowed", "plain", import_from_repository, ("external",), audit=AuditConfig(external="allow")),
)
BROKEN = (
    Case("F0 nothing pushed", "plain", wipe, ("missing",)),
    Case("F1b only a directory, nothing pushed", "directory", wipe, ("missing",)),
    Case("F2 an entry of a directory is missing", "directory", lose_entry, ("missing",)),
    Case("F3 the directory object is missing", "directory", lose_directory_object, ("missing",)),
    Case("F3b and the cache is empty", "directory", clear_cache_and_lose_directory, ("missing",)),
    Case("F4 corrupt at the right size", "plain", corrupt_file, deep=True),
    Case("F5 truncated to nothing", "plain", truncate_file, ("wrong-size",)),
    Case("F5 one byte short", "plain", shorten_file, ("wrong-size",)),
    Case("F5 an entry truncated to nothing", "directory", truncate_entry, ("wrong-size",)),
    Case("F5 an entry one byte short", "directory", shorten_entry, ("corrupt",)),
    Case("an entry one byte short and the folder's size edited", "directory", edited_size_and_shortened, ("corrupt",)),
    Case("a corrupt file whose size was edited", "plain", edited_size_and_corrupt, ("wrong-size",)),
    Case("F5b the directory object truncated", "directory", truncate_directory_object, ("corrupt",)),
    Case("F5b the directory object corrupt", "directory", corrupt_directory_object, ("corrupt",)),
    Case("F5b the directory object names another file", "directory", directory_object_with_another_name, ("corrupt",)),
    Case("F6 the out's own remote is empty", "two remotes", lose_archived_model, ("missing",)),
    Case("F6 the out's own remote does not exist", "plain", unknown_remote, ("no-remote",)),
    Case("F7 no hash", "plain", forget_hash, ("unrecorded",)),
    Case("F7b a stage that was never run", "pipeline", never_run, ("never-run",)),
    Case("F7c the lock is not committed", "pipeline", lock_not_committed, ("never-run",)),
    Case("F8 an out left to git is not in git", "pipeline", forget_uncached, ("not-in-git",)),
    Case("F8b push: false", "pipeline", never_push, ("not-pushable",)),
    Case("F9 no remote", "plain", no_remote, ("no-remote",)),
    Case("F9b a remote in config.local only", "plain", local_only_remote, ("local-only-remote",)),
    Case(
        "F9c a remote inside the work tree",
        "plain",
        remote_in_tree,
        ("in-tree-remote",),
        audit=AuditConfig(in_tree_remote="fail"),
    ),
    Case("F13 an old version is lost", "plain", lose_old_model, ("missing",), rev="v1"),
    Case("F16 the data of a tag moved to today's remote", "plain", move_to_another_remote, ("missing",), rev="v1"),
    Case("F17 a pointer that cannot be read", "plain", break_pointer, ("unreadable-pointer",)),
    Case("F17 at an old tag", "plain", broken_old_pointer, ("unreadable-pointer",), rev="v1"),
    Case("F18b dvc import whose source is gone", "plain", import_and_lose_source, ("external",)),
    Case("F18 import-url --no-download whose source is gone", "plain", import_url_no_download, ("external",)),
    Case("import-url, not pushed, whose source is gone", "plain", import_url_unpushed, ("missing",)),
    Case("F19 a subrepo that is not pushed", "plain", subrepo_unpushed, ("missing",)),
    Case("F20 a pointer that .dvcignore gives back", "plain", unhidden_pointer, ("missing",)),
    Case("F20 a pointer that a folder's .dvcignore gives back", "plain", unhide_in_a_folder, ("missing",)),
    Case("F20 a pointer beside a folder's .dvcignore", "plain", hide_beside_a_folder, ("missing",)),
    Case("F20 a subrepo that is hidden from outside only", "plain", hide_a_subrepo_from_outside, ("missing",)),
    Case("a folder in the place of an object", "plain", folder_for_an_object, ("missing",)),
    Case(
        "a folder in the place of an object without a size", "plain", folder_for_an_object_without_a_size, ("missing",)
    ),
    Case("a loss in a folder named like a pointer", "plain", folder_like_a_pointer_with_a_loss, ("missing",)),
    Case("a file that is named like DVC's folder", "plain", file_like_a_dvc_folder, ("unreadable-pointer",)),
    Case("the config file is not committed", "plain", config_not_committed, ("no-remote",)),
    Case("a pipeline file that cannot be read", "pipeline", break_pipeline, ("unreadable-pointer",)),
    Case("F21 an object of DVC 2 is missing", "legacy", lose_legacy_object, ("missing",)),
    Case("F21 an entry of a DVC 2 directory is missing", "legacy", lose_legacy_entry, ("missing",)),
    Case("F23 known to DVC's index, and lost", "directory", known_to_the_index, ("missing",)),
    Case("an empty file is missing", "plain", lose_empty_file, ("missing",)),
    Case("one item of a foreach was never run", "plain", foreach_never_run, ("never-run", "not-in-git")),
    Case("an out of a foreach left to git is not there", "plain", foreach_uncached_forgotten, ("not-in-git",)),
    Case("metrics that are not pushed", "plain", metrics_unpushed, ("missing",)),
    Case("a stage's own remote is lost", "pipeline", stage_on_another_remote_that_is_lost, ("missing",)),
    Case("push: false in a pointer", "plain", never_push_a_file, ("not-pushable",)),
    Case("empty, by a pointer without a size", "plain", empty_without_a_size, ("wrong-size",)),
    Case("a pointer with a key that nobody knows", "plain", edited(TAGS, "outs:", "shiny: 1\nouts:"), ("unknown",)),
    Case("an out with a key that nobody knows", "plain", edited(TAGS, "  path:", "  shiny: 1\n  path:"), ("unknown",)),
    Case("a lock with a key that nobody knows", "pipeline", edited(LOCK, "stages:", "shiny: 1\nstages:"), ("unknown",)),
    Case(
        "a locked stage with a key that nobody knows",
        "pipeline",
        edited(LOCK, "    cmd:", "    shiny: 1\n    cmd:"),
        ("unknown",),
    ),
    Case(
        "a locked out with a key that nobody knows",
        "pipeline",
        edited(LOCK, "    - path: out/model.bin", "    - shiny: 1\n      path: out/model.bin"),
        ("unknown",),
    ),
    Case(
        "a locked dependency with a key that nobody knows",
        "pipeline",
        edited(LOCK, "    - path: train.sh", "    - shiny: 1\n      path: train.sh"),
        ("unknown",),
    ),
    Case(
        "a lock of another schema", "pipeline", edited(LOCK, "schema: '2.0'", "schema: '1.0'"), ("unreadable-pointer",)
    ),
    Case(
        "a locked stage without a command",
        "pipeline",
        edited(LOCK, "    cmd: sh train.sh\n", ""),
        ("unreadable-pointer",),
    ),
    Case(
        "a name that YAML takes for true",
        "plain",
        edited(TAGS, "path: tags.json", "path: true"),
        ("unreadable-pointer",),
    ),
    Case("an out without a path", "plain", edited(TAGS, "  path: tags.json\n", ""), ("unreadable-pointer",)),
    Case("a hash that is none", "plain", edited(TAGS, "md5: ", "md5: x"), ("unreadable-pointer",)),
    Case("a file of git in a tracked folder", "directory", git_file_in_a_tracked_folder, ("unknown",)),
    Case("a hash in capitals", "plain", hash_in_capitals, ("unreadable-pointer",)),
    Case("an empty file that has bytes", "plain", empty_file_that_has_bytes, ("wrong-size",)),
    Case("data that only a url of this machine has", "plain", url_of_this_machine, ("missing",)),
    Case("an empty lock", "pipeline", empty_lock, ("never-run",)),
    Case("an ignore pattern that is none", "plain", ignore_pattern_that_is_none, ("unreadable-pointer",)),
    Case("a description that is no text", "plain", edited(TAGS, "outs:", "desc: [1]\nouts:"), ("unreadable-pointer",)),
    Case("labels that are no list", "plain", edited(TAGS, "  path:", "  labels: 7\n  path:"), ("unreadable-pointer",)),
    Case("a program by a number", "plain", edited(TAGS, "  path:", "  isexec: 7\n  path:"), ("unreadable-pointer",)),
    Case("an out of DVC 1", "plain", edited(TAGS, "  path:", "  metric: false\n  path:"), ("unknown",)),
    Case("a locked command that is a number", "pipeline", edited(LOCK, "sh train.sh", "7"), ("unreadable-pointer",)),
    Case(
        "a pipeline with a key that nobody knows",
        "pipeline",
        edited("dvc.yaml", "stages:", "shiny: 1\nstages:"),
        ("unreadable-pointer",),
    ),
    Case(
        "a stage with a key that nobody knows",
        "pipeline",
        edited("dvc.yaml", "    cmd:", "    shiny: 1\n    cmd:"),
        ("unreadable-pointer",),
    ),
    Case(
        "a stage's out with a flag that nobody knows",
        "pipeline",
        edited("dvc.yaml", "[out/model.bin, out/plots]", "[{out/model.bin: {shiny: true}}, out/plots]"),
        ("unreadable-pointer",),
    ),
    Case(
        "plots that are no list",
        "pipeline",
        edited("dvc.yaml", "stages:", "plots: 7\nstages:"),
        ("unreadable-pointer",),
    ),
    Case("outs that dvc.yaml spells otherwise than the lock", "pipeline", spelled_otherwise, ("unrecorded",)),
    Case("plots that are not pushed", "plain", plots_unpushed, ("missing",)),
    Case("a config file that cannot be read", "plain", broken_config, ("unreadable-pointer",)),
    Case("a pointer that leads out of the repository", "plain", escaping_path, ("unreadable-pointer",)),
    Case("a pointer that is a link to nothing", "plain", linked_pointer, ("unreadable-pointer",)),
    Case("pointers without a .dvc folder", "plain", no_dvc_folder, ("unreadable-pointer",)),
)
ALL: Mapping[str, Case] = {case.name: case for case in (*HEALTHY, *BROKEN)}
