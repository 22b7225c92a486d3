"""`.dvc` files: what they leave out, say wrongly, or say in a way that DVC refuses."""

from project import Project

from fault_cases.case import LOCK, TAGS, Case, edited, edited_by, oid_of, replace_in
from fault_cases.objects import corrupt_file, empty_file, lose_model


def forget_hash(project: Project) -> None:
    project.write("model/model.pt.dvc", "outs:\n- path: model.pt\n  hash: md5\n")
    project.save()


def break_pointer(project: Project) -> None:
    project.write("model/model.pt.dvc", "outs: [\n")
    project.save()


def broken_old_pointer(project: Project) -> None:
    good = project.read("data/tags.json.dvc")
    project.write("data/tags.json.dvc", b"outs:\n- md5: \x00\n")
    project.save()
    project.git("tag", "-a", "v1", "-m", "v1")
    project.git("push", "--quiet", "origin", "v1")
    project.write("data/tags.json.dvc", good)
    project.save()


def outs_with_a_working_folder(project: Project) -> None:
    pointer = project.read("model/model.pt.dvc").decode()
    project.write("pointers/moved.dvc", f"wdir: ../model\n{pointer}")
    (project.folder / "model" / "model.pt.dvc").unlink()
    project.save()


def escaping_path(project: Project) -> None:
    project.write("data/tags.json.dvc", f"outs:\n- md5: {'a' * 32}\n  size: 1\n  hash: md5\n  path: ../../../x\n")
    project.save()


def linked_pointer(project: Project) -> None:
    real = project.folder / "model" / "model.pt.dvc"
    target = project.folder / "model" / "real.txt"
    real.rename(target)
    real.symlink_to("missing.txt")
    project.save()


def never_push_a_file(project: Project) -> None:
    replace_in(project, "model/model.pt.dvc", "  path:", "  push: false\n  path:")
    project.save()
    lose_model(project)


def left_to_git(project: Project) -> None:
    """`cache: false` in a `.dvc` file: git keeps the bytes."""
    replace_in(project, "model/model.pt.dvc", "  path:", "  cache: false\n  path:")
    replace_in(project, "model/.gitignore", "/model.pt\n", "")
    project.save()
    lose_model(project)


def empty_file_with_a_size(project: Project) -> None:
    empty_file(project)
    edited("data/empty.txt.dvc", "size: 0", "size: 5")(project)


def edited_size_and_corrupt(project: Project) -> None:
    edited_by("model/model.pt.dvc", r"size: \d+", "size: 7")(project)
    corrupt_file(project)


def hash_in_capitals(project: Project) -> None:
    oid = oid_of(project, "model/model.pt.dvc")
    edited("model/model.pt.dvc", oid, oid.upper())(project)


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
    Case("a pointer with a working folder", "plain", outs_with_a_working_folder),
    Case("a file that a pointer leaves to git", "plain", left_to_git),
)
BROKEN = (
    Case("a corrupt file whose size was edited", "plain", edited_size_and_corrupt, ("wrong-size",)),
    Case("F7 no hash", "plain", forget_hash, ("unrecorded",)),
    Case("F17 a pointer that cannot be read", "plain", break_pointer, ("unreadable-pointer",)),
    Case("F17 at an old tag", "plain", broken_old_pointer, ("unreadable-pointer",), rev="v1"),
    Case("push: false in a pointer", "plain", never_push_a_file, ("not-pushable",)),
    Case(
        "a pointer with a key that nobody knows",
        "plain",
        edited(TAGS, "outs:", "shiny: 1\nouts:"),
        ("unreadable-pointer",),
    ),
    Case(
        "an out with a key that nobody knows",
        "plain",
        edited(TAGS, "  path:", "  shiny: 1\n  path:"),
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
    Case("a hash in capitals", "plain", hash_in_capitals, ("unreadable-pointer",)),
    Case("a description that is no text", "plain", edited(TAGS, "outs:", "desc: [1]\nouts:"), ("unreadable-pointer",)),
    Case("labels that are no list", "plain", edited(TAGS, "  path:", "  labels: 7\n  path:"), ("unreadable-pointer",)),
    Case("a program by a number", "plain", edited(TAGS, "  path:", "  isexec: 7\n  path:"), ("unreadable-pointer",)),
    Case("an out of DVC 1", "plain", edited(TAGS, "  path:", "  metric: false\n  path:"), ("unreadable-pointer",)),
    Case("a pointer that leads out of the repository", "plain", escaping_path, ("unreadable-pointer",)),
    Case(
        "an out named like a pointer",
        "plain",
        edited(TAGS, "path: tags.json", "path: tags.dvc"),
        ("unreadable-pointer",),
    ),
    Case("a pointer that is a link to nothing", "plain", linked_pointer, ("unreadable-pointer",)),
)
