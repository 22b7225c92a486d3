"""Work of `release init`: scan the repository, propose the missing files, show them, write them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from release.core.audit_rules import ReadBudget
from release.core.config import OWN_CONFIG, SHARED_CONFIG
from release.core.locate import PointerSet
from release.core.metric_deltas import compare_metrics
from release.core.metrics import ValueFile
from release.core.problems import Problem, ProblemKind
from release.core.secrets import without_secrets
from release.core.setup import (
    GITHUB_FILES,
    FileProposal,
    InitOptions,
    InitPlan,
    InitReport,
    RepositoryScan,
    files_of_tools,
    plan_files,
    proposed_config,
)
from release.core.text import command_line
from release.dvc.dvc_config import BadConfig, parse_config
from release.dvc.pointers import read_pointers
from release.engine.audit import audit_revisions
from release.engine.project import Access, Project
from release.engine.values import CachedMetrics, read_values
from release.errors import Cancelled, PartlyDone, Refused, UsageError
from release.git.objects import Objects
from release.git.refs import read_tags, resolve_commit
from release.system.config_file import as_toml, with_table
from release.system.files import package_source, package_text, read_file, write_file


class _Data(Struct, frozen=True, kw_only=True):
    """The data of HEAD: outs that were not found, the number of executed stages, and checks without an answer."""

    not_found: tuple[str, ...] = ()
    stages: int = 0
    unknown: tuple[str, ...] = ()


Confirm = Callable[[InitPlan], bool]

_LOOKED_AT = (
    *GITHUB_FILES,
    OWN_CONFIG,
    SHARED_CONFIG,
    ".dvc/.gitignore",
    ".dvc/config",
    ".dvcignore",
    ".pre-commit-config.yaml",
    ".gitlab-ci.yml",
    ".bumpversion.cfg",
    ".bumpversion.toml",
    ".cz.toml",
    "setup.cfg",
)


def see(project: Project) -> RepositoryScan:
    """Scan the repository. Checks HEAD's data on its DVC remote; contacts no git remote and writes nothing."""
    repository, root = project.repository, project.repository.work_tree
    files = {path: data for path in _LOOKED_AT if (data := read_file(root, path)) is not None}
    changelog = next((name for name in sorted(os.listdir(root)) if name.lower() == "changelog.md"), None)  # noqa: PTH208 - names only
    if changelog is not None:
        files["CHANGELOG.md"] = read_file(root, changelog) or b""
    for named in files_of_tools(files):
        with suppress(Refused):  # a link to elsewhere: reported as unclear
            files |= {path: data for path in (named.path,) if (data := read_file(root, path)) is not None}
    default, urls = _dvc(files.get(".dvc/config"))
    remotes = repository.settings.remotes
    remote = project.config.git_remote if project.config.git_remote in remotes else next(iter(remotes), None)
    here = _data(project)
    values = _metrics(project)
    beside = os.path.relpath(root.parent / f"{root.name}-dvc-storage", root / ".dvc")
    return RepositoryScan(
        name=root.name,
        files=files,
        remotes=remotes,
        remote_url=without_secrets(repository.settings.last(f"remote.{remote}.url") or "") if remote else None,
        tags=read_tags(repository.git),
        configured=project.config.source,
        metrics=tuple(file.path for file in values),
        headline=_headline(values),
        not_found=here.not_found,
        stages=here.stages,
        package=package_source(),
        dvc_remotes=tuple(urls),
        dvc_default=default,
        dvc_url=urls.get(default or "") or next(iter(urls.values()), "") or beside,
        unknown=here.unknown,
    )


def storage_url(project: Project, folder: Path, said: str) -> str:
    """Return an address for `.dvc/config`; a folder is relative to it, as in `dvc remote add`. Raises UsageError."""
    if re.match(r"\w+://", said):
        return said
    root = project.repository.work_tree
    place = os.path.realpath(os.path.join(folder, os.path.expanduser(said)))  # noqa: PTH111, PTH118 - it need not exist
    if Path(place).is_relative_to(root.resolve()):
        raise UsageError(
            f"{said} lies inside the repository, and no clone could pull from there",
            help=command_line("--storage", f"../{root.name}-dvc-storage"),
        )
    return place if Path(said).is_absolute() else os.path.relpath(place, root.resolve() / ".dvc")


def plan_init(sight: RepositoryScan, wishes: InitOptions, project: Project) -> InitPlan:
    """Return the files that would be written."""
    return plan_files(
        sight,
        wishes,
        branch=_branch(project),
        config=_config(sight, wishes),
        template=lambda name: package_text(f"templates/{name}"),
    )


def init(sight: RepositoryScan, wishes: InitOptions, project: Project, confirm: Confirm) -> InitReport:
    """Propose, confirm, write. Raises Cancelled, or PartlyDone if a file could not be written."""
    plan = plan_init(sight, wishes, project)
    if not plan.files:
        return InitReport(plan=plan)
    if not confirm(plan):
        raise Cancelled("cancelled; nothing was changed")
    for number, file in enumerate(plan.files):
        _write(project.repository.work_tree, file, number, len(plan.files))
    return InitReport(plan=plan, written=True)


def preview_init(sight: RepositoryScan, wishes: InitOptions, project: Project) -> InitReport:
    """Return the plan without writing."""
    return InitReport(plan=plan_init(sight, wishes, project), preview=True)


def _write(root: Path, file: FileProposal, number: int, total: int) -> None:
    try:
        write_file(root, file.path, file.after, before=file.before)
    except (OSError, Refused) as error:
        if number == 0:
            raise
        words = error.message if isinstance(error, Refused) else f"{file.path}: {error.strerror}"
        raise PartlyDone(f"{number} of {total} files are written: {words}", help="release init") from error


def _config(sight: RepositoryScan, wishes: InitOptions) -> tuple[str, bytes] | None:
    """Return a configuration file with the values that are not defaults; None if there are none, or a file exists."""
    values = proposed_config(sight, wishes.gate)
    if sight.configured is not None or not values:
        return None
    shared = sight.files.get(SHARED_CONFIG)
    if shared is not None:
        edited = with_table(shared, values, header="tool.release")
        if edited is not None:
            return SHARED_CONFIG, edited
    if OWN_CONFIG in sight.files:
        return None
    return OWN_CONFIG, as_toml(values, header="tool.release").encode()


def _branch(project: Project) -> str:
    """Return the branch that is released on merge.

    The remote's default branch as this clone knows it, else a usual name on the remote, else the current
    branch.
    """
    git, remote = project.repository.git, project.config.git_remote
    told = git.run("symbolic-ref", "--quiet", "--short", f"refs/remotes/{remote}/HEAD", ok=(0, 1, 128)).text
    if told.startswith(f"{remote}/"):
        return told[len(remote) + 1 :]
    known = git.run("for-each-ref", "--format=%(refname:lstrip=3)", f"refs/remotes/{remote}").text.split("\n")
    usual = next((name for name in ("main", "master", "trunk") if name in known), None)
    return usual or git.run("symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1, 128)).text or "main"


def _metrics(project: Project) -> tuple[ValueFile, ...]:
    git = project.repository.git
    commit = resolve_commit(git, "HEAD")
    if commit is None:
        return ()
    with Objects(git) as objects:
        return read_values(
            objects, commit, replace(project.config, folder=""), CachedMetrics(project, Access.HERE)
        ).metrics


def _headline(values: tuple[ValueFile, ...]) -> tuple[str, ...]:
    """Return the metric keys that are shown first, as the configuration names them."""
    found = [metric for metric in compare_metrics((), values, directions={}, headline=None) if metric.headline]
    keys = [metric.key for metric in found]
    return tuple(m.key if keys.count(m.key) == 1 else f"{m.file}:{m.key}" for m in found)


def _dvc(data: bytes | None) -> tuple[str | None, dict[str, str]]:
    if data is None:
        return None, {}
    try:
        config = parse_config(data)
    except BadConfig as error:
        raise UsageError(f".dvc/config cannot be read: {error}", help="mend .dvc/config") from error
    urls = {name: str(remote.get("url", "")) for name, remote in config["remote"].items()}
    default = config.get("core", {}).get("remote")
    return (str(default) if default else None), urls


def _data(project: Project) -> _Data:
    repository, git = project.repository, project.repository.git
    commit = resolve_commit(git, "HEAD")
    if commit is None:
        return _Data()
    with Objects(git) as objects:
        audit = audit_revisions(objects, [("HEAD", commit)], project.config, project.dvc, unasked=ReadBudget.LOOK)[0]
        pointers = read_pointers(objects, commit, project.config) if audit.uses_dvc else PointerSet(commit=commit)
    missing = [each for each in audit.problems if each.kind is ProblemKind.MISSING and each.in_cache is False]
    asked = (ProblemKind.UNKNOWN, ProblemKind.FORBIDDEN)
    return _Data(
        not_found=tuple(
            f"{out.path}: neither on its remote nor in the cache here{_no_folder(found)}"
            for out in pointers.outs
            if (found := [each for each in missing if each.path == out.path or each.path.startswith(f"{out.path}/")])
            and not os.path.lexists(repository.work_tree / out.path)
        ),
        stages=sum(1 for stage in pointers.stages if stage.lock.endswith("dvc.lock")),
        unknown=tuple(f"unknown: {problem.message}" for problem in audit.problems if problem.kind in asked),
    )


def _no_folder(problems: list[Problem]) -> str:
    folder = next((each.absent_folder for each in problems if each.absent_folder), None)
    return f"; the folder {folder} is not there" if folder else ""
