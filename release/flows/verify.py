"""`release verify`: is every object that a revision needs on its remote, today?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from shlex import quote

from release.adapters.dvc.config import DvcSettings
from release.adapters.dvc.contents import Depth
from release.adapters.git.objects import ObjectMissing, Objects
from release.adapters.git.process import Git
from release.adapters.git.refs import local_tags, resolve_commit
from release.adapters.git.signature import read_signatures
from release.core.audit import RevisionAudit
from release.core.progress import OnProgress, ignore
from release.core.remote_rules import is_down, tag_by_hand
from release.core.series import release_tags
from release.core.signature import TagSignature
from release.core.tag import TagRef
from release.core.tag_chain import ChainBreak
from release.core.tag_message import Trailers, parse
from release.core.verify import Verified, VerifyReport, with_promise, with_watch
from release.core.version import TagFormat
from release.errors import UsageError
from release.flows.audit import Auditing
from release.flows.contents import read_values
from release.flows.project import Project
from release.flows.push_data import plan_uploads, upload
from release.flows.remedies import remedied
from release.flows.tag_watch import numbers_changed, watch_tags


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRequest:
    """`release verify`, as asked. No `revisions` and not `every`: HEAD. `remote` (None: each out's own) is asked instead.

    `deep` reads contents, `sample` only so many of them; `push` uploads what is lacking first.
    """

    revisions: tuple[str, ...] = ()
    every: bool = False
    include_foreign: bool = False
    remote: str | None = None
    deep: bool = False
    sample: int | None = None
    push: bool = False

    @property
    def depth(self) -> Depth | None:
        """What of the contents is read."""
        return Depth(sample=self.sample) if self.deep else None


def verify(request: VerifyRequest, project: Project, on_progress: OnProgress = ignore) -> VerifyReport:
    """Audit the revisions in one pass. Writes nothing, unless a push is asked for: then to the DVC remotes only.

    Raises UsageError for a revision that is not here.
    """
    git = project.repository.git
    tags = {tag.name: tag for tag in local_tags(git)}
    revisions = revisions_of(request, project, tags)
    settings = settings_of(request, project)
    uploaded = None
    with Objects(git) as objects:
        with Auditing(objects, project.config, settings) as auditing:
            audits = auditing.revisions(revisions, on_progress, request.depth)
            if request.push:
                uploaded = upload(plan_uploads(auditing, on_progress), on_progress)
        if uploaded is not None and uploaded.done:  # asked anew, by stores that know nothing yet
            with Auditing(objects, project.config, settings) as auditing:
                audits = auditing.revisions(revisions, on_progress, request.depth)
        watched = _watch(project, objects, [tags.get(label) for label, _ in revisions], tags)
    verified = [
        replace(seen.verified(audit, by_itself=request.remote is None), foreign=label in tags and seen.promise is None)
        for audit, seen, (label, _) in zip(audits, watched, revisions, strict=True)
    ]
    return VerifyReport(
        revisions=tuple(replace(one, audit=_remedied(one.audit, git, request)) for one in verified),
        include_foreign=request.include_foreign or not request.every,
        uploaded=uploaded,
        by_hand=_by_hand(request, audits, project.config.git_remote),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched:
    """What a tag swears to, and what others say of it. Nothing for a revision that is no tag."""

    promise: Trailers | None = None
    breaks: tuple[ChainBreak, ...] = ()
    signature: TagSignature | None = None
    numbers: str | None = None

    def verified(self, audit: RevisionAudit, *, by_itself: bool) -> Verified:
        """The audit with all of it. Another remote than its own (a mirror) is not what a tag swears by."""
        promised = with_promise(audit, audit.rev, self.promise) if by_itself else audit
        return Verified(audit=with_watch(promised, self.breaks, self.signature, self.numbers), signature=self.signature)


def _watch(
    project: Project, objects: Objects, asked: Sequence[TagRef | None], tags: dict[str, TagRef]
) -> list[_Watched]:
    refs = [tag for tag in asked if tag is not None]
    if not refs:
        return [_Watched() for _ in asked]
    promises = _promises(objects, asked)
    breaks = watch_tags(objects, tags.values())
    signatures = read_signatures(project.repository, objects, refs)
    return [
        _Watched()
        if tag is None
        else _Watched(
            promise=promise,
            breaks=tuple(one for one in breaks if one.tag == tag.name),
            signature=signatures[tag.name],
            numbers=_numbers(project, objects, tag, promise),
        )
        for tag, promise in zip(asked, promises, strict=True)
    ]


def _numbers(project: Project, objects: Objects, tag: TagRef, promise: Trailers | None) -> str | None:
    if promise is None or promise.metrics_digest is None or tag.commit_id is None:
        return None
    try:
        files = read_values(objects, tag.commit_id, project.config).metrics
    except ObjectMissing:  # the audit says so
        return None
    return numbers_changed(project, objects, tag.commit_id, promise, files)


def settings_of(request: VerifyRequest, project: Project) -> DvcSettings:
    """What decides which DVC remote is asked."""
    return DvcSettings(
        git_root=project.repository.work_tree,
        environment=project.environment,
        remote=request.remote,
        on_terminal=project.repository.git.on_terminal,
    )


def _remedied(audit: RevisionAudit, git: Git, request: VerifyRequest) -> RevisionAudit:
    if request.push:  # what is left of it, the report of the push explains
        return remedied(audit, git, None)
    to = f" --dvc-remote {quote(request.remote)}" if request.remote else ""
    return remedied(audit, git, f"release verify {quote(audit.rev)} --push{to}")


def _by_hand(request: VerifyRequest, audits: Sequence[RevisionAudit], git_remote: str) -> str | None:
    """How to tag all the same, if the one revision asked about could not be proven because a store is down."""
    if request.every or len(audits) != 1 or not is_down(audits[0]):
        return None
    return tag_by_hand("TAG", audits[0].commit[:10], git_remote)


def revisions_of(request: VerifyRequest, project: Project, tags: dict[str, TagRef]) -> list[tuple[str, str]]:
    """What is asked about, as (label, commit id). Raises UsageError for what is not here."""
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
