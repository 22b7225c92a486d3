"""`release verify`: the audit of revisions; the checks of the git hooks."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from release.core.check import Check, Verdict
from release.core.pointer import ObjectKey, Origin, Out
from release.core.problems import RevisionAudit
from release.core.tags import TagRef, describe_broken
from release.core.text import OnProgress, command_line, ignore, pathspec
from release.core.verification import NeededObjects, Uploaded, Verified, VerifyReport, of_broken_tag
from release.core.work_tree import Pushed, is_added, not_in_cache_check, pointer_check, pushed_commits
from release.dvc.contents import Depth
from release.dvc.dvc_config import DvcSettings
from release.dvc.pointers import read_pointers
from release.dvc.stores import LocalCache, Stores
from release.dvc.tracked import add_tracked, check_tracked_data, compare_tracked_data, untracked_pointers
from release.engine.audit import MOST_BYTES, Auditing, with_upload_hints
from release.engine.project import Project
from release.engine.push_missing import plan_uploads, upload
from release.engine.tag_reading import check_tags, named_tag, read_releases
from release.errors import Refused, UsageError
from release.git.objects import Objects
from release.git.process import Git
from release.git.refs import local_tags, resolve_commit
from release.git.scratch import Scratch


class VerifyRequest(Struct, frozen=True, kw_only=True):
    """Options of `release verify`. No `revisions` and not `every`: HEAD.

    `remote` replaces the outs' own remotes (None: each out's own). `deep` reads contents, `sample` only so many
    of them. `push` uploads lacking data first. `most_bytes` of objects in doubt are read.
    """

    revisions: tuple[str, ...] = ()
    every: bool = False
    include_foreign: bool = False
    remote: str | None = None
    deep: bool = False
    sample: int | None = None
    push: bool = False
    most_bytes: int = MOST_BYTES

    @property
    def depth(self) -> Depth | None:
        """Return how much of the contents is read; None: nothing."""
        return Depth(sample=self.sample) if self.deep else None


def verify(
    request: VerifyRequest, project: Project, on_progress: OnProgress = ignore, *, preview: bool = False
) -> VerifyReport:
    """Audit the revisions in one pass. Writes nothing, unless `push` is set: then only to the DVC remotes.

    `preview`: with `push`, nothing is uploaded either.

    Raises UsageError for a revision that is not here.
    """
    git = project.repository.git
    tags = {tag.name: tag for tag in local_tags(git)}
    asked = revisions_of(request, project, tags)
    revisions = [(name, commit) for name, commit in asked if commit is not None]
    settings = settings_of(request, project)
    uploaded = None
    with Objects(git) as objects:
        with Auditing(objects, project.config, settings, request.most_bytes) as auditing:
            audits = auditing.revisions(revisions, on_progress, request.depth)
            if request.push:
                plan = plan_uploads(auditing, on_progress)
                planned = Uploaded(planned=plan.uploads, preview=True)
                uploaded = planned if preview else upload(plan, on_progress)
        if uploaded is not None and uploaded.done:  # checked again with new stores, which have no cached answers
            with Auditing(objects, project.config, settings, request.most_bytes) as auditing:
                audits = auditing.revisions(revisions, on_progress, request.depth)
        verified = [Verified(audit=audit) for audit in audits]
        if any(audit.rev in tags for audit in audits):
            verified = check_tags(project, objects, audits, tags, data=request.remote is None)
    rows = iter(replace(one, audit=_remedied(one.audit, git, request, uploaded)) for one in verified)
    return VerifyReport(
        revisions=tuple(of_broken_tag(tags[name]) if commit is None else next(rows) for name, commit in asked),
        include_foreign=request.include_foreign or not request.every,
        uploaded=uploaded,
    )


def settings_of(request: VerifyRequest, project: Project) -> DvcSettings:
    """Return the DVC settings, which select the remotes."""
    return replace(project.dvc, remote=request.remote)


def _remedied(audit: RevisionAudit, git: Git, request: VerifyRequest, uploaded: Uploaded | None) -> RevisionAudit:
    if not audit.problems:
        return audit
    if uploaded is not None and not uploaded.preview:  # the report of the upload explains the rest
        return with_upload_hints(audit, git, None)
    to = ("--dvc-remote", request.remote) if request.remote else ()
    deep = ("--deep",) if request.deep else ()  # else the upload would not see what only the bytes show
    push = command_line("release", "verify", names=(audit.rev,), more=("--push", *deep, *to))
    return with_upload_hints(audit, git, push)


def revisions_of(request: VerifyRequest, project: Project, tags: dict[str, TagRef]) -> list[tuple[str, str | None]]:
    """Return the revisions as (label, commit id); None for a broken tag. Raises UsageError for an unknown one."""
    if request.every:
        releases = read_releases(project, tags.values())
        if request.revisions:
            raise UsageError("--all checks every release: name no revision with it", help="release verify --all")
        whole = [(release.name, release.ref.commit_id) for release in reversed(releases.all)]
        return [*whole, *((tag.name, None) for tag in releases.broken)]
    return [_commit(project, revision, tags) for revision in request.revisions or ("HEAD",)]


def _commit(project: Project, revision: str, tags: dict[str, TagRef]) -> tuple[str, str | None]:
    tag = named_tag(revision, tags, project)
    if tag is not None and tag.broken:
        return tag.name, None
    commit = tag.commit_id if tag is not None else resolve_commit(project.repository.git, revision)
    if commit is None:
        raise UsageError(f"{revision} is not a commit here", help="git fetch --tags, and check the name")
    return revision if tag is None else tag.name, commit


# Data of `release verify --objects`: every object that tags need, which `dvc gc` must keep


def needed_objects(request: VerifyRequest, project: Project) -> NeededObjects:
    """Return the objects of the requested revisions; without any, of every tag of a commit, release or not.

    An object missing from this list could be deleted, so whatever cannot be read is reported as a fault. Does
    not check that the objects are on their remotes; reads only directory objects, from the cache or the remote.
    """
    git = project.repository.git
    tags = {tag.name: tag for tag in local_tags(git)}
    if request.every or request.revisions:
        asked = revisions_of(request, project, tags)
    else:
        asked = [(tag.name, tag.commit_id) for tag in tags.values() if tag.commit_id is not None or tag.broken]
    revisions = [(name, commit) for name, commit in asked if commit is not None]
    with Objects(git) as objects, Auditing(objects, project.config, settings_of(request, project)) as auditing:
        found = auditing.needed(revisions)
    broken = [describe_broken(tags[name]) for name, commit in asked if commit is None]
    return replace(found, faults=(*broken, *found.faults)) if broken else found


# Hooks for git and pre-commit: report missing data before a commit or a push

_POINTERS = (":(glob)**/*.dvc", ":(glob)**/dvc.lock", ":(glob)**/.dvc/config", ":(glob)**/.dvcignore")
_TIPS = 5
_NOBODY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "release"), ("EMAIL", "release@localhost"), ("DATE", "@0 +0000"))
}


def check_pointers(project: Project) -> tuple[Check, ...]:
    """Check a commit before it is made: data here must match its pointers, and the cache must have its objects.

    Reads the index that git names (`GIT_INDEX_FILE` for `git commit FILE`); writes nothing.
    """
    with Scratch(project.repository) as scratch:
        commit = _staged(project, scratch)
        with Objects(scratch.git) as objects:
            pointers = read_pointers(objects, commit, project.config)
            known = {(out.path, out.oid) for rev in ("HEAD", "MERGE_HEAD") for out in _outs(project, objects, rev)}
    settings = project.dvc
    repository, untracked = project.repository, untracked_pointers(project.repository, project.config.folder)
    tracked = check_tracked_data(
        repository.work_tree, pointers.outs, dvc=settings, roots=pointers.roots, untracked=untracked
    )
    cache = Stores(settings).cache(pointers.roots)
    staged = [out for out in pointers.outs if (out.path, out.oid) not in known]
    absent = tuple(out for out in staged if not _is_cached(out, cache))
    failed = [problem for problem in pointers.problems if problem.severity is Verdict.FAILED]
    return (tracked, not_in_cache_check(absent), *([pointer_check(failed)] if failed else []))


def add_changed(project: Project) -> tuple[str, ...]:
    """Run `dvc add` for tracked data that changed, and stage its pointers; return the paths of the data.

    Outs of stages are left alone: only `dvc repro` or `dvc commit` knows them. Raises Refused for a commit of named
    files only (`git commit FILE`), of which git would take the staged pointers back.
    """
    repository = project.repository
    with Scratch(repository) as scratch:
        commit = _staged(project, scratch)
        with Objects(scratch.git) as objects:
            pointers = read_pointers(objects, commit, project.config)
    outs = [out for out in pointers.outs if is_added(out)]
    differences, _ = compare_tracked_data(repository.work_tree, outs, dvc=project.dvc, roots=pointers.roots)
    changed = [each.out for each in differences if each.unreadable is None]
    if not changed:
        return ()
    paths, staged = [out.path for out in changed], sorted({out.pointer for out in changed})
    index = project.environment.get("GIT_INDEX_FILE")
    if index is not None and Path(index).name.startswith("next-index-"):
        message = f"{paths[0]} changed, and `git commit FILE` takes no more files into the commit"
        add = f"{command_line('dvc', 'add', names=paths)} && {command_line('git', 'add', names=map(pathspec, staged))}"
        raise Refused(message, help=f"{add} && git commit")
    add_tracked(repository.work_tree, changed, project.environment)
    git = repository.git if index is None else repository.git.having(GIT_INDEX_FILE=index)
    git.run("add", "--", *map(pathspec, staged))
    return tuple(paths)


def commits_to_verify(project: Project, lines: Iterable[str]) -> tuple[str, ...]:
    """Return the commits of a push whose pointers the remote does not have yet.

    `lines` are those that git gives a pre-push hook; pre-commit's own variables take precedence.
    """
    git = project.repository.git
    commits = []
    for push in _pushes(project, lines):
        commit = resolve_commit(git, push.new)
        if commit is None or commit in commits:
            continue
        # For a new branch or tag: compare with the newest remote-tracking branches.
        known = [push.old] if push.old else _remote_tips(project)
        if not any(_same_pointers(project, revision, commit) for revision in known):
            commits.append(commit)
    return tuple(commits)


def _same_pointers(project: Project, revision: str, commit: str) -> bool:
    git = project.repository.git
    before = resolve_commit(git, revision)
    if before is None:
        return False
    words = ("diff-tree", "--quiet", "-r", "--no-renames", before, commit, "--", *_POINTERS)
    return git.run(*words, ok=(0, 1)).code == 0


def _remote_tips(project: Project) -> list[str]:
    """Return the newest remote-tracking branches, few enough that comparing is faster than a query."""
    words = ("for-each-ref", f"--count={_TIPS}", "--sort=-committerdate", "--format=%(objectname)", "refs/remotes")
    return list(dict.fromkeys(filter(None, project.repository.git.run(*words).text.split("\n"))))


def _pushes(project: Project, lines: Iterable[str]) -> tuple[Pushed, ...]:
    new = project.environment.get("PRE_COMMIT_TO_REF")
    if new is None:
        return pushed_commits(lines)
    old = project.environment.get("PRE_COMMIT_FROM_REF", "")
    return (Pushed(old=old, new=new),)


def _staged(project: Project, scratch: Scratch) -> str:
    """Return a commit of the current index that exists only in the scratch store."""
    repository = project.repository
    told = project.environment.get("GIT_INDEX_FILE")
    index = Path(repository.work_tree, told) if told else repository.git_dir / "index"
    copy = scratch.folder / "index"
    if index.exists():
        shutil.copyfile(index, copy)
    tree = scratch.git.having(GIT_INDEX_FILE=str(copy)).run("write-tree").text
    return scratch.git.having(**_NOBODY).run("commit-tree", tree, stdin=b"staged\n").text


def _outs(project: Project, objects: Objects, revision: str) -> Iterator[Out]:
    commit = resolve_commit(project.repository.git, revision)
    if commit is not None:
        yield from read_pointers(objects, commit, project.config).outs


def _is_cached(out: Out, cache: LocalCache) -> bool:
    if out.oid is None or not out.cache or out.cloud or out.origin is not Origin.OWN:
        return True
    key = ObjectKey(remote="", layout=out.layout.value, oid=out.oid)
    if not out.is_dir:
        return cache.path_of(key) is not None
    entries = cache.listing(key)
    return entries is not None and all(
        cache.path_of(ObjectKey(remote="", layout=key.layout, oid=entry.oid)) is not None for entry in entries
    )
