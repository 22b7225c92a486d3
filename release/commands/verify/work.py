"""`release verify`: the audit of revisions; the checks of the git hooks."""

from __future__ import annotations

from math import inf
from os import urandom
from time import monotonic

from msgspec import Struct
from msgspec.structs import replace

from release.core.config import for_model
from release.core.problems import RevisionAudit
from release.core.shards import Part
from release.core.stages import current_stages
from release.core.tags import TagRef, describe_broken
from release.core.text import OnProgress, command_line, no_progress
from release.core.verification import NeededObjects, Uploaded, Verified, VerifyReport, of_broken_tag
from release.dvc.contents import Depth
from release.engine.audit import MOST_AUTHORS, MOST_BYTES, Auditing, with_upload_hints
from release.engine.project import Project
from release.engine.push_missing import plan_uploads, upload
from release.engine.reading import Slice
from release.engine.tag_reading import check_tags, named_tag, read_releases, scopes_of, version_of
from release.errors import NotFound, UsageError
from release.git.objects import Objects
from release.git.process import Git
from release.git.refs import local_tags, read_tags, resolve_commit


class VerifyRequest(Struct, frozen=True, kw_only=True):
    """Options of `release verify`. No `revisions`, no `stage` and not `every`: HEAD.

    `remote` replaces the outs' own remotes (None: each out's own). `deep` reads contents, `sample` only so many
    of them. With `days` it reads what was not read within so many days, of all releases: only `part` of it, for
    `time_limit_s` (None: no limit), on the Dask cluster of `scheduler` (None: here). `push` uploads lacking data first.
    `most_bytes` of objects in doubt are read.
    """

    revisions: tuple[str, ...] = ()
    every: bool = False
    stage: str | None = None
    include_foreign: bool = False
    remote: str | None = None
    deep: bool = False
    sample: int | None = None
    days: int | None = None
    part: Part = Part()
    time_limit_s: int | None = None
    scheduler: str | None = None
    push: bool = False
    most_bytes: int = MOST_BYTES

    def depth(self, project: Project, *, preview: bool) -> Depth | Slice | None:
        """Return how much of the contents is read from now on; None: nothing."""
        if self.days is None:
            return Depth(sample=self.sample) if self.deep else None
        from release.git.record import record_folder  # most calls start faster without them
        from release.system.environment import now

        end_s = inf if self.time_limit_s is None else monotonic() + self.time_limit_s
        return Slice(
            days=self.days,
            today=now().date(),
            folder=record_folder(project.repository.common_dir) / "reads",
            work_tree=project.repository.work_tree,
            part=self.part,
            is_late=lambda: monotonic() >= end_s,
            seed=urandom(8),
            scheduler=self.scheduler,
            preview=preview,
        )


def verify(
    request: VerifyRequest, project: Project, on_progress: OnProgress = no_progress, *, preview: bool = False
) -> VerifyReport:
    """Audit the revisions in one pass. Writes nothing, unless `push` is set: then only to the DVC remotes.

    `preview`: with `push`, nothing is uploaded either.

    Raises UsageError for a revision that is not here.
    """
    git = project.repository.git
    tags = {tag.name: tag for tag in local_tags(git)}
    asked = revisions_of(request, project, tags)
    revisions = [(name, commit) for name, commit in asked if commit is not None]
    settings = replace(project.dvc, remote=request.remote)
    uploaded, depth = None, request.depth(project, preview=preview)
    with Objects(git) as objects:
        scopes = scopes_of(objects, [tags[name] for name, _ in revisions if name in tags])
        with Auditing(objects, project.config, settings, request.most_bytes) as auditing:
            audits = auditing.revisions(revisions, on_progress, depth, scopes)
            reading = auditing.reading
            if request.push:
                plan = plan_uploads(auditing, on_progress)
                planned = Uploaded(planned=plan.uploads, preview=True)
                uploaded = planned if preview else upload(plan, on_progress)
        if uploaded is not None and uploaded.done:  # checked again with new stores, which have no cached answers
            with Auditing(objects, project.config, settings, request.most_bytes) as auditing:
                audits = auditing.revisions(revisions, on_progress, depth, scopes)
        verified = [Verified(audit=audit) for audit in audits]
        if any(audit.rev in tags for audit in audits):
            verified = check_tags(project, objects, audits, tags, data=request.remote is None)
    bad = [number for number, one in enumerate(verified) if one.audit.problems]
    named = frozenset(bad[:MOST_AUTHORS])  # the authors of thousands of releases would take minutes
    rows = iter(
        replace(one, audit=_remedied(one.audit, git, request, uploaded, MOST_AUTHORS if number in named else 0))
        for number, one in enumerate(verified)
    )
    return VerifyReport(
        revisions=tuple(of_broken_tag(tags[name]) if commit is None else next(rows) for name, commit in asked),
        include_foreign=request.include_foreign or not request.every,
        uploaded=uploaded,
        reading=reading,
    )


def _remedied(
    audit: RevisionAudit, git: Git, request: VerifyRequest, uploaded: Uploaded | None, authors: int
) -> RevisionAudit:
    if not audit.problems:
        return audit
    if uploaded is not None and not uploaded.preview:  # the report of the upload explains the rest
        return with_upload_hints(audit, git, None, authors=authors)
    to = ("--dvc-remote", request.remote) if request.remote else ()
    deep = ("--deep",) if request.deep else ()  # else the upload would not see what only the bytes show
    push = command_line("release", "verify", names=(audit.rev,), more=("--push", *deep, *to))
    return with_upload_hints(audit, git, push, authors=authors)


def revisions_of(request: VerifyRequest, project: Project, tags: dict[str, TagRef]) -> list[tuple[str, str | None]]:
    """Return the revisions as (label, commit id); None for a broken tag. Raises UsageError for an unknown one."""
    if request.every:
        if request.revisions or request.stage is not None:
            raise UsageError("--all checks every release: name none, and no stage", help="release verify --all")
        models = project.config.models if project.config.model is None else ()
        series = [project, *(replace(project, config=for_model(project.config, model)) for model in models)]
        found = [read_releases(each, tags.values()) for each in series]
        whole = [(release.name, release.ref.commit_id) for each in found for release in reversed(each.all)]
        return [*whole, *((tag.name, None) for each in found for tag in each.broken)]
    words = request.revisions if request.stage is None else _in_stage(project, request)
    return [_commit(project, revision, tags) for revision in words or ("HEAD",)]


def _in_stage(project: Project, request: VerifyRequest) -> list[str]:
    """Return the versions of all models in a stage. Raises UsageError."""
    if request.revisions:
        raise UsageError("--stage checks what is in the stage: name no revision with it", help="release stages")
    known = read_tags(project.repository.git)
    found = [(said.model, tag) for said, tag in current_stages(known) if said.stage == request.stage]
    if not found:
        raise NotFound(f"no version is in {request.stage}, according to the tags here", help="release stages")
    versions = [(version_of(project, model, tag.ref.commit_id or "", known), tag) for model, tag in found]
    return [tag.ref.name if version is None else version[1] for version, tag in versions]


def _commit(project: Project, revision: str, tags: dict[str, TagRef]) -> tuple[str, str | None]:
    tag = named_tag(revision, tags, project)
    if tag is not None and tag.broken:
        return tag.name, None
    commit = tag.commit_id if tag is not None else resolve_commit(project.repository.git, revision)
    if commit is None:
        raise NotFound(f"{revision} is not a commit here", help="git fetch --tags   (and check the name)")
    return revision if tag is None else tag.name, commit


# Data of `release verify --objects`: every object that tags need, which `dvc gc` must keep


def needed_objects(request: VerifyRequest, project: Project) -> NeededObjects:
    """Return the objects of the requested revisions; without any, of every tag of a commit, release or not.

    An object missing from this list could be deleted, so whatever cannot be read is reported as a fault. Does
    not check that the objects are on their remotes; reads only directory objects, from the cache or the remote.
    """
    git = project.repository.git
    tags = {tag.name: tag for tag in local_tags(git)}
    if request.every or request.revisions or request.stage is not None:
        asked = revisions_of(request, project, tags)
    else:
        asked = [(tag.name, tag.commit_id) for tag in tags.values() if tag.commit_id is not None or tag.broken]
    revisions = [(name, commit) for name, commit in asked if commit is not None]
    with (
        Objects(git) as objects,
        Auditing(objects, project.config, replace(project.dvc, remote=request.remote)) as auditing,
    ):
        found = auditing.needed(revisions)
    broken = [describe_broken(tags[name]) for name, commit in asked if commit is None]
    return replace(found, faults=(*broken, *found.faults)) if broken else found
