"""Work of `release init`: scan the repository, propose the missing files; with `--update` merge the CI files of this version."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from release.core.config import OWN_CONFIG, SHARED_CONFIG, USUAL_DEFAULTS
from release.core.metric_deltas import compare_metrics
from release.core.metrics import ValueFile
from release.core.pointer import PIPELINE, POINTER_NAMES, Out
from release.core.pointer_file import declared_models
from release.core.secrets import without_secrets
from release.core.setup import (
    CI_FILES,
    GUARD_FILES,
    LOCK_FOLDERS,
    NAME,
    TOOL_FILES,
    FileProposal,
    Hooks,
    InitOptions,
    InitPlan,
    Package,
    RepositoryScan,
    Service,
    check_package,
    ci_files,
    has_guard,
    keeps_requests,
    likely_models,
    metrics_by_out,
    package_of,
    plan_files,
    proposed_config,
    public_url,
    shipped_path,
)
from release.core.text import command_line
from release.dvc.dvc_config import BadDvcConfig, parse_dvc_config
from release.dvc.pointers import read_pointers
from release.engine.project import Access, Project, project_in
from release.engine.values import CachedMetrics, read_values
from release.errors import Refused, UsageError
from release.git import gitpython
from release.git.log import first_committed
from release.git.objects import Objects
from release.git.process import Git
from release.git.refs import read_tags, resolve_commit
from release.git.repository import head_ref
from release.git.worktree import merged
from release.system.config_file import as_toml, with_table
from release.system.files import installation, package_text, read_file, read_regular

_LARGEST_WHEEL = 5_000_000  # bytes; ours has a tenth of that
_READ = (
    *(path for files in (*CI_FILES.values(), *GUARD_FILES.values()) for path in files),
    *(f"{folder}/{name}" for folder in LOCK_FOLDERS.values() for name in ("requirements.txt", "written.json")),
    *TOOL_FILES,
    OWN_CONFIG,
    ".pre-commit-config.yaml",
)

_DVC = (".dvc/.gitignore", ".dvc/config", ".dvcignore")
_OFTEN = frozenset({"metrics.json", "metrics.yaml", "results.json", "all_results.json", "eval_results.json"})
_ASIDE = re.compile(r"(^|/)(\.|tests?/|examples?/)", re.IGNORECASE)
_CHANGELOG = re.compile(r"(changelog|changes|history|news)(\.(md|markdown|rst|txt|adoc))?", re.IGNORECASE)


def scan_repository(project: Project, package: Package | str) -> RepositoryScan:
    """Scan the repository. Contacts no remote and writes nothing."""
    repository, root = project.repository, project.repository.work_tree
    paths = [*_READ]
    if isinstance(package, Package) and package.wheel is not None:
        paths += [f"{folder}/{package.wheel[0]}" for folder in LOCK_FOLDERS.values()]
    projects, pointers = _dvc_files(project)
    folder = f"{projects[0]}/" if len(projects) == 1 and projects[0] else ""
    log, no_markdown = _changelogs(project)
    paths += [f"{folder}{path}" for path in _DVC] + [log]
    files = {path: data for path in paths if (data := read_file(root, path)) is not None}
    default, urls = _dvc_remotes(files.get(f"{folder}.dvc/config") if len(projects) < 2 else None)
    remotes = repository.settings.remotes
    remote = project.config.git_remote if project.config.git_remote in remotes else next(iter(remotes), None)
    values = _metrics(project)
    models = declared_models(read_file(root, PIPELINE))
    outs, named = _outs(project), [file.path for file in values]
    beside = os.path.realpath(root.parent / f"{root.name}-dvc-storage")
    return RepositoryScan(
        files=files,
        remotes=remotes,
        remote_url=without_secrets(repository.settings.last(f"remote.{remote}.url") or "") if remote else None,
        tags=read_tags(repository.git),
        configured=project.config.source,
        metrics=tuple(file.path for file in values),
        headline=_headline(values),
        dvc_projects=projects,
        dvc_remotes=urls,
        dvc_default=default,
        dvc_url=urls.get(default or "") or next(iter(urls.values()), "") or beside,
        pointers=pointers,
        in_tree=_in_tree(project, folder, urls.values()),
        changelog=log,
        no_markdown=no_markdown,
        package=package,
        models=models,
        likely_models={} if models or project.config.models else likely_models(outs, named),
        model_metrics=metrics_by_out(outs, named),
    )


def _dvc_files(project: Project) -> tuple[tuple[str, ...], int]:
    """Return the folders of DVC projects ("" is the git root), and how many pointer files there are."""
    git = project.repository.git
    words = ("ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", ":(glob)**/.dvc/config")
    listed = git.run(*words, *(f":(glob)**/{name}" for name in POINTER_NAMES), limit_s=git.ask_limit_s)
    paths = {path for path in listed.out.decode("utf-8", "surrogateescape").split("\0") if path}
    configs = {path for path in paths if path.endswith(".dvc/config")}
    if (project.repository.work_tree / ".dvc" / "config").exists():  # ignored by git, too
        configs.add(".dvc/config")
    folders = sorted(path.removesuffix(".dvc/config").removesuffix("/") for path in configs)
    return tuple(folders), len(paths - configs)


def _changelogs(project: Project) -> tuple[str, str | None]:
    """Return the changelog's path, even if it does not exist, and the path of one that is not Markdown (or None)."""
    root = project.repository.work_tree
    if project.config.source is not None and project.config.changelog != "CHANGELOG.md":
        return project.config.changelog, None
    found = []
    for folder in ("", "docs"):
        with suppress(OSError):
            names = sorted(os.listdir(root / folder))  # noqa: PTH208 - names only
            found += [f"{folder}/{name}" if folder else name for name in names if _CHANGELOG.fullmatch(name)]
    markdown = [path for path in found if path.lower().endswith((".md", ".markdown"))]
    first = sorted(markdown, key=lambda path: path.lower() != "changelog.md")
    return (first[0], None) if first else ("CHANGELOG.md", next(iter(found), None))


def _in_tree(project: Project, folder: str, urls: Iterable[str]) -> dict[str, bool]:
    """Return each store inside the work tree (path from the git root), with True if git ignores it."""
    root = project.repository.work_tree.resolve()
    found = {}
    for url in urls:
        place = Path(os.path.realpath(root / folder / ".dvc" / url))
        if "://" not in url and place != root and place.is_relative_to(root):
            path = place.relative_to(root).as_posix()
            ignored = project.repository.git.run("check-ignore", "--quiet", "--", f"{path}/", ok=(0, 1)).code == 0
            found[path] = ignored
    return found


def package_for_ci(project: Project, folder: Path, given: str | None) -> Package | str:
    """Return what CI installs: the requirement or wheel that is `given`, else this installation (PEP 610).

    A text says why CI could not install this one. Raises UsageError for a wheel that cannot be read or is another
    project's.
    """
    if given is not None:
        return _wheel(folder / given) if given.endswith(".whl") and "://" not in given else package_of(given)
    version, origin = installation()
    if version is None:
        return "it runs from its source"
    return Package(requirement=f"{NAME}=={version}") if origin is None else _installed_from(project, origin)


def _installed_from(project: Project, origin: Mapping[str, Any]) -> Package | str:
    url = str(origin.get("url", ""))
    public = public_url(url)
    below = f"#subdirectory={origin['subdirectory']}" if origin.get("subdirectory") else ""
    known = origin.get("vcs_info")
    if isinstance(known, dict):
        vcs = f"{known.get('vcs')}+{public}@{known.get('commit_id')}{below}"
        return Package(requirement=f"{NAME} @ {vcs}") if public else "its repository is a path, or its URL has a secret"
    if url.startswith("file:"):
        place = Path(unquote(urlsplit(url).path))
        if "dir_info" in origin:
            return _published(project, place)
        wheel = place.suffix == ".whl" and place.is_file()
        return _wheel(place) if wheel else f"it came from {place}, which is no wheel or is gone"
    archive = origin.get("archive_info")
    hashes = archive.get("hashes") if isinstance(archive, dict) else None
    hashed = f"#sha256={hashes['sha256']}" if isinstance(hashes, dict) and "sha256" in hashes else ""
    return Package(requirement=f"{NAME} @ {url}{hashed}") if public else "its URL has a secret"


def _published(project: Project, place: Path) -> Package | str:
    """Return the requirement for a local folder: its commit on its git remote, or why others cannot clone that."""
    try:
        there = project_in(place, project.environment, on_terminal=False).repository
    except UsageError:
        return f"it came from the folder {place}, which is in no git repository"
    head = resolve_commit(there.git, "HEAD")
    for remote in there.settings.remotes:
        url = public_url(there.settings.last(f"remote.{remote}.url") or "")
        known = there.git.run("for-each-ref", "--count=1", f"--contains={head}", f"refs/remotes/{remote}").text
        if url is not None and head is not None and known:
            below = os.path.relpath(place.resolve(), there.work_tree.resolve())
            subfolder = "" if below == "." else f"#subdirectory={below}"
            return Package(requirement=f"{NAME} @ git+{url}@{head}{subfolder}")
    return f"it came from the folder {place}, whose commit is on no git remote that others can clone"


def _wheel(file: Path) -> Package:
    try:
        name, version, _, _ = parse_wheel_filename(file.name)
        data = read_regular(file, _LARGEST_WHEEL)
    except (InvalidWheelFilename, OSError) as error:
        words = error.strerror if isinstance(error, OSError) else "this is not the name of a wheel"
        raise UsageError(f"--package {file}: {words}", help=command_line("ls", "-l", names=(str(file),))) from error
    if name != NAME:
        wanted = "uv build --wheel   (in a clone of release makes one)"
        raise UsageError(f"--package {file} is a wheel of {name} {version}, not of {NAME}", help=wanted)
    return Package(wheel=(file.name, data))


def storage_url(project: Project, folder: Path, given: str) -> str:
    """Return the URL for `.dvc/config`. A folder becomes an absolute path: a relative one differs in each clone.

    Raises UsageError for a folder inside the repository.
    """
    if re.match(r"\w+://", given):
        return given
    root = project.repository.work_tree
    place = os.path.realpath(os.path.join(folder, os.path.expanduser(given)))  # noqa: PTH111, PTH118 - it need not exist
    if Path(place).is_relative_to(root.resolve()):
        raise UsageError(
            f"{given} is inside the repository, and no clone could pull from it",
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
    """Return path and text of a new configuration file; None if defaults suffice, or a file exists."""
    values = proposed_config(scan, options)
    if scan.configured is not None or not values:
        return None
    shared = scan.files.get(SHARED_CONFIG)
    edited = with_table(shared, values) if shared is not None else None
    if edited is not None:
        return SHARED_CONFIG, edited.decode()
    return None if OWN_CONFIG in scan.files else (OWN_CONFIG, as_toml(values))


def _branch(project: Project) -> str:
    """Return the branch that is released on merge.

    This is the remote's default branch as this clone knows it, else a usual name on the remote, else the current branch.
    """
    prefix = f"refs/remotes/{project.config.git_remote}/"
    with gitpython.opened(project.repository.work_tree) as repo:
        theirs = {ref.path.removeprefix(prefix): ref for ref in repo.refs if ref.path.startswith(prefix)}
        with suppress(KeyError, TypeError, ValueError):  # the remote's HEAD is not here, or names no branch
            return theirs["HEAD"].reference.path.removeprefix(prefix)
    usual = next((name for name in USUAL_DEFAULTS if name in theirs), None)
    return usual or (head_ref(project.repository) or "main").removeprefix("refs/heads/")


def _metrics(project: Project) -> tuple[ValueFile, ...]:
    commit = resolve_commit(project.repository.git, "HEAD")
    if commit is None:
        return ()
    with Objects(project.repository.git) as objects:
        config = replace(project.config, folder="")
        found = read_values(objects, commit, config, CachedMetrics(project, Access.OFFLINE)).metrics
        if found or config.metrics is not None:
            return found
        tracked = (entry.path for entry in objects.walk(objects.tree_of(commit)))
        usual = tuple(path for path in tracked if path.rpartition("/")[2] in _OFTEN and not _ASIDE.search(path))
        config = replace(config, metrics=usual)
        return read_values(objects, commit, config, CachedMetrics(project, Access.OFFLINE)).metrics


def _outs(project: Project) -> tuple[Out, ...]:
    commit = resolve_commit(project.repository.git, "HEAD")
    if commit is None:
        return ()
    with Objects(project.repository.git) as objects:
        return read_pointers(objects, commit, replace(project.config, folder="")).outs


def _headline(values: tuple[ValueFile, ...]) -> tuple[str, ...]:
    """Return the metric keys that are shown first, as the configuration names them."""
    found = [metric for metric in compare_metrics((), values, directions={}, headline=None) if metric.headline]
    keys = [metric.key for metric in found]
    return tuple(m.key if keys.count(m.key) == 1 else f"{m.file}:{m.key}" for m in found)


def _dvc_remotes(config: bytes | None) -> tuple[str | None, dict[str, str]]:
    """Return the default remote's name (None: none is) and each remote's URL. Raises UsageError."""
    try:
        found = parse_dvc_config(config or b"")
    except BadDvcConfig as error:
        raise UsageError(f".dvc/config cannot be read: {error}", help="mend .dvc/config") from error
    default = found.get("core", {}).get("remote")
    return str(default) if default else None, {name: str(each.get("url", "")) for name, each in found["remote"].items()}


# `release init --update`: the CI files of this version, merged into those that are here


def plan_update(scan: RepositoryScan, options: InitOptions, project: Project) -> InitPlan:
    """Return the CI files with what this version changed in them, and with the user's own edits.

    A file in which both changed the same lines has git's conflict markers, and is among the plan's `conflicts`. One that
    the user deleted stays away. Raises UsageError if there are no such files, Refused if one has unsaved changes.
    """
    service = _service(scan, options)
    folder = LOCK_FOLDERS[service]
    guard = options.guard or has_guard(scan.files, service)
    named = ci_files(service, guard=guard)
    own = {path for path in scan.files if path in named or path.startswith(f"{folder}/")}
    bare = replace(scan, files={path: data for path, data in scan.files.items() if path not in own})
    check_package(bare, service, "--update")
    requests = options.pull_request or keeps_requests(scan.files, service)
    wanted = replace(options, pull_request=requests, guard=guard)
    fresh = plan_init(bare, replace(wanted, service=service, dvc=False, hooks=Hooks.NONE), project)
    git = project.repository.git
    _require_saved(git, own)
    shipped, conflicts = _shipped(scan, service), []
    files = []
    for file in fresh.files:
        before, after = scan.files.get(file.path), file.after
        if file.path in named:
            base = shipped.get(file.path) or first_committed(git, file.path)
            if before is None and base is not None:
                continue
            if before is not None:
                after, clean = merged(git, before, base or before, after)
                conflicts += [] if clean else [file.path]
        elif file.path not in own and not file.path.startswith(f"{folder}/"):
            continue
        if after != before:
            why = "merge by hand: see the markers" if file.path in conflicts else file.why
            files.append(FileProposal(path=file.path, before=before, after=after, why=why))
    return InitPlan(files=tuple(files), conflicts=tuple(conflicts))


def _service(scan: RepositoryScan, options: InitOptions) -> Service:
    """Return the service whose files are here; with the option, that one. Raises UsageError if there are none."""
    named = [options.service] if options.service is not None else [Service.GITHUB, Service.GITLAB]
    for service in named:
        if scan.files.keys() & CI_FILES[service].keys():
            return service
    raise UsageError("there are no CI files of release init here", help="release init --ci github   (or gitlab)")


def _require_saved(git: Git, paths: set[str]) -> None:
    """Raise Refused if a file is not as it was committed: only a committed one can be brought back."""
    listed = git.run("--literal-pathspecs", "status", "--porcelain", "-z", "--", *sorted(paths)).text
    changed = [each[3:] for each in listed.split("\0") if each]
    if changed:
        words = f"{', '.join(changed)} is not committed, and would be changed"
        save = command_line("git", "add", names=changed)
        raise Refused(words, help=f"{save} && git commit -m 'CI files'")


def _shipped(scan: RepositoryScan, service: Service) -> Mapping[str, bytes]:
    """Return the text of each file as the last version wrote it; empty if that is not known."""
    try:
        found = json.loads(scan.files.get(shipped_path(service), b"{}"))
        return {path: "\n".join(lines).encode() for path, lines in found.items()}
    except (ValueError, AttributeError, TypeError):
        return {}
