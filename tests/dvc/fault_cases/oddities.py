"""Odd repositories that people have all the same: links, templates that name nothing, files that DVC refuses."""

import hashlib
from collections.abc import Callable

from project import Project

from fault_cases.case import IMAGE, LOCK, Case, edited, edited_by
from fault_cases.objects import lose_model
from fault_cases.pipelines import template_without_a_loop
from fault_cases.seen_files import bogus

_CONFIG = ".dvc/config"


def moved_behind_a_link(path: str, target: str) -> Callable[[Project], None]:
    """A file elsewhere in the repository, and a symbolic link in its place."""

    def act(project: Project) -> None:
        link, there = project.folder / path, project.folder / target
        there.parent.mkdir(parents=True, exist_ok=True)
        link.rename(there)
        link.symlink_to("/".join([".."] * path.count("/") + [target]))
        project.save()

    return act


def linked_pointer_to_what_is_lost(project: Project) -> None:
    moved_behind_a_link("model/model.pt.dvc", "pointers/model")(project)
    lose_model(project)


def linked_twice(project: Project) -> None:
    moved_behind_a_link("model/model.pt.dvc", "pointers/model")(project)
    moved_behind_a_link("model/model.pt.dvc", "model/second")(project)


def linked_beyond_the_repository(project: Project) -> None:
    """By a way on which a folder of the repository would be met, were its top taken for the top of all."""
    link = project.folder / "model" / "model.pt.dvc"
    link.rename(link.with_name("real.txt"))
    link.symlink_to("../../../model/real.txt")
    project.save()


def linked_folder_named_like_a_pointer(project: Project) -> None:
    project.write("stuff/x", "1")
    (project.folder / "stuff.dvc").symlink_to("stuff")
    project.save()


def linked_ignore_file(project: Project) -> None:
    (project.folder / ".dvcignore").unlink(missing_ok=True)
    project.write("ignored", "*.tmp.dvc\n")
    (project.folder / ".dvcignore").symlink_to("ignored")
    bogus(project, "x.tmp.dvc")
    project.save()


def linked_parameters(project: Project) -> None:
    template_without_a_loop(project)
    moved_behind_a_link("params.yaml", "settings.yaml")(project)


def written(path: str, text: str) -> Callable[[Project], None]:
    """A file with that text, committed and pushed."""

    def act(project: Project) -> None:
        project.write(path, text)
        project.save()

    return act


def added(path: str, text: str) -> Callable[[Project], None]:
    """A file with that text at its end."""

    def act(project: Project) -> None:
        project.write(path, project.read(path) + text.encode())
        project.save()

    return act


def command_of_a_parameter(project: Project) -> None:
    edited("dvc.yaml", "cmd: sh train.sh", "cmd: sh train.sh ${train.seed}")(project)
    project.dvc("repro", "--quiet")
    project.dvc("push", "--quiet")
    project.save()


def params_in_a_folder(project: Project) -> None:
    (project.folder / "params.yaml").unlink()
    project.write("params.yaml/train", "x")
    project.save()


def remote_by_a_file_url(project: Project) -> None:
    project.dvc("remote", "modify", "storage", "url", project.world.store.as_uri())
    project.save()


def remote_upon_one_of_this_machine(project: Project) -> None:
    project.dvc("remote", "add", "--local", "base", project.world.root / "stores")
    project.dvc("remote", "modify", "storage", "url", "remote://base/blob")
    project.save()


def latin_1_ignore_file(project: Project) -> None:
    project.write(".dvcignore", b"caf\xe9\n")
    project.save()


def git_has(path: str, content: bytes | None) -> Callable[[Project], None]:
    """Git keeps a file at a path that DVC tracks, too; with its content there (None), or with another one."""

    def act(project: Project) -> None:
        right = project.read(path)
        project.write(path, right if content is None else content)
        project.git("add", "--force", path)
        project.git("commit", "--quiet", "-m", "In git, too")
        project.git("push", "--quiet", "origin", "HEAD")
        project.write(path, right)

    return act


def git_has_a_folder(project: Project) -> None:
    (project.folder / "data" / "tags.json").unlink()
    git_has_new(project, "data/tags.json/x")


def git_has_a_link(project: Project) -> None:
    (project.folder / "model" / "model.pt").unlink()
    (project.folder / "model" / "model.pt").symlink_to("performance.json")
    project.git("add", "--force", "model/model.pt")
    project.save()


def pointed_at(path: str) -> Callable[[Project], None]:
    """One more pointer, to an object that the remote has."""

    def act(project: Project) -> None:
        pointer = project.read("model/model.pt.dvc").decode()
        project.write("more.dvc", pointer.replace("path: model.pt", f"path: {path}"))
        project.save()

    return act


def git_has_a_file_above(project: Project) -> None:
    pointer = project.read("model/model.pt.dvc").decode()
    project.write("pointers/moved.dvc", f"wdir: ../weights\n{pointer}")
    (project.folder / "model" / "model.pt.dvc").unlink()
    git_has_new(project, "weights")


def git_has_new(project: Project, path: str) -> None:
    project.write(path, "not DVC's")
    project.git("add", "--all")
    project.git("add", "--force", path)
    project.git("commit", "--quiet", "-m", "Of git")
    project.git("push", "--quiet", "origin", "HEAD")


def run_with(stage: str) -> Callable[[Project], None]:
    """One more stage, run and pushed."""

    def act(project: Project) -> None:
        edited("dvc.yaml", "stages:\n", f"stages:\n  other:\n{stage}")(project)
        project.dvc("repro", "--quiet")
        project.dvc("push", "--quiet")
        project.save()

    return act


def an_out_inside_another(project: Project) -> None:
    oid = hashlib.md5(IMAGE).hexdigest()
    path = "data/images/cat/0001.png"
    project.write("inner.dvc", f"outs:\n- md5: {oid}\n  size: {len(IMAGE)}\n  hash: md5\n  path: {path}\n")
    project.save()


_PARAMS_IN_LOCK = r"    params:\n(?:      .*\n)+(?=    outs:)"

HEALTHY = (
    Case("a pointer that is a link to another file", "plain", moved_behind_a_link("model/model.pt.dvc", "pointers/m")),
    Case("a pointer that is a link to a link", "plain", linked_twice),
    Case("a link to a folder, named like a pointer", "plain", linked_folder_named_like_a_pointer),
    Case("a pipeline that is a link", "pipeline", moved_behind_a_link("dvc.yaml", "conf/pipeline.yaml")),
    Case("a lock that is a link", "pipeline", moved_behind_a_link("dvc.lock", "conf/pipeline.lock")),
    Case("a config file that is a link", "plain", moved_behind_a_link(_CONFIG, "dvc-config")),
    Case("an ignore file that is a link", "plain", linked_ignore_file),
    Case("templates by a params.yaml that is a link", "plain", linked_parameters),
    Case("a command with a parameter in it", "pipeline", command_of_a_parameter),
    Case(
        "a config with rarely used settings", "plain", added(_CONFIG, "[feature]\n    shiny = 1\n[exp]\n    code = x\n")
    ),
    Case("an ignored name that is no pointer's", "plain", written(".gitignore", "*.py[cod]\n/data/*.csv\n!*.dvc\n")),
    Case("a file that git has, too", "plain", git_has("data/tags.json", None)),
    Case(
        "a folder left to git",
        "pipeline",
        run_with("    cmd: mkdir -p full && echo 1 > full/x\n    outs:\n    - full:\n        cache: false\n"),
    ),
    Case(
        "an empty folder left to git",
        "pipeline",
        run_with("    cmd: mkdir -p hollow\n    outs:\n    - hollow:\n        cache: false\n"),
    ),
    Case(
        "an out beyond the repository that is not cached",
        "pipeline",
        run_with("    cmd: echo 1 > ../beyond\n    outs:\n    - ../beyond:\n        cache: false\n"),
    ),
)
BROKEN = (
    Case("a linked pointer to what is lost", "plain", linked_pointer_to_what_is_lost, ("missing",)),
    Case("a pointer that is a link out", "plain", linked_beyond_the_repository, ("unreadable-pointer",)),
    Case(
        "a parameter file without values in the lock",
        "pipeline",
        edited_by(LOCK, _PARAMS_IN_LOCK, "    params:\n      params.yaml: null\n"),
        ("unreadable-pointer",),
    ),
    Case(
        "a lock with params and nothing behind it",
        "pipeline",
        edited_by(LOCK, _PARAMS_IN_LOCK, "    params:\n"),
        ("unreadable-pointer",),
    ),
    Case(
        "a size with nothing behind it",
        "plain",
        edited_by("data/tags.json.dvc", r"size: \d+", "size:"),
        ("unreadable-pointer",),
    ),
    Case(
        "a command that names no value",
        "pipeline",
        edited("dvc.yaml", "sh train.sh", "sh train.sh ${no}"),
        ("unreadable-pointer",),
    ),
    Case("a plot that names no value", "pipeline", added("dvc.yaml", "plots:\n  - ${no}\n"), ("unreadable-pointer",)),
    Case(
        "a file of values that is not there",
        "pipeline",
        edited("dvc.yaml", "stages:", "vars: [no.yaml]\nstages:"),
        ("unreadable-pointer",),
    ),
    Case(
        "a stage's file of values that is not there",
        "pipeline",
        edited("dvc.yaml", "    cmd:", "    vars: [no.yaml]\n    cmd:"),
        ("unreadable-pointer",),
    ),
    Case(
        "a params.yaml that cannot be read", "pipeline", written("params.yaml", "train: [\n"), ("unreadable-pointer",)
    ),
    Case("a params.yaml that is a folder", "pipeline", params_in_a_folder, ("unknown",)),
    Case("a params.yaml that is a list", "pipeline", written("params.yaml", "- 1\n"), ("unreadable-pointer",)),
    Case(
        "a setting that DVC does not know", "plain", added(_CONFIG, "[cache]\n    shiny = 1\n"), ("unreadable-pointer",)
    ),
    Case(
        "another remote of a kind that DVC does not know",
        "plain",
        added(_CONFIG, "['remote \"more\"']\n    url = dropbox://x\n"),
        ("unreadable-pointer",),
    ),
    Case(
        "a setting of a remote that is no number", "plain", added(_CONFIG, "    jobs = many\n"), ("unreadable-pointer",)
    ),
    Case("a remote by a file url", "plain", remote_by_a_file_url, ("unreadable-pointer",)),
    Case("a remote upon one of this machine alone", "plain", remote_upon_one_of_this_machine, ("local-only-remote",)),
    Case("a pointer that git ignores", "plain", written(".gitignore", "tags.json.dvc\n"), ("in-the-way",)),
    Case("a folder that git ignores", "plain", written(".gitignore", "/data/\n"), ("in-the-way",)),
    Case("a lock that git ignores", "pipeline", written(".gitignore", "*.lock\n"), ("unreadable-pointer",)),
    Case("a lock that DVC ignores", "pipeline", written(".dvcignore", "*.lock\n"), ("never-run",)),
    Case("an out that DVC ignores", "plain", written(".dvcignore", "*.pt\n"), ("unreadable-pointer",)),
    Case("an ignore file in another encoding", "plain", latin_1_ignore_file, ("unreadable-pointer",)),
    Case("another file that git has", "plain", git_has("data/tags.json", b"other"), ("in-the-way",)),
    Case("a folder that git has for a file", "plain", git_has_a_folder, ("in-the-way",)),
    Case("a file that git has above an out", "plain", git_has_a_file_above, ("in-the-way",)),
    Case("a link that git has for a file", "plain", git_has_a_link, ("unsafe-path",)),
    Case("an out in git's own folder", "plain", pointed_at(".git/hooks/post-checkout"), ("unsafe-path",)),
    Case("an out in DVC's own folder", "plain", pointed_at(".dvc/config.local"), ("unsafe-path",)),
    Case("an out in Mercurial's folder", "plain", pointed_at("sub/.hg/hgrc"), ("unsafe-path",)),
    Case("an out inside another", "directory", an_out_inside_another, ("in-the-way",)),
)
