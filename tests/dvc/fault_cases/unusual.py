"""What is not as DVC writes it: put to DVC's own loader, which accepts some of it and refuses the rest."""

from collections.abc import Callable

from project import Project

from fault_cases.case import LOCK, TAGS, Case, edited, edited_by
from fault_cases.oddities import added, written


def attributes(line: str) -> Callable[[Project], None]:
    """A `.gitattributes` file, with the pointers committed as they are."""

    def act(project: Project) -> None:
        project.write(".gitattributes", f"{line}\n")
        project.git("add", ".gitattributes")
        project.git("commit", "--quiet", "-m", "Attributes")
        project.git("push", "--quiet", "origin", "HEAD")

    return act


def half_a_folder(project: Project) -> None:
    """Left to git by `cache: false`, and git ignores a part of it."""
    project.write(
        "dvc.yaml",
        "stages:\n  other:\n    cmd: mkdir -p plots && echo 1 > plots/a.csv && echo 2 > plots/b.log\n"
        "    outs:\n    - plots:\n        cache: false\n",
    )
    project.write(".gitignore", "*.log\n")
    project.dvc("repro", "--quiet", "other")
    project.save()


def edited_folder(project: Project) -> None:
    """Left to git, and changed since the stage ran."""
    half_a_folder(project)
    project.write(".gitignore", "")
    project.write("plots/a.csv", "7\n")
    project.save()


def values_in(path: str, link: str | None = None) -> Callable[[Project], None]:
    """A stage whose out is named by a value in that file; `link` is a symbolic link to the file's folder."""

    def act(project: Project) -> None:
        project.write(path, "name: made\n")
        folder, _, name = path.rpartition("/")
        if link is not None:
            (project.folder / link).symlink_to(folder)
        named = f"{link or folder}/{name}".removeprefix("/")
        project.write(
            "dvc.yaml",
            f"vars:\n- {named}\nstages:\n  make:\n    cmd: echo 1 > ${{name}}.bin\n    outs:\n    - ${{name}}.bin\n",
        )
        project.dvc("repro", "--quiet")
        project.dvc("push", "--quiet")
        project.save()

    return act


def settings_of_this_machine(project: Project) -> None:
    """Which no clone should have."""
    project.write(".dvc/config.local", "['remote \"storage\"']\n    url = ../nowhere\n")
    project.git("add", "--force", ".dvc/config.local")
    project.save()
    (project.folder / ".dvc" / "config.local").unlink()


_OLD_STAGE = "md5: {}\ncmd: echo 1 > old.txt\nouts:\n- md5: {}\n  path: old.txt\n  cache: true\n  metric: false\n"

HEALTHY = (
    Case("a pointer with an anchor", "plain", edited_by(TAGS, r"hash: md5", "hash: &kind md5")),
    Case("a pointer in one line", "plain", edited_by(TAGS, r"outs:\n- md5: (\w+)\n  size: (\d+)\n  hash: md5\n  path: (\S+)",
                                                     r"outs: [{md5: \1, size: \2, hash: md5, path: \3}]")),
    Case("a pointer with remarks", "plain", edited(TAGS, "outs:", "# ours\nouts: # one")),
    Case("a description over lines", "plain", edited(TAGS, "outs:", "desc: |\n  of tags\n\n  and more\nouts:")),
    Case("values in a file with a space in its name", "plain", values_in("conf/my values.yaml")),
    Case("values behind a link to a folder", "plain", values_in("conf/values.yaml", link="settings")),
    Case("a folder left to git, edited since", "plain", edited_folder, ("unknown",)),
    Case("text=auto", "plain", attributes("* text=auto")),
    Case("pointers with ends of lines of Windows", "plain", attributes("*.dvc text eol=crlf")),
    Case("a .gitignore file that gives pointers back", "plain", written("data/.gitignore", "/*.json\n*\n!*.dvc\n!.gitignore\n")),
)  # fmt: skip
BROKEN = (
    Case("a tab in a pointer", "plain", edited(TAGS, "path: ", "path:\t"), ("unreadable-pointer",)),
    Case("a stage of DVC 1", "plain", written("old.dvc", _OLD_STAGE.format("a" * 32, "b" * 32)), ("unreadable-pointer", "missing")),
    Case("a label that is a number", "plain", added(TAGS, "  labels:\n  - 2024\n"), ("unreadable-pointer",)),
    Case("a stage's name with a sign", "pipeline", edited("dvc.yaml", "  train:", "  train@big:"), ("unreadable-pointer",)),
    Case("datasets that are nothing", "pipeline", added("dvc.yaml", "datasets:\n"), ("unreadable-pointer",)),
    Case("params of the lock that are a list", "pipeline", edited_by(LOCK, r"    params:\n(?:      .*\n)+(?=    outs:)", "    params: []\n"), ("unreadable-pointer",)),
    Case("a section of the config that DVC does not know", "plain", added(".dvc/config", "[remotes]\n"), ("unreadable-pointer",)),
    Case("a pipeline that cannot be read, elsewhere", "plain", written("b/dvc.yaml", "stages:\n  x: [\n"), ("unreadable-pointer",)),
    Case("a folder of which git has a part", "plain", half_a_folder, ("not-in-git",)),
    Case("pointers in another encoding", "plain", attributes("*.dvc working-tree-encoding=UTF-16"), ("unreadable-pointer",)),
    Case("settings of this machine in git", "plain", settings_of_this_machine, ("unknown",)),
)  # fmt: skip
