"""Work of `release verify`: check that every object that a revision needs is on its remote now."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from release.core.audit_rules import ReadBudget
from release.core.problems import RevisionAudit, is_down, tag_by_hand
from release.core.tags import TagRef, release_tags
from release.core.text import OnProgress, command_line, ignore
from release.core.verification import Uploaded, Uploads, Verified, VerifyReport, of_broken_tag
from release.dvc.contents import Depth
from release.dvc.dvc_config import DvcSettings
from release.engine.audit import Auditing
from release.engine.project import Project
from release.errors import UsageError
from release.git.objects import Objects
from release.git.process import Git
from release.git.refs import local_tags, resolve_commit

Confirm = Callable[[Uploads], bool]


def always(uploads: Uploads) -> bool:
    """Confirm."""
    del uploads
    return True


class VerifyRequest(Struct, frozen=True, kw_only=True):
    """Options of `release verify`. No `revisions` and not `every`: HEAD.

    `remote` replaces the outs' own remotes (None: each out's own). `deep` reads contents, `sample` only so many
    of them. `push` uploads lacking data first. `unasked` limits how much of objects in doubt is read.
    """

    revisions: tuple[str, ...] = ()
    every: bool = False
    include_foreign: bool = False
    remote: str | None = None
    deep: bool = False
    sample: int | None = None
    push: bool = False
    unasked: ReadBudget = ReadBudget.PROOF

    @property
    def depth(self) -> Depth | None:
        """Return how much of the contents is read; None: nothing."""
        return Depth(sample=self.sample) if self.deep else None


def verify(
    request: VerifyRequest, project: Project, on_progress: OnProgress = ignore, confirm: Confirm = always
) -> VerifyReport:
    """Audit the revisions in one pass. Writes nothing, unless `push` is set: then only to the DVC remotes.

    `confirm` gets the uploads; if it returns False, nothing is uploaded.

    Raises UsageError for a revision that is not here.
    """
    git = project.repository.git
    tags = {tag.name: tag for tag in local_tags(git)}
    asked = revisions_of(request, project, tags)
    revisions = [(name, commit) for name, commit in asked if commit is not None]
    settings = settings_of(request, project)
    uploaded = None
    with Objects(git) as objects:
        with Auditing(objects, project.config, settings, request.unasked) as auditing:
            audits = auditing.revisions(revisions, on_progress, request.depth)
            if request.push:
                from release.engine.push_missing import plan_uploads, upload  # only needed with `--push`

                plan = plan_uploads(auditing, on_progress)
                sure = confirm(plan.uploads)
                uploaded = upload(plan, on_progress) if sure else Uploaded(planned=plan.uploads, foreseen=True)
        if uploaded is not None and uploaded.done:  # checked again with new stores, which have no cached answers
            with Auditing(objects, project.config, settings, request.unasked) as auditing:
                audits = auditing.revisions(revisions, on_progress, request.depth)
        verified = _checked_against_tags(request, project, objects, tags, audits)
    rows = iter(replace(one, audit=_remedied(one.audit, git, request, uploaded)) for one in verified)
    return VerifyReport(
        revisions=tuple(of_broken_tag(tags[name]) if commit is None else next(rows) for name, commit in asked),
        include_foreign=request.include_foreign or not request.every,
        uploaded=uploaded,
        by_hand=_by_hand(request, audits, project.config.git_remote),
    )


def _checked_against_tags(
    request: VerifyRequest,
    project: Project,
    objects: Objects,
    tags: dict[str, TagRef],
    audits: Sequence[RevisionAudit],
) -> list[Verified]:
    """Add to the audits of tags the comparison with the tags' attestations."""
    asked = [tags.get(audit.rev) for audit in audits]
    if not any(asked):
        return [Verified(audit=audit) for audit in audits]
    from release.engine.tag_reading import (
        excluded_by_its_own,
        read_attestation,  # only needed for tags
    )

    sworn = read_attestation(project, objects, asked, tags)
    return [
        # A tag that a later release recorded with another object is not foreign: it was replaced.
        replace(
            said.verified(
                audit,
                by_itself=request.remote is None,
                excluded_then=excluded_by_its_own(project, objects, audit.commit) if said.differs(audit) else None,
            ),
            foreign=tag is not None and said.promise is None and not said.breaks,
        )
        for audit, said, tag in zip(audits, sworn, asked, strict=True)
    ]


def settings_of(request: VerifyRequest, project: Project) -> DvcSettings:
    """Return the DVC settings, which select the remotes."""
    return replace(project.dvc, remote=request.remote)


def _remedied(audit: RevisionAudit, git: Git, request: VerifyRequest, uploaded: Uploaded | None) -> RevisionAudit:
    if not audit.problems:
        return audit
    from release.engine.audit import with_upload_hints  # only needed for problems

    if uploaded is not None and not uploaded.foreseen:  # the report of the upload explains the rest
        return with_upload_hints(audit, git, None)
    to = ("--dvc-remote", request.remote) if request.remote else ()
    return with_upload_hints(audit, git, command_line("release", "verify", names=(audit.rev,), more=("--push", *to)))


def _by_hand(request: VerifyRequest, audits: Sequence[RevisionAudit], git_remote: str) -> str | None:
    """Return the commands to tag by hand, if the only revision could not be verified because a store is down."""
    if request.every or len(audits) != 1 or not is_down(audits[0]):
        return None
    return tag_by_hand("TAG", audits[0].commit[:10], git_remote)


def revisions_of(request: VerifyRequest, project: Project, tags: dict[str, TagRef]) -> list[tuple[str, str | None]]:
    """Return the revisions as (label, commit id); None for a broken tag. Raises UsageError for an unknown one."""
    git, config = project.repository.git, project.config
    if request.every:
        releases = release_tags(tags.values(), config.tag_format, config.ignore_tags)
        if request.revisions:
            raise UsageError("--all is every release: name no revision with it", help="release verify --all")
        whole = [(release.name, release.ref.commit_id) for release in reversed(releases.all)]
        return [*whole, *((tag.name, None) for tag in releases.broken)]
    return [(revision, _commit(git, revision, tags)) for revision in request.revisions or ("HEAD",)]


def _commit(git: Git, revision: str, tags: dict[str, TagRef]) -> str | None:
    tag = tags.get(revision)
    if tag is not None and tag.broken:
        return None
    commit = tag.commit_id if tag is not None else resolve_commit(git, revision)
    if commit is None:
        raise UsageError(f"{revision} names no commit here", help="git fetch --tags, and check the name")
    return commit
