"""`release config`: what is in force here, and where it comes from."""

from __future__ import annotations

from pathlib import Path

from release.adapters.config_file import find_table
from release.adapters.git.objects import Objects
from release.adapters.git.refs import resolve_commit
from release.core.config.rows import Setting, settings_in_force
from release.core.config.values import Config
from release.flows.project import Project
from release.flows.reading.contents import find_values, version_files


def read_settings(project: Project, folder: Path) -> tuple[Setting, ...]:
    """Every key with its value and source, for the project around `folder`. Asks no remote."""
    found = find_table(folder.absolute().resolve(), project.repository.work_tree.resolve())
    table = found[0] if found is not None else {}
    return settings_in_force(project.config, table, _found(project))


def _found(project: Project) -> dict[str, tuple[str, ...]]:
    """What the lists that nobody configured come to at HEAD."""
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
