"""`release verify`: is every object that a revision needs on its remote, today?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from release.adapters.dvc.config import DvcSettings
from release.adapters.git.objects import Objects
from release.adapters.git.process import Git
from release.adapters.git.refs import local_tags, resolve_commit
from release.core.progress import OnProgress, ignore
from release.core.series import release_tags
from release.core.tag import TagRef
from release.core.tag_message import Trailers, parse
from release.core.verify import Verified, VerifyReport, with_promise
from release.core.version import TagFormat
from release.errors import UsageError
from release.flows.audit import audit_revisions
from release.flows.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRequest:
    """`release verify`, as asked. No `revisions` and not `every`: HEAD. `remote` (None: each out's own) is asked instead."""

    revisions: tuple[str, ...] = ()
    every: bool = False
    include_foreign: bool = False
    remote: str | None = None


def verify(request: VerifyRequest, project: Project, on_progress: OnProgress = ignore) -> VerifyReport:
    """Audit the revisions in one pass; writes nothing. Raises UsageError for a revision that is not here."""
    git = project.repository.git
    tags = {tag.name: tag for tag in local_tags(git)}
    revisions = _revisions(request, project, tags)
    settings = DvcSettings(
        git_root=project.repository.work_tree,
        environment=project.environment,
        remote=request.remote,
        on_terminal=git.on_terminal,
    )
    with Objects(git) as objects:
        audits = audit_revisions(git, objects, revisions, project.config, settings, on_progress)
        promises = _promises(objects, [tags.get(label) for label, _ in revisions])
    return VerifyReport(
        revisions=tuple(
            Verified(
                audit=with_promise(audit, audit.rev, promise) if request.remote is None else audit,
                foreign=label in tags and promise is None,
            )
            for audit, promise, (label, _) in zip(audits, promises, revisions, strict=True)
        ),
        include_foreign=request.include_foreign or not request.every,
    )


def _revisions(request: VerifyRequest, project: Project, tags: dict[str, TagRef]) -> list[tuple[str, str]]:
    git, config = project.repository.git, project.config
    if request.every:
        releases = release_tags(tags.values(), TagFormat(config.tag_format), config.ignore_tags)
        if request.revisions:
            raise UsageError("--all is every release: name no revision with it", help="release verify --all")
        return [(release.name, release.ref.commit_id or "") for release in reversed(releases.all)]
    return [(revision, _commit(git, revision, tags)) for revision in request.revisions or ("HEAD",)]


def _commit(git: Git, revision: str, tags: dict[str, TagRef]) -> str:
    tag = tags.get(revision)
    commit = tag.commit_id if tag is not None else resolve_commit(git, revision)
    if commit is None:
        raise UsageError(f"{revision} names no commit here", help="git fetch --tags, and check the name")
    return commit


def _promises(objects: Objects, tags: Sequence[TagRef | None]) -> list[Trailers | None]:
    annotated = [tag.object_id for tag in tags if tag is not None and tag.annotated]
    found = dict(zip(annotated, objects.get_many(annotated), strict=True)) if annotated else {}
    promises: list[Trailers | None] = []
    for tag in tags:
        raw = found.get(tag.object_id) if tag is not None else None
        text = raw.data.partition(b"\n\n")[2].decode("utf-8", "replace") if raw is not None else ""
        promises.append(parse(text).trailers)
    return promises
