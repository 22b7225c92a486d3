"""Which files of a commit DVC sees: `.dvcignore`, DVC repositories below, and what only looks like a pointer."""

from project import Project

from fault_cases.case import Case, stored


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


def no_dvc_folder(project: Project) -> None:
    project.git("rm", "-r", "--quiet", ".dvc")
    project.git("commit", "--quiet", "-m", "No DVC")
    project.git("push", "--quiet", "origin", "HEAD")


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


def ignore_pattern_that_is_none(project: Project) -> None:
    project.write(".dvcignore", "[z-a]\n")
    project.save()


HEALTHY = (
    Case("a subrepo", "plain", subrepo),
    Case("pointers that DVC ignores", "plain", hide_pointer),
    Case("pointers that DVC ignores in one folder", "plain", hide_in_a_folder),
    Case("a pointer that nothing gives back from a hidden folder", "plain", hide_in_a_hidden_folder),
    Case("pointers that two .dvcignore files hide", "plain", hide_in_two_places),
    Case("pointers that a subrepo ignores", "plain", hide_inside_a_subrepo),
    Case("a submodule that is named like a pointer", "plain", submodule_like_a_pointer, ("unknown",)),
    Case("a folder that is named like a pointer", "plain", folder_like_a_pointer),
)
BROKEN = (
    Case("F19 a subrepo that is not pushed", "plain", subrepo_unpushed, ("missing",)),
    Case("F20 a pointer that .dvcignore gives back", "plain", unhidden_pointer, ("missing",)),
    Case("F20 a pointer that a folder's .dvcignore gives back", "plain", unhide_in_a_folder, ("missing",)),
    Case("F20 a pointer beside a folder's .dvcignore", "plain", hide_beside_a_folder, ("missing",)),
    Case("F20 a subrepo that is hidden from outside only", "plain", hide_a_subrepo_from_outside, ("missing",)),
    Case("a loss in a folder named like a pointer", "plain", folder_like_a_pointer_with_a_loss, ("missing",)),
    Case("a file that is named like DVC's folder", "plain", file_like_a_dvc_folder, ("unreadable-pointer",)),
    Case("an ignore pattern that is none", "plain", ignore_pattern_that_is_none, ("unreadable-pointer",)),
    Case("pointers without a .dvc folder", "plain", no_dvc_folder, ("unreadable-pointer",)),
)
