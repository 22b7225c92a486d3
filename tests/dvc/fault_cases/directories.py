"""Tracked directories: their directory objects, and the files in them."""

import hashlib

from project import Project

from fault_cases.case import IMAGE, Case, edited_by, nothing, oid_of, put, replace_in, stored, wipe


def lose_entry(project: Project) -> None:
    project.lose(stored(project, IMAGE))


def lose_directory_object(project: Project) -> None:
    project.lose(project.object_path(oid_of(project, "data/images.dvc")))


def truncate_entry(project: Project) -> None:
    put(stored(project, IMAGE), b"")


def shorten_entry(project: Project) -> None:
    put(stored(project, IMAGE), IMAGE[:-1])


def truncate_directory_object(project: Project) -> None:
    put(project.object_path(oid_of(project, "data/images.dvc")), b'[{"md5": ')


def corrupt_directory_object(project: Project) -> None:
    path = project.object_path(oid_of(project, "data/images.dvc"))
    put(path, path.read_bytes()[:-1] + b" ")


def directory_object_that_leads_out(project: Project) -> None:
    """Its name is its hash, here and there, and yet no clone may follow it."""
    body = b'[{"md5": "%s", "relpath": "../out.png"}]' % (b"a" * 32)
    oid = f"{hashlib.md5(body).hexdigest()}.dir"
    replace_in(project, "data/images.dvc", oid_of(project, "data/images.dvc"), oid)
    for place in (project.object_path(oid), project.folder / ".dvc/cache/files/md5" / oid[:2] / oid[2:]):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(body)
    project.save()


def directory_object_with_another_name(project: Project) -> None:
    path = project.object_path(oid_of(project, "data/images.dvc"))
    put(path, path.read_bytes().replace(b"cat/0001", b"cat/0009"))


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


def clear_cache(project: Project) -> None:
    project.empty_cache()


def clear_cache_and_lose_directory(project: Project) -> None:
    project.empty_cache()
    lose_directory_object(project)


def edited_size_and_shortened(project: Project) -> None:
    """The pointer's sum is wrong, and so is a file: reading tells which one."""
    edited_by("data/images.dvc", r"size: \d+", "size: 7")(project)
    shorten_entry(project)


def git_file_in_a_tracked_folder(project: Project) -> None:
    """`dvc pull` in a fresh clone finds it in the way, and removes nothing that is not its own."""
    project.write("data/images/README.md", "about these images")
    project.git("add", "--force", "data/images/README.md")
    project.git("commit", "--quiet", "-m", "Read me")
    project.git("push", "--quiet", "origin", "HEAD")


HEALTHY = (
    Case("a directory", "directory", nothing),
    Case("a cache that was never filled", "directory", clear_cache),
    Case("an empty directory", "plain", empty_directory),
    Case("one content under two names", "directory", same_file_twice),
)
BROKEN = (
    Case("F1b only a directory, nothing pushed", "directory", wipe, ("missing",)),
    Case("F2 an entry of a directory is missing", "directory", lose_entry, ("missing",)),
    Case("F3 the directory object is missing", "directory", lose_directory_object, ("missing",)),
    Case("F3b and the cache is empty", "directory", clear_cache_and_lose_directory, ("missing",)),
    Case("F5 an entry truncated to nothing", "directory", truncate_entry, ("wrong-size",)),
    Case("F5 an entry one byte short", "directory", shorten_entry, ("corrupt",)),
    Case("an entry one byte short and the folder's size edited", "directory", edited_size_and_shortened, ("corrupt",)),
    Case("F5b the directory object truncated", "directory", truncate_directory_object, ("corrupt",)),
    Case("F5b the directory object corrupt", "directory", corrupt_directory_object, ("corrupt",)),
    Case("F5b the directory object names another file", "directory", directory_object_with_another_name, ("corrupt",)),
    Case(
        "a directory object that leads out of its folder",
        "directory",
        directory_object_that_leads_out,
        ("unsafe-path",),
    ),
    Case("a file of git in a tracked folder", "directory", git_file_in_a_tracked_folder, ("unknown",)),
)
