"""Where data is said to be: remotes that are not there, moved, inside the work tree, or set for this machine only."""

import shutil
from pathlib import Path

from project import Project

from fault_cases.case import Case, nothing
from release.core.config import AuditConfig


def lose_archived_model(project: Project) -> None:
    shutil.rmtree(project.world.root / "stores" / "archive")


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


def global_remote(project: Project) -> None:
    project.dvc("remote", "remove", "storage")
    project.dvc("remote", "add", "--global", "-d", "storage", project.world.store)
    project.save()


def default_of_this_machine(project: Project) -> None:
    project.dvc("config", "--unset", "core.remote")
    project.write(".dvc/config.local", "[core]\n    remote = storage\n")
    project.save()


def remote_upon_a_global_one(project: Project) -> None:
    project.dvc("remote", "add", "--global", "base", project.world.root / "stores")
    project.dvc("remote", "modify", "storage", "url", "remote://base/blob")
    project.save()


def remote_at_home(project: Project) -> None:
    """Each user has another home."""
    home = Path(project.world.environment()["HOME"])
    shutil.move(project.world.store, home / "blob")
    project.dvc("remote", "modify", "storage", "url", "~/blob")
    project.save()
    project.dvc("pull", "--quiet", "--force")


def remote_in_tree(project: Project) -> None:
    project.dvc("remote", "modify", "storage", "url", "stores/blob")
    shutil.move(project.world.store, project.folder / "stores" / "blob")
    project.write(".gitignore", "/stores\n")
    project.save()


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


def config_not_committed(project: Project) -> None:
    project.git("rm", "--quiet", "--cached", ".dvc/config")
    project.git("commit", "--quiet", "-m", "No config")
    project.git("push", "--quiet", "origin", "HEAD")


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


HEALTHY = (
    Case("two remotes", "two remotes", nothing),
    Case("a remote upon a remote", "plain", remote_upon_remote),
    Case("a config file with quotes", "plain", quoted_config),
    Case("the default remote changed since", "plain", change_default_remote, rev="v1"),
    Case("a remote's name in capitals", "plain", remote_in_capitals),
    Case("a url of this machine alone that has no data", "plain", url_of_this_machine_without_data),
)
BROKEN = (
    Case("F6 the out's own remote is empty", "two remotes", lose_archived_model, ("missing",)),
    Case("F6 the out's own remote does not exist", "plain", unknown_remote, ("no-remote",)),
    Case("F9 no remote", "plain", no_remote, ("no-remote",)),
    Case("F9b a remote in config.local only", "plain", local_only_remote, ("local-only-remote",)),
    Case("a remote in the global configuration only", "plain", global_remote, ("local-only-remote",)),
    Case("a default remote of this machine only", "plain", default_of_this_machine, ("local-only-remote",)),
    Case("a remote upon one of this machine only", "plain", remote_upon_a_global_one, ("local-only-remote",)),
    Case("a remote in the home of each user", "plain", remote_at_home, ("local-only-remote",)),
    Case(
        "F9c a remote inside the work tree",
        "plain",
        remote_in_tree,
        ("in-tree-remote",),
        audit=AuditConfig(in_tree_remote="fail"),
    ),
    Case("F16 the data of a tag moved to today's remote", "plain", move_to_another_remote, ("missing",), rev="v1"),
    Case("the config file is not committed", "plain", config_not_committed, ("no-remote",)),
    Case("data that only a url of this machine has", "plain", url_of_this_machine, ("missing",)),
    Case("a config file that cannot be read", "plain", broken_config, ("unreadable-pointer",)),
)
