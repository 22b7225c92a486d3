"""Settings of `release config`: values with their sources, and the configuration that the user trusts."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from release.core.config import Config, Setting, settings_in_force
from release.core.remotes import Pair
from release.engine.project import Project
from release.engine.values import find_values, version_files
from release.git.objects import Objects
from release.git.refs import resolve_commit
from release.system.config_file import find_table


def read_settings(project: Project, folder: Path) -> tuple[Setting, ...]:
    """Return every key with its value and source, for the project around `folder`. Contacts no remote."""
    found = find_table(folder.absolute().resolve(), project.repository.work_tree.resolve())
    table = found[0] if found is not None else {}
    return settings_in_force(project.config, table, _found(project))


def untrusted_at_head(project: Project) -> tuple[Pair, ...]:
    """Return what HEAD sets and the user has yet to trust. Contacts no remote."""
    from release.dvc.pointers import read_pointers  # only `--trust` reads them
    from release.dvc.stores import Stores

    commit = resolve_commit(project.repository.git, "HEAD")
    if commit is None:
        return ()
    stores = Stores(project.dvc)
    with Objects(project.repository.git) as objects:
        return stores.untrusted(read_pointers(objects, commit, Config()).roots)


def trust(project: Project, pairs: Collection[Pair]) -> Path:
    """Store that the user trusts these pairs in this repository; return the file. Raises Refused."""
    from release.dvc.trust import Trust

    return Trust(project.repository.work_tree, project.environment).add(pairs)


def _found(project: Project) -> dict[str, tuple[str, ...]]:
    """Return, for each list that is not configured, the files that it finds at HEAD."""
    git, config = project.repository.git, project.config
    commit = resolve_commit(git, "HEAD")
    if commit is None:
        return {}
    with Objects(git) as objects:
        metrics, params = find_values(objects, commit, config)
        files = version_files(objects, objects.tree_of(commit), config)
    return {
        "metrics": _inside(metrics.paths, config),
        "params": _inside(params.paths, config),
        "version-files": _inside(tuple(files), config),
    }


def _inside(paths: tuple[str, ...], config: Config) -> tuple[str, ...]:
    return tuple(path.removeprefix(f"{config.folder}/") if config.folder else path for path in paths)
