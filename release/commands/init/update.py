"""`release init --update`: the CI files of this version, merged into those that are here."""

from __future__ import annotations

import json
from collections.abc import Mapping

from msgspec.structs import replace

from release.commands.init.work import plan_init
from release.core.setup import (
    CI_FILES,
    LOCK_FOLDERS,
    FileProposal,
    Hooks,
    InitOptions,
    InitPlan,
    RepositoryScan,
    Service,
    check_package,
    keeps_requests,
    shipped_path,
)
from release.core.text import command_line
from release.engine.project import Project
from release.errors import Refused, UsageError
from release.git.log import first_committed
from release.git.process import Git
from release.git.worktree import merged


def plan_update(scan: RepositoryScan, options: InitOptions, project: Project) -> InitPlan:
    """Return the CI files with what this version changed in them, and with the user's own edits.

    A file in which both changed the same lines has git's conflict markers, and is among the plan's `conflicts`. One that
    the user deleted stays away. Raises UsageError if there are no such files, Refused if one has unsaved changes.
    """
    service = _service(scan, options)
    folder = LOCK_FOLDERS[service]
    own = {path for path in scan.files if path in CI_FILES[service] or path.startswith(f"{folder}/")}
    bare = replace(scan, files={path: data for path, data in scan.files.items() if path not in own})
    check_package(bare, service, "--update")
    wanted = replace(options, pull_request=options.pull_request or keeps_requests(scan.files, service))
    fresh = plan_init(bare, replace(wanted, service=service, dvc=False, hooks=Hooks.NONE), project)
    git = project.repository.git
    _require_saved(git, own)
    shipped, conflicts = _shipped(scan, service), []
    files = []
    for file in fresh.files:
        before, after = scan.files.get(file.path), file.after
        if file.path in CI_FILES[service]:
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
