"""Objects on the store: there, lost, cut, corrupt, or something else in their place."""

import hashlib
import shutil

from project import Project

from fault_cases.case import IMAGE, MODEL, Case, edited, nothing, put, replace_in, stored, wipe


def truncate_file(project: Project) -> None:
    put(stored(project, MODEL), b"")


def shorten_file(project: Project) -> None:
    put(stored(project, MODEL), MODEL[:-1])


def corrupt_file(project: Project) -> None:
    put(stored(project, MODEL), MODEL[::-1])


def loosen_modes(project: Project) -> None:
    for path in project.objects_on_store():
        path.chmod(0o644)


def lose_old_model(project: Project) -> None:
    project.git("tag", "-a", "v1", "-m", "v1")
    project.git("push", "--quiet", "origin", "v1")
    project.train(b"new model", "{}")
    project.lose(stored(project, MODEL))


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


def executable(project: Project) -> None:
    project.write("tool.sh", "#!/bin/sh\n").chmod(0o755)
    project.dvc("add", "--quiet", "tool.sh")
    project.dvc("push", "--quiet")
    project.save()


def lose_model(project: Project) -> None:
    project.lose(stored(project, MODEL))


def empty_without_a_size(project: Project) -> None:
    """An old pointer that says no size: the hash alone tells that nothing is too little."""
    replace_in(project, "model/model.pt.dvc", f"  size: {len(MODEL)}\n", "")
    project.save()
    truncate_file(project)


def folder_for_an_object(project: Project) -> None:
    lose_model(project)
    stored(project, MODEL).mkdir()


def cut_short_without_a_size(project: Project) -> None:
    replace_in(project, "model/model.pt.dvc", f"  size: {len(MODEL)}\n", "")
    project.save()
    put(stored(project, MODEL), MODEL[:-1])


def folder_for_an_object_without_a_size(project: Project) -> None:
    edited("model/model.pt.dvc", f"  size: {len(MODEL)}\n", "")(project)
    folder_for_an_object(project)


def folder_as_large_as_the_object(project: Project) -> None:
    """A file system gives a folder a size, too: the one that the pointer says."""
    size_bytes = stored(project, MODEL).parent.stat().st_size
    content = b"x" * size_bytes
    project.write("as-large.bin", content)
    project.dvc_each("add --quiet as-large.bin", "push --quiet")
    project.save()
    place = stored(project, content)
    project.lose(place)
    place.mkdir()


def empty_file_that_has_bytes(project: Project) -> None:
    """An old pointer that says no size: the hash alone tells that anything is too much."""
    empty_file(project)
    edited("data/empty.txt.dvc", "  size: 0\n", "")(project)
    put(stored(project, b""), b"surprise")


HEALTHY = (
    Case("a pointer without a size", "plain", edited("model/model.pt.dvc", f"  size: {len(MODEL)}\n", "")),
    Case("five files", "plain", nothing),
    Case("objects of DVC 2", "legacy", nothing),
    Case("store files that DVC does not protect", "directory", loosen_modes),
    Case("an empty file", "plain", empty_file),
    Case("an executable", "plain", executable),
    Case("strange file names", "plain", strange_names),
)
BROKEN = (
    Case("F0 nothing pushed", "plain", wipe, ("missing",)),
    Case("F4 corrupt at the right size", "plain", corrupt_file, deep=True),
    Case("F5 truncated to nothing", "plain", truncate_file, ("wrong-size",)),
    Case("F5 one byte short", "plain", shorten_file, ("wrong-size",)),
    Case("F13 an old version is lost", "plain", lose_old_model, ("missing",), rev="v1"),
    Case("a folder in the place of an object", "plain", folder_for_an_object, ("missing",)),
    Case("a folder as large as the object", "plain", folder_as_large_as_the_object, ("missing",)),
    Case(
        "a folder in the place of an object without a size", "plain", folder_for_an_object_without_a_size, ("missing",)
    ),
    Case("F21 an object of DVC 2 is missing", "legacy", lose_legacy_object, ("missing",)),
    Case("F21 an entry of a DVC 2 directory is missing", "legacy", lose_legacy_entry, ("missing",)),
    Case("F23 known to DVC's index, and lost", "directory", known_to_the_index, ("missing",)),
    Case("an empty file is missing", "plain", lose_empty_file, ("missing",)),
    Case("cut short, by a pointer without a size", "plain", cut_short_without_a_size, ("corrupt",)),
    Case("empty, by a pointer without a size", "plain", empty_without_a_size, ("wrong-size",)),
    Case("an empty file that has bytes", "plain", empty_file_that_has_bytes, ("wrong-size",)),
)
