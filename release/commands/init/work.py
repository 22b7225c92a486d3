"""Work of `release init`: scan the repository, propose the missing files, write them."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from release.core.config import OWN_CONFIG, SHARED_CONFIG
from release.core.metric_deltas import compare_metrics
from release.core.metrics import ValueFile
from release.core.secrets import without_secrets
from release.core.setup import CI_FILES, TOOL_FILES, InitOptions, InitPlan, RepositoryScan, plan_files, proposed_config
from release.core.text import command_line
from release.dvc.dvc_config import BadConfig, parse_config
from release.engine.project import Access, Project
from release.engine.values import CachedMetrics, read_values
from release.errors import UsageError
from release.git import gitpython
from release.git.objects import Objects
from release.git.refs import read_tags, resolve_commit
from release.git.repository import head_ref
from release.system.config_file import as_toml, with_table
from release.system.files import package_source, package_text, read_file

_READ = (
    *(path for files in CI_FILES.values() for path in files),
    *TOOL_FILES,
    OWN_CONFIG,
    ".dvc/.gitignore",
    ".dvc/config",
    ".dvcignore",
    ".pre-commit-config.yaml",
)


def scan_repository(project: Project) -> RepositoryScan:
    """Scan the repository. Contacts no remote and writes nothing."""
    repository, root = project.repository, project.repository.work_tree
    files = {path: data for path in _READ if (data := read_file(root, path)) is not None}
    changelog = next((name for name in sorted(os.listdir(root)) if name.lower() == "changelog.md"), None)  # noqa: PTH208 - names only
    if changelog is not None:
        files["CHANGELOG.md"] = read_file(root, changelog) or b""
    default, urls = _dvc_remotes(files.get(".dvc/config"))
    remotes = repository.settings.remotes
    remote = project.config.git_remote if project.config.git_remote in remotes else next(iter(remotes), None)
    values = _metrics(project)
    beside = str(root.parent / f"{root.name}-dvc-storage")
    return RepositoryScan(
        files=files,
        remotes=remotes,
        remote_url=without_secrets(repository.settings.last(f"remote.{remote}.url") or "") if remote else None,
        tags=read_tags(repository.git),
        configured=project.config.source,
        metrics=tuple(file.path for file in values),
        headline=_headline(values),
        dvc_remotes=tuple(urls),
        dvc_default=default,
        dvc_url=urls.get(default or "") or next(iter(urls.values()), "") or beside,
        package=package_source(),
    )


def storage_url(project: Project, folder: Path, given: str) -> str:
    """Return an address for `.dvc/config`, a folder as an absolute path: from a relative one each clone looks beside itself.

    Raises UsageError for a folder inside the repository.
    """
    if re.match(r"\w+://", given):
        return given
    root = project.repository.work_tree
    place = os.path.realpath(os.path.join(folder, os.path.expanduser(given)))  # noqa: PTH111, PTH118 - it need not exist
    if Path(place).is_relative_to(root.resolve()):
        raise UsageError(
            f"{given} lies inside the repository, and no clone could pull from there",
            help=command_line("--storage", f"../{root.name}-dvc-storage"),
        )
    return place


def plan_init(scan: RepositoryScan, options: InitOptions, project: Project) -> InitPlan:
    """Return the files that would be written."""
    return plan_files(
        scan,
        options,
        branch=_branch(project),
        config=_config(scan, options),
        template=lambda name: package_text(f"templates/{name}"),
    )


def _config(scan: RepositoryScan, options: InitOptions) -> tuple[str, str] | None:
    """Return a configuration file with the values that are not defaults; None if there are none, or a file exists."""
    values = proposed_config(scan, options.gate)
    if scan.configured is not None or not values:
        return None
    shared = scan.files.get(SHARED_CONFIG)
    edited = with_table(shared, values) if shared is not None else None
    if edited is not None:
        return SHARED_CONFIG, edited.decode()
    return None if OWN_CONFIG in scan.files else (OWN_CONFIG, as_toml(values))


def _branch(project: Project) -> str:
    """Return the branch that is released on merge.

    The remote's default branch as this clone knows it, else a usual name on the remote, else the current
    branch.
    """
    prefix = f"refs/remotes/{project.config.git_remote}/"
    with gitpython.opened(project.repository.work_tree) as repo:
        theirs = {ref.path.removeprefix(prefix): ref for ref in repo.refs if ref.path.startswith(prefix)}
        with suppress(KeyError, TypeError, ValueError):  # the remote's HEAD is not here, or names no branch
            return theirs["HEAD"].reference.path.removeprefix(prefix)
    usual = next((name for name in ("main", "master", "trunk") if name in theirs), None)
    return usual or (head_ref(project.repository) or "main").removeprefix("refs/heads/")


def _metrics(project: Project) -> tuple[ValueFile, ...]:
    commit = resolve_commit(project.repository.git, "HEAD")
    if commit is None:
        return ()
    with Objects(project.repository.git) as objects:
        config = replace(project.config, folder="")
        return read_values(objects, commit, config, CachedMetrics(project, Access.OFFLINE)).metrics


def _headline(values: tuple[ValueFile, ...]) -> tuple[str, ...]:
    """Return the metric keys that are shown first, as the configuration names them."""
    found = [metric for metric in compare_metrics((), values, directions={}, headline=None) if metric.headline]
    keys = [metric.key for metric in found]
    return tuple(m.key if keys.count(m.key) == 1 else f"{m.file}:{m.key}" for m in found)


def _dvc_remotes(config: bytes | None) -> tuple[str | None, dict[str, str]]:
    """Return the default remote's name (None: none is) and each remote's URL. Raises UsageError."""
    try:
        found = parse_config(config or b"")
    except BadConfig as error:
        raise UsageError(f".dvc/config cannot be read: {error}", help="mend .dvc/config") from error
    default = found.get("core", {}).get("remote")
    return str(default) if default else None, {name: str(each.get("url", "")) for name, each in found["remote"].items()}
